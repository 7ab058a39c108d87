"""`--slice`: so many runs as continuous integration can wait for."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, known when this folder is named on the command line: `pytest tests/stall --slice`."""
    parser.addoption("--slice", action="store_true", help="12 runs with stalls and 6 without, in place of 200 and 50")
    parser.addoption("--stalled", type=int, default=0, help="so many runs with stalls")
    parser.addoption("--calm", type=int, default=0, help="so many runs without")


@pytest.fixture
def counts(pytestconfig: pytest.Config) -> tuple[int, int]:
    """How many runs with stalls and without."""
    stalled, calm = (12, 6) if pytestconfig.getoption("--slice") else (200, 50)
    return pytestconfig.getoption("--stalled") or stalled, pytestconfig.getoption("--calm") or calm
