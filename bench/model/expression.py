"""Conditions as checked syntax trees, and their one evaluator.

`until` and `when` use it while a run goes on, the judge uses it afterwards on the trace. A name is looked up by
the caller; what is not known (yet, or any more) is `UNKNOWN`, and unknown is never the last value.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final


class _Unknown(Enum):
    """The type of the one value that says nothing is known."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN

Value = float | int | str | bool
Known = Value | _Unknown


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in the unit of what it is compared with, a label, a string or a truth value; `text` as written."""

    value: Value
    text: str = ""


@dataclass(frozen=True, slots=True)
class SignalRef:
    """A signal of a message: label where its value table has one, else the physical number in its own unit."""

    bus: str
    message: str
    signal: str
    unit: str = ""

    @property
    def path(self) -> str:
        """The full name, "INFO.TCU_Status_01.NadState"."""
        return f"{self.bus}.{self.message}.{self.signal}"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A value of the plant, by its full name ("model.speed")."""

    name: str
    unit: str = ""

    @property
    def path(self) -> str:
        """The full name."""
        return self.name


@dataclass(frozen=True, slots=True)
class InstrumentRef:
    """What an instrument last measured, "psu.current"; known from the end of the first measurement of it."""

    name: str
    quantity: str
    unit: str = ""

    @property
    def path(self) -> str:
        """The full name."""
        return f"{self.name}.{self.quantity}"


@dataclass(frozen=True, slots=True)
class Not:
    """Logical negation."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Logical and: false as soon as one part is known to be false."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Logical or: true as soon as one part is known to be true."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; `operator` is one of == != < <= > >=. `unit` is that of both sides."""

    operator: str
    left: "Expression"
    right: "Expression"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Membership, `left in [a, b, c]`."""

    left: "Expression"
    options: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /` of two numbers."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Apply:
    """`min`, `max` or `abs`, also unary minus as "neg"."""

    function: str
    parts: tuple["Expression", ...]


Reference = SignalRef | ModelRef | InstrumentRef
Expression = (
    Constant | SignalRef | ModelRef | InstrumentRef | Not | AllOf | AnyOf | Compare | OneOf | Arithmetic | Apply
)
Lookup = Callable[[Reference], Known]


def references(expression: Expression) -> Iterator[Reference]:
    """The names that an expression reads, in the order of the text; a name used twice comes twice."""
    match expression:
        case SignalRef() | ModelRef() | InstrumentRef():
            yield expression
        case Not(of):
            yield from references(of)
        case AllOf(parts) | AnyOf(parts) | Apply(_, parts):
            for part in parts:
                yield from references(part)
        case OneOf(left, options):
            yield from references(left)
            for part in options:
                yield from references(part)
        case Compare(_, left, right) | Arithmetic(_, left, right):
            yield from references(left)
            yield from references(right)


def evaluate(expression: Expression, lookup: Lookup) -> Known:
    """The value of an expression; UNKNOWN where what is known does not decide it.

    A number compared with a label (a signal that says "not available") is UNKNOWN for < <= > >= and unequal for ==.
    Division by zero is UNKNOWN.
    """
    match expression:
        case Constant(value):
            return value
        case SignalRef() | ModelRef() | InstrumentRef():
            return lookup(expression)
        case Not(of):
            inner = evaluate(of, lookup)
            return UNKNOWN if inner is UNKNOWN else not inner
        case AllOf(parts):
            return _decide(parts, lookup, decisive=False)
        case AnyOf(parts):
            return _decide(parts, lookup, decisive=True)
        case Compare(operator, left, right):
            return compare(operator, evaluate(left, lookup), evaluate(right, lookup))
        case OneOf(left, options):
            return _decide(tuple(Compare("==", left, option) for option in options), lookup, decisive=True)
        case Arithmetic(operator, left, right):
            return _calculate(operator, evaluate(left, lookup), evaluate(right, lookup))
        case Apply(function, parts):
            return _apply(function, [evaluate(part, lookup) for part in parts])


def compare(operator: str, left: Known, right: Known) -> Known:
    """One comparison of two values, UNKNOWN where they do not compare."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if isinstance(left, str) or isinstance(right, str):
        return UNKNOWN
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


def _decide(parts: tuple[Expression, ...], lookup: Lookup, decisive: bool) -> Known:
    result: Known = not decisive
    for part in parts:
        value = evaluate(part, lookup)
        if value is UNKNOWN:
            result = UNKNOWN
        elif bool(value) is decisive:
            return decisive
    return result


def _calculate(operator: str, left: Known, right: Known) -> Known:
    if isinstance(left, str | _Unknown) or isinstance(right, str | _Unknown):
        return UNKNOWN
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    return left / right if right else UNKNOWN


def _apply(function: str, values: list[Known]) -> Known:
    numbers = [value for value in values if not isinstance(value, str | _Unknown)]
    if len(numbers) < len(values):
        return UNKNOWN
    if function == "neg":
        return -numbers[0]
    if function == "abs":
        return abs(numbers[0])
    return min(numbers) if function == "min" else max(numbers)
