"""A run in lines of plain text: one that sums it up, and two for each verdict that is not a pass."""

import os
from pathlib import Path

from bench.model.instant import show
from bench.model.verdict import Margin, Outcome, Verdict
from bench.report.kept_time import in_a_line
from bench.report.record import FinishedRun
from bench.report.text import line


def summary(run: FinishedRun) -> str:
    """Outcome, scenario, the tightest margin with its expectation in words, simulated against wall time."""
    words = f"{run.outcome.word:<12} {run.scenario:<32} {pace(run):<34}"
    closest = run.tightest
    if closest is not None:
        words += f" tightest {closest.id}, {margin(closest.margin)}: {line(closest.say or closest.expected, 90)}"
    return words.rstrip()


def pace(run: FinishedRun) -> str:
    """Simulated against wall time: "62.4 s in 1.31 s (48 x)"."""
    factor = f" ({run.simulated / run.wall:.3g} x)" if run.wall else ""
    return f"{run.simulated / 1e9:.1f} s in {run.wall / 1e9:.2f} s{factor}"


def margin(distance: Margin) -> str:
    """How far from the limit: "250 ms left (12 %)", "0.6 km/h beyond (3 %)"; empty where no distance is known."""
    known = [part for part in (distance.time, distance.value, distance.relative) if part is not None]
    if not any(known):
        return "at the limit" if known else ""
    parts = []
    if distance.time is not None:
        uncertain = f" +- {show(distance.uncertainty)}" if distance.uncertainty else ""
        parts.append(f"{show(abs(distance.time))}{uncertain}")
    if distance.value is not None:
        parts.append(f"{abs(distance.value):.4g} {distance.unit}".strip())
    share = "" if distance.relative is None else _percent(100 * abs(distance.relative))
    side = "beyond" if min(known) < 0 else "left"
    return f"{' and '.join(parts)} {side} ({share})" if parts and share else f"{' and '.join(parts) or share} {side}"


def _percent(share: float) -> str:
    return f"{share:.0f} %" if share >= 10 else f"{share:.2g} %"


def two_lines(run: FinishedRun, verdict: Verdict, seen_from: Path) -> tuple[str, str]:
    """What was expected; what was seen, when, and where the picture is (as a path from a folder)."""
    expected = f"{verdict.id} expected: {line(verdict.say, 200)}{': ' if verdict.say else ''}{line(verdict.expected)}"
    seen = f"seen: {line(verdict.why or verdict.seen)}"
    if verdict.at is not None:
        seen += f"; at {show(verdict.at)}"
    if distance := margin(verdict.margin):
        seen += f"; {distance}"
    drawn = run.picture(verdict)
    if drawn is not None:
        seen += f"; picture {line(os.path.relpath(drawn, seen_from))}"
    if verdict.outcome is not Outcome.FAIL:
        seen = f"{verdict.outcome.word}, {seen}"
    return expected, seen


def kept_time(run: FinishedRun) -> list[str]:
    """The lines of a run in real time: what was warned of before, and how the bench kept time; else none."""
    rows = [f"warning: {line(warning)}" for warning in run.warnings]
    if told := in_a_line(run.health):
        rows.append(f"real time: {told}")
    return rows


def remarks(run: FinishedRun, seen_from: Path) -> list[str]:
    """The lines below a summary: what cut the run short, and two for each verdict that is not a pass, worst first.

    Of a run that was cut short, what became inconclusive by that is only counted.
    """
    rows: list[str] = []
    if run.broken:
        rows.append(f"the bench broke after {show(run.simulated)} of simulated time: {line(run.broken)}")
    if run.interrupted:
        rows.append(f"interrupted after {show(run.simulated)} of simulated time")
    wrong = [verdict for verdict in run.verdicts if verdict.outcome is not Outcome.PASS]
    if rows:
        open_ = sum(verdict.outcome < Outcome.FAIL for verdict in wrong)
        wrong = [verdict for verdict in wrong if verdict.outcome >= Outcome.FAIL]
        rows += [f"so {open_} of {len(run.verdicts)} expectations were not decided"] if open_ else []
    for verdict in sorted(wrong, key=lambda one: -one.outcome):
        rows += two_lines(run, verdict, seen_from)
    if not run.verdicts:
        rows.append("no expectation was judged, which is not a pass")
    return rows
