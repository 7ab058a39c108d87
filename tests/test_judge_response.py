"""when ... within ... then: a reaction in time, not too early, and lasting."""

import pytest
from trace_builder import CGW, EVENT, TCU, Tape, below, is_, speed, state, verdict

from bench.model.check import Becomes, Changes, Crosses, Edge, Received, Responds
from bench.model.expression import Not
from bench.model.instant import MS, S
from bench.model.verdict import Margin, Outcome

CAUSE = Becomes(is_("TRIGGERED", CGW))
EFFECT = Becomes(is_("VOICE"))


def reaction(after: int, until: int = 2 * S) -> Tape:
    """The restbus says TRIGGERED at 500 ms, the device says VOICE `after` it and IDLE again at `until`."""
    tape = Tape().cycle(0, 500 * MS, CGW).cycle(500 * MS, 2 * S, CGW, "TRIGGERED")
    begin = 500 * MS + after
    for at in [*range(0, 2 * S, 50 * MS), begin, until]:
        tape.send(at, TCU, "VOICE" if begin <= at < until else "IDLE")
    return tape


def test_a_late_reaction_says_by_how_much():
    found = verdict(Responds(CAUSE, EFFECT, 100 * MS), reaction(118_400_000), 2 * S)

    assert (found.outcome, found.at) == (Outcome.FAIL, 600 * MS)
    assert found.margin == Margin(time=-18_400_000, relative=-0.184)
    assert found.why == (
        "'TCU_Status_01.State == VOICE' followed 'CGW_Veh_01.State == TRIGGERED' at 500 ms (record 16) "
        "after 118.4 ms; allowed 100 ms (18.4 ms late, record 21)"
    )
    assert (found.seen, found.proof, found.observer) == ("118.4 ms", (16, 21), "TCU")
    assert found.expected == ("when CGW_Veh_01.State == TRIGGERED, within 100 ms: TCU_Status_01.State == VOICE")


def test_the_limits_are_inclusive():
    tape = reaction(120 * MS)
    assert verdict(Responds(CAUSE, EFFECT, 120 * MS), tape, 2 * S).margin == Margin(time=0, relative=0.0)
    assert verdict(Responds(CAUSE, EFFECT, 120 * MS - 1), tape, 2 * S).outcome is Outcome.FAIL
    assert verdict(Responds(CAUSE, EFFECT, 200 * MS, 120 * MS), tape, 2 * S).margin == Margin(time=0, relative=0.0)

    early = verdict(Responds(CAUSE, EFFECT, 200 * MS, 120 * MS + 1), tape, 2 * S)
    assert (early.outcome, early.margin.time) == (Outcome.FAIL, -1)
    assert "not before" in early.why


def test_a_condition_that_is_true_at_the_trigger_has_reacted_at_once_unless_that_is_too_early():
    tape = reaction(-200 * MS)

    assert verdict(Responds(CAUSE, EFFECT, 100 * MS), tape, 2 * S).margin.time == 100 * MS
    assert verdict(Responds(CAUSE, EFFECT, 100 * MS, 1), tape, 2 * S).outcome is Outcome.FAIL


def test_what_came_must_stay_for_its_time():
    tape = reaction(50 * MS, until=850 * MS)

    assert verdict(Responds(CAUSE, EFFECT, 100 * MS, hold=300 * MS), tape, 2 * S).outcome is Outcome.PASS
    found = verdict(Responds(CAUSE, EFFECT, 100 * MS, hold=300 * MS + 1), tape, 2 * S)
    assert (found.outcome, found.margin.time, found.at) == (Outcome.FAIL, -1, 850 * MS)
    assert "held 300 ms only" in found.why


def test_no_reaction_at_all_fails():
    tape = Tape().cycle(0, 500 * MS, CGW).cycle(500 * MS, 2 * S, CGW, "TRIGGERED").cycle(0, 2 * S)
    found = verdict(Responds(CAUSE, EFFECT, 100 * MS), tape, 2 * S)

    assert (found.outcome, found.at, found.margin.time) == (Outcome.FAIL, 600 * MS, -1400 * MS)
    assert "did not follow" in found.why
    assert "TCU_Status_01.State was IDLE" in found.why


def test_a_silent_device_fails_and_a_silent_bench_proves_nothing():
    tape = Tape().cycle(0, 500 * MS).cycle(500 * MS, 2 * S, TCU, "TRIGGERED")
    mirrored = Responds(Becomes(is_("TRIGGERED")), Becomes(is_("VOICE", CGW)), 100 * MS)
    assert verdict(mirrored, tape.send(0, CGW), 2 * S).outcome is Outcome.INCONCLUSIVE

    tape = Tape().cycle(0, 500 * MS, CGW).cycle(500 * MS, 2 * S, CGW, "TRIGGERED")
    assert verdict(Responds(CAUSE, EFFECT, 100 * MS), tape, 2 * S).outcome is Outcome.FAIL
    then = Becomes(is_("VOICE", EVENT))
    assert verdict(Responds(CAUSE, then, 100 * MS), tape, 2 * S).outcome is Outcome.FAIL


def test_every_trigger_in_the_window_is_judged_and_none_outside_it():
    tape = Tape().cycle(0, 2 * S, CGW)
    for at, answer in ((300 * MS, 20 * MS), (700 * MS, 60 * MS), (1200 * MS, 90 * MS)):
        tape.note(at, "fault_ends", "F1").send(at + answer, EVENT)
    tape.phase("drive", 300 * MS, 1200 * MS)
    check = Responds(Edge("fault", "F1", "ends"), Received("INFO", EVENT.name), 80 * MS)
    found = verdict(check, tape, 2 * S)

    assert (found.outcome, found.margin.time, found.at) == (Outcome.PASS, 20 * MS, 760 * MS)
    assert "2 of 2 reactions passed" in found.why

    tape = Tape().note(0, "fault_ends", "F1").note(1, "fault_ends", "F1").send(1, EVENT).send(900 * MS, EVENT)
    found = verdict(check, tape, 2 * S)
    assert (found.outcome, found.margin.time) == (Outcome.FAIL, 80 * MS - 900 * MS + 1)


def test_a_received_frame_is_one_that_ends_after_the_trigger():
    """The frame that is the cause is not its own effect."""
    tape = Tape().send(100 * MS, EVENT).send(130 * MS, EVENT)
    received = Received("INFO", EVENT.name)
    tape.phase("drive", 0, 120 * MS)

    assert verdict(Responds(received, received, 40 * MS), tape).margin.time == 10 * MS


def test_the_frame_that_starts_the_reaction_counts_from_its_end():
    tape = Tape().send(100 * MS, CGW).send(150 * MS, EVENT)

    found = verdict(Responds(Received("INFO", CGW.name), Received("INFO", EVENT.name), 50 * MS), tape)
    assert found.margin.time == 0


@pytest.mark.parametrize(
    "trigger, times",
    [
        (Changes(speed(CGW)), (100, 200, 300, 500)),
        (Crosses(speed(CGW), "above", 20), (300,)),
        (Crosses(speed(CGW), "below", 20), (500,)),
        (Becomes(Not(below(15, speed(CGW)))), (200,)),
        (Changes(state(CGW)), ()),
    ],
)
def test_events_of_signals_fire_where_the_signal_moves(trigger, times):
    """10, then 15, 20, 30, 30 and 10 km/h. At its limit a signal has not crossed it yet."""
    tape = Tape()
    for step, value in enumerate((10, 15, 20, 30, 30, 10)):
        tape.send(step * 100 * MS, CGW, speed=value)
    found = verdict(Responds(trigger, Received("INFO", EVENT.name), 1 * MS), tape, 550 * MS)

    if times:
        assert (found.outcome, found.at) == (Outcome.FAIL, times[0] * MS + 1 * MS)
        assert f"{len(times)} of {len(times)}" in found.why or len(times) == 1
    else:
        assert found.outcome is Outcome.NONE


def test_a_trigger_that_never_fired_is_not_a_pass():
    found = verdict(Responds(CAUSE, EFFECT, 100 * MS), Tape().cycle(0, 1 * S, CGW).cycle(0, 1 * S, TCU, "VOICE"))

    assert found.outcome is Outcome.NONE
    assert "never happened" in found.why


def test_a_condition_that_was_true_all_along_did_not_become_true():
    tape = Tape().cycle(0, 1 * S, CGW, "TRIGGERED").cycle(0, 1 * S, TCU, "VOICE").phase("drive", 200 * MS, 900 * MS)
    found = verdict(Responds(CAUSE, EFFECT, 100 * MS), tape)

    assert found.outcome is Outcome.NONE
    assert "only a change to true triggers" in found.why


def test_a_condition_that_becomes_true_with_the_first_frame_triggers():
    tape = Tape().cycle(50 * MS, 1 * S, CGW, "TRIGGERED").cycle(50 * MS, 1 * S, TCU, "VOICE")

    assert verdict(Responds(CAUSE, EFFECT, 100 * MS), tape).outcome is Outcome.PASS


def test_a_trace_that_ends_before_the_deadline_proves_nothing():
    """Also where the window is over: the deadline may lie beyond it, but not beyond the trace."""
    tape = Tape().cycle(0, 500 * MS, CGW).cycle(500 * MS, 1 * S, CGW, "TRIGGERED").cycle(0, 1 * S)
    tape.phase("drive", 0, 600 * MS)

    assert verdict(Responds(CAUSE, EFFECT, 499 * MS), tape).outcome is Outcome.FAIL
    assert verdict(Responds(CAUSE, EFFECT, 500 * MS), tape).outcome is Outcome.INCONCLUSIVE


def test_a_reaction_after_the_windows_end_counts():
    tape = reaction(300 * MS).phase("drive", 0, 600 * MS)

    assert verdict(Responds(CAUSE, EFFECT, 400 * MS), tape, 2 * S).outcome is Outcome.PASS


def test_a_crossing_must_stay_beyond_its_limit_for_the_hold():
    tape = Tape().note(90 * MS, "step_ends", "go")
    for step, value in enumerate((10, 30, 30, 10, 10)):
        tape.send(step * 100 * MS, TCU, speed=value)
    rises = Crosses(speed(), "above", 20)
    trigger = Edge("step", "go", "ends")

    assert verdict(Responds(trigger, rises, 50 * MS, hold=200 * MS), tape).outcome is Outcome.PASS
    assert verdict(Responds(trigger, rises, 50 * MS, hold=201 * MS), tape).outcome is Outcome.FAIL
