"""Verdicts where the bench itself was late, lost a frame, or does not know the time any better.

It never makes a failure of a pass nor a pass of a failure; where it cannot be said any more, it is inconclusive. A
failure stays one if its evidence lies where the bench was well, and a wrong checksum needs no time to be wrong.
"""

from collections.abc import Callable
from dataclasses import replace

from bench.judge.conditions import distinct
from bench.judge.events import moments
from bench.judge.finding import Finding, decisive
from bench.judge.signals import View
from bench.judge.windows import Span, Window, phase_runs
from bench.judge.zones import NOTED, Zone, clear, concerned, instant, touching, words, zones
from bench.model.check import (
    Always,
    Check,
    Counter,
    Crc,
    Cycle,
    Edge,
    Eventually,
    Follows,
    Never,
    Responds,
    Sequence,
    Settles,
    Silent,
    Statistic,
    Stays,
)
from bench.model.health import Health
from bench.model.instant import show
from bench.model.layout import MessageLayout
from bench.model.verdict import Outcome, Verdict

Ask = Callable[[Check, tuple[Window, ...]], Finding]
"""Judges a check in some windows, there being one at least."""


def disturbed(
    view: View, check: Check, windows: tuple[Window, ...], finding: Finding, health: Health, ask: Ask
) -> Finding:
    """The finding on a check in its windows, after what the health of the bench takes from it."""
    if isinstance(check, Crc) or finding.outcome not in (Outcome.PASS, Outcome.FAIL) or not windows:
        return finding
    if finding.outcome is Outcome.PASS:
        finding = _pass(view, check, windows, finding, health)
    else:
        finding = _failure(view, check, windows, finding, health, ask)
    return _uncertain(view, check, finding, health)


def _pass(view: View, check: Check, windows: tuple[Window, ...], finding: Finding, health: Health) -> Finding:
    """The pass, unless something may have been hidden."""
    # Frames are stamped when they are on the wire, so a gap that is kept is kept, however late its frames were.
    room = None if isinstance(check, Cycle) else finding.margin.time
    spans = _spans(view, check, windows)
    zone = touching(zones(health.disturbances, concerned(view.by_name, check), room, failed=False), spans)
    if zone is None:
        return finding
    return _in_doubt(finding, f"{words(zone.cause(spans))}, which may have hidden something")


def _failure(
    view: View, check: Check, windows: tuple[Window, ...], finding: Finding, health: Health, ask: Ask
) -> Finding:
    """The failure as far as it is proven where the bench was well."""
    layouts, told = concerned(view.by_name, check), finding
    while True:
        room = told.margin.time
        found = zones(health.disturbances, layouts, room, failed=True)
        spans = [*_spans(view, check, windows), _evidence(view, told)]
        zone = touching(found, spans)
        if zone is None:
            return told
        proven = _proven(view, check, windows, found, ask)
        if proven is None:
            return _in_doubt(finding, f"{words(zone.cause(spans))}, which may have caused it")
        # What is left may be beyond its limit by less, and then smaller delays can be the reason for it.
        if proven.margin.time is None or (room is not None and abs(proven.margin.time) >= abs(room)):
            return proven
        told = proven


def disturbed_phases(view: View, verdicts: tuple[Verdict, ...], health: Health) -> tuple[Verdict, ...]:
    """The verdicts on phases that expired: inconclusive where the bench was not well in any execution that expired."""
    return tuple(_phase(view, verdict, health) for verdict in verdicts)


def _phase(view: View, verdict: Verdict, health: Health) -> Verdict:
    if verdict.outcome is not Outcome.FAIL:
        return verdict
    expired = {o.at for o in view.trace.occurrences if o.what == "phase_expires" and o.name == verdict.id}
    until = next(phase.until for phase in view.plan.phases if phase.name == verdict.id)
    found = zones(health.disturbances, concerned(view.by_name, distinct(until) if until else ()), None, failed=True)
    runs = [run for run in phase_runs(view.trace) if run.name == verdict.id and run.end in expired]
    spans = [(run.start, run.end + 1) for run in runs]
    touched = [touching(found, [span]) for span in spans]
    zone = touched[0] if touched else None
    if zone is None or None in touched:
        return verdict
    why = f"{words(zone.cause(spans[:1]))}, which may have caused it: {verdict.why}"
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, why=why)


def _spans(view: View, check: Check, windows: tuple[Window, ...]) -> list[Span]:
    """The time over which a check looks: its windows and, after a trigger in them, all that it allows for."""
    spans = [piece for window in windows for piece in window.pieces]
    match check:
        case Eventually() | Stays() | Settles() | Sequence():
            return [(window.start, window.end) for window in windows]
        case Responds(trigger, _, within, _, hold):
            fired = [moment.at for moment in moments(view, trigger)]
            inside = (at for at in fired if any(start <= at < end for start, end in spans))
            # What the bench itself begins and ends cannot be hidden from it; a frame or a change can.
            known = isinstance(trigger, Edge)
            return [*(() if known else spans), *((at, at + within + hold + 1) for at in inside)]
        case _:
            return spans


def _evidence(view: View, finding: Finding) -> Span:
    """From the first record that proves a finding (or its instant, if that is earlier) to its instant."""
    times = [instant(view.trace, number) for number in finding.proof]
    end = finding.at if finding.at is not None else max(times, default=0)
    return min([*times, end]), end + 1


def _proven(view: View, check: Check, windows: tuple[Window, ...], found: list[Zone], ask: Ask) -> Finding | None:
    """A failure for which there is evidence outside the zones, if there is one."""
    failures: list[Finding] = []
    match check:
        case Always() | Never() | Cycle() | Counter() | Silent() | Follows() | Responds() | Statistic():
            # Each instant (gap, step, trigger) is judged by itself, so those outside the zones are judged once more.
            before = check.within + check.hold if isinstance(check, Responds) else 0
            after = check.delay if isinstance(check, Follows) else 0
            if isinstance(check, Statistic) and check.at is None:
                return None  # one number for the whole window
            if isinstance(check, Cycle):
                check = replace(check, mean_tolerance=None)  # so is the mean
            rest = clear(windows, found, before, after)
            failures = [ask(check, rest)] if rest else []
        case _:
            for window in windows:
                finding = ask(check, (window,))
                until = max(finding.at or 0, window.start + _allowed(check)) + 1
                if touching(found, [(window.start, until)]) is None:
                    failures.append(finding)
    failures = [f for f in failures if f.outcome is Outcome.FAIL and touching(found, [_evidence(view, f)]) is None]
    return decisive(failures) if failures else None


def _allowed(check: Check) -> int:
    """The time from a window's start that must have passed before the check can be said to fail."""
    match check:
        case Eventually(_, within):
            return within or 0
        case Settles(_, _, _, within, hold):
            return within + hold
        case _:
            return 0


def _uncertain(view: View, check: Check, finding: Finding, health: Health) -> Finding:
    """The finding with the uncertainty of its time; inconclusive where its margin in time is smaller than that."""
    layouts, room = concerned(view.by_name, check), finding.margin.time
    if room is None or not _timed(check, len(layouts)):
        return finding
    sizes = dict(health.uncertainty)
    size = max((sizes.get(layout.bus, 0) for layout in layouts), default=0)
    finding = replace(finding, margin=replace(finding.margin, uncertainty=size))
    if finding.outcome not in (Outcome.PASS, Outcome.FAIL):
        return finding
    if abs(room) < size:
        return _in_doubt(finding, f"the limit is {show(abs(room))} away and stamps are uncertain by {show(size)}")
    late = _unnoted(check, layouts, health)
    if finding.outcome is Outcome.FAIL and 0 < late >= abs(room):
        return _in_doubt(
            finding, f"the limit is {show(abs(room))} away and the bench does its own part {show(late)} late"
        )
    return finding


def _unnoted(check: Check, layouts: tuple[MessageLayout, ...], health: Health) -> int:
    """How late the bench was without a disturbance being told, ns; 0 where nothing of its own is measured.

    A gap is between frames, so it is the bench's own part only if the bench sends them. All other times may begin with
    something that the bench does.
    """
    mine = {(layout.bus, layout.name) for layout in layouts}
    own = [p.worst for p in health.punctuality if not isinstance(check, Cycle) or (p.bus, p.message) in mine]
    return min(max(own, default=0), NOTED)


def _timed(check: Check, messages: int) -> bool:
    """Whether a check depends on when frames were stamped; a condition does only if it compares several messages."""
    match check:
        case Eventually() | Responds() | Settles() | Cycle() | Sequence():
            return True
        case Always() | Never() | Stays():
            return messages > 1
        case _:
            return False


def _in_doubt(finding: Finding, reason: str) -> Finding:
    seen = finding.seen or "the bench was not well"
    return replace(finding, outcome=Outcome.INCONCLUSIVE, why=f"{reason}: {finding.why}", seen=seen)
