"""The door to cantools: the text of a DBC file becomes a `BusLayout`, or one `ScenarioError` says why not.

An attribute that a file lacks keeps the layout's default; one that contradicts the rest of the file is a finding, and
all findings of a file come in one error, a line each. Only the child of `reader` imports this: any file may come here.
"""

import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from math import isfinite
from types import ModuleType
from typing import TYPE_CHECKING

from bench.errors import ScenarioError
from bench.model.frame import FD_LENGTHS
from bench.model.instant import MS
from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout
from bench.network import dbc_text

if TYPE_CHECKING:
    from cantools.database.can import Database, Message, Signal

_PROMISE = re.compile(r'VERSION\s{1,20}"[^"\n]{0,200}?\b(\d{1,9}) messages, (\d{1,9}) signals, (\d{1,9}) value tables"')

_REMEDIES = (
    ("Invalid syntax", "a DBC statement was expected; correct that line or export the file again"),
    ("more than 11 bits", "a 29-bit id carries the extended flag: add 2147483648 to the number behind BO_"),
    ("more than 29 bits", "an id has at most 29 bits and the extended flag; correct the number behind BO_"),
    ("overlapping", "signals share bits only under different multiplexer values; correct a start or a length"),
    ("does not fit", "a signal lies inside its message; correct its start, its length or that of the message"),
    ("unused VAL_", "each VAL_ names a message and a signal of the file; delete or correct those that do not"),
)

_HEADERS: dict[str, dict[str, tuple[int, int]]] = {
    "P01": {"E2eCrc": (0, 8), "E2eCounter": (8, 4)},
    "P02": {"E2eCrc": (0, 8), "E2eCounter": (8, 4)},
    "P05": {"E2eCrc": (0, 16), "E2eCounter": (16, 8)},
}
"""Where the bench writes CRC and counter, as (start, length). Source: AUTOSAR E2E, profiles 1A, 2 and 5 at offset 0."""


_LONGEST = 24 * 3_600_000
"""The longest time of a message, in ms: a day."""


def parsed(file: str, content: bytes) -> BusLayout:
    """The bus that the bytes of a DBC file describe, named by its DBName, "" without one; `file` is for errors only.

    ScenarioError names the file, the line where it is known, what was found, what was expected and what to do.
    """
    text = dbc_text.checked(file, content)
    database = _accepted(file, text)
    _refuse_shortened(file, text, database)
    name = _named(file, database)
    nodes = tuple(node.name for node in database.nodes)
    messages, findings = [], []
    for message in database.messages:
        try:
            messages.append(_message(name, message, nodes))
        except (ValueError, OverflowError) as finding:
            findings.append(f"{dbc_text.place(file, text, message.name)}: message {message.name}: {finding}")
    if findings:
        raise ScenarioError("\n".join(findings))
    messages.sort(key=lambda message: (message.id, message.extended))
    data_bitrate = _bitrate(file, database, "BaudrateCANFD", 2_000_000) if any(m.fd for m in messages) else 0
    return BusLayout(name, _bitrate(file, database, "Baudrate", 500_000), data_bitrate, nodes, tuple(messages))


def prepare() -> None:
    """Import what reading needs of cantools; only for a process that does nothing else.

    The package itself imports a tester, with python-can and argparse: 150 of 250 ms. A bare package of its name stands
    in for it, so that its modules are found and it is not run.
    """
    # A bare package has no spec to be found, so it is not asked for a second time.
    spec = find_spec("cantools") if "cantools" not in sys.modules else None
    if spec is not None and spec.submodule_search_locations:
        bare = ModuleType("cantools")
        bare.__path__ = list(spec.submodule_search_locations)
        sys.modules["cantools"] = bare
    import cantools.database  # noqa: F401


def _named(file: str, database: "Database") -> str:
    try:
        return str(_attribute(database, "DBName") or "")
    except ValueError as error:
        raise ScenarioError(f"{file}: {error}; correct the attribute DBName") from error


def _accepted(file: str, text: str) -> "Database":
    from cantools.database import load_string
    from cantools.database.can import Database

    try:
        database = load_string(text, "dbc", strict=True)
    except MemoryError:
        raise  # of this process, not of the file
    except Exception as error:  # cantools refuses with ten classes, KeyError and AssertionError too
        if isinstance(getattr(error, "e_dbc", None), MemoryError):
            raise MemoryError from error
        raise ScenarioError(_refusal(file, text, error)) from error
    if not isinstance(database, Database) or not database.messages:
        raise ScenarioError(f"{file}: the file holds no message; expected a DBC database with BO_ lines; is it cut?")
    return database


def _refusal(file: str, text: str, error: Exception) -> str:
    error = getattr(error, "e_dbc", None) or error
    words = "".join(letter if letter.isprintable() else "?" for letter in " ".join(str(error).split()))
    if isinstance(error, KeyError):
        words = f"{words} is used but not defined"
    message = re.search(r"in message (\w+)", words)
    place = dbc_text.place(file, text, message[1] if message else None)
    if position := re.search(r"at line (\d+), column (\d+)", words):
        place = f"{file}:{position[1]}:{position[2]}"
    remedy = next((remedy for fragment, remedy in _REMEDIES if fragment in words), "correct or export it again")
    return f"{place}: cantools refuses the database: {words[:400].rstrip('.') or type(error).__name__}; {remedy}"


def _refuse_shortened(file: str, text: str, database: "Database") -> None:
    """Hold a file to the counts in its VERSION, where it gives any: a cut between two lines leaves valid DBC."""
    promise = _PROMISE.search(text)
    if not promise:
        return
    signals = [signal for message in database.messages for signal in message.signals]
    found = (len(database.messages), len(signals), sum(bool(signal.choices) for signal in signals))
    promised = tuple(int(count) for count in promise.groups())
    if found != promised:
        raise ScenarioError(
            f"{file}:{dbc_text.line(text, promise)}: VERSION promises {promised[0]} messages, {promised[1]} signals "
            f"and {promised[2]} value tables, but the file holds {found[0]}, {found[1]} and {found[2]}; it looks cut: "
            "copy it again, or correct the counts after an edit"
        )


def _attribute(of: "Database | Message | Signal", name: str, *, default: bool = True) -> str | int | float | None:
    """What the file says, else the default that it declares (unless `default` is off), else None; labels for ENUMs."""
    if of.dbc is None:
        return None
    definition = of.dbc.attribute_definitions.get(name)
    if attribute := of.dbc.attributes.get(name):
        if definition is not None and definition.type_name == "ENUM":
            index, labels = int(attribute.value), definition.choices or []
            if not 0 <= index < len(labels):
                raise ValueError(f"{name} {index} has no label; it has the labels {', '.join(labels) or 'none'}")
            return labels[index]
        return attribute.value
    return definition.default_value if default and definition is not None else None


def _bitrate(file: str, database: "Database", name: str, usual: int) -> int:
    value: object = None
    try:
        value = _attribute(database, name)
        rate = int(value or usual)
        if not 0 < rate <= 20_000_000:
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise ScenarioError(f"{file}: {name} is '{value}'; expected 1 to 20000000 bit/s; correct it") from error
    return rate


def _nanoseconds(message: "Message", name: str) -> int:
    value = _attribute(message, name)
    try:
        milliseconds = float(value or 0)
        if not 0 <= milliseconds <= _LONGEST:
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} is '{value}'; expected 0 to {_LONGEST} milliseconds") from error
    return round(milliseconds * MS)


def _message(bus: str, message: "Message", nodes: Sequence[str]) -> MessageLayout:
    length = message.length
    if length not in FD_LENGTHS:
        raise ValueError(dbc_text.no_length(length))
    # Databases of CAN FD buses often lack VFrameFormat, and a classic frame cannot carry more than 8 bytes.
    fd = bool(message.is_fd) or length > 8
    signals = tuple(_signal(signal) for signal in message.signals)
    return MessageLayout(
        bus=bus,
        name=message.name,
        id=message.frame_id,
        length=length,
        sender=message.senders[0] if message.senders else "",
        receivers=(*(node for node in nodes if node in message.receivers), *sorted(message.receivers - set(nodes))),
        extended=message.is_extended_frame,
        fd=fd,
        brs=fd and str(_attribute(message, "CANFD_BRS")).lower() in ("1", "yes", "true", "on"),
        cycle=_nanoseconds(message, "GenMsgCycleTime"),
        offset=_nanoseconds(message, "GenMsgStartDelayTime"),
        send_type=_send_type(message.send_type or ""),
        min_delay=_nanoseconds(message, "GenMsgDelayTime"),
        max_age=_nanoseconds(message, "GenMsgMaxAge"),
        protection=_protection(message, signals),
        signals=signals,
    )


def _send_type(label: str) -> SendType:
    """The send type that a label means: makers write FixedPeriodic, OnChange, cyclicAndSpontaneous, EventPeriodic."""
    word = label.lower()
    periodic = "cycl" in word or "period" in word
    event = any(part in word for part in ("event", "spont", "onchange", "onwrite"))
    if event:
        return SendType.CYCLIC_EVENT if periodic else SendType.EVENT
    return SendType.CYCLIC


def _protection(message: "Message", signals: Sequence[SignalLayout]) -> Protection | None:
    profile = str(_attribute(message, "E2EProfile") or "").upper()
    if profile in ("", "NONE", "NO"):
        return None
    if profile not in _HEADERS:
        raise ValueError(f"E2EProfile '{profile}' is unknown to the bench; expected {', '.join(_HEADERS)} or NONE")
    ids = _data_id_list(message) if profile == "P02" else _data_id(message)
    _check_header(_HEADERS[profile], profile, signals)
    declared = _attribute(message, "E2EMaxDelta")
    return Protection(profile, ids) if declared is None else Protection(profile, ids, int(declared))


def _data_id(message: "Message") -> tuple[int, ...]:
    found = _attribute(message, "E2EDataId", default=False)
    if found is None or int(found) not in range(1 << 16):
        raise ValueError(f"E2EDataId is {found}; expected 0 to 65535 for a message with P01 or P05")
    return (int(found),)


def _data_id_list(message: "Message") -> tuple[int, ...]:
    found = str(_attribute(message, "E2EDataIdList", default=False) or "")
    if not re.fullmatch(r"[0-9A-Fa-f]{2}( [0-9A-Fa-f]{2}){15}", found):
        raise ValueError(f"E2EDataIdList is '{found}'; expected 16 bytes in hexadecimal, separated by spaces, for P02")
    return tuple(bytes.fromhex(found))


def _check_header(header: dict[str, tuple[int, int]], profile: str, signals: Sequence[SignalLayout]) -> None:
    """Refuse payload in the bits that the send slot overwrites."""
    end = max(start + length for start, length in header.values())
    for signal in signals:
        if signal.start < end and header.get(signal.name) != (signal.start, signal.length):
            raise ValueError(
                f"signal {signal.name} lies in the {profile} header; the first {end} bits belong to "
                + " and ".join(f"{name} {start}|{length}" for name, (start, length) in header.items())
            )


def _signal(signal: "Signal") -> SignalLayout:
    numbers = (signal.scale, signal.offset, signal.minimum or 0, signal.maximum or 0)
    if not signal.scale or not all(map(_is_finite, numbers)):
        raise ValueError(
            f"signal {signal.name} has factor {signal.scale}, offset {signal.offset} and range {signal.minimum} to "
            f"{signal.maximum}; expected finite numbers, and a factor that is not 0"
        )
    substitute = _attribute(signal, "GenSigSubstituteValue", default=False)
    vss = _attribute(signal, "VssPath")
    return SignalLayout(
        name=signal.name,
        start=signal.start,
        length=signal.length,
        little_endian=signal.byte_order == "little_endian",
        signed=signal.is_signed,
        is_float=signal.is_float,
        factor=signal.scale,
        offset=signal.offset,
        minimum=signal.minimum,
        maximum=signal.maximum,
        unit=signal.unit or "",
        labels=tuple(sorted((raw, str(label)) for raw, label in (signal.choices or {}).items())),
        start_raw=_raw(signal, "GenSigStartValue", _attribute(signal, "GenSigStartValue") or 0),
        substitute_raw=None if substitute is None else _raw(signal, "GenSigSubstituteValue", substitute),
        is_multiplexer=signal.is_multiplexer,
        mux=signal.multiplexer_signal,
        mux_ids=tuple(sorted(set(signal.multiplexer_ids or ()))),
        vss=str(vss) if vss else None,
    )


def _is_finite(number: float) -> bool:
    try:
        return isfinite(float(number))
    except OverflowError:
        return False


def _raw(signal: "Signal", name: str, value: str | float) -> int:
    """A raw value that the signal's bits can hold."""
    low = -(1 << signal.length - 1) if signal.is_signed else 0
    high = low + (1 << signal.length) - 1
    try:
        raw = int(value)
        if raw != float(value) or not (signal.is_float or low <= raw <= high):
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} of {signal.name} is {value}; expected a raw value from {low} to {high}") from error
    return raw
