"""Judges a recorded trace against its plan, whatever the trace comes from: a simulation, hardware, or the road."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.judge.disturbed import disturbed, disturbed_phases
from bench.judge.expected import expected
from bench.judge.finding import Finding, decisive, never_exercised
from bench.judge.following import follows
from bench.judge.logic import always, eventually, never, stays
from bench.judge.measured import measured
from bench.judge.phases import expired
from bench.judge.response import responds
from bench.judge.sequence import sequence
from bench.judge.settling import settles
from bench.judge.signals import View
from bench.judge.statistic import statistic
from bench.judge.timing import cycle
from bench.judge.traffic import counter, crc, silent
from bench.judge.windows import Window, missing, windows
from bench.model import check as checks
from bench.model.check import Check, Expectation
from bench.model.health import UNDISTURBED, Health
from bench.model.instant import show
from bench.model.plan import Plan
from bench.model.trace import Trace
from bench.model.verdict import Outcome, Verdict

CHECKS: dict[type, Callable[[Any, View, tuple[Window, ...]], Finding]] = {
    checks.Always: always,
    checks.Never: never,
    checks.Eventually: eventually,
    checks.Stays: stays,
    checks.Responds: responds,
    checks.Settles: settles,
    checks.Follows: follows,
    checks.Cycle: cycle,
    checks.Counter: counter,
    checks.Crc: crc,
    checks.Sequence: sequence,
    checks.Silent: silent,
    checks.Statistic: statistic,
}
"""One pure function a check. It gets at least one window, and no window without time in it."""


def judge(plan: Plan, trace: Trace, health: Health = UNDISTURBED) -> tuple[Verdict, ...]:
    """One verdict for each expectation in the order of the plan, then one for each phase that expired.

    Where the bench was not well they are inconclusive rather than wrong, see `disturbed`.
    """
    view = View(plan, trace)
    phases = expired(view)
    if health.doubtful:
        phases = disturbed_phases(view, phases, health)
    return tuple(_verdict(view, expectation, health) for expectation in plan.expectations) + phases


def _verdict(view: View, expectation: Expectation, health: Health) -> Verdict:
    finding = _finding(view, expectation, health)
    return Verdict(
        id=expectation.id,
        outcome=finding.outcome,
        why=finding.why,
        expected=expected(expectation.check),
        seen=finding.seen,
        say=expectation.say,
        margin=finding.margin,
        at=finding.at,
        proof=finding.proof,
        observer=finding.observer,
        verifies=expectation.verifies,
        place=expectation.place,
    )


def _finding(view: View, expectation: Expectation, health: Health) -> Finding:
    """The finding of the check; at best NONE if a phase did not run, and INCONCLUSIVE if one was cut short."""

    def ask(check: Check, windows: tuple[Window, ...]) -> Finding:
        return CHECKS[type(check)](check, view, windows)

    all_windows = windows(view.plan, view.trace, expectation)
    lacking = missing(view.plan, view.trace, expectation)
    judged = tuple(window for window in all_windows if window.length)
    findings = [ask(expectation.check, judged)] if judged else []
    if lacking or not judged:
        what = f"phases that did not run: {', '.join(lacking)}" if lacking else "the window is empty"
        findings.append(never_exercised(what))
    finding = decisive(findings)
    if health.doubtful:
        finding = disturbed(view, expectation.check, judged, finding, health, ask)
    finding = measured(view, expectation.check, finding)
    cut = not view.trace.complete and (lacking or any(not window.finished for window in all_windows))
    if cut and finding.outcome < Outcome.INCONCLUSIVE:
        why = f"the run was cut short at {show(view.trace.closed_at)}; until then: {finding.why}"
        return replace(finding, outcome=Outcome.INCONCLUSIVE, why=why, seen="the run was cut short")
    return finding
