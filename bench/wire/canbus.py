"""A bus on a real interface, in real time: what is due is handed over, what is heard comes in with its stamp.

The kernel wakes for each release. All that is due at one instant goes out in the order of arbitration. No two frames of
a message are closer than half its cycle: a release that follows a late one too soon is put off, and one that is late by
a whole cycle, so that the next is due, is left out and counted. One thread reads, and does nothing else.
"""

from collections.abc import Mapping
from functools import partial

from bench.clock.calendar import FOREVER, Call
from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.errors import RigError
from bench.model.expression import Value
from bench.model.frame import Frame
from bench.model.health import Health
from bench.model.instant import MS
from bench.model.layout import BusLayout
from bench.model.trace import EXTENDED, REMOTE
from bench.wire.awaited import Awaited
from bench.wire.bus import Listening
from bench.wire.hearing import Hearing
from bench.wire.inline import Crossing, Passage
from bench.wire.port import Failure, Message, Port, is_full, is_gone, outgoing
from bench.wire.punctuality import LATE, NOTHING, Accounts
from bench.wire.reader import Reader
from bench.wire.recorder import Recorder
from bench.wire.releases import CYCLIC, EVENT, POSTPONED, Releases
from bench.wire.roster import Roster, Sway
from bench.wire.slot import Slot
from bench.wire.stamps import Stamps

ECHO_WITHIN = 500 * MS
"""A frame whose echo has not come after this is lost, ns. A busy bus delays the lowest of its messages for a while."""

PATIENCE = 100 * MS
"""How long a frame is offered to an interface that has no room, ns; one with a cycle at most half of that."""

AGAIN = 1 * MS
"""After this it is offered again, ns."""

DEAD = 20
"""So many hand-overs in a row that fail for no reason that is known mean that the interface is gone."""


class CanBus:
    """A CAN bus on an open port. `rank` orders buses; `offset` is the number of its first message in the plan.

    `begin` comes right before the run's first instant, `close` after its last one, whatever happened.
    """

    def __init__(
        self,
        layout: BusLayout,
        kernel: Kernel,
        wall: Wall,
        recorder: Recorder,
        port: Port | Crossing,
        rank: int = 0,
        offset: int = 0,
        sway: Sway | None = None,
        listen_only: bool = False,
    ) -> None:
        self.name = layout.name
        self._kernel = kernel
        self._now = wall.now
        self._recorder = recorder
        self._port = port
        self._hand_over = port.send
        self._echoes = port.echoes
        self._roster = roster = Roster(layout, kernel.calendar, recorder, rank, offset, sway)
        self._releases = releases = Releases(roster)
        self.has, self.slots_of = roster.has, roster.slots_of
        self.latch, self.unlatch, self.react, self.live = roster.latch, roster.unlatch, roster.react, roster.live
        self.detach, self.attach, self.refresh = roster.detach, roster.attach, roster.refresh
        self.slot, self.slot_of = releases.slot, releases.slot_of
        self.start, self.stop, self.settle = releases.start, releases.stop, releases.settle
        self.send, self.send_override = releases.send, releases.send_override
        self._lane = recorder.lane(rank, ordered=False)
        self._record = self._lane.take
        self.accounts = Accounts(layout.name)
        self._listen_only = listen_only
        self._messages: dict[int, Message] = {}
        self._waiting: list[tuple[int, int, Slot, bytes, int, int]] = []
        self._awaited = Awaited(partial(self._lose, text="its echo did not come back"))
        self._look_again = ECHO_WITHIN
        self._failed = 0
        self._gone = ""
        self._gone_at = 0
        self._hearing = hearing = Hearing(
            roster, kernel.calendar, recorder, self._record, self._awaited if port.echoes else None
        )
        self._stamps = [Stamps(wall.of_epoch) for _ in port.ends]
        hears = [partial(hearing.hear, stamps) for stamps in self._stamps]
        if isinstance(port, Crossing):
            passage = Passage(port, layout, hearing, self.accounts, releases.slot_of, self._transmit, wall.now)
            hears = [partial(passage.hear, side, stamps) for side, stamps in enumerate(self._stamps)]
        self._readers = [
            Reader(end, kernel.admit, wall.now, wall.of_epoch, hear, self._lost_interface)
            for end, hear in zip(port.ends, hears, strict=True)
        ]

    # ---- what the bench does beside its nodes -------------------------------------------------------------------

    def begin(self) -> None:
        """Begin to listen."""
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        """End the readers and close the interface."""
        for reader in self._readers:
            reader.stop()
        self._port.close()
        for reader in self._readers:
            reader.join()

    def health(self, end: int) -> Health:
        """How the bench kept its part on this bus until `end`: to be asked once, after the run."""
        self._awaited.give_up(end - ECHO_WITHIN)
        if self._gone:
            self.accounts.note("gone", self._gone_at, max(end, self._gone_at + 1), text=self._gone)
        stamps = max(stamps.uncertainty() for stamps in self._stamps)
        return self.accounts.health(max(stamps, self.accounts.longest))

    def send_frame(self, frame: Frame, at: int) -> None:
        """Send a raw frame once. Whoever listens to a message of its id hears it, whatever it holds."""
        if frame.remote:
            slot = self._hearing.stranger(frame.id, EXTENDED * frame.extended | REMOTE, len(frame.data))
            slot.fault = lambda _, __: frame.data
        else:
            slot = self._roster.raw(frame, at)
        self._releases.book(slot, at, EVENT)

    def send_copy(self, slot: Slot, data: bytes, at: int) -> None:
        """Send a payload once as a frame of this slot's message, beside what its own mailbox holds."""
        self._releases.book(self._roster.copy(slot, data, at), at, EVENT)

    def override(self, slot: Slot, values: Mapping[str, Value]) -> None:
        """Take a slot over: these signals instead of the sender's, and no release but by `send_override`."""
        slot.override(values)

    def watch(self, slot: Slot) -> None:
        """Nothing to do: a bus in real time steps from release to release anyway."""

    def unwatch(self, slot: Slot) -> None:
        """Nothing to do."""

    def supply(self, node: str, on: bool) -> None:
        """Nothing to do: all our nodes share the interface's controller, which runs as long as the interface does."""

    def on_bus_off(self, node: str, call: Call) -> Listening:
        """Never called: bus-off is the interface's own, it is recorded as `error_state`, and its driver recovers it."""
        return _Never()

    def recover(self, node: str) -> None:
        """Nothing to do."""

    # ---- sending ------------------------------------------------------------------------------------------------

    def window(self, now: int) -> int:
        """The kernel wakes right after the tasks of the next release's instant, and to offer again what had no room."""
        at = self._releases.next_at() + 1
        if self._waiting:
            at = min(at, max(self._waiting[0][0], now + 1))
        return max(at, now) if at < FOREVER else FOREVER

    def advance(self, horizon: int) -> None:
        """Hand over all that is due before `horizon`."""
        self._lane.settle()
        if self._releases.next_at() < horizon:
            self._release(horizon)
        else:
            self._releases.reached = max(self._releases.reached, horizon)
        if self._waiting:
            self._offer_again()
        if horizon >= self._look_again:
            self._look_again = horizon + ECHO_WITHIN // 4
            self._awaited.give_up(self._now() - ECHO_WITHIN)

    def _release(self, horizon: int) -> None:
        accounts, ledgers, releases = self.accounts.of, self.accounts.ledgers, self._releases
        now = self._now()
        for due, kind, slot in releases.due(horizon):
            at = due
            ledger = ledgers.get(slot.ordinal) or accounts(slot)
            if kind >= CYCLIC:
                if kind == POSTPONED:
                    at = ledger.take_owed()
                if now - at >= slot.cycle or ledger.owes():
                    if not slot.held and not slot.detached:
                        ledger.skipped += 1
                        self.accounts.note("skipped", at, at + slot.cycle, slot.layout.name, now - at)
                    continue
                earliest = ledger.handed + (slot.cycle >> 1)
                if now < earliest and ledger.epoch == slot.epoch:
                    ledger.owed = at
                    releases.postpone(slot, earliest)
                    continue
            if slot.plain:
                if not slot.fixed:
                    slot.release()
            else:
                if not releases.admitted(slot, due, kind):
                    continue
                # By the host's clock, so that what waits for a minimum delay leaves it on the wire too.
                slot.last_release = max(at, now)
                if not slot.sample(at) or slot.detached:
                    continue
            late = now - at
            ledger.late.append(late)
            now = self._transmit(slot, slot.ready_data, slot.ready_duration, at, now)
            if late > LATE:
                ledger.was_late(at, now, late)
            if kind >= CYCLIC:
                ledger.handed, ledger.epoch, ledger.owed = now, slot.epoch, NOTHING

    def _transmit(self, slot: Slot, data: bytes, length: int, at: int, now: int) -> int:
        """Hand a frame of so many ns over and account for it; gives the instant after that."""
        if self._listen_only:
            raise RigError(
                f"{slot.layout.path or self.name} was to be sent on {self.name}, where the bench only listens"
            )
        message = self._messages.get(slot.ordinal)
        if message is None:
            message = self._first(slot, data)
        message.data = data  # type: ignore[assignment]  # bytes serve as well, and are not copied once more
        if message.dlc != len(data):
            message.dlc = len(data)
        try:
            self._hand_over(message)
        except Failure as failure:
            return self._refused(slot, data, length, at, failure)
        returned = self._now()
        self._failed = 0
        if self._echoes:
            self._awaited.sent(slot, at, now, data)
        else:
            self._record((returned, returned - length, at, slot.number, data))
            if slot.heard:
                self._hearing.later(slot, returned, data)
        if returned - now > self.accounts.longest:
            self.accounts.took(slot.layout.name, now, returned)
        return returned

    def _first(self, slot: Slot, data: bytes) -> Message:
        message = self._messages[slot.ordinal] = outgoing(slot.id, slot.flags, data)
        self._awaited.add(slot, message.is_extended_id)
        return message

    def _refused(self, slot: Slot, data: bytes, length: int, at: int, failure: Exception) -> int:
        """The interface did not take a frame: later again, lost, or there is no interface any more."""
        now = self._now()
        known = is_full(failure)
        self._failed = 0 if known else self._failed + 1
        if not known and (is_gone(failure) or self._failed >= DEAD):
            self._lost_interface(failure)
        until = at + (min(slot.cycle >> 1, PATIENCE) if slot.cycle else PATIENCE)
        if now + AGAIN > until:
            self._lose(slot, at, now, f"{self._port.name} did not take it: {failure}")
        else:
            self._waiting.append((now + AGAIN, at, slot, data, length, until))
        return now

    def _offer_again(self) -> None:
        now = self._now()
        due = [one for one in self._waiting if one[0] <= now]
        self._waiting = [one for one in self._waiting if one[0] > now]
        for _, at, slot, data, length, until in due:
            if slot.detached or (slot.cycle and not slot.running):
                continue
            if now > until:
                self._lose(slot, at, now, f"{self._port.name} had no room for it")
            else:
                now = self._transmit(slot, data, length, at, now)

    def _lose(self, slot: Slot, at: int, now: int, text: str) -> None:
        """A frame that nobody heard: accounted for, and nothing that a fault can count."""
        self.accounts.of(slot).lost += 1
        slot.voided += 1  # what a fault with a count has put into it was never seen by anybody
        self.accounts.note("lost", at, max(now, at + 1), slot.layout.name, text=text)

    def _lost_interface(self, failure: BaseException) -> None:
        """On the kernel: the run ends here."""
        self._gone = f"{type(failure).__name__}: {failure}"
        self._gone_at = self._now()
        raise RigError(
            f"{self.name}: the interface {self._port.name} is gone ({self._gone}); "
            "connect it, set it up again and start anew; what was recorded until then is kept"
        ) from failure


class _Never:
    """A listening that is never called."""

    def cancel(self) -> None:
        """Nothing to end."""
