"""When in the trace an event happened."""

from typing import NamedTuple

from bench.judge.conditions import distinct, stretches
from bench.judge.signals import View
from bench.model.check import Becomes, Changes, Crosses, Edge, Event, Received
from bench.model.expression import UNKNOWN, Known, Reference


class Moment(NamedTuple):
    """One happening of an event, and the row of what shows it (-1 for a condition, which may have several causes)."""

    at: int
    row: int


def moments(view: View, event: Event) -> list[Moment]:
    """Every happening of an event in the trace, in order.

    A frame counts as received whatever it carries. A condition becomes true where it was false or unknown just
    before; one that is true from the first instant of the trace has not become so. A value changes when it differs
    from the last one known, and crosses a limit when the last number known was not yet beyond it.
    """
    match event:
        case Received(bus, message):
            ends = view.trace.frames.end
            return [Moment(ends[row], row) for row in view.rows(bus, message)]
        case Edge(of, id, edge):
            return [
                Moment(occurrence.at, row)
                for row, occurrence in enumerate(view.trace.occurrences)
                if occurrence.name == id and occurrence.what == f"{of}_{edge}"
            ]
        case Changes(reference):
            return _moves(view, reference, None, 0)
        case Crosses(reference, direction, limit):
            return _moves(view, reference, direction, limit)
        case Becomes(condition):
            found = stretches(view, condition, 0, view.trace.closed_at)
            return [Moment(stretch.start, -1) for stretch in found[1:] if stretch.truth]


def proof(view: View, event: Event, moment: Moment) -> tuple[int, ...]:
    """The numbers of the records that show a happening."""
    match event:
        case Received():
            return (view.trace.number_of_frame(moment.row),)
        case Edge():
            return (view.trace.number_of_occurrence(moment.row),)
        case Changes(reference) | Crosses(reference):
            return causes(view, (reference,), moment.at)
        case Becomes(condition):
            return causes(view, distinct(condition), moment.at)


def causes(view: View, names: tuple[Reference, ...], at: int) -> tuple[int, ...]:
    """The records that changed any of these names at an instant; if none did, the last word on each."""
    exact = [name for name in names if (step := view.track(name).index(at)) >= 0 and view.track(name).at[step] == at]
    found = [number for name in exact or names if (number := view.record(name, at)) is not None]
    return tuple(sorted(set(found)))


def _moves(view: View, reference: Reference, direction: str | None, limit: float) -> list[Moment]:
    track = view.track(reference)
    before: Known = UNKNOWN
    found = []
    for at, value, row in zip(track.at, track.values, track.rows, strict=True):
        if value is UNKNOWN:
            continue
        if before is not UNKNOWN and _moved(before, value, direction, limit):
            found.append(Moment(at, row))
        before = value
    return found


def _moved(before: Known, value: Known, direction: str | None, limit: float) -> bool:
    if direction is None:
        return value != before
    if not isinstance(before, int | float) or not isinstance(value, int | float):
        return False
    return before <= limit < value if direction == "above" else value < limit <= before
