"""The timetable of a bus: all releases of the cyclic grids over one hyperperiod, read round and round."""

from collections.abc import Sequence
from math import lcm

from bench.clock.calendar import FOREVER
from bench.wire.slot import Slot

MOST_ROWS = 50_000
"""Rows above which a grid is not worked out in advance but booked from release to release."""


class Timetable:
    """Rows (offset, slot) from instant `base` on, in the order of release, repeated every `period`; times in ns.

    `row` is the row that comes next, `round` the instant from which its offset counts, `next_at` their sum. A slot
    whose cycle would make the table too long is not in it.
    """

    __slots__ = ("next_at", "offsets", "period", "round", "row", "slots")

    def __init__(self, slots: Sequence[Slot], base: int) -> None:
        self.period = 1
        chosen: list[Slot] = []
        for slot in slots:
            period = lcm(self.period, slot.cycle)
            if sum(period // other.cycle for other in (*chosen, slot)) <= MOST_ROWS:
                self.period = period
                chosen.append(slot)
        rows = sorted(
            (slot.next_release(base) - base + turn * slot.cycle, slot.entry, slot)
            for slot in chosen
            for turn in range(self.period // slot.cycle)
        )
        self.offsets = [row[0] for row in rows]
        self.slots = [row[2] for row in rows]
        self.row = 0
        self.round = base
        self.next_at = base + self.offsets[0] if rows else FOREVER
