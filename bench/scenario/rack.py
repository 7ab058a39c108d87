"""The instruments of a rig file: what each is and where, what it must not exceed, and how fast it can interrupt."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from bench.model.instant import show
from bench.model.lab import Edges, InstrumentPlan
from bench.scenario import values
from bench.scenario.findings import Findings, listed, unknown
from bench.scenario.instruments import FOREIGN_DRIVER, INTERRUPTIONS, KINDS, shortest_possible
from bench.scenario.limits import RIG_LIMITS, Limits, envelope, limits, shape_of, tightened, unread
from bench.scenario.node import Broken, Node, Scalar, Table, described, short
from bench.scenario.schema import Fields, Shape, fields

_ALL = ("driver", "resource", "serial", "calibrated_until", "options")
_DRIVES = (*_ALL, "limits", "watchdog", "interlock", "off_first")
INSTRUMENT = {
    "supply": Shape("a supply", ("kind",), (*_DRIVES, "feeds", "edges")),
    "meter": Shape("a meter", ("kind",), _ALL),
    "load": Shape("a load", ("kind",), _DRIVES),
    "scope": Shape("a scope", ("kind",), _ALL),
    "relay": Shape("a relay", ("kind",), (*_ALL, "off_first")),
    "generator": Shape("a generator", ("kind",), _DRIVES),
}
ANY = Shape("an instrument", ("kind",), INSTRUMENT["supply"].optional)
EDGES = Shape("edges", ("how", "shortest"), ("edge", "jitter"))

LINES = ("KL30",)
"""What a supply can feed: KL30, the vehicle's 12 V net from the battery on."""

MOST_PLACES = 99
# VPP-4.3, resource names of VISA: interface type and board, then the parts of the address.
_RESOURCE = re.compile(
    r"(?:GPIB|PXI|TCPIP|USB|VICP|VXI)\d*::[\w.:/\[\]-]{1,200}|ASRL[\w./-]{1,200}(?:::INSTR)?", re.IGNORECASE
)
_FOREIGN = re.compile(re.escape(FOREIGN_DRIVER) + r"[A-Za-z0-9_.]{1,120}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


_TOLD = ("model", "Vehicle")
"""Words with which other names of a scenario begin."""


def instruments(
    node: Node | None, rig: Node | None, taken: Collection[str], findings: Findings
) -> tuple[InstrumentPlan, ...]:
    """The instruments of a rig file. `rig` are its limits for all of them; `taken` are names of buses and messages."""
    every = limits(rig, RIG_LIMITS, "the rig", findings)
    found: list[tuple[Scalar, InstrumentPlan]] = []
    for key, value in _entries(node, findings):
        if (plan := _instrument(key, value, every, unread(rig, every), taken, findings)) is not None:
            found.append((key, plan))
    _one_for_each_line(found, findings)
    _one_at_each_address(found, findings)
    return tuple(plan for _, plan in found)


def _entries(node: Node | None, findings: Findings) -> tuple[tuple[Scalar, Node], ...]:
    if isinstance(node, Table):
        return node.entries
    if node is not None and not isinstance(node, Broken):
        findings.add(node, f"found {described(node)}; expected instruments, such as psu: {{kind: supply, ...}}")
    return ()


def _instrument(
    key: Scalar, node: Node, rig: Limits, unsure: bool, taken: Collection[str], findings: Findings
) -> InstrumentPlan | None:
    before = len(findings.rows)
    name = values.word(key, "the name of an instrument", findings) or ""
    if name in taken or name in _TOLD:
        what = "the name of a bus or a message" if name in taken else "how other names begin"
        findings.add(key, f"'{name}' is {what}; expected a name of its own, such as psu; rename it")
    kind = _kind(key, node, findings)
    found = fields(node, INSTRUMENT[kind] if kind else ANY, findings)
    if kind is None:
        return None
    numbers = _limits(key, kind, found.get("limits"), rig, unsure, findings)
    plan = InstrumentPlan(
        name=name,
        kind=kind,
        driver=_driver(kind, found, findings),
        resource=_resource(found, findings),
        serial=_text(found, "serial", "a serial number", findings),
        calibrated_until=_date(found.get("calibrated_until"), findings),
        envelope=envelope(kind, numbers),
        edges=_edges(found.get("edges"), name, findings),
        feeds=_feeds(found.get("feeds"), findings),
        watchdog=(values.time(found["watchdog"], "watchdog", findings, least=1) or 0) if "watchdog" in found else 0,
        interlock=_text(found, "interlock", "what switches off when the host is gone", findings),
        off_first=_place(found.get("off_first"), findings),
        options=tuple(_options(found.get("options"), findings)),
    )
    return plan if len(findings.rows) == before else None


def _kind(key: Scalar, node: Node, findings: Findings) -> str | None:
    """The kind comes first, since it says which keys there are."""
    named = node.get("kind") if isinstance(node, Table) else None
    return None if named is None else values.choice(named, f"kind of instrument for {short(key.text)}", KINDS, findings)


def _limits(
    key: Scalar, kind: str, node: Node | None, rig: Limits, unsure: bool, findings: Findings
) -> Mapping[str, float]:
    """What the rig says of all instruments, tightened by what it says of this one; a missing limit is a finding.

    `unsure`: a limit of the rig could not be read, so that nobody can say what is missing.
    """
    own = limits(node, shape_of(kind), key.text, findings) if KINDS[kind].limits else {}
    wide = {name: stated.value for name, stated in rig.items()}
    missing = [name for name in KINDS[kind].needed if name not in own and name not in wide]
    if missing and not unsure and not unread(node, own):
        remedy = f"add 'limits: {{{', '.join(f'{name}: ...' for name in missing)}}}' here or for the whole rig"
        findings.add(key, f"{short(key.text)} is a {kind} without {listed(missing)}; expected its limits; {remedy}")
    return tightened(key.text, wide, own, "the rig allows all instruments", findings)


def _driver(kind: str, found: Fields, findings: Findings) -> str:
    if "driver" not in found:
        return "generic"
    named = values.scalar(found["driver"], "a driver such as generic", findings)
    if named is None:
        return ""
    known = KINDS[kind].drivers
    if named.text not in known and not _FOREIGN.fullmatch(named.text):
        text = unknown(f"driver for a {kind}", named.text, (*known, f"{FOREIGN_DRIVER}<module>.<Class>"))
        findings.add(named, text)
    return named.text


def _resource(found: Fields, findings: Findings) -> str:
    if "resource" not in found:
        return ""
    named = values.scalar(found["resource"], "a VISA resource; leave the key out for a simulated one", findings)
    if named is None:
        return ""
    if not _RESOURCE.fullmatch(named.text):
        remedy = "expected one such as 'TCPIP::10.0.0.7::INSTR'; leave it out for a simulated one"
        findings.add(named, f"'{short(named.text)}' is no VISA resource; {remedy}")
    return named.text


def _text(found: Fields, key: str, what: str, findings: Findings) -> str:
    return (values.sentence(found[key], what, findings, most=80) or "") if key in found else ""


def _date(node: Node | None, findings: Findings) -> str:
    named = values.scalar(node, "a date such as 2027-03-01", findings) if node is not None else None
    if named is None:
        return ""
    try:
        if _DATE.fullmatch(named.text):
            return date.fromisoformat(named.text).isoformat()
    except ValueError:
        pass  # such as the 30th of February: no date either
    findings.add(named, f"'{short(named.text)}' is no day; expected year-month-day, such as 2027-03-01; correct it")
    return ""


def _edges(node: Node | None, name: str, findings: Findings) -> Edges:
    if node is None:
        return Edges()
    found = fields(node, EDGES, findings)
    how = [values.choice(one, "interruption", INTERRUPTIONS, findings) for one in values.items(found["how"])]
    shortest = values.time(found["shortest"], "shortest", findings, least=1)
    edge = values.time(found["edge"], "edge", findings) if "edge" in found else 0
    jitter = values.time(found["jitter"], "jitter", findings) if "jitter" in found else 0
    if shortest is None or edge is None or jitter is None:
        return Edges()
    edges = Edges(tuple(dict.fromkeys(one for one in how if one is not None)), shortest, edge, jitter)
    least = shortest_possible(edges)
    if shortest < least:
        text = f"{show(shortest)} for 'shortest' of {name} is less than two edges and the jitter take; "
        findings.add(found["shortest"], f"{text}expected {show(least)} or more; correct one of them")
    return edges


def _feeds(node: Node | None, findings: Findings) -> str:
    return (values.choice(node, "line to feed", LINES, findings) or "") if node is not None else ""


def _place(node: Node | None, findings: Findings) -> int:
    return (values.whole(node, "off_first", 1, MOST_PLACES, findings) or 0) if node is not None else 0


def _options(node: Node | None, findings: Findings) -> Iterator[tuple[str, float | int | str | bool]]:
    if node is None or isinstance(node, Broken):
        return
    if not isinstance(node, Table):
        findings.add(node, f"found {described(node)}; expected options of the driver, such as {{channel: 2}}")
        return
    for key, value in node.entries:
        one = values.typed(value, f"a value of {short(key.text)}", findings)
        if one is not None:
            yield key.text, one


def _one_for_each_line(found: Collection[tuple[Scalar, InstrumentPlan]], findings: Findings) -> None:
    feeding: dict[str, str] = {}
    for key, plan in found:
        if plan.feeds in feeding:
            text = f"{plan.name} feeds {plan.feeds}, which {feeding[plan.feeds]} feeds already; delete one 'feeds'"
            findings.add(key, f"{text}; expected one supply for a line")
        elif plan.feeds:
            feeding[plan.feeds] = plan.name


def _one_at_each_address(found: Collection[tuple[Scalar, InstrumentPlan]], findings: Findings) -> None:
    """Two names for one output would each believe that it is theirs; outputs of one mainframe differ in `channel`."""
    taken: dict[tuple[str, object], str] = {}
    for key, plan in found:
        place = (plan.resource.upper(), dict(plan.options).get("channel"))
        if plan.resource and place in taken:
            text = f"{plan.name} at {plan.resource}, where {taken[place]} is already; give each its own resource"
            findings.add(key, f"{text}, or another 'options: {{channel: 2}}' of one mainframe")
        taken.setdefault(place, plan.name)
