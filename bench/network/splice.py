"""One signal's bits put into a packed payload, and a raw value that no healthy sender would put there."""

from typing import Literal

from bench.network.field import TOLERANCE, Field, bits_of, nearest, physical


def spliced(field: Field, data: bytes, raw: float) -> bytes:
    """The payload with this raw value in the signal's bits, all other bits as they were."""
    order: Literal["big", "little"] = "big" if field.big else "little"
    whole = int.from_bytes(data, order) & ~(field.mask << field.shift)
    return (whole | bits_of(field, raw) << field.shift).to_bytes(len(data), order)


def beyond(field: Field) -> float | None:
    """The raw value next to the declared range, above it if there is room, that has no label; None: there is none.

    A label outside the range, such as "not available", is something that the database says; so it is not beyond.
    """
    signal = field.signal
    up = 1 if field.factor > 0 else -1
    for limit, step in ((signal.maximum, up), (signal.minimum, -up)):
        if limit is None:
            continue
        if signal.is_float:
            raw = nearest(field, limit + (max(1.0, abs(limit)) if step == up else -max(1.0, abs(limit))))
            if _holds(field, raw):
                return raw
            continue
        raw = nearest(field, limit)
        while field.lowest <= raw <= field.highest and (_declared(field, raw) or raw in field.labels):
            raw += step
        if field.lowest <= raw <= field.highest:
            return raw
    return None


def _declared(field: Field, raw: float) -> bool:
    """Whether a raw value lies in the range that the database declares."""
    low, high, slack = field.signal.minimum, field.signal.maximum, abs(field.factor) * TOLERANCE
    number = physical(field, raw)
    return (low is None or number >= low - slack) and (high is None or number <= high + slack)


def _holds(field: Field, raw: float) -> bool:
    try:
        bits_of(field, raw)
    except OverflowError:
        return False
    return True
