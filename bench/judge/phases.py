"""Verdicts on phases that did not reach their end in time."""

from bench.judge.conditions import distinct
from bench.judge.signals import View
from bench.judge.windows import phase_runs
from bench.judge.words import name, shown, wording
from bench.model.instant import show
from bench.model.stimulus import Phase
from bench.model.verdict import Margin, Outcome, Verdict


def expired(view: View) -> tuple[Verdict, ...]:
    """One verdict for each phase that expired, in the order of the plan: FAIL, or INCONCLUSIVE if the phase says so."""
    verdicts = []
    for phase in view.plan.phases:
        ends = [
            (occurrence.at, row)
            for row, occurrence in enumerate(view.trace.occurrences)
            if occurrence.what == "phase_expires" and occurrence.name == phase.name
        ]
        if ends:
            verdicts.append(_verdict(view, phase, ends))
    return tuple(verdicts)


def _verdict(view: View, phase: Phase, ends: list[tuple[int, int]]) -> Verdict:
    at, row = ends[0]
    start = next((run.start for run in phase_runs(view.trace) if run.name == phase.name and run.end >= at), 0)
    limit = phase.at_most if phase.at_most is not None else at - start
    until = wording(phase.until) if phase.until is not None else "its end"
    names = distinct(phase.until) if phase.until is not None else ()
    # What the run looked at when it gave up is what was known just before: a frame that ends then came too late.
    seen = ", ".join(f"{name(ref)} was {shown(view.track(ref).value(at), ref.unit)}" for ref in names) or "no end"
    often = f"; so {len(ends)} times" if len(ends) > 1 else ""
    words = [number for ref in names if (number := view.record(ref, at)) is not None]
    return Verdict(
        id=phase.name,
        outcome=Outcome.INCONCLUSIVE if phase.otherwise == "inconclusive" else Outcome.FAIL,
        why=f"phase {phase.name} did not reach '{until}' within {show(limit)}: {seen} at {show(at)}{often}",
        expected=f"phase {phase.name} reaches '{until}' within {show(limit)}",
        seen=seen,
        margin=Margin(time=0, relative=0.0),
        at=at,
        proof=tuple(sorted({*words, view.trace.number_of_occurrence(row)})),
        observer="bench",
        place=phase.place,
    )
