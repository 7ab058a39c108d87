"""The simulated bus: one frame at a time, lowest id wins, every frame as long as its bits.

It is advanced by the kernel in windows. Releases and arbitration before the window's end, and frame ends up to it,
are done in one loop; what listeners are called for is booked in the calendar. That loop knows no errors: as soon as one
is possible, `trouble` moves the bus instead.
"""

from collections.abc import Mapping
from heapq import heappop, heappush

from bench.clock.calendar import FOREVER, Calendar, Call
from bench.model.expression import Value
from bench.model.frame import Frame
from bench.model.layout import BusLayout
from bench.network.timing import INTERMISSION_BITS
from bench.wire.bus import Listening
from bench.wire.confinement import Confinement
from bench.wire.flight import Spoiler
from bench.wire.recorder import Recorder
from bench.wire.releases import EVENT, Releases
from bench.wire.roster import Roster, Sway
from bench.wire.slot import Slot
from bench.wire.trouble import Flying, Trouble

SHORTEST_BITS = 44
"""Bits of the shortest classic frame from start of frame to the end of EOF: no data, no stuff bit."""

SHORTEST_FD_BITS = (26, 33)
"""The same of the shortest FD frame with bit-rate switch, at (nominal rate, data rate)."""


class SimBus:
    """A CAN bus in simulated time. `rank` orders buses; `offset` is the number of its first message in the plan.

    `careful` says that `trouble` moves it; `ready`, `flying` and `free_at` are what both ways share.
    """

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
        roster.push = lambda slot: heappush(self.ready, slot.entry)
        self._releases = releases = Releases(roster)
        self.has, self.slots_of = roster.has, roster.slots_of
        self.latch, self.unlatch, self.react, self.live = roster.latch, roster.unlatch, roster.react, roster.live
        self.refresh = roster.refresh
        self.start, self.stop = releases.start, releases.stop
        self.send, self.send_override = releases.send, releases.send_override
        self.next_release, self.release_until = releases.next_at, self._release_until
        self._slots = roster.slots
        self._bit = 1_000_000_000 // layout.bitrate
        self._pause = INTERMISSION_BITS * self._bit
        self._shortest = SHORTEST_BITS * self._bit
        if layout.data_bitrate:
            nominal, data = SHORTEST_FD_BITS
            self._shortest = min(self._shortest, nominal * self._bit + data * 1_000_000_000 // layout.data_bitrate)
        self._lane = recorder.lane(rank)
        self._record = self._lane.take
        self._watched: list[Slot] = []
        self.ready: list[int] = []
        self.free_at = 0
        self.flying: Flying = (None, b"", 0, 0, FOREVER)
        self._confinement = Confinement(layout, calendar, recorder, roster, rank)
        self._trouble = Trouble(self, self._confinement, layout, recorder, self._record, roster.slots)
        self.careful = self._confinement.weighs
        self._seen = 0
        self._nodes: dict[int, set[str]] = {}
        self._wary: list[Slot] = []

    @property
    def reached(self) -> int:
        """The instant up to which all has been done, ns."""
        return self._releases.reached

    # ---- senders ------------------------------------------------------------------------------------------------

    def slot(self, message: str, node: str) -> Slot:
        """The slot of a message for the node that sends it, as after a reset: silent, start values, counter at zero."""
        return self._known(self._releases.slot(message, node))

    def slot_of(self, message: str) -> Slot:
        """The slot of a message, also where its sender has never been awake."""
        return self._known(self._releases.slot_of(message))

    def send_frame(self, frame: Frame, at: int) -> None:
        """Send a raw frame once. Whoever listens to a message of its id hears it, whatever it holds."""
        self._releases.book(self._known(self._roster.raw(frame, at)), at, EVENT)

    def send_copy(self, slot: Slot, data: bytes, at: int) -> None:
        """Send a payload once as a frame of this slot's message, beside what its own mailbox holds."""
        self._releases.book(self._known(self._roster.copy(slot, data, at)), at, EVENT)

    def babbler(self, node: str, identifier: int, extended: bool, load: float) -> Slot:
        """A slot of a node that the database does not know; its cycle loads the bus by `load` (0..1)."""
        return self._known(self._roster.babbler(node, identifier, extended, load))

    def override(self, slot: Slot, values: Mapping[str, Value]) -> None:
        """Take a slot over: these signals instead of the sender's, and no release but by `send_override`."""
        slot.override(values)

    def _known(self, slot: Slot) -> Slot:
        """Take note of slots that are new: of those that share an id with another node's slot above all."""
        if self._seen < len(self._slots):
            for new in self._slots[self._seen :]:
                self._nodes.setdefault(new.entry >> 16, set()).add(new.node)
            self._seen = len(self._slots)
            self._beware()
        return slot

    # ---- the bench's hand on the bus ----------------------------------------------------------------------------

    def watch(self, slot: Slot) -> None:
        """Step from release to release of this slot, because what is booked at one of them is due at once."""
        self._watched.append(slot)

    def unwatch(self, slot: Slot) -> None:
        """End `watch`."""
        self._watched.remove(slot)

    def detach(self, node: str) -> None:
        """Take a node off the bus, as if its connector were pulled: it neither sends nor hears."""
        self._confinement.catch_up()
        self._roster.detach(node)
        self._look()

    def attach(self, node: str) -> None:
        """Put a node back that was detached; as often as it was detached."""
        self._confinement.catch_up()
        self._roster.attach(node)
        self._look()

    def spoil(self, spoiler: Spoiler) -> None:
        """Let frames be destroyed until `unspoil`."""
        self._trouble.spoilers.append(spoiler)
        self._beware()

    def unspoil(self, spoiler: Spoiler) -> None:
        """End `spoil`."""
        self._trouble.spoilers.remove(spoiler)
        self._beware()

    def short(self) -> None:
        """Short the lines, so that the bus stays recessive; as often as it is shorted it has to be mended."""
        self._trouble.short(self.reached)
        self.careful = True

    def unshort(self) -> None:
        """Mend the lines."""
        self._trouble.unshort(self.reached)
        self.careful = True

    def _look(self) -> None:
        self._confinement.look()
        self.careful = True  # until the next advance finds that all is well

    def _beware(self) -> None:
        """Work out anew which slots need care: those of spoilers, and those that share an id with another node's."""
        nodes, spoilers = self._nodes, self._trouble.spoilers
        self._wary = []
        for slot in self._slots:
            wary = len(nodes[slot.entry >> 16]) > 1 or any([spoiler.concerns(slot) for spoiler in spoilers])
            if wary != slot.wary:
                slot.wary = wary
                slot.settle()
            if wary:
                self._wary.append(slot)
        self.careful = True

    # ---- fault confinement --------------------------------------------------------------------------------------

    def counters(self, node: str) -> tuple[int, int]:
        """A node's transmit and receive error counter, TEC and REC, as they stand now."""
        self._confinement.catch_up()
        found = self._confinement.node(node)
        return found.tec, found.rec

    def supply(self, node: str, on: bool) -> None:
        """Tell that a node's controller runs from now on, or does not; without it nobody acknowledges in its place."""
        self._confinement.catch_up()
        self._confinement.supply(node, on, self.reached)
        self._look()

    def on_bus_off(self, node: str, call: Call) -> Listening:
        """Call when the node goes bus-off. It comes back after `recover`; a node without such a call asks at once."""
        return self._confinement.on_bus_off(node, call)

    def recover(self, node: str) -> None:
        """Let a bus-off node begin to wait for 128 sequences of 11 recessive bits."""
        self._confinement.recover(node, self.reached)

    # ---- time ---------------------------------------------------------------------------------------------------

    def window(self, now: int) -> int:
        """How far the bus may be advanced from `now` before something it causes could be due."""
        end = FOREVER
        for latency, slot in self._roster.heard:
            end = min(end, self._earliest_end(slot, now, self._shortest) + latency)
        for slot in self._watched:
            due = [at for at, *_, booked in self._releases.bookings if booked is slot]
            if slot.tabled:
                due.append(slot.next_release(now))
            for at in due:
                end = min(end, at if at > now else now + 1)
        if self.careful:
            return min(end, self._trouble.window())
        for slot in self._wary:
            end = min(end, self._earliest_end(slot, now, self._bit))
        return end

    def advance(self, horizon: int) -> None:
        """Do all releases and arbitration before `horizon`, and all frame ends up to it."""
        self._lane.settle()
        while not (self._trouble.advance(horizon) if self.careful else self._run(horizon)):
            pass

    def _run(self, horizon: int) -> bool:
        """As long as nothing can go wrong; False when something can."""
        releases = self._releases
        releases.settle()
        slot, data, begun, released, end = self.flying
        if slot is not None:
            if end > horizon:
                self._release_until(horizon)
                return True
            self._record((end, begun, released, slot.number, data))
            if slot.heard:
                self.heard(slot, end, data)
        # This loop is most of a run's time: what it uses often is local, and written back where others need it.
        ready, slots, table, bookings = self.ready, self._slots, releases.timetable, releases.bookings
        record, pause = self._record, self._pause
        offsets, rows, count, base = table.offsets, table.slots, len(table.slots), table.round
        row, due, booked = table.row, table.next_at, bookings[0][0] if bookings else FOREVER
        alone = booked if releases.settled else 0  # before that instant the timetable's rows are all there is
        soon = due if due < alone else alone
        free_at = self.free_at
        while True:
            start = free_at
            if not ready:
                first = due if due < booked else booked
                if first > start:
                    start = first
            if start >= horizon:
                slot = None
                break
            if soon <= start:
                if start < alone:
                    while due <= start:
                        one = rows[row]
                        if not one.fixed:
                            if one.ready or not one.plain:
                                break
                            one.release()
                        elif one.ready:
                            break
                        one.ready = True
                        one.released = due
                        heappush(ready, one.entry)
                        row += 1
                        if row == count:
                            row = 0
                            base = table.round = base + table.period
                        due = base + offsets[row]
                if due <= start or booked <= start:
                    table.row, table.next_at = row, due
                    self._release_until(start + 1)
                    if self.careful:
                        self.flying, self.free_at = (None, b"", 0, 0, FOREVER), start
                        return False
                    table = releases.timetable
                    offsets, rows, count, base = table.offsets, table.slots, len(table.slots), table.round
                    row, due, booked = table.row, table.next_at, bookings[0][0] if bookings else FOREVER
                    alone = booked if releases.settled else 0
                soon = due if due < alone else alone
            slot = None
            while ready:
                winner = slots[heappop(ready) & 0xFFFF]
                # A slot that was stopped and started again may stand in the queue twice; only one of them counts.
                if winner.ready:
                    winner.ready = False
                    slot = winner
                    break
            if slot is None:
                continue
            data = slot.ready_data
            released = slot.released
            end = start + slot.ready_duration
            free_at = end + pause
            if end > horizon:
                begun = start
                break
            record((end, start, released, slot.number, data))
            if slot.heard:
                for box in slot.boxes:
                    box.append((end, data))
                for reaction in slot.reactions:
                    reaction.hear(end, data)
        table.row, table.next_at = row, due
        self._release_until(horizon)
        self.flying = (slot, data, begun, released, end)
        self.free_at = free_at
        return True

    def heard(self, slot: Slot, end: int, data: bytes) -> None:
        """Give a frame that ended to those who listen."""
        for box in slot.boxes:
            box.append((end, data))
        for reaction in slot.reactions:
            reaction.hear(end, data)

    def _earliest_end(self, slot: Slot, now: int, least: int) -> int:
        """No frame of the slot can end before this instant, unless somebody sets it going later than now.

        `least` is how long it is at least, ns.
        """
        if slot is self.flying[0]:
            return self.flying[4]
        due = now
        if not slot.ready:
            due = min((booking[0] for booking in self._releases.bookings if booking[5] is slot), default=FOREVER)
            if slot.tabled:
                due = min(due, slot.next_release(self.reached))
        return max(due, now, self.free_at) + least

    def _release_until(self, limit: int) -> None:
        """Do the releases before `limit`, in their order: by instant, then by arbitration."""
        ready = self.ready
        for at, kind, slot in self._releases.due(limit):
            if slot.plain and not slot.ready:
                if not slot.fixed:
                    slot.release()
                slot.ready = True
                slot.released = at
                heappush(ready, slot.entry)
            else:
                self._release(slot, at, kind)

    def _release(self, slot: Slot, at: int, kind: int) -> None:
        if not self._releases.admitted(slot, at, kind):
            return
        slot.last_release = at
        waiting = slot.ready
        if not slot.sample(at) or slot.detached:
            return
        if waiting:
            self._recorder.occur(
                at, "overwritten", slot.layout.path if slot.layout.name else f"{self.name}.{slot.id:#x}"
            )
        else:
            heappush(self.ready, slot.entry)
            slot.ready = True
        slot.released = at
        self.careful |= slot.wary
