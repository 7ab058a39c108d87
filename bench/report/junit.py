"""JUnit XML: one testsuite a folder of scenarios, one testcase a run.

A verdict that is none or inconclusive is an `<error>` and never `<skipped>`, since servers show skipped as green.
Format: the schema of the Jenkins xUnit plug-in, junit-10.
"""

from collections.abc import Sequence
from pathlib import Path, PurePath

from bench.model.verdict import Outcome
from bench.report.record import FinishedRun
from bench.report.summary import pace, remarks
from bench.report.text import markup


def junit(runs: Sequence[FinishedRun], out: Path) -> str:
    """The runs as JUnit XML, in their order; paths to pictures are relative to the output folder."""
    suites: dict[str, list[FinishedRun]] = {}
    for run in runs:
        suites.setdefault(PurePath(run.file).parent.name or "scenarios", []).append(run)
    body = "".join(_suite(name, members, out) for name, members in suites.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {_counts(runs)}>\n{body}</testsuites>\n'


def _suite(name: str, runs: Sequence[FinishedRun], out: Path) -> str:
    cases = "".join(_case(name, run, out) for run in runs)
    return f'<testsuite name="{markup(name)}" {_counts(runs)}>\n{cases}</testsuite>\n'


def _case(suite: str, run: FinishedRun, out: Path) -> str:
    properties = {
        "title": run.title,
        "seed": str(run.seed),
        "plan": run.plan_digest,
        "trace": run.trace_digest,
        "verifies": " ".join(run.verifies),
        "defects": " ".join(run.defects),
    }
    told = "".join(
        f'<property name="{name}" value="{markup(value)}"/>\n' for name, value in properties.items() if value
    )
    head = f'<testcase classname="{markup(suite)}" name="{markup(run.scenario)}" time="{run.wall / 1e9:.3f}">\n'
    rows = remarks(run, out)
    text = "\n".join(map(markup, rows))
    wrong = ""
    if run.outcome is not Outcome.PASS:
        element = "failure" if run.outcome is Outcome.FAIL else "error"
        first = markup("; ".join(rows[:2]))
        wrong = f'<{element} type="{run.outcome.word}" message="{first}">{text}</{element}>\n'
    said = f"<system-out>{markup(pace(run))}</system-out>"
    return f"{head}<properties>\n{told}</properties>\n{wrong}{said}\n</testcase>\n"


def _counts(runs: Sequence[FinishedRun]) -> str:
    failures = sum(run.outcome is Outcome.FAIL for run in runs)
    errors = sum(run.outcome not in (Outcome.PASS, Outcome.FAIL) for run in runs)
    wall = sum(run.wall for run in runs) / 1e9
    return f'tests="{len(runs)}" failures="{failures}" errors="{errors}" skipped="0" time="{wall:.3f}"'
