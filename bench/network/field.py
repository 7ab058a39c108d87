"""One signal inside its payload: where its bits lie, and its value between wire and physical world.

This is the plain form of the conversions. The code that `packer` and `unpacker` write is a faster form of the same.
"""

import struct
from dataclasses import dataclass
from math import ceil, floor, isfinite

from bench.model.layout import MessageLayout, SignalLayout

Value = float | int | str

FLOATS = {16: ("<e", "<H"), 32: ("<f", "<I"), 64: ("<d", "<Q")}
"""Formats of an IEEE 754 number and of the integer with the same bits, by length."""

TOLERANCE = 1e-6
"""Part of one step by which a value may pass its limit: 0.1 * 3 is not refused where the maximum is 0.3."""


EXACT_BITS = 52
"""Up to this length a division of floats that leaves no rest is exact."""


@dataclass(frozen=True, slots=True)
class Field:
    """One signal, placed. `shift` counts from the last bit of the payload read as one integer, big- or little-endian.

    `first` and `last` are the bytes that it touches, `lowest` and `highest` the raw values that its bits can hold.
    `selects` are the raw values that a multiplexer may take (None: anything).
    """

    path: str
    signal: SignalLayout
    big: bool
    shift: int
    first: int
    last: int
    factor: float
    offset: float
    lowest: int
    highest: int
    labels: dict[float, str]
    raws: dict[str, int]
    selects: frozenset[int] | None

    @property
    def mask(self) -> int:
        """As many ones as the signal has bits."""
        return (1 << self.signal.length) - 1


def fields(layout: MessageLayout) -> tuple[Field, ...]:
    """The signals of a message, placed, in the layout's order. ValueError when one cannot be coded."""
    names = [signal.name for signal in layout.signals]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{layout.path} has two signals named '{name}'")
    return tuple(_field(layout, signal) for signal in layout.signals)


def _field(layout: MessageLayout, signal: SignalLayout) -> Field:
    path, bits = f"{layout.path}.{signal.name}", signal.length
    if signal.is_float and bits not in FLOATS:
        raise ValueError(f"{path} is a float of {bits} bits; IEEE 754 lengths are {', '.join(map(str, FLOATS))}")
    # Motorola bits run from 7 down to 0 in a byte and then on to the next byte; `start` names the highest bit.
    begin = signal.start if signal.little_endian else signal.start // 8 * 8 + 7 - signal.start % 8
    if bits < 1 or begin < 0 or begin + bits > 8 * layout.length:
        raise ValueError(f"{path} (start {signal.start}, {bits} bits) does not fit {layout.length} bytes")
    if not isfinite(signal.factor) or not isfinite(signal.offset) or signal.factor == 0:
        raise ValueError(f"{path} has factor {signal.factor} and offset {signal.offset}; a finite pair is needed, no 0")
    half = 1 << bits - 1
    lowest, highest = (-half, half - 1) if signal.signed else (0, 2 * half - 1)
    if not signal.is_float and not lowest <= signal.start_raw <= highest:
        raise ValueError(f"{path} starts at raw {signal.start_raw}, outside its {lowest} .. {highest}")
    factor, offset = signal.factor, signal.offset
    if not signal.is_float and factor == int(factor) and offset == int(offset):
        factor, offset = int(factor), int(offset)  # whole numbers stay whole, above 2**53 too
    return Field(
        path=path,
        signal=signal,
        big=not signal.little_endian,
        shift=begin if signal.little_endian else 8 * layout.length - begin - bits,
        first=begin // 8,
        last=(begin + bits - 1) // 8,
        factor=factor,
        offset=offset,
        lowest=lowest,
        highest=highest,
        labels={raw: label for raw, label in signal.labels},
        raws={label: raw for raw, label in signal.labels},
        selects=_selects(layout, signal),
    )


def _selects(layout: MessageLayout, signal: SignalLayout) -> frozenset[int] | None:
    """The raw values that select something; a label or the start value also counts as intended."""
    ids = {raw for other in layout.signals if other.mux == signal.name for raw in other.mux_ids}
    if signal.is_multiplexer:
        ids |= {raw for raw, _ in signal.labels}
    if ids and signal.is_float:
        raise ValueError(f"{layout.path}.{signal.name} is a float and a multiplexer; a multiplexer is a whole number")
    return frozenset(ids | {signal.start_raw}) if ids else None


def physical(field: Field, raw: float) -> float:
    """The physical value of a raw one, an int where factor and offset are whole."""
    if field.factor == 1 and field.offset == 0:
        return raw
    return raw * field.factor + field.offset


def value(field: Field, raw: float) -> Value:
    """The label of a raw value, else its physical value."""
    label = field.labels.get(raw)
    return physical(field, raw) if label is None else label


def nearest(field: Field, number: float) -> float:
    """The raw value nearest to a physical one (a tie goes to the even one), unchecked."""
    if field.signal.is_float:
        return number if field.factor == 1 and field.offset == 0 else (number - field.offset) / field.factor
    if isinstance(field.factor, int) and isinstance(field.offset, int):
        steps, rest = divmod(number - field.offset, field.factor)
        return round((number - field.offset) / field.factor if rest else steps)
    return round((number - field.offset) / field.factor)


def limits(field: Field) -> tuple[float, float]:
    """The least and the greatest physical value that may be sent: the database's range, as far as the bits hold it."""
    least, greatest = field.signal.minimum, field.signal.maximum
    if not field.signal.is_float:
        ends = sorted((physical(field, field.lowest), physical(field, field.highest)))
        least = ends[0] if least is None else max(least, ends[0])
        greatest = ends[1] if greatest is None else min(greatest, ends[1])
    return float("-inf") if least is None else least, float("inf") if greatest is None else greatest


def raw_of(field: Field, given: Value) -> float:
    """The raw value to send for a label or a physical number.

    ValueError when the label is unknown or the number out of range. A raw value that has a label, or that the
    database starts with, may lie outside minimum and maximum: the database itself says that it is sent.
    """
    if isinstance(given, str):
        return _raw_of_label(field, given)
    if not isinstance(given, int | float):
        raise ValueError(f"{field.path}: {given!r} is neither a number nor a label")
    signal = field.signal
    try:
        raw = nearest(field, given)
    except (OverflowError, ValueError):  # infinite, no number at all, or beyond any float
        raise _outside(field, given) from None
    if not signal.is_float and not field.lowest <= raw <= field.highest:
        raise _outside(field, given)
    if raw in field.labels or raw == signal.start_raw:
        return raw
    slack = abs(field.factor) * TOLERANCE
    if signal.minimum is not None and given < signal.minimum - slack:
        raise _outside(field, given)
    if signal.maximum is not None and given > signal.maximum + slack:
        raise _outside(field, given)
    return raw


def _raw_of_label(field: Field, label: str) -> int:
    if label not in field.raws:
        known = ", ".join(field.raws) or "none, so give a number"
        raise ValueError(f"{field.path}: no label '{label}'; labels: {known}")
    raw = field.raws[label]
    if not field.signal.is_float and not field.lowest <= raw <= field.highest:
        room = f"{field.lowest} .. {field.highest}"
        raise ValueError(f"{field.path}: label '{label}' means raw {raw}, but the bits hold {room}")
    return raw


def _outside(field: Field, given: float) -> ValueError:
    least, greatest = limits(field)
    unit = f" {field.signal.unit}" if field.signal.unit else ""
    known = f"; labels: {', '.join(field.raws)}" if field.raws else ""
    return ValueError(f"{field.path}: {given!r} is outside {least!r} .. {greatest!r}{unit}{known}")


def fast_range(field: Field) -> tuple[float, float] | None:
    """A range in which every number may be sent and rounds to a raw value that fits, or None if there is none to name.

    Rounding is monotonic, so it is enough that both ends fit. The range may be narrower than what is allowed.
    """
    if field.signal.is_float:
        return limits(field)
    whole = isinstance(field.factor, int) and isinstance(field.offset, int)
    if whole and field.factor != 1 and field.signal.length > EXACT_BITS:
        return None  # needs the exact division of `nearest`
    least, greatest = limits(field)
    slack = abs(field.factor) * TOLERANCE
    ends = (ceil(least), floor(greatest)) if whole else (float(least - slack), float(greatest + slack))
    if ends[0] > ends[1]:
        return None
    fit = all(field.lowest <= nearest(field, end) <= field.highest for end in ends)
    return ends if fit else None


def bits_of(field: Field, raw: float) -> int:
    """The bits of a raw value as an unsigned number. OverflowError when a float is too great for its length."""
    if field.signal.is_float:
        number, pattern = FLOATS[field.signal.length]
        bits: int = struct.unpack(pattern, struct.pack(number, raw))[0]
        return bits
    return int(raw) & field.mask


def raw_from(field: Field, bits: int) -> float:
    """The raw value that unsigned bits mean."""
    if field.signal.is_float:
        number, pattern = FLOATS[field.signal.length]
        raw: float = struct.unpack(number, struct.pack(pattern, bits))[0]
        return raw
    return bits - (1 << field.signal.length) if field.signal.signed and bits > field.highest else bits
