"""Precedence of one thread at the host: real-time scheduling or a better nice value, and exact timers, where allowed.

What the host refuses is left as it is: a run is then later, which is measured, and not wrong.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

Granted = tuple[tuple[str, str], ...]
"""What a host gave, as (what, how much)."""

NICE = -10
"""The nice value that is asked for where real-time scheduling is refused."""

SLACK = Path("/proc/thread-self/timerslack_ns")
"""How late Linux may let a thread's timer go off to save power, ns; 50 us by default. Source: proc(5)."""


@contextmanager
def preferred() -> Iterator[Granted]:
    """Inside, the calling thread goes first as far as the host allows; yields what was granted."""
    with ExitStack() as undo:
        yield (*_scheduled(undo), *_exact(undo))


def _scheduled(undo: ExitStack) -> Granted:
    if not hasattr(os, "sched_setscheduler"):  # not on every system
        return (("scheduler", "as the host gives"),)
    policy, before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        # The lowest real-time priority is enough. Processes that the bench starts must not inherit it: one that
        # never sleeps would stop the host.
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        undo.callback(os.sched_setscheduler, 0, policy, before)
        return (("scheduler", "SCHED_FIFO 1"),)
    except OSError:
        pass
    try:
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, min(nice, NICE))
        undo.callback(os.setpriority, os.PRIO_PROCESS, 0, nice)
        return (("scheduler", f"nice {min(nice, NICE)}"),)
    except OSError:
        return (("scheduler", "as the host gives"),)


def _exact(undo: ExitStack) -> Granted:
    try:
        before = SLACK.read_text()
        SLACK.write_text("1")
    except OSError:
        return ()

    def give_back() -> None:
        with suppress(OSError):
            SLACK.write_text(before)

    undo.callback(give_back)
    return (("timer slack", "1 ns"),)
