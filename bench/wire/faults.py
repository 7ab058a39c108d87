"""Faults on messages and nodes. A fault is one object with a beginning and an end; several may lie on one message.

A fault with a count counts what it did: frames that ended on the wire as it left them, or releases that it dropped. A
faulty frame that was overwritten in its mailbox, or given up with its sender, was never seen by anybody and is not
counted; another one is spoiled for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.model.stimulus import Fault
from bench.wire.bus import Bus, Listening
from bench.wire.slot import Slot
from bench.wire.spoiling import (
    BYTES,
    COUNTER,
    DELAY,
    DROP,
    DUPLICATE,
    SIGNAL,
    Spoil,
    byte_spoiler,
    counted,
    signal_spoiler,
)  # fmt: skip

Ended = Callable[[int], None]
"""Called with the instant (ns) at which a fault that limits itself is over; nothing of it is released from then on."""


class SlotFault:
    """A fault on one message, on the wire: it stays when the sender starts anew.

    With a count it ends itself through `ended`, 1 ns after the end of its last frame on the wire; a drop 1 ns after the
    last dropped release. `chance` is what counter_random draws from.
    """

    def __init__(self, fault: Fault, bus: Bus, ended: Ended, chance: Random | None = None) -> None:
        self.fault = fault
        self.kind = fault.kind
        self.left = fault.count
        self.underway = 0
        self._bus = bus
        self._ended = ended
        self._chance = Random(0) if chance is None else chance
        self._slots = (bus.slot_of(fault.message), *bus.slots_of(fault.message)[1:])
        self._spoilers: dict[int, Spoil] = {}

    def begin(self, _: int) -> None:
        """Lay the fault on the message's slots."""
        for slot in self._slots:
            if not isinstance(slot.fault, FaultySlot):
                slot.fault = FaultySlot(slot, self._bus)
            if self.kind in SIGNAL:
                self._spoilers[slot.ordinal] = signal_spoiler(self.fault, slot.layout, slot.ready_data)
            elif self.kind in BYTES:
                self._spoilers[slot.ordinal] = byte_spoiler(self.fault, slot.layout)
            slot.fault.add(self)

    def end(self, _: int) -> None:
        """Take it off again."""
        for slot in self._slots:
            assert isinstance(slot.fault, FaultySlot)
            if slot.fault.remove(self):
                slot.fault = None

    @property
    def spent(self) -> bool:
        """Whether it has spoiled all that it should: only the end of the last frame is still to come."""
        return self.left is not None and self.left <= self.underway

    def count(self, last: int, modulo: int) -> int:
        """The counter that follows `last` under this fault."""
        return counted(self.fault, last, modulo, self._chance)

    def alter(self, slot: Slot, data: bytes) -> bytes:
        """What it makes of a content or a payload."""
        return self._spoilers[slot.ordinal](data)

    def done(self, at: int) -> None:
        """One faulty frame ended, or one release was dropped, at `at`."""
        if self.left:
            self.left -= 1
            if not self.left:
                self._ended(at + 1)


@dataclass(slots=True, eq=False)
class Put:
    """A payload that goes out from `at` on while a fault with a count lies on its message; `by` are those at work."""

    data: bytes
    at: int
    by: tuple[SlotFault, ...]


class FaultySlot:
    """What a slot with faults on it gives out in place of its own payload, and the account of what has gone out."""

    __slots__ = ("_base", "_bus", "_copies", "_ear", "_own", "_shown", "_slot", "_voided", "faults")

    def __init__(self, slot: Slot, bus: Bus) -> None:
        self.faults: list[SlotFault] = []
        self._slot = slot
        self._bus = bus
        self._shown = slot.counter
        self._base = (slot.counter - 1) % slot.modulo if slot.ready and slot.modulo else slot.counter
        self._voided = slot.voided
        self._own: list[Put] = []
        self._copies: list[Put] = []
        self._ear: Listening | None = None

    def add(self, fault: SlotFault) -> None:
        """Lay one more fault on the slot."""
        self.faults.append(fault)
        if fault.left is None:
            return
        if fault.kind == DROP:
            self._bus.watch(self._slot)
        elif self._ear is None:
            self._ear = self._bus.live(self._slot.layout.name, self._heard)

    def remove(self, fault: SlotFault) -> bool:
        """Take one off; says whether it was the last."""
        self.faults.remove(fault)
        if fault.kind in COUNTER and fault.fault.back == "continue":
            self._slot.counter = self._shown
        if fault.kind == DROP and fault.fault.count is not None:
            self._bus.unwatch(self._slot)
        if not self.faults and self._ear is not None:
            self._ear.cancel()
        return not self.faults

    def __call__(self, slot: Slot, at: int) -> bytes | None:
        """The payload of a release at `at`; None where nothing goes into the mailbox."""
        self._write_off_voided()
        if not slot.ready:
            self._base = self._shown
        at_work = [fault for fault in self.faults if not fault.spent]
        data = self._spoiled(slot, at_work)
        drops = [fault for fault in at_work if fault.kind == DROP]
        if slot.detached:
            return data
        if drops:
            for fault in drops:
                fault.done(at)
            return None
        return self._put(slot, at, data, at_work)

    # ---- the payload --------------------------------------------------------------------------------------------

    def _spoiled(self, slot: Slot, at_work: Sequence[SlotFault]) -> bytes:
        counter = self._shown = self._counter(slot)
        content = slot.content()
        whole = len(content) == slot.layout.length  # what somebody else sent need not be
        signals = [fault for fault in at_work if fault.kind in SIGNAL and whole]
        for fault in signals:
            content = fault.alter(slot, content)
        data = slot.protected(content, counter) if signals else slot.complete(counter)[0] if whole else content
        # The length comes last, so that there are bits to invert.
        for fault in sorted((fault for fault in at_work if fault.kind in BYTES), key=lambda one: one.kind == "dlc"):
            data = fault.alter(slot, data)
        return data

    def _counter(self, slot: Slot) -> int:
        """The alive counter: by the latest fault at work, or as the latest one that has done its work goes on."""
        faults = [fault for fault in self.faults if fault.kind in COUNTER and slot.modulo]
        turning = [fault for fault in faults if not fault.spent]
        if turning:
            return turning[-1].count(self._base, slot.modulo)
        if faults and faults[-1].fault.back == "continue":
            return (self._base + 1) % slot.modulo
        return slot.counter

    # ---- what goes out ------------------------------------------------------------------------------------------

    def _put(self, slot: Slot, at: int, data: bytes, at_work: Sequence[SlotFault]) -> bytes | None:
        """Into the mailbox, or as a copy beside it."""
        lag = sum(fault.fault.lag for fault in at_work if fault.kind == DELAY)
        twins = [fault for fault in at_work if fault.kind == DUPLICATE]
        others = tuple(fault for fault in at_work if fault.kind != DUPLICATE)
        if lag:
            self._copy(slot, at + lag, data, others)
        else:
            if slot.ready and self._own:
                self._write_off(self._own.pop())
            self._note(self._own, Put(data, at, others))
        for fault in twins:
            self._copy(slot, at + lag, data, (fault,))
        return None if lag else data

    def _copy(self, slot: Slot, at: int, data: bytes, by: tuple[SlotFault, ...]) -> None:
        self._bus.send_copy(slot, data, at)
        self._note(self._copies, Put(data, at, by))

    def _note(self, puts: list[Put], put: Put) -> None:
        if self._ear is None:
            return
        put.by = tuple(fault for fault in put.by if fault.left is not None)
        puts.append(put)
        for fault in put.by:
            fault.underway += 1

    def _heard(self, now: int, end: int, data: bytes) -> None:
        """A frame of the message ended: ours, if it is not still waiting and says what we put."""
        self._write_off_voided()
        own = self._own[:-1] if self._slot.ready else self._own
        for place, put in enumerate(own):
            if put.data == data:
                for lost in self._own[:place]:  # a mailbox empties in order, so what was put before is gone
                    self._write_off(lost)
                del self._own[: place + 1]
                self._gone(put, now)
                return
        for put in self._copies:
            if put.data == data and put.at < end:
                self._copies.remove(put)
                self._gone(put, now)
                return

    def _gone(self, put: Put, end: int) -> None:
        self._write_off(put)
        for fault in put.by:
            fault.done(end)

    def _write_off(self, put: Put) -> None:
        for fault in put.by:
            fault.underway -= 1

    def _write_off_voided(self) -> None:
        """What waited when its sender was stopped, reset or pulled off never went out."""
        while self._voided < self._slot.voided:
            self._voided += 1
            if self._own:
                self._write_off(self._own.pop())


class NodeOff:
    """A node whose connector is pulled from all its buses."""

    def __init__(self, fault: Fault, buses: Sequence[Bus]) -> None:
        self._node = fault.node
        self._buses = buses

    def begin(self, _: int) -> None:
        """Pull it."""
        for bus in self._buses:
            bus.detach(self._node)

    def end(self, _: int) -> None:
        """Plug it in again."""
        for bus in self._buses:
            bus.attach(self._node)
