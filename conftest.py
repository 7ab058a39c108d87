"""`pytest scenarios` runs the same files as `bench run`: each `*.scenario.yaml` is one test, judged by the bench alone.

Nothing of the bench is imported until a scenario is executed, so collecting tests/ stays light.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Scenario files are tests wherever they lie, except below tests/, where they are inputs."""
    tests = parent.config.rootpath / "tests"
    if not file_path.name.endswith(".scenario.yaml") or file_path.is_relative_to(tests):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One scenario file."""

    def collect(self) -> Iterator["ScenarioItem"]:
        yield ScenarioItem.from_parent(self, name=self.path.name.removesuffix(".scenario.yaml"))


class ScenarioItem(pytest.Item):
    """One run of a scenario: passed if the finished run is, failed with the words of its verdicts otherwise."""

    def runtest(self) -> None:
        from bench.model.verdict import Outcome
        from bench.report.finished import run_for
        from bench.report.summary import remarks, summary

        run = run_for(self.path, self.config.rootpath / "reports")
        if run.outcome is not Outcome.PASS:  # none and inconclusive too: a skip would be green
            raise ScenarioFailed("\n".join([summary(run), *remarks(run, self.config.invocation_params.dir)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> Any:
        """Verdicts and errors of a file are told in their own words; a fault of the bench keeps its traceback."""
        from bench.errors import RigError, ScenarioError

        if isinstance(excinfo.value, ScenarioFailed | ScenarioError | RigError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"scenario {self.name}"


class ScenarioFailed(Exception):
    """A scenario did not pass; the message says which checks, by how much and when."""
