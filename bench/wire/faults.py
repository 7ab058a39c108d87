"""Faults on slots and nodes. A fault is one object with a beginning and an end; several may lie on one slot."""

from collections.abc import Callable

from bench.model.stimulus import Fault
from bench.network.protection import crc_field
from bench.wire.bus import Bus
from bench.wire.slot import Slot


class Faulty:
    """What a slot with faults on it gives out in place of its own payload."""

    __slots__ = ("faults",)

    def __init__(self) -> None:
        self.faults: list[SlotFault] = []

    def __call__(self, slot: Slot, at: int) -> bytes | None:
        frozen = self.frozen()
        data: bytes | None = slot.complete(slot.counter if frozen is None else frozen)[0]
        for fault in tuple(self.faults):
            if data is not None:
                data = fault.alter(data)
            fault.count_down(at)
        return data

    def frozen(self) -> int | None:
        """The value at which the counter stands, if a fault holds it."""
        frozen = [fault.frozen for fault in self.faults if fault.kind == "counter_freeze" and not fault.spent]
        return frozen[-1] if frozen else None


class SlotFault:
    """A drop, corrupt, counter_freeze or crc_wrong on one message.

    With a count it ends itself 1 ns after the release of the last faulty frame, through `ended`.
    """

    def __init__(self, fault: Fault, bus: Bus, ended: Callable[[int], None]) -> None:
        self.kind = fault.kind
        self.frozen = 0
        self._fault = fault
        self._bus = bus
        self._ended = ended
        self._left = fault.count
        self._slots = (bus.slot_of(fault.message), *bus.slots_of(fault.message)[1:])
        self._invert = b""

    def begin(self, _: int) -> None:
        """Lay the fault on the message's slots."""
        for slot in self._slots:
            if not isinstance(slot.fault, Faulty):
                slot.fault = Faulty()
            frozen = slot.fault.frozen()
            self.frozen = max(slot.counter, 0) if frozen is None else frozen
            slot.fault.faults.append(self)
            self._invert = inverted(self._fault, slot)
            if self._left is not None:
                self._bus.watch(slot)

    def end(self, _: int) -> None:
        """Take it off again."""
        for slot in self._slots:
            assert isinstance(slot.fault, Faulty)
            slot.fault.faults.remove(self)
            if not slot.fault.faults:
                slot.fault = None
            if self.kind == "counter_freeze" and self._fault.back == "continue":
                slot.counter = self.frozen
            if self._fault.count is not None:
                self._bus.unwatch(slot)

    @property
    def spent(self) -> bool:
        """Whether all faulty frames have been released and only the end is still to come."""
        return self._left == 0

    def alter(self, data: bytes) -> bytes | None:
        """What of a payload goes out; None: nothing."""
        if self.kind == "counter_freeze" or self.spent:
            return data
        if self.kind == "drop":
            return None
        return bytes(one ^ other for one, other in zip(data, self._invert, strict=True))

    def count_down(self, at: int) -> None:
        """One faulty frame has been released."""
        if self._left:
            self._left -= 1
            if not self._left:
                self._ended(at + 1)


class NodeOff:
    """A node whose connector is pulled from all its buses."""

    def __init__(self, fault: Fault, buses: tuple[Bus, ...]) -> None:
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


def inverted(fault: Fault, slot: Slot) -> bytes:
    """The mask of payload bits that a corrupt or crc_wrong inverts."""
    mask = bytearray(slot.layout.length)
    if fault.kind == "corrupt":
        for bit in fault.bits:
            mask[bit // 8] ^= 1 << bit % 8
    elif fault.kind == "crc_wrong" and slot.layout.protection:
        for byte in crc_field(slot.layout.protection):
            mask[byte] ^= 0xFF
    return bytes(mask)
