"""Restbus throughput against the naive build of the same load, side by side: `python benchmarks/restbus.py`.

The load: 60 messages of 8 bytes with 12 signals each, cycles 10/20/30 ms, 3 667 frames/s on one bus of 500 kbit/s;
12 messages change all their signals every 10 ms. Ours does arbitration, exact frame lengths and the trace; the naive
side does none of it. Both sides send the same frames (count and payload are compared; the load has no counters and
no CRCs). The two alternate, best of 5; reading the database is on neither side's clock. One turn of ours is the mean
of several runs, so that both sides are looked at for about as long: what is short, a busy host slows by chance.
"""

import argparse
import gc
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from statistics import mean

import cantools
from naive import run as run_naive

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.model.layout import BusLayout
from bench.model.trace import Trace
from bench.network.database import load
from bench.wire.recorder import Recorder
from bench.wire.restbus import Restbus
from bench.wire.simbus import SimBus

MS = 1_000_000
S = 1_000 * MS
DBC = Path(__file__).with_name("load.dbc")
CHANGING = 12
MESSAGES = 60
REPEATS = 20
TURNS = 1000
FACTOR = [1, 0.5, 0.1, 2]
OFFSET = [0, -10, 0, 5]


def made_up_values() -> list[list[tuple[float, ...]]]:
    """Physical values by turn of 10 ms and message: random, so that no payload comes twice; the same on both sides.

    One object for each number: values that a model has just worked out are in the processor's cache, and megabytes of
    them read from memory would be a measure of the host.
    """
    chance = Random(1)
    known = [[OFFSET[place] + FACTOR[place] * raw for raw in range(32)] for place in range(4)]

    def drawn(messages: int) -> list[tuple[float, ...]]:
        return [tuple(known[s % 4][chance.randrange(32)] for s in range(12)) for _ in range(messages)]

    return [drawn(MESSAGES), *(drawn(CHANGING) for _ in range(1, TURNS))]


VALUES = made_up_values()


def values_of(number: int, turn: int) -> tuple[float, ...]:
    """The twelve signals of a message in a turn of 10 ms; those of the messages that never change are in turn 0."""
    return VALUES[turn % TURNS][number]


def run_ours(layout: BusLayout, end: int) -> Trace:
    """The load on the simulated bus until `end`, and a little longer, so that what was released has been sent."""
    kernel = Kernel()
    recorder = Recorder()
    bus = SimBus(layout, kernel.calendar, recorder)
    kernel.add(bus)
    restbus = Restbus(bus, layout, modelled=())
    slots = [restbus.slots[name] for name in sorted(restbus.slots)]

    def change(now: int) -> None:
        turn = now // (10 * MS)
        for number in range(CHANGING):
            slots[number].set_all(values_of(number, turn))

    for number, slot in enumerate(slots):
        slot.set_all(values_of(number, 0))
    restbus.wake(0)
    kernel.calendar.every(0, 10 * MS, Phase.TASK, (), change)
    kernel.run_until(end + 20 * MS)
    return recorder.close(end + 20 * MS, complete=True)


def compare(trace: Trace, naive: list[tuple[int, bytes]], end: int) -> int:
    """Frames that both sides sent; AssertionError where count or payload differ."""
    ours: dict[int, list[bytes]] = defaultdict(list)
    for release, identifier, data in zip(trace.frames.release, trace.frames.id, trace.frames.data, strict=True):
        if release < end:
            ours[identifier].append(data)
    theirs: dict[int, list[bytes]] = defaultdict(list)
    for identifier, data in naive:
        theirs[identifier].append(data)
    assert ours == theirs, "the two sides did not send the same frames"
    return len(naive)


def timed(call, *arguments):
    """Seconds of processor time that a call took, and what it gave. Other load on the host counts on neither side."""
    gc.collect()
    gc.freeze()  # what earlier rounds left alive is not looked through on anybody's time
    begin = time.process_time()
    result = call(*arguments)
    seconds = time.process_time() - begin
    gc.unfreeze()
    return seconds, result


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=int, default=20, help="simulated seconds a run")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--at-least", type=float, default=25.0, help="exit 1 below this ratio")
    chosen = options.parse_args()
    end = chosen.seconds * S
    layout, database = load(DBC), cantools.database.load_file(DBC)
    ours, naive = [], []
    frames = 0
    for _ in range(chosen.rounds):
        seconds, received = timed(run_naive, database, values_of, CHANGING, end)
        naive.append(seconds)
        turns = []
        for _ in range(REPEATS):
            seconds, trace = timed(run_ours, layout, end)
            turns.append(seconds)
            frames = compare(trace, received, end)
        ours.append(mean(turns))
    ratio = min(naive) / min(ours)
    print(
        f"{frames} frames in {chosen.seconds} s simulated, the same on both sides; best of {chosen.rounds}, alternating"
    )
    for name, best in (("naive", min(naive)), ("ecubench", min(ours))):
        print(f"{name:9} {best:7.3f} s  {chosen.seconds / best:7.1f} x real time  {frames / best:9.0f} frames/s")
    print(f"ratio     {ratio:.1f} x (at least {chosen.at_least:g} is asked)")
    raise SystemExit(ratio < chosen.at_least)


if __name__ == "__main__":
    main()
