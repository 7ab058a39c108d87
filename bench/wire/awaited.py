"""Frames that were handed over and have not come back yet."""

from collections import deque
from collections.abc import Callable, Iterator

from bench.wire.port import Message
from bench.wire.slot import Slot

Sent = tuple[int, int, bytes]
"""(the instant at which it was due, when it was handed over, payload)."""

Lose = Callable[[Slot, int, int], None]
"""Called with (slot, instant at which it was due, when it was handed over) for a frame that did not come back."""


class Awaited:
    """The echoes that one bus waits for. Frames of one message come back in their order.

    An interface may mark its own frames (`is_rx` is false) or not; some mark those of other programs on this host as
    well. So a frame is ours if its id and its bytes are awaited, and an interface marks if such a one was marked.
    """

    def __init__(self, lose: Lose) -> None:
        self._lose = lose
        self._slots: dict[tuple[int, bool], list[Slot]] = {}
        self._sent: dict[int, deque[Sent]] = {}
        self._marked = False

    def add(self, slot: Slot, extended: bool) -> None:
        """Frames of this slot will be sent."""
        self._slots.setdefault((slot.id, extended), []).append(slot)
        self._sent[slot.ordinal] = deque()

    def sent(self, slot: Slot, at: int, called: int, data: bytes) -> None:
        """One was handed over."""
        self._sent[slot.ordinal].append((at, called, data))

    def match(self, message: Message, data: bytes) -> tuple[Slot, int, int] | None:
        """Whose echo this is: (slot, instant at which it was due, when it was handed over); None if it is not ours."""
        if self._marked and message.is_rx:
            return None
        for slot in self._slots.get((message.arbitration_id, message.is_extended_id), ()):
            sent = self._sent[slot.ordinal]
            place = next((place for place, one in enumerate(sent) if one[2] == data), None)
            if place is None:
                continue
            for _ in range(place):  # frames of one message keep their order, so those before it never came back
                self._lose(slot, *sent.popleft()[:2])
            at, called, _ = sent.popleft()
            self._marked = self._marked or not message.is_rx
            return slot, at, called
        return None

    def give_up(self, before: int) -> None:
        """Lose what was handed over before an instant."""
        for slot in self._every():
            sent = self._sent[slot.ordinal]
            while sent and sent[0][1] < before:
                self._lose(slot, *sent.popleft()[:2])

    def _every(self) -> Iterator[Slot]:
        for slots in self._slots.values():
            yield from slots
