"""Faults: what goes wrong on a message, a node or a bus, from its mapping to the plan's value.

The kind is read first and chooses the keys, so a key of another kind is told as one that does not belong here.
"""

from dataclasses import dataclass, field

from bench.model.expression import SignalRef, Value
from bench.model.frame import FD_LENGTHS
from bench.model.layout import MessageLayout, SignalLayout
from bench.model.stimulus import Fault, Start
from bench.network.codec import codec
from bench.network.field import physical
from bench.network.splice import beyond
from bench.scenario import values
from bench.scenario.findings import Findings, listed, nearest
from bench.scenario.names import Names, NoName, signal_range
from bench.scenario.node import Broken, Node, Scalar, Table
from bench.scenario.quantities import number_of, value_of
from bench.scenario.schema import FAULT, FAULTS, Fields, Shape, fields
from bench.scenario.stimuli import HEADER, MOST_FRAMES, message_of, reference_to
from bench.scenario.units import show

LINES = ("can_h", "can_l", "both", "ground")
WAYS_BACK = ("correct", "continue")
_PROTECTED = {
    **dict.fromkeys(("counter_freeze", "counter_jump", "counter_random"), "alive counter"),
    "crc_wrong": "checksum",
}
_CLASSIC_LENGTHS = tuple(range(9))


@dataclass(slots=True)
class _Reading:
    """One fault while it is read: its kind, its keys, and what has been found of it so far."""

    kind: str
    found: Fields
    node: Node
    names: Names
    findings: Findings
    message: MessageLayout | None = None
    signal: SignalLayout | None = None
    parts: dict[str, object] = field(default_factory=dict)


def keys_of(node: Node, findings: Findings) -> dict[str, Node]:
    """The values of a fault by key. A babble's `id` that is a number is no name but what it sends."""
    shape = _shape_of(node)
    found = fields(_without_others(node, shape, findings), shape, findings)
    name, kind = found.get("id"), found.get("kind")
    babbles = isinstance(kind, Scalar) and kind.text == "babble"
    if babbles and isinstance(name, Scalar) and name.text[:1].isdigit() and "can_id" not in found:
        found["can_id"] = found.pop("id")
    return found


def _shape_of(node: Node) -> Shape:
    """The keys of a fault, by its kind; those of all kinds together where it has none that is known."""
    if isinstance(node, Table):
        keys = [key.text for key, _ in node.entries]
        name = "kind" if "kind" in keys else next((key for key in keys if nearest(key, ["kind"])), "")
        kind = node.get(name)
        if isinstance(kind, Scalar) and kind.text in FAULTS:
            return FAULTS[kind.text]
    return FAULT


def _without_others(node: Node, shape: Shape, findings: Findings) -> Node:
    """A fault without the keys that only other kinds have; each is told, and stands for one that is missing."""
    if not isinstance(node, Table) or shape is FAULT:
        return node
    given = {key.text for key, _ in node.entries}
    absent = [name for name in shape.required if name not in given]
    entries: list[tuple[Scalar, Node]] = []
    for key, value in node.entries:
        if key.text in shape.keys or key.text not in FAULT.keys:
            entries.append((key, value))
            continue
        missing = ""
        if absent:
            missing = f"; '{absent[0]}' is missing"
            entries.append((Scalar(absent.pop(0), key.line, key.column), Broken(value.line, value.column)))
        findings.add(key, f"'{key.text}' does not belong in {shape.what}; expected {listed(shape.keys)}{missing}")
    return Table(tuple(entries), node.line, node.column)


def fault(
    identifier: str, start: Start | None, found: Fields, node: Node, names: Names, findings: Findings
) -> Fault | None:
    """The fault of a mapping whose keys were read by `keys_of`; None after what is wrong with it has been noted."""
    before = len(findings.rows)
    kind = values.choice(found["kind"], "kind of fault", FAULTS, findings)
    duration = values.time(found["for"], "for", findings, least=1) if "for" in found else None
    count = values.whole(found["count"], "count", 1, MOST_FRAMES, findings) if "count" in found else None
    if "for" in found and "count" in found:
        findings.add(found["count"], "'count' beside 'for'; one of them limits a fault; delete one")
    if kind is None or any(key not in found for key in FAULTS[kind].required):
        return None
    reading = _Reading(kind, found, node, names, findings)
    _read_target(reading)
    _read_way(reading)
    if len(findings.rows) > before or start is None:
        return None
    place = f"{node.line}:{node.column}"
    return Fault(identifier, kind, start, duration=duration, count=count, place=place, **reading.parts)  # type: ignore[arg-type]


# ---- what it is laid on ---------------------------------------------------------------------------------------------


def _read_target(fault: _Reading) -> None:
    """The message, signal, node or bus."""
    if "signal" in fault.found:
        _read_signal(fault)
    elif "message" in fault.found:
        fault.message = message_of(fault.found["message"], fault.names, fault.findings)
    if fault.message is not None:
        fault.parts |= {"bus": fault.message.bus, "message": fault.message.name}
        what = _PROTECTED.get(fault.kind)
        if what is not None and fault.message.protection is None:
            text = f"{fault.message.path} has no {what}; expected a protected message"
            fault.findings.add(fault.found["message"], text)
    if "node" in fault.found:
        _read_node(fault)
    elif "bus" in fault.found and (bus := _bus(fault)) is not None:
        fault.parts["bus"] = bus
    if fault.kind == "error_frames":
        _check_one_target(fault)


def _read_signal(fault: _Reading) -> None:
    name = values.scalar(fault.found["signal"], "a signal such as CGW_Veh_01.VehicleSpeed", fault.findings)
    reference = None if name is None else reference_to(name, fault.names, fault.findings)
    if not isinstance(reference, SignalRef) or name is None:
        return
    message, signal = fault.names.layout(reference)
    if message.protection is not None and signal.name in HEADER:
        text = f"{signal.name} is completed when {message.name} is sent; use a fault counter_freeze or crc_wrong"
        fault.findings.add(name, text)
        return
    fault.message, fault.signal = message, signal
    fault.parts["signal"] = signal.name


def _read_node(fault: _Reading) -> None:
    name = values.scalar(fault.found["node"], "a node such as CGW", fault.findings)
    if name is None:
        return
    try:
        node = fault.names.node(name.text)
    except NoName as error:
        fault.findings.add(name, str(error))
        return
    fault.parts["node"] = node
    its = [bus.name for bus in fault.names.buses if node in bus.nodes]
    if "bus" in fault.found:
        bus = _bus(fault)
        if bus is not None and bus not in its:
            fault.findings.add(fault.found["bus"], f"{node} is not on {bus}; expected {listed(its)}")
        elif bus is not None:
            fault.parts["bus"] = bus
    elif fault.kind == "error_frames":
        fault.parts["bus"] = its[0]
        if len(its) > 1 and "message" not in fault.found:
            fault.findings.add(name, f"{node} is on {' and '.join(its)}; add 'bus' to say on which")


def _bus(fault: _Reading) -> str | None:
    return values.choice(fault.found["bus"], "bus", [bus.name for bus in fault.names.buses], fault.findings)


def _check_one_target(fault: _Reading) -> None:
    """Errors are put into the frames of a message, of a node (perhaps on one bus), or of a whole bus."""
    given = [key for key in ("message", "node", "bus") if key in fault.found]
    if not given:
        fault.findings.add(fault.node, "a fault error_frames without a target; add one of message, node, bus")
    elif "message" in given and len(given) > 1:
        text = f"'{given[1]}' beside 'message'; error_frames has one target; delete one"
        fault.findings.add(fault.found[given[1]], text)


# ---- what it does there ---------------------------------------------------------------------------------------------


def _read_way(fault: _Reading) -> None:
    """The keys that only some kinds have."""
    found, findings, parts, message = fault.found, fault.findings, fault.parts, fault.message
    if "then" in found:
        parts["back"] = values.choice(found["then"], "way back", WAYS_BACK, findings)
    match fault.kind:
        case "delay":
            parts["lag"] = values.time(found["by"], "by", findings, least=1)
        case "corrupt":
            parts["bits"] = _bits(message, found, findings)
        case "dlc":
            parts["length"] = _length(message, found, findings)
        case "counter_jump":
            modulo = message.protection.modulo if message is not None and message.protection is not None else 256
            by = values.whole(found["by"], "by", 2, modulo - 1, findings)
            parts["by"] = None if by is None else float(by)
        case "stuck" | "out_of_range" | "offset":
            _read_signal_way(fault)
        case "babble":
            parts["load"] = values.share(found["load"], "load", findings)
            parts["extended"] = extended = values.yes(found["extended"], findings) if "extended" in found else False
            top = 0x1FFF_FFFF if extended else 0x7FF
            if "can_id" in found:
                parts["identifier"] = values.whole(found["can_id"], "can_id", 0, top, findings, base=0)
            else:
                findings.add(fault.node, "a fault babble without 'can_id'; add what it sends, such as 'can_id: 0x001'")
        case "bus_short":
            lines = values.choice(found["lines"], "lines", LINES, findings) if "lines" in found else "both"
            parts["lines"] = lines


def _read_signal_way(fault: _Reading) -> None:
    found, findings, message, signal = fault.found, fault.findings, fault.message, fault.signal
    if message is None or signal is None:
        return
    name, range_ = f"{message.name}.{signal.name}", signal_range(signal)
    value: Value | None = None
    if fault.kind == "stuck" and "value" in found:
        value = value_of(found["value"], range_, name, findings)
    elif fault.kind == "out_of_range":
        value = _outside(fault, message, signal)
    elif fault.kind == "offset":
        fault.parts["by"] = _offset(fault, name)
    fault.parts["value"] = value


def _outside(fault: _Reading, message: MessageLayout, signal: SignalLayout) -> Value | None:
    """A value beyond the declared range that the bits hold, and no label names."""
    found = {placed.signal.name: (placed, beyond(placed)) for placed in codec(message).fields}
    placed, raw = found[signal.name]
    if raw is not None:
        return physical(placed, raw)
    wide = [name for name, (_, other) in found.items() if other is not None and name not in HEADER]
    declared = signal.minimum is not None or signal.maximum is not None
    why = "its bits hold no value outside its range" if declared else "the database declares no range of it"
    instead = listed(wide, 6) if wide else "a signal of another message, or a fault 'stuck' or 'corrupt'"
    text = f"{message.name}.{signal.name} cannot be out of range: {why}; expected {instead}"
    fault.findings.add(fault.found["signal"], text)
    return None


def _offset(fault: _Reading, name: str) -> float | None:
    assert fault.signal is not None
    range_, node = signal_range(fault.signal), fault.found["by"]
    if range_.states:
        text = f"{name} is a state and has no offset; expected a number; use 'stuck' with a 'value'"
        fault.findings.add(fault.found["signal"], text)
        return None
    by = number_of(node, range_, name, fault.findings, difference=True)
    if by is None:
        return None
    least = abs(fault.signal.factor)
    most = None if range_.low is None or range_.high is None else range_.high - range_.low
    if (not fault.signal.is_float and abs(by) < least) or by == 0 or (most is not None and abs(by) > most):
        limits = f"{show(least, range_.unit)}, one step, " + (f"to {show(most, range_.unit)}" if most else "on")
        fault.findings.add(node, f"an offset of {show(by, range_.unit)} for {name}; expected {limits}, up or down")
        return None
    return by


def _length(message: MessageLayout | None, found: Fields, findings: Findings) -> int | None:
    length = values.whole(found["length"], "length", 0, FD_LENGTHS[-1], findings)
    if message is None or length is None:
        return None
    possible = [one for one in (FD_LENGTHS if message.fd else _CLASSIC_LENGTHS) if one != message.length]
    if length not in possible:
        known = listed(map(str, possible))
        text = f"{length} bytes for {message.path}, which has {message.length}; expected one of {known}"
        findings.add(found["length"], text)
        return None
    return length


def _bits(message: MessageLayout | None, found: Fields, findings: Findings) -> tuple[int, ...]:
    if isinstance(found["bits"], Broken):
        return ()
    top = 8 * message.length - 1 if message else 511
    bits = [values.whole(item, "bits", 0, top, findings) for item in values.items(found["bits"])]
    if not bits:
        findings.add(found["bits"], f"no bit at all; expected a list of bits from 0 to {top}")
    return tuple(bit for bit in bits if bit is not None)
