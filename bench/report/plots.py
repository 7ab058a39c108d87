"""The pictures of a run: one overview, and one for each verdict that is not a pass."""

from collections.abc import Iterator

from bench.judge.signals import View
from bench.judge.windows import phase_runs, windows
from bench.model.check import Expectation, Received, Silent
from bench.model.expression import ModelRef, Reference
from bench.model.instant import MS, show
from bench.model.trace import Trace
from bench.model.verdict import Outcome, Verdict
from bench.report import lanes
from bench.report.series import frames_of, gaps_of, message_of_record, record_at, series
from bench.report.subjects import Subject, subjects, time_scale
from bench.report.svg import LEFT, MUTED, RIGHT, WIDTH, Canvas, fitted, seconds, wrapped

COLOURS = {
    Outcome.PASS: "#157f3b",
    Outcome.NONE: "#7a6a00",
    Outcome.INCONCLUSIVE: "#7a4fb5",
    Outcome.FAIL: "#c81e1e",
    Outcome.ERROR: "#8a1538",
}
PHASES = ("#e4eaf1", "#cfd9e5")
FAULTS = ("#f9c99b",)
MOST_LANES = 8  # a picture of more explains nothing; cycle checks with wildcards name dozens


def picture(view: View, expectation: Expectation, verdict: Verdict) -> str:
    """What one check saw around the instant that decided it, as SVG."""
    trace = view.trace
    begin, end = _stretch(trace, expectation, verdict)
    canvas = Canvas(begin, end)
    _heading(canvas, f"{verdict.id}: {verdict.say or expectation.text}", verdict.outcome)
    for label, words in (("expected", verdict.expected), ("seen", verdict.why or verdict.seen)):
        for place, one in enumerate(wrapped(words, WIDTH - 110, 11.5, 3)):
            if not place:
                canvas.text(16, canvas.y + 12, label, size=11.5, fill=MUTED)
            canvas.text(86, canvas.y + 12, one, size=11.5)
            canvas.y += 17
    canvas.y += 10
    top = canvas.y
    _bars(canvas, trace)
    for subject in _chosen(view, expectation, verdict):
        _lane(canvas, view, subject)
    _outside(canvas, view, expectation, top)
    for number in verdict.proof[:6]:
        at = record_at(trace, number)
        if at is not None and begin <= at < end:
            canvas.line(canvas.x(at), top, canvas.x(at), canvas.y, MUTED, dash="2 3")
    if verdict.at is not None:
        _flag(canvas, verdict, top)
    lanes.axis(canvas, top)
    return canvas.document(f"{verdict.id} {verdict.outcome.word}")


def overview(view: View, verdicts: tuple[Verdict, ...]) -> str:
    """The whole run: its phases and faults, the vehicle's speed, what the devices under test reported, the verdicts."""
    trace = view.trace
    canvas = Canvas(0, max(1, trace.closed_at))
    words = " ".join((view.plan.title or view.plan.scenario).split())
    _heading(canvas, words, max((verdict.outcome for verdict in verdicts), default=Outcome.NONE))
    top = canvas.y
    _bars(canvas, trace)
    shown: list[Reference] = []
    speed = ModelRef("model.speed")
    if speed.name in trace.samples.names:
        shown.append(ModelRef(speed.name, trace.samples.units[trace.samples.names.index(speed.name)]))
    for expectation in view.plan.expectations:
        for subject in subjects(expectation.check):
            if not isinstance(subject.what, Received) and _reported(view, subject.what) and subject.what not in shown:
                shown.append(subject.what)
    for reference in shown[:MOST_LANES]:
        one = series(view, reference, 0, canvas.end)
        if one.is_number and len(set(one.values)) > 1:  # what never moves needs no scale
            lanes.numbers(canvas, one, Subject(reference), None, height=72)
        else:
            lanes.states(canvas, one)
    for verdict in verdicts:
        _tick(canvas, verdict)
    lanes.axis(canvas, top)
    return canvas.document(words)


def _stretch(trace: Trace, expectation: Expectation, verdict: Verdict) -> tuple[int, int]:
    """What to show: a few times what the check compares, around the deciding instant and the records that prove it."""
    if verdict.at is None:
        return 0, max(1, trace.closed_at)
    room = time_scale(expectation.check)
    beyond = max(0, -(verdict.margin.time or 0))
    begin, end = verdict.at - 2 * room, verdict.at + room + int(1.3 * beyond)
    for number in verdict.proof[:6]:
        at = record_at(trace, number)
        if at is not None and begin - 8 * room <= at <= end + 8 * room:
            begin, end = min(begin, at - room // 2), max(end, at + room // 2)
    begin, end = max(0, begin), min(max(1, trace.closed_at), end)
    return (begin, end) if end - begin >= MS else (max(0, begin - MS), end + MS)


def _chosen(view: View, expectation: Expectation, verdict: Verdict) -> tuple[Subject, ...]:
    """The lanes of a check; of many messages the one that the proof is about comes first."""
    found = subjects(expectation.check)
    if isinstance(expectation.check, Silent) and not found:
        node, bus = expectation.check.node, expectation.check.bus
        silenced = [message for message in view.layouts if message.sender == node or message.bus == bus]
        found = tuple(Subject(Received(message.bus, message.name)) for message in silenced)
    accused = [message_of_record(view, number) for number in verdict.proof[:6]]
    return tuple(sorted(found, key=lambda subject: subject.what not in accused))[:MOST_LANES]


def _lane(canvas: Canvas, view: View, subject: Subject) -> None:
    begin, end = canvas.begin, canvas.end
    if isinstance(subject.what, Received):
        lanes.marks(canvas, subject.what.message, frames_of(view, subject.what, begin, end))
        if not subject.gap:
            return
        one = gaps_of(view, subject.what, begin, end)
    else:
        one = series(view, subject.what, begin, end)
    beside = series(view, subject.beside, begin, end) if subject.beside else None
    if one.is_number:
        lanes.numbers(canvas, one, subject, beside)
    else:
        lanes.states(canvas, one)


def _heading(canvas: Canvas, words: str, outcome: Outcome) -> None:
    label = outcome.word.upper()
    width = 18 + 7.6 * len(label)
    canvas.box(16, 12, width, 22, COLOURS[outcome], more=' rx="4"')
    canvas.text(16 + width / 2, 27, label, size=11, fill="#ffffff", anchor="middle", bold=True)
    canvas.text(26 + width, 28, fitted(words, WIDTH - RIGHT - 30 - width, 14), size=14, bold=True)
    canvas.y = 48


def _bars(canvas: Canvas, trace: Trace) -> None:
    lanes.bars(canvas, "phase", [(run.start, run.end, run.name) for run in phase_runs(trace)], PHASES)
    faults = list(_faults(trace))
    if any(begin < canvas.end and end > canvas.begin for begin, end, _ in faults):
        lanes.bars(canvas, "fault", faults, FAULTS)
    canvas.y += 4


def _faults(trace: Trace) -> Iterator[tuple[int, int, str]]:
    open_: dict[str, int] = {}
    for occurrence in trace.occurrences:
        if occurrence.what == "fault_starts":
            open_[occurrence.name] = occurrence.at
        elif occurrence.what == "fault_ends" and occurrence.name in open_:
            yield open_.pop(occurrence.name), occurrence.at, occurrence.name
    for name, begin in open_.items():
        yield begin, trace.closed_at, name


def _outside(canvas: Canvas, view: View, expectation: Expectation, top: float) -> None:
    """Veil what the check does not look at."""
    reached = canvas.begin
    for window in windows(view.plan, view.trace, expectation):
        for begin, end in window.pieces:
            _veil(canvas, reached, begin, top)
            reached = max(reached, end)
    _veil(canvas, reached, canvas.end, top)


def _veil(canvas: Canvas, begin: int, end: int, top: float) -> None:
    if begin < min(end, canvas.end):
        width = canvas.x(end) - canvas.x(begin)
        canvas.box(canvas.x(begin), top, width, canvas.y - top, MUTED, more=' fill-opacity="0.16"')


def _flag(canvas: Canvas, verdict: Verdict, top: float) -> None:
    assert verdict.at is not None
    x, colour = canvas.x(verdict.at), COLOURS[verdict.outcome]
    words = f"{seconds(verdict.at, MS)} s"
    if verdict.margin.time is not None and verdict.margin.time < 0:
        words += f", {show(-verdict.margin.time)} beyond"
    width = 12 + 6.3 * len(words)
    canvas.line(x, top - 4, x, canvas.y, colour, width=1.6)
    at_left = x + width > WIDTH - RIGHT
    canvas.box(x - width if at_left else x, canvas.y - 1, width, 16, colour)
    canvas.text((x - width if at_left else x) + 6, canvas.y + 11, words, size=10, fill="#ffffff")
    canvas.y += 16


def _tick(canvas: Canvas, verdict: Verdict) -> None:
    """One line for a verdict: its id, and a mark where it was decided."""
    colour = COLOURS[verdict.outcome]
    canvas.text(LEFT - 44, canvas.y + 10, fitted(verdict.id, LEFT - 54), anchor="end", bold=True)
    canvas.line(LEFT, canvas.y + 6, WIDTH - RIGHT, canvas.y + 6, "#e3e8ee")
    words = verdict.say or verdict.expected
    if verdict.outcome is not Outcome.PASS:
        words = f"{verdict.outcome.word}: {words}"
    x = canvas.x(verdict.at) if verdict.at is not None else float(LEFT)
    canvas.box(x - 4, canvas.y + 2, 8, 8, colour, more=' rx="4"', hint=verdict.why)
    right = x < (WIDTH + LEFT) / 2
    room = WIDTH - RIGHT - x - 12 if right else x - LEFT - 12
    side, anchor = (9, "start") if right else (-9, "end")
    canvas.text(x + side, canvas.y + 10, fitted(words, room, 10), size=10, fill=colour, anchor=anchor)
    canvas.y += 16


def _reported(view: View, reference: Reference) -> bool:
    """Whether a device under test says it; all do where the plan names none."""
    return not isinstance(reference, ModelRef) and (not view.duts or view.track(reference).dut)
