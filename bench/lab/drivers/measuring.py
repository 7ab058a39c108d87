"""Measurements as lines: what starts one, what repeats its result, how long it takes, and how good it is.

A result is transmitted twice before it is believed. Where an instrument can repeat the last one (FETCh?), the two must
be the same. Where it can only measure again, the reading is the mean of both, and its uncertainty holds both: a
quantity that moved meanwhile is known no better than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bench.errors import RigError
from bench.lab.drivers.accuracy import Accuracy, product
from bench.lab.exchange import shown, text
from bench.lab.forms import finite
from bench.lab.session import Session

BEYOND = 1.2
"""So much of its largest range an instrument still shows; more is no reading. SCPI marks an overload by 9.9E37."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a quantity is measured: `first` measures it, `again` repeats that (`same`), or measures it once more.

    `duration` (ns) is how long both take, before the options of an instrument. Two accuracies: volts, then amperes.
    """

    first: str
    again: str
    duration: int
    accuracies: tuple[Accuracy, ...]
    same: bool = False


class Measuring(Protocol):
    """What a measurement needs of an instrument."""

    @property
    def session(self) -> Session: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def quantities(self) -> Mapping[str, Quantity]: ...


def known(instrument: Measuring, quantity: str) -> Quantity:
    """How an instrument measures a quantity; ValueError if it does not."""
    if quantity not in instrument.quantities:
        able = ", ".join(instrument.quantities) or "nothing"
        raise ValueError(f"{instrument.session.name} does not measure {quantity}; it measures {able}; take another one")
    return instrument.quantities[quantity]


def begin(instrument: Measuring, quantity: str) -> None:
    """Start a measurement; `fetch` gives it."""
    how = known(instrument, quantity)
    instrument.session.ask(how.first.format_map(instrument.fields), how.again.format_map(instrument.fields))


def fetch(instrument: Measuring, quantity: str) -> tuple[float, float]:
    """What was measured, and its uncertainty."""
    how = known(instrument, quantity)
    parts = instrument.session.answer()
    half = len(parts) // 2
    if how.same and parts[:half] != parts[half:]:
        instrument.session.close()
        raise RigError(
            f"{instrument.session.name}: its {quantity} came as {shown(b';'.join(parts[:half]))} and repeated as "
            f"{shown(b';'.join(parts[half:]))}; expected the same twice; check the line to the instrument"
        )
    first, error = _reading(instrument, quantity, how, parts[:half])
    second, error_again = _reading(instrument, quantity, how, parts[half:])
    return (first + second) / 2, max(error, error_again) + abs(first - second) / 2


def _reading(instrument: Measuring, quantity: str, how: Quantity, parts: tuple[bytes, ...]) -> tuple[float, float]:
    """One reading and its error; a product of two parts is power."""
    values = [
        _value(instrument, quantity, part, accuracy) for part, accuracy in zip(parts, how.accuracies, strict=True)
    ]
    errors = [accuracy.at(value) for value, accuracy in zip(values, how.accuracies, strict=True)]
    if len(values) == 1:
        return values[0], errors[0]
    (volts, amperes), (volts_error, amperes_error) = values, errors
    return volts * amperes, product(volts, volts_error, amperes, amperes_error)


def _value(instrument: Measuring, quantity: str, part: bytes, accuracy: Accuracy) -> float:
    try:
        value = finite(text(part).strip())
    except ValueError:
        value = float("nan")
    if not abs(value) <= accuracy.full * BEYOND:
        raise RigError(
            f"{instrument.session.name}: its {quantity} came as {shown(part)}; expected a number up to "
            f"{accuracy.full:g}; is it overloaded, or is its range too small?"
        )
    return value
