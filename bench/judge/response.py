"""The check of a reaction: after each trigger something comes true (or happens) in time, not too early, and stays.

The reaction time starts at the trigger, for a frame at its end. Limits are inclusive. A condition that is true at the
trigger already has reacted after 0 ns. What first comes true must stay; a second try does not count. An event (not a
condition) has no duration, so `hold` says nothing of it, except of a crossing: the number must remain beyond the limit.
"""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from bench.judge.conditions import Stretch, distinct, stretches
from bench.judge.doubts import doubt
from bench.judge.events import Moment, moments, proof
from bench.judge.finding import NO_MARGIN, Finding, never_exercised, time_margin
from bench.judge.logic import observer
from bench.judge.signals import View
from bench.judge.windows import Window
from bench.judge.words import event, late, name, records, shown
from bench.model.check import Becomes, Changes, Crosses, Edge, Event, Received, Responds
from bench.model.expression import Compare, Constant, Expression
from bench.model.instant import show
from bench.model.verdict import Outcome


class Reaction(NamedTuple):
    """What followed one trigger: `room` ns to the nearest limit, `limit` ns; `fault` says which way it was broken."""

    outcome: Outcome
    trigger: Moment
    moment: Moment | None
    room: int
    limit: int
    fault: str = ""
    unsaid: Stretch | None = None


def responds(check: Responds, view: View, windows: tuple[Window, ...]) -> Finding:
    """Judges the reaction to every trigger in the windows; the first failing one speaks, else the slowest."""
    fired = moments(view, check.trigger)
    times = [moment.at for moment in fired]
    pieces = [piece for window in windows for piece in window.pieces]
    triggers = [
        moment for start, end in pieces for moment in fired[bisect_left(times, start) : bisect_left(times, end)]
    ]
    if not triggers:
        return never_exercised(f"'{event(check.trigger)}' never happened{_already(view, check.trigger, windows)}")
    reactions = _reactions(check, view, triggers)
    outcome = max(reaction.outcome for reaction in reactions)
    equals = [reaction for reaction in reactions if reaction.outcome is outcome]
    closest = min(equals, key=lambda reaction: reaction.room / (reaction.limit or 1))
    speaks = closest if outcome is Outcome.PASS else equals[0]
    at = (speaks.moment or speaks.trigger).at
    if speaks.fault in ("late", "missing"):
        at = speaks.trigger.at + check.within
    elif speaks.fault == "dropped":
        at += check.hold + speaks.room
    told = proof(view, check.trigger, speaks.trigger)
    if speaks.moment:
        told += proof(view, check.then, speaks.moment)
    why, seen = _words(check, view, speaks)
    if len(triggers) > 1:
        why += f"; {len(equals)} of {len(triggers)} reactions {'passed' if outcome is Outcome.PASS else 'did so'}"
    if speaks is not closest and closest.fault == "late":
        why += f", the worst {late(-closest.room)}"
    margin = time_margin(closest.room, closest.limit) if outcome in (Outcome.PASS, Outcome.FAIL) else NO_MARGIN
    return Finding(outcome, why, seen, margin, at, tuple(sorted(set(told))), _observer(view, check.then))


def _reactions(check: Responds, view: View, triggers: list[Moment]) -> list[Reaction]:
    closed, state = view.trace.closed_at, _state(check.then)
    found = stretches(view, state, 0, closed) if state else []
    held = [stretch for stretch in found if stretch.truth]
    ends = [stretch.end for stretch in held]
    if isinstance(check.then, Becomes):
        happened: list[Moment] = []
        starts: list[int] = []
    else:
        happened = moments(view, check.then)
        starts = [moment.at for moment in happened]
    after_it = isinstance(check.then, Received) or check.then == check.trigger
    reactions = []
    for trigger in triggers:
        moment: Moment | None = None
        if isinstance(check.then, Becomes):
            place = bisect_right(ends, trigger.at)
            if place < len(held):
                moment = Moment(max(held[place].start, trigger.at), -1)
        else:
            place = (bisect_right if after_it else bisect_left)(starts, trigger.at)
            moment = happened[place] if place < len(happened) else None
        reaction = _judged(check, trigger, moment, closed, found)
        if reaction.outcome is Outcome.PASS and check.hold and state:
            reaction = _holding(check, view, reaction, found)
        reactions.append(_doubted(view, check, reaction))
    return reactions


def _judged(check: Responds, trigger: Moment, moment: Moment | None, closed: int, found: list[Stretch]) -> Reaction:
    deadline = trigger.at + check.within
    if moment is None or moment.at > deadline:
        unsaid = _unsaid(found, trigger.at, deadline + 1)
        if moment is None and deadline >= closed:
            return Reaction(Outcome.INCONCLUSIVE, trigger, None, 0, check.within, "cut", unsaid)
        room = deadline - (moment.at if moment else closed)
        return Reaction(Outcome.FAIL, trigger, moment, room, check.within, "late" if moment else "missing", unsaid)
    took = moment.at - trigger.at
    if took < check.not_before:
        return Reaction(Outcome.FAIL, trigger, moment, took - check.not_before, check.not_before, "early")
    if check.not_before and took - check.not_before < check.within - took:
        return Reaction(Outcome.PASS, trigger, moment, took - check.not_before, check.within)
    return Reaction(Outcome.PASS, trigger, moment, check.within - took, check.within)


def _holding(check: Responds, view: View, reaction: Reaction, found: list[Stretch]) -> Reaction:
    """The reaction once more, with what became of it during `hold`."""
    assert reaction.moment is not None
    begin = reaction.moment.at
    until = begin + check.hold
    stop = next((s for s in _after(found, begin) if s.truth is not True), None)
    trigger, moment = reaction.trigger, reaction.moment
    if stop is not None and stop.start < until:
        unsaid = stop if stop.truth is None else None
        return Reaction(Outcome.FAIL, trigger, moment, stop.start - until, check.hold, "dropped", unsaid)
    if until > view.trace.closed_at:
        return Reaction(Outcome.INCONCLUSIVE, trigger, moment, 0, check.hold, "cut")
    return reaction


def _after(found: list[Stretch], at: int) -> list[Stretch]:
    return found[bisect_right(found, at, key=lambda stretch: stretch.end) :][:3]


def _unsaid(found: list[Stretch], start: int, end: int) -> Stretch | None:
    """The first stretch in [start, end) over which the condition cannot be said."""
    for stretch in found[bisect_right(found, start, key=lambda stretch: stretch.end) :]:
        if stretch.start >= end:
            break
        if stretch.truth is None:
            return stretch
    return None


def _doubted(view: View, check: Responds, reaction: Reaction) -> Reaction:
    """A failure is not proven where somebody else than a device under test hid whether it is one."""
    stretch = reaction.unsaid
    if reaction.outcome is not Outcome.FAIL or stretch is None:
        return reaction
    if any(view.track(reference).dut for reference in stretch.undecided):
        return reaction
    found = doubt(view, stretch, stretch.end - stretch.start)
    return Reaction(found.outcome, reaction.trigger, reaction.moment, 0, reaction.limit, "unsaid", stretch)


def _state(then: Event) -> Expression | None:
    """The condition that must hold after the event, if it leaves one."""
    match then:
        case Becomes(condition):
            return condition
        case Crosses(reference, direction, limit):
            return Compare(">" if direction == "above" else "<", reference, Constant(limit), reference.unit)
        case _:
            return None


def _words(check: Responds, view: View, reaction: Reaction) -> tuple[str, str]:
    """Why, and what was seen instead of the expected."""
    cause, then, trigger = event(check.trigger), event(check.then), reaction.trigger
    context = f"'{cause}' at {show(trigger.at)} ({records(proof(view, check.trigger, trigger))})"
    took = show(reaction.moment.at - trigger.at) if reaction.moment else ""
    shown_by = records(proof(view, check.then, reaction.moment)) if reaction.moment else ""
    unsaid = ""
    if reaction.unsaid:
        unsaid = doubt(view, reaction.unsaid, reaction.unsaid.end - reaction.unsaid.start).why
    match reaction.fault:
        case "late":
            lateness = late(reaction.moment.at - trigger.at - check.within) if reaction.moment else ""
            return (
                f"'{then}' followed {context} after {took}; allowed {show(check.within)} ({lateness}, {shown_by})",
                took,
            )
        case "early":
            floor = f"not before {show(check.not_before)} ({show(-reaction.room)} early, {shown_by})"
            return f"'{then}' followed {context} after {took}; {floor}", took
        case "missing":
            reason = unsaid or _last(view, check.then, trigger.at + check.within)
            return f"'{then}' did not follow {context} within {show(check.within)}; {reason}", "no reaction"
        case "dropped":
            length = show(check.hold + reaction.room)
            reason = f"; {unsaid}" if unsaid else ""
            return f"'{then}' followed {context} but held {length} only; required {show(check.hold)}{reason}", length
        case "cut":
            return f"the trace ends before the reaction to {context} can be said", "the trace ended"
        case "unsaid":
            return f"the reaction to {context} cannot be said: {unsaid}", "unknown"
        case _:
            return f"'{then}' followed {context} after {took}; allowed {show(check.within)} ({shown_by})", ""


def _last(view: View, then: Event, at: int) -> str:
    state = _state(then)
    if state is None:
        return "it did not happen until the trace ended"
    return ", ".join(f"{name(r)} was {shown(view.track(r).value(at), r.unit)}" for r in distinct(state))


def _already(view: View, trigger: Event, windows: tuple[Window, ...]) -> str:
    """Why a condition that was true did not trigger."""
    if not isinstance(trigger, Becomes):
        return " in the window"
    starts = [start for window in windows for start, end in window.pieces if end > start]
    if any(stretches(view, trigger.condition, start, start + 1)[0].truth for start in starts):
        return " in the window: it was true at the window's start already, and only a change to true triggers"
    return " in the window"


def _observer(view: View, then: Event) -> str:
    match then:
        case Received(bus, message):
            return view.sender(view.layout(bus, message))
        case Becomes(condition):
            return observer(view, condition)
        case Changes(reference) | Crosses(reference):
            return view.track(reference).sender
        case Edge():
            return "bench"
