"""How much is tried: `--slice` for continuous integration, or numbers of one's own; in full without any of them."""

from dataclasses import asdict, dataclass

import pytest


@dataclass(frozen=True)
class Amounts:
    """Set-points, processes that fight for one lock, kills, and faults of a line."""

    setpoints: int
    processes: int
    kills: int
    cases: int


FULL, SLICE = Amounts(1_000_000, 50, 500, 2_000), Amounts(50_000, 8, 10, 60)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, known when this folder is named on the command line: `pytest tests/safety --slice`."""
    parser.addoption("--slice", action="store_true", help="50 000 set-points, 8 processes, 10 kills, 60 faults")
    parser.addoption("--setpoints", type=int, default=0, help="so many random set-points; 1 000 000 in full")
    parser.addoption("--processes", type=int, default=0, help="so many processes fight for one lock; 50 in full")
    parser.addoption("--kills", type=int, default=0, help="so many benches are killed or stopped; 500 in full")
    parser.addoption("--cases", type=int, default=0, help="so many faults of the line to an instrument; 2 000 in full")


def pytest_configure(config: pytest.Config) -> None:
    """Whatever was not given is as many as in full, or in the slice."""
    for name, number in asdict(SLICE if config.getoption("--slice") else FULL).items():
        setattr(config.option, name, config.getoption(f"--{name}") or number)


@pytest.fixture(scope="session")
def amounts(pytestconfig: pytest.Config) -> Amounts:
    """What the options say."""
    return Amounts(*(pytestconfig.getoption(f"--{name}") for name in Amounts.__annotations__))


@pytest.fixture(autouse=True)
def locks_of_our_own(tmp_path, monkeypatch):
    """Locks of these tests and of what they start lie apart from those of the user's benches."""
    monkeypatch.setenv("BENCH_LOCKS", str(tmp_path / "locks"))
