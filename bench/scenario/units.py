"""Units of physical values: what converts into what, exactly.

Sources of the factors: SI brochure, 9th edition (2019); the mile of 1609.344 m (international agreement of 1959).
Numbers stay fractions until the very end, so "50 km/h" always is the same float.
"""

import re
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: a value in the dimension's own unit is `value * factor + offset`."""

    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as somebody wrote it, with its unit ("" where none stands)."""

    number: Fraction
    unit: str
    text: str


_FACTORS: dict[str, dict[str, str]] = {
    "time": {"ns": "1/1000000000", "us": "1/1000000", "ms": "1/1000", "s": "1", "min": "60", "h": "3600"},
    "length": {"mm": "1/1000", "cm": "1/100", "m": "1", "km": "1000", "mi": "1609.344"},
    "speed": {"m/s": "1", "km/h": "5/18", "mph": "0.44704"},
    "acceleration": {"m/s2": "1", "m/s^2": "1", "m/s²": "1"},
    "angle": {"deg": "1"},
    "angular speed": {"deg/s": "1"},
    "rotation": {"rpm": "1", "1/min": "1"},
    "voltage": {"mV": "1/1000", "V": "1", "kV": "1000"},
    "current": {"uA": "1/1000000", "mA": "1/1000", "A": "1", "kA": "1000"},
    "resistance": {"mOhm": "1/1000", "Ohm": "1", "kOhm": "1000", "MOhm": "1000000"},
    "slew rate": {"V/min": "1/60", "V/s": "1", "V/ms": "1000", "V/us": "1000000"},
    "power": {"W": "1", "kW": "1000", "MW": "1000000"},
    "energy": {"J": "1", "kJ": "1000", "MJ": "1000000", "Wh": "3600", "kWh": "3600000"},
    "torque": {"Nm": "1"},
    "force": {"N": "1", "kN": "1000"},
    "mass": {"g": "1/1000", "kg": "1"},
    "pressure": {"Pa": "1", "hPa": "100", "kPa": "1000", "bar": "100000"},
    "frequency": {"Hz": "1", "kHz": "1000"},
    "temperature": {"K": "1", "degC": "1", "°C": "1"},
    "volume": {"l": "1"},
    "fuel rate": {"l/h": "1"},
    "consumption": {"l/100km": "1"},
    "share": {"%": "1"},
    "level": {"dB": "1"},
    "power level": {"dBm": "1"},
}
_OFFSETS = {"degC": Fraction("273.15"), "°C": Fraction("273.15")}

UNITS: dict[str, Unit] = {
    name: Unit(dimension, Fraction(factor), _OFFSETS.get(name, Fraction(0)))
    for dimension, factors in _FACTORS.items()
    for name, factor in factors.items()
}

_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*(\S+)?")


def quantity(text: str) -> Quantity | None:
    """The number and unit that a text such as "13.5 V" is, or None where it is no number at all."""
    found = _QUANTITY.fullmatch(text.strip())
    if not found or len(found[1]) > 40:
        return None
    return Quantity(Fraction(found[1]), found[2] or "", text.strip())


def plain(unit: str) -> bool:
    """Whether values of this unit are bare numbers: counts and states."""
    return unit in ("", "1", "-")


def same(left: str, right: str) -> bool:
    """Whether two spellings mean one unit."""
    if plain(left) or plain(right):
        return plain(left) and plain(right)
    return left == right or (left in UNITS and UNITS[left] == UNITS.get(right))


def convertible(source: str, target: str) -> bool:
    """Whether a value in one unit can be said in the other."""
    if same(source, target):
        return True
    one, other = UNITS.get(source), UNITS.get(target)
    return one is not None and other is not None and one.dimension == other.dimension


def scale(source: str, target: str, difference: bool = False) -> tuple[Fraction, Fraction]:
    """Factor and offset that turn a value in `source` into one in `target`; differences have no offset."""
    if same(source, target):
        return Fraction(1), Fraction(0)
    one, other = UNITS[source], UNITS[target]
    return one.factor / other.factor, Fraction(0) if difference else (one.offset - other.offset) / other.factor


def converted(value: Quantity, target: str, difference: bool = False) -> float:
    """The number in the target's unit, correctly rounded; `difference` for tolerances and changes (5 K are 5 degC)."""
    factor, offset = scale(value.unit, target, difference)
    return float(value.number * factor + offset)


def show(value: float, unit: str) -> str:
    """A number with its unit for a message: "50 km/h", "3"."""
    number = f"{value:.10g}"
    return number if plain(unit) else f"{number} {unit}"
