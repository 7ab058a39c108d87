"""The tables of `docs/network.md`, written from layouts so that databases and documentation cannot drift apart."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.model.instant import show
from bench.model.layout import BusLayout, MessageLayout, SendType, SignalLayout

Row = TypeVar("Row")


def document(buses: Sequence[BusLayout]) -> str:
    """Markdown for these buses: a table of messages, the Data IDs, and a table of signals for each message.

    Columns that would be empty are left out. Text from the databases is escaped for a table cell.
    """
    return "\n".join(part for bus in buses for part in _bus(bus))


def headline(bus: BusLayout) -> str:
    """The bus in one sentence: rates, sizes, nodes."""
    rates = f"{bus.bitrate // 1000} kbit/s" + (f", data {bus.data_bitrate // 1000} kbit/s" if bus.data_bitrate else "")
    signals = sum(len(message.signals) for message in bus.messages)
    nodes = ", ".join(_cell(node) for node in bus.nodes) or "not named"
    return f"{_cell(bus.name)}: {rates}; {len(bus.messages)} messages, {signals} signals; nodes {nodes}."


def messages_table(bus: BusLayout) -> str:
    """The bus's messages, one a row, in id order."""
    return _table(_MESSAGE_COLUMNS, bus.messages)


def _bus(bus: BusLayout) -> list[str]:
    parts = [f"## {_cell(bus.name)}\n", headline(bus) + "\n", messages_table(bus)]
    if protected := [message for message in bus.messages if message.protection]:
        parts.append(f"### Data IDs of {_cell(bus.name)}\n\n" + _table(_PROTECTION_COLUMNS, protected))
    for message in bus.messages:
        parts.append(f"### {_cell(message.path)}\n\n" + _table(_SIGNAL_COLUMNS, message.signals))
    return parts


def _data_ids(message: MessageLayout) -> str:
    if not message.protection:
        return ""
    ids = message.protection.data_ids
    return f"0x{ids[0]:04X}" if len(ids) == 1 else " ".join(f"{byte:02X}" for byte in ids)


def _table(columns: dict[str, Callable[[Row], str]], rows: Sequence[Row]) -> str:
    cells = [[_cell(column(row)) for column in columns.values()] for row in rows]
    used = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    lines = [[list(columns)[at] for at in used], ["---"] * len(used), *([row[at] for at in used] for row in cells)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    """The text made harmless inside a table: no bars, no markup, no control characters."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return printable.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")


def _bits(signal: SignalLayout) -> str:
    kind = "float" if signal.is_float else "signed" if signal.signed else ""
    order = "" if signal.little_endian else "big-endian"
    return " ".join(word for word in (f"{signal.start}+{signal.length}", kind, order) if word)


def _multiplexing(signal: SignalLayout) -> str:
    under = f"{signal.mux} = {', '.join(map(str, signal.mux_ids))}" if signal.mux else ""
    return "; ".join(word for word in ("selects" if signal.is_multiplexer else "", under) if word)


def _range(signal: SignalLayout) -> str:
    if signal.minimum is None or signal.maximum is None:
        return ""
    return f"{_number(signal.minimum)} to {_number(signal.maximum)}"


def _value(signal: SignalLayout, raw: int) -> str:
    label = dict(signal.labels).get(raw)
    return label or f"{_number(raw * signal.factor + signal.offset)} {signal.unit}".strip()


def _number(value: float) -> str:
    return f"{value:.10g}"


def _time(ns: int) -> str:
    return show(ns) if ns else ""


_MESSAGE_COLUMNS: dict[str, Callable[[MessageLayout], str]] = {
    "id": lambda message: f"0x{message.id:0{8 if message.extended else 3}X}",
    "message": lambda message: message.name,
    "from": lambda message: message.sender,
    "to": lambda message: ", ".join(message.receivers),
    "bytes": lambda message: str(message.length),
    "frame": lambda message: "classic" if not message.fd else "FD, bit-rate switch" if message.brs else "FD",
    "sent": lambda message: message.send_type,
    "cycle": lambda message: _time(message.cycle),
    "offset": lambda message: _time(message.offset),
    "min. delay": lambda message: "" if message.send_type is SendType.CYCLIC else show(message.min_delay),
    "max. age": lambda message: _time(message.max_age),
    "protection": lambda message: message.protection.profile if message.protection else "",
}

_SIGNAL_COLUMNS: dict[str, Callable[[SignalLayout], str]] = {
    "signal": lambda signal: signal.name,
    "bits": _bits,
    "multiplexed": _multiplexing,
    "factor": lambda signal: _number(signal.factor),
    "offset": lambda signal: _number(signal.offset) if signal.offset else "",
    "unit": lambda signal: signal.unit,
    "range": _range,
    "start": lambda signal: _value(signal, signal.start_raw),
    "substitute": lambda signal: "" if signal.substitute_raw is None else _value(signal, signal.substitute_raw),
    "labels": lambda signal: ", ".join(f"{raw} {label}" for raw, label in signal.labels),
    "VSS": lambda signal: signal.vss or "",
}

_PROTECTION_COLUMNS: dict[str, Callable[[MessageLayout], str]] = {
    "message": lambda message: message.name,
    "profile": lambda message: message.protection.profile if message.protection else "",
    "Data ID, or Data ID list of P02 in hexadecimal": _data_ids,
    "max. delta": lambda message: str(message.protection.max_delta) if message.protection else "",
}
