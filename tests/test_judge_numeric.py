"""settles, follows, value."""

from math import inf

import pytest
from trace_builder import CGW, EVENT, PLANT, TCU, Tape, plan, repeated, speed, verdict

from bench.judge.judge import judge
from bench.model.check import Edge, Follows, Received, Settles, Statistic
from bench.model.expression import ModelRef
from bench.model.instant import MS, S
from bench.model.verdict import Margin, Outcome


def speeds(*values: float | None, start: int = 0) -> Tape:
    """The device reports these speeds, 100 ms apart."""
    tape = Tape()
    for step, value in enumerate(values):
        tape.send(start + step * 100 * MS, TCU, speed=value)
    return tape


def test_settles_measures_from_the_windows_start_to_the_last_entry():
    """It may overshoot; only the entry after which it stays counts."""
    tape = speeds(0, 49, 60, 51, 50, 50, 50, 50, 50, 50)
    found = verdict(Settles(speed(), 50, 2, 400 * MS, 500 * MS), tape)

    assert (found.outcome, found.at) == (Outcome.PASS, 300 * MS)
    assert found.margin == Margin(2.0, "km/h", 100 * MS, 0.25)


def test_settles_is_inclusive_in_band_and_time():
    tape = speeds(0, 0, 0, 50.2, 50.2, 50.2, 50.2, 50.2, 50.2, 50.2)
    found = verdict(Settles(speed(), 50, 0.2, 300 * MS, 700 * MS), tape)

    assert (found.outcome, found.margin) == (Outcome.PASS, Margin(0.0, "km/h", 0, 0.0))


def test_settles_fails_late_outside_or_restless():
    tape = speeds(0, 0, 0, 50, 50, 50, 50, 50, 50, 50)
    late = verdict(Settles(speed(), 50, 1, 250 * MS, 500 * MS), tape)
    assert (late.outcome, late.at, late.margin.time) == (Outcome.FAIL, 250 * MS, -50 * MS)
    assert late.margin.value == pytest.approx(-49)

    assert verdict(Settles(speed(), 70, 1, 250 * MS, 500 * MS), tape).outcome is Outcome.FAIL
    restless = speeds(0, 50, 50, 0, 50, 50, 0, 50, 50, 0)
    assert verdict(Settles(speed(), 50, 1, 900 * MS, 300 * MS), restless).outcome is Outcome.FAIL
    assert verdict(Settles(speed(), 50, 1, 900 * MS, 200 * MS), restless).outcome is Outcome.PASS


def test_settles_in_a_window_too_short_for_its_hold_proves_nothing():
    tape = speeds(*[50] * 10)

    assert verdict(Settles(speed(), 50, 1, 0, 1000 * MS), tape).outcome is Outcome.PASS
    assert verdict(Settles(speed(), 50, 1, 0, 1000 * MS + 1), tape).outcome is Outcome.INCONCLUSIVE


def ramp(delay: int, offset: float = 0) -> Tape:
    """The plant gains 1 km/h each 10 ms; the device reports what it was `delay` before, plus an offset."""
    tape = Tape()
    for step in range(100):
        tape.sample(step * 10 * MS, float(step))
    for at in range(0, 1000 * MS, 100 * MS):
        tape.send(at, TCU, speed=max(0, (at - delay) // (10 * MS)) + offset)
    return tape


def test_follows_allows_the_reference_to_be_as_old_as_the_delay():
    assert verdict(Follows(speed(), PLANT, 0, 200 * MS), ramp(200 * MS)).margin == Margin(0.0, "km/h", None, 0.0)
    found = verdict(Follows(speed(), PLANT, 2, 200 * MS), ramp(210 * MS))
    assert found.margin == Margin(1.0, "km/h", None, 0.5)

    found = verdict(Follows(speed(), PLANT, 2, 200 * MS), ramp(230 * MS))
    assert (found.outcome, found.at, found.margin) == (Outcome.FAIL, 300 * MS, Margin(-1.0, "km/h", None, -0.5))
    assert found.why == (
        "TCU_Status_01.Speed was 7 km/h at 300 ms, 3 km/h from the nearest of the last 200 ms "
        "(model.speed was 10 km/h at 100 ms); allowed 2 km/h (records 13 and 34)"
    )
    assert (found.proof, found.observer) == ((13, 34), "TCU")


def test_follows_may_not_run_ahead_of_its_reference():
    found = verdict(Follows(speed(), PLANT, 2, 200 * MS), ramp(0, offset=2.5))

    assert (found.outcome, found.margin.value) == (Outcome.FAIL, -0.5)


def test_follows_is_inclusive_whatever_binary_fractions_do():
    """50.2 - 50 is greater than 0.2 in floating point."""
    tape = speeds(*[50.2] * 10)
    for at in range(0, 1000 * MS, 10 * MS):
        tape.sample(at, 50.0)
    found = verdict(Follows(speed(), PLANT, 0.2, 0), tape)

    assert (found.outcome, found.margin) == (Outcome.PASS, Margin(0.0, "km/h", None, 0.0))


def test_follows_a_signal_of_another_device():
    tape = speeds(10, 10, 20, 20).cycle(0, 200 * MS, CGW, speed=10).cycle(200 * MS, 400 * MS, CGW, speed=20)

    assert verdict(Follows(speed(), speed(CGW), 0, 0), tape, 400 * MS).outcome is Outcome.PASS


def test_a_lost_reference_excuses_nobody_and_condemns_nobody():
    tape = speeds(*[50] * 10).cycle(0, 300 * MS, CGW, speed=50)
    assert verdict(Follows(speed(), speed(CGW), 1, 100 * MS), tape).outcome is Outcome.INCONCLUSIVE
    assert verdict(Follows(speed(), speed(CGW), 1, 500 * MS), tape).outcome is Outcome.PASS
    assert verdict(Follows(speed(), ModelRef("model.gone"), 1, 100 * MS), tape).outcome is Outcome.NONE


def test_a_window_without_a_frame_of_the_follower_is_not_exercised():
    tape = speeds(50, 50, 50).sample(0, 50.0).phase("drive", 110 * MS, 190 * MS)

    assert verdict(Follows(speed(), PLANT, 1, 500 * MS), tape, 300 * MS).outcome is Outcome.NONE


def test_a_single_allowed_value_leaves_no_room_to_speak_of():
    """Met exactly, it is not "at the limit": it would be the tightest check of every run."""
    met = verdict(Statistic(speed(), "change", 30, 30), speeds(10, 20, 30, 40, 40), 500 * MS)
    missed = verdict(Statistic(speed(), "change", 31, 31), speeds(10, 20, 30, 40, 40), 500 * MS)

    assert (met.outcome, met.margin) == (Outcome.PASS, Margin())
    assert (missed.outcome, missed.margin.value) == (Outcome.FAIL, -1.0)


@pytest.mark.parametrize(
    "statistic, low, high, value, margin, relative",
    [
        ("mean", 20, 30, 28, 2.0, 0.4),
        ("min", 10, 30, 10, 0.0, 0.0),
        ("max", 10, 40, 40, 0.0, 0.0),
        ("change", 20, 40, 30, 10.0, 1.0),
        ("mean", -inf, 30, 28, 2.0, 2 / 30),
        ("count", 3, 8, 5, 2.0, 0.8),
        ("mean", 29, 30, 28, -1.0, -2.0),
        ("min", 11, 30, 10, -1.0, -1 / 9.5),
    ],
)
def test_statistics_of_a_window(statistic, low, high, value, margin, relative):
    """10, 20, 30, 40, 40 km/h for 100 ms each: a mean of 28."""
    found = verdict(Statistic(speed(), statistic, low, high), speeds(10, 20, 30, 40, 40), 500 * MS)

    assert found.outcome is (Outcome.PASS if margin >= 0 else Outcome.FAIL)
    assert f"was {value}" in found.why
    assert found.margin.value == pytest.approx(margin)
    assert found.margin.relative == pytest.approx(relative)


def test_the_mean_is_weighted_by_time():
    tape = speeds(10).send(100 * MS, TCU, speed=50).phase("drive", 50 * MS, 150 * MS).send(350 * MS, TCU)

    assert verdict(Statistic(speed(), "mean", 30, 30), tape, 400 * MS).outcome is Outcome.PASS


def test_a_change_needs_its_two_ends_only():
    tape = speeds(10).send(800 * MS, TCU, speed=50)

    assert verdict(Statistic(speed(), "change", 40, 40), tape).outcome is Outcome.PASS
    assert verdict(Statistic(speed(), "mean", 0, 100), tape).outcome is Outcome.FAIL


def test_a_count_of_frames_is_a_fact_even_if_it_is_zero():
    received = Received("INFO", EVENT.name)
    assert verdict(Statistic(received, "count", 0, 0), Tape()).outcome is Outcome.PASS
    assert verdict(Statistic(received, "count", 1, 3), Tape()).outcome is Outcome.FAIL
    assert verdict(Statistic(received, "count", 1, 1), Tape().send(1, EVENT)).outcome is Outcome.PASS


def test_a_value_at_an_event():
    tape = speeds(10, 20, 30, 40, 50).note(200 * MS, "step_ends", "go").note(400 * MS, "step_ends", "go")
    at = Edge("step", "go", "ends")
    found = verdict(Statistic(speed(), "at", 20, 45, at), tape, 500 * MS)

    assert (found.outcome, found.at, found.margin.value) == (Outcome.FAIL, 400 * MS, -5.0)
    assert verdict(Statistic(speed(), "at", 30, 50, at), tape, 500 * MS).outcome is Outcome.PASS
    assert verdict(Statistic(speed(), "at", 0, 99, Edge("step", "x", "ends")), tape).outcome is Outcome.NONE


def test_each_repetition_of_a_phase_is_judged_by_itself():
    tape = speeds(*[50] * 10, *[40] * 10).phase("drive", 0, 1 * S, 1).phase("drive", 1 * S, 2 * S, 2)
    check = Statistic(speed(), "mean", 42, 48)
    once = judge(plan(check), tape.trace(2 * S))[0]
    twice = judge(plan(check, phases=(repeated("drive", 2),)), tape.trace(2 * S))[0]

    assert once.outcome is Outcome.PASS
    assert (twice.outcome, twice.margin.value) == (Outcome.FAIL, -2.0)
