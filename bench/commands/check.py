"""`bench check`: read and resolve scenarios without running them, and tell all that is wrong with them."""

import argparse
import sys
from pathlib import Path

from bench.errors import ScenarioError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("path", nargs="+", type=Path, metavar="PATH", help="scenario files, or folders of them")
    parser.add_argument("--rig", type=Path, metavar="FILE", help="the rig file; by default the shipped all-virtual one")


def run(options: argparse.Namespace) -> int:
    """One line for each scenario that is right; every finding of the others, and exit code 2."""
    from bench.scenario.read import discover
    from bench.scenario.resolve import resolve
    from bench.scenario.rigfile import load_rig

    rig = load_rig(options.rig)
    right: list[str] = []
    findings: list[str] = []
    taken: dict[str, Path] = {}
    for path in discover(options.path):
        try:
            plan = resolve(path, rig)
        except ScenarioError as error:
            findings.append(str(error))
            continue
        if plan.scenario in taken:
            both = f"{taken[plan.scenario]} and {path}"
            findings.append(f"{path}:1:1: scenario '{plan.scenario}' is in {both}, expected once; rename one")
        taken.setdefault(plan.scenario, path)
        phases, checks = len(plan.phases), len(plan.expectations)
        right.append(f"ok  {plan.scenario}  {_count(phases, 'phase')}, {_count(checks, 'check')}, rig {rig.name}")
    for line in right:
        print(line)
    if findings:
        print("\n".join(findings), file=sys.stderr)
        return 2
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
