"""What instruments are connected by: loads that draw, and records of what was on a line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, pi
from typing import Protocol

from bench.model.instant import S
from bench.model.waveform import Segment, Waveform


class Load(Protocol):
    """What hangs on a supply's terminals."""

    def amperes(self, volts: float, at: int) -> float:
        """What it draws at that voltage; `at` (ns) is never before an instant that it was asked about already."""


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing is connected."""

    def amperes(self, volts: float, at: int) -> float:
        return 0.0


NOTHING: Load = Open()


@dataclass(frozen=True, slots=True)
class Resistor:
    """A constant resistance."""

    ohms: float

    def amperes(self, volts: float, at: int) -> float:
        return volts / self.ohms


@dataclass(frozen=True, slots=True)
class Together:
    """Several loads in parallel."""

    loads: tuple[Load, ...]

    def amperes(self, volts: float, at: int) -> float:
        return sum(load.amperes(volts, at) for load in self.loads)


class Source(Protocol):
    """What gives a voltage: a supply, the vehicle's net."""

    def output(self, at: int) -> float:
        """Volts at its terminals."""


Recorded = Callable[[int, int], Waveform]
"""What a quantity was from one instant (ns) to a later one, in its own unit: how a meter or a scope is connected."""


def as_now(quantity: Callable[[int], float]) -> Recorded:
    """A quantity without a memory: all of the time it was what it is at the end."""
    return lambda begin, end: constant(quantity(end), end - begin)


def constant(value: float, duration: int) -> Waveform:
    """One value, for `duration` ns or 1 ns at least."""
    return Waveform((Segment(max(duration, 1), value, value),))


def mean(record: Waveform) -> float:
    """The mean of a record, exactly: lines by their ends, the sine by its integral."""
    return sum(_area(segment) for segment in record.segments) / record.duration


def crossing(record: Waveform, level: float, rising: bool, step: int) -> int | None:
    """When (ns after its begin) a record first passes a level in that direction; None if it does not.

    Straight lines are solved; a segment with ripple is looked at every `step` ns. A step passes what lies between.
    """
    sign = 1 if rising else -1
    before = record.segments[0].begin
    for begin, segment in record.placed():
        for offset, value in _points(segment, step):
            if sign * before < sign * level <= sign * value:
                return begin + _within(segment, offset, level, step)
            before = value
    return None


def _points(segment: Segment, step: int) -> Iterable[tuple[int, float]]:
    yield 0, segment.value(0)
    if segment.ripple_vpp:
        yield from ((offset, segment.value(offset)) for offset in range(step, segment.duration, step))
    yield segment.duration, segment.value(segment.duration)


def _within(segment: Segment, offset: int, level: float, step: int) -> int:
    """Where inside a segment the level is met, when its value at `offset` is the first that lies beyond."""
    if offset == 0 or segment.ripple_vpp:
        return offset
    return -int(-(level - segment.begin) * segment.duration // (segment.end - segment.begin))


def _area(segment: Segment) -> float:
    area = (segment.begin + segment.end) / 2 * segment.duration
    if segment.ripple_vpp and segment.ripple_hz:
        turns = 2 * pi * segment.ripple_hz
        area += segment.ripple_vpp / 2 * (1 - cos(turns * segment.duration / S)) / turns * S
    return area
