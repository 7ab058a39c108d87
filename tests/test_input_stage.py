"""The input stage against a circuit that is integrated in fine steps, and against what must hold of any circuit."""

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise, takewhile
from math import isclose, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.clock.calendar import FOREVER
from bench.model.instant import MS, US, S
from bench.model.waveform import Segment, Waveform
from bench.vehicle.input_stage import Course, InputStage, Piece, first, strips

STAGE = InputStage(farad=330e-6, ohm=0.05, drop=0.3)


def segments(most: float = 4.0) -> st.SearchStrategy[Segment]:
    """Lines and ripples of some milliseconds between 5 V and 16 V."""
    volts = st.floats(6.0, 15.0)
    return st.builds(
        Segment,
        st.integers(MS, round(most * MS)),
        volts,
        volts,
        st.sampled_from([0.0, 0.0, 0.3, 2.0]),
        st.floats(50.0, 1500.0),
        st.sampled_from([0.0, 0.0, -0.25, 0.4]),
    )


def connected(parts: list[Segment]) -> Waveform:
    """The segments without steps between them."""
    joined = [parts[0]]
    for part in parts[1:]:
        begin = joined[-1].value(joined[-1].duration)
        joined.append(replace(part, begin=begin, ripple_turns=0.0))
    return Waveform(tuple(joined))


waveforms = st.lists(segments(), min_size=1, max_size=4)
powers = st.sampled_from([0.0, 1e-3, 0.5, 3.0, 15.0])


def pieces(course: Course, end: int) -> list[Piece]:
    """The pieces that begin before an instant."""
    return list(takewhile(lambda piece: piece.begin < end, course.pieces()))


def volts(found: list[Piece], at: int) -> float:
    """The capacitor's voltage at an instant, from its pieces."""
    return found[bisect_left(found, at + 1, key=lambda piece: piece.begin) - 1].volts(at)


def integrated(stage: InputStage, line, watts: float, start: float, end: int, step: int, tau: float):
    """(ns, V) of the circuit itself by Runge-Kutta: a diode with a constant drop, R, C, a load of constant power."""

    def slope(at: float, v: float) -> float:
        fed = (line(at) - stage.drop - v) / stage.ohm
        return (max(0.0, fed) - watts / v) / stage.farad

    h, v, found = step / S, start, [(0, start)]
    assert step / S < tau / 4
    for at in range(0, end, step):
        a = slope(at, v)
        b = slope(at + step / 2, v + h / 2 * a)
        c = slope(at + step / 2, v + h / 2 * b)
        d = slope(at + step, v + h * c)
        v += h / 6 * (a + 2 * b + 2 * c + d)
        found.append((at + step, v))
    return found


@settings(max_examples=20, deadline=None)
@given(st.lists(segments(2.0), min_size=1, max_size=3), powers, st.floats(0.0, 3.0))
def test_it_follows_the_circuit_itself(parts, watts, above):
    """Within what the time constant R C makes of the steepest slope; everything else agrees."""
    waveform = connected(parts)
    stage = InputStage(farad=330e-6, ohm=0.02, drop=0.3)
    tau = stage.ohm * stage.farad
    start = stage.level(waveform.value(0), watts) + above
    end = waveform.duration
    found = pieces(Course(stage, watts, 0, start, waveform, 0), end)

    # The slope of the line, and that of the load alone (at 4 V at the least) where one takes over from the other.
    steepest = max(abs(strip.slope(at)) for strip in strips(waveform, 0, 0) for at in (strip.begin, strip.end))
    allowed = 1.2 * tau * (steepest + watts / stage.farad / 4) + 1e-6
    circuit = integrated(stage, lambda at: waveform.value(round(at)), watts, start, end - US, US, tau)
    worst = max(abs(volts(found, at) - v) for at, v in circuit)
    assert worst <= allowed


@settings(max_examples=60, deadline=None)
@given(st.lists(segments(), min_size=1, max_size=4), powers, st.floats(0.0, 16.0))
def test_no_rule_of_switching_is_needed_to_find_the_same(parts, watts, start):
    """v^2 + 2 P t / C is the highest that the line has reached so far; steps included, sampled each 5 us."""
    waveform = Waveform(tuple(parts))
    found = pieces(Course(STAGE, watts, 0, start, waveform, 0), waveform.duration)
    highest, spent = start * start, 2 * watts / (STAGE.farad * S)
    corners = [begin + more for begin, segment in waveform.placed() for more in (0, segment.duration - 1)]
    for at in sorted({*range(0, waveform.duration, 5 * US), *corners}):
        level = STAGE.level(waveform.value(at), watts)
        highest = max(highest, level * level + spent * at)
        expected = sqrt(max(0.0, highest - spent * at))
        # Between two samples a ripple of 2 V and 1.5 kHz rises by no more than its curvature makes of 2.5 us.
        # Where one piece takes over from another is known to 1 ns, in which the steepest ripple moves by 9 uV.
        assert expected - 1e-5 <= volts(found, at) <= expected + 1e-3


@given(st.floats(3.0, 16.0), st.floats(0.01, 30.0), st.floats(1e-5, 5e-3), st.floats(0.05, 0.9))
def test_a_blocked_stage_empties_as_the_equation_says(start, watts, farad, share):
    """C v dv/dt = -P by Runge-Kutta, down to 5 % of the energy at the least."""
    stage = InputStage(farad, 0.05, 0.3)
    whole = farad * start * start / 2 / watts * share
    v, h = start, whole / 2000
    for _ in range(2000):
        a = -watts / (farad * v)
        b = -watts / (farad * (v + h / 2 * a))
        c = -watts / (farad * (v + h / 2 * b))
        v += h / 6 * (a + 2 * b + 2 * c - watts / (farad * (v + h * c)))
    elapsed = round(whole * S)
    assert isclose(stage.held(start, watts, elapsed), v, rel_tol=1e-5, abs_tol=watts / farad / v * 1e-9)
    assert isclose(stage.hold_up(start, watts, v), elapsed, rel_tol=1e-5, abs_tol=2)


@settings(max_examples=60, deadline=None)
@given(waveforms, powers, st.floats(0.0, 3.0))
def test_what_comes_in_is_used_or_stored(parts, watts, above):
    """Energy from the line, by Simpson's rule over its pieces, is the load's and the capacitor's."""
    waveform = connected(parts)
    start = STAGE.level(waveform.value(0), watts) + above
    end = waveform.duration
    came = 0.0
    for piece in pieces(Course(STAGE, watts, 0, start, waveform, 0), end):
        begin, until = piece.begin, min(piece.until, end)
        steps = 2 * max(1, (until - begin) // (20 * US))
        h = (until - begin) / steps
        for n in range(steps + 1):
            at = min(round(begin + n * h), until - 1)
            weight = 1 if n in (0, steps) else 4 if n % 2 else 2
            came += weight * h / 3 / S * piece.amperes(at) * piece.volts(at)
    last = volts(pieces(Course(STAGE, watts, 0, start, waveform, 0), end), end - 1)
    stored = STAGE.farad / 2 * (last * last - start * start)
    assert isclose(came, watts * end / S + stored, rel_tol=1e-3, abs_tol=2e-6)


@settings(max_examples=100, deadline=None)
@given(st.lists(segments(), min_size=1, max_size=5), powers, st.floats(0.0, 16.0), st.booleans())
def test_pieces_follow_each_other_and_a_blocked_one_never_gains(parts, watts, start, diode):
    waveform = Waveform(tuple(parts))
    stage = STAGE if diode else InputStage(330e-6, 0.05, None)
    found = list(Course(stage, watts, 0, start, waveform, 0).pieces())

    assert found[0].begin == 0 and found[-1].until == FOREVER
    assert all(before.until == after.begin for before, after in pairwise(found))
    for piece in found:
        instants = sorted({piece.begin + (min(piece.until, S) - 1 - piece.begin) * n // 7 for n in range(8)})
        course = [piece.volts(at) for at in instants]
        assert course in (sorted(course), sorted(course, reverse=True))
        if piece.strip is None:
            assert course == sorted(course, reverse=True)
            assert all(piece.amperes(at) == 0 for at in instants)
        elif diode:
            assert all(piece.amperes(at) >= -1e-9 for at in instants)
    if diode:
        for before, after in pairwise(found):
            # It may jump up where the line steps up; nothing takes its charge away at once.
            assert after.volts(after.begin) >= before.volts(before.until) - 1e-9


def test_without_a_diode_a_short_empties_it_and_an_open_line_does_not():
    bare = InputStage(330e-6, 0.05, None)
    short = Waveform((Segment(S, 12.0, 12.0), Segment(S, 0.0, 0.0)))

    shorted, held = pieces(Course(bare, 3.0, 0, 0.0, short, 0), 2 * S), Course(bare, 3.0, S, 12.0, None, 0)
    assert volts(shorted, S - 1) > 11.9 and volts(shorted, S) == 0.0
    assert isclose(volts(list(held.pieces()), S + MS), sqrt(144 - 2 * 3.0 * 1e-3 / 330e-6))
    behind_diode = pieces(Course(STAGE, 3.0, 0, 0.0, short, 0), 2 * S)
    assert volts(behind_diode, S + MS) == STAGE.held(STAGE.level(12.0, 3.0), 3.0, MS)


def test_reverse_polarity_reaches_nothing():
    reverse = Waveform((Segment(60 * S, -14.0, -14.0),))
    found = pieces(Course(STAGE, 0.5, 0, 11.0, reverse, 0), 60 * S)
    assert volts(found, 0) == 11.0 and volts(found, 59 * S) == 0.0
    assert all(piece.amperes(piece.begin) == 0 for piece in found)


def test_a_load_that_the_resistance_cannot_feed_gets_half_of_the_voltage():
    """Matched: the source's resistance takes as much as the load."""
    stage = InputStage(330e-6, 1.0, None)
    assert stage.level(4.0, 10.0) == 2.0 and stage.drawn(4.0, 10.0) == 2.0
    assert isclose(stage.level(10.0, 9.0), 9.0) and isclose(stage.drawn(10.0, 9.0), 1.0)


@given(st.integers(10 * US, S), st.floats(8.0, 16.0), st.floats(0.5, 30.0), st.floats(1.0, 6.0))
def test_a_capacitor_of_a_wanted_hold_up_has_it(elapsed, line, watts, down_to):
    stage = STAGE.lasting(elapsed, line, watts, down_to)
    assert isclose(stage.hold_up(stage.level(line, watts), watts, down_to), elapsed, rel_tol=1e-9)


@settings(max_examples=100, deadline=None)
@given(waveforms, powers, st.floats(0.0, 16.0), st.integers(0, 8 * MS))
def test_a_course_begun_later_goes_on_as_the_one_before(parts, watts, start, later):
    waveform = Waveform(tuple(parts))
    whole = list(Course(STAGE, watts, 0, start, waveform, 0).pieces())
    rest = list(Course(STAGE, watts, later, volts(whole, later), waveform, 0).pieces())
    for at in range(later, later + 8 * MS, 37 * US):
        assert isclose(volts(whole, at), volts(rest, at), rel_tol=1e-9, abs_tol=1e-7)


@pytest.mark.parametrize("slope", [0.0, -500.0, 3.0])
@pytest.mark.parametrize("turns", [0.0, -0.25, 0.4])
def test_strips_of_a_ripple_are_monotone_and_meet_at_its_extremes(slope, turns):
    segment = Segment(2 * S, 9.5, 9.5 + 2 * slope / 1000, 2.0, 2.0, turns)
    cut = list(strips(Waveform((segment,)), 5, 5))
    assert all(before.end == after.begin for before, after in pairwise(cut))
    assert cut[0].begin == 5 and cut[-2].end == 5 + 2 * S
    for strip in cut[:-1]:
        course = [strip.line(strip.begin + (strip.end - strip.begin) * n // 9) for n in range(10)]
        assert course in (sorted(course), sorted(course, reverse=True))
    assert any(isclose(strip.slope(strip.end), 0, abs_tol=1e-6) for strip in cut)


@given(st.integers(0, 1 << 62), st.integers(1, 1 << 40), st.data())
def test_the_first_instant_is_found_exactly(low, span, data):
    true_from = data.draw(st.integers(low + 1, low + span))
    assert first(low, low + span, lambda at: at >= true_from) == true_from


def test_after_its_end_a_waveform_stays_where_its_ripple_left_it():
    waveform = Waveform((Segment(S, 9.0, 9.0, 2.0, 2.25),))  # ends at the top of the sine
    found = pieces(Course(STAGE, 0.0, 0, 0.0, waveform, 0), 3 * S)
    assert isclose(volts(found, 2 * S), 10.0 - 0.3)
    assert isclose(waveform.value(2 * S), 10.0)
