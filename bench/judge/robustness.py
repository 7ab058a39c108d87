"""By how much a condition holds: and is the smallest of its parts, or the greatest, a comparison its distance.

A condition is turned into nested functions once, since a drive has a hundred thousand instants. They take the short
way for plain numbers only and leave everything else to `evaluate`, so what a condition means is said in one place.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any, NamedTuple

from bench.model.expression import (
    UNKNOWN,
    AllOf,
    AnyOf,
    Apply,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    InstrumentRef,
    Known,
    ModelRef,
    Not,
    OneOf,
    Reference,
    SignalRef,
    compare,
    evaluate,
)


class Room(NamedTuple):
    """How far a condition is from changing its truth: positive while it holds, infinite where no number decides.

    `key` orders rooms: the value itself where the whole condition has one unit, else the share of the limit.
    """

    key: float
    value: float
    unit: str
    scale: float
    at: int


Values = list[Known]
Places = Mapping[Reference, int]
Measure = Callable[[Values, int], tuple[Known, Room | None]]
"""(what each name is, the instant) -> truth and room of a condition."""

_NUMBERS = (float, int)  # by exact type: a truth value is a number to Python, but has no distance to anything
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_CALCULATIONS: dict[str, Callable[[Any, Any], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def measure(condition: Expression, places: Places) -> Measure:
    """The function that tells truth and room of a condition, given the values of its names by place."""
    return _measure(condition, places, mixes_units(condition))


def meaningful(room: Room | None) -> Room | None:
    """The room, or None where it is infinite because labels and not numbers decide."""
    return room if room is not None and abs(room.value) < inf else None


def parts_of(expression: Expression) -> Iterator[Expression]:
    """The operands of an expression, in the order of the text; none for a name or a constant."""
    match expression:
        case Not(of):
            yield of
        case AllOf(parts) | AnyOf(parts) | Apply(_, parts):
            yield from parts
        case Compare(_, left, right) | Arithmetic(_, left, right):
            yield from (left, right)
        case OneOf(left, options):
            yield from (left, *options)


def mixes_units(expression: Expression) -> bool:
    """Whether the numbers of a condition are compared in more than one unit, so that only shares of limits compare."""
    return len(set(_units(expression))) > 1


def _units(expression: Expression) -> Iterator[str]:
    sides = list(parts_of(expression))
    labels = any(isinstance(side, Constant) and isinstance(side.value, str) for side in sides)
    if isinstance(expression, Compare) and not labels:
        yield expression.unit
    for side in sides:
        yield from _units(side)


def _measure(condition: Expression, places: Places, mixed: bool) -> Measure:
    match condition:
        case Not(of):
            return _negated(_measure(of, places, mixed))
        case AllOf(parts):
            return _joined([_measure(part, places, mixed) for part in parts], decisive=False)
        case AnyOf(parts):
            return _joined([_measure(part, places, mixed) for part in parts], decisive=True)
        case OneOf(left, options):
            equal = [Compare("==", left, option) for option in options]
            return _joined([_measure(part, places, mixed) for part in equal], decisive=True)
        case Compare():
            return _compared(condition, places, mixed)
        case _:
            return _bare(_value(condition, places))


def _negated(inner: Measure) -> Measure:
    def measured(values: Values, at: int) -> tuple[Known, Room | None]:
        truth, room = inner(values, at)
        opposite = UNKNOWN if truth is UNKNOWN else not truth
        return opposite, room and Room(-room.key, -room.value, room.unit, room.scale, at)

    return measured


def _joined(parts: list[Measure], decisive: bool) -> Measure:
    def measured(values: Values, at: int) -> tuple[Known, Room | None]:
        result: Known = not decisive
        chosen: Room | None = None
        for part in parts:
            truth, room = part(values, at)
            if truth is UNKNOWN:
                result = UNKNOWN if result is not decisive else result
            elif bool(truth) is decisive:
                result = decisive
            if room and (chosen is None or (room.key > chosen.key if decisive else room.key < chosen.key)):
                chosen = room
        return result, chosen

    return measured


def _bare(value: Callable[[Values], Known]) -> Measure:
    def measured(values: Values, at: int) -> tuple[Known, Room | None]:
        known = value(values)
        if known is UNKNOWN:
            return UNKNOWN, None
        size = inf if known else -inf
        return bool(known), Room(size, size, "", 1, at)

    return measured


def _compared(condition: Compare, places: Places, mixed: bool) -> Measure:
    """One comparison. Equality that holds has no limit to come near, nor has inequality that does not."""
    sign, unit = condition.operator, condition.unit
    left, right = _value(condition.left, places), _value(condition.right, places)
    holds, equality = _COMPARISONS[sign], sign in ("==", "!=")
    limit_is_left = isinstance(condition.left, Constant) and not isinstance(condition.right, Constant)
    upward = sign in ("<", "<=")

    def measured(values: Values, at: int) -> tuple[Known, Room | None]:
        one, other = left(values), right(values)
        if type(one) not in _NUMBERS or type(other) not in _NUMBERS:
            truth = compare(sign, one, other)
            size = inf if truth else -inf
            return truth, None if truth is UNKNOWN else Room(size, size, unit, 1, at)
        gap: float = other - one  # type: ignore[operator]  # both are numbers, as the line above made sure
        true = holds(one, other)
        if equality:
            size = abs(gap) or inf
            size = -size if (sign == "==") is (gap != 0) else size
        else:
            size = gap if upward else -gap
        scale: float = abs(one if limit_is_left else other)  # type: ignore[arg-type]
        return true, Room(size / (scale or 1) if mixed else size, size, unit, scale, at)

    return measured


def _value(expression: Expression, places: Places) -> Callable[[Values], Known]:
    """The function that tells the value of an expression."""
    match expression:
        case Constant(value):
            return lambda values: value
        case SignalRef() | ModelRef() | InstrumentRef():
            return operator.itemgetter(places[expression])
        case Arithmetic(sign, left, right) if sign in _CALCULATIONS:
            return _calculated(expression, places, _CALCULATIONS[sign], _value(left, places), _value(right, places))
        case Apply("abs", (only,)):
            return _absolute(expression, places, _value(only, places))
        case _:
            return lambda values: evaluate(expression, lambda reference: values[places[reference]])


def _calculated(
    expression: Expression,
    places: Places,
    calculate: Callable[[Any, Any], float],
    left: Callable[[Values], Known],
    right: Callable[[Values], Known],
) -> Callable[[Values], Known]:
    def value(values: Values) -> Known:
        one, other = left(values), right(values)
        if type(one) in _NUMBERS and type(other) in _NUMBERS:
            return calculate(one, other)
        return evaluate(expression, lambda reference: values[places[reference]])

    return value


def _absolute(expression: Expression, places: Places, inner: Callable[[Values], Known]) -> Callable[[Values], Known]:
    def value(values: Values) -> Known:
        known = inner(values)
        if type(known) in _NUMBERS:
            return abs(known)  # type: ignore[arg-type]
        return evaluate(expression, lambda reference: values[places[reference]])

    return value
