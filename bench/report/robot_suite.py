"""Scenario files as suites, one test a run: `robot --parser bench.report.robot_suite.ScenarioParser scenarios`.

A suite is made of the plan alone; a run that is not there yet is executed when its test starts, so `--include` and its
like save the execution too. Nothing here or in the keywords judges anything.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from robot.api import TestSuite
from robot.api.interfaces import TestDefaults

from bench.errors import BenchError
from bench.model.plan import Plan
from bench.report.finished import planned
from bench.report.record import OUT
from bench.report.text import documentation, exact, setting, tag

SUFFIX = ".scenario.yaml"


class ScenarioParser:
    """Robot Framework's parser interface.

    Arguments are the folder of the runs and the rig file, as in `--parser ...ScenarioParser:reports:rigs/x.yaml`.
    """

    extension = "scenario.yaml"

    def __init__(self, out: str = str(OUT), rig: str = "") -> None:
        self.out = out
        self.rig = rig

    def parse(self, source: Path, defaults: TestDefaults) -> TestSuite:
        """The suite of one file; one with errors has one test, which fails with them."""
        try:
            suite = suite_of(planned(source, Path(self.rig) if self.rig else None), source, (self.out, self.rig, ""))
        except BenchError:
            suite = _unreadable(source, (self.out, self.rig, ""))
        for test in suite.tests:
            defaults.set_to(test)
        return suite


Where = tuple[str, str, str]
"""The folder of the runs, the rig file, and the folder of the run itself where it is there already; else empty."""


def suite_of(plan: Plan, source: Path, where: Where) -> TestSuite:
    """The suite of one plan."""
    suite = _suite(source, where)
    labels = [tag(words) for words in dict.fromkeys((*plan.tags, *plan.verifies))]
    title, place = setting(plan.title or plan.scenario, 300), documentation(f"{plan.file}, seed {plan.seed}")
    test = suite.tests.create(name=title, doc=setting(place), tags=labels)
    test.body.create_keyword("Scenario", [setting(plan.scenario)])
    for phase in plan.phases:
        test.body.create_keyword("Phase", [setting(phase.name)])
    for expectation in plan.expectations:
        words = setting(expectation.say or expectation.text, 300)
        test.body.create_keyword("Expectation", [setting(expectation.id), words])
    test.body.create_keyword("Outcome")
    return suite


def joined(suites: Sequence[TestSuite]) -> TestSuite:
    """One suite of all, in their order, with a suite for each folder between them and their common one."""
    if len(suites) == 1:
        return suites[0]
    common = Path(os.path.commonpath([Path(str(suite.source)).parent for suite in suites]))
    root = _folder(common)
    made = {common: root}
    for suite in suites:
        _made(Path(str(suite.source)).parent, made).suites.append(suite)
    return root


def _made(path: Path, made: dict[Path, TestSuite]) -> TestSuite:
    if path not in made:
        made[path] = _made(path.parent, made).suites.append(_folder(path))
    return made[path]


def _folder(path: Path) -> TestSuite:
    return TestSuite(name=setting(TestSuite.name_from_source(path), 300), source=path)


def _suite(source: Path, where: Where) -> TestSuite:
    suite = TestSuite(name=setting(TestSuite.name_from_source(source, (SUFFIX,)), 300), source=source)
    keywords = "bench.report.robot_keywords.ScenarioKeywords"
    suite.resource.imports.create("LIBRARY", keywords, [exact(str(source)), *map(exact, where)], alias="bench")
    return suite


def _unreadable(source: Path, where: Where) -> TestSuite:
    suite = _suite(source, where)
    test = suite.tests.create(name=setting(source.name, 300), tags=["outcome:error"])
    test.body.create_keyword("Scenario", [setting(source.name)])
    return suite
