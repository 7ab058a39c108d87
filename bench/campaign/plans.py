"""What a campaign begins with: the scenarios as plans, and which of them take long."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from bench.errors import ScenarioError
from bench.model.instant import S
from bench.model.plan import Plan
from bench.places import shipped
from bench.scenario.read import discover
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

LONG = 900 * S
"""Simulated time from which a scenario counts as long, ns: only the drive of a whole schedule takes so much."""


def plans(paths: Sequence[Path] = (), rig_file: Path | None = None, only: Sequence[str] = ()) -> list[Plan]:
    """The plans of these files and folders, in order of their files; if none is named, of the shipped scenarios.

    Of these without those that take instruments: the supply of an ECU is looked at there and nowhere else.
    `only` are patterns of scenario names. ScenarioError with the findings in all files, or when a pattern names none.
    """
    rig = load_rig(rig_file)
    found: list[Plan] = []
    findings: list[str] = []
    for path in discover(list(paths) or [shipped("scenarios")]):
        try:
            found.append(resolve(path, rig))
        except ScenarioError as error:
            findings.append(str(error))
    if findings:
        raise ScenarioError("\n".join(findings))
    for pattern in only:
        if not any(fnmatchcase(plan.scenario, pattern) for plan in found):
            names = ", ".join(plan.scenario for plan in found)
            raise ScenarioError(f"no scenario is called '{pattern}'; expected a name or a pattern of one of {names}")
    if not paths:
        found = [plan for plan in found if not plan.rig.instruments]
    return [plan for plan in found if not only or any(fnmatchcase(plan.scenario, pattern) for pattern in only)]


def is_long(plan: Plan) -> bool:
    """Whether a run of the plan may take `LONG` or more of simulated time."""
    return most(plan) >= LONG


def most(plan: Plan) -> int:
    """The simulated time that a run of the plan takes at most, ns."""
    return sum((phase.duration or phase.at_most or 0) * phase.repeat for phase in plan.phases)
