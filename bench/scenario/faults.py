"""Faults: what goes wrong on a message or a node, from its mapping to the plan's value."""

from bench.model.layout import MessageLayout
from bench.model.stimulus import Fault, Start
from bench.scenario import values
from bench.scenario.findings import Findings
from bench.scenario.names import Names, NoName
from bench.scenario.node import Broken, Node
from bench.scenario.schema import FAULTS, FAULTS_LATER, Fields
from bench.scenario.stimuli import MOST_FRAMES, message_of

_PROTECTED = {"counter_freeze": "alive counter", "crc_wrong": "checksum"}


def fault(
    identifier: str, start: Start | None, found: Fields, node: Node, names: Names, findings: Findings
) -> Fault | None:
    """The fault of a mapping; None after what is wrong with it has been noted."""
    before = len(findings.rows)
    kind = values.choice(found["kind"], "kind of fault", FAULTS, findings, FAULTS_LATER)
    duration = values.time(found["for"], "for", findings, least=1) if "for" in found else None
    count = values.whole(found["count"], "count", 1, MOST_FRAMES, findings) if "count" in found else None
    if "for" in found and "count" in found:
        findings.add(found["count"], "'count' beside 'for'; one of them limits a fault; delete one")
    message = _message(kind, found, node, names, findings)
    target = _node(kind, found, node, names, findings)
    bits = _bits(kind, message, found, node, findings)
    back = "continue"
    if "then" in found:
        if kind not in ("counter_freeze", None):
            findings.add(found["then"], f"'then' says how a frozen counter goes on; {kind} has none; delete it")
        back = values.choice(found["then"], "way back", ("correct", "continue"), findings) or back
    if kind == "node_off" and "count" in found:
        findings.add(found["count"], "node_off has no frames to count; expected 'for'")
    if kind in _PROTECTED and message is not None and message.protection is None:
        findings.add(found["message"], f"{message.path} has no {_PROTECTED[kind]}; expected a protected message")
    if len(findings.rows) > before or kind is None or start is None or (message is None and target is None):
        return None
    bus, name = (message.bus, message.name) if message else ("", "")
    place = f"{node.line}:{node.column}"
    return Fault(identifier, kind, start, bus, name, target or "", duration, count, bits, back, place)


def _message(kind: str | None, found: Fields, node: Node, names: Names, findings: Findings) -> MessageLayout | None:
    if "message" in found:
        if kind == "node_off":
            findings.add(found["message"], "node_off is a fault of a node; expected 'node' instead of 'message'")
            return None
        return message_of(found["message"], names, findings)
    if kind not in (None, "node_off"):
        findings.add(node, f"a fault {kind} without 'message'; add the message that it spoils")
    return None


def _node(kind: str | None, found: Fields, node: Node, names: Names, findings: Findings) -> str | None:
    if "node" not in found:
        if kind == "node_off":
            findings.add(node, "a fault node_off without 'node'; add the node that falls silent")
        return None
    if kind not in (None, "node_off"):
        findings.add(found["node"], f"{kind} is a fault of a message; expected 'message' instead of 'node'")
        return None
    name = values.scalar(found["node"], "a node such as CGW", findings)
    if name is None:
        return None
    try:
        return names.node(name.text)
    except NoName as error:
        findings.add(name, str(error))
        return None


def _bits(
    kind: str | None, message: MessageLayout | None, found: Fields, node: Node, findings: Findings
) -> tuple[int, ...]:
    if "bits" not in found:
        if kind == "corrupt":
            findings.add(node, "a fault corrupt without 'bits'; add the payload bits to invert, such as 'bits: [12]'")
        return ()
    if kind not in (None, "corrupt"):
        findings.add(found["bits"], f"'bits' are for corrupt; {kind} takes none; delete them")
        return ()
    if isinstance(found["bits"], Broken):
        return ()
    top = 8 * message.length - 1 if message else 511
    bits = [values.whole(item, "bits", 0, top, findings) for item in values.items(found["bits"])]
    if not bits:
        findings.add(found["bits"], f"no bit at all; expected a list of bits from 0 to {top}")
    return tuple(bit for bit in bits if bit is not None)
