"""A finished run as its `run.json` tells it: all that a page needs, so that no page reads a trace."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.errors import RigError
from bench.model.health import UNDISTURBED, Health
from bench.model.trace import Occurrence
from bench.model.verdict import Margin, Outcome, Verdict, tightest
from bench.report.kept_time import read_health

FORMAT = 1
OUT = Path("reports")
"""The output folder where none is named."""
RUN_FILE, PLAN_FILE, TRACE_FILE, OVERVIEW = "run.json", "plan.json", "trace.zip", "overview.svg"


@dataclass(frozen=True, slots=True)
class PhaseSeen:
    """One execution of a phase, [start, end) in ns; `finished` is false where the run was cut short inside it."""

    name: str
    start: int
    end: int
    finished: bool


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """One run, executed, judged and written, in `folder`.

    The first `expectations` of the verdicts are those of expectations, the others of phases that expired; `pictures`
    stand beside the verdicts, as paths inside the folder, empty where nothing was drawn. `simulated` and `wall` are
    ns; `occurrences` leaves out what happens with every frame; `buses` are the figures of each bus. `warnings`, `host`
    and `health` tell of a run in real time, and are empty in simulated time.
    """

    folder: Path
    scenario: str
    title: str
    file: str
    seed: int
    tags: tuple[str, ...]
    verifies: tuple[str, ...]
    defects: tuple[str, ...]
    plan_digest: str
    trace_digest: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    expectations: int
    phases: tuple[PhaseSeen, ...]
    occurrences: tuple[Occurrence, ...]
    pictures: tuple[str, ...]
    buses: tuple[dict[str, Any], ...]
    simulated: int
    wall: int
    versions: tuple[tuple[str, str], ...]
    interrupted: bool
    broken: str
    host: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    health: Health = UNDISTURBED

    @property
    def tightest(self) -> Verdict | None:
        """The verdict that came closest to its limit, or went farthest beyond it."""
        return tightest(self.verdicts)

    def verdict(self, expectation: str) -> Verdict | None:
        """The verdict of an expectation; None where the bench broke before it could judge."""
        return next((verdict for verdict in self.verdicts[: self.expectations] if verdict.id == expectation), None)

    def expired(self, phase: str) -> Verdict | None:
        """The verdict of a phase that did not reach its end in time; None for any other phase."""
        return next((verdict for verdict in self.verdicts[self.expectations :] if verdict.id == phase), None)

    def picture(self, verdict: Verdict) -> Path | None:
        """The picture of a verdict, if there is one."""
        file = self.pictures[self.verdicts.index(verdict)]
        return self.folder / file if file else None


def read_run(folder: Path) -> FinishedRun:
    """The run that a folder holds. RigError when there is none, or when another bench wrote it."""
    file = folder / RUN_FILE
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}, expected {FORMAT}")
        return _run(folder, told)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RigError(f"{file}: not the record of a run ({error}); run the scenario again") from error


@cache
def source_version() -> tuple[str, str]:
    """What the bench's own code is, as one more version: results of edited code must not pass for results of this one.

    The pages and the command line do not change what happened, so they do not count.
    """
    package = Path(__file__).parents[1]
    state = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        place = file.relative_to(package)
        if place.parts[0] not in ("report", "commands"):
            state.update(f"{place.as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return "source", state.hexdigest()[:16]


def _run(folder: Path, told: dict[str, Any]) -> FinishedRun:
    around = told["surroundings"]
    return FinishedRun(
        folder=folder,
        scenario=told["scenario"],
        title=told["title"],
        file=told["file"],
        seed=told["seed"],
        tags=tuple(told["tags"]),
        verifies=tuple(told["verifies"]),
        defects=tuple(told["defects"]),
        plan_digest=told["plan_digest"],
        trace_digest=told["trace_digest"],
        outcome=Outcome[told["outcome"].upper()],
        verdicts=tuple(map(_verdict, told["verdicts"])),
        expectations=told["expectations"],
        phases=tuple(PhaseSeen(one["name"], one["start"], one["end"], one["finished"]) for one in told["phases"]),
        occurrences=tuple(Occurrence(*one) for one in told["occurrences"]),
        pictures=tuple(one["picture"] for one in told["verdicts"]),
        buses=tuple(told["buses"]),
        simulated=told["simulated"],
        wall=around["wall"],
        versions=tuple((name, version) for name, version in around["versions"].items()),
        interrupted=around["interrupted"],
        broken=around["broken"],
        host=tuple(around.get("host", {}).items()),
        warnings=tuple(around.get("warnings", ())),
        health=read_health(folder),
    )


def _verdict(told: dict[str, Any]) -> Verdict:
    margin = told["margin"]
    return Verdict(
        id=told["id"],
        outcome=Outcome[told["outcome"].upper()],
        why=told["why"],
        expected=told["expected"],
        seen=told["seen"],
        say=told["say"],
        margin=Margin(**margin),
        at=told["at"],
        proof=tuple(told["proof"]),
        observer=told["observer"],
        verifies=tuple(told["verifies"]),
        place=told["place"],
    )
