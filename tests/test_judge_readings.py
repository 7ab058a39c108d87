"""Verdicts on what instruments measured: readings are what is known, and no better than they are uncertain."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trace_builder import Tape, plan

from bench.judge.judge import judge
from bench.model.check import Always, Check, Statistic
from bench.model.expression import Compare, Constant, InstrumentRef
from bench.model.instant import MS
from bench.model.lab import Reading
from bench.model.trace import Trace
from bench.model.verdict import Outcome, Verdict

CURRENT = InstrumentRef("psu", "current", "A")
BELOW = Always(Compare("<=", CURRENT, Constant(0.5, "0.5 A"), "A"))


def reading(at: int, value: float, uncertainty: float = 0.001, quantity: str = "current") -> Reading:
    return Reading("psu", quantity, value, "A", at, uncertainty)


def trace(*readings: Reading, tape: Tape | None = None) -> Trace:
    return replace((tape or Tape()).phase("drive", 0, 1000 * MS).trace(1000 * MS), readings=readings)


def verdict(check: Check, *readings: Reading) -> Verdict:
    return judge(plan(check), trace(*readings))[0]


def regular(value: float, uncertainty: float = 0.001) -> list[Reading]:
    return [reading(at * MS, value, uncertainty) for at in range(0, 1000, 100)]


@pytest.mark.parametrize(
    ("value", "uncertainty", "outcome"),
    [
        (0.48, 0.01, Outcome.PASS),
        (0.48, 0.03, Outcome.INCONCLUSIVE),
        (0.52, 0.01, Outcome.FAIL),
        (0.52, 0.03, Outcome.INCONCLUSIVE),
    ],
)
def test_a_limit_within_the_uncertainty_decides_nothing(value, uncertainty, outcome):
    found = verdict(BELOW, *regular(value, uncertainty))

    assert found.outcome is outcome
    assert found.margin.value == pytest.approx(0.5 - value)
    assert ("uncertain by" in found.why) is (outcome is Outcome.INCONCLUSIVE)
    assert found.observer == "psu"


@given(value=st.floats(0, 1), uncertainty=st.floats(0, 1))
def test_never_decided_within_and_always_decided_beyond(value, uncertainty):
    found = verdict(BELOW, *regular(value, uncertainty))

    if abs(0.5 - value) < uncertainty * 0.999:
        assert found.outcome is Outcome.INCONCLUSIVE
    elif abs(0.5 - value) > uncertainty * 1.001:
        assert found.outcome is (Outcome.PASS if value <= 0.5 else Outcome.FAIL)


def test_nothing_is_known_before_the_first_reading_and_long_after_the_last():
    late = verdict(BELOW, *regular(0.1)[3:])
    over = verdict(BELOW, *regular(0.1)[:4])

    assert (late.outcome, over.outcome) == (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)
    assert "before its first valid reading; the bench measures it with psu" in late.why.replace(", for 300 ms", "")
    assert "unknown from 600 ms" in over.why  # three spacings after 300 ms


def test_what_was_never_measured_was_never_exercised():
    assert verdict(BELOW).outcome is Outcome.NONE
    assert verdict(Statistic(CURRENT, "mean", 0, 1)).outcome is Outcome.NONE


def test_a_statistic_is_that_of_the_readings_in_the_window():
    """A gap before the first or between two is no doubt: only readings count."""
    readings = [reading(300 * MS, 1.0), reading(400 * MS, 2.0), reading(900 * MS, 6.0)]
    found = {
        kind: verdict(Statistic(CURRENT, kind, 0, 100), *readings).why for kind in ("min", "max", "mean", "change")
    }

    assert "min of psu.current in 3 readings was 1 A" in found["min"]
    assert "max of psu.current in 3 readings was 6 A" in found["max"]
    assert "mean of psu.current in 3 readings was 3 A" in found["mean"]
    assert "change of psu.current in 3 readings was 5 A" in found["change"]
    assert verdict(Statistic(CURRENT, "count", 3, 3), *readings).outcome is Outcome.PASS


def test_readings_have_numbers_in_the_order_of_the_trace_and_a_part_in_its_digest():
    """At one instant frames come first, then samples, then readings, then occurrences."""
    tape = Tape().send(100 * MS).sample(100 * MS, 0.0).note(100 * MS, "note", "x")
    whole = trace(reading(100 * MS, 1.0), reading(200 * MS, 1.0), tape=tape)
    # Record 0 is the begin of the phase.
    assert [whole.number_of_frame(0), whole.number_of_sample(0), whole.number_of_reading(0)] == [1, 2, 3]
    assert whole.number_of_occurrence(1) == 4
    assert whole.number_of_reading(1) == 5

    assert whole.digest() != replace(whole, readings=whole.readings[:1]).digest()
    assert trace().digest() == replace(trace(), readings=()).digest()
