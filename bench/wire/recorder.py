"""Takes down what happens and closes it into a Trace."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from sys import byteorder

from bench.clock.collector import held_back
from bench.model.expression import Value
from bench.model.lab import Reading
from bench.model.trace import Frames, Occurrence, Samples, Trace
from bench.wire.lane import Lane


class Recorder:
    """Append-only while a run goes on; `close` puts the streams in order.

    Buses run ahead of each other within a window, so frame rows come in order per bus and are merged at the end.
    """

    def __init__(self, names: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> None:
        self._names = names
        self._units = units
        self._lanes: dict[int, Lane] = {}
        self._sample_times = array("q")
        self._sample_rows: list[tuple[Value, ...]] = []
        self._occurrences: list[Occurrence] = []
        self._readings: list[Reading] = []
        self._slots: list[tuple[int, int, int]] = []

    def lane(self, bus: int, ordered: bool = True) -> Lane:
        """Where the frames of one bus are taken down, in the order of their ends; if not `ordered`, `close` sorts."""
        return self._lanes.setdefault(bus, Lane(ordered))

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

    def measured(self, reading: Reading) -> None:
        """An instrument has measured something."""
        self._readings.append(reading)

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
        readings = tuple(reading for reading in self._readings if reading.at <= at)
        return Trace(frames, samples, occurrences, at, complete, readings)

    def _columns(self, at: int) -> Frames:
        buses = sorted(self._lanes)
        lanes = [self._lanes[bus] for bus in buses]
        for lane in lanes:
            lane.close(at)
        ends = _joined("q", [lane.ends for lane in lanes])
        starts = _joined("q", [lane.starts for lane in lanes])
        releases = _joined("q", [lane.releases for lane in lanes])
        slots = _joined("I", [lane.slots for lane in lanes])
        ranks = array("B", b"".join(bytes((bus,)) * len(lane) for bus, lane in zip(buses, lanes, strict=True)))
        data = [one for lane in lanes for one in lane.data]
        if len(lanes) > 1:
            # Each lane is in order, so this merges; equal ends stay in the order of the buses.
            order = sorted(range(len(ends)), key=ends.__getitem__)
            ends, starts, releases, slots, ranks = (
                array(column.typecode, [column[row] for row in order])
                for column in (ends, starts, releases, slots, ranks)
            )
            data = [data[row] for row in order]
        messages = [message for message, _, _ in self._slots]
        identifiers = [identifier for _, identifier, _ in self._slots]
        flags = [flag for _, _, flag in self._slots]
        return Frames(
            end=ends,
            start=starts,
            release=releases,
            bus=ranks,
            message=_spread("h", messages, slots),
            id=_spread("I", identifiers, slots),
            flags=_spread("B", flags, slots),
            data=data,
        )


def _joined(typecode: str, columns: "list[array[int]]") -> "array[int]":
    """The columns one behind the other."""
    return columns[0] if len(columns) == 1 else array(typecode, b"".join(column.tobytes() for column in columns))


def _spread(typecode: str, values: Sequence[int], slots: "array[int]") -> "array[int]":
    """The value of each row's slot. Byte by byte where a slot's number is one byte: ten times as fast."""
    if len(values) > 1 << 8:
        return array(typecode, [values[slot] for slot in slots])
    numbers = slots.tobytes()[0 if byteorder == "little" else slots.itemsize - 1 :: slots.itemsize]
    table, size = array(typecode, values).tobytes(), array(typecode).itemsize
    spread = bytearray(size * len(numbers))
    for place in range(size):
        spread[place::size] = numbers.translate(table[place::size].ljust(1 << 8, b"\0"))
    return array(typecode, bytes(spread))
