"""What is to be released on a bus and when: cyclic grids in a timetable, all else booked one by one.

It knows neither arbitration nor wire. A bus asks for what is due, in order, and does the rest.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from bench.errors import BenchBug
from bench.wire.roster import Roster
from bench.wire.slot import Slot
from bench.wire.timetable import Timetable

WAITED, EVENT, BENCH, CYCLIC, POSTPONED = range(5)
"""What a release comes from: a minimum delay that is over, the sender, the bench that took the slot over, or the grid.

The last is one of the grid that `postpone` has put off; `CYCLIC` and above are the grid's.

At one instant the releases of a slot come in this order.
"""

Booking = tuple[int, int, int, int, int, Slot]
"""A release to come: (instant, the slot's entry in arbitration, who asked, bookings before it, epoch, slot)."""


class Releases:
    """The releases of one bus. `reached` is the instant before which all of them have been given out."""

    def __init__(self, roster: Roster) -> None:
        self.reached = 0
        self._roster = roster
        self.timetable = Timetable((), 0)
        self.bookings: list[Booking] = []
        self._booked = 0
        self._strays = 0
        self._stale = False
        self._too_long: set[int] = set()

    @property
    def settled(self) -> bool:
        """Whether the timetable stays as it is until somebody starts or stops a grid."""
        return not (self._strays or self._stale)

    # ---- senders ------------------------------------------------------------------------------------------------

    def slot(self, message: str, node: str) -> Slot:
        """The slot of a message for the node that sends it, as after a reset: silent, start values, counter at zero."""
        for slot in self._roster.slots_of(message, node):
            self.stop(slot)
            slot.renew()
            return slot
        return self._roster.add(message, node)

    def slot_of(self, message: str) -> Slot:
        """The slot of a message, also where its sender has never been awake."""
        for slot in self._roster.slots_of(message):
            return slot
        return self.slot(message, self._roster.layout.message(message).sender)

    def start(self, slot: Slot, now: int) -> None:
        """Begin the cyclic grid: the first release comes after the slot's offset."""
        if slot.cycle <= 0:
            raise BenchBug(f"{slot.layout.path} has no cycle, so it cannot be started; send it instead")
        if slot.running:
            self.stop(slot)
        slot.running = True
        slot.grid = now + slot.layout.offset
        self.book(slot, slot.grid if slot.sway is None else slot.grid + abs(slot.sway()), CYCLIC)
        self._strays += slot.sway is None

    def stop(self, slot: Slot) -> None:
        """End the cyclic grid and cancel what is ready but not yet sent."""
        slot.cancel()
        if slot.tabled:
            slot.tabled = False
            self._stale = True

    def send(self, slot: Slot, at: int) -> None:
        """Ask for one release at `at` (not before now), or as soon as the minimum delay allows."""
        if slot.deferred:
            return
        earliest = slot.last_release + slot.layout.min_delay
        if earliest > at:
            self._defer(slot, earliest)
        else:
            self.book(slot, at, EVENT)

    def send_override(self, slot: Slot, at: int) -> None:
        """Release a slot that was taken over once, at `at`, whatever its minimum delay."""
        self.book(slot, at, BENCH)

    def postpone(self, slot: Slot, at: int) -> None:
        """Put one release of the grid off until `at`; the grid itself stays where it is."""
        self.book(slot, at, POSTPONED)

    def book(self, slot: Slot, at: int, kind: int) -> None:
        """Book one release."""
        if at < self.reached:
            raise BenchBug(
                f"a release of {slot.layout.path} was booked at {at} ns, but {self._roster.layout.name} is at "
                f"{self.reached} ns"
            )
        self._booked += 1
        heappush(self.bookings, (at, slot.entry, kind, self._booked, slot.epoch, slot))

    # ---- time ---------------------------------------------------------------------------------------------------

    def next_at(self) -> int:
        """No release comes before this instant, unless somebody books one; FOREVER when there is none."""
        bookings, due = self.bookings, self.timetable.next_at
        return bookings[0][0] if bookings and bookings[0][0] < due else due

    def due(self, limit: int) -> Iterator[tuple[int, int, Slot]]:
        """The releases before `limit` as (instant, who asked, slot): by instant, then in the order of arbitration.

        Whoever takes them asks `admitted` before it releases a slot that is not plain.
        """
        self.settle()
        table, bookings = self.timetable, self.bookings
        offsets, slots, row, base, at = table.offsets, table.slots, table.row, table.round, table.next_at
        while True:
            if bookings and bookings[0][0] <= at and (bookings[0][0] < at or bookings[0][1] <= slots[row].entry):
                if bookings[0][0] >= limit:
                    break
                due, _, kind, _, epoch, slot = heappop(bookings)
                if kind != BENCH and epoch != slot.epoch:
                    continue
                if kind == CYCLIC:
                    slot.grid += slot.cycle
                    self.book(slot, slot.grid if slot.sway is None else slot.grid + slot.sway(), CYCLIC)
                yield due, kind, slot
                continue
            if at >= limit:
                break
            due, slot = at, slots[row]
            row += 1
            if row == len(offsets):
                row = 0
                base += table.period
            at = base + offsets[row]
            yield due, CYCLIC, slot
        table.row, table.round, table.next_at = row, base, at
        self.reached = max(self.reached, limit)

    def admitted(self, slot: Slot, at: int, kind: int) -> bool:
        """Whether a release may go out; one that comes within the minimum delay waits until that is over."""
        if kind == WAITED:
            slot.deferred = False
        if kind == BENCH:
            return True
        if slot.held:
            return False
        delay = slot.layout.min_delay
        if delay and at < slot.last_release + delay:
            # The grid stays; this one transmission waits until the minimum delay is over, and one wait is enough.
            # An event comes here too early when another of the same instant has just been released.
            if not slot.deferred:
                self._defer(slot, slot.last_release + delay)
            return False
        return True

    def _defer(self, slot: Slot, at: int) -> None:
        slot.deferred = True
        self.book(slot, at, WAITED)

    def settle(self) -> None:
        """Take into the timetable what has been started, and out of it what was stopped."""
        if self._stale:
            # All at once: a key that is turned stops dozens of slots at one instant.
            self._stale = False
            self._retable()
            self._strays += len(self._too_long)  # the table may have room for them now
            self._too_long.clear()
        if self._strays:
            self._gather()

    def _gather(self) -> None:
        """Take grids that were booked from release to release into the timetable, as soon as they have begun.

        One whose cycle would make the table too long stays as it is, and is not tried again at each step.
        """
        base = self.reached
        strays = [
            (at, slot)
            for at, _, kind, _, epoch, slot in self.bookings
            if kind == CYCLIC and epoch == slot.epoch and slot.sway is None and slot.ordinal not in self._too_long
        ]
        found = [slot for at, slot in strays if at < base + slot.cycle]
        if found:
            self._retable(found)
            self._too_long.update(slot.ordinal for slot in found if not slot.tabled)
            taken = {slot.ordinal for slot in found if slot.tabled}
            self.bookings[:] = [b for b in self.bookings if b[2] != CYCLIC or b[5].ordinal not in taken]
            heapify(self.bookings)
        self._strays = len(strays) - len(found)

    def _retable(self, newcomers: "list[Slot] | tuple[Slot, ...]" = ()) -> None:
        # Those that are in the table come first: nothing is booked for them, so they must not be pushed out.
        chosen = [*(slot for slot in self._roster.slots if slot.tabled), *newcomers]
        self.timetable = Timetable(chosen, self.reached)
        kept = {slot.ordinal for slot in self.timetable.slots}
        for slot in chosen:
            slot.tabled = slot.ordinal in kept
