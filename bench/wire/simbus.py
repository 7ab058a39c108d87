"""The simulated bus: one frame at a time, lowest id wins, every frame as long as its bits.

It is advanced by the kernel in windows. Releases and arbitration before the window's end, and frame ends up to it,
are done in one loop; what listeners are called for is booked in the calendar.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from bench.clock.calendar import FOREVER, Calendar
from bench.errors import BenchBug
from bench.model.expression import Value
from bench.model.frame import Frame
from bench.model.layout import BusLayout
from bench.network.timing import INTERMISSION_BITS
from bench.wire.recorder import Recorder
from bench.wire.roster import Roster, Sway
from bench.wire.slot import Slot
from bench.wire.timetable import Timetable

SHORTEST_BITS = 44
"""Bits of the shortest classic frame from start of frame to the end of EOF: no data, no stuff bit."""

SHORTEST_FD_BITS = (26, 33)
"""The same of the shortest FD frame with bit-rate switch, at (nominal rate, data rate)."""

WAITED, EVENT, BENCH, CYCLIC = range(4)
"""What a release comes from: a minimum delay that is over, the sender, the bench that took the slot over, or the grid.

At one instant the releases of a slot come in this order.
"""

Booking = tuple[int, int, int, int, int, Slot]
"""A release to come: (instant, the slot's entry in arbitration, who asked, bookings before it, epoch, slot)."""

Flight = tuple[Slot | None, bytes, int, int, int]
"""The frame on the wire: (slot or None, payload, start, release, end)."""


class SimBus:
    """A CAN bus in simulated time. `rank` orders buses; `offset` is the number of its first message in the plan."""

    def __init__(
        self,
        layout: BusLayout,
        calendar: Calendar,
        recorder: Recorder,
        rank: int = 0,
        offset: int = 0,
        sway: Sway | None = None,
    ) -> None:
        self.name = layout.name
        self._recorder = recorder
        self._roster = roster = Roster(layout, calendar, recorder, rank, offset, sway)
        self.has, self.slots_of = roster.has, roster.slots_of
        self.latch, self.unlatch, self.react, self.live = roster.latch, roster.unlatch, roster.react, roster.live
        self.detach, self.attach, self.refresh = roster.detach, roster.attach, roster.refresh
        self._slots = roster.slots
        self._bit = 1_000_000_000 // layout.bitrate
        self._pause = INTERMISSION_BITS * self._bit
        self._shortest = SHORTEST_BITS * self._bit
        if layout.data_bitrate:
            nominal, data = SHORTEST_FD_BITS
            self._shortest = min(self._shortest, nominal * self._bit + data * 1_000_000_000 // layout.data_bitrate)
        self._record = recorder.lane(rank)
        self._timetable = Timetable((), 0)
        self._strays = 0
        self._bookings: list[Booking] = []
        self._booked = 0
        self._ready: list[int] = []
        self._reached = 0
        self._free_at = 0
        self._flying: Flight = (None, b"", 0, 0, FOREVER)
        self._watched: list[Slot] = []

    # ---- senders ------------------------------------------------------------------------------------------------

    def slot(self, message: str, node: str) -> Slot:
        """The slot of a message for the node that sends it, as after a reset: silent, start values, counter at zero."""
        for slot in self.slots_of(message, node):
            self.stop(slot)
            slot.renew()
            return slot
        return self._roster.add(message, node)

    def slot_of(self, message: str) -> Slot:
        """The slot of a message, also where its sender has never been awake."""
        for slot in self.slots_of(message):
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
        self._book(slot, slot.grid if slot.sway is None else slot.grid + abs(slot.sway()), CYCLIC)
        self._strays += slot.sway is None

    def stop(self, slot: Slot) -> None:
        """End the cyclic grid and cancel what is ready but not yet sent."""
        slot.cancel()
        if slot.tabled:
            slot.tabled = False
            self._retable()

    def send(self, slot: Slot, at: int) -> None:
        """Ask for one release at `at` (not before now), or as soon as the minimum delay allows."""
        if slot.deferred:
            return
        earliest = slot.last_release + slot.layout.min_delay
        if earliest > at:
            self._defer(slot, earliest)
        else:
            self._book(slot, at, EVENT)

    def send_frame(self, frame: Frame, at: int) -> None:
        """Send a raw frame once. Whoever listens to a message of its id hears it, whatever it holds."""
        slot = self._roster.raw(frame)
        slot.grid = at
        self._book(slot, at, EVENT)

    def override(self, slot: Slot, values: Mapping[str, Value]) -> None:
        """Take a slot over: these signals instead of the sender's, and no release but by `send_override`."""
        slot.override(values)

    def send_override(self, slot: Slot, at: int) -> None:
        """Release a slot that was taken over once, at `at`, whatever its minimum delay."""
        self._book(slot, at, BENCH)

    # ---- the bench's hand on the bus ----------------------------------------------------------------------------

    def watch(self, slot: Slot) -> None:
        """Step from release to release of this slot, because what is booked at one of them is due at once."""
        self._watched.append(slot)

    def unwatch(self, slot: Slot) -> None:
        """End `watch`."""
        self._watched.remove(slot)

    # ---- time ---------------------------------------------------------------------------------------------------

    def window(self, now: int) -> int:
        """How far the bus may be advanced from `now` before something it causes could be due."""
        end = FOREVER
        for latency, slot in self._roster.heard:
            end = min(end, self._earliest_end(slot, now) + latency)
        for slot in self._watched:
            due = [at for at, *_, booked in self._bookings if booked is slot]
            if slot.tabled:
                due.append(slot.next_release(now))
            for at in due:
                end = min(end, at if at > now else now + 1)
        return end

    def advance(self, horizon: int) -> None:
        """Do all releases and arbitration before `horizon`, and all frame ends up to it."""
        if self._strays:
            self._gather()
        # This loop is most of a run's time: what it uses often is local, and written back where others need it.
        ready, slots, table, bookings = self._ready, self._slots, self._timetable, self._bookings
        record, pause = self._record, self._pause
        offsets, rows, row, due = table.offsets, table.slots, table.row, table.next_at
        slot, data, begun, released, end = self._flying
        free_at = self._free_at
        while True:
            if slot is not None:
                if end > horizon:
                    break
                record((end, begun, released, slot.number, data))
                if slot.heard:
                    for box in slot.boxes:
                        box.append((end, data))
                    for reaction in slot.reactions:
                        reaction.hear(end, data)
                slot = None
            start = free_at
            if not ready:
                first = bookings[0][0] if bookings and bookings[0][0] < due else due
                if first > start:
                    start = first
            if start >= horizon:
                break
            while due <= start and not bookings:
                one = rows[row]
                if one.ready or not one.plain:
                    break
                if not one.fixed:
                    one.release()
                one.ready = True
                one.released = due
                heappush(ready, one.entry)
                row += 1
                if row == len(rows):
                    row = 0
                    table.round += table.period
                due = table.round + offsets[row]
            if due <= start or (bookings and bookings[0][0] <= start):
                table.row, table.next_at = row, due
                self._release_until(start + 1)
                row, due = table.row, table.next_at
            while ready:
                winner = slots[heappop(ready) & 0xFFFF]
                # A slot that was stopped and started again may stand in the queue twice; only one of them counts.
                if winner.ready:
                    winner.ready = False
                    slot = winner
                    data = slot.ready_data
                    begun = start
                    released = slot.released
                    end = start + slot.ready_duration
                    free_at = end + pause
                    break
        table.row, table.next_at = row, due
        self._release_until(horizon)
        self._flying = (slot, data, begun, released, end)
        self._free_at = free_at
        self._reached = horizon

    def _earliest_end(self, slot: Slot, now: int) -> int:
        """No frame of the slot can end before this instant, unless somebody sets it going later than now."""
        if slot is self._flying[0]:
            return self._flying[4]
        due = now
        if not slot.ready:
            due = min((booking[0] for booking in self._bookings if booking[5] is slot), default=FOREVER)
            if slot.tabled:
                due = min(due, slot.next_release(self._reached))
        return max(due, now, self._free_at) + self._shortest

    def _release_until(self, limit: int) -> None:
        """Do the releases before `limit`, in their order: by instant, then by arbitration."""
        table, bookings, ready = self._timetable, self._bookings, self._ready
        offsets, slots, row, base = table.offsets, table.slots, table.row, table.round
        at = table.next_at
        while True:
            if bookings and bookings[0][0] <= at and (bookings[0][0] < at or bookings[0][1] <= slots[row].entry):
                if bookings[0][0] >= limit:
                    break
                self._release_booked(heappop(bookings))
                continue
            if at >= limit:
                break
            slot = slots[row]
            row += 1
            if row == len(offsets):
                row = 0
                base += table.period
            if slot.plain and not slot.ready:
                if not slot.fixed:
                    slot.release()
                slot.ready = True
                slot.released = at
                heappush(ready, slot.entry)
            else:
                self._release(slot, at, CYCLIC)
            at = base + offsets[row]
        table.row, table.round, table.next_at = row, base, at

    def _release_booked(self, booking: Booking) -> None:
        at, _, kind, _, epoch, slot = booking
        if kind != BENCH and epoch != slot.epoch:
            return
        if kind == CYCLIC:
            slot.grid += slot.cycle
            self._book(slot, slot.grid if slot.sway is None else slot.grid + slot.sway(), CYCLIC)
        self._release(slot, at, kind)

    def _release(self, slot: Slot, at: int, kind: int) -> None:
        if kind == WAITED:
            slot.deferred = False
        if kind != BENCH and slot.held:
            return
        delay = slot.layout.min_delay
        if kind != BENCH and delay and at < slot.last_release + delay:
            # The grid stays; this one transmission waits until the minimum delay is over, and one wait is enough.
            # An event comes here too early when another of the same instant has just been released.
            if not slot.deferred:
                self._defer(slot, slot.last_release + delay)
            return
        slot.last_release = at
        waiting = slot.ready
        if not slot.sample(at):
            return
        if slot.detached:
            return
        if waiting:
            self._recorder.occur(
                at, "overwritten", slot.layout.path if slot.layout.name else f"{self.name}.{slot.id:#x}"
            )
        else:
            heappush(self._ready, slot.entry)
            slot.ready = True
        slot.released = at

    def _defer(self, slot: Slot, at: int) -> None:
        slot.deferred = True
        self._book(slot, at, WAITED)

    def _book(self, slot: Slot, at: int, kind: int) -> None:
        if at < self._reached:
            raise BenchBug(
                f"a release of {slot.layout.path} was booked at {at} ns, but {self.name} is at {self._reached} ns"
            )
        self._booked += 1
        heappush(self._bookings, (at, slot.entry, kind, self._booked, slot.epoch, slot))

    def _gather(self) -> None:
        """Take grids that were booked from release to release into the timetable, as soon as they have begun."""
        base = self._reached
        found = [
            slot
            for at, _, kind, _, epoch, slot in self._bookings
            if kind == CYCLIC and epoch == slot.epoch and slot.sway is None and at < base + slot.cycle
        ]
        if found:
            self._retable(found)
            taken = {slot.ordinal for slot in found if slot.tabled}
            self._bookings[:] = [b for b in self._bookings if b[2] != CYCLIC or b[5].ordinal not in taken]
            heapify(self._bookings)
        self._strays = sum(b[2] == CYCLIC and b[4] == b[5].epoch and b[5].sway is None for b in self._bookings)

    def _retable(self, newcomers: Sequence[Slot] = ()) -> None:
        # Those that are in the table come first: nothing is booked for them, so they must not be pushed out.
        chosen = [*(slot for slot in self._slots if slot.tabled), *newcomers]
        self._timetable = Timetable(chosen, self._reached)
        kept = {slot.ordinal for slot in self._timetable.slots}
        for slot in chosen:
            slot.tabled = slot.ordinal in kept
