"""The voltage that a supply is set to over time: straight pieces to the nanosecond, perhaps repeated, then held."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from bench.model.instant import S
from bench.model.waveform import Segment, Waveform

MOST_OF_A_STEP = 0.98
"""So much of a step is done at the amplifier's full slew; the rest is settling."""


@dataclass(frozen=True, slots=True)
class Amplifier:
    """How fast an output follows: `slew` in V/s, and what the last 2 % of a step take at full slew (ns)."""

    slew: float
    settling: int

    def edge(self, begin: float, end: float, slew: float) -> list[Segment]:
        """The way from one voltage to another at a programmed slew (V/s); none if they are the same."""
        if begin == end:
            return []
        if slew < self.slew or not self.settling:
            return [Segment(_lasts(end - begin, min(slew, self.slew)), begin, end)]
        knee = begin + (end - begin) * MOST_OF_A_STEP
        return [Segment(_lasts(knee - begin, self.slew), begin, knee), Segment(self.settling, knee, end)]


@dataclass(frozen=True, slots=True)
class Course:
    """From `begin` (ns) on `first`, then the voltage `last`; or, where there is an `again`, that over and over."""

    begin: int
    first: tuple[Segment, ...]
    last: float
    again: tuple[Segment, ...] = ()
    ends: tuple[int, ...] = ()
    ends_again: tuple[int, ...] = ()

    def value(self, at: int) -> float:
        """Volts at an instant; before its begin those of its begin."""
        found = self._find(max(at, self.begin))
        return self.last if found is None else found[0].value(found[1])

    @property
    def end(self) -> int | None:
        """When its last voltage is reached; None: never."""
        return None if self.again else self.begin + self._once

    def beyond(self, level: float, since: int) -> int | None:
        """When from `since` on the size of the voltage first meets a level (V) that it passes; None: never."""
        at = since
        for segment in islice(self.pieces(since, None), len(self.first) + 2 * len(self.again)):
            for sign in (1, -1):
                begin, end = sign * segment.begin, sign * segment.end
                if begin > level:
                    return at
                if end > level:
                    return at + max(1, -int(-(level - begin) * segment.duration // (end - begin)))
            at += segment.duration
        return at if not self.again and abs(self.last) > level else None

    def pieces(self, since: int, until: int | None) -> Iterator[Segment]:
        """The segments between two instants, the first and the last of them cut to fit; what is held is no segment."""
        at = max(since, self.begin)
        while until is None or at < until:
            found = self._find(at)
            if found is None:
                return
            segment, offset = found
            length = segment.duration - offset
            if until is not None:
                length = min(length, until - at)
            yield clipped(segment, offset, length)
            at += length

    def record(self, since: int, until: int) -> list[Segment]:
        """All of it between two instants, what is held included."""
        found = list(self.pieces(since, until))
        left = until - since - sum(segment.duration for segment in found)
        return [*found, Segment(left, self.last, self.last)] if left > 0 else found

    def rest(self, at: int, most: int) -> Waveform:
        """What it does from an instant on, to its last voltage; of a course without end `most` ns of it."""
        pieces = tuple(self.pieces(at, None if self.end is not None else at + most))
        held = self.last if self.end is not None else pieces[-1].end
        return Waveform((*pieces, Segment(1, held, held)))

    @property
    def _once(self) -> int:
        return self.ends[-1] if self.ends else 0

    def _find(self, at: int) -> tuple[Segment, int] | None:
        """The segment at an instant, and how far within it; None where the last voltage is held."""
        offset = at - self.begin
        if offset < self._once:
            return _placed(self.first, self.ends, offset)
        if not self.again:
            return None
        return _placed(self.again, self.ends_again, (offset - self._once) % self.ends_again[-1])


def course(begin: int, first: Iterable[Segment], last: float, again: Iterable[Segment] = ()) -> Course:
    """A course, with its segments' ends looked up."""
    one, more = tuple(first), tuple(again)
    return Course(begin, one, last, more, _ends(one), _ends(more))


def stairs(
    steps: Sequence[tuple[float, int]], begin: float, amplifier: Amplifier, slew: float
) -> tuple[list[Segment], float]:
    """One pass of a list program, from a voltage on: (volts, dwell in ns) each; and where it leaves the output.

    A dwell begins with the edge; one that is shorter than its edge ends on the way.
    """
    segments: list[Segment] = []
    at = begin
    for volts, dwell in steps:
        left = dwell
        for segment in (*amplifier.edge(at, volts, slew), Segment(dwell, volts, volts)):
            if left > 0:
                segments.append(clipped(segment, 0, min(left, segment.duration)))
                left -= segments[-1].duration
        at = segments[-1].end if dwell else at
    return segments, at


def clipped(segment: Segment, offset: int, length: int) -> Segment:
    """A part of a segment without ripple."""
    if offset == 0 and length == segment.duration:
        return segment
    return replace(segment, duration=length, begin=segment.value(offset), end=segment.value(offset + length))


def _placed(segments: tuple[Segment, ...], ends: tuple[int, ...], offset: int) -> tuple[Segment, int]:
    index = bisect_right(ends, offset)
    return segments[index], offset - (ends[index - 1] if index else 0)


def _ends(segments: tuple[Segment, ...]) -> tuple[int, ...]:
    return tuple(accumulate(segment.duration for segment in segments))


def _lasts(volts: float, slew: float) -> int:
    return max(1, round(abs(volts) / slew * S))
