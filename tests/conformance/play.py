"""One play of everything that a bus offers, on messages that do not disturb each other; the tests judge its trace."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import can
from lines import Bench
from lone_bus import Seen, seen
from networks import message

from bench.clock.calendar import Phase
from bench.model.frame import Frame
from bench.model.instant import MS
from bench.model.layout import BusLayout, SendType
from bench.model.trace import Trace
from bench.wire.slot import Slot, Tap

END = 460 * MS
NODES = ("A", "B", "C")
"""The third one acknowledges while the second is pulled off and the first would be alone."""

QUIET = 400 * MS
"""From here on nothing new is begun: what was sent has ended by `END`."""

MESSAGES = (
    message("B0", "First", 0x010, cycle=20 * MS),
    message("B0", "Second", 0x011, cycle=20 * MS),
    message("B0", "Third", 0x18DA0110, cycle=20 * MS, extended=True),
    message("B0", "P01", 0x020, cycle=10 * MS, offset=2 * MS, protection="P01"),
    message("B0", "P02", 0x021, cycle=10 * MS, offset=3 * MS, protection="P02"),
    message("B0", "P05", 0x022, cycle=20 * MS, offset=4 * MS, protection="P05", fd=True, length=24),
    message("B0", "Large", 0x030, cycle=20 * MS, offset=5 * MS, fd=True, length=64),
    message("B0", "Event", 0x040, send_type=SendType.EVENT, min_delay=30 * MS),
    message("B0", "Answer", 0x041, send_type=SendType.EVENT),
    message("B0", "Held", 0x050, cycle=20 * MS, offset=6 * MS, protection="P01"),
    message("B0", "Stopped", 0x060, cycle=10 * MS, offset=7 * MS),
    message("B0", "Changed", 0x070, cycle=10 * MS, offset=8 * MS),
    message("B0", "Faulty", 0x080, cycle=10 * MS, offset=9 * MS),
    message("B0", "Pulled", 0x090, cycle=10 * MS, offset=1 * MS),
    message("B0", "Other", 0x0A0),
)


@dataclass
class Play:
    """What was played and what came of it. `ears` are lists of (now, end, payload) as listeners were called."""

    bench: Bench
    slots: dict[str, Slot] = field(default_factory=dict)
    latched: list[tuple[int, int, bytes]] = field(default_factory=list)
    deaf: list[tuple[int, int, bytes]] = field(default_factory=list)
    reacted: list[tuple[int, int, bytes]] = field(default_factory=list)
    lived: list[tuple[int, int, bytes]] = field(default_factory=list)
    raw: list[tuple[int, int, bytes]] = field(default_factory=list)
    others: list[can.Message] = field(default_factory=list)
    trace: Trace = field(init=False)
    frames: list[Seen] = field(init=False)

    def of(self, name: str, since: int = 0, until: int = END) -> list[Seen]:
        """The frames of a message that were released in [since, until), in the order of their ends."""
        return [one for one in self.frames if one.name == name and since <= one.release < until]


def played(kind: str) -> Play:
    """Play it on a bus of a kind."""
    layout = BusLayout("B0", 500_000, 2_000_000, NODES, tuple(sorted(MESSAGES, key=lambda one: one.id)))
    play = Play(Bench(kind, layout))
    bus, at = play.bench.bus, play.bench.at
    for one in MESSAGES:
        play.slots[one.name] = bus.slot(one.name, "B" if one.name == "Pulled" else "A")
        if one.cycle:
            at(0, lambda now, slot=play.slots[one.name]: bus.start(slot, now))
    slots = play.slots
    slots["Changed"].put("Number", 1)
    at(200 * MS, lambda _: slots["Changed"].put("Number", 2))
    for instant in (100, 105, 110):
        at(instant * MS, lambda now: bus.send(slots["Event"], now))
    _take_over(play)
    at(QUIET, lambda _: [bus.stop(slot) for slot in slots.values()])
    at(100 * MS, lambda _: bus.stop(slots["Stopped"]))
    at(200 * MS, lambda now: bus.start(slots["Stopped"], now))
    _spoil(play)
    at(100 * MS, lambda _: bus.detach("B"))
    at(200 * MS, lambda _: bus.attach("B"))
    _listen(play)
    _raw(play)
    if play.bench.other is not None:
        at(150 * MS, lambda _: _others(play.bench.other))
    play.trace = play.bench.run(END)
    play.frames = seen(play.trace, layout.messages)
    play.others = play.bench.heard
    return play


def _take_over(play: Play) -> None:
    """The bench's own content, three times, in the place of the sender's."""
    bus, slot, values = play.bench.bus, play.slots["Held"], {"Number": 77}
    play.bench.at(100 * MS, lambda _: bus.override(slot, values))
    for instant in (110, 130, 150):
        play.bench.at(instant * MS, lambda now: bus.send_override(slot, now))
    play.bench.at(200 * MS, lambda _: slot.give_back(values))


def _spoil(play: Play) -> None:
    """Nothing for a while, then other bytes for a while, then as before."""
    slot = play.slots["Faulty"]

    def lay(fault: Callable[[Slot, int], bytes | None] | None) -> Callable[[int], Any]:
        return lambda _: setattr(slot, "fault", fault)

    play.bench.at(100 * MS, lay(lambda _, __: None))
    play.bench.at(200 * MS, lay(lambda one, _: b"\xff" * len(one.content())))
    play.bench.at(300 * MS, lay(None))


def _listen(play: Play) -> None:
    """Each way to listen, with a node that is there and one that is pulled off for a while."""
    bus = play.bench.bus
    ear, pulled = bus.latch("P01", "A"), bus.latch("P01", "B")
    others = bus.latch("Other", "A")

    def drain(tap: Tap, into: list[tuple[int, int, bytes]]) -> Callable[[int], None]:
        return lambda now: into.extend((now, end, data) for end, data in tap.drain())

    for tap, into in ((ear, play.latched), (pulled, play.deaf), (others, play.raw)):
        play.bench.kernel.calendar.every(0, 5 * MS, Phase.TASK, (), drain(tap, into))

    def answer(now: int, end: int, data: bytes) -> None:
        play.reacted.append((now, end, data))
        play.slots["Answer"].put("Number", len(play.reacted))
        bus.send(play.slots["Answer"], now)

    bus.react("P02", "A", 3 * MS, answer)
    bus.live("P05", lambda now, end, data: play.lived.append((now, end, data)))


def _raw(play: Play) -> None:
    """Frames that no sender of the database has: an unknown id, a known one, FD with bit-rate switch, a remote one."""
    frames = [
        Frame(0x7E0, b"\x01\x02"),
        Frame(0x1ABCDEF0, b"\x03", extended=True),
        Frame(0x7E1, bytes(range(48)), fd=True, brs=True),
        Frame(0x7E2, bytes(12), fd=True),
        Frame(0x7E3, b""),
        Frame(0x0A0, b"\x09\x09"),
    ]
    if play.bench.kind != "simulated":
        frames.append(Frame(0x7E4, bytes(3), remote=True))
    for place, frame in enumerate(frames):
        for instant in (120, 220):
            play.bench.at((instant + place) * MS, lambda now, frame=frame: play.bench.bus.send_frame(frame, now))


OTHERS = (
    can.Message(arbitration_id=0x0A0, data=bytes(range(8)), is_extended_id=False),
    can.Message(arbitration_id=0x0A0, data=b"\x01\x02\x03", is_extended_id=False),
    can.Message(arbitration_id=0x7F0, data=b"\x05", is_extended_id=False),
    can.Message(arbitration_id=0x1F0, data=b"\x06", is_extended_id=True),
    can.Message(arbitration_id=0x7F1, data=bytes(64), is_extended_id=False, is_fd=True, bitrate_switch=True),
    can.Message(arbitration_id=0x7F2, dlc=4, is_extended_id=False, is_remote_frame=True),
)
"""What the other participant sends: known, shorter than its database says, unknown, extended, FD, remote."""


def _others(other: can.BusABC | None) -> None:
    assert other is not None
    for one in OTHERS:
        other.send(one)
