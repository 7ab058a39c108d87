"""`bench run`: resolve everything, execute it, and write what it left behind."""

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from bench.errors import RigError, ScenarioError
from bench.model.plan import Plan
from bench.model.verdict import Outcome
from bench.report.record import OUT, FinishedRun

PASSED, FAILED, UNDECIDED, BROKE, INTERRUPTED = 0, 1, 3, 4, 130
_COLOURS = {Outcome.PASS: "32", Outcome.FAIL: "31", Outcome.ERROR: "35"}  # ANSI; what is left is yellow


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("path", nargs="+", type=Path, help="scenario files, or folders of them")
    parser.add_argument("--rig", type=Path, help="rig file; the shipped all-virtual one if none is named")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for runs and report (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="seed for all scenarios, in place of their own")
    parser.add_argument("--defect", action="append", default=[], metavar="ID[@STRENGTH]", help="switch a defect on")
    parser.add_argument("--jitter", action="store_true", help="vary by the seed what a healthy network may vary")
    parser.add_argument("--include", action="append", default=[], metavar="TAG", help="only scenarios with such a tag")
    parser.add_argument("--exclude", action="append", default=[], metavar="TAG", help="no scenarios with such a tag")


def run(options: argparse.Namespace) -> int:
    """Execute the scenarios and report on them; nothing is touched before all of them are resolved."""
    chosen = selected(resolved(options), options.include, options.exclude)
    if not chosen:
        raise ScenarioError("no scenario has the tags asked for by --include and --exclude; nothing was run")
    _usable(options.out)
    done: list[tuple[Path, Plan, FinishedRun]] = []
    try:
        for path, plan in chosen:
            done.append((path, plan, executed(plan, options.out)))
            if done[-1][-1].interrupted:
                break
    finally:
        if done:
            _report(done, options.out)
    return exit_code([finished for _, _, finished in done])


def resolved(options: argparse.Namespace) -> list[tuple[Path, Plan]]:
    """All files with their plans. ScenarioError with the findings in all of them, file by file."""
    from bench.run.defects import find
    from bench.scenario.read import discover
    from bench.scenario.resolve import resolve
    from bench.scenario.rigfile import load_rig

    for switch in options.defect:
        find(switch)
    rig = load_rig(options.rig)
    found: list[tuple[Path, Plan]] = []
    findings: list[str] = []
    for path in discover(options.path):
        try:
            plan = resolve(path, rig, seed=options.seed, defects=tuple(options.defect), jitter=options.jitter)
            found.append((path, plan))
        except ScenarioError as error:
            findings.append(str(error))
    files: dict[str, Path] = {}
    for path, plan in found:
        first = files.setdefault(plan.scenario, path)
        if first is not path:
            findings.append(f"{path}:1:1: scenario '{plan.scenario}' is in {first} too; expected once; rename one")
    if findings:
        raise ScenarioError("\n".join(findings))
    return found


def selected(
    found: Sequence[tuple[Path, Plan]], include: Sequence[str], exclude: Sequence[str]
) -> list[tuple[Path, Plan]]:
    """Those with a tag that a pattern of `include` matches (if there is one) and none that one of `exclude` does.

    What a scenario verifies counts as a tag; case, spaces and underscores do not, as in Robot Framework.
    """

    def has(plan: Plan, patterns: Sequence[str]) -> bool:
        tags = [_plain(tag) for tag in (*plan.tags, *plan.verifies)]
        return any(fnmatchcase(tag, _plain(pattern)) for pattern in patterns for tag in tags)

    return [one for one in found if (not include or has(one[1], include)) and not has(one[1], exclude)]


def executed(plan: Plan, out: Path) -> FinishedRun:
    """Execute one plan, write its folder, and print its summary."""
    from bench.report.folder import write
    from bench.report.record import read_run
    from bench.report.summary import kept_time, remarks, summary
    from bench.run.execute import execute

    if sys.stderr.isatty():
        from bench.report.progress import shown

        with shown(plan) as progress:
            result = execute(plan, progress)
    else:
        result = execute(plan)
    finished = read_run(write(result, out))
    print(_coloured(summary(finished), finished.outcome), flush=True)
    for row in (*kept_time(finished), *remarks(finished, Path())):
        print(f"    {row}", flush=True)
    return finished


def exit_code(runs: Sequence[FinishedRun]) -> int:
    """What the worst of the runs asks for; see docs/reports.md."""
    outcomes = [one.outcome for one in runs]
    if any(one.interrupted for one in runs):
        return INTERRUPTED
    if Outcome.ERROR in outcomes:
        return BROKE
    if Outcome.FAIL in outcomes:
        return FAILED
    return PASSED if all(outcome is Outcome.PASS for outcome in outcomes) else UNDECIDED


def _report(done: Sequence[tuple[Path, Plan, FinishedRun]], out: Path) -> None:
    from bench.report.junit import junit
    from bench.report.robot_pages import write_pages

    (out / "junit.xml").write_text(junit([finished for _, _, finished in done], out), "utf-8")
    page = write_pages(done, out)
    counts = {outcome: sum(one.outcome is outcome for _, _, one in done) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome.word}" for outcome, count in counts.items() if count)
    print(f"{len(done)} {'scenario' if len(done) == 1 else 'scenarios'}: {told}\nreport: {page}", flush=True)


def _usable(out: Path) -> None:
    """RigError when the output folder cannot be one, told before an hour of simulation and not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RigError(f"{out}: no folder for reports ({error.strerror}); choose another with --out") from error


def _coloured(words: str, outcome: Outcome) -> str:
    if not sys.stdout.isatty():
        return words
    head, _, rest = words.partition(" ")
    return f"\x1b[{_COLOURS.get(outcome, '33')}m{head}\x1b[0m {rest}"


def _plain(tag: str) -> str:
    return "".join(tag.replace("_", "").split()).casefold()
