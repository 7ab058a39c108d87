"""By how much a condition holds: and is the smallest of its parts, or the greatest, a comparison its distance."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from bench.model.expression import (
    UNKNOWN,
    AllOf,
    AnyOf,
    Apply,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Known,
    Lookup,
    Not,
    OneOf,
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


def room_of(expression: Expression, lookup: Lookup, mixed: bool, at: int) -> Room | None:
    """The robustness of a condition: and is the smallest, or the greatest, a comparison its distance to the limit."""
    match expression:
        case Not(of):
            room = room_of(of, lookup, mixed, at)
            return room and room._replace(key=-room.key, value=-room.value)
        case AllOf(parts) | AnyOf(parts):
            rooms = [room for part in parts if (room := room_of(part, lookup, mixed, at))]
            choose = min if isinstance(expression, AllOf) else max
            return choose(rooms, key=lambda room: room.key, default=None)
        case Compare(operator, left, right, unit):
            limit = left if isinstance(left, Constant) and not isinstance(right, Constant) else right
            values = evaluate(left, lookup), evaluate(right, lookup)
            return _distance(operator, *values, evaluate(limit, lookup), unit, mixed, at)
        case OneOf(left, options):
            equal = tuple(Compare("==", left, option) for option in options)
            return room_of(AnyOf(equal), lookup, mixed, at)
        case _:
            value = evaluate(expression, lookup)
            size = inf if value else -inf
            return None if value is UNKNOWN else Room(size, size, "", 1, at)


def _distance(operator: str, left: Known, right: Known, limit: Known, unit: str, mixed: bool, at: int) -> Room | None:
    """The room of one comparison. Equality that holds has no limit to come near, nor has inequality that does not."""
    if left is UNKNOWN or right is UNKNOWN:
        return None
    if isinstance(left, str | bool) or isinstance(right, str | bool):
        if operator not in ("==", "!="):
            return None
        size = inf if (left == right) is (operator == "==") else -inf
    elif operator in ("==", "!="):
        size = inf if left == right else -float(abs(left - right))
        size = size if operator == "==" else -size
    else:
        size = float(right - left if operator in ("<", "<=") else left - right)
    scale = abs(limit) if isinstance(limit, int | float) else 1
    return Room(size / (scale or 1) if mixed else size, size, unit, scale, at)


def meaningful(room: Room | None) -> Room | None:
    """The room, or None where it is infinite because labels and not numbers decide."""
    return room if room is not None and abs(room.value) < inf else None
