"""The bench between two halves of a bus: what comes from one half goes out on the other."""

from collections.abc import Callable

from bench.model.layout import BusLayout
from bench.wire.hearing import Hearing
from bench.wire.port import Message, Port, flags_of
from bench.wire.punctuality import LATE, Accounts
from bench.wire.slot import Slot
from bench.wire.stamps import Stamps

Transmit = Callable[[Slot, bytes, int, int, int], int]
"""Hands over (slot, payload, its time on the wire, release, now); gives the instant after that."""


class Crossing:
    """Two ports that look like one. A message goes to the half that it does not come from; what is ours to both."""

    def __init__(self, one: Port, other: Port) -> None:
        self.ends = (one, other)
        self.name = f"{one.name} with {other.name}"
        self.echoes = False
        self._side: dict[tuple[int, bool], int] = {}

    def came(self, message: Message, side: int) -> None:
        """Note on which half the sender of a message is."""
        self._side[message.arbitration_id, message.is_extended_id] = side

    def send(self, message: Message) -> None:
        """Send where it is not at home."""
        home = self._side.get((message.arbitration_id, message.is_extended_id))
        for side, port in enumerate(self.ends):
            if side != home:
                port.send(message)

    def close(self) -> None:
        """Close both."""
        for port in self.ends:
            port.close()


class Passage:
    """Passes on what is heard, with the faults that lie on it. A frame's release is when it came in."""

    def __init__(
        self,
        crossing: Crossing,
        layout: BusLayout,
        hearing: Hearing,
        accounts: Accounts,
        slot_of: Callable[[str], Slot],
        transmit: Transmit,
        clock: Callable[[], int],
    ) -> None:
        self._crossing = crossing
        self._named = {(message.id, message.extended): message.name for message in layout.messages}
        self._hearing = hearing
        self._accounts = accounts
        self._slot_of = slot_of
        self._transmit = transmit
        self._clock = clock

    def hear(self, side: int, stamps: Stamps, message: Message, heard: int, now: int) -> None:
        """One thing that the reader of that half got at `heard`."""
        at = stamps.of(message.timestamp, heard)
        if at < 0 or self._hearing.is_error(message, at):
            return
        self._crossing.came(message, side)
        data: bytes | None = bytes(message.data)
        through = self._hearing.stranger(message.arbitration_id, flags_of(message), len(message.data))
        name = self._named.get((message.arbitration_id, message.is_extended_id))
        if name is not None and not message.is_remote_frame:
            slot = self._slot_of(name)
            slot.relay(bytes(message.data))
            if slot.fault is not None:
                data = slot.fault(slot, now)
            ledger = self._accounts.of(slot)
            late = self._clock() - at
            ledger.late.append(late)
            if late > LATE:
                ledger.was_late(at, at + late, late)
        if data is not None:
            self._transmit(through, data, through.duration(data), at, self._clock())
