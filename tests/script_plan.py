"""Small plans written by hand: one bus that nobody plays, a vehicle, and phases."""

import signal
from threading import Timer
from typing import Any

from networks import message

from bench.model.check import Expectation
from bench.model.expression import Compare, Constant, ModelRef, SignalRef
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, SendType
from bench.model.plan import Plan, RigPlan
from bench.model.run import Run
from bench.model.stimulus import At, Fault, Phase, Power, SetModel, SetSignal, Start, Step, Stimulus
from bench.run.execute import execute

BUS = BusLayout(
    "B0", 500_000, 2_000_000, ("A", "L"),
    (
        message("B0", "M", 0x100, cycle=10 * MS, protection="P01"),
        message("B0", "E", 0x101, send_type=SendType.EVENT),
        message("B0", "N", 0x102, cycle=50 * MS),
    ),
)  # fmt: skip
NUMBER = SignalRef("B0", "M", "Number")
EVENT = SignalRef("B0", "E", "Number")
SPEED = ModelRef("model.speed", "km/h")


def phase(name: str, *parts: Step | Fault, **how: Any) -> Phase:
    """A phase of steps and faults; `duration`, `until`, `at_most`, `repeat`."""
    steps = tuple(part for part in parts if isinstance(part, Step))
    faults = tuple(part for part in parts if isinstance(part, Fault))
    return Phase(
        name,
        how.get("duration"),
        how.get("until"),
        how.get("at_most"),
        repeat=how.get("repeat", 1),
        steps=steps,
        faults=faults,
    )


def step(identifier: str, stimulus: Stimulus, start: Start | int = 0) -> Step:
    """A step; an integer start is an instant of the phase."""
    return Step(identifier, stimulus, At(start) if isinstance(start, int) else start)


def compare(reference: SignalRef | ModelRef, operator: str, value: Any) -> Compare:
    """A comparison with a constant."""
    return Compare(operator, reference, Constant(value))


def plan(
    *phases: Phase,
    background: tuple[SetModel | SetSignal | Power, ...] = (Power("RUN"),),
    expectations: tuple[Expectation, ...] = (),
    **changes: Any,
) -> Plan:
    """The plan of these phases; the key is on from the first instant."""
    return Plan(
        "by_hand", "By hand", "by_hand.scenario.yaml", 1, (), (), changes.get("buses", (BUS,)), changes.get("ecus", ()),
        RigPlan("virtual", "ev", changes.get("environment", ())), background, phases, expectations,
        jitter=changes.get("jitter", False),
    )  # fmt: skip


def interrupted(endless: Plan, delay: float) -> Run:
    """The run of a plan that Ctrl-C ends: a real SIGINT, so many seconds after the run's first second."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = Timer(delay, signal.raise_signal, (signal.SIGINT,))

    def progress(now: int) -> None:
        if now == 1 * S:
            timer.start()

    try:
        return execute(endless, progress)
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
