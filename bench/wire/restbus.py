"""The rest of the bus: every message whose sender is nobody's model goes out at its cycle.

It is a table of slots, not a process per message; the bus itself keeps their grids.
"""

from collections.abc import Collection

from bench.model.expression import Value
from bench.model.layout import BusLayout, SendType
from bench.wire.bus import Bus
from bench.wire.slot import Slot


class Restbus:
    """The restbus of one bus. `modelled` are the nodes that a virtual or real ECU plays."""

    def __init__(self, bus: Bus, layout: BusLayout, modelled: Collection[str]) -> None:
        self._bus = bus
        self.slots: dict[str, Slot] = {
            message.name: bus.slot(message.name, message.sender)
            for message in layout.messages
            if message.sender not in modelled
        }
        self._awake = False

    def wake(self, now: int) -> None:
        """Begin all cycles. Harmless when they run already."""
        if not self._awake:
            self._awake = True
            for slot in self.slots.values():
                if slot.cycle:
                    self._bus.start(slot, now)

    def sleep(self) -> None:
        """End all cycles."""
        if self._awake:
            self._awake = False
            for slot in self.slots.values():
                self._bus.stop(slot)

    def put(self, message: str, signal: str, value: Value, now: int) -> None:
        """Set one signal; a message that is sent on events goes out if that changed anything."""
        slot = self.slots[message]
        if slot.put(signal, value) and slot.layout.send_type is not SendType.CYCLIC and self._awake:
            self._bus.send(slot, now)
