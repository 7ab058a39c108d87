"""Strength: does each defect turn the scenario meant for it to FAIL, and does one inside the limit leave it alone?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bench.campaign.plans import is_long
from bench.campaign.result import Result, reason
from bench.errors import ScenarioError
from bench.model.plan import Plan
from bench.model.verdict import Outcome
from bench.run.defects import catalogue


class Scope(Enum):
    """Which scenarios a defect is tried in: the one meant for it, all but the long ones as well, or all."""

    MEANT = "meant"
    SHORT = "short"
    ALL = "all"


@dataclass(frozen=True)
class Trial:
    """One scenario with one defect at one strength; `switch` is empty for the healthy ECUs.

    `meant` says that the scenario is the one that has to catch it. `expected` is None where any verdict is welcome.
    """

    switch: str
    meant: bool
    expected: Outcome | None
    plan: Plan


@dataclass(frozen=True)
class Row:
    """A switch and how it is meant: the scenario that catches it, and the outcome that is expected there."""

    switch: str
    caught_by: str
    expected: Outcome


def rows(first_only: bool = False) -> list[Row]:
    """All defects at all strengths; with `first_only` the first failing and all passing ones."""
    found = []
    for defect in catalogue():
        fails = defect.fails[:1] if first_only else defect.fails
        found += [Row(f"{defect.id}@{strength}", defect.caught_by, Outcome.FAIL) for strength in fails]
        found += [Row(f"{defect.id}@{strength}", defect.caught_by, Outcome.PASS) for strength in defect.passes]
    return found


def trials(plans: Sequence[Plan], chosen: Sequence[Row], scope: Scope) -> list[Trial]:
    """What is to be executed: the healthy ECUs in each scenario of the scope, then row by row.

    ScenarioError when a scenario that a row is meant for is not among the plans.
    """
    names = {plan.scenario for plan in plans}
    for row in chosen:
        if row.caught_by not in names:
            told = f"defect {row.switch} is meant for the scenario '{row.caught_by}'"
            raise ScenarioError(f"{told}, which is not there; expected one of {', '.join(sorted(names))}")
    meant = {row.caught_by for row in chosen}
    found = [
        Trial("", False, Outcome.PASS, plan) for plan in plans if plan.scenario in meant or _within(plan, scope)
    ]  # fmt: skip
    for row in chosen:
        for plan in plans:
            mine = plan.scenario == row.caught_by
            if mine or _within(plan, scope):
                expected = row.expected if mine else None
                found.append(Trial(row.switch, mine, expected, replace(plan, defects=(row.switch,))))
    return found


def surprises(tried: Sequence[Trial], results: Sequence[Result]) -> list[str]:
    """One line for each trial that came out otherwise than expected; an ERROR is never expected."""
    found = []
    for trial, result in zip(tried, results, strict=True):
        expected = trial.expected
        if result.outcome is Outcome.ERROR or (expected is not None and result.outcome is not expected):
            wanted = "" if expected is None else f", expected {expected.word}"
            word = result.outcome.word
            found.append(f"{trial.switch or 'healthy'} in {result.scenario}: {word}{wanted}; {reason(result)}")
    return found


def _within(plan: Plan, scope: Scope) -> bool:
    return scope is Scope.ALL or (scope is Scope.SHORT and not is_long(plan))
