"""What a picture draws: the values of one signal, plant value or message over a stretch of a trace."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.judge.signals import View
from bench.model.check import Received
from bench.model.expression import Known, Reference, SignalRef
from bench.model.instant import MS
from bench.model.trace import Trace


@dataclass(frozen=True, slots=True)
class Series:
    """A step function: `values[i]` holds from `at[i]` (ns) to the next instant.

    `labels` are the states that it may take, in the order of their raw values, where a database names them.
    """

    name: str
    unit: str
    at: Sequence[int]
    values: Sequence[Known]
    labels: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is drawn on a scale; a number that is sometimes a label ("not available") still is."""
        return any(isinstance(value, float | int) and not isinstance(value, bool) for value in self.values)


def series(view: View, reference: Reference, begin: int, end: int) -> Series:
    """The reference's values in [begin, end), with the one that holds at `begin`."""
    track = view.track(reference)
    stretch = slice(max(0, bisect_right(track.at, begin) - 1), bisect_left(track.at, end))
    labels: tuple[str, ...] = ()
    if isinstance(reference, SignalRef):
        signal = view.layout(reference.bus, reference.message).signal(reference.signal)
        labels = tuple(label for _, label in sorted(signal.labels))
    return Series(track.name, track.unit, track.at[stretch], track.values[stretch], labels)


def frames_of(view: View, message: Received, begin: int, end: int) -> list[int]:
    """The instants in [begin, end) at which a frame of the message ended."""
    return [at for at in _ends(view, message, begin, end) if at >= begin]


def gaps_of(view: View, message: Received, begin: int, end: int) -> Series:
    """The time from the end of one frame of the message to the next, in ms, known at the end of the later one."""
    ends = _ends(view, message, begin, end)
    gaps: list[Known] = [(later - earlier) / MS for earlier, later in pairwise(ends)]
    return Series(f"{message.message}.gap", "ms", ends[1:], gaps)


def record_at(trace: Trace, number: int) -> int | None:
    """The instant of a record by its number; None when the trace has no such record."""
    streams = (
        (len(trace.frames), trace.number_of_frame, trace.frames.end.__getitem__),
        (len(trace.samples.at), trace.number_of_sample, trace.samples.at.__getitem__),
        (len(trace.readings), trace.number_of_reading, lambda row: trace.readings[row].at),
        (len(trace.occurrences), trace.number_of_occurrence, lambda row: trace.occurrences[row].at),
    )
    for count, number_of, at in streams:
        row = bisect_left(range(count), number, key=number_of)
        if row < count and number_of(row) == number:
            return at(row)
    return None


def message_of_record(view: View, number: int) -> Received | None:
    """The message of a frame's record; None for other records and for frames of no database."""
    trace = view.trace
    row = bisect_left(range(len(trace.frames)), number, key=trace.number_of_frame)
    if row == len(trace.frames) or trace.number_of_frame(row) != number or trace.frames.message[row] < 0:
        return None
    message = view.layouts[trace.frames.message[row]]
    return Received(message.bus, message.name)


def _ends(view: View, message: Received, begin: int, end: int) -> list[int]:
    """The ends of a message's frames in [begin, end), and of the last one before."""
    rows, ends = view.rows(message.bus, message.message), view.trace.frames.end
    first = bisect_left(rows, begin, key=ends.__getitem__)
    return [ends[row] for row in rows[max(0, first - 1) : bisect_left(rows, end, key=ends.__getitem__)]]
