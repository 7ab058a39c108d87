"""Takes down what happens and closes it into a Trace."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any

from bench.clock.collector import held_back
from bench.model.expression import Value
from bench.model.trace import Frames, Occurrence, Samples, Trace

FrameRow = tuple[int, int, int, int, bytes]
"""(end, start, release, number of the slot, data), times in ns; see `Frames` for the meaning."""

WIDTH = 5


class Recorder:
    """Append-only while a run goes on; `close` puts the streams in order.

    Buses run ahead of each other within a window, so frame rows come in order per bus and are merged at the end.
    """

    def __init__(self, names: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> None:
        self._names = names
        self._units = units
        self._lanes: dict[int, list[Any]] = {}
        self._loose: set[int] = set()
        self._sample_times = array("q")
        self._sample_rows: list[tuple[Value, ...]] = []
        self._occurrences: list[Occurrence] = []
        self._slots: list[tuple[int, int, int]] = []

    def lane(self, bus: int, ordered: bool = True) -> Callable[[FrameRow], None]:
        """What takes down the frames of one bus, in the order of their ends; if not `ordered`, `close` sorts them.

        Rows lie flat, one behind the other: no object per frame stays alive but its payload, and columns are slices.
        """
        if not ordered:
            self._loose.add(bus)
        return self._lanes.setdefault(bus, []).extend

    def rows(self, bus: int) -> Sequence[Any]:
        """What has been taken down of one bus: `WIDTH` values a frame, see `FrameRow`. It grows as the run goes on."""
        return self._lanes.setdefault(bus, [])

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
        # Ctrl-C may have come between the two appends of a sample.
        kept = min(bisect_left(self._sample_times, at), len(self._sample_rows))
        samples = Samples(self._names, self._units, self._sample_times[:kept], self._sample_rows[:kept])
        # Overwritten releases are found while a bus runs ahead, so occurrences too are ordered here (the sort is
        # stable), and some are later than the instant at which a run was cut short.
        happened = (occurrence for occurrence in self._occurrences if occurrence.at <= at)
        occurrences = tuple(sorted(happened, key=lambda occurrence: occurrence.at))
        return Trace(frames, samples, occurrences, at, complete)

    def _columns(self, at: int) -> Frames:
        buses = sorted(self._lanes)
        lanes = [_until(_sorted(self._lanes[bus]) if bus in self._loose else self._lanes[bus], at) for bus in buses]
        ends, starts, releases, slots, data = (
            [value for lane in lanes for value in lane[place::WIDTH]] if len(lanes) != 1 else lanes[0][place::WIDTH]
            for place in range(WIDTH)
        )
        ranks = list(
            chain.from_iterable(repeat(bus, len(lane) // WIDTH) for bus, lane in zip(buses, lanes, strict=True))
        )
        if len(lanes) > 1:
            # Each lane is in order, so this merges; equal ends stay in the order of the buses.
            order = sorted(range(len(ends)), key=ends.__getitem__)
            ends, starts, releases, slots, data, ranks = (
                [column[place] for place in order] for column in (ends, starts, releases, slots, data, ranks)
            )
        messages = [message for message, _, _ in self._slots]
        identifiers = [identifier for _, identifier, _ in self._slots]
        flags = [flag for _, _, flag in self._slots]
        return Frames(
            end=array("q", ends),
            start=array("q", starts),
            release=array("q", releases),
            bus=array("B", ranks),
            message=array("h", map(messages.__getitem__, slots)),
            id=array("I", map(identifiers.__getitem__, slots)),
            flags=array("B", map(flags.__getitem__, slots)),
            data=data,
        )


def _until(lane: list[Any], at: int) -> list[Any]:
    """The lane's rows that ended before `at`; what a bus did beyond is not part of the run."""
    kept = len(lane)
    while kept and lane[kept - WIDTH] >= at:
        kept -= WIDTH
    return lane[:kept] if kept < len(lane) else lane


def _sorted(lane: list[Any]) -> list[Any]:
    """The lane's rows in the order of their ends; equal ends keep the order in which they came."""
    ends = lane[::WIDTH]
    order = sorted(range(len(ends)), key=ends.__getitem__)
    return list(chain.from_iterable(lane[WIDTH * row : WIDTH * row + WIDTH] for row in order))
