"""Robot Framework reports runs: one test a run, nothing but a pass is green, and it runs scenarios by itself."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from report_example import EXPECTATIONS, example, healthy, judged, plan, recorded
from robot import api

from bench.model.trace import Occurrence
from bench.report.folder import write
from bench.report.record import read_run
from bench.report.robot_pages import write_pages
from bench.report.robot_suite import ScenarioParser, joined

ROOT = Path(__file__).parents[1]
SOURCES = Path("/project/scenarios")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The pages of a pass, a fail, a none, an interrupted and a broken run, in this order."""
    out = tmp_path_factory.mktemp("reports")
    cut = replace(recorded(), complete=False)
    made = {
        "drive/good": healthy(scenario="good", tags=("robot:skip", "none", "Größe ${x}")),
        "telematics/bad": example(),
        "telematics/none": judged(plan(scenario="none", expectations=EXPECTATIONS[6:]), recorded()),
        "drive/cut": judged(plan(scenario="cut", expectations=EXPECTATIONS[4:6]), cut, interrupted=True),
        "broken": judged(plan(scenario="broken"), cut, broken="KeyError: 7"),
        "empty": judged(plan(scenario="empty", expectations=()), recorded()),
    }
    done = [(SOURCES / f"{name}.scenario.yaml", run.plan, read_run(write(run, out))) for name, run in made.items()]
    assert write_pages(done, out) == out / "report.html"
    return out


@pytest.fixture(scope="module")
def result(pages):
    return api.ExecutionResult(str(pages / "output.xml"))


@pytest.fixture(scope="module")
def tests(result):
    """The tests by the name of their suite."""
    return {test.parent.name: test for test in result.suite.all_tests}


def test_all_pages_are_there(pages):
    assert {"output.xml", "log.html", "report.html"} <= {file.name for file in pages.iterdir()}


def test_suites_follow_the_folders_in_the_order_of_the_runs(result):
    suite = result.suite

    assert suite.name == "Scenarios"
    assert [(child.name, [one.name for one in child.suites]) for child in suite.suites] == [
        ("Drive", ["Good", "Cut"]),
        ("Telematics", ["Bad", "None"]),
        ("Broken", []),
        ("Empty", []),
    ]


def test_one_run_is_its_own_root():
    suite = api.TestSuite("Only", source=SOURCES / "x.scenario.yaml")

    assert joined([suite]) is suite


def test_only_a_pass_is_green_and_nothing_is_skipped(tests):
    assert {name: test.status for name, test in tests.items()} == {
        "Good": "PASS",
        "Bad": "FAIL",
        "None": "FAIL",
        "Cut": "FAIL",
        "Broken": "FAIL",
        "Empty": "FAIL",
    }


def test_what_is_neither_pass_nor_fail_has_a_tag(tests):
    outcomes = {name: [tag for tag in test.tags if tag.startswith("outcome:")] for name, test in tests.items()}

    assert outcomes == {
        "Good": [],
        "Bad": [],
        "None": ["outcome:none"],
        "Cut": ["outcome:inconclusive"],
        "Broken": ["outcome:error"],
        "Empty": ["outcome:none"],
    }


def test_tags_are_those_of_the_scenario_and_what_it_verifies(tests):
    assert list(tests["Bad"].tags) == ["power", "TCU-REQ-112", "telematics"]
    assert {"tag:robot:skip", "Größe ${x}"} <= set(tests["Good"].tags)


def test_a_failure_says_in_two_lines_what_was_expected_seen_when_and_where_the_picture_is(tests):
    message = tests["Bad"].message

    assert message.count(" expected: ") == 5
    expected = "E2 expected: the camera picture is there in time: when model.gear == R, within 2 s: "
    assert f"{expected}IVI_Camera_01.View == REAR\nseen: 'IVI_Camera_01.View == REAR' followed" in message
    assert "at 14 s; 600 ms beyond (30 %); picture tcu_example/plots/E2.svg" in message


def test_a_broken_run_still_lists_what_failed_and_says_what_broke(tests):
    assert "E2 expected" in tests["Broken"].message
    assert "the bench broke after 20 s of simulated time: KeyError: 7" in tests["Broken"].message


def test_an_interrupted_run_says_so(tests):
    assert "interrupted after 20 s of simulated time" in tests["Cut"].message


def test_keywords_are_phases_and_expectations_and_never_frames(tests):
    words = [(keyword.name, *keyword.args[:1]) for keyword in tests["Bad"].body]

    assert words == [
        ("Scenario", "tcu_example"),
        *(("Phase", name) for name in ("start", "call", "recover")),
        *(("Expectation", f"E{number}") for number in range(1, 8)),
        ("Outcome",),
    ]


def test_a_phase_tells_when_it_ran_and_what_was_done(tests):
    phase = next(keyword for keyword in tests["Bad"].body if keyword.args[:1] == ("recover",))

    assert phase.body[0].message == ("16 s to 20 s\n17 s  fault starts F1\n17.9 s  fault ends F1")


def test_links_are_relative_and_lead_to_files(tests, pages):
    html = [m.message for keyword in tests["Bad"].body for m in keyword.body if m.type == "MESSAGE" and m.html]
    links = [part.partition('"')[0] for message in html for part in message.split('href="')[1:]]

    assert "tcu_example/run.json" in links
    assert "tcu_example/plots/E4.svg" in links
    assert all((pages / link).is_file() for link in links)


def test_an_expired_phase_fails_in_its_own_keyword(tmp_path):
    changed = replace(plan().phases[0], duration=None, until=EXPECTATIONS[6].check.trigger.condition, at_most=4 * 10**9)
    trace = recorded()
    happened = tuple(
        Occurrence(one.at, "phase_expires", one.name) if (one.what, one.name) == ("phase_ends", "start") else one
        for one in trace.occurrences
    )
    made = plan(phases=(changed, *plan().phases[1:]), expectations=EXPECTATIONS[4:6])
    run = judged(made, replace(trace, occurrences=happened))
    write_pages([(SOURCES / "x.scenario.yaml", run.plan, read_run(write(run, tmp_path)))], tmp_path)
    (test,) = api.ExecutionResult(str(tmp_path / "output.xml")).suite.all_tests

    assert [(keyword.name, keyword.args[0]) for keyword in test.body if keyword.failed] == [("Phase", "start")]
    assert "phase start did not reach" in test.message


SCENARIO = """\
scenario: {name}
title: {title}
tags: [small]
background: {{vehicle: {{power_mode: RUN}}}}
phases:
  - {{name: start, for: 1 s}}
  - {{name: only, for: 2 s}}
expect:
  - id: E1
    cycle: {{message: TCU_Status_01, period: declared, tolerance: 20 %}}
    during: only
    say: status comes in its cycle
"""


def robot(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`robot --parser ... scenarios` as a user types it."""
    parser = ["--parser", "bench.report.robot_suite.ScenarioParser"]
    words = [sys.executable, "-m", "robot", *parser, "--outputdir", "pages", *arguments, "scenarios"]
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Two scenarios and a YAML file that is no scenario."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "scenarios" / "sub").mkdir(parents=True)
    for name, title in (("first", "First of all"), ("second", "Second ${of} all")):
        file = folder / "scenarios" / "sub" / f"{name}.scenario.yaml"
        file.write_text(SCENARIO.format(name=name, title=title))
    (folder / "scenarios" / "stray.yaml").write_text("no: scenario\n")
    return folder


class TestByItself:
    """`robot --parser bench.report.robot_suite.ScenarioParser scenarios` needs nobody else."""

    def test_it_executes_what_has_no_finished_run_and_reuses_what_has(self, project):
        done = robot(project)
        assert done.returncode == 0, done.stdout
        assert "2 tests, 2 passed, 0 failed" in done.stdout
        record = project / "reports" / "first" / "run.json"
        before = record.stat().st_mtime_ns

        again = robot(project)

        assert again.returncode == 0
        assert record.stat().st_mtime_ns == before
        names = [test.name for test in api.ExecutionResult(str(project / "pages" / "output.xml")).suite.all_tests]
        assert names == ["First of all", "Second ${of} all"]

    def test_what_is_not_included_is_not_executed(self, project, tmp_path):
        text = SCENARIO.format(name="third", title="Third").replace("small", "large")
        (project / "scenarios" / "third.scenario.yaml").write_text(text)

        assert "2 tests, 2 passed" in robot(project, "--include", "small").stdout
        assert not (project / "reports" / "third").exists()

    def test_a_file_with_errors_is_a_failing_test_that_tells_them_all(self, tmp_path):
        (tmp_path / "scenarios").mkdir()
        text = SCENARIO.format(name="wrong", title="Wrong")
        text = text.replace("for: 2 s", "for: 2").replace("TCU_Status_01", "TCU_Statsu_01")
        (tmp_path / "scenarios" / "wrong.scenario.yaml").write_text(text)

        done = robot(tmp_path)
        (test,) = api.ExecutionResult(str(tmp_path / "pages" / "output.xml")).suite.all_tests

        assert done.returncode == 1
        assert "wrong.scenario.yaml:7:" in test.message
        assert "wrong.scenario.yaml:10:" in test.message
        assert "outcome:error" in test.tags
        assert not (tmp_path / "reports").exists()

    def test_links_from_another_folder_lead_to_the_runs(self, project):
        robot(project)
        result = api.ExecutionResult(str(project / "pages" / "output.xml"))
        first = next(iter(result.suite.all_tests)).body[0]

        assert '<a href="../reports/first/run.json">' in first.body[0].message
        assert (project / "pages" / "../reports/first/run.json").is_file()


def test_the_parser_takes_scenarios_only():
    assert ScenarioParser.extension == "scenario.yaml"
