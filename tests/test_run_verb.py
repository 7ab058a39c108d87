"""`bench run`, and `pytest scenarios`: exit codes, what stands on the terminal, what is touched and what is not."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from report_example import example, healthy, judged, plan, recorded

from bench.__main__ import main
from bench.commands.run import exit_code, selected
from bench.model.verdict import Margin, Outcome
from bench.report.folder import write
from bench.report.record import FinishedRun, read_run
from bench.report.summary import margin, pace, remarks, summary

ROOT = Path(__file__).parents[1]
SCENARIO = """\
scenario: {name}
title: Status goes out
verifies: [REQ-{name}]
tags: [small, {tag}]
background: {{vehicle: {{power_mode: RUN}}}}
phases:
  - {{name: start, for: 1 s}}
  - {{name: steady, for: 2 s}}
expect:
  - id: cycle
    cycle: {{message: TCU_Status_01, period: declared, tolerance: 20 %}}
    during: steady
    say: status comes in its cycle
  - id: asked
    {check}
"""
PASSES = 'eventually: "model.speed == 0 km/h"'
FAILS = 'never: "model.speed == 0 km/h"'
IS_NONE = 'when: "model.speed rises above 100 km/h"\n    within: 1 s\n    then: "TCU_Status_01 received"'


def scenario(folder: Path, name: str, check: str = PASSES, tag: str = "plain", text: str = SCENARIO) -> Path:
    """Write a scenario of three simulated seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.scenario.yaml"
    file.write_text(text.format(name=name, check=check, tag=tag))
    return file


@dataclass(frozen=True)
class Done:
    """What a command line gave."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    """`bench ...` as a user types it in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> Done:
        try:
            code = main(words)
        except SystemExit as left:  # argparse leaves so
            code = left.code
        return Done(code, *capsys.readouterr())

    return typed


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture
def runs(tmp_path):
    """A finished run of each outcome; by hand, so that each is there whatever the ECUs do."""

    def of(outcome: Outcome, interrupted: bool = False) -> FinishedRun:
        run = read_run(write(healthy(scenario=outcome.word), tmp_path))
        return replace(run, outcome=outcome, interrupted=interrupted)

    return of


WORST = {Outcome.PASS: 0, Outcome.NONE: 3, Outcome.INCONCLUSIVE: 3, Outcome.FAIL: 1, Outcome.ERROR: 4}


@pytest.mark.parametrize(("one", "other"), list(product(Outcome, Outcome)))
def test_the_exit_code_is_that_of_the_worst_run(runs, one, other):
    assert exit_code([runs(one), runs(other)]) == WORST[max(one, other)]


@pytest.mark.parametrize("outcome", Outcome)
def test_an_interrupted_run_has_its_own_exit_code(runs, outcome):
    assert exit_code([runs(Outcome.FAIL), runs(outcome, interrupted=True)]) == 130


def test_a_summary_is_one_line_with_outcome_margin_and_pace(tmp_path):
    words = summary(read_run(write(example(), tmp_path)))

    assert len(words.splitlines()) == 1
    assert words.startswith("fail         tcu_example ")
    assert "20.0 s in 0.40 s (50 x)" in words
    assert words.endswith("tightest E4, 890 ms beyond (8900 %): status comes every 100 ms")


def test_a_run_without_wall_time_has_no_factor(tmp_path):
    assert pace(read_run(write(judged(plan(), recorded(), wall=0), tmp_path))) == "20.0 s in 0.00 s"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (Margin(), ""),
        (Margin(time=250_000_000, relative=0.125), "250 ms left (12 %)"),
        (Margin(time=-600_000_000, relative=-0.3), "600 ms beyond (30 %)"),
        (Margin(value=-0.5, unit="km/h", relative=-0.01), "0.5 km/h beyond (1 %)"),
        (Margin(value=3.0, time=10), "10 ns and 3 left"),
        (Margin(relative=0.5), "50 % left"),
        (Margin(time=0, relative=0.0), "at the limit"),
    ],
)
def test_a_margin_in_words(distance, words):
    assert margin(distance) == words


def test_what_failed_stands_before_what_is_none(tmp_path):
    rows = remarks(read_run(write(example(), tmp_path)), tmp_path)

    assert [row.split()[0] for row in rows[::2]] == ["E1", "E2", "E3", "E4", "E7"]
    assert rows[-1].startswith("none, seen: ")


def test_what_an_interruption_left_undecided_is_only_counted(tmp_path):
    cut = judged(plan(), replace(recorded(), complete=False, closed_at=recorded().closed_at), interrupted=True)
    rows = remarks(read_run(write(cut, tmp_path)), tmp_path)

    assert rows[0] == "interrupted after 20 s of simulated time"
    assert rows[1].endswith("of 7 expectations were not decided")
    assert not any(row.startswith("inconclusive") for row in rows)


def test_tags_select_as_in_robot_whatever_their_case_spaces_and_underscores():
    found = [(Path(), plan(scenario=name, tags=tags, verifies=(f"REQ-{name}",))) for name, tags in
             {"a": ("Slow Drive", "ivi"), "b": ("ivi",), "c": ()}.items()]  # fmt: skip

    def names(include=(), exclude=()):
        return [one.scenario for _, one in selected(found, include, exclude)]

    assert names() == ["a", "b", "c"]
    assert names(["IVI"]) == ["a", "b"]
    assert names(["slow_drive", "req-c"]) == ["a", "c"]
    assert names(["i*"], ["slowdrive"]) == ["b"]
    assert names(["nothing"]) == []


class TestRun:
    """The verb on real scenarios."""

    def test_a_run_that_passes_leaves_all_there_is_to_leave(self, bench, tmp_path):
        scenario(tmp_path / "scenarios" / "one", "first")
        scenario(tmp_path / "scenarios" / "two", "second")

        done = bench("run", "scenarios", "--out", "out")

        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert [line.split()[:2] for line in lines[:2]] == [["pass", "first"], ["pass", "second"]]
        assert lines[2:] == ["2 scenarios: 2 pass", "report: out/report.html"]
        assert done.stderr == ""
        assert {file.name for file in (tmp_path / "out").iterdir()} == {
            "first", "second", "output.xml", "log.html", "report.html", "junit.xml"
        }  # fmt: skip
        assert ElementTree.parse(tmp_path / "out" / "junit.xml").getroot().get("tests") == "2"
        statistics = ElementTree.parse(tmp_path / "out" / "output.xml").getroot().find("./statistics/total/stat")
        assert statistics.get("pass") == "2"

    def test_two_runs_have_equal_digests(self, bench, tmp_path):
        scenario(tmp_path / "scenarios", "first")
        digests = []
        for out in ("one", "two"):
            bench("run", "scenarios", "--out", out)
            digests.append(read_run(tmp_path / out / "first"))

        assert digests[0].trace_digest == digests[1].trace_digest
        assert digests[0].plan_digest == digests[1].plan_digest
        assert (tmp_path / "one/first/trace.zip").read_bytes() == (tmp_path / "two/first/trace.zip").read_bytes()

    @pytest.mark.parametrize(("check", "code", "word"), [(FAILS, 1, "fail"), (IS_NONE, 3, "none")])
    def test_what_does_not_pass_is_told_in_two_lines_and_by_the_exit_code(self, bench, tmp_path, check, code, word):
        scenario(tmp_path / "scenarios", "first", check)

        done = bench("run", "scenarios")
        lines = done.stdout.splitlines()

        assert done.returncode == code
        assert lines[0].split()[:2] == [word, "first"]
        assert lines[1].startswith("    asked expected: ")
        assert "seen: " in lines[2]
        assert lines[2].endswith("picture reports/first/plots/asked.svg")
        assert (tmp_path / "reports/first/plots/asked.svg").is_file()

    def test_a_seed_and_tags_on_the_command_line(self, bench, tmp_path):
        scenario(tmp_path / "scenarios", "first")
        scenario(tmp_path / "scenarios", "second", tag="special")

        done = bench("run", "scenarios", "--include", "SPECIAL", "--seed", "77")

        assert done.returncode == 0
        assert read_run(tmp_path / "reports" / "second").seed == 77
        assert not (tmp_path / "reports" / "first").exists()

    def test_ctrl_c_keeps_what_was_recorded(self, tmp_path):
        text = SCENARIO.replace("name: steady, for: 2 s", "name: steady, for: 10 h")
        scenario(tmp_path / "scenarios", "a_long", text=text)
        scenario(tmp_path / "scenarios", "b_never")
        scenario(tmp_path / "first", "first")
        terminal, end = os.openpty()  # on a terminal the bench says how far it is
        with subprocess.Popen(
            [sys.executable, "-m", "bench", "run", "first", "scenarios"], cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=end, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"},
        ) as process:  # fmt: skip
            os.close(end)
            shown = b""
            while not re.search(rb"a_long.*[1-9]\d* s simulated", shown, re.DOTALL):
                shown += os.read(terminal, 4096)
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError):  # EIO: the bench has left the terminal
                while some := os.read(terminal, 4096):
                    shown += some
            said, _ = process.communicate()
        os.close(terminal)

        run = read_run(tmp_path / "reports" / "a_long")
        assert process.returncode == 130, said
        assert b"Traceback" not in shown
        assert run.interrupted
        assert run.outcome is Outcome.INCONCLUSIVE
        assert "interrupted after" in said
        assert (tmp_path / "reports" / "report.html").is_file()
        assert not (tmp_path / "reports" / "b_never").exists()


WRONG = {
    "a misspelt key": ("title:", "titel:"),
    "a misspelt message": ("TCU_Status_01", "TCU_Statsu_01"),
    "a missing unit": ("for: 2 s", "for: 2"),
    "a duplicate key": ("title:", "scenario: again\ntitle:"),
    "nothing at all": (SCENARIO, ""),
    "a binary file": (SCENARIO, "\x00\x01\x02"),
    "a deep file": (SCENARIO, "[" * 100_000),
}


class TestWrongInput:
    """Exit code 2, a message with a place, no traceback, and earlier reports as they were."""

    @pytest.fixture
    def project(self, tmp_path):
        """A project with a report."""
        write(example(), tmp_path / "reports")
        (tmp_path / "reports" / "report.html").write_text("earlier")
        scenario(tmp_path / "scenarios", "good")
        return tmp_path

    @pytest.mark.parametrize("change", list(WRONG.values()), ids=list(WRONG))
    def test_one_wrong_file_and_nothing_is_run_or_touched(self, bench, project, change):
        scenario(project / "scenarios", "wrong", text=SCENARIO.replace(*change) if change[0] != SCENARIO else change[1])
        before = contents(project)

        done = bench("run", "scenarios")

        assert done.returncode == 2
        assert "wrong.scenario.yaml:" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        assert contents(project) == before

    def test_the_errors_of_all_files_are_told_at_once(self, bench, project):
        for name in ("wrong", "worse"):
            scenario(project / "scenarios", name, text=SCENARIO.replace("for: 2 s", "for: 2").replace("title", "titel"))

        errors = bench("run", "scenarios").stderr

        assert errors.count("worse.scenario.yaml:") >= 2
        assert errors.count("wrong.scenario.yaml:") >= 2

    def test_two_files_of_one_name_are_refused(self, bench, project):
        scenario(project / "scenarios" / "again", "good")

        done = bench("run", "scenarios")

        assert done.returncode == 2
        assert "scenario 'good' is in" in done.stderr

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("--defect", "IVI.M99"), "IVI.M99"),
            (("--include", "unknown"), "no scenario has the tags asked for"),
            (("--rig", "none.yaml"), "none.yaml"),
            (("--out", "scenarios/good.scenario.yaml"), "no folder for reports"),
            (("--seed", "x"), "invalid int value"),
            (("nowhere",), "nowhere"),
        ],
    )
    def test_wrong_words_on_the_command_line(self, bench, project, words, told):
        before = contents(project)

        done = bench("run", "scenarios", *words)

        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr
        assert contents(project) == before


def test_pytest_runs_the_same_files(tmp_path):
    scenario(tmp_path / "scenarios", "good")
    scenario(tmp_path / "scenarios", "bad", FAILS)
    scenario(tmp_path / "scenarios", "none", IS_NONE)
    scenario(tmp_path / "scenarios", "wrong", text=SCENARIO.replace("for: 2 s", "for: 2"))
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "scenarios"], cwd=tmp_path,
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 1
    assert "3 failed, 1 passed" in done.stdout
    assert "asked expected: " in done.stdout
    assert "none, seen: " in done.stdout
    assert "wrong.scenario.yaml:8:" in done.stdout
    assert "Traceback" not in done.stdout
    assert read_run(tmp_path / "reports" / "good").outcome is Outcome.PASS


def test_defects_are_listed_one_id_a_line(bench):
    done = bench("defects")
    lines = [line.split("\t") for line in done.stdout.splitlines()]

    assert done.returncode == 0
    assert {"IVI.M01", "IVI.M02", "IVI.M04", "IVI.M07", "TCU.M20"} <= {line[0] for line in lines}
    assert all(len(line) == 3 and line[1] and line[2].startswith("@") for line in lines)
    assert len({line[0] for line in lines}) == len(lines) >= 9


def test_the_record_of_a_run_is_json_for_anybody(tmp_path):
    told = json.loads((write(example(), tmp_path) / "run.json").read_text())

    assert told["outcome"] == "fail"
    assert told["verdicts"][1]["margin"] == {"value": None, "unit": "", "time": -600_000_000, "relative": -0.3}
