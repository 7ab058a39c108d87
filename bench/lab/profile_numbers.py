"""Numbers with units as profiles hold them: exact, each of one kind, written and read as text."""

import re
from dataclasses import dataclass
from fractions import Fraction

from bench.model.instant import UNITS, S

# Unit -> kind and factor to the kind's own unit: V, s, Hz, V/s, 1, Ohm.
_UNITS: dict[str, tuple[str, Fraction]] = {
    "": ("number", Fraction(1)),
    "%": ("share", Fraction(1, 100)),
    "V": ("voltage", Fraction(1)),
    "mV": ("voltage", Fraction(1, 1000)),
    "Hz": ("frequency", Fraction(1)),
    "kHz": ("frequency", Fraction(1000)),
    "Ohm": ("resistance", Fraction(1)),
    "mOhm": ("resistance", Fraction(1, 1000)),
    **{unit: ("time", Fraction(ns, S)) for unit, ns in UNITS.items()},
    **{f"V/{unit}": ("slope", Fraction(S, ns)) for unit, ns in UNITS.items()},
}
_EXAMPLES = {
    "number": "10",
    "share": "5 %",
    "voltage": "12.5 V",
    "frequency": "2 Hz",
    "resistance": "0.5 Ohm",
    "time": "50 ms",
    "slope": "0.5 V/min",
}
# Digits are few, so that no text makes a number whose arithmetic takes long.
_NUMBER = re.compile(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-z%][A-Za-z/]*)?")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact value in its kind's own unit (V, s, Hz, V/s, 1, Ohm), and the unit that it was written in."""

    value: Fraction
    unit: str

    @property
    def kind(self) -> str:
        """What it measures: number, share, voltage, frequency, resistance, time or slope."""
        return _UNITS[self.unit][0]

    @property
    def written(self) -> float:
        """Its value in the unit that it was written in."""
        return float(self.value / _UNITS[self.unit][1])

    def __str__(self) -> str:
        return f"{self.written:.12g} {self.unit}".rstrip()

    def of(self, plain: int | float) -> "Number":
        """The number that a plain figure means where this one gives the unit, read as its shortest decimal."""
        return Number(Fraction(repr(plain)) * _UNITS[self.unit][1], self.unit)


def number(text: str) -> Number:
    """What a text such as "0.5 V/min" means. ValueError when it is no number with a known unit."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        raise ValueError(f"'{text[:40]}' is not a number; write one such as {', '.join(_EXAMPLES.values())}")
    unit = found[2] or ""
    if unit not in _UNITS:
        raise ValueError(
            f"'{text[:40]}' has the unknown unit '{unit}'; the units are {', '.join(filter(None, _UNITS))}"
        )
    return Number(Fraction(found[1]) * _UNITS[unit][1], unit)


def example(kind: str) -> str:
    """A text that is a number of this kind."""
    return f"a {kind} such as '{_EXAMPLES[kind]}'"


def nanoseconds(seconds: Fraction) -> int:
    """A duration on the bench's grid: the nearest nanosecond, the even one of two."""
    return round(seconds * S)
