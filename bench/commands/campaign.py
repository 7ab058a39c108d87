"""`bench campaign`: the figures of many runs. They are meant to be asked for, not to be run with each change."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import RigError, ScenarioError

if TYPE_CHECKING:
    from bench.campaign.result import Result
    from bench.model.plan import Plan

AS_EXPECTED, OTHERWISE, BROKE = 0, 1, 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    figures = parser.add_subparsers(dest="figures", metavar="FIGURES", required=True, title="figures")
    strength = figures.add_parser("strength", help="each defect at each strength: which scenarios fail?")
    scope = strength.add_mutually_exclusive_group()
    scope.add_argument("--meant", action="store_true", help="each defect only in the scenario that is meant for it")
    scope.add_argument("--all", action="store_true", help="also in the scenarios that take 900 s or more")
    strength.add_argument("--first", action="store_true", help="of the strengths that must fail only the first")
    strength.add_argument("--defect", action="append", default=[], metavar="ID", help="only these; may hold * and ?")
    strength.add_argument("--write", type=Path, metavar="FILE", help="store the table as Markdown")
    seeds = figures.add_parser("seeds", help="healthy ECUs under jitter, over many seeds: is there a false alarm?")
    seeds.add_argument("--seeds", type=int, default=100, metavar="N", help="default: %(default)s")
    seeds.add_argument(
        "--long-seeds", type=int, default=5, metavar="N", help="for scenarios of 900 s or more; default: %(default)s"
    )
    for one in (strength, seeds):
        one.add_argument(
            "path", nargs="*", type=Path, help="scenario files, or folders of them; by default the shipped ones"
        )
        one.add_argument("--rig", type=Path, help="rig file; the shipped all-virtual one if none is named")
        one.add_argument("--only", action="append", default=[], metavar="NAME", help="only these; may hold * and ?")
        one.add_argument(
            "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes; default: %(default)s"
        )


def run(options: argparse.Namespace) -> int:
    """Carry out the runs, print the figures, and what is not as it should be."""
    from bench.campaign.plans import plans
    from bench.clock.pace import Stopwatch

    if options.jobs < 1:
        raise RigError(f"--jobs {options.jobs}: found no worker; expected 1 or more")
    watch = Stopwatch()
    found = plans(options.path, options.rig, options.only)
    results, wrong = (_strength if options.figures == "strength" else _seeds)(found, options)
    print(f"{len(results)} runs in {watch.elapsed() / 1e9:.0f} s with {options.jobs} workers")
    if not wrong:
        return AS_EXPECTED
    print(f"{len(wrong)} not as expected:", *wrong, sep="\n    ")
    return BROKE if any(result.broken for result in results) else OTHERWISE


def _strength(found: "Sequence[Plan]", options: argparse.Namespace) -> "tuple[list[Result], list[str]]":
    from bench.campaign.plans import is_long
    from bench.campaign.strength import Scope, rows, surprises, trials
    from bench.campaign.table import document, table
    from bench.campaign.workers import executed
    from bench.report.summary import margin

    chosen = [
        row
        for row in rows(options.first)
        if not options.defect or any(fnmatchcase(row.switch.partition("@")[0], one) for one in options.defect)
    ]
    if not chosen:
        raise ScenarioError(f"no defect is called {' or '.join(options.defect)}; `bench defects` lists them")
    if options.only:
        names = {plan.scenario for plan in found}
        chosen = [row for row in chosen if row.caught_by in names]
    scope = Scope.MEANT if options.meant else Scope.ALL if options.all else Scope.SHORT
    tried = trials(found, chosen, scope)
    results = executed([trial.plan for trial in tried], options.jobs, _counting(len(tried)))
    executed_names = {result.scenario for result in results}
    left_out = [plan.scenario for plan in found if is_long(plan) and plan.scenario not in executed_names]
    if options.write is not None:
        options.write.write_text(document(tried, results, left_out, margin), "utf-8")
    print(*table(tried, results), sep="\n")
    if left_out:
        print(f"left out, because they take long: {', '.join(left_out)}; --all includes them")
    return results, surprises(tried, results)


def _seeds(found: "Sequence[Plan]", options: argparse.Namespace) -> "tuple[list[Result], list[str]]":
    from bench.campaign.seeds import alarms, figures, seeded
    from bench.campaign.workers import executed
    from bench.report.summary import margin

    plans = seeded(found, options.seeds, options.long_seeds)
    results = executed(plans, options.jobs, _counting(len(plans)))
    for one in figures(results):
        verdict = one.closest.decisive
        pace = one.simulated / max(one.wall, 1)
        told = f"{one.scenario:<32} {one.passed} of {one.runs} pass, {one.distinct} distinct traces, {pace:.3g} x"
        if verdict is not None:
            told += f", closest {verdict.id} at seed {one.closest.seed}, {margin(verdict.margin)}"
        print(told)
    return results, alarms(results)


def _counting(total: int) -> "Callable[[Result], None]":
    """Tells on standard error how many are done: on a terminal in one line that changes, else a line for each tenth."""
    done = 0
    terminal = sys.stderr.isatty()

    def count(result: "Result") -> None:
        nonlocal done
        done += 1
        tenth = done * 10 // total != (done - 1) * 10 // total
        switch = f" {result.defects[0]}" if result.defects else ""
        if terminal:
            end = "\n" if done == total else ""
            print(f"\r\x1b[K{done} of {total}: {result.scenario}{switch}", end=end, file=sys.stderr, flush=True)
        elif tenth:
            print(f"{done} of {total} runs", file=sys.stderr, flush=True)

    return count
