"""Frames that go out once each, beside the mailboxes of slots: raw frames, and copies that a fault makes of others."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

from bench.wire.slot import Slot


class Singles:
    """The frames of one id and sender, in the order in which they are due: one in the slot's mailbox, the rest behind.

    So none replaces another. It is the slot's `fault`, which gives the payload of a release, and it hears the end of
    the slot's frames. `push` tells the bus that the slot is ready again.
    """

    def __init__(self, slot: Slot, push: Callable[[Slot], None]) -> None:
        self.slot = slot
        self._push = push
        self._due: list[tuple[int, int, bytes]] = []
        self._behind: deque[tuple[int, bytes]] = deque()
        self._added = 0
        self._voided = 0

    def add(self, data: bytes, at: int) -> None:
        """One more, for the release that is booked at `at`."""
        self._added += 1
        heappush(self._due, (at, self._added, data))

    def __call__(self, slot: Slot, _: int) -> bytes | None:
        """What goes into the mailbox; None where the frame must wait behind others."""
        due, _, data = heappop(self._due)
        if self._voided != slot.voided or slot.detached:
            self._voided = slot.voided
            self._behind.clear()  # the sender has been off the bus
        if slot.ready or self._behind:
            self._behind.append((due, data))
            return None
        return data

    def hear(self, _end: int, _data: bytes, _now: int = 0) -> None:
        """A frame of the slot ended: the next one comes into the mailbox, in time for the next arbitration."""
        slot = self.slot
        if slot.ready or not self._behind:
            return
        if slot.detached:
            self._behind.clear()
            return
        slot.released, slot.ready_data = self._behind.popleft()
        slot.ready_duration = slot.duration(slot.ready_data)
        slot.ready = True
        self._push(slot)

    def step_back(self) -> None:
        """The frame in the mailbox goes behind again, as the first: the one before it has to be sent once more."""
        slot = self.slot
        self._behind.appendleft((slot.released, slot.ready_data))
        slot.ready = False
