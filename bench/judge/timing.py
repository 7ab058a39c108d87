"""The check of cycle times, on the ends of frames as a receiver sees them: arbitration counts as the sender's jitter.

A gap has both its frames in the window. Silence at the edges of the window counts too, but only as a gap too long.
"""

from bisect import bisect_left
from dataclasses import dataclass
from operator import sub

from bench.judge.finding import Finding, decisive, never_exercised
from bench.judge.signals import View
from bench.judge.windows import Window
from bench.judge.words import records
from bench.model.check import Cycle, CycleOf
from bench.model.instant import show
from bench.model.verdict import Margin, Outcome


@dataclass(frozen=True, slots=True)
class Gap:
    """A time that was measured against its limit: `room` ns away from it out of `limit` allowed; `rows` prove it."""

    room: float
    limit: float
    at: int
    words: str
    rows: tuple[int, ...]


def cycle(check: Cycle, view: View, windows: tuple[Window, ...]) -> Finding:
    """Every message keeps its period in every window. The worst message speaks; the others that break it are named."""
    findings: list[Finding] = []
    broken: list[str] = []
    for of in check.messages:
        finding = _message(check, of, view, windows)
        findings.append(finding)
        if finding.outcome is Outcome.FAIL:
            broken.append(of.message)
    if not findings:
        return never_exercised("no message matches")
    outcome = max(finding.outcome for finding in findings)
    equals = [finding for finding in findings if finding.outcome is outcome]
    worst = min(equals, key=lambda finding: finding.margin.relative if finding.margin.relative is not None else 0.0)
    if len(broken) < 2:
        return worst
    more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
    also = f"; broken by {', '.join(broken[:5])}{more}"
    first = min(finding.at or 0 for finding in equals)
    return Finding(outcome, worst.why + also, worst.seen, worst.margin, first, worst.proof, worst.observer)


def _message(check: Cycle, of: CycleOf, view: View, windows: tuple[Window, ...]) -> Finding:
    layout = view.layout(of.bus, of.message)
    rows, ends, observer = view.rows(of.bus, of.message), view.trace.frames.end, view.sender(layout)
    if not rows and layout.sender not in view.duts:
        return never_exercised(f"{of.message} was never seen; {observer} sends it", observer)
    times = [ends[row] for row in rows]
    findings = []
    for window in windows:
        gaps = _gaps(check, of, window, times, rows)
        if gaps:
            findings.append(_judged(of, view, gaps, observer))
    if not findings:
        return never_exercised(f"no window was long enough for a gap of {of.message}, {show(of.period)}", observer)
    return decisive(findings)


def _judged(of: CycleOf, view: View, gaps: list[Gap], observer: str) -> Finding:
    broken = [gap for gap in gaps if gap.room < 0]
    tightest = min(gaps, key=lambda gap: gap.room / (gap.limit or 1))
    speaks = min(broken, key=lambda gap: gap.at) if broken else tightest
    number = view.trace.number_of_frame
    proof = tuple(number(row) for row in speaks.rows)
    margin = Margin(time=round(tightest.room), relative=tightest.room / (tightest.limit or 1))
    shown_by = f" ({records(proof)})" if proof else ""
    if not broken:
        return Finding(Outcome.PASS, f"{of.message} {speaks.words}{shown_by}", "", margin, speaks.at, proof, observer)
    why = f"{of.message} {speaks.words}{shown_by}"
    if speaks is not tightest:
        why = f"{why}; the worst: {tightest.words} at {show(tightest.at)}"
    return Finding(Outcome.FAIL, why, f"{of.message} {speaks.words}", margin, speaks.at, proof, observer)


def _gaps(check: Cycle, of: CycleOf, window: Window, times: list[int], rows: list[int]) -> list[Gap]:
    """Of all gaps in a window those that may decide: the first too long, the first too short, and the tightest."""
    allowed = max(round(check.tolerance * of.period), check.or_ns)
    longest, shortest = of.period + allowed, of.period - allowed
    found: list[Gap] = []
    inner: list[int] = []
    for start, end in window.pieces:
        low, high = bisect_left(times, start), bisect_left(times, end)
        first_limit = check.first if check.first is not None and start == window.start else None
        found += _edges(start, end, times[low:high], rows[low:high], longest, allowed, first_limit)
        gaps = list(map(sub, times[low + 1 : high], times[low : high - 1]))
        if not gaps:
            continue
        inner += gaps
        text = f"allowed {show(of.period)} +- {show(allowed)}"
        places = {gaps.index(max(gaps)): None}
        if max(gaps) > longest:
            places[next(place for place, gap in enumerate(gaps) if gap > longest)] = None
        if not of.long_side_only:
            places[gaps.index(min(gaps))] = None
            if min(gaps) < shortest:
                places[next(place for place, gap in enumerate(gaps) if gap < shortest)] = None
        for place in places:
            gap = gaps[place]
            room = longest - gap if of.long_side_only else min(longest - gap, gap - shortest)
            at, words = times[low + place + 1], f"came {show(gap)} after the frame before; {text}"
            found.append(Gap(room, allowed, at, words, (rows[low + place], rows[low + place + 1])))
    if check.mean_tolerance is not None and inner:
        found.append(_mean(check.mean_tolerance, of, inner, window))
    return found


def _edges(
    start: int, end: int, times: list[int], rows: list[int], longest: int, allowed: int, first: int | None
) -> list[Gap]:
    """The silences at both edges of a piece, as far as they say something: too long, or the wait for the first."""
    found: list[Gap] = []
    silence = (times[0] if times else end) - start
    if first is not None and (times or silence > first):
        words = f"came first {show(silence)} after the window's start; allowed {show(first)}"
        if not times:
            words = f"did not come in the {show(silence)} of the window; allowed {show(first)} to its first frame"
        found.append(Gap(first - silence, first, times[0] if times else start + first, words, tuple(rows[:1])))
    elif first is None and silence > longest:
        words = f"was silent for {show(silence)} from {show(start)}; allowed {show(longest)}"
        found.append(Gap(longest - silence, allowed, start + longest, words, tuple(rows[:1])))
    if times and end - times[-1] > longest:
        words = f"was silent for {show(end - times[-1])} from {show(times[-1])}; allowed {show(longest)}"
        found.append(Gap(longest - end + times[-1], allowed, times[-1] + longest, words, (rows[-1],)))
    return found


def _mean(tolerance: float, of: CycleOf, gaps: list[int], window: Window) -> Gap:
    """The mean gap against its tolerance; of a message that is also sent on events only the long side is bounded."""
    mean, limit = sum(gaps) / len(gaps), tolerance * of.period
    off = mean - of.period if of.long_side_only else abs(mean - of.period)
    room = limit - off
    room = 0.0 if abs(room) < 1e-9 * of.period else room
    band = f"{show(of.period)} +- {show(round(limit))}"
    words = f"had a mean gap of {show(round(mean))} over {len(gaps)} gaps; allowed {band}"
    return Gap(room, limit, window.end - 1, words, ())
