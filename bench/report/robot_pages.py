"""Robot Framework's pages of runs that are there already: output.xml, log.html and report.html."""

import io
from collections.abc import Sequence
from pathlib import Path

from robot.api import ResultWriter

from bench.errors import BenchBug
from bench.model.plan import Plan
from bench.report.record import FinishedRun
from bench.report.robot_suite import joined, suite_of

OUTPUT, LOG, REPORT = "output.xml", "log.html", "report.html"


def write_pages(runs: Sequence[tuple[Path, Plan, FinishedRun]], out: Path) -> Path:
    """Write the pages of these runs (file, plan, run), in their order, into the output folder; gives the report."""
    suites = [suite_of(plan, path.absolute(), (str(out), "", str(run.folder))) for path, plan, run in runs]
    said = io.StringIO()
    joined(suites).run(output=OUTPUT, outputdir=str(out), console="none", stdout=said, stderr=said)
    code = ResultWriter(str(out / OUTPUT)).write_results(
        outputdir=str(out), log=LOG, report=REPORT, logtitle="Log of the bench", reporttitle="Report of the bench",
        stdout=said, stderr=said,
    )  # fmt: skip
    if code > 250 or not (out / REPORT).is_file():  # 251 and above: Robot Framework itself failed
        raise BenchBug(f"Robot Framework wrote no report into {out}: {said.getvalue().strip()}")
    return out / REPORT
