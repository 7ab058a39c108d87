"""The kernel: SimPy's environment on integer nanoseconds, with a pace, a calendar, buses and an inbox.

It only moves time. Between two instants of the calendar or of SimPy nothing can surprise a bus, except the bus
itself; so buses are advanced in one go, in windows no longer than the smallest latency that any reaction has declared.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Protocol

import simpy

from bench.clock.calendar import Calendar, Call, Phase
from bench.clock.collector import held_back
from bench.clock.pace import Free, Pace
from bench.errors import BenchBug

Event = simpy.Event
"""Something that will happen; a process that yields it waits for it."""

Interrupted = simpy.Interrupt
"""Raised inside a process that somebody interrupts."""

Behaviour = Generator[Event, Any, None]
"""Slow behaviour: a generator that yields events."""

Running = simpy.Process
"""A behaviour under way."""


class Advancing(Protocol):
    """Something that moves by itself between the calendar's instants: a bus."""

    def advance(self, horizon: int) -> None:
        """Do all that happens before `horizon`; frame ends at `horizon` too. Never beyond it."""

    def window(self, now: int) -> int:
        """How far it may be advanced from `now` before something it causes could be due."""


class Kernel(simpy.Environment):
    """Serves SimPy's events and the calendar's calls in one order. See `Phase` for the order at one instant."""

    def __init__(self, pace: Pace | None = None) -> None:
        super().__init__(initial_time=0)
        self.pace: Pace = pace or Free()
        self.calendar = Calendar()
        self._buses: list[Advancing] = []
        self._inbox: SimpleQueue[tuple[Call, int | None]] = SimpleQueue()
        self._workers: ThreadPoolExecutor | None = None
        self.stopped = False

    def add(self, bus: Advancing) -> None:
        """Let the kernel advance a bus."""
        self._buses.append(bus)

    def admit(self, call: Call, at: int | None = None) -> None:
        """Let something from outside in, from any thread: `call(now)` runs on the kernel among the frame ends.

        It runs at instant `at`, its stamp on the run's time line, or at once if that has passed or none is given.
        Calls of one instant run in the order in which they were let in.
        """
        self._inbox.put((call, at))
        self.pace.wake()

    def offload(self, work: Callable[[], Any], modelled: int) -> simpy.Event:
        """Do blocking work on a thread; the event comes `modelled` ns from now with its result or its exception.

        Simulated time does not pass its due instant before the work is done, so a run stays reproducible.
        """
        if self._workers is None:
            self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="offload")
        future: Future[Any] = self._workers.submit(work)
        event = self.event()

        def finish(_: int) -> None:
            try:
                result = future.result()
            except Exception as failure:  # noqa: BLE001  # whatever the work raised belongs to the process that waits for it
                event.fail(_rebuildable(failure))
            else:
                event.succeed(result)

        self.calendar.at(int(self.now) + modelled, Phase.TIMEOUT, (), finish)
        return event

    def stop(self) -> None:
        """End the run after the call that is being served."""
        self.stopped = True

    def step(self) -> None:
        """Serve SimPy's next event. A failure that nobody waited for is raised itself, where SimPy raises a copy."""
        event = self._queue[0][-1]
        try:
            super().step()
        except BaseException:
            if event.ok or event.defused:
                raise
            failure: BaseException = event.value  # type: ignore[assignment]  # SimPy types it as any value
            raise failure from failure.__cause__

    def run_until(self, end: int) -> None:
        """Run everything before instant `end`, and the frame ends at it; then now is `end`, or earlier after `stop`."""
        if end < self._now:
            raise BenchBug(f"the kernel was asked to run until {end} ns, but it is {self._now} ns already")
        calendar, buses, inbox, wait = self.calendar, self._buses, self._inbox, self.pace.wait
        with held_back():
            while not self.stopped:
                if not inbox.empty():
                    self._let_in()
                now = int(self._now)
                at = due = int(min(calendar.next_at(), self.peek(), end))
                if due < now:
                    raise _in_the_past(due, now)
                for bus in buses:
                    at = min(at, bus.window(now))
                # In real time a bus must not do now what is due later, so the waiting comes before the moving; who was
                # woken has not moved, and what came in is served at its own instant.
                if wait(at) < at:
                    continue
                for bus in buses:
                    bus.advance(at)
                self._now = at
                # What the buses caused may be due before what was next; then this was only a part of the way.
                if at < due or calendar.next_at() < at:
                    continue
                if at >= end:
                    return
                self._serve(at)

    def close(self) -> None:
        """Give back the threads of `offload`."""
        if self._workers is not None:
            self._workers.shutdown()

    def _let_in(self) -> None:
        """Book what came from outside, each at its stamp; without one at the instant that the pace has reached."""
        now = int(self._now)
        present = max(now, self.pace.now())
        while not self._inbox.empty():
            call, at = self._inbox.get()
            self.calendar.at(present if at is None else max(at, now), Phase.FRAME_END, (), call)

    def _serve(self, at: int) -> None:
        calendar, peek = self.calendar, self.peek
        while not self.stopped:
            due = calendar.next_at()
            if peek() <= at and (due > at or calendar.next_phase() > Phase.PROCESS):
                self.step()
            elif due == at:
                calendar.take()(at)
            elif due > at:
                return
            else:
                raise _in_the_past(due, at)


def _in_the_past(due: int, now: int) -> BenchBug:
    return BenchBug(f"something was booked at {due} ns, but it is {now} ns already")


def _rebuildable(failure: Exception) -> Exception:
    """The failure itself, unless SimPy could not copy it, which would hide it behind the failure of copying."""
    try:
        type(failure)(*failure.args)
    except Exception:  # noqa: BLE001  # a constructor may raise anything
        stand_in = RuntimeError(f"{type(failure).__name__}: {failure}")
        stand_in.__cause__ = failure
        return stand_in
    return failure
