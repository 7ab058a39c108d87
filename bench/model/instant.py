"""Instants and durations: integer nanoseconds since the run began, and their text."""

import re
from fractions import Fraction

NS = 1
US = 1_000
MS = 1_000_000
S = 1_000_000_000

UNITS = {"ns": NS, "us": US, "ms": MS, "s": S, "min": 60 * S, "h": 3600 * S}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)")


def duration(text: str) -> int:
    """Nanoseconds that a text such as "250 ms" means, exactly.

    ValueError when the text is not a number with a unit of time, or when it is finer than a nanosecond.
    """
    found = _DURATION.fullmatch(text.strip())
    if not found or found[2] not in UNITS:
        raise ValueError(f"'{text}' is not a duration; write a number and one of {', '.join(UNITS)}, such as '250 ms'")
    exact = Fraction(found[1]) * UNITS[found[2]]
    if exact.denominator != 1:
        raise ValueError(f"'{text}' is finer than a nanosecond, the bench's smallest step")
    return int(exact)


def show(ns: int) -> str:
    """A duration for people, in the largest unit that keeps it readable: "118.4 ms", "2 s"."""
    size = abs(ns)
    unit = "s" if size >= S or ns == 0 else "ms" if size >= MS else "us" if size >= US else "ns"
    return f"{ns / UNITS[unit]:.6f}".rstrip("0").rstrip(".") + f" {unit}"
