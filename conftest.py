"""`pytest scenarios` runs the same files as `bench run`: each `*.scenario.yaml` is one test, judged by the bench alone.

Nothing of the bench is imported until a scenario is executed, so collecting tests/ stays light.
"""

from collections.abc import Iterator
from pathlib import Path

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

        run = run_for(self.path)
        if run.outcome is not Outcome.PASS:  # none and inconclusive too: a skip would be green
            bad = [verdict for verdict in run.verdicts if verdict.outcome is not Outcome.PASS]
            lines = [f"{verdict.outcome.word}: {verdict.expected}: {verdict.why}" for verdict in bad]
            raise ScenarioFailed("\n".join([f"{self.name}: {run.outcome.word}", *lines]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> object:
        """A verdict is shown in its own words; anything else is a fault of the bench and keeps its traceback."""
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"scenario {self.name}"


class ScenarioFailed(Exception):
    """A scenario did not pass; the message says which checks, by how much and when."""
