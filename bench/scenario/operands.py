"""Operands of a condition and what arithmetic makes of them: one unit on both sides, converted where it must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bench.model.expression import Apply, Arithmetic, Constant, Expression, InstrumentRef, ModelRef, SignalRef
from bench.scenario import units
from bench.scenario.names import Range
from bench.scenario.node import short
from bench.scenario.quantities import constant


@dataclass(frozen=True, slots=True)
class Truth:
    """Something that holds or does not."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Valued:
    """A number or a state that is known only while a run goes on; `difference`: of two temperatures or the like."""

    expression: Expression
    range: Range
    difference: bool = False

    @property
    def who(self) -> str:
        """Its name for messages."""
        match self.expression:
            case SignalRef(_, message, signal):
                return f"{message}.{signal}"
            case ModelRef() | InstrumentRef():
                return self.expression.path
        return "the other side"


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, label or quoted text as written; what it means depends on what it is compared with."""

    text: str
    quoted: bool = False


Meant = Truth | Valued | Literal
Complain = Callable[[int, str], None]
"""Takes a finding: the character of the condition that it is about, and its text."""


def negative(at: int, meant: Meant | None, complain: Complain) -> Meant | None:
    """A minus sign before something."""
    match meant:
        case None:
            return None
        case Literal(text, False) if units.quantity(text):
            return Literal(text.removeprefix("-") if text.startswith("-") else f"-{text}")
        case Valued(expression, range_, difference) if not range_.states:
            return Valued(Apply("neg", (expression,)), Range(range_.unit), difference)
    complain(at, "a minus sign before what is no number; delete it")
    return None


def calculated(at: int, operator: str, left: Meant | None, right: Meant | None, complain: Complain) -> Meant | None:
    """`+ - * /` of two operands."""
    if left is None or right is None:
        return None
    if isinstance(left, Literal) and isinstance(right, Literal):
        complain(at, f"'{operator}' of two constants; expected a signal on one side; write the result")
        return None
    if any(isinstance(side, Truth) or (isinstance(side, Valued) and side.range.states) for side in (left, right)):
        complain(at, f"'{operator}' of what is no number; expected numbers on both sides")
        return None
    return (_added if operator in "+-" else _multiplied)(at, operator, left, right, complain)


def called(at: int, function: str, parts: Sequence[Meant | None], complain: Complain) -> Meant | None:
    """`min`, `max` or `abs`, all in the unit of the first operand that has a name."""
    if any(part is None for part in parts):
        return None
    first = next((part for part in parts if isinstance(part, Valued)), None)
    if first is None or any(
        isinstance(part, Truth) or (isinstance(part, Valued) and part.range.states) for part in parts
    ):
        complain(at, f"{function} of what is no number; expected a signal or plant value that is a number")
        return None
    inner: list[Expression] = []
    for part in parts:
        if isinstance(part, Literal):
            found: Expression | None = number(part, first.range.unit, at, first.difference, complain)
        else:
            found = in_unit_of(first, part, at, complain) if isinstance(part, Valued) else None
        if found is None:
            return None
        inner.append(found)
    return Valued(Apply(function, tuple(inner)), Range(first.range.unit), first.difference)


def in_unit_of(left: Valued, right: Valued, at: int, complain: Complain) -> Expression | None:
    """The right operand in the unit of the left one."""
    if not units.convertible(right.range.unit, left.range.unit):
        sides = [side.range.unit if not units.plain(side.range.unit) else "no unit" for side in (left, right)]
        complain(
            at, f"{left.who} is in {sides[0]}, but {right.who} in {sides[1]}; expected one dimension on both sides"
        )
        return None
    factor, offset = units.scale(right.range.unit, left.range.unit, left.difference or right.difference)
    expression = right.expression
    if factor != 1:
        expression = Arithmetic("*", expression, _exactly(factor))
    return Arithmetic("+", expression, _exactly(offset)) if offset else expression


def number(literal: Literal, unit: str, at: int, difference: bool, complain: Complain) -> Constant | None:
    """A literal as a number in a unit."""
    found = constant(literal.text, Range(unit), "the other side", difference)
    if isinstance(found, str):
        complain(at, found)
        return None
    return Constant(found, literal.text)


def _added(at: int, operator: str, left: Meant, right: Meant, complain: Complain) -> Meant | None:
    """A sum or difference in the unit of the operand that has one; what is added to a temperature is a difference."""
    if isinstance(left, Valued):
        if isinstance(right, Valued):
            other = in_unit_of(left, right, at, complain)
        else:
            other = number(right, left.range.unit, at, True, complain) if isinstance(right, Literal) else None
        if other is None:
            return None
        apart = left.difference or (operator == "-" and isinstance(right, Valued))
        return Valued(Arithmetic(operator, left.expression, other), Range(left.range.unit), apart)
    if not isinstance(left, Literal) or not isinstance(right, Valued):
        return None
    first = number(left, right.range.unit, at, right.difference, complain)
    if first is None:
        return None
    apart = right.difference or operator == "-"
    return Valued(Arithmetic(operator, first, right.expression), Range(right.range.unit), apart)


def _multiplied(at: int, operator: str, left: Meant, right: Meant, complain: Complain) -> Meant | None:
    """A product with a factor without unit, or a ratio of two of one dimension."""
    one, two = _factor(left, operator, at, complain), _factor(right, operator, at, complain)
    if one is None or two is None:
        return None
    plain = units.plain
    if operator == "/" and units.convertible(two.range.unit, one.range.unit):
        other = in_unit_of(one, two, at, complain)
        return None if other is None else Valued(Arithmetic("/", one.expression, other), Range(""))
    if plain(two.range.unit) or (operator == "*" and plain(one.range.unit)):
        of = one if plain(two.range.unit) else two
        return Valued(Arithmetic(operator, one.expression, two.expression), Range(of.range.unit), of.difference)
    complain(at, f"'{operator}' of {one.range.unit or 'a number'} and {two.range.unit}; expected a factor without unit")
    return None


def _factor(side: Meant, operator: str, at: int, complain: Complain) -> Valued | None:
    if isinstance(side, Valued):
        return side
    quantity = units.quantity(side.text) if isinstance(side, Literal) else None
    if quantity is None or (quantity.unit and quantity.unit not in units.UNITS):
        text = short(side.text) if isinstance(side, Literal) else "a condition"
        complain(at, f"'{operator}' of '{text}', which is no number; expected a number")
        return None
    return Valued(Constant(float(quantity.number), quantity.text), Range(quantity.unit))


def _exactly(value: Fraction) -> Constant:
    return Constant(float(value), f"{float(value):.10g}")
