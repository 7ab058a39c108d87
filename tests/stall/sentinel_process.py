"""Sleeps on one processor, before everything else that runs there, and says when it was woken late.

`python sentinel_process.py CPU`: a line "from to" for each time, ns of the monotonic clock. Whoever goes before every
process of the test and is late all the same was kept from running by the host.
"""

import os
import sys
from contextlib import suppress
from time import monotonic_ns, sleep

PERIOD_S = 0.0005
LATE = 2_000_000
"""Later than this counts, ns: as much as the tightest check of the scenario allows."""


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(sys.argv[1])})
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))  # one above that of the bench
    period = round(PERIOD_S * 1e9)
    last = monotonic_ns()
    while True:
        sleep(PERIOD_S)
        now = monotonic_ns()
        if now - last > period + LATE:
            sys.stdout.write(f"{last} {now}\n")
            sys.stdout.flush()
        last = now


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
