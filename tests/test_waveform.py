"""A waveform is known at every instant: by its lines and its sines, to the nanosecond."""

import pickle
from itertools import pairwise
from math import inf, isclose, sin, tau

from hypothesis import given
from hypothesis import strategies as st

from bench.model.instant import MS, S
from bench.model.waveform import Segment, Waveform

VOLTS = st.floats(-20, 120)
SEGMENTS = st.builds(
    Segment,
    duration=st.integers(1, 100 * S),
    begin=VOLTS,
    end=VOLTS,
    ripple_vpp=st.sampled_from((0.0, 0.5, 3.0)),
    ripple_hz=st.floats(0.1, 1000),
    ripple_turns=st.floats(-1, 1),
)
WAVEFORMS = st.builds(Waveform, st.lists(SEGMENTS, min_size=1, max_size=8).map(tuple))


@given(WAVEFORMS, st.floats(-0.5, 1.5))
def test_every_value_lies_within_the_bounds(waveform, share):
    low, high = waveform.bounds

    assert low - 1e-9 <= waveform.value(int(share * waveform.duration)) <= high + 1e-9


@given(WAVEFORMS, st.floats(0, 1))
def test_a_value_is_that_of_the_segment_which_a_walk_along_all_of_them_finds(waveform, share):
    at = min(int(share * waveform.duration), waveform.duration - 1)
    rest = at
    for segment in waveform.segments:
        if rest < segment.duration:
            break
        rest -= segment.duration
    line = segment.begin + (segment.end - segment.begin) * (rest / segment.duration)
    wave = segment.ripple_vpp / 2 * sin(tau * (segment.ripple_hz * rest / S + segment.ripple_turns))

    assert isclose(waveform.value(at), line + wave, abs_tol=1e-6)


@given(WAVEFORMS)
def test_it_begins_and_ends_where_its_outer_segments_do_and_lasts_as_long_as_all(waveform):
    assert waveform.value(-1) == waveform.value(0) == waveform.segments[0].first
    assert waveform.value(waveform.duration) == waveform.value(waveform.duration + S) == waveform.segments[-1].last
    assert waveform.duration == sum(segment.duration for segment in waveform.segments)
    assert [begin + one.duration for begin, one in waveform.placed()][-1] == waveform.duration


@given(WAVEFORMS, st.floats(0, 1), st.integers(1, 10 * MS))
def test_nothing_changes_faster_than_the_steepest_slope(waveform, share, later):
    at = int(share * waveform.duration)
    change = abs(waveform.value(at + later) - waveform.value(at))

    assert waveform.steepest == inf or change <= waveform.steepest * later / S + 1e-6


@given(WAVEFORMS)
def test_its_slope_is_infinite_exactly_where_it_has_a_step(waveform):
    steps = [one for one, other in pairwise(waveform.segments) if one.last != other.first]

    assert (waveform.steepest == inf) == bool(steps)


def test_at_a_step_the_later_voltage_holds():
    waveform = Waveform((Segment(10, 12.0, 12.0), Segment(10, 5.0, 5.0)))

    assert [waveform.value(at) for at in (9, 10, 20)] == [12.0, 5.0, 5.0]


def test_a_sine_is_whole_again_after_whole_periods_however_many():
    standing = Segment(10_000 * S, 7.5, 7.5, 2.0, 2.0, -0.25)

    assert (standing.first, standing.value(250 * MS), standing.last) == (6.5, 8.5, 6.5)


def test_equal_waveforms_are_equal_and_survive_a_pickle():
    one, other = (Waveform((Segment(10, 12.0, 5.0), Segment(5, 5.0, 5.0))) for _ in range(2))

    assert one == other == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(other)
