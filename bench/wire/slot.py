"""A slot: one message of one sender. And the tap: one listener's mailbox.

A slot owns cycle, offset, minimum delay and send type; its sender only sets content and asks for events. Content is
sampled at release, where counter, CRC and duration are completed.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bench.model.expression import Value
from bench.model.layout import MessageLayout, SendType
from bench.model.trace import BRS, EXTENDED, FD
from bench.network.codec import codec
from bench.network.protection import checker, protector

Timer = Callable[[bytes], int]
"""Time on the wire in ns of this payload, from start of frame to the end of EOF."""

Timing = Callable[[int], Timer]
"""The timer of the message's frames with a payload of so many bytes."""

Values = tuple[Value, ...] | list[Value]
"""A slot's signals in the order of its layout: the tuple that was given, or a list of its own once one is changed."""


class Hearing(Protocol):
    """Somebody who is called for a frame."""

    def hear(self, end: int, data: bytes, now: int = 0) -> None:
        """A frame ended at `end`; it is `now` where it was heard of later than that."""


class Tap:
    """Frames of one id as one listener gets them: (end in ns, payload), oldest first.

    It holds as many as a receive buffer would; when nobody drains it the oldest go.
    """

    __slots__ = ("frames", "layout", "node")

    def __init__(self, layout: MessageLayout, node: str, depth: int = 64) -> None:
        self.layout = layout
        self.node = node
        self.frames: deque[tuple[int, bytes]] = deque(maxlen=depth)

    def drain(self) -> list[tuple[int, bytes]]:
        """What has ended since the last time."""
        if not self.frames:
            return []
        frames = list(self.frames)
        self.frames.clear()
        return frames


class Slot:
    """One message as its sender transmits it on a bus. Made by `Bus.slot`; a bus moves it.

    `counter` is that of the latest release, `voided` how many releases were ready and given up. `sway` gives the
    deviation of a release from the grid in ns, where a run asks for jitter. `wary` says that its frames may be
    destroyed, `plain` that nothing lies on the slot, so that a bus may take the short way.
    """

    __slots__ = (
        "_complete", "_content", "_fault", "_index", "_override", "_overrides", "_pack", "_protect", "_start",
        "_timer", "_timing", "_values", "boxes", "counter", "cycle", "deferred", "detached", "entry", "epoch", "fixed",
        "flags", "grid", "heard", "id", "last_release", "layout", "message", "modulo", "node", "number", "ordinal",
        "plain", "reactions", "ready", "ready_data", "ready_duration", "released", "running", "sway", "tabled",
        "voided", "wary",
    )  # fmt: skip

    def __init__(self, layout: MessageLayout, node: str, message: int, ordinal: int, timing: Timing) -> None:
        self.layout = layout
        self.node = node
        self.message = message
        self.ordinal = ordinal
        self.number = -1
        self.id = layout.id
        self.flags = EXTENDED * layout.extended | FD * layout.fd | BRS * layout.brs
        self.entry = arbitration_key(layout.id, layout.extended) << 16 | ordinal
        self.cycle = 0 if layout.send_type is SendType.EVENT else layout.cycle
        code = codec(layout)
        self._index = {name: place for place, name in enumerate(code.names)}
        self._pack = code.pack
        self._start = code.start
        self._values: Values = code.start
        self._overrides: list[Mapping[str, Value]] = []
        self._override: dict[int, Value] = {}
        self._content: bytes | None = None
        self._protect = protector(layout.protection, layout.length) if layout.protection else None
        self.modulo = layout.protection.modulo if layout.protection else 0
        self._complete: dict[int, tuple[bytes, int]] = {}
        self._timing = timing
        self._timer = timing(layout.length)
        self._fault: Callable[[Slot, int], bytes | None] | None = None
        self.counter = -1
        self.epoch = 0
        self.grid = 0
        self.sway: Callable[[], int] | None = None
        self.running = False
        self.tabled = False
        self.detached = False
        self.deferred = False
        self.last_release = -(1 << 62)
        self.ready = False
        self.ready_data = b""
        self.ready_duration = 0
        self.fixed = False
        self.released = 0
        self.voided = 0
        self.boxes: Sequence[deque[tuple[int, bytes]]] = ()
        self.reactions: Sequence[Hearing] = ()
        self.heard = False
        self.wary = False
        self.plain = True
        self.settle()

    @property
    def fault(self) -> "Callable[[Slot, int], bytes | None] | None":
        """Gives a release's payload in place of `complete` (None: nothing goes out); None while no fault lies here."""
        return self._fault

    @fault.setter
    def fault(self, fault: "Callable[[Slot, int], bytes | None] | None") -> None:
        self._fault = fault
        self.settle()

    @property
    def held(self) -> bool:
        """Whether the bench has taken the slot over, so that its sender's own releases do not count."""
        return bool(self._overrides)

    def settle(self) -> None:
        """Work out anew whether the slot is plain."""
        self.fixed = False
        self.plain = not (self._fault or self._overrides or self.detached or self.layout.min_delay or self.wary)

    def next_release(self, now: int) -> int:
        """The first instant of the grid that is not before `now`."""
        return self.grid if self.grid >= now else self.grid - (self.grid - now) // self.cycle * self.cycle

    def put(self, name: str, value: Value) -> bool:
        """Set one signal, physical or label; says whether that changed anything. It goes out with the next release."""
        place = self._index[name]
        values = self._values
        if values[place] == value:
            return False
        if isinstance(values, tuple):
            values = self._values = list(values)
        values[place] = value
        self._content = None
        self.fixed = False
        return True

    def set(self, values: Mapping[str, Value]) -> bool:
        """Set several signals; says whether that changed anything."""
        changed = False
        for name, value in values.items():
            changed |= self.put(name, value)
        return changed

    def set_all(self, values: tuple[Value, ...]) -> None:
        """Set every signal, in the order of the layout."""
        if values != self._values:
            self._values = values
            self._content = None
            self.fixed = False

    def get(self, name: str) -> Value:
        """What a signal was last set to."""
        return self._values[self._index[name]]

    def override(self, values: Mapping[str, Value]) -> None:
        """Put the bench's values over the sender's and hold the sender's own releases, until `give_back` of the same.

        Where several are in force, the latest says what it has a value for.
        """
        self._overrides.append(values)
        self._overridden()

    def give_back(self, values: Mapping[str, Value] | None = None) -> None:
        """End the override with these very values (None: every one); after the last the sender has its slot again."""
        self._overrides = [] if values is None else [one for one in self._overrides if one is not values]
        self._overridden()

    def _overridden(self) -> None:
        self._override = {self._index[name]: value for one in self._overrides for name, value in one.items()}
        self._changed()

    def _changed(self) -> None:
        self._content = None
        self.fixed = False
        self.settle()

    def cancel(self) -> None:
        """Void what is booked and what is ready but not yet sent."""
        self.epoch += 1
        self.running = False
        self.void()
        self.deferred = False

    def void(self) -> None:
        """Give up what is ready but not yet sent."""
        self.voided += self.ready
        self.ready = False

    def renew(self) -> None:
        """As its sender's software finds it after a reset. A fault on the wire stays."""
        self.cancel()
        self._values = self._start
        self._changed()
        self.counter = -1

    def release(self) -> None:
        """Sample the content into the mailbox: the next counter value, unless what was there has not been sent yet.

        Encoded only after a change; `fixed` says that the slot is plain and that the mailbox would get the same again.
        """
        if self._protect is None:
            data = self._content
            self.ready_data = data = self.content() if data is None else data
            self.ready_duration = self._timer(data)
            self.fixed = self.plain
            return
        if not self.ready:
            self.counter = (self.counter + 1) % self.modulo
        self.ready_data, self.ready_duration = self.complete(self.counter)

    def sample(self, at: int) -> bool:
        """Release, with what a fault on the slot makes of it; False where nothing goes out."""
        kept = self.ready_data, self.ready_duration
        self.release()
        if self._fault is not None:
            data = self._fault(self, at)
            self.fixed = False
            if data is None:
                self.ready_data, self.ready_duration = kept
                return False
            self.ready_data = data
            self.ready_duration = self.duration(data)
        return True

    def content(self) -> bytes:
        """The payload without counter and CRC."""
        content = self._content
        if content is None:
            values = self._values
            if self._override:
                values = [self._override.get(place, value) for place, value in enumerate(values)]
            content = self._content = self._pack(values)
            if self._complete:
                self._complete.clear()
        return content

    def complete(self, counter: int) -> tuple[bytes, int]:
        """The payload with this counter and its CRC, and its time on the wire in ns."""
        content = self.content()
        known = self._complete.get(counter)
        if known is None:
            data = self._protect(content, counter) if self._protect is not None else content
            known = self._complete[counter] = (data, self._timer(data))
        return known

    def relay(self, data: bytes) -> None:
        """Take over a payload as its sender put it on the wire, so that faults spoil it like one of our own."""
        self._content = data
        self._complete.clear()
        if self.layout.protection is not None:
            counter = checker(self.layout.protection, self.layout.length)(data)
            self.counter = self.counter if counter is None else counter
        # With the counter that it came with it goes on as it came, a wrong CRC included.
        self._complete[self.counter] = (data, 0)  # how long it takes is asked of whoever sends it on

    def protected(self, content: bytes, counter: int) -> bytes:
        """Any content with this counter and the CRC that is right for both; as it is where nothing protects it."""
        return content if self._protect is None else self._protect(content, counter)

    def duration(self, data: bytes) -> int:
        """Time on the wire of a payload under this message's id, of whatever length, ns."""
        return self._timer(data) if len(data) == self.layout.length else self._timing(len(data))(data)


def arbitration_key(identifier: int, extended: bool) -> int:
    """What arbitration compares, dominant first: base id, then RTR or SRR and IDE, then the id's extension.

    Source: ISO 11898-1, arbitration; a base frame wins over an extended one with the same first eleven bits.
    """
    if extended:
        return (identifier >> 18) << 21 | 1 << 20 | 1 << 19 | (identifier & 0x3FFFF) << 1
    return identifier << 21
