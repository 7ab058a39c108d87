"""Takes down what happens and closes it into a Trace."""

from array import array
from collections.abc import Callable

from bench.clock.collector import held_back
from bench.model.expression import Value
from bench.model.trace import Frames, Occurrence, Samples, Trace

FrameRow = tuple[int, int, int, int, int, bytes]
"""(end, bus, start, release, number of the slot, data), times in ns; see `Frames` for the meaning."""


class Recorder:
    """Append-only while a run goes on; `close` puts the streams in order.

    Buses run ahead of each other within a window, so frame rows come in order per bus and are merged at the end.
    """

    def __init__(self, names: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> None:
        self._names = names
        self._units = units
        self._frames: list[FrameRow] = []
        self._sample_times = array("q")
        self._sample_rows: list[tuple[Value, ...]] = []
        self._occurrences: list[Occurrence] = []
        self._slots: list[tuple[int, int, int]] = []
        self.frame: Callable[[FrameRow], None] = self._frames.append

    def slot(self, message: int, identifier: int, flags: int) -> int:
        """The number under which frames of a slot are taken down."""
        self._slots.append((message, identifier, flags))
        return len(self._slots) - 1

    def sample(self, at: int, row: tuple[Value, ...]) -> None:
        """The plant's values at an instant, in the order of the names."""
        self._sample_times.append(at)
        self._sample_rows.append(row)

    def occur(self, at: int, what: str, name: str, text: str = "", number: int = 0) -> None:
        """Something else happened; see `Occurrence`."""
        self._occurrences.append(Occurrence(at, what, name, text, number))

    def close(self, at: int, complete: bool) -> Trace:
        """The trace of [0, at)."""
        with held_back():
            frames = self._columns(at)
        samples = Samples(self._names, self._units, self._sample_times, self._sample_rows)
        # Overwritten releases are found while a bus runs ahead, so occurrences too are ordered here; the sort is stable.
        occurrences = tuple(sorted(self._occurrences, key=lambda occurrence: occurrence.at))
        return Trace(frames, samples, occurrences, at, complete)

    def _columns(self, at: int) -> Frames:
        rows = self._frames
        rows.sort()
        while rows and rows[-1][0] >= at:
            rows.pop()
        ends, buses, starts, releases, slots, data = list(zip(*rows, strict=True)) or [()] * 6
        messages, identifiers, flags = (list(column) for column in zip(*self._slots, strict=True)) if rows else ([], [], [])
        return Frames(
            end=array("q", ends),
            start=array("q", starts),
            release=array("q", releases),
            bus=array("B", buses),
            message=array("h", map(messages.__getitem__, slots)),
            id=array("I", map(identifiers.__getitem__, slots)),
            flags=array("B", map(flags.__getitem__, slots)),
            data=data,
        )
