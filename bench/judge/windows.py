"""Windows of an expectation: the half-open time spans of its phases, without what `except` takes out.

Phases of `during` that follow each other directly are one window, so that a sequence may span them. Each
repetition of a repeated phase is a window of its own, since what it must show it must show every time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model.check import Around, Expectation
from bench.model.plan import Plan
from bench.model.stimulus import Power, SetModel, SetSignal
from bench.model.trace import Trace

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) and the spans of it that count. `finished` is false where the run was cut short inside it."""

    start: int
    end: int
    finished: bool
    pieces: tuple[Span, ...]

    @property
    def length(self) -> int:
        """Nanoseconds that count."""
        return sum(end - start for start, end in self.pieces)


@dataclass(frozen=True, slots=True)
class PhaseRun:
    """One execution of a phase."""

    name: str
    start: int
    end: int
    finished: bool


def phase_runs(trace: Trace) -> tuple[PhaseRun, ...]:
    """The executions of all phases in order; the last one ends with the trace if it has no end of its own."""
    runs: list[PhaseRun] = []
    current: tuple[str, int] | None = None
    for occurrence in trace.occurrences:
        ends = occurrence.what in ("phase_ends", "phase_expires") and current and current[0] == occurrence.name
        if current and (ends or occurrence.what == "phase_starts"):
            runs.append(PhaseRun(*current, occurrence.at, True))
            current = None
        if occurrence.what == "phase_starts":
            current = (occurrence.name, occurrence.at)
    if current:
        runs.append(PhaseRun(*current, trace.closed_at, trace.complete))
    return tuple(runs)


def windows(plan: Plan, trace: Trace, expectation: Expectation) -> tuple[Window, ...]:
    """The windows of an expectation in order; one without pieces has nothing left to judge."""
    if not expectation.during:
        spans = [PhaseRun("", 0, trace.closed_at, trace.complete)]
    else:
        spans = []
        repeated = {phase.name for phase in plan.phases if phase.repeat > 1}
        for run in phase_runs(trace):
            if run.name not in expectation.during:
                continue
            last = spans[-1] if spans else None
            if last and last.end == run.start and not {last.name, run.name} & repeated:
                spans[-1] = PhaseRun(run.name, last.start, run.end, run.finished)
            else:
                spans.append(run)
    holes = sorted(hole for around in expectation.apart for hole in _holes(plan, trace, around))
    return tuple(Window(s.start, s.end, s.finished, tuple(without(s.start, s.end, holes))) for s in spans)


def missing(plan: Plan, trace: Trace, expectation: Expectation) -> tuple[str, ...]:
    """The phases of `during` that ran less often than the plan says, each as "recover (0 of 1 times)"."""
    ran = [run.name for run in phase_runs(trace)]
    return tuple(
        f"{phase.name} ({ran.count(phase.name)} of {phase.repeat} times)"
        for phase in plan.phases
        if phase.name in expectation.during and ran.count(phase.name) < phase.repeat
    )


def _holes(plan: Plan, trace: Trace, around: Around) -> Iterator[Span]:
    edges = [
        (occurrence.at, occurrence.what.endswith("_starts"))
        for occurrence in trace.occurrences
        if occurrence.name == around.id and occurrence.what in (f"{around.of}_starts", f"{around.of}_ends")
    ]
    if around.of == "phase":
        for at, _ in edges:
            yield at - around.before, at + around.after
        return
    begun: int | None = None
    for at, starts in edges:
        if begun is not None:
            yield begun - around.before, (begun if starts else at) + around.after
        begun = at if starts else None
    if begun is not None:
        yield begun - around.before, (begun if _instant(plan, around) else trace.closed_at) + around.after


def _instant(plan: Plan, around: Around) -> bool:
    """Whether a step without a recorded end has no length (a fault without an end lasts to the end of the run)."""
    steps = [step for phase in plan.phases for step in phase.steps if around.of == "step" and step.id == around.id]
    return any(isinstance(step.stimulus, SetModel | SetSignal | Power) for step in steps)


def without(start: int, end: int, holes: list[Span]) -> Iterator[Span]:
    """What the holes, in the order of their starts, leave of [start, end)."""
    for hole_start, hole_end in holes:
        if hole_end <= start:
            continue
        if hole_start >= end:
            break
        if hole_start > start:
            yield start, hole_start
        start = hole_end
    if start < end:
        yield start, end
