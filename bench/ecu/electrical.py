"""An ECU's supply in numbers: its input stage, what it draws in which state, and the voltages at which it lives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bench.errors import BenchBug
from bench.model.instant import MS
from bench.vehicle.input_stage import InputStage

NOMINAL = 12.0
"""Line voltage at which currents are stated, V."""


class Start(NamedTuple):
    """What came before a start, ns; FOREVER where there was no life before.

    `lived` is how long that life lasted, `outage` how long there was no supply since, and `rise` how long the voltage
    took from next to nothing to the starting voltage; 0 where the capacitor had not emptied.
    """

    lived: int
    outage: int
    rise: int


def never(_: Start) -> bool:
    """A sound unit starts whatever came before."""
    return False


@dataclass(frozen=True, slots=True)
class Electrical:
    """Voltages are those behind the input stage, V; times in ns.

    `draws` gives a state's current at 12 V on the line, A; its power stays when the voltage changes. "off" is what it
    draws without a life, "run" where the ECU tells no other state. `power_on_reset` passes above `starts_above` before
    a life begins. Below `warns_below` for `warning` the ECU shuts down in order, below `dies_below` it dies at once;
    above `stops_above` for `stops_after` it stops. Then it waits for the voltage (`returns` 0), tries again blindly
    `returns` ns later, or stays off until it has died (None). `hangs`: whether a start leads nowhere.
    """

    stage: InputStage
    draws: tuple[tuple[str, float], ...]
    starts_above: float
    dies_below: float
    warns_below: float
    warning: int = 200 * MS
    power_on_reset: int = 5 * MS
    stops_above: float = 36.0
    stops_after: int = 10 * MS
    returns: int | None = 0
    hangs: Callable[[Start], bool] = never

    def watts(self, state: str) -> float:
        """What the unit takes in a state, behind its input stage."""
        amperes = dict(self.draws).get(state)
        if amperes is None:
            raise BenchBug(f"nobody said what is drawn in the state '{state}'; there are {[s for s, _ in self.draws]}")
        return amperes * (NOMINAL - (self.stage.drop or 0.0) - amperes * self.stage.ohm)


THIN = Electrical(
    stage=InputStage(farad=220e-6, ohm=0.1, drop=0.1),
    draws=(("off", 50e-6), ("run", 0.15)),
    starts_above=6.0,
    dies_below=2.3,
    warns_below=0.0,
)
"""Any ECU that says nothing else, on a small supply of its own [B]. It lasts a little longer than the units under test,
for the last one on a bus would have nobody who acknowledges, and repeat its frame for as long as it lives."""
