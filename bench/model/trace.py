"""The trace: what happened, in one total order, columnar inside.

Four streams make it: frames of all buses, samples of the plant, readings of instruments, and occurrences (steps,
faults, phases, ports, losses). At one instant frames come first, then samples, then readings, then occurrences in the
order in which they happened, so that a cause never comes after its effect. A record's number is its place in that
order.
"""

import hashlib
import json
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.model.expression import Value
from bench.model.lab import Reading

EXTENDED, FD, BRS, REMOTE = 1, 2, 4, 8
"""Bits of a frame's flags."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happened beside frames and samples. `what` is one of

    phase_starts, phase_ends, phase_expires, step_starts, step_ends, fault_starts, fault_ends, port (a button or the
    key), instrument (one was set, or plays a profile, as `text` says), line (a line that one feeds is closed, open or
    to_ground), overwritten (a release replaced one that had not been sent), error_frame (a frame of the message `name`
    was destroyed; `text` is its cause, "bit" or "acknowledgement", `number` its sender's TEC after it), error_state
    (the node `name` is error-active, error-passive, bus-off or recovering, as `text` says, with the TEC `number`),
    note (an ECU or the bench remarks). `name` says which, `text` adds detail; `number` is the repetition of a phase,
    else 0.
    """

    at: int
    what: str
    name: str
    text: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Frames:
    """Columns of frames in order of their end, one row a frame; times in ns.

    `message` is the number in `Plan.messages()` (-1: not in a database), `bus` the number in `Plan.buses`; `start`
    is the start of frame bit, `end` the end of EOF, `release` when the sender had it ready.
    """

    end: "array[int]"
    start: "array[int]"
    release: "array[int]"
    bus: "array[int]"
    message: "array[int]"
    id: "array[int]"
    flags: "array[int]"
    data: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.end)


@dataclass(frozen=True, slots=True)
class Samples:
    """The plant's values, one row a sample instant: `rows[i][j]` is the value of `names[j]` at `at[i]`."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    at: "array[int]"
    rows: Sequence[tuple[Value, ...]]


@dataclass(frozen=True)
class Trace:
    """A finished record of [0, closed_at). `complete` is false when the run was cut short (Ctrl-C, an error)."""

    frames: Frames
    samples: Samples
    occurrences: tuple[Occurrence, ...]
    closed_at: int
    complete: bool = True
    readings: tuple[Reading, ...] = ()

    @cached_property
    def rows_by_message(self) -> dict[int, list[int]]:
        """Row numbers of each message's frames, by message number."""
        rows: dict[int, list[int]] = {}
        for row, message in enumerate(self.frames.message):
            rows.setdefault(message, []).append(row)
        return rows

    @cached_property
    def _occurrence_times(self) -> list[int]:
        return [occurrence.at for occurrence in self.occurrences]

    @cached_property
    def _reading_times(self) -> list[int]:
        return [reading.at for reading in self.readings]

    def number_of_frame(self, row: int) -> int:
        """The record number of a frame."""
        at = self.frames.end[row]
        others = (self.samples.at, self._reading_times, self._occurrence_times)
        return row + sum(bisect_left(times, at) for times in others)

    def number_of_sample(self, row: int) -> int:
        """The record number of a sample row."""
        at = self.samples.at[row]
        later = bisect_left(self._reading_times, at) + bisect_left(self._occurrence_times, at)
        return row + bisect_right(self.frames.end, at) + later

    def number_of_reading(self, row: int) -> int:
        """The record number of a reading."""
        at = self.readings[row].at
        earlier = bisect_right(self.frames.end, at) + bisect_right(self.samples.at, at)
        return row + earlier + bisect_left(self._occurrence_times, at)

    def number_of_occurrence(self, row: int) -> int:
        """The record number of an occurrence."""
        at = self.occurrences[row].at
        return row + sum(bisect_right(times, at) for times in (self.frames.end, self.samples.at, self._reading_times))

    def digest(self) -> str:
        """SHA-256 over all streams, as hexadecimal digits: equal for equal happenings, whatever the host did."""
        state = hashlib.sha256()
        frames = self.frames
        for column in (frames.end, frames.start, frames.release, frames.bus, frames.message, frames.id, frames.flags):
            state.update(little_endian(column))
        state.update(little_endian(array("q", map(len, frames.data))))
        state.update(b"".join(frames.data))
        state.update(little_endian(self.samples.at))
        state.update(json.dumps([self.samples.names, self.samples.units, *self.samples.rows]).encode())
        state.update(json.dumps([[o.at, o.what, o.name, o.text, o.number] for o in self.occurrences]).encode())
        if self.readings:  # a run without instruments keeps the digest that it had before there were any
            state.update(json.dumps([[getattr(r, name) for name in r.__slots__] for r in self.readings]).encode())
        state.update(f"{self.closed_at} {self.complete}".encode())
        return state.hexdigest()


def little_endian(column: "array[int]") -> bytes:
    """The bytes of a column, little-endian on every host."""
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array(column.typecode, column)
    swapped.byteswap()
    return swapped.tobytes()
