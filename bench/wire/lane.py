"""The frames of one bus as they are taken down: flat rows at first, columns as soon as there are enough of them."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import Any

FrameRow = tuple[int, int, int, int, bytes]
"""(end, start, release, number of the slot, data), times in ns; see `Frames` for the meaning."""

WIDTH = 5
"""Values in a row."""

FULL = 2048 * WIDTH
"""So many values wait to be put into columns. They are still in the processor's cache then, and what they were made of
is used again, so that a long run does not go through ever new memory."""


class Lane:
    """Append-only. `take` takes a row down; rows come in the order of their ends, unless the lane is not `ordered`."""

    def __init__(self, ordered: bool = True) -> None:
        self._ordered = ordered
        self._rows: list[Any] = []
        self.take: Callable[[FrameRow], None] = self._rows.extend
        # Q takes numbers three times as fast as q does, but nothing below zero, and stamps of an interface may be.
        self.ends, self.starts, self.releases = (array("Q" if ordered else "q") for _ in range(3))
        self.slots = array("I")
        self.data: list[bytes] = []

    def __len__(self) -> int:
        return len(self.ends) + len(self._rows) // WIDTH

    def settle(self) -> None:
        """Put what waits into columns if it is much. To be called now and then, not while a row is taken down."""
        if len(self._rows) >= FULL:
            self._settle()

    def sent(self, begin: int) -> Counter[int]:
        """How many frames of each slot there are from row `begin` on."""
        self._settle()
        return Counter(self.slots[begin:])

    def close(self, at: int) -> None:
        """Put the rows in order, and leave out what ended at `at` or later: a bus runs ahead of the run's end."""
        self._settle()
        if not self._ordered:
            order = sorted(range(len(self.ends)), key=self.ends.__getitem__)  # equal ends keep their order
            for column in (self.ends, self.starts, self.releases, self.slots):
                column[:] = array(column.typecode, [column[row] for row in order])
            self.data = [self.data[row] for row in order]
        kept = bisect_left(self.ends, at)
        self.ends, self.starts, self.releases = (
            array("q", column[:kept].tobytes()) for column in (self.ends, self.starts, self.releases)
        )
        del self.slots[kept:], self.data[kept:]

    def _settle(self) -> None:
        rows = self._rows
        self.ends.fromlist(rows[0::WIDTH])
        self.starts.fromlist(rows[1::WIDTH])
        self.releases.fromlist(rows[2::WIDTH])
        self.slots.fromlist(rows[3::WIDTH])
        self.data += rows[4::WIDTH]
        rows.clear()
