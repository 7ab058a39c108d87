"""The simulated bus: one frame at a time, lowest id wins, every frame as long as its bits.

It is advanced by the kernel in windows. Releases and arbitration before the window's end, and frame ends up to it,
are done in one loop; what listeners are called for is booked in the calendar.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from bench.clock.calendar import FOREVER, Calendar, Phase
from bench.errors import BenchBug
from bench.model.expression import Value
from bench.model.frame import Frame
from bench.model.layout import BusLayout, MessageLayout
from bench.network.timing import INTERMISSION_BITS, frame_timer
from bench.wire.bus import Reaction
from bench.wire.recorder import Recorder
from bench.wire.slot import Slot, Tap
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


class Listener:
    """One reaction of one node to one message."""

    __slots__ = ("_bus", "_calendar", "_call", "_rank", "latency", "live", "message", "node")

    def __init__(
        self,
        bus: "SimBus",
        calendar: Calendar,
        rank: tuple[int, int],
        message: int,
        node: str,
        latency: int,
        call: Reaction,
    ) -> None:
        self._bus = bus
        self._calendar = calendar
        self._rank = rank
        self._call = call
        self.message = message
        self.node = node
        self.latency = latency
        self.live = True

    def hear(self, end: int, data: bytes) -> None:
        """Book the call for a frame that ended at `end`."""

        def call(now: int) -> None:
            if self.live:
                self._call(now, end, data)

        phase = Phase.TASK if self.latency else Phase.FRAME_END
        self._calendar.at(end + self.latency, phase, self._rank, call)

    def cancel(self) -> None:
        """Do not call any more."""
        if self.live:
            self.live = False
            self._bus.cancel(self)


class SimBus:
    """A CAN bus in simulated time. `rank` orders buses; `offset` is the number of its first message in the plan.

    `sway` gives a new slot its deviation from the grid, see `Slot.sway`.
    """

    def __init__(
        self,
        layout: BusLayout,
        calendar: Calendar,
        recorder: Recorder,
        rank: int = 0,
        offset: int = 0,
        sway: Callable[[Slot], Callable[[], int] | None] | None = None,
    ) -> None:
        self.name = layout.name
        self._layout = layout
        self._calendar = calendar
        self._recorder = recorder
        self._rank = rank
        self._sway = sway
        self._numbers = {message.name: offset + place for place, message in enumerate(layout.messages)}
        self._bit = 1_000_000_000 // layout.bitrate
        self._pause = INTERMISSION_BITS * self._bit
        self._shortest = SHORTEST_BITS * self._bit
        if layout.data_bitrate:
            nominal, data = SHORTEST_FD_BITS
            self._shortest = min(self._shortest, nominal * self._bit + data * 1_000_000_000 // layout.data_bitrate)
        self._record = recorder.lane(rank)
        self._slots: list[Slot] = []
        self._raw: dict[Frame, list[Slot]] = {}
        self._timetable = Timetable((), 0)
        self._strays = 0
        self._bookings: list[Booking] = []
        self._booked = 0
        self._ready: list[int] = []
        self._reached = 0
        self._free_at = 0
        self._flying: Flight = (None, b"", 0, 0, FOREVER)
        self._taps: list[Tap] = []
        self._listeners: list[Listener] = []
        self._detached: list[str] = []
        self._watched: list[Slot] = []
        self._heard: list[tuple[int, Slot]] = []

    # ---- senders ------------------------------------------------------------------------------------------------

    def has(self, message: str) -> bool:
        """Whether the bus has a message of that name."""
        return message in self._numbers

    def slot(self, message: str, node: str) -> Slot:
        """The slot of a message for the node that sends it, as after a reset: silent, start values, counter at zero."""
        for slot in self.slots_of(message, node):
            self.stop(slot)
            slot.renew()
            return slot
        return self._new_slot(self._layout.message(message), node, self._numbers[message])

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
        known = self._raw.setdefault(frame, [])
        # A raw frame replaces none that still waits, so each of those has a slot; `grid` says when it is released.
        slot = next((one for one in known if not one.ready and one.grid <= one.last_release), None)
        if slot is None:
            named = [m for m in self._layout.messages if (m.id, m.extended) == (frame.id, frame.extended)]
            layout = MessageLayout(
                self.name, "", frame.id, len(frame.data), sender="", extended=frame.extended, fd=frame.fd, brs=frame.brs
            )
            slot = self._new_slot(layout, "", self._numbers[named[0].name] if named else -1)
            slot.fault = lambda _, __: frame.data
            known.append(slot)
        slot.grid = at
        self._book(slot, at, EVENT)

    def override(self, slot: Slot, values: Mapping[str, Value]) -> None:
        """Take a slot over: these signals instead of the sender's, and no release but by `send_override`."""
        slot.override(values)

    def send_override(self, slot: Slot, at: int) -> None:
        """Release a slot that was taken over once, at `at`, whatever its minimum delay."""
        self._book(slot, at, BENCH)

    def slot_of(self, message: str) -> Slot:
        """The slot of a message, also where its sender has never been awake."""
        for slot in self.slots_of(message):
            return slot
        return self.slot(message, self._layout.message(message).sender)

    def slots_of(self, message: str = "", node: str = "") -> Sequence[Slot]:
        """The slots of a message, of a node, or of both."""
        return [s for s in self._slots if message in ("", s.layout.name) and node in ("", s.node)]

    # ---- listeners ----------------------------------------------------------------------------------------------

    def latch(self, message: str, node: str) -> Tap:
        """A mailbox of that message for a node; it wakes nobody."""
        tap = Tap(self._layout.message(message), node)
        self._taps.append(tap)
        self.refresh()
        return tap

    def unlatch(self, tap: Tap) -> None:
        """Close a mailbox."""
        self._taps = [other for other in self._taps if other is not tap]
        self.refresh()

    def react(self, message: str, node: str, latency: int, call: Reaction) -> Listener:
        """Call `latency` ns after the end of each frame of the message."""
        layout = self._layout.message(message)
        rank = (self._rank, layout.id)
        listener = Listener(self, self._calendar, rank, self._numbers[message], node, latency, call)
        self._listeners.append(listener)
        self.refresh()
        return listener

    def live(self, message: str, call: Reaction) -> Listener:
        """Call at the end of each frame of the message: the fallback, one frame at a time."""
        return self.react(message, "", 0, call)

    def cancel(self, listener: Listener) -> None:
        """Give up a reaction."""
        self._listeners = [other for other in self._listeners if other is not listener]
        self.refresh()

    # ---- the bench's hand on the bus ----------------------------------------------------------------------------

    def detach(self, node: str) -> None:
        """Take a node off the bus, as if its connector were pulled: it neither sends nor hears."""
        self._detached.append(node)
        for slot in self.slots_of(node=node):
            slot.ready = False
        self.refresh()

    def attach(self, node: str) -> None:
        """Put a node back that was detached; as often as it was detached."""
        self._detached.remove(node)
        self.refresh()

    def watch(self, slot: Slot) -> None:
        """Step from release to release of this slot, because what is booked at one of them is due at once."""
        self._watched.append(slot)

    def unwatch(self, slot: Slot) -> None:
        """End `watch`."""
        self._watched.remove(slot)

    def refresh(self) -> None:
        """Work out anew who hears what, and how far the bus may run ahead."""
        for slot in self._slots:
            self._connect(slot)
        self._heard = [
            (listener.latency, slot)
            for listener in self._listeners
            for slot in self._slots
            if slot.message == listener.message
        ]

    def _connect(self, slot: Slot) -> None:
        slot.boxes = tuple(
            tap.frames
            for tap in self._taps
            if self._numbers[tap.layout.name] == slot.message and tap.node not in self._detached
        )  # fmt: skip
        slot.reactions = tuple(
            listener
            for listener in self._listeners
            if listener.message == slot.message and listener.node not in self._detached
        )
        slot.heard = bool(slot.boxes or slot.reactions)
        slot.detached = slot.node in self._detached
        slot.settle()

    # ---- time ---------------------------------------------------------------------------------------------------

    def window(self, now: int) -> int:
        """How far the bus may be advanced from `now` before something it causes could be due."""
        end = FOREVER
        for latency, slot in self._heard:
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
        kept = slot.ready_data, slot.ready_duration
        slot.release()
        if slot.fault is not None:
            data = slot.fault(slot, at)
            slot.fixed = False
            if data is None:
                slot.ready_data, slot.ready_duration = kept
                return
            slot.ready_data = data
            slot.ready_duration = slot.duration(data)
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

    def _new_slot(self, layout: MessageLayout, node: str, message: int) -> Slot:
        timer = frame_timer(
            layout.id, layout.extended, layout.fd, layout.brs, layout.length, self._layout.bitrate,
            self._layout.data_bitrate,
        )  # fmt: skip
        slot = Slot(layout, node, message, len(self._slots), timer)
        slot.sway = self._sway(slot) if self._sway is not None else None
        slot.number = self._recorder.slot(message, slot.id, slot.flags)
        self._slots.append(slot)
        self._connect(slot)
        self._heard += [(listener.latency, slot) for listener in self._listeners if listener.message == message]
        return slot
