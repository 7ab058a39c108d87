"""The finished run of a scenario: looked up in the output folder, or executed now."""

from pathlib import Path

from bench.errors import RigError
from bench.model.plan import Plan
from bench.report.folder import write
from bench.report.record import OUT, RUN_FILE, TRACE_FILE, FinishedRun, read_run, source_version
from bench.run.execute import execute, versions
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig


def finished(plan: Plan, out: Path) -> FinishedRun | None:
    """The run of exactly this plan in the output folder, made by exactly this bench; None if there is none.

    A run that was interrupted, or in which the bench broke, is not finished.
    """
    folder = out / plan.scenario
    if not (folder / RUN_FILE).is_file() or not (folder / TRACE_FILE).is_file():
        return None
    try:
        run = read_run(folder)
    except RigError:
        return None
    same = run.plan_digest == plan.digest() and run.versions == (*versions(), source_version())
    return run if same and not run.interrupted and not run.broken else None


def planned(path: Path, rig: Path | None = None) -> Plan:
    """The plan of one scenario file on a rig, by default the shipped one. ScenarioError and RigError as in reading."""
    return resolve(path, load_rig(rig))


def run_for(path: Path, out: Path = OUT, rig: Path | None = None) -> FinishedRun:
    """The finished run of a scenario file: looked up in the output folder, executed and written if it is not there."""
    plan = planned(path, rig)
    return finished(plan, out) or read_run(write(execute(plan), out))
