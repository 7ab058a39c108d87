"""One bus by itself, moved by hand, and what an independent receiver makes of its frames."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import e2e

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.model.layout import BusLayout, MessageLayout, Protection
from bench.model.trace import Trace
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus
from bench.wire.slot import Slot


@dataclass(frozen=True)
class Seen:
    """One frame of the trace."""

    name: str
    id: int
    release: int
    start: int
    end: int
    data: bytes

    @property
    def number(self) -> int:
        """The signal `Number` of tests/networks.py."""
        return int.from_bytes(self.data[3:5], "little")


@dataclass
class Lone:
    """A kernel, a recorder and one bus of these messages; L is a node that acknowledges."""

    messages: Sequence[MessageLayout]
    bitrate: int = 500_000
    data_bitrate: int = 2_000_000
    kernel: Kernel = field(default_factory=Kernel)
    recorder: Recorder = field(default_factory=Recorder)

    nodes: tuple[str, ...] = ("A", "L")

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.messages, key=lambda message: message.id))
        self.layout = BusLayout("B0", self.bitrate, self.data_bitrate, self.nodes, ordered)
        self.bus = SimBus(self.layout, self.kernel.calendar, self.recorder)
        self.kernel.add(self.bus)

    def slot(self, name: str, node: str = "A") -> Slot:
        """The slot of a message."""
        return self.bus.slot(name, node)

    def at(self, instant: int, call: Callable[[int], object], phase: Phase = Phase.TASK) -> None:
        """Book a call."""
        self.kernel.calendar.at(instant, phase, (), call)

    def start(self, name: str, at: int = 0) -> Slot:
        """Begin the grid of a message at an instant."""
        slot = self.slot(name)
        self.at(at, lambda now: self.bus.start(slot, now))
        return slot

    def send(self, slot: Slot, at: int, number: int | None = None) -> None:
        """Ask for a release at an instant, with a number."""

        def send(now: int) -> None:
            if number is not None:
                slot.put("Number", number)
            self.bus.send(slot, now)

        self.at(at, send)

    def run(self, until: int) -> Trace:
        """Run until an instant and take the trace so far."""
        self.kernel.run_until(until)
        return self.recorder.close(until, True)

    def frames(self, until: int, name: str = "") -> list[Seen]:
        """The frames that ended before an instant, of one message or of all."""
        return [one for one in seen(self.run(until), self.layout.messages) if name in ("", one.name)]


def seen(trace: Trace, messages: Sequence[MessageLayout]) -> list[Seen]:
    """The frames of a trace as objects; `messages` are all of the plan."""
    f = trace.frames
    return [
        Seen(messages[m].name if m >= 0 else "", i, r, s, e, d)
        for m, i, r, s, e, d in zip(f.message, f.id, f.release, f.start, f.end, f.data, strict=True)
    ]


def counter(protection: Protection, data: bytes) -> int:
    """The alive counter of a payload."""
    return data[2] if protection.profile == "P05" else data[1] & 0x0F


def crc_right(protection: Protection, data: bytes) -> bool:
    """Whether the library autosar-e2e finds the CRC right."""
    ids = protection.data_ids
    if protection.profile == "P01":
        return bool(e2e.p01.e2e_p01_check(bytearray(data), ids[0], data_id_mode=e2e.p01.E2E_P01_DATAID_BOTH))
    if protection.profile == "P02":
        return bool(e2e.p02.e2e_p02_check(bytearray(data), bytes(ids)))
    return bool(e2e.p05.e2e_p05_check(bytearray(data), ids[0]))
