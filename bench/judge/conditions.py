"""Where along the trace a condition holds, does not hold, or cannot be said to; and by how much.

Conditions only change where a signal that they read changes, so the trace falls into stretches of one truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from bench.judge.robustness import Room, mixes_units, parts_of, room_of
from bench.judge.signals import Track, View
from bench.model.expression import (
    UNKNOWN,
    Compare,
    Constant,
    Expression,
    Known,
    Lookup,
    Reference,
    evaluate,
    references,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) in which a condition has one truth; None: it cannot be said, because of the `undecided` names.

    `low` and `high` are the smallest and the greatest room in it.
    """

    start: int
    end: int
    truth: bool | None
    undecided: tuple[Reference, ...]
    low: Room | None
    high: Room | None


def distinct(expression: Expression) -> tuple[Reference, ...]:
    """The names that a condition reads, each once, in the order of the text."""
    return tuple(dict.fromkeys(references(expression)))


def stretches(view: View, condition: Expression, start: int, end: int, rooms: bool = False) -> list[Stretch]:
    """The stretches of [start, end) in order, without gaps; `rooms` asks for their `low` and `high` too."""
    names = distinct(condition)
    now: dict[Reference, Known] = {}
    mixed = mixes_units(condition)
    found: list[Stretch] = []
    for at, until in _steps([view.track(name) for name in names], names, now, start, end):
        value = evaluate(condition, now.__getitem__)
        truth = None if value is UNKNOWN else bool(value)
        undecided = () if truth is not None else undecided_names(condition, now.__getitem__) or names
        room = room_of(condition, now.__getitem__, mixed, at) if rooms and truth is not None else None
        last = found[-1] if found else None
        if last and last.truth is truth and last.undecided == undecided:
            low = room if room and (last.low is None or room.key < last.low.key) else last.low
            high = room if room and (last.high is None or room.key > last.high.key) else last.high
            found[-1] = Stretch(last.start, until, truth, undecided, low, high)
        else:
            found.append(Stretch(at, until, truth, undecided, room, room))
    return found


def _steps(
    tracks: list[Track], names: tuple[Reference, ...], now: dict[Reference, Known], start: int, end: int
) -> Iterator[tuple[int, int]]:
    """The spans in which no name changes its value; before each of them `now` is brought up to date."""
    changes: list[tuple[int, int, Known]] = []
    for place, track in enumerate(tracks):
        step = track.index(start)
        value = track.values[step] if step >= 0 else UNKNOWN
        now[names[place]] = value
        for later in range(step + 1, len(track.at)):
            if track.at[later] >= end:
                break
            if track.values[later] != value:
                value = track.values[later]
                changes.append((track.at[later], place, value))
    if start >= end:
        return
    changes.sort(key=lambda change: change[0])
    at = start
    for change_at, place, value in changes:
        if change_at > at:
            yield at, change_at
            at = change_at
        now[names[place]] = value
    yield at, end


def undecided_names(expression: Expression, lookup: Lookup) -> tuple[Reference, ...]:
    """The names because of which an expression cannot be said: unknown ones, or labels where a number is wanted."""
    return tuple(dict.fromkeys(_undecided(expression, lookup)))


def _undecided(expression: Expression, lookup: Lookup) -> Iterator[Reference]:
    if evaluate(expression, lookup) is not UNKNOWN:
        return
    inner = list(parts_of(expression))
    unknown = [part for part in inner if evaluate(part, lookup) is UNKNOWN]
    if not inner:
        yield from references(expression)
    elif unknown:
        for part in unknown:
            yield from _undecided(part, lookup)
    else:  # all parts are known but do not go together: a label among numbers, or a division by zero
        labels = [ref for ref in references(expression) if isinstance(lookup(ref), str)]
        yield from labels or references(expression)


def numeric(reference: Reference) -> Expression:
    """A condition that holds while the reference is a number and cannot be said while it is unknown or a label."""
    return Compare("<=", reference, Constant(inf), reference.unit)
