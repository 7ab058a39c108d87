"""Kinds of SCPI parameters: how a value is read from what was written, and how it is written in an answer.

Sources: SCPI-99 volume 1, chapter 7 (MIN, MAX, DEF, booleans, units and multipliers), chapter 8 (channel lists);
IEEE 488.2-1992, chapters 7.7 and 8.7 (data in messages and answers, definite length blocks).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bench.lab.headers import short_form
from bench.lab.status import Refused
from bench.model.instant import S

Value = float | int | bool | str | bytes | tuple[float, ...] | tuple[int, ...]

MOST_VALUES = 20_000
"""More values in one line are refused unread."""

INFINITY = 9.9e37
"""What stands for infinity (SCPI-99 volume 1, 7.2.1.4): a meter's overload, a count without end."""

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*([A-Za-z]*)", re.ASCII)
_MULTIPLIERS = {"": 0, "T": 12, "G": 9, "MA": 6, "K": 3, "M": -3, "U": -6, "N": -9, "P": -12}
_MEGA = ("HZ", "OHM")  # MHZ and MOHM are mega (IEEE 488.2, table 7-2), every other M is milli
_CHANNELS = re.compile(r"\(@\s*(\d{1,6}(?:\s*:\s*\d{1,6})?(?:\s*,\s*\d{1,6}(?:\s*:\s*\d{1,6})?)*)\s*\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a numeric setting may be, and what it is after *RST."""

    low: float
    high: float
    default: float

    def word(self, text: str) -> float | None:
        """The number that MIN, MAX or DEF means."""
        named = {"MIN": self.low, "MAX": self.high, "DEF": self.default, "INF": self.high}
        named |= {"MINIMUM": self.low, "MAXIMUM": self.high, "DEFAULT": self.default, "INFINITY": self.high}
        return named.get(text.upper())


class Kind(Protocol):
    """What a parameter is."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        """The value that was written; raises `Refused`."""

    def text(self, value: Value, digits: str) -> bytes:
        """A value in an answer; `digits` is how numbers are formatted."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number in its unit."""

    unit: str = ""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        return float(number(only(words), self.unit, limits))

    def text(self, value: Value, digits: str) -> bytes:
        return format(value, digits).encode()


@dataclass(frozen=True, slots=True)
class Count:
    """One whole number; what is written between two is rounded."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        return int(number(only(words), "", limits).to_integral_value())

    def text(self, value: Value, digits: str) -> bytes:
        return b"%d" % int(value) if isinstance(value, int | float) else b""


@dataclass(frozen=True, slots=True)
class Time:
    """A duration: seconds on the line, whole nanoseconds inside, without a rounding in between."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        return nanoseconds(only(words), limits)

    def text(self, value: Value, digits: str) -> bytes:
        assert isinstance(value, int)
        return str(Decimal(value) / S).encode()


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list of numbers in one unit."""

    unit: str = ""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        return tuple(float(number(word, self.unit, limits)) for word in some(words))

    def text(self, value: Value, digits: str) -> bytes:
        assert isinstance(value, tuple)
        return ",".join(format(one, digits) for one in value).encode()


@dataclass(frozen=True, slots=True)
class Times:
    """A list of durations."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        return tuple(nanoseconds(word, limits) for word in some(words))

    def text(self, value: Value, digits: str) -> bytes:
        assert isinstance(value, tuple)
        return ",".join(str(Decimal(one) / S) for one in value).encode()


@dataclass(frozen=True, slots=True)
class Switch:
    """ON, OFF or a number, which is ON unless it rounds to 0."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        word = only(words).upper()
        return word == "ON" if word in ("ON", "OFF") else number(word, "", None).to_integral_value() != 0

    def text(self, value: Value, digits: str) -> bytes:
        return b"1" if value else b"0"


class Word:
    """One of some words, each with its short form."""

    def __init__(self, *patterns: str) -> None:
        self._short = {form: short_form(p) for p in patterns for form in (p.upper(), short_form(p))}

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        word = only(words)
        if word.upper() not in self._short:
            raise Refused(-224, word)
        return self._short[word.upper()]

    def text(self, value: Value, digits: str) -> bytes:
        return str(value).encode()


class Choice:
    """A range that may be left out, written as AUTO or DEF, or given as a number: 0 stands for automatic."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        if not words or words[0].upper() in ("AUTO", "DEF", "DEFAULT"):
            return 0.0
        return float(number(words[0], "", limits))  # a second parameter, the resolution, follows from the range here

    def text(self, value: Value, digits: str) -> bytes:
        return format(value, digits).encode()


class Channels:
    """A channel list: `(@101,103:105)`."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        found = _CHANNELS.fullmatch(only(words))
        if not found:
            raise Refused(-170, words[0])
        channels: list[int] = []
        for part in found[1].split(","):
            first, _, last = part.partition(":")
            begin, end = int(first), int(last or first)
            if limits is not None and not limits.low <= min(begin, end) <= max(begin, end) <= limits.high:
                raise Refused(-222, part)
            channels += range(begin, end + 1) if begin <= end else range(begin, end - 1, -1)
        return tuple(channels)

    def text(self, value: Value, digits: str) -> bytes:
        assert isinstance(value, tuple)
        return ",".join(str(int(one)) for one in value).encode()


class Nothing:
    """No parameter: the header says it all."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        if words:
            raise Refused(-108, words[0])
        return True

    def text(self, value: Value, digits: str) -> bytes:
        return b""


class Block:
    """A definite length block, only ever in an answer: `#`, the digits of the length, the length, the bytes."""

    def parse(self, words: Sequence[str], limits: Limits | None) -> Value:
        raise Refused(-104)

    def text(self, value: Value, digits: str) -> bytes:
        assert isinstance(value, bytes)
        length = str(len(value))
        return f"#{len(length)}{length}".encode() + value


def only(words: Sequence[str]) -> str:
    """The one parameter that there must be."""
    if len(words) != 1:
        raise Refused(-108, words[1]) if words else Refused(-109)
    return words[0]


def some(words: Sequence[str]) -> Sequence[str]:
    """One parameter or more."""
    if not words:
        raise Refused(-109)
    if len(words) > MOST_VALUES:
        raise Refused(-223)
    return words


def number(word: str, unit: str, limits: Limits | None) -> Decimal:
    """What a number with or without a unit means, within the limits, exactly."""
    named = limits.word(word) if limits is not None else None
    if named is not None:
        return Decimal(repr(named))
    found = _NUMBER.fullmatch(word)
    if not found:
        raise Refused(-121 if word[:1].isdigit() else -104, word)
    value = Decimal(found[1]).scaleb(_multiplier(found[2].upper(), unit.upper(), word))
    if limits is not None and not Decimal(repr(limits.low)) <= value <= Decimal(repr(limits.high)):
        raise Refused(-222, word)
    if abs(value) > Decimal(10) ** 38:
        raise Refused(-222, word)
    return value


def nanoseconds(word: str, limits: Limits | None) -> int:
    """Whole nanoseconds of a duration in seconds; limits are in nanoseconds too."""
    named = limits.word(word) if limits is not None else None
    if named is not None:
        return int(named)
    ns = int((number(word, "S", None) * S).to_integral_value())
    if limits is not None and not limits.low <= ns <= limits.high:
        raise Refused(-222, word)
    return ns


def _multiplier(suffix: str, unit: str, word: str) -> int:
    """The power of ten of a suffix such as MV."""
    if not suffix:
        return 0
    if not unit:
        raise Refused(-138, word)
    prefix = suffix.removesuffix(unit)
    if prefix == suffix or prefix not in _MULTIPLIERS:
        raise Refused(-131, word)
    return 6 if prefix == "M" and unit in _MEGA else _MULTIPLIERS[prefix]
