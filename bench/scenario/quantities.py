"""Values in the unit and the words of what they belong to: "50 km/h" for a speed, "ACTIVE" for a state."""

from bench.model.expression import Value
from bench.scenario import units
from bench.scenario.findings import Findings, listed, suggestion
from bench.scenario.names import Range
from bench.scenario.node import Node, Scalar, short
from bench.scenario.values import scalar


def label(text: str, range_: Range) -> str | None:
    """The label that a text is, None where it is none."""
    return text if text in range_.labels else None


def constant(text: str, range_: Range, who: str, difference: bool = False, bounded: bool = True) -> float | str:
    """The number that a text means for something of that range, else a sentence that says why it means none."""
    value = units.quantity(text)
    labels = f"expected one of {listed(range_.labels)}"
    if range_.states:
        if value is not None and not value.unit:
            return f"the bare number {short(text)}, but {who} is a state; {labels}"
        return f"no label '{short(text)}' of {who}; {labels}{suggestion(text, range_.labels)}"
    if value is None:
        takes = f"a number such as '{units.show(1, range_.unit)}'" + (
            f" or {listed(range_.labels)}" if range_.labels else ""
        )
        return f"'{short(text)}' is no number; {who} takes {takes}{suggestion(text, range_.labels)}"
    if units.plain(range_.unit):
        if value.unit:
            return f"'{short(text)}' has a unit, but {who} is a plain number; write '{_number(value)}'"
    elif not value.unit:
        return f"'{short(text)}' has no unit; {who} is in {range_.unit}; write '{short(text)} {range_.unit}'"
    elif not units.convertible(value.unit, range_.unit):
        known = [unit for unit in units.UNITS if units.convertible(unit, range_.unit)] or [range_.unit]
        guess = suggestion(value.unit, known)
        if value.unit not in units.UNITS:
            return f"unknown unit '{short(value.unit)}'; {who} is in {range_.unit}{guess}"
        return f"'{short(text)}' is in {value.unit}, but {who} is in {range_.unit}; expected one of {listed(known)}"
    number = units.converted(value, range_.unit, difference)
    if bounded and not difference and (found := outside(number, range_)):
        return f"'{short(text)}' for {who} is out of range; {found}"
    return number


def outside(number: float, range_: Range) -> str:
    """Which range a number misses, or nothing."""
    if (range_.low is not None and number < range_.low) or (range_.high is not None and number > range_.high):
        low = "" if range_.low is None else units.show(range_.low, range_.unit)
        high = "" if range_.high is None else units.show(range_.high, range_.unit)
        return f"expected {low or 'any'} to {high or 'any'}"
    return ""


def value_of(node: Node, range_: Range, who: str, findings: Findings) -> Value | None:
    """A value to be set: a label, or a number in range and in the right unit."""
    found = scalar(node, f"a value of {who}", findings)
    if found is None:
        return None
    if (name := label(found.text, range_)) is not None:
        return name
    return _noted(found, constant(found.text, range_, who), findings)


def number_of(node: Node, range_: Range, who: str, findings: Findings, *, difference: bool = False) -> float | None:
    """A number in the unit of something; `difference` for tolerances and changes, which have no range."""
    found = scalar(node, f"a number for {who}", findings)
    return None if found is None else _noted(found, constant(found.text, range_, who, difference), findings)


def _noted(node: Scalar, found: float | str, findings: Findings) -> float | None:
    if isinstance(found, str):
        findings.add(node, found)
        return None
    return found


def _number(value: units.Quantity) -> str:
    return f"{float(value.number):.10g}"
