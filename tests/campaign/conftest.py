"""`--slice`: so much of the figures as continuous integration can wait for."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, known when this folder is named on the command line: `pytest tests/campaign --slice`."""
    parser.addoption(
        "--slice", action="store_true", help="first strengths, and three seeds a scenario, in place of all"
    )


@pytest.fixture
def whole(pytestconfig: pytest.Config) -> bool:
    """Whether the figures are wanted in full."""
    return not pytestconfig.getoption("--slice")
