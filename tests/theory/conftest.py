"""`--slice`: some sixty message sets in place of a thousand."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # the made-up networks and the bit-by-bit encoder


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, known when this folder is named on the command line: `pytest tests/theory --slice`."""
    parser.addoption("--slice", action="store_true", help="60 random message sets in place of 1 000")


@pytest.fixture
def sets(pytestconfig: pytest.Config) -> int:
    """How many random message sets are wanted."""
    return 60 if pytestconfig.getoption("--slice") else 1000
