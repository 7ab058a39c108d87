"""The energy that an output may deliver in a run, as an account that is charged while the run goes on."""

from dataclasses import dataclass, replace

from bench.model.instant import S
from bench.model.waveform import Segment, Waveform


@dataclass(frozen=True, slots=True)
class Account:
    """The energy of a run, J: what may be delivered, None for any, and what was at most delivered until now.

    It is charged with the current limit and not with what a meter read: between two readings more may have flowed.
    """

    limit: float | None
    spent: float = 0.0

    def charged(self, volt_seconds: float, amperes: float) -> "Account":
        """The account after so many volt-seconds with at most so many amperes."""
        return replace(self, spent=self.spent + volt_seconds * amperes) if volt_seconds else self

    @property
    def overdrawn(self) -> bool:
        """Whether more was delivered than may be; a sum that is no number counts as too much."""
        return self.limit is not None and not self.spent <= self.limit


def volt_seconds(waveform: Waveform, begin: int = 0, end: int | None = None) -> float:
    """An upper bound of the integral of the voltage's size between two instants of a waveform (ns), V s.

    After its end the waveform stays at its last voltage.
    """
    end = waveform.duration if end is None else end
    total = 0.0
    for at, segment in waveform.placed():
        first, last = max(begin, at) - at, min(end, at + segment.duration) - at
        if first < last:
            total += _area(segment, first, last)
    after = end - max(begin, waveform.duration)
    return total + max(after, 0) / S * abs(waveform.segments[-1].last)


def _area(segment: Segment, first: int, last: int) -> float:
    # The size of a straight line lies under the trapezoid of its ends' sizes, that of a sine under its amplitude.
    slope = (segment.end - segment.begin) / segment.duration
    ends = abs(segment.begin + slope * first) + abs(segment.begin + slope * last)
    return (ends + abs(segment.ripple_vpp)) / 2 * (last - first) / S
