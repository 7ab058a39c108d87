"""A desk of instruments: models by kind and dialect, wired with one another as on a table without a vehicle."""

from collections.abc import Callable, Mapping

from bench.errors import RigError
from bench.lab.models import meter_dialects, supply_dialects
from bench.lab.models.generator import Generator
from bench.lab.models.load import ElectronicLoad
from bench.lab.models.meter import Meter
from bench.lab.models.relay import Relay
from bench.lab.models.scope import Scope
from bench.lab.models.supply import Supply
from bench.lab.models.terminals import Together
from bench.lab.scpi import Model
from bench.model.lab import InstrumentPlan

KINDS: Mapping[str, tuple[str, ...]] = {
    "supply": tuple(supply_dialects.DIALECTS),
    "meter": tuple(meter_dialects.DIALECTS),
    "load": ("generic",),
    "scope": ("generic",),
    "relay": ("generic",),
    "generator": ("generic",),
}
"""Each kind of instrument with the dialects that its model speaks."""

_MAKERS: Mapping[str, str] = {"agilent": "keysight", "hp": "keysight", "rohdeschwarz": "rohde_schwarz"}
"""Makers as the packages of PyMeasure are called, where that is not the name of a dialect."""


def model(
    kind: str, dialect: str, now: Callable[[], int], serial: str = "SIM", seed: int = 0, channel: int = 1
) -> Model:
    """A model of that kind, which is connected to nothing. RigError for a kind or a dialect that there is not."""
    if kind not in KINDS:
        raise RigError(f"no model of a {kind!r}; there are {', '.join(KINDS)}")
    if dialect not in KINDS[kind]:
        raise RigError(f"the model of a {kind} does not speak {dialect!r}; it speaks {', '.join(KINDS[kind])}")
    if kind == "supply":
        return Supply(now, dialect, serial=serial, seed=seed, channel=channel)
    if kind == "meter":
        return Meter(now, dialect, serial=serial, seed=seed)
    if kind == "load":
        return ElectronicLoad(now, serial=serial, seed=seed)
    if kind == "scope":
        return Scope(now, serial=serial, seed=seed)
    return Relay(now, serial=serial) if kind == "relay" else Generator(now, serial=serial)


def of_plan(plan: InstrumentPlan, now: Callable[[], int], seed: int = 0) -> Model:
    """The model in place of a plan's instrument: of its kind, with its serial number, in the dialect of its driver.

    A driver of others (PyMeasure) says nothing of its dialect: that of the maker in its name, or the generic one.
    """
    maker = plan.driver.split(".")[1] if "." in plan.driver else plan.driver
    dialect = _MAKERS.get(maker, maker)
    channel = dict(plan.options).get("channel", 1)
    return model(
        plan.kind,
        dialect if dialect in KINDS[plan.kind] else "generic",
        now,
        plan.serial or f"SIM-{plan.name}",
        seed,
        int(channel) if isinstance(channel, int | float) else 1,
    )


def wire(instruments: Mapping[str, Model]) -> None:
    """Connect what is on the desk: the loads to the first supply; meters and scopes to it, or else to the generator."""
    models = list(instruments.values())
    supply = next((one for one in models if isinstance(one, Supply)), None)
    source = supply or next((one for one in models if isinstance(one, Generator)), None)
    loads = [one for one in models if isinstance(one, ElectronicLoad)]
    for one in models:
        if isinstance(one, Meter) and source is not None:
            one.connect(source.recorded, supply.recorded_amperes if supply is not None else None)
        elif isinstance(one, Scope) and source is not None:
            one.connect(source.recorded)
    if supply is not None and loads:
        supply.connect(Together(tuple(loads)))
        for load in loads:
            load.connect(supply)
            load.changed = supply.loaded
