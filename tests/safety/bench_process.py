"""A bench with a guardian, to be killed: it energises supplies, and goes on until something ends it.

`python bench_process.py ROLE PORT:PLACE:WATCHDOG_MS...`. It says "guardian PID", "on" once all are on, and how it
ended: "closed NAMES" after an orderly end, "lost WHY" when the guardian ended first, "left" if it did not wait.
ROLE is "calm" (signs of life only), "busy" (sets and measures all the time), "waits" (for one answer after the other)
or "parent" (of a child that inherited all it has open, and outlives it).
"""

import os
import sys
from contextlib import suppress
from time import sleep

from bench.errors import RigError
from bench.lab.guardian import Guardian
from bench.model.instant import MS
from bench.model.lab import Envelope, InstrumentPlan

LIMITS = Envelope(volts_max=16.0, amperes_max=5.0, slew=100_000.0)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def plan(number: int, told: str) -> InstrumentPlan:
    port, place, watchdog = told.split(":")
    return InstrumentPlan(
        f"psu{number}", "supply", "generic", f"TCPIP::127.0.0.1::{port}::SOCKET", envelope=LIMITS,
        off_first=int(place), watchdog=int(watchdog) * MS,
    )  # fmt: skip


def energise(guardian: Guardian, plans: list[InstrumentPlan]) -> None:
    for one in plans:
        for remark in guardian.open(one).remarks:
            say(f"remark {remark}")
    for one in plans:
        guardian.set(one.name, (("voltage", 12.0), ("output", True)))
    say("on")


def work(guardian: Guardian, plans: list[InstrumentPlan], role: str) -> None:
    volts = 12.0
    if role == "parent" and os.fork() == 0:
        sleep(2)
        os._exit(0)
    while True:
        guardian.beat()
        if role == "busy":
            volts = 25.0 - volts
            guardian.set(plans[0].name, (("voltage", volts),))
            guardian.begin(plans[-1].name, "current")
            guardian.fetch(plans[-1].name, "current")
        elif role == "waits":
            guardian.get(plans[0].name, "voltage")
        else:
            sleep(0.02)


def main() -> None:
    role, plans = sys.argv[1], [plan(number, told) for number, told in enumerate(sys.argv[2:])]
    guardian = Guardian()
    say(f"guardian {guardian.pid}")
    try:
        energise(guardian, plans)
        work(guardian, plans, role)
    except KeyboardInterrupt:
        say("interrupted")
    except RigError as why:
        say(f"lost {why}")
    finally:
        try:
            say(f"closed {' '.join(guardian.close())}")
        except KeyboardInterrupt:
            say("left")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
