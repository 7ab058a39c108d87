"""sequence: states in order, each with its time limit."""

import pytest
from trace_builder import CGW, EVENT, TCU, Tape, state, verdict

from bench.model.check import Sequence, SequenceStep
from bench.model.instant import MS
from bench.model.verdict import Margin, Outcome

STEPS = (SequenceStep("TRIGGERED", 300 * MS), SequenceStep("DIALLING", 250 * MS), SequenceStep("VOICE"))


def states(*values: str, of=TCU) -> Tape:
    """The device reports these states, 100 ms apart."""
    tape = Tape()
    for place, value in enumerate(values):
        tape.send(place * 100 * MS, of, value)
    return tape


def test_states_in_order_and_in_time_pass_with_the_tightest_step():
    found = verdict(
        Sequence(state(), STEPS), states("IDLE", "TRIGGERED", "TRIGGERED", "DIALLING", "VOICE", "IDLE"), 600 * MS
    )

    assert found.outcome is Outcome.PASS
    assert (found.margin, found.at) == (Margin(time=50 * MS, relative=0.2), 300 * MS)
    assert found.observer == "TCU"


def test_the_limits_are_inclusive():
    tape = states("IDLE", "IDLE", "IDLE", "TRIGGERED", "DIALLING", "VOICE")

    assert verdict(Sequence(state(), STEPS), tape, 600 * MS).margin == Margin(time=0, relative=0.0)


def test_a_late_step_says_by_how_much():
    tape = states("TRIGGERED", "TRIGGERED", "TRIGGERED", "DIALLING", "VOICE")
    found = verdict(Sequence(state(), STEPS), tape, 500 * MS)

    assert (found.outcome, found.at, found.margin.time) == (Outcome.FAIL, 250 * MS, -50 * MS)
    assert found.why == (
        "TCU_Status_01.State became DIALLING 300 ms after TRIGGERED; allowed 250 ms (50 ms late, record 4)"
    )


def test_another_state_in_between_is_allowed_only_on_request():
    tape = states("IDLE", "TRIGGERED", "IDLE", "DIALLING", "VOICE")
    found = verdict(Sequence(state(), STEPS), tape, 500 * MS)

    assert (found.outcome, found.at) == (Outcome.FAIL, 200 * MS)
    assert "became IDLE at 200 ms after TRIGGERED; expected DIALLING (record 3)" in found.why
    assert verdict(Sequence(state(), STEPS, True), tape, 500 * MS).outcome is Outcome.PASS


def test_a_skipped_state_fails():
    tape = states("IDLE", "TRIGGERED", "VOICE", "VOICE", "VOICE", "VOICE")

    assert verdict(Sequence(state(), STEPS), tape, 600 * MS).outcome is Outcome.FAIL
    assert verdict(Sequence(state(), STEPS, True), tape, 600 * MS).outcome is Outcome.FAIL


def test_a_step_that_does_not_come_fails_at_its_limit_or_at_the_windows_end():
    tape = states("TRIGGERED", *["DIALLING"] * 9)
    found = verdict(Sequence(state(), STEPS), tape)
    assert (found.outcome, found.at) == (Outcome.FAIL, 1000 * MS - 1)
    assert "did not become VOICE within 900 ms of DIALLING" in found.why

    found = verdict(Sequence(state(), STEPS), states(*["TRIGGERED"] * 10))
    assert (found.outcome, found.at) == (Outcome.FAIL, 250 * MS)


def test_a_silent_device_does_not_finish_its_sequence():
    assert verdict(Sequence(state(), STEPS), states("TRIGGERED", "DIALLING")).outcome is Outcome.FAIL
    assert verdict(Sequence(state(CGW), STEPS), states("TRIGGERED", "DIALLING", of=CGW)).outcome is Outcome.INCONCLUSIVE
    assert verdict(Sequence(state(EVENT), STEPS), Tape()).outcome is Outcome.NONE


@pytest.mark.parametrize("others, outcome", [(False, Outcome.FAIL), (True, Outcome.PASS)])
def test_to_be_unknown_in_between_is_to_take_another_state(others, outcome):
    steps = (SequenceStep("TRIGGERED"), SequenceStep("VOICE"))
    tape = Tape().send(0, TCU, "TRIGGERED").send(800 * MS, TCU, "VOICE")

    assert verdict(Sequence(state(), steps, others), tape).outcome is outcome


def test_after_the_last_step_nothing_is_judged():
    tape = states("TRIGGERED", "DIALLING", "VOICE", "FAILED", "IDLE", "TRIGGERED")

    assert verdict(Sequence(state(), STEPS), tape).outcome is Outcome.PASS
