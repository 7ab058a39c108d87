"""Who sends and who hears on one bus, whatever the bus is made of: slots, taps, listeners, and who is off the bus."""

from collections.abc import Callable, Sequence
from functools import cache

from bench.clock.calendar import Calendar, Phase
from bench.model.frame import Frame
from bench.model.layout import BusLayout, MessageLayout
from bench.model.trace import BRS, EXTENDED, FD, REMOTE
from bench.network.timing import INTERMISSION_BITS, bit_time, duration_of, frame_timer
from bench.wire.bus import Reaction
from bench.wire.recorder import Recorder
from bench.wire.singles import Singles
from bench.wire.slot import Hearing, Slot, Tap, Timer

Sway = Callable[[Slot], Callable[[], int] | None]
"""Gives a new slot its deviation from the grid, see `Slot.sway`."""


class Listener:
    """One reaction of one node to one message."""

    __slots__ = ("_calendar", "_call", "_cancelled", "_rank", "latency", "live", "message", "node")

    def __init__(
        self,
        calendar: Calendar,
        rank: tuple[int, int],
        message: int,
        node: str,
        latency: int,
        call: Reaction,
        cancelled: "Callable[[Listener], None]",
    ) -> None:
        self._calendar = calendar
        self._rank = rank
        self._call = call
        self._cancelled = cancelled
        self.message = message
        self.node = node
        self.latency = latency
        self.live = True

    def hear(self, end: int, data: bytes, now: int = 0) -> None:
        """Book the call for a frame that ended at `end`; it comes not before `now`, when the frame was heard of."""

        def call(now: int) -> None:
            if self.live:
                self._call(now, end, data)

        phase = Phase.TASK if self.latency else Phase.FRAME_END
        self._calendar.at(max(end + self.latency, now), phase, self._rank, call)

    def cancel(self) -> None:
        """Do not call any more."""
        if self.live:
            self.live = False
            self._cancelled(self)


class Roster:
    """The slots and ears of one bus. `rank` orders buses; `offset` is the number of its first message in the plan."""

    def __init__(
        self, layout: BusLayout, calendar: Calendar, recorder: Recorder, rank: int, offset: int, sway: Sway | None
    ) -> None:
        self.layout = layout
        self.slots: list[Slot] = []
        self.heard: list[tuple[int, Slot]] = []
        """(latency, slot) of each slot that somebody reacts to."""
        self.push: Callable[[Slot], None] = lambda _: None
        """What the bus does with a slot that is ready again by itself."""
        self._calendar = calendar
        self._recorder = recorder
        self._rank = rank
        self._sway = sway
        self._numbers = {message.name: offset + place for place, message in enumerate(layout.messages)}
        self._singles: dict[tuple[str, int, int, bool, bool, bool], Singles] = {}
        self._taps: list[Tap] = []
        self._listeners: list[Listener] = []
        self._detached: list[str] = []

    # ---- senders ------------------------------------------------------------------------------------------------

    def has(self, message: str) -> bool:
        """Whether the bus has a message of that name."""
        return message in self._numbers

    def slots_of(self, message: str = "", node: str = "") -> Sequence[Slot]:
        """The slots of a message, of a node, or of both."""
        return [s for s in self.slots if message in ("", s.layout.name) and node in ("", s.node)]

    def add(self, message: str, node: str) -> Slot:
        """A new slot of a message for a node."""
        return self._new_slot(self.layout.message(message), node, self._numbers[message])

    def raw(self, frame: Frame, at: int) -> Slot:
        """The slot for a raw frame at `at`; those who listen to a message of its id hear it, whatever it holds."""
        named = [m for m in self.layout.messages if (m.id, m.extended) == (frame.id, frame.extended)]
        return self._single(frame, "", self._numbers[named[0].name] if named else -1, at)

    def copy(self, slot: Slot, data: bytes, at: int) -> Slot:
        """The slot for one frame of a slot's message and node at `at`, beside its own."""
        layout = slot.layout
        return self._single(Frame(slot.id, data, layout.extended, layout.fd, layout.brs), slot.node, slot.message, at)

    def _single(self, frame: Frame, node: str, message: int, at: int) -> Slot:
        key = (node, message, frame.id, frame.extended, frame.fd, frame.brs)
        if key not in self._singles:
            layout = MessageLayout(
                self.layout.name, "", frame.id, len(frame.data), sender=node,
                extended=frame.extended, fd=frame.fd, brs=frame.brs,
            )  # fmt: skip
            slot = self._new_slot(layout, node, message)
            self._singles[key] = singles = Singles(slot, self.push)
            slot.fault = singles
            self._connect(slot)
        self._singles[key].add(frame.data, at)
        return self._singles[key].slot

    def babbler(self, node: str, identifier: int, extended: bool, load: float) -> Slot:
        """A slot with eight bytes of zeros of a node that the database does not know.

        Its cycle is such that by itself it loads the bus by `load` (0..1), intermission included.
        """
        named = [m for m in self.layout.messages if (m.id, m.extended) == (identifier, extended)]
        frame = Frame(identifier, bytes(8), extended)
        length = duration_of(frame, self.layout.bitrate) + INTERMISSION_BITS * bit_time(self.layout.bitrate)
        layout = MessageLayout(
            self.layout.name, "", identifier, 8, sender=node, extended=extended, cycle=round(length / load)
        )  # fmt: skip
        for slot in self.slots_of(node=node):
            if slot.layout == layout:
                return slot
        return self._new_slot(layout, node, self._numbers[named[0].name] if named else -1)

    def foreign(self, identifier: int, flags: int, length: int) -> Slot:
        """A slot that stands for frames which others put on the bus: who listens to a message of the id hears them.

        A remote frame is no frame of the message whose id it has.
        """
        extended, fd, brs, remote = (bool(flags & bit) for bit in (EXTENDED, FD, BRS, REMOTE))
        named = [m for m in self.layout.messages if (m.id, m.extended) == (identifier, extended)]
        layout = MessageLayout(
            self.layout.name, "", identifier, length, sender="", extended=extended, fd=fd, brs=brs
        )  # fmt: skip
        return self._new_slot(layout, "", self._numbers[named[0].name] if named and not remote else -1, flags & REMOTE)

    def _new_slot(self, layout: MessageLayout, node: str, message: int, flags: int = 0) -> Slot:
        @cache
        def timing(length: int) -> Timer:
            return frame_timer(
                layout.id, layout.extended, layout.fd, layout.brs, length, self.layout.bitrate,
                self.layout.data_bitrate,
            )  # fmt: skip

        slot = Slot(layout, node, message, len(self.slots), timing)
        slot.sway = self._sway(slot) if self._sway is not None else None
        slot.flags |= flags
        slot.number = self._recorder.slot(message, slot.id, slot.flags)
        self.slots.append(slot)
        self._connect(slot)
        self.heard += [(listener.latency, slot) for listener in self._listeners if listener.message == message]
        return slot

    # ---- listeners ----------------------------------------------------------------------------------------------

    def latch(self, message: str, node: str) -> Tap:
        """A mailbox of that message for a node; it wakes nobody."""
        tap = Tap(self.layout.message(message), node)
        self._taps.append(tap)
        self._reconnect(self._numbers[message])
        return tap

    def unlatch(self, tap: Tap) -> None:
        """Close a mailbox."""
        self._taps = [other for other in self._taps if other is not tap]
        self._reconnect(self._numbers[tap.layout.name])

    def react(self, message: str, node: str, latency: int, call: Reaction) -> Listener:
        """Call `latency` ns after the end of each frame of the message."""
        layout = self.layout.message(message)
        rank = (self._rank, layout.id)
        number = self._numbers[message]
        listener = Listener(self._calendar, rank, number, node, latency, call, self._cancelled)
        self._listeners.append(listener)
        self.heard += [(latency, slot) for slot in self._reconnect(number)]
        return listener

    def live(self, message: str, call: Reaction) -> Listener:
        """Call at the end of each frame of the message: the fallback, one frame at a time."""
        return self.react(message, "", 0, call)

    def _cancelled(self, listener: Listener) -> None:
        self._listeners = [other for other in self._listeners if other is not listener]
        self._reconnect(listener.message)
        self._look_ahead()

    # ---- who is there -------------------------------------------------------------------------------------------

    def detach(self, node: str) -> None:
        """Take a node off the bus, as if its connector were pulled: it neither sends nor hears."""
        self._detached.append(node)
        for slot in self.slots_of(node=node):
            slot.void()
        self.refresh()

    def attach(self, node: str) -> None:
        """Put a node back that was detached; as often as it was detached."""
        self._detached.remove(node)
        self.refresh()

    def is_off(self, node: str) -> bool:
        """Whether a node is off the bus."""
        return node in self._detached

    def refresh(self) -> None:
        """Work out anew who hears what, and how far the bus may run ahead."""
        for slot in self.slots:
            self._connect(slot)
        self._look_ahead()

    def _reconnect(self, message: int) -> list[Slot]:
        """Who hears one message, anew: an ECU that starts opens dozens of ears, and each concerns one message."""
        slots = [slot for slot in self.slots if slot.message == message]
        for slot in slots:
            self._connect(slot)
        return slots

    def _look_ahead(self) -> None:
        self.heard = [
            (listener.latency, slot)
            for listener in self._listeners
            for slot in self.slots
            if slot.message == listener.message
        ]

    def _connect(self, slot: Slot) -> None:
        slot.boxes = tuple(
            tap.frames
            for tap in self._taps
            if self._numbers[tap.layout.name] == slot.message and tap.node not in self._detached
        )  # fmt: skip
        ears: list[Hearing] = [
            listener
            for listener in self._listeners
            if listener.message == slot.message and listener.node not in self._detached
        ]
        if isinstance(slot.fault, Singles):
            ears.append(slot.fault)
        slot.reactions = tuple(ears)
        slot.heard = bool(slot.boxes or slot.reactions)
        slot.detached = slot.node in self._detached
        slot.settle()
