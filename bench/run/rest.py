"""What a restbus sends: messages chosen from a database, their cycles, their place in time and their content.

Everything is decided and checked here, before an interface is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.errors import ScenarioError
from bench.model.expression import Value
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, MessageLayout, SendType
from bench.network.codec import codec
from bench.network.timing import INTERMISSION_BITS, frame_timer
from bench.scenario.findings import unknown

WINDOW = 100 * MS
"""Over how long first releases are spread, ns."""

COMPLETED = ("E2eCrc", "E2eCounter")
"""Signals of a protected message that are written at each release, whatever they were set to."""

NO_CYCLE = "no cycle"


@dataclass(frozen=True)
class Rest:
    """The rest of one bus: the whole database with the cycles and offsets that are sent, and what is sent of it.

    `values` are (message, signal, value) in place of start values; `left_out` are (message, reason). `load` is the
    share of the bit rate that all of it takes, by the exact bits of the first frames.
    """

    layout: BusLayout
    sent: tuple[MessageLayout, ...]
    values: tuple[tuple[str, str, Value], ...]
    left_out: tuple[tuple[str, str], ...]
    load: float

    @property
    def frames_per_second(self) -> float:
        """As many frames are due in a second."""
        return sum(S / message.cycle for message in self.sent)


def rest_of(
    layout: BusLayout, excepted: Sequence[str] = (), settings: Sequence[str] = (), cycle_default: int = 0
) -> Rest:
    """Choose: all messages of nodes that are not excepted, those without a cycle at `cycle_default` ns (0: not at all).

    `settings` are texts such as "Msg.Sig=3.5" or "Msg.Sig=LABEL". ScenarioError with all that is wrong, a line each.
    """
    findings = [_unknown_node(layout, node) for node in excepted if node not in _senders(layout)]
    given = _settings(layout, settings, findings)
    if findings:
        raise ScenarioError("\n".join(findings))
    sent: list[MessageLayout] = []
    values: list[tuple[str, str, Value]] = []
    left_out: list[tuple[str, str]] = []
    load = 0.0
    messages = _spread(layout, [_cycled(message, cycle_default) for message in layout.messages], excepted)
    for message in messages:
        wanted = given.get(message.name, {})
        reason = _reason(message, excepted)
        if not reason:
            try:
                content = _content(message, wanted)
                load += _duration(layout, message, _packed(message, content)) / message.cycle
                values += [(message.name, name, value) for name, value in content.items()]
                sent.append(message)
                continue
            except ValueError as error:
                reason = f"its values cannot be sent: {error}"
        if wanted:
            findings.append(f"--set {message.name}: the message is not sent: {reason}{_remedy(reason)}")
        left_out.append((message.name, reason))
    if findings:
        raise ScenarioError("\n".join(findings))
    return Rest(replace(layout, messages=messages), tuple(sent), tuple(values), tuple(left_out), load)


def _senders(layout: BusLayout) -> tuple[str, ...]:
    """All nodes that can be excepted, in order: those that are declared, and those that only a message names."""
    named = (message.sender for message in layout.messages if message.sender)
    return tuple(dict.fromkeys((*layout.nodes, *named)))


def _unknown_node(layout: BusLayout, node: str) -> str:
    return "--except: " + unknown("node", node, _senders(layout), f" in {layout.name}")


def _settings(layout: BusLayout, settings: Sequence[str], findings: list[str]) -> dict[str, dict[str, Value]]:
    """The settings by message and signal; what is wrong with them goes to the findings."""
    messages = {message.name: message for message in layout.messages}
    given: dict[str, dict[str, Value]] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        name, dot, signal = path.strip().partition(".")
        if not (equals and dot and name and signal):
            findings.append(f"--set {setting!r}: expected Message.Signal=VALUE, such as Engine.Speed=800")
            continue
        if name not in messages:
            findings.append(f"--set {setting}: " + unknown("message", name, messages, f" in {layout.name}"))
            continue
        message = messages[name]
        names = [one.name for one in message.signals]
        if signal not in names:
            findings.append(f"--set {setting}: " + unknown("signal", signal, names, f" in {name}"))
        elif message.protection and signal in COMPLETED:
            findings.append(f"--set {setting}: each release writes {signal} anew ({message.protection.profile})")
        else:
            try:
                given.setdefault(name, {})[signal] = _value(message, signal, text.strip())
            except ValueError as error:
                findings.append(f"--set {setting}: {error}")
    return given


def _value(message: MessageLayout, signal: str, text: str) -> Value:
    """The label or number that a text means. ValueError when the signal cannot take it."""
    code = codec(message)
    value: Value = text
    if text not in (label for _, label in message.signal(signal).labels):
        try:
            value = int(text, 0)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                code.to_raw(signal, text)  # an unknown label: says which there are
    code.to_raw(signal, value)
    return value


def _cycled(message: MessageLayout, cycle_default: int) -> MessageLayout:
    if not cycle_default or _reason(message) != NO_CYCLE:
        return message
    kind = SendType.CYCLIC if message.send_type is SendType.CYCLIC else SendType.CYCLIC_EVENT
    return replace(message, cycle=message.cycle or cycle_default, send_type=kind)


def _reason(message: MessageLayout, excepted: Sequence[str] = ()) -> str:
    """Why a message is not sent; empty if it is."""
    if message.sender in excepted:
        return f"node {message.sender} is excepted"
    return "" if message.cycle and message.send_type is not SendType.EVENT else NO_CYCLE


def _remedy(reason: str) -> str:
    return "; give one with --cycle-default" if reason == NO_CYCLE else ""


def _content(message: MessageLayout, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """What to set so that the wanted signals are sent: they, and the multiplexers that select them.

    ValueError when two wanted signals exclude each other.
    """
    code = codec(message)
    content = dict(wanted)
    signals = {signal.name: signal for signal in message.signals}
    for name in wanted:
        lower = signals[name]
        while lower.mux is not None:
            upper = signals[lower.mux]
            raw = code.to_raw(upper.name, content[upper.name]) if upper.name in content else None
            if raw is None:
                content[upper.name] = code.to_physical(upper.name, lower.mux_ids[0])
            elif raw not in lower.mux_ids:
                raise ValueError(
                    f"{lower.name} is sent while {upper.name} is one of {', '.join(map(str, lower.mux_ids))} (raw), "
                    f"but {upper.name} is {raw}; set signals that are sent together"
                )
            lower = upper
    return content


def _packed(message: MessageLayout, content: Mapping[str, Value]) -> bytes:
    """The payload with this content over the start values. ValueError when a value cannot be sent."""
    code = codec(message)
    return code.pack(tuple({**code.start_by_name, **content}.values()))


def _duration(layout: BusLayout, message: MessageLayout, payload: bytes) -> int:
    """How long a frame of the message keeps the bus, ns: with this payload, and with the intermission after it."""
    timer = frame_timer(
        message.id, message.extended, message.fd, message.brs, message.length, layout.bitrate, layout.data_bitrate
    )
    return timer(payload) + INTERMISSION_BITS * S // layout.bitrate


def _spread(layout: BusLayout, messages: Sequence[MessageLayout], excepted: Sequence[str]) -> tuple[MessageLayout, ...]:
    """Give messages without an offset one each, on a grid of 1 ms, so that their first releases do not come at once.

    Few databases declare offsets, and no real bus begins all its messages at one instant. The shortest cycles choose
    first; each takes the offset at which its busiest millisecond is the least busy.
    """
    places = WINDOW // MS
    busy = [0] * places
    offsets: dict[str, int] = {}

    def taken(message: MessageLayout, offset: int) -> set[int]:
        turns = max(1, WINDOW // message.cycle)
        return {(offset + turn * message.cycle) // MS % places for turn in range(turns)}

    sent = [message for message in messages if not _reason(message, excepted)]
    for message in sorted(sent, key=lambda one: (not one.offset, one.cycle, one.id, one.extended)):
        offset = message.offset
        if not offset:
            choices = range(0, max(MS, min(message.cycle, WINDOW)), MS)
            offset = min(choices, key=lambda at: (max(busy[one] for one in taken(message, at)), at))
        weight = _duration(layout, message, bytes(message.length))
        for place in taken(message, offset):
            busy[place] += weight
        offsets[message.name] = offset
    return tuple(replace(message, offset=offsets.get(message.name, message.offset)) for message in messages)
