"""JUnit XML that servers read: none and inconclusive are errors, nothing is ever skipped, any text is XML."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from report_example import EXPECTATIONS, example, healthy, judged, plan, recorded
from test_report_text import HOSTILE

from bench.report.folder import write
from bench.report.junit import junit
from bench.report.record import read_run


@pytest.fixture
def runs(tmp_path):
    """A pass, a fail, a none, an interrupted and a broken run, in two folders."""
    cut = replace(recorded(), complete=False)
    made = (
        healthy(scenario="good", file="scenarios/drive/good.scenario.yaml"),
        example(),
        judged(plan(scenario="none", expectations=EXPECTATIONS[6:]), recorded()),
        judged(plan(scenario="cut", expectations=EXPECTATIONS[4:6]), cut, interrupted=True),
        judged(plan(scenario="broken"), cut, broken="KeyError: 7"),
    )
    return [read_run(write(run, tmp_path)) for run in made]


def test_one_suite_a_folder_and_one_case_a_run(runs, tmp_path):
    root = ElementTree.fromstring(junit(runs, tmp_path))

    assert {suite.get("name"): [case.get("name") for case in suite.iter("testcase")] for suite in root} == {
        "drive": ["good"],
        "telematics": ["tcu_example", "none", "cut", "broken"],
    }


def test_only_a_failed_verdict_is_a_failure_and_all_else_that_is_no_pass_is_an_error(runs, tmp_path):
    root = ElementTree.fromstring(junit(runs, tmp_path))
    kinds = ("failure", "error", "skipped")
    elements = {
        case.get("name"): [(child.tag, child.get("type")) for child in case if child.tag in kinds]
        for case in root.iter("testcase")
    }

    assert elements == {
        "good": [],
        "tcu_example": [("failure", "fail")],
        "none": [("error", "none")],
        "cut": [("error", "inconclusive")],
        "broken": [("error", "error")],
    }
    assert [root.get(count) for count in ("tests", "failures", "errors", "skipped")] == ["5", "1", "3", "0"]


def test_a_failure_says_what_was_expected_seen_when_and_where_the_picture_is(runs, tmp_path):
    text = next(ElementTree.fromstring(junit(runs, tmp_path)).iter("failure")).text

    assert "E2 expected: the camera picture is there in time: when model.gear == R, within 2 s" in text
    assert "after 2.6 s" in text
    assert "at 14 s; 600 ms beyond (30 %); picture tcu_example/plots/E2.svg" in text


@pytest.mark.parametrize("word", HOSTILE)
def test_any_text_is_xml(tmp_path, word):
    expectations = tuple(replace(one, say=word) for one in EXPECTATIONS)
    run = judged(plan(title=word, file=word, verifies=(word,), expectations=expectations), recorded())
    run = replace(run, verdicts=tuple(replace(one, why=word) for one in run.verdicts))

    ElementTree.fromstring(junit([read_run(write(run, tmp_path))], tmp_path).encode())
