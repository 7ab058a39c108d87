"""The check of a number that follows a reference."""

from dataclasses import dataclass, replace
from math import inf

from bench.judge.conditions import numbers
from bench.judge.doubts import doubt, doubts
from bench.judge.finding import Finding, decisive, never_exercised, rounded, value_margin
from bench.judge.signals import Track, View
from bench.judge.windows import Window
from bench.judge.words import name, records, shown
from bench.model.check import Follows
from bench.model.instant import show
from bench.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """One frame of the follower: its value, and the nearest value of the reference in the time allowed."""

    at: int
    value: float
    nearest: float
    nearest_at: int
    room: float


def follows(check: Follows, view: View, windows: tuple[Window, ...]) -> Finding:
    """At each frame of the signal some value that the reference had in the last `delay` ns is within the tolerance."""
    length = sum(window.length for window in windows)
    pieces = [piece for window in windows for piece in window.pieces]
    findings = doubts(view, [s for start, end in pieces for s in numbers(view, check.signal, start, end)], length)
    compared: list[Comparison] = []
    frames = 0
    for start, end in pieces:
        count, deciding, hidden = _comparisons(check, view, start, end)
        frames += count
        compared += deciding
        if hidden is not None:
            findings.append(_hidden(check, view, hidden))
    if compared:
        findings.append(_compared(check, view, compared, frames))
    elif not findings:
        track = view.track(check.signal)
        findings.append(never_exercised(f"no frame of {track.name} ended in the window", track.sender))
    return decisive(findings)


def _compared(check: Follows, view: View, compared: list[Comparison], frames: int) -> Finding:
    """The finding on the frames that could be compared: the first violation speaks, else the tightest frame."""
    tightest = min(compared, key=lambda comparison: comparison.room)
    speaks = next((comparison for comparison in compared if comparison.room < 0), tightest)
    track = view.track(check.signal)
    unit = track.unit
    seen = f"{track.name} was {shown(speaks.value, unit)}"
    near = f"{name(check.reference)} was {shown(speaks.nearest, unit)} at {show(speaks.nearest_at)}"
    apart = shown(abs(speaks.value - speaks.nearest), unit)
    why = f"{seen} at {show(speaks.at)}, {apart} from the nearest of the last {show(check.delay)} ({near})"
    why = f"{why}; allowed {shown(check.tolerance, unit)}"
    told = view.record(check.signal, speaks.at), view.record(check.reference, speaks.nearest_at)
    proof = tuple(sorted(number for number in told if number is not None))
    margin = value_margin(tightest.room, unit, check.tolerance)
    if tightest.room >= 0:
        return Finding(Outcome.PASS, f"{why} ({frames} frames)", "", margin, speaks.at, proof, track.sender)
    why = f"{why} ({records(proof)})"
    if tightest is not speaks:
        worst = shown(abs(tightest.value - tightest.nearest), unit)
        why = f"{why}; the worst at {show(tightest.at)}, {worst} apart"
    return Finding(Outcome.FAIL, why, f"{seen}, {apart} apart", margin, speaks.at, proof, track.sender)


def _comparisons(check: Follows, view: View, start: int, end: int) -> tuple[int, list[Comparison], int | None]:
    """Of the frames in [start, end): their number, those that may decide, and when first an unknown reference hid one.

    Those that may decide are the ever tighter ones. Before its first value the reference excuses nothing: nobody can
    have followed what nobody had said.
    """
    signal, reference = view.track(check.signal), view.track(check.reference)
    deciding: list[Comparison] = []
    hidden: int | None = None
    frames, least, newest = 0, inf, -1
    for step in range(signal.index(start - 1) + 1, signal.index(end - 1) + 1):
        value, at = signal.values[step], signal.at[step]
        if not isinstance(value, int | float):
            continue
        while newest + 1 < len(reference.at) and reference.at[newest + 1] <= at:
            newest += 1
        distance, place, unsaid = _nearest(value, reference, newest, at - check.delay, check.tolerance - least)
        room = rounded(check.tolerance - distance, max(abs(value), check.tolerance))
        if place < 0 or (room < 0 and unsaid):
            hidden = at if hidden is None else hidden
            continue
        frames += 1
        if room < least:
            least = room
            nearest = reference.values[place]
            assert isinstance(nearest, int | float)
            since = max(reference.at[place], at - check.delay)
            deciding.append(Comparison(at, value, nearest, since, room))
    return frames, deciding, hidden


def _nearest(value: float, reference: Track, newest: int, since: int, enough: float) -> tuple[float, int, bool]:
    """Distance and step of the nearest value from `since` to step `newest`, and whether any in between was unknown.

    The search stops at the first that is not farther than `enough`, since it cannot be the tightest of all frames.
    """
    distance, place, hidden = inf, -1, False
    step = newest
    while step >= 0:
        other = reference.values[step]
        if isinstance(other, int | float):
            if abs(value - other) < distance:
                distance, place = abs(value - other), step
                if distance <= enough:
                    break
        else:
            hidden = True
        if reference.at[step] <= since:
            break
        step -= 1
    return distance, place, hidden


def _hidden(check: Follows, view: View, at: int) -> Finding:
    begin = max(at - check.delay, 0)
    for stretch in numbers(view, check.reference, begin, at + 1):
        if stretch.truth is None:
            found = doubt(view, stretch, at + 1 - begin)
            return replace(found, why=f"{name(check.signal)} at {show(at)} had nothing to follow: {found.why}", at=at)
    raise AssertionError("a reference that is hidden has a stretch over which it is unknown")
