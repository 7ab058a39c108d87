"""Hostile files end in one error: absurd ones, and a few of the mutants that `tox -e hostile` tries by the thousand."""

import os

import pytest
from hostile_trial import BYTES, resident, tried
from mutations import DATABASES, SCENARIOS, mutants

from bench.errors import ScenarioError
from bench.network.database import load
from bench.network.reader import Reader
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

MILLION = b'BU_: A\nBO_ 256 M: 1000000 A\n SG_ S : 0|8@1+ (1,0) [0|1] "" A\n SG_ T : 8|8@1+ (1,0) [0|1] "" A\n'
HIDDEN = MILLION.replace(b"\nBO_", b" BO_")
"""The same where only cantools finds it: behind another statement."""


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", "")


@pytest.fixture(scope="module")
def reader():
    with Reader() as reader:
        yield reader


def refused(tmp_path, reader, content: bytes) -> str:
    path = tmp_path / "a.dbc"
    path.write_bytes(content)
    before = resident()
    with pytest.raises(ScenarioError) as refusal:
        load(path, reader=reader)
    assert resident() - before < BYTES
    told = str(refusal.value)
    assert told.startswith(str(path)) and ";" in told
    return told


def test_a_message_of_a_million_bytes(tmp_path, reader):
    """82 bytes that take cantools a second and a quarter of a gigabyte."""
    content = MILLION[: MILLION.index(b" SG_ T")]
    assert len(content) <= 82

    assert "a.dbc:2: message M: 1000000 bytes is not a length of CAN" in refused(tmp_path, reader, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(HIDDEN, "to read it takes more than", id="hidden"),
        pytest.param(
            b'BU_: A\nBO_ 1 M: 8 A\n SG_ S m0M : 0|8@1+ (1,0) [0|1] "" A\nSG_MUL_VAL_ 1 S S 0-4294967295;\n',
            "to read it takes more than",
            id="four milliard multiplexer values",
        ),
        pytest.param(b"BU_: A\nBO_ " + b"9" * 5000 + b" M: 8 A\n\n", "a.dbc", id="an id of 5000 digits"),
        pytest.param(b"BU_: A\nBO_ 1 M: " + b"9" * 5000 + b" A\n\n", "a.dbc", id="a length of 5000 digits"),
        pytest.param(
            b'BU_: A\nBO_ 1 M: 8 A\n SG_ S : 0|99999999999@1+ (1,0) [0|1] "" A\n', "a.dbc", id="a signal beyond all"
        ),
        pytest.param(
            b'BU_: A\nBO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1e999,0) [0|1] "" A\n', "finite numbers", id="an endless factor"
        ),
        pytest.param(b'BU_: A\nBO_ 1 M: 8 A\n SG_ S : 0|8@1+ (0,0) [0|1] "" A\n', "not 0", id="a factor of 0"),
        pytest.param(b"BO_ " * 200_000, "a.dbc:1", id="heads without an end"),
        pytest.param(b'"' * 300_001 + b";\n", "a.dbc", id="quotes"),
    ],
)
def test_what_would_take_all_time_or_memory_is_refused(tmp_path, reader, content, words):
    assert words in refused(tmp_path, reader, content)


def test_a_file_that_broke_a_limit_does_not_spoil_the_next(tmp_path, reader):
    for _ in range(2):
        refused(tmp_path, reader, HIDDEN)
        assert load(DATABASES[0], reader=reader).messages


def test_a_device_a_pipe_and_a_file_without_end_are_not_read(tmp_path, reader):
    os.mkfifo(tmp_path / "pipe.dbc")
    with (tmp_path / "long.dbc").open("wb") as stream:
        stream.truncate(1 << 40)  # no blocks on the disk, and more than there is memory
    for path, words in (("/dev/zero", "no regular file"), ("pipe.dbc", "no regular file"), ("long.dbc", "16 MiB")):
        with pytest.raises(ScenarioError, match=words):
            load(tmp_path / path, reader=reader)


def test_mutated_databases(tmp_path, reader):
    tally = tried(mutants(DATABASES, 24, 1), tmp_path / "a.dbc", lambda path: load(path, reader=reader))

    assert tally.wrong == []
    assert tally.outcomes["refused"] > 10


def test_mutated_scenarios(tmp_path):
    rig = load_rig()
    tally = tried(mutants(SCENARIOS, 60, 1), tmp_path / "a.scenario.yaml", lambda path: resolve(path, rig))

    assert tally.wrong == []
    assert tally.outcomes["refused"] > 30


def test_mutants_are_the_same_for_a_seed():
    one, other, another = (list(mutants(DATABASES, 5, seed)) for seed in (1, 1, 2))

    assert one == other != another
