"""Stimuli: what a step of a phase does, from its mapping to the plan's value."""

from dataclasses import replace
from pathlib import Path

from bench.errors import ScenarioError
from bench.model.expression import ModelRef, Reference, SignalRef, Value
from bench.model.frame import Frame
from bench.model.instant import S, show
from bench.model.layout import MessageLayout
from bench.model.stimulus import Drive, Power, Press, Ramp, SendFrame, SendMessage, SetModel, SetSignal, Stimulus
from bench.scenario import values
from bench.scenario.findings import Findings, listed, unknown
from bench.scenario.names import Names, NoName, signal_range
from bench.scenario.node import Broken, Node, Scalar, Table, described, short
from bench.scenario.quantities import number_of, value_of
from bench.scenario.schema import SEND_FRAME, SEND_MESSAGE, Fields, fields
from bench.vehicle.schedule import load

MOST_FRAMES = 1_000_000
MOST_REPEATS = 10_000
POWER = "model.power_mode"
HEADER = ("E2eCrc", "E2eCounter")
"""Signals that are completed when a protected message is sent."""


def stimulus(verb: str, found: Fields, names: Names, folder: Path, findings: Findings) -> Stimulus | None:
    """The stimulus of that verb; None after what is wrong has been noted. `folder` is where schedule files lie."""
    match verb:
        case "set":
            return _set(found["set"], found["to"], names, findings)
        case "ramp":
            return _ramp(found, names, findings)
        case "drive":
            return _drive(found, folder, findings)
        case "send":
            return _send(found["send"], names, findings)
        case "press":
            port = values.choice(found["press"], "button", names.ports, findings)
            hold = values.time(found["for"], "for", findings, least=1)
            return None if port is None or hold is None else Press(port, hold)
        case _:
            return power(found["power"], names, findings)


def power(node: Node, names: Names, findings: Findings) -> Power | None:
    """The key position that a node names."""
    mode = values.choice(node, "key position", names.inputs[POWER].labels, findings)
    return None if mode is None else Power(mode)


def set_model(key: Node, name: str, value: Node, names: Names, findings: Findings) -> SetModel | None:
    """A settable value of the plant, by its full name."""
    range_ = names.inputs.get(name)
    if range_ is None:
        findings.add(key, _not_settable(name, names))
        return None
    found = value_of(value, range_, name, findings)
    return None if found is None else SetModel(name, found)


def set_signal(key: Node, reference: SignalRef, value: Node, names: Names, findings: Findings) -> SetSignal | None:
    """A signal of a message that the restbus sends."""
    message, signal = names.layout(reference)
    if refusal := _sent_by_itself(message, signal.name, names):
        findings.add(key, refusal)
        return None
    found = value_of(value, signal_range(signal), f"{message.name}.{signal.name}", findings)
    return None if found is None else SetSignal(reference, found)


def _set(key: Node, value: Node, names: Names, findings: Findings) -> SetModel | SetSignal | None:
    name = values.scalar(key, "what to set: model.name or Message.Signal", findings)
    if name is None:
        return None
    if name.text.startswith("model."):
        return set_model(name, name.text, value, names, findings)
    reference = reference_to(name, names, findings)
    return None if reference is None else set_signal(name, reference, value, names, findings)


def _ramp(found: Fields, names: Names, findings: Findings) -> Ramp | None:
    over = values.time(found["over"], "over", findings, least=1)
    name = values.scalar(found["ramp"], "what to ramp: model.name or Message.Signal", findings)
    if name is None:
        return None
    reference: Reference
    if name.text.startswith("model."):
        if name.text not in names.inputs:
            findings.add(name, _not_settable(name.text, names))
            return None
        reference = ModelRef(name.text, names.inputs[name.text].unit)
        range_ = names.inputs[name.text]
    else:
        signal_of = reference_to(name, names, findings)
        if signal_of is None:
            return None
        reference = signal_of
        message, signal = names.layout(signal_of)
        if refusal := _sent_by_itself(message, signal.name, names):
            findings.add(name, refusal)
            return None
        range_ = signal_range(signal)
    if range_.states:
        findings.add(name, f"{name.text} is a state and cannot be ramped; expected a number; use 'set'")
        return None
    to = number_of(found["to"], range_, name.text, findings)
    return None if to is None or over is None else Ramp(reference, to, over)


def reference_to(node: Scalar, names: Names, findings: Findings) -> SignalRef | None:
    """The signal that a name stands for; a plant value is none, nor is an instrument's reading."""
    head, _, rest = node.text.partition(".")
    if head in names.instruments:
        step = f"{{instrument: {head}, set: {{{rest or 'voltage'}: ...}}}}"
        findings.add(node, f"{head} is an instrument; expected a signal or plant value; write '{step}'")
        return None
    try:
        reference = names.reference(node.text)
    except NoName as error:
        findings.add(node, str(error))
        return None
    if isinstance(reference, SignalRef):
        return reference
    findings.add(node, f"{node.text} is a value of the plant; expected a signal of a message")
    return None


def _not_settable(name: str, names: Names) -> str:
    if name in names.model:
        return f"{name} can be read, but not set; expected one of {listed(names.inputs, 40)}"
    return unknown("input", name, names.inputs, " of the plant")


def _sent_by_itself(message: MessageLayout, signal: str, names: Names) -> str:
    if message.sender in names.ecus:
        return (
            f"{message.sender} sends {message.name} itself; set what it reads (model.*), "
            "send the message over it with 'send', or use a fault"
        )
    return _completed(message, signal)


def _completed(message: MessageLayout, signal: str) -> str:
    if message.protection is not None and signal in HEADER:
        return f"{signal} is completed when {message.name} is sent; use a fault crc_wrong or counter_freeze"
    return ""


def _drive(found: Fields, folder: Path, findings: Findings) -> Drive | None:
    begin = values.time(found["from"], "from", findings) if "from" in found else 0
    end = values.time(found["to"], "to", findings) if "to" in found else None
    repeat = values.whole(found["repeat"], "repeat", 1, MOST_REPEATS, findings) if "repeat" in found else 1
    name = values.scalar(found["drive"], "a schedule such as udds", findings)
    if name is None:
        return None
    if "\0" in name.text or Path(name.text).is_absolute():
        findings.add(name, f"'{short(name.text)}' is no schedule; expected a name or a file beside the scenario")
        return None
    try:
        schedule = load(name.text, folder)
    except ScenarioError as error:
        findings.add(name, short(str(error), 200))
        return None
    if begin is None or repeat is None or (end is None and "to" in found):
        return None
    length = round(schedule.duration_s * S)
    end = length if end is None else end
    for key, wrong in (("from", begin >= end), ("to", end > length)):
        if wrong and key in found:
            text = f"'{show(begin if key == 'from' else end)}' for '{key}'; {schedule.name} lasts {show(length)}"
            findings.add(found[key], f"{text}; expected from before to, both within it")
            return None
    part = schedule.cut(begin / S, end / S)
    return Drive(schedule.name, part.times_s, part.speeds_mps, repeat)


def _send(node: Node, names: Names, findings: Findings) -> SendMessage | SendFrame | None:
    raw = isinstance(node, Table) and not node.get("message") and any(node.get(key) for key in ("id", "data", "bus"))
    found = fields(node, SEND_FRAME if raw else SEND_MESSAGE, findings)
    count = values.whole(found["count"], "count", 1, MOST_FRAMES, findings) if "count" in found else 1
    every = values.time(found["every"], "every", findings, least=1) if "every" in found else 0
    if count is not None and count > 1 and "every" not in found:
        findings.add(found["count"], "a count without 'every'; add the time between two frames, such as 'every: 20 ms'")
    sent = (_send_frame if raw else _send_message)(found, names, findings)
    if sent is None or count is None or every is None:
        return None
    return replace(sent, count=count, every=every)


def _send_message(found: Fields, names: Names, findings: Findings) -> SendMessage | None:
    message = message_of(found["message"], names, findings)
    if message is None:
        return None
    contents = found.get("signals")
    if contents is None or isinstance(contents, Broken):
        return SendMessage(message.bus, message.name, ())
    if not isinstance(contents, Table):
        findings.add(contents, f"found {described(contents)}; expected signals, such as {{CrashDetected: YES}}")
        return None
    chosen: list[tuple[str, Value]] = []
    wrong = False
    for key, node in contents.entries:
        signal = next((signal for signal in message.signals if signal.name == key.text), None)
        if signal is None:
            known = [signal.name for signal in message.signals]
            findings.add(key, unknown("signal", key.text, known, f" in {message.path}"))
            value = None
        elif refusal := _completed(message, signal.name):
            findings.add(key, refusal)
            value = None
        else:
            value = value_of(node, signal_range(signal), f"{message.name}.{signal.name}", findings)
        if value is None:
            wrong = True
        else:
            chosen.append((key.text, value))
    return None if wrong else SendMessage(message.bus, message.name, tuple(chosen))


def _send_frame(found: Fields, names: Names, findings: Findings) -> SendFrame | None:
    bus = values.choice(found["bus"], "bus", [bus.name for bus in names.buses], findings)
    extended = values.yes(found["extended"], findings) if "extended" in found else False
    fd = values.yes(found["fd"], findings) if "fd" in found else False
    top = 0x1FFF_FFFF if extended else 0x7FF
    identifier = values.whole(found["id"], "id", 0, top, findings, base=0)
    data = _bytes(found["data"], findings)
    if bus is None or extended is None or fd is None or identifier is None or data is None:
        return None
    if fd and not names.bus(bus).data_bitrate:
        findings.add(found["fd"], f"{bus} is a classic bus; expected a frame without 'fd: yes'")
        return None
    try:
        Frame(identifier, data, extended, fd, fd)
    except ValueError as error:
        findings.add(found["data"], f"{error}; shorten it" if not fd else str(error))
        return None
    return SendFrame(bus, identifier, data, extended, fd)


def _bytes(node: Node, findings: Findings) -> bytes | None:
    if isinstance(node, Scalar) and not node.text.strip() and node.quoted:
        return b""
    found = values.scalar(node, "bytes such as '11 22'", findings)
    if found is None:
        return None
    try:
        return bytes.fromhex(found.text)
    except ValueError:
        findings.add(node, f"'{short(found.text)}' for data; expected bytes in hexadecimal such as '11 22'")
        return None


def message_of(node: Node, names: Names, findings: Findings) -> MessageLayout | None:
    """The message that a node names."""
    found = values.scalar(node, "a message such as TCU_Status_01", findings)
    if found is None:
        return None
    try:
        return names.message(found.text)
    except NoName as error:
        findings.add(found, str(error))
        return None
