"""The command line starts light, and each way to use it wrongly ends with its own exit code."""

import json
import os
import re
import subprocess
import sys

import pytest

from bench import __main__ as command_line
from bench.errors import BenchBug, RigError, ScenarioError

HEAVY = {"can", "cantools", "numpy", "pydantic", "rich", "robot", "simpy", "yaml"}
VERBS = list(command_line.VERBS)


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True, check=False)


def imported_by(words: list[str]) -> set[str]:
    """The modules that one command line has imported when it ends."""
    program = (
        "import json, sys\n"
        "from bench.__main__ import main\n"
        "try:\n    main(json.loads(sys.argv[1]))\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    command = [sys.executable, "-c", program, json.dumps(words)]
    shown = subprocess.check_output(command, stderr=subprocess.PIPE, text=True)
    return set(json.loads(shown.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], ["--version"], [], ["no-such-verb"]], ids=" ".join)
def test_the_bare_command_imports_no_verb_and_nothing_heavy(words):
    modules = imported_by(words)

    assert modules & HEAVY == set()
    assert {name for name in modules if name.startswith("bench")} == {"bench", "bench.__main__", "bench.errors"}


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_imports_that_verb_alone(verb):
    modules = imported_by([verb, "--help"])

    assert {name for name in modules if name.startswith("bench.commands.")} == {f"bench.commands.{verb}"}
    assert modules & {"numpy", "pydantic", "rich"} == set()


def test_help_names_every_verb_and_every_exit_code():
    done = bench("--help")

    assert done.returncode == 0
    assert all(re.search(rf"^    {verb}\s", done.stdout, re.MULTILINE) for verb in VERBS)
    assert all(f"\n  {code} " in done.stdout for code in (0, 1, 2, 3, 4, 130))


def test_without_a_verb_the_help_goes_to_standard_error():
    done = bench()

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: bench")


def test_an_unknown_verb_is_a_usage_error_that_names_the_verbs():
    done = bench("rum")

    assert done.returncode == 2
    assert "'rum'" in done.stderr
    assert all(verb in done.stderr for verb in VERBS)


class _Raises:
    """A verb that raises what it is told to."""

    def __init__(self, error: BaseException):
        self.error = error

    def arguments(self, parser):
        pass

    def run(self, options):
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ScenarioError("a.yaml:3:5: no such key"), 2, "a.yaml:3:5: no such key\n"),
        (RigError("supply did not answer"), 2, "supply did not answer\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
    ids=["scenario", "rig", "interrupt"],
)
def test_who_must_act_decides_the_exit_code_without_a_traceback(error, code, words, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "bench.commands.run", _Raises(error))

    assert command_line.main(["run"]) == code
    assert capsys.readouterr().err == words


@pytest.mark.parametrize(
    ("error", "word"), [(BenchBug("lost"), "lost"), (KeyError("x"), "KeyError")], ids=["bug", "other"]
)
def test_a_fault_of_the_bench_says_so_and_keeps_its_traceback(error, word, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "bench.commands.run", _Raises(error))

    assert command_line.main(["run"]) == 4
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.splitlines()[-1].startswith(f"bench broke: {word}")


def test_a_reader_that_leaves_early_is_no_fault():
    """As in `bench --help | head -0`: no traceback, and an exit code of its own."""
    reader, writer = os.pipe()
    os.close(reader)
    program = "import sys; from bench.__main__ import main; sys.modules['bench.commands.run'] = type('V', (), dict("
    program += "arguments=lambda parser: None, run=lambda options: print('x' * 100000) or 0)); sys.exit(main(['run']))"
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")
