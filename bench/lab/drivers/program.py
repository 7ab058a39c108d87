"""A waveform as the list program of a supply: voltages, each held for a while, never further off than was allowed.

A supply's list is stairs. A straight line is cut into steps as long as they may be; each has the mean of what it stands
for, so the line leaves it by half a step at most. Steps of a sine are taken as far as the sine stays within the band.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import pi

from bench.model.instant import S, show
from bench.model.waveform import Segment, Waveform

TOLERANCE = 0.2
"""How far a list may leave the waveform, V, if the rig says nothing else. Source: ISO 16750-2:2023, 4.1, tolerances."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a list program may be: so many points, dwells from `shortest` to `longest` in steps of `grain` (ns)."""

    points: int
    shortest: int
    longest: int
    grain: int


Point = tuple[float, int]
"""Volts, and for how long (ns)."""


def points(waveform: Waveform, limits: Limits, tolerance: float = TOLERANCE) -> tuple[Point, ...]:
    """The list program that follows a waveform within `tolerance` (V); a jump may be half a grain early or late.

    ValueError with the figures where the instrument's limits do not allow one.
    """
    placed: list[Point] = []
    for begin, segment in waveform.placed():
        first, last = round(begin / limits.grain), round((begin + segment.duration) / limits.grain)
        if (last - first) * limits.grain < limits.shortest:
            raise ValueError(
                f"at {show(begin)} the waveform has a part of {show(segment.duration)}; the shortest point of the "
                f"instrument is {show(limits.shortest)}, in steps of {show(limits.grain)}; lengthen that part"
            )
        for volts, grains in _steps(_Placed(segment, begin, limits.grain), first, last, limits, tolerance):
            dwell = grains * limits.grain
            if placed and placed[-1][0] == volts:
                dwell += placed.pop()[1]
            placed += [(volts, part) for part in _parts(dwell, limits)]
    if len(placed) > limits.points:
        raise ValueError(
            f"the waveform needs {len(placed)} points to stay within {tolerance:g} V; the instrument has "
            f"{limits.points}; allow more than {tolerance:g} V (option 'tolerance'), or shorten it"
        )
    return tuple(placed)


def seconds(ns: int) -> str:
    """A duration in seconds as SCPI takes it, exactly."""
    whole, rest = divmod(ns, S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A segment that begins at `begin` (ns), looked at in grains since the waveform's begin."""

    segment: Segment
    begin: int
    grain: int

    def value(self, grain: int) -> float:
        """Volts at a grain."""
        return self.at(grain * self.grain)

    def at(self, at: int) -> float:
        """Volts `at` ns after the waveform's begin; beyond the segment's ends what it has there."""
        return self.segment.value(min(max(at - self.begin, 0), self.segment.duration))


Cut = tuple[float, int]
"""Volts, and for how many grains."""


def _steps(one: _Placed, first: int, last: int, limits: Limits, tolerance: float) -> Iterator[Cut]:
    """What a segment becomes between two grains."""
    if one.segment.ripple_vpp:
        yield from _of_ripple(one, first, last, limits, tolerance)
        return
    slope = abs(one.segment.end - one.segment.begin) / one.segment.duration
    longest = int(min(2 * tolerance / slope / limits.grain + 1e-9, last - first)) if slope else last - first
    count = -(-(last - first) // longest) if longest else 0
    if not count or (last - first) // count * limits.grain < limits.shortest:
        hold = max(limits.shortest, limits.grain)
        raise ValueError(
            f"at {show(one.begin)} the waveform goes from {one.segment.begin:g} to {one.segment.end:g} V within "
            f"{show(one.segment.duration)}; points of {show(hold)}, the instrument's shortest, leave it by "
            f"{slope * hold / 2:.3g} V; allowed are {tolerance:g} V; lengthen the edge, or take a faster source"
        )
    ends = [first + (last - first) * k // count for k in range(count + 1)]
    for begin, end in pairwise(ends):
        yield _rounded((one.value(begin) + one.value(end)) / 2), end - begin


def _of_ripple(one: _Placed, first: int, last: int, limits: Limits, tolerance: float) -> Iterator[Cut]:
    """Steps that each last as long as line and sine stay within a band."""
    shortest = max(-(-limits.shortest // limits.grain), 1)
    ends = [first]
    while ends[-1] < last and len(ends) <= limits.points:
        reached = _reach(one, ends[-1], last, tolerance)
        if reached - ends[-1] < shortest and reached < last:
            raise _ripples(one, limits, tolerance)
        ends.append(reached)
    if len(ends) > 2 and ends[-1] - ends[-2] < shortest:  # what is left over is shared with the step before
        ends[-2] = (ends[-3] + ends[-1]) // 2
    for begin, end in pairwise(ends):
        low, high = _band(one, begin, end, tolerance)
        if high - low > 2.1 * tolerance or end - begin < shortest:
            raise _ripples(one, limits, tolerance)
        yield _rounded((low + high) / 2), end - begin


def _ripples(one: _Placed, limits: Limits, tolerance: float) -> ValueError:
    return ValueError(
        f"at {show(one.begin)} a ripple of {one.segment.ripple_vpp:g} V at {one.segment.ripple_hz:g} Hz begins; "
        f"points of {show(max(limits.shortest, limits.grain))}, the instrument's shortest, leave it by more than "
        f"{tolerance:g} V; allow more (option 'tolerance'), or take a source that makes ripple itself"
    )


def _look(one: _Placed, tolerance: float) -> int:
    """How far apart a segment is looked at (ns): what it moves by meanwhile is a sixteenth of the tolerance at most."""
    ripple = pi * one.segment.ripple_vpp * one.segment.ripple_hz
    slope = abs(one.segment.end - one.segment.begin) / one.segment.duration * S
    return max(int(tolerance / 16 / (ripple + slope) * S), 1)


def _reach(one: _Placed, begin: int, last: int, tolerance: float) -> int:
    """The last grain up to which a segment stays within a band of twice the tolerance."""
    look, at, until = _look(one, tolerance), begin * one.grain, last * one.grain
    low = high = one.at(at)
    while at < until:
        at = min(at + look, until)
        value = one.at(at)
        low, high = min(low, value), max(high, value)
        if high - low > 2 * tolerance:
            return max((at - look) // one.grain, begin)
    return last


def _band(one: _Placed, begin: int, end: int, tolerance: float) -> tuple[float, float]:
    """The lowest and the highest voltage between two grains."""
    look = _look(one, tolerance)
    seen = [one.at(at) for at in (*range(begin * one.grain, end * one.grain, look), end * one.grain)]
    return min(seen), max(seen)


def _parts(dwell: int, limits: Limits) -> Iterator[int]:
    """A dwell in parts that the instrument can do."""
    count = -(-dwell // limits.longest)
    for begin, end in pairwise(dwell // limits.grain * k // count * limits.grain for k in range(count + 1)):
        yield end - begin


def _rounded(volts: float) -> float:
    """To a tenth of a millivolt, below what the lists of supplies resolve, so that lines stay short."""
    return round(volts, 4)
