"""A voltage over time, as segments that are straight lines with a sine on top, so that it is known at every instant."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import inf, pi, sin

from bench.model.instant import S


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line from `begin` to `end` (V) within `duration` ns, and a sine of `ripple_vpp` (V, peak to peak).

    `ripple_hz` is the sine's frequency. It begins with the segment, at its zero and rising if `ripple_turns` is 0;
    otherwise that part of a period later (-0.25: at its lowest).
    """

    duration: int
    begin: float
    end: float
    ripple_vpp: float = 0.0
    ripple_hz: float = 0.0
    ripple_turns: float = 0.0

    def value(self, at: int) -> float:
        """Volts `at` ns after the segment's begin."""
        volts = self.begin + (self.end - self.begin) * at / self.duration if at < self.duration else self.end
        if self.ripple_vpp:
            volts += self.ripple_vpp / 2 * sin(2 * pi * self.turns(at))
        return volts

    def turns(self, at: int) -> float:
        """The sine's phase `at` ns after the segment's begin, in turns from 0 to 1; whole periods are taken away."""
        return (self.ripple_hz * at / S % 1.0 + self.ripple_turns) % 1.0

    @property
    def first(self) -> float:
        """Volts at its first instant, the sine included."""
        return self.value(0)

    @property
    def last(self) -> float:
        """Volts that it reaches at its end, the sine included."""
        return self.value(self.duration)


@dataclass(frozen=True, slots=True)
class Waveform:
    """Segments one after the other. Where one ends at another voltage than the next begins it is a step."""

    segments: tuple[Segment, ...]
    _begins: tuple[int, ...] = field(init=False, repr=False, compare=False)  # so that a thousand pulses are found fast

    def __post_init__(self) -> None:
        begins = tuple(accumulate((segment.duration for segment in self.segments), initial=0))
        object.__setattr__(self, "_begins", begins)

    @property
    def duration(self) -> int:
        """How long it takes, ns."""
        return self._begins[-1]

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest voltage, V; the ripple counts with its whole amplitude."""
        ends = [(min(s.begin, s.end) - s.ripple_vpp / 2, max(s.begin, s.end) + s.ripple_vpp / 2) for s in self.segments]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def steepest(self) -> float:
        """The steepest slope, V/s, that of the ripple added to that of the line; infinite where it has a step."""
        if any(before.last != after.first for before, after in pairwise(self.segments)):
            return inf
        return max(abs(s.end - s.begin) / s.duration * S + pi * s.ripple_vpp * s.ripple_hz for s in self.segments)

    def value(self, at: int) -> float:
        """Volts `at` ns after its begin; before it the first voltage, after it the last. At a step the later one."""
        if at >= self.duration:
            return self.segments[-1].last
        place = bisect_right(self._begins, max(0, at)) - 1
        return self.segments[place].value(max(0, at) - self._begins[place])

    def placed(self) -> Iterator[tuple[int, Segment]]:
        """Each segment with the instant of its begin, ns."""
        return zip(self._begins, self.segments, strict=False)  # the last begin is the end
