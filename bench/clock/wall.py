"""The pace of real time: an instant of the run has come when so much time has passed on the host.

One clock, `CLOCK_MONOTONIC`, and absolute deadlines on it: being late once does not shift what comes later. Nobody
spins: the waiting thread sleeps on a lock that `wake` opens.
"""

import gc
from contextlib import ExitStack, suppress
from sys import getswitchinterval, setswitchinterval
from threading import Lock
from time import monotonic_ns, thread_time_ns, time_ns

from bench.clock.collector import held_back
from bench.clock.precedence import Granted, preferred
from bench.model.health import Disturbance
from bench.model.instant import MS, US, S

LATE = 1 * MS
"""What is served more than this after its instant is noted, ns."""

NAP = 5 * MS
"""No sleep is longer, ns, so that a stall from outside is seen also where nothing is due."""

LEAD = 250 * MS
"""The first instant comes so long after `begin`, ns: readers of interfaces are awake by then, and what is set up at
instant 0, which does not wait for it, is done."""

BRACKETS = 25
"""Readings of the two clocks at begin and end; the closest pair of them counts."""

SWITCH_S = 0.0005
"""How long a thread that is busy may keep the interpreter from the others, s: a reader must not hold up what is due.

Python's own is 5 ms; measured with a reader of single bytes (SLCAN), the bench was that late again and again.
"""

FINEST = 1 * US
"""No stamp of the host is believed to be better than this, ns: its clocks are read in nanoseconds and set in steps."""


class Wall:
    """Real time. `begin` comes right before the run, `end` right after it, both on the kernel's thread.

    `granted` is what the host gave the thread, in words; `skew` the uncertainty of `of_epoch` in ns.
    """

    name = "wall"

    def __init__(self) -> None:
        self._gate = Lock()
        self._gate.acquire()
        self._begun = monotonic_ns()
        self._epoch, self.skew = _epoch()
        self._left = self._used = 0
        self._noted: list[Disturbance] = []
        self._kept = ExitStack()
        self.granted: Granted = ()

    def begin(self) -> None:
        """The run's first instant is `LEAD` from now; until then `now` is negative."""
        gc.collect()  # what was made to set up the run; from here on the collector is held back
        self._kept.enter_context(held_back())
        self.granted = self._kept.enter_context(preferred())
        self._kept.callback(setswitchinterval, getswitchinterval())
        setswitchinterval(SWITCH_S)
        self._epoch, self.skew = _epoch()
        self._noted.clear()
        self._begun = monotonic_ns() + LEAD
        self._left, self._used = self.now(), thread_time_ns()

    def end(self) -> None:
        """Give back priority and collector, and see how far the host's clock was set meanwhile."""
        self._kept.close()
        epoch, skew = _epoch()
        self.skew = max(self.skew, skew) + abs(epoch - self._epoch)

    def now(self) -> int:
        """Nanoseconds since the run began."""
        return monotonic_ns() - self._begun

    def of_epoch(self, epoch_ns: int) -> int:
        """Where a stamp of the host's real-time clock (ns since 1970, as `time.time_ns` gives) lies in the run.

        It was measured against the monotonic clock at begin, between two readings of it; half of their distance is
        the uncertainty, `skew`.
        """
        return epoch_ns - self._epoch - self._begun

    def wait(self, at: int) -> int:
        """Return `at` when that instant has come, however late, or an earlier one when `wake` was called.

        Instant 0 does not wait: what is set up at it has the time until the next one, `LEAD` at least.
        """
        now = self._entered()
        if at <= 0:
            return self._leave(now, at)
        while now < at:
            since, until = now, min(at, now + NAP)
            woken = self._gate.acquire(timeout=(until - now) / S)
            self._used, now = thread_time_ns(), self.now()
            if now > until + LATE:  # it may have been stopped at any instant of its sleep
                self._note(since, now, now - until)
            if woken and now < at:
                return self._leave(now, now)
        if now > at + LATE:
            self._note(at, now, now - at)
        return self._leave(now, at)

    def wake(self) -> None:
        """End a `wait` early, from any thread. Without one under way, the next one that would sleep ends at once."""
        with suppress(RuntimeError):  # the gate is open already
            self._gate.release()

    def stalls(self) -> tuple[Disturbance, ...]:
        """When the bench was late, in order; `late` is how much at worst."""
        return tuple(self._noted)

    def _entered(self) -> int:
        """Now; notes a stop since the last wait that was not work: stopped, or not let on a processor."""
        first, now, used = thread_time_ns(), self.now(), thread_time_ns()
        stopped = (now - self._left) - (used - self._used)
        self._used = first  # of two readings that are not one, the one that makes no stop longer than it was
        if stopped > LATE:
            self._note(self._left, now, stopped)
        return now

    def _leave(self, now: int, reached: int) -> int:
        self._left = now
        return reached

    def _note(self, due: int, served: int, late: int) -> None:
        """Take down a delay; one that adjoins the one before belongs to it. Nobody was kept waiting before the run."""
        if served <= 0:
            return
        due = max(due, 0)
        while self._noted and due <= self._noted[-1].end:  # who catches up serves ever later instants of one stall
            last = self._noted.pop()
            due, served, late = min(due, last.start), max(served, last.end), max(late, last.late)
        self._noted.append(Disturbance("late", due, served, late=late))


def _epoch() -> tuple[int, int]:
    """How far the real-time clock is ahead of the monotonic one, and the uncertainty of that, in ns."""
    best, offset = 1 << 62, 0
    for _ in range(BRACKETS):
        before, epoch, after = monotonic_ns(), time_ns(), monotonic_ns()
        if after - before < best:
            best, offset = after - before, epoch - (before + after) // 2
    return offset, best // 2 + FINEST
