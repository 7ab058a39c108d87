"""Signals as step functions over the trace, known only while a valid frame or a sample says so.

A value is known from the end of its frame. A frame is valid when it is a data frame, has the length that the database
declares and, where the message is protected, the right CRC: any other one tells a receiver nothing, so it changes
nothing here either. A repeated alive counter is a matter for the `counter` check.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from bench.judge.words import name
from bench.model.expression import UNKNOWN, InstrumentRef, Known, ModelRef, Reference, SignalRef
from bench.model.frame import FD_LENGTHS
from bench.model.layout import MessageLayout, SendType
from bench.model.plan import Plan
from bench.model.trace import REMOTE, Trace
from bench.network.codec import codec
from bench.network.protection import checker

MISSED = 3
"""Cycles (or sample spacings) without a word after which a value is unknown."""


@dataclass(frozen=True, slots=True)
class Track:
    """One signal or plant value: `values[i]` holds from `at[i]`, and nothing is known before the first step.

    `rows[i]` is the row of the `source` (frame, sample or reading) that brought it, -1 where it expired. `owed` says
    that its sender must send it by itself, `seen` that the trace has a frame of it, `dut` that a device under test is
    the sender.
    """

    name: str
    unit: str
    sender: str
    dut: bool
    owed: bool
    seen: bool
    source: str
    at: list[int]
    values: list[Known]
    rows: list[int]

    def index(self, at: int) -> int:
        """The step in force at an instant, -1 before the first."""
        return bisect_right(self.at, at) - 1

    def value(self, at: int) -> Known:
        """What is known at an instant."""
        step = self.index(at)
        return self.values[step] if step >= 0 else UNKNOWN

    def row(self, at: int) -> int | None:
        """The last row that said something of it until then; None if there is none."""
        step = self.index(at)
        while step >= 0 and self.rows[step] < 0:
            step -= 1
        return self.rows[step] if step >= 0 else None


class View:
    """A plan and its trace with what has been decoded so far. The judge makes one for each judgement."""

    def __init__(self, plan: Plan, trace: Trace) -> None:
        self.plan = plan
        self.trace = trace
        self.layouts = plan.messages()
        self.numbers = {(layout.bus, layout.name): number for number, layout in enumerate(self.layouts)}
        self.by_name = {(layout.bus, layout.name): layout for layout in self.layouts}
        self.duts = tuple(ecu.name for ecu in plan.ecus if ecu.dut)
        self._nodes = {ecu.name for ecu in plan.ecus}
        self._tracks: dict[Reference, Track] = {}
        self._alive: dict[int, list[int | None]] = {}

    def layout(self, bus: str, message: str) -> MessageLayout:
        """The layout of a message; KeyError if the plan has none of that name."""
        return self.by_name[bus, message]

    def rows(self, bus: str, message: str) -> list[int]:
        """The rows of all frames of a message, valid or not."""
        return self.trace.rows_by_message.get(self.numbers[bus, message], [])

    def sender(self, layout: MessageLayout) -> str:
        """Who reports what the message says: its ECU, or "bench" for a message of the restbus."""
        return layout.sender if layout.sender in self._nodes else "bench"

    def track(self, reference: Reference) -> Track:
        """The step function of a signal or plant value."""
        found = self._tracks.get(reference)
        if found is None:
            match reference:
                case ModelRef():
                    found = self._plant(reference)
                case InstrumentRef():
                    found = self._measured(reference)
                case SignalRef():
                    found = self._signal(reference)
            self._tracks[reference] = found
        return found

    def record(self, reference: Reference, at: int) -> int | None:
        """The number of the record that last said something of a reference until then."""
        track = self.track(reference)
        row = track.row(at)
        if row is None:
            return None
        number = {
            "frame": self.trace.number_of_frame,
            "sample": self.trace.number_of_sample,
            "reading": self.trace.number_of_reading,
        }[track.source]
        return number(row)

    def alive(self, number: int) -> list[int | None]:
        """The alive counter of each frame of a protected message; None where length or CRC is wrong."""
        if number not in self._alive:
            layout, data = self.layouts[number], self.trace.frames.data
            assert layout.protection is not None
            check, length = checker(layout.protection, layout.length), wire_length(layout)
            known: dict[bytes, int | None] = {}
            counters = []
            for row in self.trace.rows_by_message.get(number, []):
                payload = data[row]
                if payload not in known:
                    known[payload] = check(payload[: layout.length]) if len(payload) == length else None
                counters.append(known[payload])
            self._alive[number] = counters
        return self._alive[number]

    def _valid(self, number: int) -> list[int]:
        layout, frames = self.layouts[number], self.trace.frames
        rows = self.trace.rows_by_message.get(number, [])
        if layout.protection is not None:
            rows = [row for row, counter in zip(rows, self.alive(number), strict=True) if counter is not None]
        length = wire_length(layout)
        return [row for row in rows if len(frames.data[row]) == length and not frames.flags[row] & REMOTE]

    def _signal(self, reference: SignalRef) -> Track:
        number = self.numbers[reference.bus, reference.message]
        layout, frames = self.layouts[number], self.trace.frames
        read, life = codec(layout).reader(reference.signal), lifetime(layout)
        at: list[int] = []
        values: list[Known] = []
        rows: list[int] = []
        expiry: int | None = None
        for row in self._valid(number):
            end = frames.end[row]
            if expiry is not None and end > expiry:
                _append(at, values, rows, expiry)
                expiry = None
            value = read(frames.data[row])
            if value is not None:
                at.append(end)
                values.append(value)
                rows.append(row)
            # A frame under another multiplexer id keeps a known value alive, but does not bring back an expired one.
            if life and (value is not None or expiry is not None):
                expiry = end + life
        if expiry is not None and expiry < self.trace.closed_at:
            _append(at, values, rows, expiry)
        return Track(
            name(reference),
            reference.unit,
            self.sender(layout),
            layout.sender in self.duts,
            layout.cycle > 0 and layout.send_type is not SendType.EVENT,
            number in self.trace.rows_by_message,
            "frame",
            at,
            values,
            rows,
        )

    def _plant(self, reference: ModelRef) -> Track:
        samples = self.trace.samples
        at: list[int] = []
        values: list[Known] = []
        rows: list[int] = []
        if reference.name in samples.names and len(samples.at):
            column, times = samples.names.index(reference.name), samples.at.tolist()
            gaps = [later - earlier for earlier, later in pairwise(times)]
            life = MISSED * median_low(gaps) if gaps else 0
            for row, (time, gap) in enumerate(zip(times, [*gaps, self.trace.closed_at - times[-1]], strict=True)):
                at.append(time)
                values.append(samples.rows[row][column])
                rows.append(row)
                if life and gap > life:
                    _append(at, values, rows, time + life)
        return Track(name(reference), reference.unit, "model", False, True, bool(at), "sample", at, values, rows)

    def _measured(self, reference: InstrumentRef) -> Track:
        """Known from the end of a measurement until three times their usual spacing have passed without another."""
        found = [
            (row, reading)
            for row, reading in enumerate(self.trace.readings)
            if (reading.instrument, reading.quantity) == (reference.name, reference.quantity)
        ]
        times = [reading.at for _, reading in found]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        life = MISSED * median_low(gaps) if gaps else 0
        at: list[int] = []
        values: list[Known] = []
        rows: list[int] = []
        for (row, reading), until in zip(found, [*times[1:], self.trace.closed_at] if times else [], strict=True):
            at.append(reading.at)
            values.append(reading.value)
            rows.append(row)
            if life and until - reading.at > life:
                _append(at, values, rows, reading.at + life)
        return Track(
            name(reference), reference.unit, reference.name, False, True, bool(at), "reading", at, values, rows
        )  # fmt: skip


def lifetime(layout: MessageLayout) -> int:
    """Nanoseconds after the end of a frame from which its signals are unknown; 0 if they stay known.

    Three cycles for what is sent in a cycle, else the declared `max_age`.
    """
    return MISSED * layout.cycle if layout.cycle and layout.send_type is not SendType.EVENT else layout.max_age


def wire_length(layout: MessageLayout) -> int:
    """Payload bytes of a right frame: FD has only some lengths, so one between two of them is padded to the next."""
    return next(length for length in FD_LENGTHS if length >= layout.length) if layout.fd else layout.length


def _append(at: list[int], values: list[Known], rows: list[int], expiry: int) -> None:
    at.append(expiry)
    values.append(UNKNOWN)
    rows.append(-1)
