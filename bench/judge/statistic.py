"""The check of one number that sums up a window: mean, min, max, change, count, or the value at an event.

The mean is weighted by time. The change is what the value is just before the window's end less what it is at its start.
The count is that of the frames (of a plant value: the samples) that ended in the window, whatever they carried. Of an
instrument only its readings count, each once: nobody knows what was between them.
"""

from bisect import bisect_left
from math import inf

from bench.judge.conditions import numbers
from bench.judge.doubts import doubts
from bench.judge.events import moments, proof
from bench.judge.finding import NO_MARGIN, Finding, decisive, never_exercised, rounded, value_margin
from bench.judge.signals import View
from bench.judge.windows import Window
from bench.judge.words import event, name, records, shown
from bench.model.check import Received, Statistic
from bench.model.expression import InstrumentRef, Reference, SignalRef
from bench.model.instant import show
from bench.model.verdict import Outcome


def statistic(check: Statistic, view: View, windows: tuple[Window, ...]) -> Finding:
    """The statistic lies in [low, high] in each window; at an event, at each of its happenings in the windows."""
    if isinstance(check.of, Received) or check.statistic == "count":
        return decisive([_count(check, view, window) for window in windows])
    if check.at is not None:
        return _at_event(check, check.of, view, windows)
    return decisive([_over(check, check.of, view, window) for window in windows])


def _over(check: Statistic, of: Reference, view: View, window: Window) -> Finding:
    pieces, track = window.pieces, view.track(of)
    if isinstance(of, InstrumentRef):
        return _of_readings(check, of, view, window)
    if check.statistic == "change":
        # Only the two ends count, so nothing need be known between them.
        ends = [(pieces[0][0], pieces[0][0] + 1), (pieces[-1][1] - 1, pieces[-1][1])]
        unsaid = doubts(view, [s for start, end in ends for s in numbers(view, of, start, end)], window.length)
    else:
        unsaid = doubts(view, [s for piece in pieces for s in numbers(view, of, *piece)], window.length)
    if unsaid:
        return decisive(unsaid)
    held = [part for piece in pieces for part in _held(view, of, *piece)]
    if check.statistic == "mean":
        total = sum(value * (end - start) for start, end, value in held)
        value, at = total / window.length, window.end - 1
    elif check.statistic == "change":
        value, at = held[-1][2] - held[0][2], window.end - 1
    else:
        choose = min if check.statistic == "min" else max
        at, _, value = choose(held, key=lambda part: part[2])
    told = tuple(
        number
        for instant in ((pieces[0][0], at) if check.statistic == "change" else (at,))
        if (number := view.record(of, instant)) is not None
    )
    text = f"{check.statistic} of {track.name}"
    finding = _limited(check, value, track.unit, f"the {text}", track.sender, at, told)
    # The rest of a window that was cut short can still move a mean or a change, but not take back an extreme.
    beyond = value < check.low if check.statistic == "min" else value > check.high and check.statistic == "max"
    if finding.outcome is Outcome.FAIL and not window.finished and not beyond:
        return Finding(Outcome.INCONCLUSIVE, finding.why, finding.seen, at=at, proof=told, observer=track.sender)
    return finding


def _of_readings(check: Statistic, of: InstrumentRef, view: View, window: Window) -> Finding:
    found = [
        (row, reading)
        for row, reading in enumerate(view.trace.readings)
        if (reading.instrument, reading.quantity) == (of.name, of.quantity)
        and any(start <= reading.at < end for start, end in window.pieces)
    ]
    if not found:
        return never_exercised(f"{of.path} was not measured in the window", of.name)
    values = [reading.value for _, reading in found]
    if check.statistic in ("min", "max"):
        value = min(values) if check.statistic == "min" else max(values)
        deciding = [found[values.index(value)]]
    elif check.statistic == "mean":
        value, deciding = sum(values) / len(values), [found[0], found[-1]]
    else:
        value, deciding = values[-1] - values[0], [found[0], found[-1]]
    told = tuple(sorted({view.trace.number_of_reading(row) for row, _ in deciding}))
    text = f"the {check.statistic} of {of.path} in {len(found)} readings"
    at = deciding[-1][1].at
    finding = _limited(check, value, of.unit, text, of.name, at, told)
    beyond = value < check.low if check.statistic == "min" else value > check.high and check.statistic == "max"
    if finding.outcome is Outcome.FAIL and not window.finished and not beyond:
        return Finding(Outcome.INCONCLUSIVE, finding.why, finding.seen, at=at, proof=told, observer=of.name)
    return finding


def _held(view: View, of: Reference, start: int, end: int) -> list[tuple[int, int, float]]:
    """Start, end and value of each step of a number inside [start, end)."""
    track = view.track(of)
    steps = range(max(track.index(start), 0), track.index(end - 1) + 1)
    found = []
    for step in steps:
        value = track.values[step]
        until = min(track.at[step + 1] if step + 1 < len(track.at) else end, end)
        since = max(track.at[step], start)
        if isinstance(value, int | float) and until > since:
            found.append((since, until, value))
    return found


def _count(check: Statistic, view: View, window: Window) -> Finding:
    of, trace = check.of, view.trace
    if isinstance(of, Received | SignalRef):
        rows, ends = view.rows(of.bus, of.message), trace.frames.end
        times, observer = [ends[row] for row in rows], view.sender(view.layout(of.bus, of.message))
        text = f"the count of {of.message}"
    elif isinstance(of, InstrumentRef):
        mine = [one for one in trace.readings if (one.instrument, one.quantity) == (of.name, of.quantity)]
        times, observer, text = [one.at for one in mine], of.name, f"the count of {name(of)}"
    else:
        times, observer = list(trace.samples.at) if of.name in trace.samples.names else [], "model"
        text = f"the count of {name(of)}"
    count = sum(bisect_left(times, end) - bisect_left(times, start) for start, end in window.pieces)
    finding = _limited(check, count, "", text, observer, window.end - 1, ())
    if finding.outcome is Outcome.FAIL and not window.finished and count <= check.high:
        return Finding(Outcome.INCONCLUSIVE, finding.why, finding.seen, at=finding.at, observer=observer)
    return finding


def _at_event(check: Statistic, of: Reference, view: View, windows: tuple[Window, ...]) -> Finding:
    assert check.at is not None
    spans = [piece for window in windows for piece in window.pieces]
    found = [m for m in moments(view, check.at) if any(start <= m.at < end for start, end in spans)]
    track = view.track(of)
    if not found:
        return never_exercised(f"'{event(check.at)}' never happened in the window", track.sender)
    findings: list[Finding] = []
    for moment in found:
        unsaid = doubts(view, numbers(view, of, moment.at, moment.at + 1), 1)
        value = track.value(moment.at)
        if unsaid or not isinstance(value, int | float):
            findings += unsaid
            continue
        number = view.record(of, moment.at)
        told = tuple(sorted({*proof(view, check.at, moment), *(() if number is None else (number,))}))
        text = f"{track.name} when '{event(check.at)}'"
        findings.append(_limited(check, value, track.unit, text, track.sender, moment.at, told))
    return decisive(findings)


def _limited(
    check: Statistic, value: float, unit: str, text: str, observer: str, at: int, told: tuple[int, ...]
) -> Finding:
    low, high = check.low, check.high
    limit = high if high - value <= value - low else low
    room = rounded(min(value - low, high - value), max(abs(value), abs(limit) if abs(limit) < inf else 0))
    half = (high - low) / 2
    # A single allowed value leaves no room to speak of while it is met.
    exact = low == high and room == 0
    margin = NO_MARGIN if exact else value_margin(room, unit, half if 0 < half < inf else abs(limit))
    band = f"{shown(low, unit)} to {shown(high, unit)}"
    shown_by = f", {records(told)}" if told else ""
    why = f"{text} was {shown(value, unit)}; allowed {band} ({show(at)}{shown_by})"
    outcome = Outcome.FAIL if room < 0 else Outcome.PASS
    return Finding(outcome, why, shown(value, unit) if room < 0 else "", margin, at, told, observer)
