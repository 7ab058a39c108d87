"""Faults of the wire itself: frames that are destroyed, a node driven off the bus, a babbling one, shorted lines.

Each is one object with a beginning and an end, half open, [begin, end). What follows from them (error frames, counters,
bus-off, recovery) is the bus's own doing. Only a simulated bus can be treated so; a plan for another one refuses them.
"""

from collections.abc import Callable, Sequence

from bench.errors import BenchBug
from bench.model.stimulus import Fault
from bench.wire.bus import Bus
from bench.wire.simbus import SimBus
from bench.wire.slot import Slot

Ended = Callable[[int], None]
"""Called with the instant (ns) at which a fault that limits itself is over."""

SILENCING = ("can_h", "both", "ground")
"""Shorts under which the bus stays recessive.

CAN_H to ground, both lines to ground, and CAN_H to CAN_L leave no room for the differential voltage of a dominant bit
(ISO 11898-2: at least 0.9 V at a receiver). With CAN_L alone at ground CAN_H still rises above it when it is driven
and falls to it through the termination when it is not, so high-speed transceivers go on, with less margin against
noise; the bench assumes that all do, and only records the fault.
"""


class BusShort:
    """Shorted lines of one bus."""

    def __init__(self, fault: Fault, bus: Bus) -> None:
        self._silences = (fault.lines or "both") in SILENCING
        self._bus = simulated(bus, fault)

    def begin(self, _: int) -> None:
        """Short them: what is on the wire is destroyed."""
        if self._silences:
            self._bus.short()

    def end(self, _: int) -> None:
        """Mend them."""
        if self._silences:
            self._bus.unshort()


class ErrorFrames:
    """Frames of a message, a node or a whole bus are destroyed: the first bit after the DLC is inverted on the wire.

    That holds for each frame that starts in the window, tries again included. With a count it ends itself through
    `ended`, 1 ns after the last of so many frames was destroyed.
    """

    def __init__(self, fault: Fault, bus: Bus, ended: Ended) -> None:
        self._bus = simulated(bus, fault)
        self._message = self._bus.slot_of(fault.message).message if fault.message else None
        self._node = fault.node
        self._left = fault.count
        self._ended = ended

    def begin(self, _: int) -> None:
        """Lay it on the bus."""
        self._bus.spoil(self)

    def end(self, _: int) -> None:
        """Take it off."""
        self._bus.unspoil(self)

    def concerns(self, slot: Slot) -> bool:
        """Whether the slot's frames are among those it is laid on."""
        return self._message in (None, slot.message) and self._node in ("", slot.node)

    def destroys(self, slot: Slot) -> bool:
        """Whether it destroys the frame that the slot starts now."""
        return self._left != 0 and self.concerns(slot)

    def destroyed(self, at: int, _: bool) -> None:
        """One frame was."""
        if self._left:
            self._left -= 1
            if not self._left:
                self._ended(at + 1)


class BusOff:
    """All that a node starts is destroyed, so that it goes bus-off by itself, and again after each recovery.

    With a count it ends itself through `ended`, 1 ns after so many bus-offs, on all the buses together.
    """

    def __init__(self, fault: Fault, buses: Sequence[Bus], ended: Ended) -> None:
        self._node = fault.node
        self._buses = [simulated(bus, fault) for bus in buses if fault.bus in ("", bus.name)]
        self._left = fault.count
        self._ended = ended

    def begin(self, _: int) -> None:
        """Lay it on the node's buses."""
        for bus in self._buses:
            bus.spoil(self)

    def end(self, _: int) -> None:
        """Take it off."""
        for bus in self._buses:
            bus.unspoil(self)

    def concerns(self, slot: Slot) -> bool:
        """Whether it is a slot of the node."""
        return slot.node == self._node

    def destroys(self, slot: Slot) -> bool:
        """Whether it destroys the frame that the slot starts now."""
        return self._left != 0 and slot.node == self._node

    def destroyed(self, at: int, off: bool) -> None:
        """One frame was; `off` if that made the node bus-off."""
        if self._left and off:
            self._left -= 1
            if not self._left:
                self._ended(at + 1)


class Babble:
    """A node more on the bus, which sends one id over and over so that it loads the bus by its share."""

    def __init__(self, fault: Fault, bus: Bus) -> None:
        self._fault = fault
        self._bus = simulated(bus, fault)
        self._slot: Slot | None = None

    def begin(self, now: int) -> None:
        """Let it talk."""
        fault = self._fault
        self._slot = self._bus.babbler(f"babble {fault.id}", fault.identifier or 0, fault.extended, fault.load)
        self._bus.start(self._slot, now)

    def end(self, _: int) -> None:
        """Silence it."""
        if self._slot is not None:
            self._bus.stop(self._slot)


def simulated(bus: Bus, fault: Fault) -> SimBus:
    """The bus, if its wire can be spoiled at all; BenchBug where the plan should have refused the fault."""
    if not isinstance(bus, SimBus):
        raise BenchBug(
            f"fault {fault.id}: a {fault.kind} was planned on {bus.name}, whose wire the bench does not make"
        )
    return bus
