"""What instruments of each kind can do for a scenario, and what they must not do in a rig."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from bench.model.instant import show
from bench.model.lab import Edges, Envelope, InstrumentPlan
from bench.model.waveform import Waveform
from bench.scenario.findings import listed
from bench.scenario.names import Range
from bench.scenario.units import show as with_unit

QUANTITIES = {"voltage": Range("V"), "current": Range("A"), "resistance": Range("Ohm"), "power": Range("W")}
"""What can be measured, each in its unit."""

SWITCH = Range("", ("off", "on"), True)
INTERRUPTIONS = ("open", "to_ground")
PROFILE, INTERRUPT = "voltage_profile", "interrupt"


@dataclass(frozen=True, slots=True)
class Kind:
    """What all instruments of one kind have in common.

    `settings` are what `set` takes; `measures` are quantities; `skills` capabilities that are neither. `limits` are the
    limits that it heeds, `needed` those of them that a rig must state before anything is energised.
    """

    drivers: tuple[str, ...]
    settings: Mapping[str, Range]
    measures: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


KINDS = {
    "supply": Kind(
        ("generic", "keysight", "rohde_schwarz"),
        {
            "voltage": Range("V"),
            "current_limit": Range("A", low=0),
            "slew": Range("V/s", low=0.001),
            "output": SWITCH,
        },
        ("voltage", "current", "power"),
        (PROFILE, INTERRUPT),
        ("voltage_min", "voltage_max", "current_max", "slew_max", "energy_max"),
        ("voltage_max", "current_max"),
    ),
    "meter": Kind(("generic", "keysight", "rohde_schwarz"), {}, ("voltage", "current", "resistance")),
    "load": Kind(
        ("generic",),
        {"current": Range("A", low=0), "resistance": Range("Ohm", low=0), "power": Range("W", low=0), "input": SWITCH},
        ("voltage", "current", "power"),
        limits=("voltage_max", "current_max"),
        needed=("voltage_max", "current_max"),
    ),
    "scope": Kind(
        ("generic",),
        {
            "points": Range("", low=2, high=100_000_000),
            "sample_rate": Range("Hz", low=0.001),
            "trigger_level": Range("V"),
        },
        ("voltage",),
    ),
    "relay": Kind(("generic",), {"close": Range("", low=1, high=9999), "open": Range("", ("all",), low=1, high=9999)}),
    "generator": Kind(
        ("generic",),
        {
            "shape": Range("", ("sine", "square", "dc"), True),
            "frequency": Range("Hz", low=0),
            "amplitude": Range("V", low=0),
            "offset": Range("V"),
            "output": SWITCH,
        },
        limits=("voltage_min", "voltage_max"),
        needed=("voltage_max",),
    ),
}
FOREIGN_DRIVER = "pymeasure."
"""How the name of a driver of PyMeasure begins, such as `pymeasure.keysight.Keysight34410A`."""


def setting(name: str) -> str:
    """The capability of setting something."""
    return f"set_{name}"


def measuring(quantity: str) -> str:
    """The capability of measuring something."""
    return f"measure_{quantity}"


def of_kind(kind: Kind) -> tuple[str, ...]:
    """All that instruments of a kind can do."""
    return (*map(setting, kind.settings), *kind.skills, *map(measuring, kind.measures))


CAPABILITIES = tuple(dict.fromkeys(one for kind in KINDS.values() for one in of_kind(kind)))


def abilities(plan: InstrumentPlan) -> tuple[str, ...]:
    """What this instrument of a rig can do; interrupting its line only where the rig states how."""
    return tuple(one for one in of_kind(KINDS[plan.kind]) if one != INTERRUPT or plan.edges.how)


def readings(plans: Iterable[InstrumentPlan]) -> dict[str, Range]:
    """What instruments can measure, by its full name ("psu.current")."""
    return {f"{one.name}.{quantity}": QUANTITIES[quantity] for one in plans for quantity in KINDS[one.kind].measures}


def lacks(plan: InstrumentPlan, capability: str, others: Mapping[str, InstrumentPlan], rig: str = "this rig") -> str:
    """Why an instrument has not a capability, and who has; empty where it has."""
    able = abilities(plan)
    if capability in able:
        return ""
    if capability in of_kind(KINDS[plan.kind]):
        remedy = "add them in the rig file, such as 'edges: {how: [open], shortest: 10 us}'"
        return f"{plan.name} of {rig} cannot interrupt its line, since no edges are stated for it; {remedy}"
    who = [one.name for one in others.values() if one.kind in KINDS and capability in abilities(one)]
    where = f"take {' or '.join(who)}" if who else "no instrument of the rig has it, so take another rig"
    return f"{plan.name} is a {plan.kind} and has no '{capability}'; expected one of {listed(able)}; {where}"


# ---- limits ---------------------------------------------------------------------------------------------------------


def over_setting(plan: InstrumentPlan, name: str, value: float) -> str:
    """Which limit of the rig a single set-point breaks; empty where none."""
    limits = plan.envelope
    if limits is None:
        return ""
    most = with_unit(limits.amperes_max, "A")
    match plan.kind, name:
        case "supply", "voltage":
            return _outside(plan.name, (value, value), limits)
        case "load", "resistance" if value * limits.amperes_max < limits.volts_max:
            drawn = f"{with_unit(value, 'Ohm')} at {with_unit(limits.volts_max, 'V')}"
            return f"{drawn} draws more than {plan.name} may carry: {most}"
        case "load", "power" if value > limits.volts_max * limits.amperes_max:
            full = with_unit(limits.volts_max * limits.amperes_max, "W")
            return f"{with_unit(value, 'W')} is more than {plan.name} may take: {full}"
        case ("supply", "current_limit") | ("load", "current") if value > limits.amperes_max:
            return f"{with_unit(value, 'A')} is more than {plan.name} may carry: {most}"
        case "supply", "slew" if limits.slew is not None and value > limits.slew:
            return f"{_steep(value)} is steeper than {plan.name} may be: {_steep(limits.slew)}"
    return ""


def over_generator(plan: InstrumentPlan, settings: Mapping[str, float]) -> str:
    """Which limit offset and amplitude (peak to peak) of a generator break together; what is not set counts as 0."""
    if plan.envelope is None:
        return ""
    offset, half = settings.get("offset", 0.0), settings.get("amplitude", 0.0) / 2
    return _outside(plan.name, (offset - half, offset + half), plan.envelope)


def over_waveform(plan: InstrumentPlan, waveform: Waveform) -> str:
    """Which limit a whole waveform breaks, its voltages or its slew; empty where none."""
    limits = plan.envelope
    if limits is None:
        return ""
    if found := _outside(plan.name, waveform.bounds, limits):
        return found
    if limits.slew is not None and waveform.steepest > limits.slew:
        return f"it needs {_steep(waveform.steepest)}, but {plan.name} may do {_steep(limits.slew)} at most"
    return ""


def over_edges(plan: InstrumentPlan, how: str, duration: int) -> str:
    """Why a rig cannot interrupt a line like that; empty where it can."""
    edges = plan.edges
    if how not in edges.how:
        return f"{plan.name} of this rig cannot be interrupted '{how}'; expected {listed(edges.how)}"
    if duration < edges.shortest:
        jitter = f" (edges of {show(edges.edge)}, jitter {show(edges.jitter)})" if edges.edge or edges.jitter else ""
        least = f"the shortest that {plan.name} of this rig does is {show(edges.shortest)}{jitter}"
        return f"an interruption of {show(duration)}; {least}"
    return ""


def shortest_possible(edges: Edges) -> int:
    """The shortest interruption that two edges and the jitter leave anything of, ns."""
    return 2 * edges.edge + edges.jitter


def _outside(name: str, bounds: tuple[float, float], limits: Envelope) -> str:
    low, high = bounds
    if limits.volts_min <= low and high <= limits.volts_max:
        return ""
    volts = low if low < limits.volts_min else high
    allowed = f"{with_unit(limits.volts_min, 'V')} to {with_unit(limits.volts_max, 'V')}"
    return f"{with_unit(volts, 'V')} is outside the limits of {name}: {allowed}"


def _steep(volts_per_second: float) -> str:
    if volts_per_second == inf:
        return "a step"
    return f"{volts_per_second / 1000:.6g} V/ms" if volts_per_second >= 1000 else f"{volts_per_second:.6g} V/s"
