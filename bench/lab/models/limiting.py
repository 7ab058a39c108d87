"""What a supply's terminals come to when a load wants more than the current limit gives."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.models.terminals import Load

STEPS = 64
"""The voltages, from the set-point down to 0, at which a limited supply is tried; between two of them it is solved."""

HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Operating:
    """Volts and amperes at the terminals, whether the current limit holds them there, and what the load wanted, A."""

    volts: float
    amperes: float
    limited: bool = False
    wanted: float = 0.0


def operating(program: float, limit: float, foldback: float, load: Load, at: int) -> Operating:
    """The point at which the load draws what the supply gives.

    `foldback` 1 keeps the current at its limit down to a short circuit; below 1 the limit falls with the voltage, and a
    short circuit gets that fraction of it. A constant-power load beyond the limit has no such point but the bottom.
    """
    drawn = load.amperes(program, at)
    if abs(drawn) <= limit:
        return Operating(program, drawn, wanted=drawn)

    def too_much(volts: float) -> bool:
        share = foldback + (1 - foldback) * (volts / program if program else 0.0)
        return abs(load.amperes(volts, at)) > limit * share

    above = program
    for step in range(STEPS - 1, -1, -1):
        below = program * step / STEPS
        if not too_much(below):
            volts = edge(below, above, too_much)
            return Operating(volts, load.amperes(volts, at), True, drawn)
        above = below
    return Operating(0.0, limit * foldback if drawn > 0 else -limit * foldback, True, drawn)


def edge(good: float, bad: float, too_much: Callable[[float], bool]) -> float:
    """The last value that is good on the way from one that is to one that is not."""
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        if too_much(middle):
            bad = middle
        else:
            good = middle
    return good
