"""The folder of a run: written whole or not at all. docs/reports.md describes every file in it."""

import json
import os
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.errors import BenchBug, RigError
from bench.judge.figures import figures
from bench.judge.signals import View
from bench.judge.windows import phase_runs
from bench.model.check import Eventually, Expectation
from bench.model.plan import canonical
from bench.model.run import Run
from bench.model.verdict import Margin, Outcome
from bench.report.kept_time import write_health
from bench.report.plots import overview, picture
from bench.report.record import FORMAT, OVERVIEW, PLAN_FILE, RUN_FILE, TRACE_FILE, source_version
from bench.report.tracefile import write_trace

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def write(run: Run, out: Path) -> Path:
    """Write the folder of a run into the output folder, in place of an earlier one of the same scenario.

    It is made under another name and moved into place when it is complete, so whoever looks sees the old run or the
    new one. RigError when the output folder cannot be written.
    """
    folder = out / name(run.plan.scenario)
    making, old = (out / f".{folder.name}.{os.getpid()}.{state}" for state in ("new", "old"))
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        _fill(run, making)
        if folder.exists():
            folder.rename(old)
        making.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RigError(f"{folder}: the run cannot be written ({reason}); choose a folder with --out") from error
    finally:
        if making.exists():
            shutil.rmtree(making, ignore_errors=True)
    return folder


def name(identifier: str) -> str:
    """The identifier as the name of a folder or file; BenchBug if it is not one, since readers let no other pass."""
    if not _NAME.fullmatch(identifier):
        raise BenchBug(f"'{identifier}' cannot name a folder or file; expected letters, digits, _ and - only")
    return identifier


def _fill(run: Run, folder: Path) -> None:
    write_trace(run.trace, folder / TRACE_FILE)
    plan_text = json.dumps(canonical(run.plan), separators=(",", ":"))  # the very text that the plan's digest is of
    (folder / PLAN_FILE).write_text(plan_text, "utf-8")
    write_health(run.health, folder)
    for ecu, words in run.surroundings.programs:
        (folder / f"{name(ecu)}.log").write_text(words, "utf-8")
    pictures = _pictures(run, folder)
    (folder / RUN_FILE).write_text(json.dumps(_told(run, pictures), indent=1) + "\n", "utf-8")


def _pictures(run: Run, folder: Path) -> list[str]:
    """Draw the overview and each verdict that is not a pass; the file of each verdict, empty for one without."""
    if run.surroundings.broken:
        return [""] * len(run.verdicts)  # a broken bench may have left a trace that no picture can be trusted with
    view = View(run.plan, run.trace)
    (folder / OVERVIEW).write_text(overview(view, run.verdicts), "utf-8")
    (folder / "plots").mkdir()
    files: list[str] = []
    for place, verdict in enumerate(run.verdicts):
        asked = _asked(run, place)
        files.append("" if verdict.outcome is Outcome.PASS or asked is None else f"plots/{name(asked.id)}.svg")
        if asked is not None and files[-1]:
            (folder / files[-1]).write_text(picture(view, asked, verdict), "utf-8")
    return files


def _asked(run: Run, place: int) -> Expectation | None:
    """What a verdict is about; an expired phase was expected to reach its end."""
    expectations = run.plan.expectations
    if place < len(expectations):
        return expectations[place]
    phase = next((phase for phase in run.plan.phases if phase.name == run.verdicts[place].id), None)
    if phase is None or phase.until is None:
        return None
    check = Eventually(phase.until, phase.at_most)
    return Expectation(f"phase_{phase.name}", check, f"phase {phase.name} ends in time", during=(phase.name,))


def _margin(margin: Margin) -> dict[str, Any]:
    told = asdict(margin)
    if not margin.uncertainty:  # as in simulated time
        del told["uncertainty"]
    return told


def _told(run: Run, pictures: list[str]) -> dict[str, Any]:
    plan, trace, around = run.plan, run.trace, run.surroundings
    return {
        "format": FORMAT,
        "scenario": plan.scenario,
        "title": plan.title,
        "file": plan.file,
        "seed": plan.seed,
        "jitter": plan.jitter,
        "defects": plan.defects,
        "tags": plan.tags,
        "verifies": plan.verifies,
        "rig": plan.rig.name,
        "plan_digest": plan.digest(),
        "trace_digest": trace.digest(),
        "outcome": run.outcome.word,
        "verdicts": [
            {**asdict(verdict), "outcome": verdict.outcome.word, "margin": _margin(verdict.margin), "picture": file}
            for verdict, file in zip(run.verdicts, pictures, strict=True)
        ],
        "expectations": min(len(plan.expectations), len(run.verdicts)),
        "simulated": trace.closed_at,
        "phases": [asdict(phase) for phase in phase_runs(trace)],
        "occurrences": [
            [one.at, one.what, one.name, one.text, one.number]
            for one in trace.occurrences
            if one.what != "overwritten"  # thousands, and each stands in the trace
        ],
        "buses": [asdict(bus) for bus in figures(plan, trace)],
        "surroundings": {
            "versions": dict((*around.versions, source_version())),
            "pace": around.pace,
            "wall": around.wall,
            "interrupted": around.interrupted,
            "broken": around.broken,
            "host": dict(around.host),
            "warnings": around.warnings,
        },
    }
