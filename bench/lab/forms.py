"""Forms of values on a SCPI line: how each is checked, written, read, and compared with what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Protocol, TypeVar

Value = float | int | str | bool
V = TypeVar("V")


class Form(Protocol[V]):
    """A form of values. `valid` and `read` raise ValueError with what was expected."""

    def valid(self, value: object) -> V: ...
    def written(self, value: V) -> str: ...
    def read(self, text: str) -> V: ...
    def agree(self, wanted: V, found: V) -> bool: ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a unit, between two bounds; `within` is the instrument's resolution, by which it may differ."""

    unit: str = ""
    low: float = -inf
    high: float = inf
    within: float = 0.0

    def valid(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, float | int) or not isfinite(value):
            raise ValueError("a number")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.low:g} to {self.high:g} {self.unit}".rstrip())
        return float(value)

    def written(self, value: float) -> str:
        return decimal(value)

    def read(self, text: str) -> float:
        return finite(text)

    def agree(self, wanted: float, found: float) -> bool:
        return close(wanted, found, self.within)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list of numbers in a unit, as list programs have."""

    unit: str = ""
    within: float = 0.0

    def valid(self, value: object) -> tuple[float, ...]:
        if not isinstance(value, tuple) or not value:
            raise ValueError("one number or more")
        return tuple(Number(self.unit).valid(one) for one in value)

    def written(self, value: tuple[float, ...]) -> str:
        return ",".join(map(decimal, value))

    def read(self, text: str) -> tuple[float, ...]:
        return tuple(map(finite, text.split(",")))

    def agree(self, wanted: tuple[float, ...], found: tuple[float, ...]) -> bool:
        pairs = zip(wanted, found, strict=False)
        return len(wanted) == len(found) and all(close(a, b, self.within) for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off, written ON and OFF, answered as 1 and 0 or as words."""

    on: str = "ON"
    off: str = "OFF"

    def valid(self, value: object) -> bool:
        if value in ("on", "off"):
            return value == "on"
        if not isinstance(value, bool):
            raise ValueError("on or off")
        return value

    def written(self, value: bool) -> str:
        return self.on if value else self.off

    def read(self, text: str) -> bool:
        word = text.upper()
        if word in ("1", "+1", "ON", "TRUE"):
            return True
        if word in ("0", "+0", "OFF", "FALSE"):
            return False
        raise ValueError("0 or 1")

    def agree(self, wanted: bool, found: bool) -> bool:
        return wanted is found


@dataclass(frozen=True, slots=True)
class Each:
    """Several switches that a line sets alike; on only if each is, and off is read where one is off."""

    form: Switch

    def valid(self, value: object) -> bool:
        return self.form.valid(value)

    def written(self, value: bool) -> str:
        return self.form.written(value)

    def read(self, text: str) -> bool:
        return all([self.form.read(part) for part in text.split(";")])

    def agree(self, wanted: bool, found: bool) -> bool:
        return wanted is found


@dataclass(frozen=True, slots=True)
class Words:
    """One of some words: ours -> the instrument's, in its short form."""

    theirs: Mapping[str, str]

    def valid(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.theirs:
            raise ValueError(f"one of {', '.join(self.theirs)}")
        return value

    def written(self, value: str) -> str:
        return self.theirs[value]

    def read(self, text: str) -> str:
        told = text.strip('"').upper()
        for ours, theirs in self.theirs.items():
            if told.startswith(theirs.upper()):  # the long form, where it is answered
                return ours
        raise ValueError(f"one of {', '.join(self.theirs.values())}")

    def agree(self, wanted: str, found: str) -> bool:
        return wanted == found


def close(wanted: float, found: float, within: float) -> bool:
    """Whether two numbers are the same to an instrument; a millionth is the last digit of its number format."""
    return abs(found - wanted) <= within + 1e-6 * abs(wanted)


def finite(text: str) -> float:
    """The number that an answer is; ValueError for anything else, also for infinity and what is not a number."""
    if "_" in text or not isfinite(number := float(text)):  # Python takes 1_000; no instrument writes it
        raise ValueError("a number")
    return number


def decimal(value: float) -> str:
    """A number as people write it where its digits allow: 12.5, 0.000001, and 1.000000000E+12."""
    for digits in range(13):
        text = f"{value:.{digits}f}"
        if len(text) <= 16 and abs(float(text) - value) <= 1e-9 * abs(value):
            return text
    return f"{value:.9E}"
