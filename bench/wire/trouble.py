"""The careful way of a simulated bus: one frame, one error and one recovery at a time, as soon as anything is amiss.

A bus takes it while a node is not error-active, nobody could acknowledge, the lines are shorted, or a frame waits that
may be destroyed or has a twin of the same id. What it does not do is told in `docs/design.md`.
Source: ISO 11898-1:2015, error signalling, fault confinement, bus-off recovery.
"""

from collections.abc import Callable
from heapq import heappush
from typing import Protocol

from bench.clock.calendar import FOREVER
from bench.model.layout import BusLayout
from bench.network.bits import Stream, stream
from bench.network.timing import INTERMISSION_BITS, bit_time
from bench.wire.confinement import Confinement
from bench.wire.flight import AFTER_ACK_BITS, Break, Flight, Sending, Spoiler, first_break, next_dominant
from bench.wire.lane import FrameRow
from bench.wire.recorder import Recorder
from bench.wire.singles import Singles
from bench.wire.slot import Slot

FLAG_BITS = 6
DELIMITER_BITS = 8
SUSPEND_BITS = 8
OVERHANG_BITS = 6
"""A sender whose recessive flag nobody saw ends its own delimiter so much later than the frame of the others ended.

Its flag ends with the sixth equal bit, which is the fifth of EOF; of the eight bits that follow two are in EOF.
"""

Flying = tuple[Slot | None, bytes, int, int, int]
"""The frame on the wire: (slot or None, payload, start, release, end)."""


class Wire(Protocol):
    """What is moved of a bus."""

    careful: bool
    ready: list[int]
    flying: Flying
    free_at: int

    @property
    def reached(self) -> int:
        """The instant up to which all has been done."""

    def release_until(self, limit: int) -> None:
        """Do the releases before `limit`."""

    def next_release(self) -> int:
        """No release comes before this instant."""

    def heard(self, slot: Slot, end: int, data: bytes) -> None:
        """Give a frame to those who listen."""


class Trouble:
    """Moves one bus while it is careful. `slots` are all of the bus."""

    def __init__(
        self,
        wire: Wire,
        law: Confinement,
        layout: BusLayout,
        recorder: Recorder,
        record: Callable[[FrameRow], None],
        slots: list[Slot],
    ) -> None:
        self.spoilers: list[Spoiler] = []
        self._wire = wire
        self._law = law
        self._layout = layout
        self._recorder = recorder
        self._record = record
        self._slots = slots
        self._bit = bit_time(layout.bitrate)
        self._aftermath = FLAG_BITS + DELIMITER_BITS + INTERMISSION_BITS
        self._flight: Flight | None = None
        self._shorts = 0

    # ---- time ---------------------------------------------------------------------------------------------------

    def window(self) -> int:
        """Nothing goes wrong before this instant."""
        flight = self._flight or self._adopted()
        if flight is not None:
            return flight.until if self._shorts else min(flight.breaks, flight.end)
        return self._next_start() + self._bit

    def advance(self, horizon: int) -> bool:
        """Do what happens before `horizon`, errors and frame ends up to it; False if all is well again before."""
        wire, law = self._wire, self._law
        if self._flight is None:
            law.catch_up()
            self._flight = self._adopted()
            if self._flight is not None:
                law.recessive = self._flight.end - AFTER_ACK_BITS * self._bit
        while True:
            flight = self._flight
            if flight is not None:
                if flight.until > horizon:
                    break
                self._decide(flight, flight.until)
                continue
            if not self._amiss():
                wire.careful = False
                wire.flying = (None, b"", 0, 0, FOREVER)
                return False
            start, back = self._next_start(), law.next_recovery()
            if back <= min(start, horizon):
                wire.release_until(back)
                law.recovered(back)
                continue
            if start >= horizon:
                break
            wire.release_until(start + 1)
            self._begin(start)
        wire.release_until(horizon)
        return True

    def _amiss(self) -> bool:
        return bool(self._shorts) or self._law.weighs or any(slot.wary for slot in self._waiting())

    def _waiting(self) -> list[Slot]:
        """The slots that are ready, in the order of arbitration."""
        slots, ready = self._slots, self._wire.ready
        ready[:] = sorted({entry for entry in ready if slots[entry & 0xFFFF].ready})  # sorted, it still is a heap
        return [slots[entry & 0xFFFF] for entry in ready]

    def _next_start(self) -> int:
        held = [self._law.node(slot.node).held for slot in self._waiting()]
        return max(self._wire.free_at, min([self._wire.next_release(), *held]))

    def _adopted(self) -> Flight | None:
        """The frame that was on the wire when things went amiss."""
        slot, data, start, released, end = self._wire.flying
        if slot is None:
            return None
        sending = Sending(slot, self._law.node(slot.node), data, released, slot.epoch)
        acknowledge = end - AFTER_ACK_BITS * self._bit
        return Flight([sending], start, end, acknowledge if acknowledge > self._wire.reached else FOREVER)

    # ---- a frame ------------------------------------------------------------------------------------------------

    def _begin(self, start: int) -> None:
        waiting = [slot for slot in self._waiting() if self._law.node(slot.node).held <= start]
        if self._shorts:
            self._begin_alone(waiting, start)
        elif waiting:
            key = waiting[0].entry >> 16
            first: dict[str, Slot] = {}
            for slot in waiting:
                if slot.entry >> 16 == key:
                    first.setdefault(slot.node, slot)
            senders = [
                Sending(slot, self._law.node(slot.node), slot.ready_data, slot.released, slot.epoch)
                for slot in first.values()
            ]
            end = start + max(sending.slot.ready_duration for sending in senders)
            for slot in first.values():
                slot.ready = False
            flight = self._flight = Flight(senders, start, end, end - AFTER_ACK_BITS * self._bit)
            flight.destroyer = next(
                (one for one in self.spoilers for slot in first.values() if one.destroys(slot)), None
            )  # fmt: skip
            self._foresee(flight, -1)
            self._law.dominant(start, flight.acknowledge)
        self._show()

    def _foresee(self, flight: Flight, after: int) -> None:
        """Find what happens to a frame after its bit `after`, as far as its senders and a fault decide it."""
        found = None
        if len(flight.senders) > 1 or flight.destroyer is not None:
            found = first_break([self._stream(one) for one in flight.senders], after, flight.destroyer is not None)
        self._expect(flight, found)

    def _expect(self, flight: Flight, found: Break | None) -> None:
        flight.what = found
        flight.breaks = FOREVER if found is None else flight.start + found.after

    def _stream(self, sending: Sending) -> Stream:
        return stream(sending.frame(), self._layout.bitrate, self._layout.data_bitrate)

    def _decide(self, flight: Flight, at: int) -> None:
        if flight.what is not None and flight.breaks <= at:
            self._break(flight, flight.what, at)
        elif flight.acknowledge <= at:
            if self._shorts:
                self._wire.release_until(at)
                self._go_unheard(flight, "acknowledgement", at, 0)
            elif self._law.acknowledged(flight.nodes):
                flight.acknowledge = FOREVER
            else:
                self._miss(flight, at)
        else:
            self._finish(flight, at)
        self._show()

    def _break(self, flight: Flight, what: Break, at: int) -> None:
        """Somebody reads another bit than it sent."""
        self._wire.release_until(at)
        losers = [flight.senders[number] for number in what.losers]
        heard = any(one.node.active for one in losers)
        if self._shorts:
            self._go_unheard(flight, "bit", at, what.lag[1])
        elif heard or what.spoiled:
            self._destroy(flight, what, at, heard)
        else:
            self._drop_out(flight, losers, what, at)

    def _drop_out(self, flight: Flight, losers: list[Sending], what: Break, at: int) -> None:
        """Error-passive losers: their flags are recessive, so the others do not notice and go on."""
        for sending in losers:
            flight.senders.remove(sending)
            flight.deaf.append(sending)
            self._law.lost(sending.node, at)
            self._note(sending, "bit", at)
            self._again(sending, at)
        flight.end = flight.start + max(one.slot.duration(one.data) for one in flight.senders)
        flight.acknowledge = flight.end - AFTER_ACK_BITS * self._bit
        self._law.recessive = flight.acknowledge
        self._foresee(flight, what.place)

    def _destroy(self, flight: Flight, what: Break, at: int, heard: bool) -> None:
        """Everybody finds out, and those who may say so do."""
        senders = flight.nodes
        receivers = [node for node in self._law.present if node not in senders]
        lag = max(what.own, what.lag[not heard] if receivers else 0)
        flags_until = at + lag + FLAG_BITS * self._bit
        loud = heard or any(node.active for node in receivers)
        self._law.recessive = flags_until if loud else at
        self._fail(flight, "bit", at, flags_until, False)
        if flight.destroyer is not None:
            flight.destroyer.destroyed(at, any(one.node.off for one in flight.senders))

    def _miss(self, flight: Flight, at: int) -> None:
        """Nobody acknowledged."""
        self._wire.release_until(at)
        loud = any(one.node.active for one in flight.senders)
        flags_until = at + FLAG_BITS * self._bit
        self._law.recessive = flags_until if loud else at - 2 * self._bit
        self._fail(flight, "acknowledgement", at, flags_until, not loud)

    def _fail(self, flight: Flight, cause: str, at: int, flags_until: int, spared: bool) -> None:
        """Count and let the senders try again. `spared`: an error-passive node that is alone stays as it is."""
        if not spared:
            self._law.failed([one.node for one in flight.senders], [one.node for one in flight.deaf], at)
        for sending in flight.senders:
            self._note(sending, cause, at)
            self._again(sending, at)
        self._end(flight, flags_until + DELIMITER_BITS * self._bit)

    def _finish(self, flight: Flight, at: int) -> None:
        first = flight.senders[0]
        self._record((at, flight.start, first.released, first.slot.number, first.data))
        self._law.skip()
        self._wire.heard(first.slot, at, first.data)
        self._law.succeeded([one.node for one in flight.senders], [one.node for one in flight.deaf], at)
        self._end(flight, at)

    def _end(self, flight: Flight, at: int) -> None:
        """Intermission follows; an error-passive node that sent waits longer."""
        free_at = self._wire.free_at = at + INTERMISSION_BITS * self._bit
        for sending in (*flight.senders, *flight.deaf):
            if not sending.node.active:
                overhang = OVERHANG_BITS if sending in flight.deaf else 0
                sending.node.held = free_at + (overhang + SUSPEND_BITS) * self._bit
        self._flight = None

    # ---- a bus that stays recessive -----------------------------------------------------------------------------

    def short(self, at: int) -> None:
        """The lines are shorted: a frame on the wire breaks at its next dominant bit, if there is one to come."""
        self._shorts += 1
        if self._flight is None:
            self._law.catch_up()
            self._flight = self._adopted()
        if self._flight is None:
            self._wire.free_at = max(self._wire.free_at, at)
        else:
            self._expect(self._flight, next_dominant(self._stream(self._flight.senders[0]), at - self._flight.start))
        self._show()

    def unshort(self, at: int) -> None:
        """The lines are sound again."""
        self._shorts -= 1
        if self._flight is None:
            self._wire.free_at = max(self._wire.free_at, at)
        elif not self._shorts:
            self._foresee(self._flight, -1)
            self._flight.breaks = max(self._flight.breaks, at)
        self._show()

    def _go_unheard(self, flight: Flight, cause: str, at: int, lag: int) -> None:
        """A frame is lost, and nobody hears anybody's flag."""
        law = self._law
        law.recessive = at
        for node in tuple(law.present):
            if node not in flight.nodes:
                bits = law.unheard(node, at, sending=False)
                node.held = at + lag + (bits + self._aftermath) * self._bit
        for sending in flight.senders:
            self._fail_alone(sending, cause, at)
            self._again(sending, at)
        self._wire.free_at = at
        self._flight = None

    def _begin_alone(self, waiting: list[Slot], start: int) -> None:
        """Each node finds its own SOF recessive, and hears of no other node."""
        for slot in {slot.node: slot for slot in reversed(waiting)}.values():
            sending = Sending(slot, self._law.node(slot.node), slot.ready_data, slot.released, slot.epoch)
            self._fail_alone(sending, "bit", start + self._bit)

    def _fail_alone(self, sending: Sending, cause: str, at: int) -> None:
        node = sending.node
        bits = self._law.unheard(node, at, sending=True) + self._aftermath
        node.held = at + self._bit * (bits + (0 if node.active else SUSPEND_BITS))
        self._note(sending, cause, at)

    # ---- slots --------------------------------------------------------------------------------------------------

    def _again(self, sending: Sending, at: int) -> None:
        """Let a frame that did not get through wait again, unless there is a newer one or its sender has gone."""
        slot = sending.slot
        if slot.ready and isinstance(slot.fault, Singles):
            slot.fault.step_back()
        if slot.ready:
            self._recorder.occur(at, "overwritten", self._path(slot))
            return
        slot.ready = True
        slot.ready_data, slot.released = sending.data, sending.released
        slot.ready_duration = slot.duration(sending.data)
        if slot.detached or slot.epoch != sending.epoch:
            slot.void()
        else:
            heappush(self._wire.ready, slot.entry)

    def _note(self, sending: Sending, cause: str, at: int) -> None:
        self._recorder.occur(at, "error_frame", self._path(sending.slot), cause, sending.node.tec)

    def _path(self, slot: Slot) -> str:
        return slot.layout.path if slot.layout.name else f"{self._layout.name}.{slot.id:#x}"

    def _show(self) -> None:
        """Keep what the bus knows of the frame on its wire true; what fails goes on it again at the earliest then."""
        flight = self._flight
        if flight is None:
            self._wire.flying = (None, b"", 0, 0, FOREVER)
        else:
            first = flight.senders[0]
            until = min(flight.breaks, flight.end)
            self._wire.flying = (first.slot, first.data, flight.start, first.released, until)
            self._wire.free_at = until
