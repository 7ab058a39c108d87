"""Instruments by the names of their drivers: a plan's instrument opened, recognised and handed out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import RigError
from bench.lab.drivers import meter
from bench.lab.drivers.borrowed import OPTIONS as BORROWED_OPTIONS
from bench.lab.drivers.borrowed import PREFIXES, Borrowed
from bench.lab.drivers.generator import GenericGenerator
from bench.lab.drivers.instrument import Instrument
from bench.lab.drivers.load import GenericLoad
from bench.lab.drivers.options import Value, options
from bench.lab.drivers.relay import GenericRelay
from bench.lab.drivers.scope import GenericScope
from bench.lab.drivers.supply import GenericSupply
from bench.lab.drivers.supply_keysight import KeysightSupply
from bench.lab.drivers.supply_rohde_schwarz import RohdeSchwarzSupply
from bench.lab.session import Session
from bench.model.instant import S
from bench.model.lab import InstrumentPlan

if TYPE_CHECKING:
    import pyvisa


@dataclass(frozen=True, slots=True)
class Driver:
    """How an instrument is made from a session, and the options that it knows."""

    make: Callable[[Session, Mapping[str, Value]], Instrument]
    options: Mapping[str, Value]


DRIVERS: Mapping[tuple[str, str], Driver] = {
    ("supply", "generic"): Driver(GenericSupply, GenericSupply.options),
    ("supply", "keysight"): Driver(KeysightSupply, KeysightSupply.options),
    ("supply", "rohde_schwarz"): Driver(RohdeSchwarzSupply, RohdeSchwarzSupply.options),
    ("meter", "generic"): Driver(meter.generic, meter.GENERIC_OPTIONS),
    ("meter", "keysight"): Driver(meter.keysight, meter.KEYSIGHT_OPTIONS),
    ("meter", "rohde_schwarz"): Driver(meter.rohde_schwarz, meter.ROHDE_SCHWARZ_OPTIONS),
    ("load", "generic"): Driver(GenericLoad, GenericLoad.options),
    ("scope", "generic"): Driver(GenericScope, GenericScope.options),
    ("relay", "generic"): Driver(GenericRelay, GenericRelay.options),
    ("generator", "generic"): Driver(GenericGenerator, GenericGenerator.options),
}


def names(kind: str) -> tuple[str, ...]:
    """The drivers of a kind of instrument."""
    return tuple(name for of, name in DRIVERS if of == kind)


def open_instrument(plan: InstrumentPlan, resources: "pyvisa.ResourceManager", resource: str = "") -> Instrument:
    """The instrument of a plan, at `resource` or at the plan's own; RigError if it is not there or not the one.

    `resources` is any PyVISA resource manager: "@py", "path.yaml@sim", a library instance of ours. Opening asks who it
    is, compares the serial number where the plan names one, and changes nothing else.
    """
    address = resource or plan.resource
    if not address:
        raise RigError(f"{plan.name}: no VISA address; expected one such as TCPIP0::10.0.0.7::5025::SOCKET; name it")
    driver = _driver(plan)
    chosen = options(plan, driver.options)
    seconds = float(chosen["timeout"])
    if not 0.01 <= seconds <= 60:
        raise RigError(f"{plan.name}: option 'timeout' is {seconds:g} s; expected 0.01 to 60 s; correct the rig file")
    session = Session(resources, address, plan.name, round(seconds * S), bool(chosen["compound"]))
    found = session.identity
    if plan.serial and found.serial != plan.serial:
        session.close()
        raise RigError(
            f"{plan.name}: {address} is {found}; expected serial number {plan.serial}; connect that one, or correct "
            "'serial' in the rig file with its calibration"
        )
    try:
        return driver.make(session, chosen)
    except BaseException:
        session.close()
        raise


def _driver(plan: InstrumentPlan) -> Driver:
    if plan.driver.startswith(PREFIXES):
        return Driver(lambda session, chosen: Borrowed(session, plan.driver, chosen), BORROWED_OPTIONS)
    found = DRIVERS.get((plan.kind, plan.driver))
    if found is None:
        known = ", ".join(names(plan.kind)) or "none"
        raise RigError(
            f"{plan.name}: no driver '{plan.driver}' for a {plan.kind}; there are {known}, and those of PyMeasure as "
            "pymeasure.MAKER.CLASS; correct 'driver' in the rig file"
        )
    return found
