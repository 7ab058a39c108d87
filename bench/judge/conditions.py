"""Where along the trace a condition holds, does not hold, or cannot be said to; and by how much.

Conditions only change where a signal that they read changes, so the trace falls into stretches of one truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.judge.robustness import Room, Values, measure, parts_of
from bench.judge.signals import Track, View
from bench.model.expression import UNKNOWN, Expression, Known, Lookup, Reference, evaluate, references


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) in which a condition has one truth; None: it cannot be said, because of the `undecided` names.

    `low` and `high` are the smallest and the greatest room in it.
    """

    start: int
    end: int
    truth: bool | None
    undecided: tuple[Reference, ...] = ()
    low: Room | None = None
    high: Room | None = None


def distinct(expression: Expression) -> tuple[Reference, ...]:
    """The names that a condition reads, each once, in the order of the text."""
    return tuple(dict.fromkeys(references(expression)))


def stretches(view: View, condition: Expression, start: int, end: int) -> list[Stretch]:
    """The stretches of [start, end) in order, without gaps."""
    if start >= end:
        return []
    names = distinct(condition)
    places = {name: place for place, name in enumerate(names)}
    told = measure(condition, places)
    tracks = [view.track(name) for name in names]
    values = [track.value(start) for track in tracks]
    found: list[Stretch] = []
    begin, truth, undecided = start, None, _open(condition, names, values)
    low: Room | None = None
    high: Room | None = None
    for at in _changes(tracks, values, start, end):
        value, room = told(values, at)
        now = None if value is UNKNOWN else bool(value)
        reasons = _open(condition, names, values) if now is None else ()
        if now is not truth or reasons != undecided:
            if at > begin:
                found.append(Stretch(begin, at, truth, undecided, low, high))
            begin, truth, undecided, low, high = at, now, reasons, None, None
        if room is not None and now is not None:
            if low is None or room.key < low.key:
                low = room
            if high is None or room.key > high.key:
                high = room
    found.append(Stretch(begin, end, truth, undecided, low, high))
    return found


def _changes(tracks: list[Track], values: Values, start: int, end: int) -> Iterator[int]:
    """The start and each later instant at which a name changes its value; `values` are then those of that instant."""
    changes: list[tuple[int, int, Known]] = []
    for place, track in enumerate(tracks):
        value = values[place]
        first, after = track.index(start) + 1, track.index(end - 1) + 1
        for at, later in zip(track.at[first:after], track.values[first:after], strict=True):
            if later != value:
                value = later
                changes.append((at, place, later))
    if len(tracks) > 1:
        changes.sort(key=lambda change: change[0])
    now = start
    for at, place, value in changes:
        if at > now:
            yield now
            now = at
        values[place] = value
    yield now


def numbers(view: View, reference: Reference, start: int, end: int) -> list[Stretch]:
    """Where in [start, end) a reference is a number; where it is unknown or a label, that cannot be said."""
    if start >= end:
        return []
    track = view.track(reference)
    found: list[Stretch] = []
    begin, inside = start, isinstance(track.value(start), int | float)
    first, after = track.index(start) + 1, track.index(end - 1) + 1
    for at, value in zip(track.at[first:after], track.values[first:after], strict=True):
        if isinstance(value, int | float) is not inside:
            found.append(Stretch(begin, at, inside or None, () if inside else (reference,)))
            begin, inside = at, not inside
    found.append(Stretch(begin, end, inside or None, () if inside else (reference,)))
    return found


def _open(condition: Expression, names: tuple[Reference, ...], values: Values) -> tuple[Reference, ...]:
    """The names because of which a condition cannot be said: unknown ones, or labels where a number is wanted."""
    now = dict(zip(names, values, strict=True))
    return tuple(dict.fromkeys(_undecided(condition, now.__getitem__)))


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
