"""`--slice`: so many files as continuous integration can wait for."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, known when this folder is named on the command line: `pytest tests/hostile --slice`."""
    parser.addoption("--slice", action="store_true", help="sixty files of each kind in place of two thousand")


@pytest.fixture
def number(pytestconfig: pytest.Config) -> int:
    """How many files of a kind are tried."""
    return 60 if pytestconfig.getoption("--slice") else 2000
