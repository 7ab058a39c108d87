"""Verdicts where the bench was late, lost a frame, or knows the time no better: doubt, and never a wrong word."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_judge_laws import CHECKS, END, Happening, happenings
from trace_builder import BOTH, CGW, SAFE, TCU, Tape, below, is_, plan, state

from bench.judge.judge import judge
from bench.judge.zones import AFTERMATH, GRAVE
from bench.model.check import (
    Always,
    Becomes,
    Check,
    Counter,
    Crc,
    Cycle,
    CycleOf,
    Edge,
    Eventually,
    Never,
    Received,
    Responds,
    Sequence,
    SequenceStep,
    Settles,
    Silent,
    Statistic,
    Stays,
)
from bench.model.health import Disturbance, Health, Punctuality
from bench.model.instant import MS, US, S
from bench.model.plan import Plan
from bench.model.stimulus import Phase
from bench.model.verdict import Outcome, Verdict

CYCLE = Cycle((CycleOf("INFO", TCU.name, 100 * MS),), 0.1)
RESPONSE = Responds(Becomes(is_("VOICE", CGW)), Becomes(is_("VOICE")), 300 * MS)


def stall(start: int, end: int, late: int | None = None) -> Health:
    """The bench stood still for [start, end) ms."""
    return Health((Disturbance("late", start * MS, end * MS, late=(end - start if late is None else late) * MS),))


def lost(at: int, message: str = "", kind: str = "lost") -> Health:
    """One frame, at an instant in ms."""
    return Health((Disturbance(kind, at * MS, at * MS + 1, "INFO" if message else "", message),))


def ruled(check: Check, tape: Tape, health: Health, closed_at: int = 5 * S) -> Verdict:
    """The verdict of a check over the whole trace of 5 s."""
    if not any(one.what.startswith("phase") for one in tape.occurrences):
        tape.phase("drive", 0, closed_at)
    return judge(plan(check), tape.trace(closed_at), health)[0]


def cycles(*gaps: tuple[int, int]) -> Tape:
    """The message of the device every 100 ms for 5 s, but not in these spans (ms)."""
    tape = Tape()
    for at in range(0, 5000, 100):
        if not any(start <= at < end for start, end in gaps):
            tape.send(at * MS)
    return tape


# ---- passes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [CYCLE, Always(is_("IDLE")), Counter((("INFO", TCU.name),)), Silent(bus="INFO")])
def test_a_pass_with_a_stall_in_its_window_is_inconclusive_and_says_why(check):
    tape = Tape() if isinstance(check, Silent) else cycles()
    if isinstance(check, Counter):
        check, tape = Counter((("INFO", SAFE.name),)), Tape()
        for place in range(50):
            tape.send(place * 100 * MS + 50 * MS, SAFE, data=bytes([0, place % 15, 0, 0, 0, 0, 0, 0]))
    found = ruled(check, tape, stall(2000, 2120))

    assert ruled(check, tape, Health()).outcome is Outcome.PASS
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the bench was 120 ms late from 2 s to 2.12 s" in found.why
    assert found.seen


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        (2000, 2100, Outcome.INCONCLUSIVE),
        (2951, 3000, Outcome.INCONCLUSIVE),  # the last millisecond of the window
        (1800, 1900, Outcome.PASS),  # one cycle before it
        (1800, 1901, Outcome.INCONCLUSIVE),
        (3100, 3200, Outcome.PASS),
        (3099, 3200, Outcome.INCONCLUSIVE),
        (200, 300, Outcome.PASS),
        (4000, 4500, Outcome.PASS),
    ],
)
def test_a_pass_is_kept_where_window_and_stall_are_a_cycle_apart(start, end, outcome):
    tape = cycles().phase("drive", 2 * S, 3 * S)

    assert ruled(CYCLE, tape, stall(start, end)).outcome is outcome


@pytest.mark.parametrize(("late", "outcome"), [(1, Outcome.PASS), (3, Outcome.INCONCLUSIVE), (5, Outcome.INCONCLUSIVE)])
def test_a_small_delay_counts_where_the_margin_is_smaller_still(late, outcome):
    """The reaction came 2 ms before its limit; the trigger may have been acted on later than it is told."""
    tape = Tape().send(500 * MS, CGW).send(1 * S, CGW, "VOICE").send(1298 * MS, state="VOICE").phase("drive", 0, 2 * S)

    assert ruled(RESPONSE, tape, stall(1100, 1100 + late)).outcome is outcome


@pytest.mark.parametrize(("late", "outcome"), [(4, Outcome.PASS), (5, Outcome.INCONCLUSIVE)])
def test_a_small_delay_does_not_undo_a_gap_that_was_kept(late, outcome):
    """The longest gap is 108 ms of 110 ms allowed; its frames are stamped when they are there."""
    tape = Tape().send(50 * MS).send(158 * MS).phase("drive", 0, 200 * MS)

    assert ruled(CYCLE, tape, stall(100, 100 + late)).outcome is outcome


def test_a_small_delay_undoes_a_gap_that_was_not_kept():
    """112 ms of 110 ms allowed: 2 ms beyond, and the bench was 3 ms late."""
    tape = Tape().send(50 * MS).send(162 * MS).phase("drive", 0, 200 * MS)

    assert ruled(CYCLE, tape, stall(100, 103)).outcome is Outcome.INCONCLUSIVE
    assert ruled(CYCLE, tape, stall(100, 101)).outcome is Outcome.FAIL


def test_a_small_delay_is_nothing_to_a_check_without_a_margin_in_time():
    assert ruled(Always(is_("IDLE")), cycles(), stall(100, 104)).outcome is Outcome.PASS
    assert ruled(Always(is_("IDLE")), cycles(), stall(100, 105)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("message", "outcome"),
    [(TCU.name, Outcome.INCONCLUSIVE), ("", Outcome.INCONCLUSIVE), (CGW.name, Outcome.PASS)],
)
@pytest.mark.parametrize("kind", ["lost", "skipped"])
def test_a_lost_frame_hides_something_of_its_own_message_or_of_an_unknown_one(kind, message, outcome):
    assert ruled(CYCLE, cycles(), lost(2000, message, kind)).outcome is outcome


def test_the_reaction_to_a_trigger_reaches_beyond_the_window():
    tape = Tape().cycle(0, 900 * MS, CGW, "IDLE").cycle(900 * MS, 5 * S, CGW, "VOICE")
    tape.cycle(20 * MS, 1100 * MS, TCU, "IDLE").cycle(1120 * MS, 5 * S, TCU, "VOICE").phase("drive", 0, 1 * S)

    assert ruled(RESPONSE, tape, Health()).outcome is Outcome.PASS
    assert ruled(RESPONSE, tape, stall(1200, 1230)).outcome is Outcome.INCONCLUSIVE
    assert ruled(RESPONSE, tape, stall(1400, 1430)).outcome is Outcome.PASS


def test_a_stall_far_from_what_the_scenario_did_hides_no_reaction_to_it():
    """A frame that should have been a trigger may be lost; that a fault of the scenario began is known."""
    reaction = Responds(Edge("fault", "F1", "starts"), Becomes(is_("VOICE")), 300 * MS)
    tape = Tape().note(1 * S, "fault_starts", "F1")
    tape.cycle(20 * MS, 1100 * MS, TCU, "IDLE").cycle(1120 * MS, 5 * S, TCU, "VOICE")

    assert ruled(reaction, tape, Health()).outcome is Outcome.PASS
    assert ruled(reaction, tape, stall(1200, 1230)).outcome is Outcome.INCONCLUSIVE
    assert ruled(reaction, tape, stall(970, 1001)).outcome is Outcome.INCONCLUSIVE
    assert ruled(reaction, tape, stall(3000, 3200)).outcome is Outcome.PASS


# ---- failures ---------------------------------------------------------------------------------------------------


def test_a_frame_missing_in_a_stall_is_not_blamed_on_the_device():
    found = ruled(CYCLE, cycles((2000, 2300)), stall(2010, 2200))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "190 ms late" in found.why
    assert "which may have caused it" in found.why


def test_a_frame_missing_outside_a_stall_is():
    found = ruled(CYCLE, cycles((2000, 2300), (4000, 4200)), stall(2010, 2200))

    assert found.outcome is Outcome.FAIL
    assert 4 * S < found.at < 4.3 * S
    assert "late from" not in found.why


@pytest.mark.parametrize(("late", "outcome"), [(1, Outcome.FAIL), (3, Outcome.INCONCLUSIVE)])
def test_what_is_left_of_a_failure_is_held_against_small_delays_again(late, outcome):
    """In the stall a gap was 190 ms too long; later one is 2 ms too short, and the bench was a little late there."""
    tape = Tape().cycle(0, 2 * S).cycle(2200 * MS, 4 * S).send(4012 * MS).cycle(4100 * MS, 5 * S)
    small = Disturbance("late", 4 * S, 4 * S + late * MS, late=late * MS)

    assert ruled(CYCLE, tape, Health((*stall(2000, 2190).disturbances, small))).outcome is outcome


def test_the_disturbance_that_is_named_is_one_that_touches():
    """Those of the whole run form one zone; the gravest of them is far away."""
    many = tuple(Disturbance("late", at * MS, at * MS + 6 * MS, late=6 * MS) for at in range(500, 4000, 100))
    gravest = Disturbance("late", 4100 * MS, 4300 * MS, late=200 * MS)
    found = ruled(CYCLE, cycles().phase("drive", 500 * MS, 700 * MS), Health((*many, gravest)))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the bench was 6 ms late from" in found.why


def test_the_aftermath_of_a_stall_is_not_blamed_either():
    """An ECU that fell back to substitute values 400 ms after the stall."""
    tape = Tape().cycle(0, 2600 * MS).cycle(2600 * MS, 2800 * MS, state="FAILED").cycle(2800 * MS, 5 * S)
    assert ruled(Always(is_("IDLE")), tape, stall(2000, 2200)).outcome is Outcome.INCONCLUSIVE
    assert ruled(Always(is_("IDLE")), tape, stall(1000, 1200)).outcome is Outcome.FAIL
    assert ruled(Always(is_("IDLE")), tape, stall(2000, 2004)).outcome is Outcome.FAIL


@pytest.mark.parametrize("start", [1500, 2000, 2300, 2400])
def test_a_missing_reaction_fails_only_if_nothing_lies_between_trigger_and_deadline(start):
    tape = Tape().cycle(0, 2 * S, CGW, "IDLE").cycle(2 * S, 5 * S, CGW, "VOICE").cycle(20 * MS, 5 * S)

    assert ruled(RESPONSE, tape, stall(start, start + 40)).outcome is Outcome.INCONCLUSIVE
    assert ruled(RESPONSE, tape, stall(1000, 1040)).outcome is Outcome.FAIL
    assert ruled(RESPONSE, tape, stall(2600, 2800)).outcome is Outcome.FAIL


def test_of_many_reactions_the_one_outside_the_stall_fails():
    tape = Tape().cycle(20 * MS, 5 * S)
    for at in range(0, 50):
        tape.send(at * 100 * MS, CGW, "VOICE" if 10 <= at % 20 < 15 else "IDLE")
    found = ruled(RESPONSE, tape, stall(1000, 1100))

    assert found.outcome is Outcome.FAIL
    assert found.at == 3 * S + 300 * MS


@pytest.mark.parametrize(
    "check",
    [
        Eventually(is_("VOICE"), 1 * S),
        Stays(is_("VOICE")),
        Sequence(state(), (SequenceStep("VOICE", 1 * S),)),
        Settles(below(10).left, 50, 1, 1 * S, 100 * MS),
    ],
)
def test_what_must_come_from_the_windows_start_fails_only_without_a_stall_on_its_way(check):
    tape = Tape().cycle(0, 5 * S).phase("drive", 2 * S, 4 * S)

    assert ruled(check, tape, Health()).outcome is Outcome.FAIL
    assert ruled(check, tape, stall(2300, 2320)).outcome is Outcome.INCONCLUSIVE
    assert ruled(check, tape, stall(1600, 1620)).outcome is Outcome.INCONCLUSIVE  # its aftermath
    assert ruled(check, tape, stall(1000, 1020)).outcome is Outcome.FAIL
    assert ruled(check, tape, stall(4200, 4220)).outcome is Outcome.FAIL


def test_a_mean_is_one_number_for_the_whole_window():
    check = Statistic(below(10).left, "mean", 10, 20)
    assert ruled(check, cycles(), stall(1, 30)).outcome is Outcome.INCONCLUSIVE
    drifting = Cycle((CycleOf("INFO", TCU.name, 90 * MS),), 0.2, mean_tolerance=0.01)
    assert ruled(drifting, cycles(), Health()).outcome is Outcome.FAIL
    assert ruled(drifting, cycles(), stall(2000, 2030)).outcome is Outcome.INCONCLUSIVE


def test_a_wrong_checksum_needs_no_time_to_be_wrong():
    tape = Tape().cycle(0, 5 * S, SAFE)
    check = Crc((("INFO", SAFE.name),))

    assert ruled(check, tape, Health()).outcome is Outcome.FAIL
    assert ruled(check, tape, stall(0, 5000)) == ruled(check, tape, Health())


def test_a_value_that_an_event_brought_before_the_stall_may_be_out_of_date_after_it():
    """The frame that took it back may be the one that was lost."""
    tape = Tape().send(1 * S, BOTH, "FAILED")
    for at in range(1100, 4000, 100):
        tape.send(at * MS, BOTH, "FAILED")
    window = Tape(tape.frames).phase("drive", 3 * S, 3100 * MS)

    assert ruled(Never(is_("FAILED", BOTH)), window, stall(500, 520)).outcome is Outcome.FAIL


def test_a_gone_interface_takes_every_verdict_on_its_bus():
    health = Health((Disturbance("gone", 2 * S, 5 * S, "INFO"),))
    elsewhere = Health((Disturbance("gone", 2 * S, 5 * S, "PT"),))

    assert ruled(CYCLE, cycles(), health).outcome is Outcome.INCONCLUSIVE
    assert "the interface of INFO did not answer from 2 s to 5 s" in ruled(CYCLE, cycles(), health).why
    assert ruled(CYCLE, cycles(), elsewhere).outcome is Outcome.PASS
    assert ruled(CYCLE, cycles((2000, 4000)), health).outcome is Outcome.INCONCLUSIVE
    assert ruled(CYCLE, cycles((1000, 1400)), health).outcome is Outcome.FAIL


def expired(otherwise: str = "fail") -> tuple[Plan, Tape]:
    tape = Tape().cycle(0, 5 * S).note(2 * S, "phase_starts", "boot")
    tape.note(3 * S, "phase_expires", "boot").note(3 * S, "phase_ends", "boot")
    return plan(phases=(Phase("boot", None, is_("VOICE"), 1 * S, otherwise),)), tape


@pytest.mark.parametrize(
    ("start", "outcome"), [(2500, Outcome.INCONCLUSIVE), (500, Outcome.FAIL), (3200, Outcome.FAIL)]
)
def test_a_phase_that_expired_in_a_stall_proves_nothing(start, outcome):
    the_plan, tape = expired()

    assert judge(the_plan, tape.trace(5 * S), stall(start, start + 50))[0].outcome is outcome


# ---- uncertainty ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "clear"), [(155, Outcome.PASS), (165, Outcome.FAIL)])
def test_a_limit_inside_the_uncertainty_is_inconclusive(last, clear):
    """The gap is 105 or 115 ms of 110 ms allowed: 5 ms on either side."""
    tape = Tape().send(50 * MS).send(last * MS).phase("drive", 0, 250 * MS)
    for size, outcome in ((4, clear), (5, clear), (6, Outcome.INCONCLUSIVE)):
        found = ruled(CYCLE, tape, Health(uncertainty=(("INFO", size * MS),)))

        assert found.outcome is outcome
        assert found.margin.uncertainty == size * MS
    assert "the limit is 5 ms away and stamps are uncertain by 6 ms" in found.why


@pytest.mark.parametrize(
    ("sent", "last", "outcome"),
    [
        (TCU.name, 160_800, Outcome.INCONCLUSIVE),
        (TCU.name, 161_000, Outcome.FAIL),
        (TCU.name, 159_900, Outcome.PASS),
        (CGW.name, 160_800, Outcome.FAIL),
    ],
)
def test_a_gap_of_the_benchs_own_frames_may_be_too_long_by_no_more_than_the_bench_was_late(sent, last, outcome):
    """The gap is 110 ms and a little; below a millisecond no delay is told, only how late the latest frame was."""
    tape = Tape().send(50 * MS).send(last * US).phase("drive", 0, 250 * MS)
    health = Health((), (Punctuality("INFO", sent, 100 * MS, 10, 10, 0, 0, 0, 0, 900 * US),))

    assert ruled(CYCLE, tape, health).outcome is outcome


def test_a_reaction_to_what_the_bench_does_may_be_late_by_no_more_than_the_bench_was():
    tape = Tape().send(0, CGW).send(500 * MS, CGW, "VOICE").send(0).phase("drive", 0, 2 * S)
    other = (Punctuality("INFO", "AMP_Status_01", 100 * MS, 10, 10, 0, 0, 0, 0, 40 * MS),)
    for by, outcome in ((900 * US, Outcome.INCONCLUSIVE), (1100 * US, Outcome.FAIL)):
        late = Tape(list(tape.frames), [], list(tape.occurrences)).send(800 * MS + by, state="VOICE")

        assert ruled(RESPONSE, late, Health((), other)).outcome is outcome
        assert ruled(RESPONSE, late, Health()).outcome is Outcome.FAIL


def test_uncertainty_is_nothing_to_a_value_of_one_message():
    tape = cycles((2000, 2300))
    health = Health(uncertainty=(("INFO", 1 * S),))

    assert ruled(Always(is_("IDLE")), cycles(), health) == ruled(Always(is_("IDLE")), cycles(), Health())
    assert ruled(CYCLE, tape, health).outcome is Outcome.INCONCLUSIVE
    assert ruled(CYCLE, tape, Health(uncertainty=(("PT", 1 * S),))) == ruled(CYCLE, tape, Health())


# ---- laws -------------------------------------------------------------------------------------------------------

kinds = st.sampled_from(["late", "lost", "skipped", "gone"])


@st.composite
def healths(draw: st.DrawFn, first: int = -1000, last: int = 2000) -> Health:
    """Any number of disturbances between two instants in ms, and any uncertainty."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(first, last))
        end = draw(st.integers(start, last))
        names = draw(st.sampled_from([("", ""), ("INFO", ""), ("INFO", TCU.name), ("INFO", CGW.name), ("PT", "X")]))
        late = draw(st.sampled_from([0, 2 * MS, GRAVE, 120 * MS]))
        found.append(Disturbance(draw(kinds), start * MS, end * MS + 1, *names, late=late))
    return Health(tuple(found), uncertainty=(("INFO", draw(st.sampled_from([0, 0, 500 * US, 30 * MS]))),))


ALL: list[Check] = [
    *CHECKS,
    Responds(Received("INFO", CGW.name), Received("INFO", TCU.name), 100 * MS),
    Counter((("INFO", TCU.name),)),
    Silent(message=TCU.name),
    Silent(bus="INFO"),
    Statistic(Received("INFO", TCU.name), "count", 5, 10),
    Statistic(below(10).left, "max", 0, 20, at=Becomes(is_("VOICE", CGW))),
]
BECOMES = {
    Outcome.PASS: {Outcome.PASS, Outcome.INCONCLUSIVE},
    Outcome.FAIL: {Outcome.FAIL, Outcome.INCONCLUSIVE},
    Outcome.NONE: {Outcome.NONE},
    Outcome.INCONCLUSIVE: {Outcome.INCONCLUSIVE},
}


@given(what=happenings(), health=healths())
def test_the_benchs_own_trouble_never_makes_a_fail_of_a_pass_nor_a_pass_of_a_fail(what: Happening, health: Health):
    trace = what.tape().trace(END * MS)
    for one, other in zip(judge(plan(*ALL), trace), judge(plan(*ALL), trace, health), strict=True):
        assert other.outcome in BECOMES[one.outcome], (one, other)
        assert other.why
        if other.outcome is Outcome.INCONCLUSIVE:
            assert other.seen


@given(what=happenings(), kind=kinds, length=st.integers(1, 10_000), before=st.booleans())
def test_trouble_far_away_changes_nothing_at_all(what: Happening, kind: str, length: int, before: bool):
    reach = 100 * MS
    start = -AFTERMATH - reach - 1 - length * MS - 1 if before else END * MS + 10_000 * MS
    health = Health((Disturbance(kind, start, start + length * MS, late=length * MS),))
    trace = what.tape().trace(END * MS)

    assert judge(plan(*ALL), trace, health) == judge(plan(*ALL), trace)


@given(what=happenings())
def test_where_the_bench_was_never_well_nothing_is_said(what: Happening):
    trace = what.tape().trace(END * MS)
    for found in judge(plan(*ALL), trace, stall(0, END)):
        assert found.outcome in (Outcome.INCONCLUSIVE, Outcome.NONE)


@given(what=happenings(), health=healths())
def test_what_is_simulated_from_end_to_end_is_not_in_doubt(what: Happening, health: Health):
    """The trace does not depend on when the host served it."""
    closed = Health(health.disturbances, (), health.uncertainty, closed=True)
    trace = what.tape().trace(END * MS)

    assert judge(plan(*ALL), trace, closed) == judge(plan(*ALL), trace)


@given(what=happenings(), start=st.integers(0, END), length=st.integers(5, 300))
@example(what=Happening(((105, "VOICE", 0.0),), (), (0.0,), 0, 106), start=0, length=5)
def test_a_condition_broken_beyond_stall_and_aftermath_still_fails(what: Happening, start: int, length: int):
    """Held against a look at every millisecond of the same frames."""
    check = Never(is_("VOICE"))
    trace = what.tape().trace(END * MS)
    clean = judge(plan(check), trace)[0]
    found = judge(plan(check), trace, stall(start, start + length))[0]
    low, high = start - 100, start + length + 100 + 500
    frames = [(at, word) for at, word, _ in what.device]
    voiced = [
        at
        for at in range(what.start, what.end)
        if not low <= at < high and (told := [f for f in frames if f[0] <= at < f[0] + 300]) and told[-1][1] == "VOICE"
    ]
    evidence = [max(f[0] for f in frames if f[0] <= at) for at in voiced]
    if clean.outcome is Outcome.PASS:
        assert found.outcome is (
            Outcome.PASS if not max(what.start, low) < min(what.end, start + length + 100) else found.outcome
        )
    elif found.outcome is Outcome.FAIL and "VOICE" in found.why and "unknown" not in found.why:
        assert voiced
    elif voiced and clean.outcome is Outcome.FAIL:
        # Then the first broken instant in the clear rests on a frame from within the zone.
        assert found.outcome is Outcome.FAIL or any(
            at >= low and told < high for at, told in zip(voiced, evidence, strict=True)
        )
