"""No file hurts the bench: two thousand mutated databases and as many scenarios, on demand or a slice of them.

`tox run -e hostile` takes a quarter of an hour; `tox run -e hostile -- --slice` half a minute. Both print the figures.
"""

import resource

import pytest
from hostile_trial import BYTES, HANGS, SECONDS, Tally, tried
from mutations import DATABASES, SCENARIOS, mutants

from bench.network.database import content, load
from bench.network.reader import Reader
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

SEED = 20_250_101


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", "")


def held(tally: Tally, what: str, capfd) -> None:
    with capfd.disabled():
        print(f"\n{tally.told(what)}")  # noqa: T201 (the figures are what this is run for)
    assert tally.wrong == []
    assert tally.slowest[0] <= SECONDS, tally.slowest
    assert tally.longest <= HANGS
    assert max(tally.largest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024) <= BYTES


def test_mutated_databases(number, tmp_path, capfd):
    with Reader() as reader:
        tally = tried(mutants(DATABASES, number, SEED), tmp_path / "a.dbc", lambda path: load(path, reader=reader))

    held(tally, "databases", capfd)


def test_mutated_scenarios(number, tmp_path, capfd):
    rig = load_rig()
    tally = tried(mutants(SCENARIOS, number, SEED), tmp_path / "a.scenario.yaml", lambda path: resolve(path, rig))

    held(tally, "scenarios", capfd)


def test_mutated_databases_are_repaired_or_left(number, tmp_path, capfd):
    """A repair reads a file three times and may take as much longer, so it is held to its outcome and memory alone."""
    with Reader() as reader:
        files = mutants(DATABASES, number // 4, SEED + 1)
        tally = tried(files, tmp_path / "a.dbc", lambda path: reader.repair(str(path), content(path)))
    with capfd.disabled():
        print(f"\n{tally.told('repairs')}")  # noqa: T201

    assert tally.wrong == []
    assert tally.largest <= BYTES
