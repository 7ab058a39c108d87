"""The keywords of a scenario's test: the run, its phases, its expectations. They tell what verdicts say, no more."""

import os
from pathlib import Path
from urllib.parse import quote

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.exceptions import ContinuableFailure, Failure
from robot.libraries.BuiltIn import BuiltIn

from bench.errors import BenchError
from bench.model.instant import show
from bench.model.trace import Occurrence
from bench.model.verdict import Outcome, Verdict
from bench.report.finished import run_for
from bench.report.kept_time import HEALTH_FILE, in_a_line, tables
from bench.report.record import OVERVIEW, PLAN_FILE, RUN_FILE, TRACE_FILE, FinishedRun, read_run
from bench.report.summary import margin, pace, remarks, two_lines
from bench.report.text import line, markup


@library(scope="SUITE", auto_keywords=False)
class ScenarioKeywords:
    """Keywords of one scenario file: of the run in a folder or, if none is named, of the run that the file gives."""

    def __init__(self, file: str, out: str, rig: str, folder: str, /) -> None:
        self._file = Path(file)
        self._out = Path(out)
        self._rig = Path(rig) if rig else None
        self._folder = Path(folder) if folder else None
        self._run: FinishedRun | None = None
        self._failed = False

    @keyword
    def scenario(self, _identifier: str, /) -> None:
        """Find the run of the scenario, or execute it now, and show its overview."""
        try:
            run = read_run(self._folder) if self._folder else run_for(self._file, self._out, self._rig)
        except BenchError as error:
            raise Failure("\n".join(map(line, str(error).splitlines()))) from error
        self._run = run
        if run.outcome not in (Outcome.PASS, Outcome.FAIL):
            BuiltIn().set_tags(f"outcome:{run.outcome.word}")
        folder = self._link(run.folder)
        logger.write(_facts(run, folder), "INFO", html=True)
        if (run.folder / OVERVIEW).is_file():
            logger.write(_image(f"{folder}/{OVERVIEW}"), "INFO", html=True)
        if told := tables(run.health):
            logger.write(told, "INFO", html=True)
        for warning in run.warnings:
            logger.warn(line(warning))
        if run.broken or run.interrupted:  # told first, because Robot Framework leaves out the middle of long messages
            self._fail(remarks(run, self._pages())[0])

    @keyword
    def phase(self, name: str, /) -> None:
        """Tell when the phase ran and what was done in it."""
        run = self._finished()
        for one in run.phases:
            if one.name == name:
                inside = [event for event in run.occurrences if one.start <= event.at < one.end]
                inside = [event for event in inside if not event.what.startswith("phase_")]
                rows = [f"{show(one.start)} to {show(one.end)}{'' if one.finished else ', cut short'}"]
                rows += map(_event, inside)
                logger.info("\n".join(rows))
        if not any(one.name == name for one in run.phases):
            logger.info("the run did not reach this phase")
        verdict = run.expired(name)
        if verdict is not None:
            self._tell(run, verdict)

    @keyword
    def expectation(self, identifier: str, words: str = "", /) -> None:
        """Tell the verdict; anything but a pass fails, and the expectations after it are told all the same."""
        run = self._finished()
        verdict = run.verdict(identifier)
        if verdict is None:
            self._fail(f"{line(identifier)} was not judged, because {line(run.broken) or 'the run ended before'}")
            return
        self._tell(run, verdict)

    @keyword
    def outcome(self) -> None:
        """Fail when the run did not pass and nothing above has said why: it judged nothing."""
        run = self._finished()
        if run.outcome is not Outcome.PASS and not self._failed:
            self._fail("\n".join((f"the run is {run.outcome.word}", *remarks(run, self._pages()))))

    def _finished(self) -> FinishedRun:
        if self._run is None:
            raise Failure("the keyword 'Scenario' comes first; it finds the run")
        return self._run

    def _tell(self, run: FinishedRun, verdict: Verdict) -> None:
        logger.write(_told(verdict), "INFO", html=True)
        drawn = run.picture(verdict)
        if drawn is not None:
            logger.write(_image(self._link(drawn)), "INFO", html=True)
        if verdict.outcome is not Outcome.PASS:
            self._fail("\n".join(two_lines(run, verdict, self._pages())))

    def _fail(self, message: str) -> None:
        self._failed = True
        raise ContinuableFailure(message)

    def _pages(self) -> Path:
        return Path(str(BuiltIn().get_variable_value("${OUTPUT DIR}", ".")))

    def _link(self, to: Path) -> str:
        """A relative link from the pages to a file or folder of the run."""
        return markup(quote(Path(os.path.relpath(to, self._pages())).as_posix()))


def _event(event: Occurrence) -> str:
    return f"{show(event.at)}  {event.what.replace('_', ' ')} {line(event.name)} {line(event.text)}".rstrip()


def _facts(run: FinishedRun, folder: str) -> str:
    rows = [
        ("outcome", markup(run.outcome.word)),
        ("simulated", markup(pace(run))),
        ("seed", str(run.seed)),
        ("defects", markup(", ".join(run.defects))),
        ("verifies", markup(", ".join(run.verifies))),
        ("file", markup(run.file)),
        ("plan", f"{_reference(folder, PLAN_FILE)} {markup(run.plan_digest)}"),
        ("trace", f"{_reference(folder, TRACE_FILE)} {markup(run.trace_digest)}"),
        ("record", _reference(folder, RUN_FILE)),
        ("kept time", f"{_reference(folder, HEALTH_FILE)} {markup(in_a_line(run.health))}" if run.health.told else ""),
        ("host", markup(", ".join(f"{what} {much}" for what, much in run.host))),
        ("versions", markup(", ".join(f"{name} {version}" for name, version in run.versions))),
    ]
    return _table([(label, value) for label, value in rows if value])


def _told(verdict: Verdict) -> str:
    rows = [
        ("outcome", verdict.outcome.word),
        ("expected", verdict.expected),
        ("why", verdict.why),
        ("margin", margin(verdict.margin)),
        ("at", "" if verdict.at is None else show(verdict.at)),
        ("observer", verdict.observer),
        ("records", ", ".join(map(str, verdict.proof[:20]))),
        ("verifies", ", ".join(verdict.verifies)),
        ("place", verdict.place),
    ]
    return _table([(label, markup(value)) for label, value in rows if value])


def _table(rows: list[tuple[str, str]]) -> str:
    """A table of labels and values that are HTML already."""
    cells = "".join(f'<tr><td style="padding-right:1em">{label}</td><td>{value}</td></tr>' for label, value in rows)
    return f"<table>{cells}</table>"


def _reference(folder: str, file: str) -> str:
    return f'<a href="{folder}/{file}">{file}</a>'


def _image(link: str) -> str:
    return f'<a href="{link}"><img src="{link}" style="max-width:100%" alt="picture"></a>'
