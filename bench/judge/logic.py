"""Checks of a condition over a window: always, never, eventually, stays."""

from bench.judge.conditions import Stretch, distinct, stretches
from bench.judge.doubts import doubts
from bench.judge.finding import NO_MARGIN, Finding, decisive, time_margin, value_margin
from bench.judge.robustness import Room, meaningful
from bench.judge.signals import View
from bench.judge.windows import Window
from bench.judge.words import late, name, records, shown, wording
from bench.model.check import Always, Eventually, Never, Stays
from bench.model.expression import Expression, Not
from bench.model.instant import show
from bench.model.verdict import Margin, Outcome


def always(check: Always, view: View, windows: tuple[Window, ...]) -> Finding:
    """The condition holds at every instant of every window."""
    return _throughout(check.condition, view, windows, f"'{wording(check.condition)}' did not hold", "held throughout")


def never(check: Never, view: View, windows: tuple[Window, ...]) -> Finding:
    """The condition holds at no instant of any window; unknown counts as in `always`: it cannot be said either."""
    return _throughout(Not(check.condition), view, windows, f"'{wording(check.condition)}' held", "never held")


def _throughout(condition: Expression, view: View, windows: tuple[Window, ...], wrong: str, right: str) -> Finding:
    length = sum(window.length for window in windows)
    found = _judged(view, condition, windows)
    tightest = _lowest([stretch.low for stretch in found])
    findings = doubts(view, found, length)
    broken = [stretch for stretch in found if stretch.truth is False]
    if broken:
        first, total = broken[0], sum(stretch.end - stretch.start for stretch in broken)
        proof = _proof(view, condition, first.start)
        margin = Margin(time=-total, relative=-total / length)
        worst = _lowest([stretch.low for stretch in broken])
        if worst and all(meaningful(stretch.low) for stretch in broken):
            value = value_margin(worst.value, worst.unit, worst.scale)
            margin = Margin(value.value, value.unit, -total, value.relative)
        seen = _values(view, condition, first.start)
        why = f"{wrong} at {show(first.start)}: {seen} ({records(proof)}), for {show(total)} in all"
        findings.append(Finding(Outcome.FAIL, why, seen, margin, first.start, proof, observer(view, condition)))
    if not findings:
        margin, at, close = NO_MARGIN, None, ""
        if tightest:
            margin, at = value_margin(tightest.value, tightest.unit, tightest.scale), tightest.at
            close = f"; nearest to its limit at {show(at)}, {shown(tightest.value, tightest.unit)} away"
        why = f"'{wording(condition.of if isinstance(condition, Not) else condition)}' {right}{close}"
        proof = _proof(view, condition, at) if at is not None else ()
        findings.append(Finding(Outcome.PASS, why, "", margin, at, proof, observer(view, condition)))
    return decisive(findings)


def eventually(check: Eventually, view: View, windows: tuple[Window, ...]) -> Finding:
    """The condition holds at some instant of each window, at the latest `within` ns after its start."""
    return decisive([_eventually(check, view, window) for window in windows])


def _eventually(check: Eventually, view: View, window: Window) -> Finding:
    limit = window.end - window.start if check.within is None else check.within
    found = _judged(view, check.condition, (window,))
    text, who = wording(check.condition), observer(view, check.condition)
    first = next((stretch for stretch in found if stretch.truth), None)
    if first and first.start - window.start <= limit:
        took = first.start - window.start
        proof = _proof(view, check.condition, first.start)
        why = f"'{text}' held {show(took)} after the window's start ({records(proof)})"
        return Finding(Outcome.PASS, why, "", time_margin(limit - took, limit), first.start, proof, who)
    # `within` is inclusive, as all limits are: the instant of the deadline still counts.
    unsaid = [stretch for stretch in found if stretch.start - window.start <= limit]
    findings = doubts(view, unsaid, window.length)
    outcome = Outcome.FAIL
    if not first and not window.finished and window.end - window.start <= limit:
        outcome = Outcome.INCONCLUSIVE
    if findings and max(finding.outcome for finding in findings) is not Outcome.FAIL:
        return decisive(findings)
    if first:
        took = first.start - window.start
        proof = _proof(view, check.condition, first.start)
        why = f"'{text}' held only {show(took)} after the window's start; allowed {show(limit)} ({late(took - limit)}"
        margin = time_margin(limit - took, limit)
        return Finding(outcome, f"{why}, {records(proof)})", show(took), margin, first.start, proof, who)
    beyond = min(0, limit - (window.end - window.start))
    highest = max((room for s in found if (room := meaningful(s.high))), key=lambda room: room.key, default=None)
    margin = value_margin(highest.value, highest.unit, highest.scale) if highest else NO_MARGIN
    near = f"; nearest at {show(highest.at)}, {shown(-highest.value, highest.unit)} away" if highest else ""
    deadline = window.start + limit
    last = _values(view, check.condition, min(deadline, window.end - 1))
    return Finding(
        outcome,
        f"'{text}' did not hold within {show(limit)} of {show(window.start)}; last {last}{near}",
        last,
        margin if highest else time_margin(beyond, limit),
        deadline,
        _proof(view, check.condition, deadline),
        who,
    )


def stays(check: Stays, view: View, windows: tuple[Window, ...]) -> Finding:
    """The condition becomes true in each window and once true stays true to its end."""
    return decisive([_stays(check, view, window) for window in windows])


def _stays(check: Stays, view: View, window: Window) -> Finding:
    found = _judged(view, check.condition, (window,))
    text, who = wording(check.condition), observer(view, check.condition)
    findings = doubts(view, found, window.length)
    first = next((place for place, stretch in enumerate(found) if stretch.truth), None)
    if first is None:
        if found[-1].truth is None:
            return decisive(findings)
        outcome = Outcome.FAIL if window.finished else Outcome.INCONCLUSIVE
        last = _values(view, check.condition, window.end - 1)
        length = window.end - window.start
        margin = Margin(time=-length, relative=-1.0)
        why = f"'{text}' never held in the {show(length)} from {show(window.start)}; last {last}"
        proof = _proof(view, check.condition, window.end - 1)
        return decisive([*findings, Finding(outcome, why, last, margin, window.end - 1, proof, who)])
    broken = [stretch for stretch in found[first:] if stretch.truth is False]
    if broken:
        total = sum(stretch.end - stretch.start for stretch in broken)
        seen, at = _values(view, check.condition, broken[0].start), broken[0].start
        proof = _proof(view, check.condition, at)
        why = f"'{text}' held from {show(found[first].start)} but not at {show(at)}: {seen} ({records(proof)})"
        margin = Margin(time=-total, relative=-total / window.length)
        findings.append(Finding(Outcome.FAIL, why, seen, margin, at, proof, who))
    if findings:
        return decisive(findings)
    since = found[first].start
    tightest = _lowest([stretch.low for stretch in found[first:]])
    left = time_margin(window.end - since, window.end - window.start)
    margin, at = left, since
    if tightest:
        value = value_margin(tightest.value, tightest.unit, tightest.scale)
        margin, at = Margin(value.value, value.unit, left.time, value.relative), tightest.at
    why = f"'{text}' held from {show(since)} to the window's end at {show(window.end)}"
    return Finding(Outcome.PASS, why, "", margin, at, _proof(view, check.condition, at), who)


def _judged(view: View, condition: Expression, windows: tuple[Window, ...]) -> list[Stretch]:
    pieces = [piece for window in windows for piece in window.pieces]
    return [stretch for start, end in pieces for stretch in stretches(view, condition, start, end)]


def _lowest(rooms: list[Room | None]) -> Room | None:
    return min((room for some in rooms if (room := meaningful(some))), key=lambda room: room.key, default=None)


def _values(view: View, condition: Expression, at: int) -> str:
    """What each name of a condition was at an instant, "TCU_eCall_01.EcallState was IDLE"."""
    parts = [f"{name(ref)} was {shown(view.track(ref).value(at), ref.unit)}" for ref in distinct(condition)]
    return ", ".join(parts) or "nothing is read"


def _proof(view: View, condition: Expression, at: int) -> tuple[int, ...]:
    found = [number for ref in distinct(condition) if (number := view.record(ref, at)) is not None]
    return tuple(sorted(set(found)))


def observer(view: View, condition: Expression) -> str:
    """Who reports what a condition reads: the device under test if it sends any of it, else the first sender."""
    tracks = [view.track(reference) for reference in distinct(condition)]
    return next((t.sender for t in tracks if t.dut), tracks[0].sender if tracks else "bench")
