"""The plain event-driven build of a bus, kept as the oracle: a SimPy process per message, nothing run ahead.

It shares slots, codec and frame lengths with the product, and nothing of how time and arbitration are done: SimPy's own
queue orders what happens at one instant, by priorities that follow the order of the bench's phases.
"""

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy

from bench.model.layout import BusLayout
from bench.network.timing import INTERMISSION_BITS, frame_timer
from bench.wire.recorder import Recorder
from bench.wire.slot import Slot, Tap, Timer

END, TASK, RELEASE, ARBITRATE = -50, 1_000, 100_000, 200_000
"""Priorities of SimPy's queue; bus and id are added where they decide who comes first at one instant."""

Process = Generator[simpy.Event, Any, None]


def later(env: simpy.Environment, delay: int, priority: int) -> simpy.Event:
    """An event after a delay, in its phase's place among those of the same instant."""
    event = env.event()
    event._ok, event._value = True, None
    env.schedule(event, priority=priority, delay=delay)
    return event


class EventDrivenBus:
    """One bus as SimPy processes: slots release themselves, a release wakes the arbiter, a frame end its listeners."""

    def __init__(self, layout: BusLayout, env: simpy.Environment, recorder: Recorder, rank: int, offset: int) -> None:
        self.name = layout.name
        self._layout = layout
        self._env = env
        self._recorder = recorder
        self._rank = rank
        self._record = recorder.lane(rank).take
        self._offset = offset
        self._slots: list[Slot] = []
        self._ready: list[tuple[int, Slot]] = []
        self._free_at = 0
        self._taps: list[Tap] = []
        self._reactions: list[tuple[str, int, Callable[[int, int, bytes], None]]] = []

    def slot(self, message: str, node: str) -> Slot:
        layout = self._layout.message(message)

        def timing(length: int) -> Timer:
            return frame_timer(
                layout.id, layout.extended, layout.fd, layout.brs, length, self._layout.bitrate,
                self._layout.data_bitrate,
            )  # fmt: skip

        number = self._offset + self._layout.messages.index(layout)
        slot = Slot(layout, node, number, len(self._slots), timing)
        slot.number = self._recorder.slot(number, slot.id, slot.flags)
        self._slots.append(slot)
        return slot

    def start(self, slot: Slot, now: int) -> None:
        self._env.process(self._cyclic(slot, now))

    def send(self, slot: Slot, at: int) -> None:
        self._env.process(self._event(slot, at))

    def latch(self, message: str, node: str) -> Tap:
        tap = Tap(self._layout.message(message), node)
        self._taps.append(tap)
        return tap

    def react(self, message: str, node: str, latency: int, call: Callable[[int, int, bytes], None]) -> None:
        self._reactions.append((message, latency, call))

    def _cyclic(self, slot: Slot, begin: int) -> Process:
        due = begin + slot.layout.offset
        while True:
            # Releases of one instant come in the order of arbitration, as in the product.
            yield later(self._env, due - self._env.now, self._place(slot, cyclic=True))
            due += slot.cycle
            wait = slot.last_release + slot.layout.min_delay - self._env.now
            if slot.layout.min_delay and wait > 0:
                self._defer(slot, wait)
            else:
                self._release(slot)

    def _event(self, slot: Slot, at: int) -> Process:
        if slot.deferred:
            return
        wait = slot.last_release + slot.layout.min_delay - at
        if wait > 0:
            self._defer(slot, wait + at - self._env.now)
        else:
            yield later(self._env, at - self._env.now, self._place(slot))
            wait = slot.last_release + slot.layout.min_delay - at
            if wait > 0:
                # Another event of this instant has just been released.
                self._defer(slot, wait)
            else:
                self._release(slot)

    def _place(self, slot: Slot, cyclic: bool = False) -> int:
        # What was asked for comes before what the grid brings at the same instant.
        return RELEASE + 2 * (self._rank * 2048 + slot.id) + cyclic

    def _defer(self, slot: Slot, wait: int) -> None:
        def release(_: simpy.Event) -> None:
            slot.deferred = False
            self._release(slot)

        if not slot.deferred:
            slot.deferred = True
            later(self._env, wait, self._place(slot)).callbacks.append(release)

    def _release(self, slot: Slot) -> None:
        now = self._env.now
        slot.last_release = now
        if slot.ready:
            self._recorder.occur(now, "overwritten", slot.layout.path)
        else:
            heappush(self._ready, (slot.entry, slot))
        slot.release()
        slot.ready = True
        slot.released = now
        later(self._env, max(0, self._free_at - now), ARBITRATE).callbacks.append(self._arbitrate)

    def _arbitrate(self, _: simpy.Event) -> None:
        now = self._env.now
        if now < self._free_at or not self._ready:
            return
        slot = heappop(self._ready)[1]
        slot.ready = False
        data, release = slot.ready_data, slot.released
        duration = slot.ready_duration
        pause = INTERMISSION_BITS * 1_000_000_000 // self._layout.bitrate
        self._free_at = now + duration + pause

        def end(_: simpy.Event) -> None:
            at = self._env.now
            self._record((at, now, release, slot.number, data))
            for tap in self._taps:
                if tap.layout is slot.layout:
                    tap.frames.append((at, data))
            for message, latency, call in self._reactions:
                if message == slot.layout.name:
                    due = later(self._env, latency, TASK + self._rank * 2048 + slot.id)
                    due.callbacks.append(lambda _, call=call: call(self._env.now, at, data))

        later(self._env, duration, END).callbacks.append(end)
        later(self._env, duration + pause, ARBITRATE).callbacks.append(self._arbitrate)
