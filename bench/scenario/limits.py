"""Limits of outputs as files state them: a rig for all its instruments, an instrument, a scenario.

Each of them can only tighten what stands before it, so nothing that a scenario says leaves the rig's own limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from bench.model.lab import Envelope
from bench.scenario.findings import Findings
from bench.scenario.instruments import KINDS
from bench.scenario.names import Range
from bench.scenario.node import Broken, Node, Table
from bench.scenario.quantities import number_of
from bench.scenario.schema import Shape, fields
from bench.scenario.units import show

LIMITS = {
    "voltage_min": Range("V", low=-1000, high=1000),
    "voltage_max": Range("V", low=-1000, high=1000),
    "current_max": Range("A", low=0.001, high=10_000),
    "slew_max": Range("V/s", low=0.001),
    "energy_max": Range("J", low=0.001),
}
"""The limits that there are; the ends only keep out what is meant otherwise."""

LOWEST = "voltage_min"
RIG_LIMITS = Shape("limits", optional=tuple(LIMITS))


@dataclass(frozen=True, slots=True)
class Stated:
    """A limit in its own unit, and where it stands."""

    value: float
    node: Node


Limits = Mapping[str, Stated]


def limits(node: Node | None, shape: Shape, who: str, findings: Findings) -> dict[str, Stated]:
    """The limits that a mapping states; `who` is whose they are, for messages."""
    if node is None:
        return {}
    found: dict[str, Stated] = {}
    for key, value in fields(node, shape, findings).items():
        number = number_of(value, LIMITS[key], f"{key} of {who}", findings)
        if number is not None:
            found[key] = Stated(number, value)
    _check_order({key: one.value for key, one in found.items()}, found, who, findings)
    return found


def unread(node: Node | None, found: Limits) -> bool:
    """Whether a mapping holds limits that could not be read, which has been told."""
    return isinstance(node, Broken) or (isinstance(node, Table) and len(node.entries) != len(found))


def shape_of(kind: str) -> Shape:
    """The limits that an instrument of a kind takes."""
    return Shape(f"limits of a {kind}", optional=KINDS[kind].limits)


def tightened(name: str, before: Mapping[str, float], own: Limits, whose: str, findings: Findings) -> dict[str, float]:
    """The limits of an instrument after one more has been heard; those before where what it says is a finding."""
    noted = len(findings.rows)
    narrow = dict(before)
    for key, stated in own.items():
        wider = key in before and (stated.value < before[key] if key == LOWEST else stated.value > before[key])
        if wider:
            told, allowed = show(stated.value, LIMITS[key].unit), show(before[key], LIMITS[key].unit)
            text = f"{key} {told} of {name} is wider than the {allowed} that {whose}; it can only tighten; narrow it"
            findings.add(stated.node, text)
        else:
            narrow[key] = stated.value
    if len(findings.rows) == noted:
        _check_order(narrow, own, name, findings)
    return narrow if len(findings.rows) == noted else dict(before)


def envelope(kind: str, numbers: Mapping[str, float]) -> Envelope | None:
    """What an instrument's output must not exceed; None for one that drives nothing, or nobody limits."""
    heeded = {key: value for key, value in numbers.items() if key in KINDS[kind].limits}
    if not heeded:
        return None
    highest = heeded.get("voltage_max", inf)
    # A generator swings to both sides of zero, a supply does so only where the rig says it may.
    lowest = heeded.get(LOWEST, -highest if kind == "generator" else 0.0)
    return Envelope(
        highest, heeded.get("current_max", inf), lowest, heeded.get("slew_max"), heeded.get("energy_max")
    )  # fmt: skip


def numbers(kind: str, known: Envelope | None) -> dict[str, float]:
    """The limits of an envelope by their names, without what is not limited."""
    if known is None:
        return {}
    every = {
        LOWEST: known.volts_min,
        "voltage_max": known.volts_max,
        "current_max": known.amperes_max,
        "slew_max": known.slew,
        "energy_max": known.energy,
    }
    return {key: one for key, one in every.items() if one is not None and one != inf and key in KINDS[kind].limits}


def _check_order(narrow: Mapping[str, float], own: Limits, who: str, findings: Findings) -> None:
    low, high = narrow.get(LOWEST, 0.0), narrow.get("voltage_max", inf)
    ends = [own[key].node for key in ("voltage_max", LOWEST) if key in own]
    if ends and low >= high and (LOWEST in narrow or high <= 0):
        text = f"voltage_max {show(high, 'V')} of {who} is not above voltage_min {show(low, 'V')}; correct one of them"
        findings.add(ends[0], text)
