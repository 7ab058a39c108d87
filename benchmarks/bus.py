"""The simulated bus with arbitration and error model, calm and with destroyed frames: `python benchmarks/bus.py`.

The load is that of benchmarks/restbus.py: 60 messages, 3 667 frames/s on one bus of 500 kbit/s, here with unchanging
content, so that little but the bus is measured. `errors` lays error frames on it such that one frame of a hundred is
destroyed and sent again. The yardstick is the plain event-driven build of tests/event_driven.py, which has no error
model. The three alternate, best of 5, processor time; frames/s say little on a shared machine, the ratios more.
"""

import argparse
import gc
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import simpy  # noqa: E402
from event_driven import EventDrivenBus  # noqa: E402

from bench.clock.calendar import Phase  # noqa: E402
from bench.clock.kernel import Kernel  # noqa: E402
from bench.model.layout import BusLayout  # noqa: E402
from bench.model.stimulus import At, Fault  # noqa: E402
from bench.network.database import load  # noqa: E402
from bench.wire.disturbances import ErrorFrames  # noqa: E402
from bench.wire.recorder import Recorder  # noqa: E402
from bench.wire.restbus import Restbus  # noqa: E402
from bench.wire.simbus import SimBus  # noqa: E402

S = 1_000_000_000
DBC = Path(__file__).with_name("load.dbc")
FRAMES_PER_SECOND = 3667


def simulated(layout: BusLayout, end: int, share: float) -> Recorder:
    """The load until `end`, a share of the frames destroyed."""
    kernel, recorder = Kernel(), Recorder()
    bus = SimBus(layout, kernel.calendar, recorder)
    kernel.add(bus)
    Restbus(bus, layout, modelled=()).wake(0)

    def destroy(now: int) -> None:
        def over(at: int) -> None:
            kernel.calendar.at(at, Phase.SCENARIO, (), error.end)

        error = ErrorFrames(Fault("error", "error_frames", At(0), bus=layout.name, count=1), bus, over)
        error.begin(now)

    if share:
        kernel.calendar.every(0, round(S / FRAMES_PER_SECOND / share), Phase.SCENARIO, (), destroy)
    kernel.run_until(end)
    return recorder


def event_driven(layout: BusLayout, end: int) -> Recorder:
    """The same load on the plain build."""
    env, recorder = simpy.Environment(), Recorder()
    bus = EventDrivenBus(layout, env, recorder, 0, 0)
    for message in layout.messages:
        bus.start(bus.slot(message.name, message.sender), 0)
    env.run(until=end)
    return recorder


def timed(call, *arguments) -> tuple[float, int, int]:
    """Seconds of processor time that a run took, frames and error frames in it."""
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    recorder = call(*arguments)
    seconds = time.process_time() - begin
    gc.unfreeze()
    trace = recorder.close(arguments[1], complete=True)
    return seconds, len(trace.frames), sum(one.what == "error_frame" for one in trace.occurrences)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=int, default=20, help="simulated seconds a run")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--at-least", type=float, default=1.5, help="exit 1 below this ratio, with errors too")
    chosen = options.parse_args()
    layout, end = load(DBC), chosen.seconds * S
    sides = {
        "plain": (event_driven, layout, end),
        "calm": (simulated, layout, end, 0),
        "errors": (simulated, layout, end, 0.01),
    }
    found: dict[str, list[tuple[float, int, int]]] = {name: [] for name in sides}
    for _ in range(chosen.rounds):
        for name, side in sides.items():
            found[name].append(timed(*side))
    best = {name: min(runs) for name, runs in found.items()}
    for name, (seconds, frames, errors) in best.items():
        print(f"{name:7} {frames:7} frames, {errors:5} destroyed  {seconds:7.3f} s  {frames / seconds:9.0f} frames/s")
    ratios = {name: best["plain"][0] / best[name][0] for name in ("calm", "errors")}
    print(f"ratio to the plain build: {ratios['calm']:.1f} x calm, {ratios['errors']:.1f} x with errors")
    raise SystemExit(min(ratios.values()) < chosen.at_least)


if __name__ == "__main__":
    main()
