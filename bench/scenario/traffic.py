"""Checks of messages: cycle, counter, crc and silent, with the wildcards that name many messages at once."""

from dataclasses import replace

from bench.model.check import Counter, Crc, Cycle, CycleOf, Silent
from bench.model.instant import show
from bench.model.layout import MessageLayout, SendType
from bench.scenario import values
from bench.scenario.findings import Findings
from bench.scenario.names import Names, NoName
from bench.scenario.node import Node, Scalar, Table
from bench.scenario.schema import COUNTER, CRC, CYCLE, SILENT, fields


def cycle(node: Node, names: Names, findings: Findings) -> tuple[Cycle, str] | None:
    """`cycle: {message, period: declared, tolerance: 10 %, or: 2 ms, mean: 2 %, first: 200 ms}`."""
    found = fields(node, CYCLE, findings)
    period = found.get("period")
    declared = period is None or (isinstance(period, Scalar) and period.text == "declared")
    fixed = None if declared or period is None else values.time(period, "period", findings, least=1)
    tolerance = values.share(found["tolerance"], "tolerance", findings)
    at_least = values.time(found["or"], "or", findings) if "or" in found else 0
    mean = values.share(found["mean"], "mean", findings) if "mean" in found else None
    first = values.time(found["first"], "first", findings, least=1) if "first" in found else None
    messages: list[CycleOf] = []
    for item in values.items(found["message"]):
        messages.extend(_periodic(item, declared, fixed, names, findings))
    if not messages or tolerance is None or at_least is None or (fixed is None and not declared):
        return None
    every = "declared period" if fixed is None else show(fixed)
    text = f"{_named(found['message'])} every {every} +- {tolerance * 100:g} %"
    extra = (f" or {show(at_least)}" if at_least else "") + (f", mean +- {mean * 100:g} %" if mean else "")
    start = f", first within {show(first)}" if first else ""
    return Cycle(tuple(dict.fromkeys(messages)), tolerance, at_least, mean, first), text + extra + start


def _periodic(node: Node, declared: bool, fixed: int | None, names: Names, findings: Findings) -> list[CycleOf]:
    messages = _messages(node, names, findings)
    cyclic = [m for m in messages if not declared or (m.cycle and m.send_type is not SendType.EVENT)]
    if messages and not cyclic:
        findings.add(
            node, f"{_named(node)} has no declared period; expected a cyclic message, or a duration as 'period'"
        )
    return [CycleOf(m.bus, m.name, fixed or m.cycle, m.send_type is SendType.CYCLIC_EVENT) for m in cyclic]


def counter(node: Node, names: Names, findings: Findings) -> tuple[Counter, str] | None:
    """`counter: {message, modulo: declared}`."""
    found = fields(node, COUNTER, findings)
    modulo = None
    declared = found.get("modulo")
    if declared is not None and not (isinstance(declared, Scalar) and declared.text == "declared"):
        modulo = values.whole(declared, "modulo", 2, 1 << 16, findings)
        if modulo is None:
            return None
    messages = _protected(found["message"], "counter", names, findings)
    text = f"counter of {_named(found['message'])}" + (f" modulo {modulo}" if modulo else "")
    return (Counter(messages, modulo), text) if messages else None


def crc(node: Node, names: Names, findings: Findings) -> tuple[Crc, str] | None:
    """`crc: {message}`."""
    found = fields(node, CRC, findings)
    messages = _protected(found["message"], "checksum", names, findings)
    return (Crc(messages), f"checksum of {_named(found['message'])}") if messages else None


def _protected(node: Node, what: str, names: Names, findings: Findings) -> tuple[tuple[str, str], ...]:
    every: list[MessageLayout] = []
    for item in values.items(node):
        messages = _messages(item, names, findings)
        protected = [message for message in messages if message.protection is not None]
        if messages and not protected:
            findings.add(item, f"{_named(item)} has no {what}; expected a message with an E2E profile in the database")
        every.extend(protected)
    return tuple(dict.fromkeys((message.bus, message.name) for message in every))


def _messages(node: Node, names: Names, findings: Findings) -> tuple[MessageLayout, ...]:
    """The message of a name, or all that fit a pattern and are sent by themselves."""
    found = values.scalar(node, "a message or a pattern such as 'INFO.*'", findings)
    if found is None:
        return ()
    try:
        if "*" in found.text:
            # Nothing says that an event message will be sent at all, so only its own name asks for it.
            return tuple(message for message in names.matching(found.text) if message.send_type is not SendType.EVENT)
        return (names.message(found.text),)
    except NoName as error:
        findings.add(found, str(error))
        return ()


def silent(node: Node, names: Names, findings: Findings) -> tuple[Silent, str] | None:
    """`silent: {node: TCU}`, `{bus: INFO}` or `{message: ...}`."""
    found = fields(node, SILENT, findings)
    given = [key for key in ("node", "bus", "message") if key in found]
    if len(given) != 1:
        if isinstance(node, Table) and (not node.entries or len(given) > 1):
            findings.add(node, "silent of several things or none; expected one of node, bus, message")
        return None
    name = values.scalar(found[given[0]], f"a {given[0]}", findings)
    if name is None:
        return None
    try:
        if given[0] == "node":
            return Silent(node=names.node(name.text)), f"{name.text} sends nothing"
        if given[0] == "bus":
            return Silent(bus=names.bus(name.text).name), f"nothing is sent on {name.text}"
        # What nobody sends may be expected to be silent.
        message = replace(names, unsent=frozenset()).message(name.text)
        return Silent(message=message.path), f"{message.path} is not sent"
    except NoName as error:
        findings.add(name, str(error))
        return None


def _named(node: Node) -> str:
    return ", ".join(one.text for one in values.items(node) if isinstance(one, Scalar))
