"""Windows, repetitions, what `except` takes out, phases that expire, runs that were cut short."""

from dataclasses import replace

import pytest
from trace_builder import TCU, Tape, below, is_, plan, repeated, state, verdict

from bench.judge.judge import judge
from bench.judge.windows import windows
from bench.model.check import (
    Always,
    Around,
    Becomes,
    Counter,
    Cycle,
    CycleOf,
    Edge,
    Eventually,
    Never,
    Responds,
    Sequence,
    SequenceStep,
    Stays,
)
from bench.model.expression import Expression
from bench.model.instant import MS, S
from bench.model.stimulus import At, Phase, Power, Step
from bench.model.verdict import Outcome

TWO = (Phase("call", 1, None, None), Phase("recover", 1, None, None))


def spans(the_plan, tape, closed_at=2 * S, complete=True):
    found = windows(the_plan, tape.trace(closed_at, complete), the_plan.expectations[0])
    return [(window.pieces, window.finished) for window in found]


def test_phases_that_follow_each_other_are_one_window():
    the_plan = plan(Always(below(1)), during=("call", "recover"), phases=TWO)
    tape = Tape().phase("call", 0, 500).phase("recover", 500, 900)
    assert spans(the_plan, tape) == [(((0, 900),), True)]

    tape = Tape().phase("call", 0, 500).phase("other", 500, 600).phase("recover", 600, 900)
    assert spans(the_plan, tape) == [(((0, 500),), True), (((600, 900),), True)]


def test_each_repetition_of_a_phase_is_a_window():
    the_plan = plan(Always(below(1)), phases=(repeated("drive", 2),))
    tape = Tape().phase("drive", 0, 500, 1).phase("drive", 500, 900, 2)

    assert spans(the_plan, tape) == [(((0, 500),), True), (((500, 900),), True)]


def test_an_expectation_without_phases_lasts_the_whole_run():
    the_plan = plan(Always(below(1)), during=())

    assert spans(the_plan, Tape(), 900) == [(((0, 900),), True)]
    assert spans(the_plan, Tape(), 900, complete=False) == [(((0, 900),), False)]


@pytest.mark.parametrize(
    "around, pieces",
    [
        (Around("fault", "F1", 10, 20), ((0, 190), (320, 1000))),
        (Around("step", "S1", 0, 20), ((0, 400), (420, 1000))),
        (Around("step", "S2", 0, 20), ((0, 500),)),
        (Around("phase", "drive", 0, 50), ((50, 1000),)),
        (Around("phase", "drive", 50, 0), ((0, 950),)),
        (Around("fault", "F9", 10, 20), ((0, 1000),)),
    ],
)
def test_except_takes_out_the_time_around_a_fault_a_step_or_an_edge(around, pieces):
    """A step without a length has no end of its own; a fault or a ramp without a recorded end lasts to the end."""
    steps = (Step("S1", Power("RUN"), At(0)),)
    the_plan = plan(Always(below(1)), apart=(around,), phases=(repeated("drive", 1, steps),))
    tape = Tape().phase("drive", 0, 1000).note(200, "fault_starts", "F1").note(300, "fault_ends", "F1")
    tape.note(400, "step_starts", "S1").note(500, "step_starts", "S2")

    assert spans(the_plan, tape, 1000) == [(pieces, True)]


def test_what_except_takes_out_is_not_judged():
    tape = Tape().cycle(0, 1 * S, TCU, "VOICE").phase("drive", 0, 1 * S)
    tape.send(450 * MS, TCU, "IDLE").note(440 * MS, "fault_starts", "F1").note(480 * MS, "fault_ends", "F1")
    whole = judge(plan(Always(is_("VOICE"))), tape.trace(1 * S))[0]
    apart = judge(plan(Always(is_("VOICE")), apart=(Around("fault", "F1", 0, 20 * MS),)), tape.trace(1 * S))[0]

    assert (whole.outcome, apart.outcome) == (Outcome.FAIL, Outcome.PASS)


CONDITION: Expression = is_("VOICE")
GO = Edge("step", "go", "starts")
FEW = (SequenceStep("VOICE"),)
EVERY_CHECK = [
    Always(CONDITION),
    Never(is_("IDLE")),
    Eventually(CONDITION),
    Stays(CONDITION),
    Responds(GO, Becomes(CONDITION), 100 * MS),
    Cycle((CycleOf("INFO", TCU.name, 100 * MS),), 0.1),
    Sequence(state(), FEW),
]


@pytest.mark.parametrize("check", EVERY_CHECK, ids=lambda check: type(check).__name__)
def test_an_empty_window_is_not_a_pass(check):
    tape = Tape().cycle(0, 1 * S, TCU, "VOICE").phase("other", 0, 1 * S)
    never_ran = verdict(check, tape)
    assert (never_ran.outcome, never_ran.why) == (Outcome.NONE, "phases that did not run: drive (0 of 1 times)")

    tape = Tape().cycle(0, 1 * S, TCU, "VOICE").phase("drive", 300 * MS, 300 * MS)
    assert verdict(check, tape).outcome is Outcome.NONE


@pytest.mark.parametrize("check", EVERY_CHECK, ids=lambda check: type(check).__name__)
def test_a_run_that_was_cut_short_is_inconclusive(check):
    tape = Tape().cycle(0, 1 * S, TCU, "VOICE").note(0, "phase_starts", "drive").note(0, "step_starts", "go")

    assert verdict(check, tape).outcome is Outcome.PASS
    found = verdict(check, tape, complete=False)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "cut short at 1 s" in found.why


def test_a_violation_before_the_cut_stays_one():
    tape = Tape().cycle(0, 1 * S, TCU, "IDLE").note(0, "phase_starts", "drive")

    assert verdict(Always(CONDITION), tape, complete=False).outcome is Outcome.FAIL
    for check in (Eventually(CONDITION), Stays(CONDITION), Sequence(state(), FEW)):
        assert verdict(check, tape, complete=False).outcome is Outcome.INCONCLUSIVE
    for check in (Eventually(CONDITION, 300 * MS), Sequence(state(), (SequenceStep("VOICE", 300 * MS),))):
        assert verdict(check, tape, complete=False).outcome is Outcome.FAIL


def test_a_finished_window_of_a_run_that_was_cut_later_is_judged():
    tape = Tape().cycle(0, 1 * S, TCU, "VOICE").phase("drive", 0, 500 * MS).note(500 * MS, "phase_starts", "other")

    assert verdict(Always(CONDITION), tape, complete=False).outcome is Outcome.PASS


@pytest.mark.parametrize("otherwise, outcome", [("fail", Outcome.FAIL), ("inconclusive", Outcome.INCONCLUSIVE)])
def test_a_phase_that_expires_has_a_verdict_of_its_own(otherwise, outcome):
    phase = Phase("start", None, CONDITION, 600 * MS, otherwise, place="7:3")
    tape = Tape().cycle(0, 1 * S).note(0, "phase_starts", "start").note(600 * MS, "phase_expires", "start")
    found = judge(plan(Never(CONDITION), during=(), phases=(phase,)), tape.trace(1 * S))

    assert [v.id for v in found] == ["E1", "start"]
    assert (found[1].outcome, found[1].at, found[1].place) == (outcome, 600 * MS, "7:3")
    assert found[1].why == (
        "phase start did not reach 'TCU_Status_01.State == VOICE' within 600 ms: TCU_Status_01.State was IDLE at 600 ms"
    )


def test_verdicts_carry_what_the_expectation_says_of_itself():
    the_plan = plan(Never(CONDITION))
    expectation = replace(the_plan.expectations[0], id="X", say="quiet", verifies=("R1",), place="3:4")
    the_plan = replace(the_plan, expectations=(expectation,))
    found = judge(the_plan, Tape().cycle(0, 1 * S).phase("drive", 0, 1 * S).trace(1 * S))

    assert [(v.id, v.say, v.verifies, v.place) for v in found] == [("X", "quiet", ("R1",), "3:4")]


def test_judging_twice_gives_equal_verdicts():
    the_plan = plan(*EVERY_CHECK, Counter((("INFO", TCU.name),)))
    trace = Tape().cycle(0, 1 * S, TCU, "VOICE").phase("drive", 0, 1 * S).trace(1 * S)

    assert judge(the_plan, trace) == judge(the_plan, trace)
