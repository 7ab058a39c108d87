"""The check of a number that settles in a band."""

from math import inf

from bench.judge.conditions import Stretch, stretches
from bench.judge.doubts import doubts
from bench.judge.finding import Finding, decisive, rounded
from bench.judge.signals import View
from bench.judge.windows import Window
from bench.judge.words import shown
from bench.model.check import Settles
from bench.model.expression import Apply, Arithmetic, Compare, Constant
from bench.model.instant import show
from bench.model.verdict import Margin, Outcome


def settles(check: Settles, view: View, windows: tuple[Window, ...]) -> Finding:
    """The number enters its band within a time of each window's start and then remains in it for `hold`.

    It may leave the band and enter again, as long as the entry after which it remains is in time.
    """
    return decisive([_settles(check, view, window) for window in windows])


def _settles(check: Settles, view: View, window: Window) -> Finding:
    found = [s for start, end in window.pieces for s in stretches(view, _inside(check), start, end)]
    findings, deadline = doubts(view, found, window.length), window.start + check.within
    stays = _stays(found)
    settled = next((stay for stay in stays if stay.end - stay.start >= check.hold), None)
    if settled and settled.start <= deadline:
        return decisive([*findings, _settled(check, view, window, settled)])
    hoped = (stay for stay in _stays(found, hopeful=True) if stay.end - stay.start >= check.hold)
    if findings and any(stay.start <= deadline for stay in hoped):
        return decisive(findings)
    last = stays[-1] if stays else None
    if last and last is not settled and last.end == window.end and last.start <= deadline:
        track = view.track(check.signal)
        why = f"{track.name} was within {_band(check)} from {show(last.start)}"
        why = f"{why}, and the window ended before it had remained for {show(check.hold)}"
        short = Finding(Outcome.INCONCLUSIVE, why, "the window ended", at=window.end, observer=track.sender)
        return decisive([*findings, short])
    return decisive([*findings, _unsettled(check, view, window, settled, found)])


def _settled(check: Settles, view: View, window: Window, settled: Stretch) -> Finding:
    """A pass. Its room in value is that from the entry on, or from the deadline on if that is more."""
    track, deadline = view.track(check.signal), window.start + check.within
    begins = [begin for begin in (settled.start, deadline) if begin + max(check.hold, 1) <= settled.end]
    rooms = []
    for begin in begins or [settled.start]:
        spans = [(max(start, begin), min(end, begin + max(check.hold, 1))) for start, end in window.pieces]
        parts = [s for start, end in spans for s in stretches(view, _inside(check), start, end)]
        rooms.append(min(part.low.value for part in parts if part.low))
    inside, took = rounded(max(rooms) - _slack(check), _size(check)), settled.start - window.start
    room = check.within - took
    relative = min(inside / (check.tolerance or 1), room / (check.within or 1))
    remained = show(settled.end - settled.start)
    why = f"{track.name} was within {_band(check)} {show(took)} after the window's start and remained for {remained}"
    margin = Margin(inside, check.signal.unit, room, relative)
    proof = _proof(view, check, settled.start)
    return Finding(Outcome.PASS, f"{why}; allowed {show(check.within)}", "", margin, settled.start, proof, track.sender)


def _unsettled(check: Settles, view: View, window: Window, settled: Stretch | None, found: list[Stretch]) -> Finding:
    """A failure, unless the window was cut short before the deadline."""
    track, deadline = view.track(check.signal), window.start + check.within
    cut = not window.finished and deadline >= window.end
    took = (settled.start if settled else window.end) - window.start
    at = min(deadline, window.end - 1)
    seen = f"{track.name} was {shown(track.value(at), track.unit)}"
    late = f"settled after {show(took)}" if settled else f"did not settle in the {show(took)} of the window"
    why = f"{track.name} {late}; allowed {show(check.within)} to be within {_band(check)}; at {show(at)} {seen}"
    room = min(check.within - took, 0)
    outside = min((s.low.value - _slack(check) for s in found if s.low and s.start <= at < s.end), default=inf)
    margin = Margin(outside if outside < 0 else None, track.unit, room, room / (check.within or 1))
    outcome = Outcome.INCONCLUSIVE if cut else Outcome.FAIL
    return Finding(outcome, why, seen, margin, at, _proof(view, check, at), track.sender)


def _inside(check: Settles) -> Compare:
    distance = Apply("abs", (Arithmetic("-", check.signal, Constant(check.to)),))
    return Compare("<=", distance, Constant(check.tolerance + _slack(check)), check.signal.unit)


def _size(check: Settles) -> float:
    return max(abs(check.to), check.tolerance)


def _slack(check: Settles) -> float:
    """What rounding of binary fractions may add to a distance, as in `rounded`."""
    return 1e-9 * _size(check)


def _stays(found: list[Stretch], hopeful: bool = False) -> list[Stretch]:
    """The times in the band; a hole that `except` took out of the window does not interrupt one.

    With `hopeful` what cannot be said counts as in the band.
    """
    joined: list[Stretch] = []
    inside = False
    for stretch in found:
        within = stretch.truth or (hopeful and stretch.truth is None)
        if within and inside:
            joined[-1] = Stretch(joined[-1].start, stretch.end, True, (), None, None)
        elif within:
            joined.append(stretch)
        inside = bool(within)
    return joined


def _band(check: Settles) -> str:
    return f"{shown(check.to, check.signal.unit)} +- {shown(check.tolerance, check.signal.unit)}"


def _proof(view: View, check: Settles, at: int) -> tuple[int, ...]:
    number = view.record(check.signal, at)
    return () if number is None else (number,)
