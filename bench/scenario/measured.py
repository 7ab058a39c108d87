"""Checks of numbers and states over time: settles, follows, sequence and value."""

from bench.model.check import Event, Follows, Received, Sequence, SequenceStep, Settles, Statistic
from bench.model.expression import Reference
from bench.model.instant import show
from bench.scenario import units, values
from bench.scenario.event import Ids, event_of
from bench.scenario.findings import Findings, unknown
from bench.scenario.names import Names, NoName, Range
from bench.scenario.node import Broken, Node, Scalar, Table
from bench.scenario.quantities import number_of, value_of
from bench.scenario.schema import FOLLOWS, SEQUENCE, SEQUENCE_STEP, SETTLES, VALUE, Fields, fields

STATISTICS = ("change", "mean", "min", "max", "count")
_MOST = Range("", (), False, 0, 1e12)


def reference_of(node: Node, names: Names, findings: Findings) -> Reference | None:
    """The signal or plant value that a node names."""
    found = values.scalar(node, "Message.Signal or model.name", findings)
    if found is None:
        return None
    try:
        return names.reference(found.text)
    except NoName as error:
        findings.add(found, str(error))
        return None


def _number(node: Node, what: str, names: Names, findings: Findings) -> Reference | None:
    """A signal or plant value that is a number and not a state."""
    reference = reference_of(node, names, findings)
    if reference is not None and names.range(reference).states:
        text = f"{reference.path} is a state; {what} needs a number; compare states with always, when or sequence"
        findings.add(node, text)
        return None
    return reference


def _tolerance(node: Node, to: float | None, range_: Range, who: str, findings: Findings) -> float | None:
    """A tolerance in the signal's unit, or as a share of `to` such as "5 %"."""
    if isinstance(node, Scalar) and to is not None and not units.same(range_.unit, "%"):
        quantity = units.quantity(node.text)
        if quantity is not None and quantity.unit == "%":
            share = values.share(node, "tolerance", findings)
            return None if share is None else abs(to) * share
    found = number_of(node, range_, who, findings, difference=True)
    if found is not None and found <= 0:
        findings.add(node, f"a tolerance of {units.show(found, range_.unit)}; expected more than 0")
        return None
    return found


def settles(node: Node, names: Names, findings: Findings) -> tuple[Settles, str] | None:
    """`settles: {signal, to, tolerance, within, hold}`."""
    found = fields(node, SETTLES, findings)
    signal = _number(found["signal"], "settles", names, findings)
    within = values.time(found["within"], "within", findings, least=1)
    hold = values.time(found["hold"], "hold", findings)
    if signal is None:
        return None
    range_ = names.range(signal)
    to = number_of(found["to"], range_, signal.path, findings)
    tolerance = _tolerance(found["tolerance"], to, range_, signal.path, findings)
    if to is None or tolerance is None or within is None or hold is None:
        return None
    text = f"{signal.path} settles to {units.show(to, range_.unit)} +- {units.show(tolerance, range_.unit)}"
    return Settles(signal, to, tolerance, within, hold), f"{text} within {show(within)} for {show(hold)}"


def follows(node: Node, names: Names, findings: Findings) -> tuple[Follows, str] | None:
    """`follows: {signal, reference, tolerance, delay}`."""
    found = fields(node, FOLLOWS, findings)
    signal = _number(found["signal"], "follows", names, findings)
    reference = _number(found["reference"], "follows", names, findings)
    delay = values.time(found["delay"], "delay", findings)
    if signal is None:
        return None
    range_ = names.range(signal)
    tolerance = _tolerance(found["tolerance"], None, range_, signal.path, findings)
    if reference is None or tolerance is None or delay is None:
        return None
    unit = names.range(reference).unit
    if not units.same(unit, range_.unit):
        findings.add(
            found["reference"],
            f"{reference.path} is in {unit or 'no unit'}, but {signal.path} in {range_.unit or 'no unit'}; "
            "expected a reference in the unit of the signal",
        )
        return None
    text = f"{signal.path} follows {reference.path} +- {units.show(tolerance, range_.unit)} after at most {show(delay)}"
    return Follows(signal, reference, tolerance, delay), text


def sequence(node: Node, names: Names, findings: Findings) -> tuple[Sequence, str] | None:
    """`sequence: {signal, steps: [STATE, {STATE: {within: 2 s}}], allow_others: no}`."""
    found = fields(node, SEQUENCE, findings)
    signal = reference_of(found["signal"], names, findings)
    others = values.yes(found["allow_others"], findings) if "allow_others" in found else False
    nodes = values.sequence(found["steps"], "states, each with its limit or without", findings)
    if signal is None or others is None:
        return None
    steps = [_state(one, names.range(signal), signal.path, findings) for one in nodes]
    known = tuple(step for step in steps if step is not None)
    if len(known) < len(steps) or isinstance(found["steps"], Broken):
        return None
    if not known:
        findings.add(found["steps"], "a sequence without states; expected one or more")
        return None
    text = ", ".join(f"{step.value}" + (f" within {show(step.within)}" if step.within else "") for step in known)
    return Sequence(signal, known, others), f"{signal.path} goes through {text}"


def _state(node: Node, range_: Range, who: str, findings: Findings) -> SequenceStep | None:
    if not isinstance(node, Table):
        value = value_of(node, range_, who, findings)
        return None if value is None else SequenceStep(value)
    if len(node.entries) != 1:
        findings.add(node, f"a state with {len(node.entries)} keys; expected one, such as DIALLING: {{within: 2 s}}")
        return None
    key, limit = node.entries[0]
    value = value_of(key, range_, who, findings)
    within = values.time(fields(limit, SEQUENCE_STEP, findings)["within"], "within", findings, least=1)
    return None if value is None or within is None else SequenceStep(value, within)


def value(node: Node, names: Names, ids: Ids, findings: Findings) -> tuple[Statistic, str] | None:
    """`value: {of, statistic, between: [a, b]}` or with `to` and `tolerance`."""
    if isinstance(node, Scalar) and not node.empty:
        findings.add(node, "captured results are not in this version; expected a mapping of of, statistic and between")
        return None
    found = fields(node, VALUE, findings)
    statistic, at = _statistic(found["statistic"], names, ids, findings)
    of = _measured(found["of"], statistic, names, findings)
    if of is None or statistic is None:
        return None
    counted = statistic == "count"
    range_ = _MOST if counted or isinstance(of, Received) else names.range(of)
    who = "a count" if counted else of.message if isinstance(of, Received) else of.path
    bounds = _bounds(found, node, range_, who, statistic == "change", findings)
    if bounds is None or (statistic == "at" and at is None):
        return None
    low, high = bounds
    shown = f"{units.show(low, range_.unit)} to {units.show(high, range_.unit)}"
    if low > high:
        findings.add(found["between"], f"from {shown}; expected the lower first")
        return None
    name = f"{of.bus}.{of.message}" if isinstance(of, Received) else of.path
    text = found["statistic"].text if isinstance(found["statistic"], Scalar) else statistic
    return Statistic(of, statistic, low, high, at), f"{text} of {name} in {shown}"


def _statistic(node: Node, names: Names, ids: Ids, findings: Findings) -> tuple[str | None, Event | None]:
    found = values.scalar(node, "change, mean, min, max, count or 'at' and an event", findings)
    if found is None:
        return None, None
    if found.text in STATISTICS:
        return found.text, None
    head, _, event = found.text.partition(" ")
    if head == "at" and event.strip():
        inset = None if found.inset is None else found.inset + len(found.text) - len(event.lstrip())
        moved = Scalar(event.strip(), found.line, found.column, inset, found.quoted)
        return "at", event_of(moved, names, ids, findings)
    findings.add(found, unknown("statistic", found.text, (*STATISTICS, "at <event>")))
    return None, None


def _measured(node: Node, statistic: str | None, names: Names, findings: Findings) -> Reference | Received | None:
    if statistic != "count":
        return _number(node, "a statistic", names, findings)
    found = values.scalar(node, "a message or a signal to count", findings)
    if found is None:
        return None
    text = found.text.removesuffix(" received").strip()
    try:
        message = names.message(text)
        return Received(message.bus, message.name)
    except NoName as error:
        if "." not in text:
            findings.add(found, str(error))
            return None
    return reference_of(found, names, findings)


def _bounds(
    found: Fields, node: Node, range_: Range, who: str, difference: bool, findings: Findings
) -> tuple[float, float] | None:
    if "between" in found:
        for other in ("to", "tolerance"):
            if other in found:
                findings.add(found[other], f"'{other}' beside 'between'; one of them says what is expected; delete one")
                return None
        ends = values.sequence(found["between"], "two limits", findings)
        if len(ends) != 2:
            if not isinstance(found["between"], Broken) and ends:
                findings.add(found["between"], f"{len(ends)} limits; expected two, the lower first")
            return None
        low, high = (number_of(end, range_, who, findings, difference=difference) for end in ends)
        return None if low is None or high is None else (low, high)
    if "to" not in found or "tolerance" not in found:
        if not isinstance(node, Broken) and isinstance(node, Table):
            findings.add(node, "a value without limits; add 'between', or 'to' and 'tolerance'")
        return None
    to = number_of(found["to"], range_, who, findings, difference=difference)
    tolerance = _tolerance(found["tolerance"], to, range_, who, findings)
    return None if to is None or tolerance is None else (to - tolerance, to + tolerance)
