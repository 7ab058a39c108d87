"""How late this host wakes a sleeper up: the measure of which cycles a bench on it can keep."""

from dataclasses import dataclass
from threading import Lock
from time import monotonic_ns

from bench.clock.collector import held_back
from bench.clock.precedence import preferred
from bench.model.instant import MS, S

STEP = 1 * MS
"""Spacing of the deadlines of a measurement, ns."""


@dataclass(frozen=True, slots=True)
class HostTimer:
    """How much later than asked sleeps ended, ns: the median, 99 % of them, and the latest of `sleeps`."""

    p50: int
    p99: int
    worst: int
    sleeps: int = 0


def measure(duration: int = 200 * MS) -> HostTimer:
    """Sleep to one deadline a millisecond for `duration` ns, in the way of `Wall`, and see how late each one ended."""
    gate = Lock()
    gate.acquire()
    late: list[int] = []
    with held_back(), preferred():
        begun = monotonic_ns()
        for turn in range(1, max(duration // STEP, 1) + 1):
            deadline = begun + turn * STEP
            while (now := monotonic_ns()) < deadline:
                gate.acquire(timeout=(deadline - now) / S)
            late.append(now - deadline)
    return timer_of(late)


def timer_of(late: list[int]) -> HostTimer:
    """The figures of some latenesses, ns; there must be one at least."""
    ordered = sorted(late)
    return HostTimer(
        p50=ordered[-(-len(ordered) // 2) - 1],
        p99=ordered[-(-99 * len(ordered) // 100) - 1],
        worst=ordered[-1],
        sleeps=len(ordered),
    )
