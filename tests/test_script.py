"""The scenario as it is played: phases, what starts when, stimuli and faults, told by the trace alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Seen, crc_right, seen
from script_plan import BUS, EVENT, NUMBER, SPEED, compare, phase, plan, step

from bench.model.check import Always, Expectation
from bench.model.expression import AllOf, ModelRef, Not
from bench.model.instant import MS, S
from bench.model.plan import EcuPlan, Plan
from bench.model.stimulus import (
    After,
    At,
    Drive,
    Fault,
    Power,
    Press,
    Ramp,
    SendFrame,
    SendMessage,
    SetModel,
    SetSignal,
    When,
)
from bench.model.trace import Trace
from bench.network.database import load
from bench.places import shipped
from bench.run.execute import execute

MOVE = SetModel("model.speed", 50.0)


def played(one: Plan) -> Trace:
    """The trace of a plan that ran to its end."""
    run = execute(one)
    assert run.surroundings.broken == ""
    assert run.trace.complete
    return run.trace


def happened(trace: Trace, *kinds: str) -> list[tuple[int, str, str]]:
    """(ms, what, name) of occurrences of these kinds ("phase", "step", "fault", "port")."""
    return [(o.at // MS, o.what, o.name) for o in trace.occurrences if o.what.split("_")[0] in kinds]


def frames(trace: Trace, name: str) -> list[Seen]:
    """The frames of a message."""
    return [frame for frame in seen(trace, BUS.messages) if frame.name == name]


def put(number: int) -> SetSignal:
    """Set the number of M."""
    return SetSignal(NUMBER, number)


# ---- phases -----------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 3)), min_size=1, max_size=5))
def test_phases_tile_the_run_without_gap_or_overlap(lengths):
    one = plan(*(phase(f"P{n}", duration=length * MS, repeat=turns) for n, (length, turns) in enumerate(lengths)))
    trace = played(one)

    expected, at = [], 0
    for n, (length, turns) in enumerate(lengths):
        for turn in range(turns):
            expected += [(at, "phase_starts", f"P{n}", turn), (at + length, "phase_ends", f"P{n}", turn)]
            at += length
    assert [(o.at // MS, o.what, o.name, o.number) for o in trace.occurrences if o.what.startswith("phase")] == expected
    assert trace.closed_at == at * MS
    assert all(end < trace.closed_at for end in trace.frames.end)
    assert list(trace.samples.at) == list(range(0, at * MS, 10 * MS))


def test_what_is_set_at_an_edge_belongs_to_the_phase_that_begins():
    """Half open: a step at the very end of a phase never begins, one at 0 of the next does, before the release."""
    trace = played(plan(
        phase("one", step("early", put(1), 0), step("late", put(2), 100 * MS), duration=100 * MS),
        phase("two", step("first", put(3), 0), duration=50 * MS),
    ))  # fmt: skip

    assert happened(trace, "phase", "step") == [
        (0, "phase_starts", "one"),
        (0, "step_starts", "early"),
        (0, "step_ends", "early"),
        (100, "phase_ends", "one"),
        (100, "phase_starts", "two"),
        (100, "step_starts", "first"),
        (100, "step_ends", "first"),
        (150, "phase_ends", "two"),
    ]
    assert [f.number for f in frames(trace, "M")] == [1] * 10 + [3] * 5


def test_until_a_signal_ends_the_phase_at_the_end_of_the_frame():
    trace = played(plan(
        phase("wait", step("set", put(5), 33 * MS), until=compare(NUMBER, "==", 5), at_most=1 * S),
        phase("after", duration=20 * MS),
    ))  # fmt: skip
    (frame, *_) = [f for f in frames(trace, "M") if f.number == 5]

    assert [o.at for o in trace.occurrences if o.what == "phase_ends"] == [frame.end, frame.end + 20 * MS]
    assert frame.release == 40 * MS


def test_until_the_plant_ends_the_phase_at_its_sample():
    trace = played(plan(
        phase("wait", step("set", MOVE, 33 * MS), until=compare(SPEED, ">", 10.0), at_most=1 * S)
    ))  # fmt: skip

    assert trace.closed_at == 40 * MS


def test_a_condition_that_holds_already_ends_the_phase_at_once_after_its_steps():
    trace = played(plan(
        phase("ready", step("set", put(1)), until=compare(ModelRef("model.power_mode"), "==", "RUN"), at_most=1 * S),
        phase("rest", duration=20 * MS),
    ))  # fmt: skip

    assert happened(trace, "phase", "step")[:4] == [
        (0, "phase_starts", "ready"),
        (0, "step_starts", "set"),
        (0, "step_ends", "set"),
        (0, "phase_ends", "ready"),
    ]


def test_when_at_most_expires_the_phase_ends_and_says_so():
    trace = played(
        plan(phase("wait", until=compare(NUMBER, "==", 5), at_most=70 * MS), phase("rest", duration=20 * MS))
    )

    assert happened(trace, "phase") == [
        (0, "phase_starts", "wait"),
        (70, "phase_expires", "wait"),
        (70, "phase_ends", "wait"),
        (70, "phase_starts", "rest"),
        (90, "phase_ends", "rest"),
    ]


def test_a_condition_that_comes_true_at_the_last_instant_is_too_late():
    """The window of `at_most` is half open as well."""
    trace = played(plan(
        phase("wait", step("set", MOVE, 65 * MS), until=compare(SPEED, ">", 10.0), at_most=70 * MS)
    ))  # fmt: skip

    assert [what for _, what, _ in happened(trace, "phase")] == ["phase_starts", "phase_expires", "phase_ends"]


def test_unknown_does_not_end_a_phase():
    """Before the first frame, three cycles after the last, and while the CRC is wrong."""
    other = Not(compare(NUMBER, "==", 7))
    silent = Fault("F", "drop", At(0), "B0", "M", duration=100 * MS)
    trace = played(plan(phase("wait", silent, until=other, at_most=1 * S)))
    assert 100 * MS < trace.closed_at < 101 * MS

    wrong = Fault("F", "crc_wrong", At(0), "B0", "M", duration=100 * MS)
    trace = played(plan(phase("wait", wrong, until=other, at_most=1 * S)))
    assert 100 * MS < trace.closed_at < 101 * MS

    # The last valid value is 7, which is not what is waited for; it is forgotten 30 ms after its frame.
    stale = AllOf((compare(NUMBER, "==", 7), compare(SPEED, ">", 10.0)))
    for moved, ends in ((120, 120), (140, 1000)):
        trace = played(plan(
            phase(
                "wait", step("seven", put(7)), step("move", MOVE, moved * MS),
                Fault("F", "drop", At(95 * MS), "B0", "M"), until=stale, at_most=1 * S,
            )
        ))  # fmt: skip
        assert trace.closed_at // MS == ends


def test_a_step_not_yet_begun_is_forgotten_with_its_phase():
    """By `at`, `after` and `when`: none of them begins in a later phase or turn."""
    trace = played(plan(
        phase(
            "one",
            step("at", put(1), 150 * MS),
            step("press", Press("sos_button", 120 * MS), 50 * MS),
            step("after", put(2), After("press", "ends")),
            step("when", put(3), When(compare(SPEED, ">", 10.0))),
            duration=100 * MS,
        ),
        phase("two", step("move", MOVE), duration=200 * MS),
    ))  # fmt: skip

    assert [(at, name) for at, what, name in happened(trace, "step") if what == "step_starts"] == [
        (50, "press"),
        (100, "move"),
    ]
    assert {f.number for f in frames(trace, "M")} == {0}
    assert (170, "step_ends", "press") in happened(trace, "step")


def test_repeat_plays_every_turn_alike():
    """Also what waits for the end of something that comes only in the next turn: it begins once a turn, not twice."""
    trace = played(plan(
        phase(
            "pulse",
            step("press", Press("sos_button", 70 * MS), 60 * MS),
            step("begun", put(1), After("press", "starts")),
            step("ended", put(2), After("press", "ends")),
            duration=100 * MS,
            repeat=4,
        ),
    ))  # fmt: skip

    starts = [(at, name) for at, what, name in happened(trace, "step") if what == "step_starts"]
    assert [entry for entry in starts if entry[1] != "ended"] == [
        (at, name) for turn in range(4) for at, name in ((turn * 100 + 60, "press"), (turn * 100 + 60, "begun"))
    ]
    # The press of each turn ends 30 ms into the next one, where the new turn's step waits for it.
    assert [at for at, name in starts if name == "ended"] == [130, 230, 330]


# ---- what starts when -------------------------------------------------------------------------------------------


def test_after_orders_steps_and_faults():
    trace = played(plan(
        phase(
            "chain",
            step("press", Press("sos_button", 40 * MS), 20 * MS),
            step("with", put(1), After("press", "starts")),
            step("then", SendFrame("B0", 0x7, b"\1", count=3, every=10 * MS), After("press", "ends")),
            Fault("F", "drop", After("then", "ends"), "B0", "M", duration=20 * MS),
            step("last", put(9), After("F", "ends")),
            duration=200 * MS,
        ),
    ))  # fmt: skip

    assert happened(trace, "step", "fault") == [
        (20, "step_starts", "press"),
        (20, "step_starts", "with"),
        (20, "step_ends", "with"),
        (60, "step_ends", "press"),
        (60, "step_starts", "then"),
        (80, "step_ends", "then"),
        (80, "fault_starts", "F"),
        (100, "fault_ends", "F"),
        (100, "step_starts", "last"),
        (100, "step_ends", "last"),
    ]
    assert [f.release // MS for f in seen(trace, BUS.messages) if f.name == ""] == [60, 70, 80]


def test_when_begins_once_in_a_phase_although_the_condition_comes_again():
    on = When(compare(NUMBER, "==", 5))
    flips = [step(f"s{at}", put(number), at * MS) for at, number in ((20, 5), (40, 0), (60, 5), (80, 0))]
    one = phase("watch", *flips, step("react", SetSignal(EVENT, 1), on), duration=100 * MS)
    trace = played(plan(replace(one, repeat=2)))

    begun = [o.at for o in trace.occurrences if (o.what, o.name) == ("step_starts", "react")]
    ends = [f.end for f in frames(trace, "M") if f.number == 5]
    assert begun == [ends[0], next(end for end in ends if end > 100 * MS)]


# ---- stimuli ----------------------------------------------------------------------------------------------------


def test_press_holds_the_button_for_its_time():
    trace = played(plan(phase("p", step("press", Press("sos_button", 600 * MS), 100 * MS), duration=1 * S)))

    assert [(o.at // MS, o.name, o.text) for o in trace.occurrences if o.what == "port" and o.at] == [
        (100, "sos_button", "pressed"),
        (700, "sos_button", "released"),
    ]
    assert (700, "step_ends", "press") in happened(trace, "step")


@settings(max_examples=30)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 300))
def test_a_ramp_of_a_signal_is_a_line_that_ends_at_its_target(begin, to, over):
    trace = played(plan(
        phase("p", step("set", put(begin)), step("ramp", Ramp(NUMBER, to, over * MS), 50 * MS), duration=450 * MS)
    ))  # fmt: skip

    for frame in frames(trace, "M"):
        at = min(max(frame.release // MS - 50, 0), over)
        drawn = at if at == over else at // 10 * 10
        assert frame.number == pytest.approx(begin + (to - begin) * drawn / over, abs=0.5001)
    assert frames(trace, "M")[-1].number == to
    assert (50 + over, "step_ends", "ramp") in happened(trace, "step")


def test_a_ramp_of_the_plant_and_one_without_length():
    ambient = ModelRef("model.ambient_temp", "degC")
    expectation = Expectation("E", Always(compare(ambient, "<", 99)), "ambient")
    one = phase(
        "p",
        step("jump", Ramp(ambient, 0.0, 0)),
        step("ramp", Ramp(ambient, 20.0, 100 * MS), 100 * MS),
        duration=300 * MS,
    )
    trace = played(plan(one, expectations=(expectation,)))
    place = trace.samples.names.index("model.ambient_temp")
    values = [row[place] for row in trace.samples.rows]

    assert values[:11] == [0.0] * 11
    assert values[11:21] == pytest.approx([2.0 * n for n in range(1, 11)])
    assert values[21:] == [20.0] * 9


def test_send_takes_a_message_over_for_its_time():
    """Three frames of the bench at their instants with the next counters; then the sender's own grid goes on."""
    one = phase(
        "p",
        step("own", put(1)),
        step("send", SendMessage("B0", "M", (("Number", 9),), count=3, every=7 * MS), 33 * MS),
        duration=100 * MS,
    )
    trace = played(plan(one))
    got = frames(trace, "M")

    assert [(f.release // MS, f.number) for f in got] == [
        (0, 1), (10, 1), (20, 1), (30, 1), (33, 9), (40, 9), (47, 9), (60, 1), (70, 1), (80, 1), (90, 1),
    ]  # fmt: skip
    assert [f.data[1] & 15 for f in got] == list(range(11))
    assert all(crc_right(BUS.message("M").protection, f.data) for f in got)


def test_send_of_a_message_that_nobody_sends_goes_out_once():
    trace = played(plan(phase("p", step("send", SendMessage("B0", "E", (("Number", 4),)), 33 * MS), duration=100 * MS)))

    assert [(f.release // MS, f.number) for f in frames(trace, "E")] == [(33, 4)]
    assert happened(trace, "step") == [(33, "step_starts", "send"), (33, "step_ends", "send")]


def test_the_key_wakes_and_silences_the_restbus():
    trace = played(plan(
        phase("off", duration=105 * MS),
        phase("on", step("key", Power("ACC")), duration=100 * MS),
        phase("off_again", step("key_off", Power("OFF")), duration=95 * MS),
        background=(),
    ))  # fmt: skip

    assert [f.release // MS for f in frames(trace, "M")] == list(range(110, 210, 10))
    assert [(o.at // MS, o.text) for o in trace.occurrences if o.what == "port"] == [(105, "ACC"), (205, "OFF")]


def test_a_drive_is_followed_and_ends_with_its_schedule():
    drive = Drive("ramp", (0.0, 4.0, 6.0), (0.0, 10.0, 10.0), repeat=1)
    trace = played(plan(phase("p", step("drive", drive, 100 * MS), duration=7 * S)))
    place = trace.samples.names.index("model.speed")
    speeds = {at: row[place] for at, row in zip(trace.samples.at, trace.samples.rows, strict=True)}

    assert speeds[6 * S] == pytest.approx(36.0, abs=2.0)
    assert (6100, "step_ends", "drive") in happened(trace, "step")


# ---- faults -----------------------------------------------------------------------------------------------------


def test_a_fault_without_limit_ends_with_its_phase():
    trace = played(plan(
        phase("one", Fault("F", "drop", At(20 * MS), "B0", "M"), duration=60 * MS),
        phase("two", duration=40 * MS),
    ))  # fmt: skip

    assert happened(trace, "fault") == [(20, "fault_starts", "F"), (60, "fault_ends", "F")]
    assert [f.release // MS for f in frames(trace, "M")] == [0, 10, 60, 70, 80, 90]


@settings(max_examples=30)
@given(st.integers(0, 55), st.integers(1, 80))
def test_a_fault_with_a_length_is_half_open_and_may_outlast_its_phase(begin, length):
    trace = played(plan(
        phase("one", Fault("F", "drop", At(begin * MS), "B0", "M", duration=length * MS), duration=60 * MS),
        phase("two", duration=100 * MS),
    ))  # fmt: skip

    assert happened(trace, "fault") == [(begin, "fault_starts", "F"), (begin + length, "fault_ends", "F")]
    kept = [at for at in range(0, 160, 10) if not begin <= at < begin + length]
    assert [f.release // MS for f in frames(trace, "M")] == kept


def test_a_fault_with_a_count_ends_right_after_its_last_frame():
    trace = played(plan(phase("one", Fault("F", "crc_wrong", At(15 * MS), "B0", "M", count=3), duration=100 * MS)))
    right = [crc_right(BUS.message("M").protection, f.data) for f in frames(trace, "M")]

    assert right == [True, True, False, False, False, True, True, True, True, True]
    (end,) = [o.at for o in trace.occurrences if o.what == "fault_ends"]
    assert end == frames(trace, "M")[4].end + 1


def test_a_fault_with_a_count_that_is_not_used_up_ends_with_its_phase_and_only_once():
    trace = played(plan(
        phase("one", Fault("F", "drop", At(15 * MS), "B0", "M", count=9), duration=60 * MS, repeat=2),
        phase("two", duration=60 * MS),
    ))  # fmt: skip

    assert happened(trace, "fault") == [
        (15, "fault_starts", "F"),
        (60, "fault_ends", "F"),
        (75, "fault_starts", "F"),
        (120, "fault_ends", "F"),
    ]
    assert [f.release // MS for f in frames(trace, "M")] == [0, 10, 60, 70, 120, 130, 140, 150, 160, 170]


def test_node_off_takes_every_message_of_the_node():
    trace = played(
        plan(phase("one", Fault("F", "node_off", At(15 * MS), node="A", duration=60 * MS), duration=160 * MS))
    )

    assert [f.release // MS for f in frames(trace, "M")] == [0, 10, *range(80, 160, 10)]
    assert [f.release // MS for f in frames(trace, "N")] == [0, 100, 150]


def test_faults_of_two_turns_that_overlap_end_one_by_one():
    inverted = Fault("F", "corrupt", At(0), "B0", "N", duration=150 * MS, bits=(24,))
    trace = played(plan(
        phase("one", inverted, duration=100 * MS, repeat=2),
        phase("two", duration=200 * MS),
    ))  # fmt: skip

    assert [(at, what) for at, what, _ in happened(trace, "fault")] == [
        (0, "fault_starts"),
        (100, "fault_starts"),
        (150, "fault_ends"),
        (250, "fault_ends"),
    ]
    # Two corruptions of one bit cancel each other.
    assert [f.number for f in frames(trace, "N")] == [1, 1, 0, 1, 1, 0, 0, 0]


# ---- messages of an ECU that sleeps -----------------------------------------------------------------------------


def gateway(*phases) -> Plan:
    """The gateway on the shipped buses, asleep until somebody turns the key."""
    buses = tuple(
        replace(load(shipped("dbc") / f"{name.lower()}.dbc", name), bitrate=500_000, data_bitrate=2_000_000)
        for name in ("PT", "INFO")
    )
    return plan(*phases, background=(), buses=buses, ecus=(EcuPlan("CGW", "virtual", True),))


def test_the_bench_can_send_what_a_sleeping_ecu_would():
    one = gateway(
        phase(
            "p", step("send", SendMessage("INFO", "CGW_Crash_01", (("CrashDetected", "YES"),), 2, 20 * MS)), duration=S
        )
    )
    trace = played(one)

    (number,) = {m for m in trace.frames.message if one.messages()[m].name == "CGW_Crash_01"}
    assert [at // MS for at, m in zip(trace.frames.release, trace.frames.message, strict=True) if m == number] == [
        0,
        20,
    ]


def test_a_fault_on_a_message_of_a_sleeping_ecu_waits_for_it():
    one = gateway(
        phase(
            "p",
            step("key", Power("RUN"), 300 * MS),
            Fault("F", "drop", At(0), "INFO", "CGW_Veh_01", duration=700 * MS),
            duration=1 * S,
        )
    )
    trace = played(one)
    released = {
        one.messages()[m].name: at
        for at, m in sorted(zip(trace.frames.release, trace.frames.message, strict=True), reverse=True)
    }

    assert released["CGW_PowerMode_01"] < 500 * MS
    assert 700 * MS <= released["CGW_Veh_01"] < 720 * MS
