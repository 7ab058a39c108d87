"""The check of a sequence of states, each with its time limit.

What the signal is before the first step does not matter; between the first and the last step it takes no other value
unless `allow_others`, and to be unknown there is to take another. After the last step nothing is judged.
"""

from dataclasses import dataclass

from bench.judge.conditions import Stretch
from bench.judge.doubts import doubt
from bench.judge.finding import NO_MARGIN, Finding, decisive, time_margin
from bench.judge.signals import Track, View
from bench.judge.windows import Window
from bench.judge.words import late, records, shown
from bench.model.check import Sequence, SequenceStep
from bench.model.expression import UNKNOWN, Known
from bench.model.instant import show
from bench.model.verdict import Margin, Outcome


@dataclass(frozen=True, slots=True)
class Stay:
    """The signal has one value in [start, end)."""

    start: int
    end: int
    value: Known


def sequence(check: Sequence, view: View, windows: tuple[Window, ...]) -> Finding:
    """The signal takes the values in their order and in time, in each window."""
    return decisive([_sequence(check, view, window) for window in windows])


def _sequence(check: Sequence, view: View, window: Window) -> Finding:
    track = view.track(check.signal)
    stays = [stay for start, end in window.pieces for stay in _stays(track, start, end)]
    since, reached = window.start, 0
    margins: list[tuple[Margin, int]] = []
    for stay in stays:
        step = check.steps[reached]
        if stay.value is not UNKNOWN and stay.value == step.value:
            took = stay.start - since
            if step.within is not None:
                room = step.within - took
                margins.append((time_margin(room, step.within), stay.start))
                if room < 0:
                    return _late(check, view, track, reached, stay.start, took)
            since, reached = stay.start, reached + 1
            if reached == len(check.steps):
                return _passed(check, view, track, margins, stay.start - window.start, stay.start)
        elif not reached or check.allow_others or stay.value == check.steps[reached - 1].value:
            continue
        elif step.within is not None and stay.start - since > step.within:
            break  # it was too late before it was wrong
        else:
            return _strayed(check, view, track, reached, stay, window)
    return _unfinished(check, view, track, reached, since, window, stays)


def _stays(track: Track, start: int, end: int) -> list[Stay]:
    step = track.index(start)
    found = [Stay(start, end, track.value(start))]
    for later in range(step + 1, track.index(end - 1) + 1):
        if track.values[later] != found[-1].value:
            at, last = track.at[later], found.pop()
            if at > last.start:
                found.append(Stay(last.start, at, last.value))
            found.append(Stay(at, end, track.values[later]))
    return found


def _passed(
    check: Sequence, view: View, track: Track, margins: list[tuple[Margin, int]], took: int, at: int
) -> Finding:
    tightest = min(margins, key=lambda margin: margin[0].relative or 0.0, default=(NO_MARGIN, at))
    order = ", ".join(shown(step.value, track.unit) for step in check.steps)
    close = f"; the tightest step had {show(tightest[0].time)} left" if tightest[0].time is not None else ""
    why = f"{track.name} went through {order} in {show(took)}{close}"
    return Finding(Outcome.PASS, why, "", tightest[0], tightest[1], _proof(check, view, tightest[1]), track.sender)


def _late(check: Sequence, view: View, track: Track, reached: int, at: int, took: int) -> Finding:
    step, limit, proof = check.steps[reached], check.steps[reached].within or 0, _proof(check, view, at)
    why = f"{track.name} became {shown(step.value, track.unit)} {_after(check, track, reached, took)}"
    why = f"{why}; allowed {show(limit)} ({late(took - limit)}, {records(proof)})"
    seen = f"{show(took)} to {shown(step.value, track.unit)}"
    return Finding(Outcome.FAIL, why, seen, time_margin(limit - took, limit), at - took + limit, proof, track.sender)


def _strayed(check: Sequence, view: View, track: Track, reached: int, stay: Stay, window: Window) -> Finding:
    if stay.value is UNKNOWN:
        return doubt(view, Stretch(stay.start, stay.end, None, (check.signal,), None, None), window.length)
    proof, wanted = _proof(check, view, stay.start), shown(check.steps[reached].value, track.unit)
    before = shown(check.steps[reached - 1].value, track.unit)
    seen = f"{before}, then {shown(stay.value, track.unit)}"
    why = f"{track.name} became {shown(stay.value, track.unit)} at {show(stay.start)} after {before}; expected {wanted}"
    return Finding(Outcome.FAIL, f"{why} ({records(proof)})", seen, NO_MARGIN, stay.start, proof, track.sender)


def _unfinished(
    check: Sequence, view: View, track: Track, reached: int, since: int, window: Window, stays: list[Stay]
) -> Finding:
    """The next step did not come before the window's end, or before its own limit."""
    step = check.steps[reached]
    waited = window.end - since
    missed = step.within is not None and waited > step.within
    limit = step.within if missed and step.within is not None else waited
    at = since + limit if missed else window.end - 1
    unsaid = next((stay for stay in stays if stay.value is UNKNOWN and stay.end > since and stay.start <= at), None)
    if unsaid and not (track.dut and track.seen):
        hidden = Stretch(max(unsaid.start, since), unsaid.end, None, (check.signal,), None, None)
        return doubt(view, hidden, window.length)
    outcome = Outcome.FAIL if missed or window.finished else Outcome.INCONCLUSIVE
    last = shown(track.value(at), track.unit)
    wanted = shown(step.value, track.unit)
    after = _after(check, track, reached, limit, "within")
    why = f"{track.name} did not become {wanted} {after}; at {show(at)} it was {last}"
    margin = time_margin(limit - waited, limit) if missed else Margin(time=0, relative=0.0)
    return Finding(outcome, why, f"{last} instead of {wanted}", margin, at, _proof(check, view, at), track.sender)


def _after(check: Sequence, track: Track, reached: int, took: int, word: str = "") -> str:
    before: SequenceStep | None = check.steps[reached - 1] if reached else None
    origin = shown(before.value, track.unit) if before else "the window's start"
    return f"{word} {show(took)} {'of' if word else 'after'} {origin}".strip()


def _proof(check: Sequence, view: View, at: int) -> tuple[int, ...]:
    number = view.record(check.signal, at)
    return () if number is None else (number,)
