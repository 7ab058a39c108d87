"""What happens where a real part is missing: a skip that says why, or a failure where the part is required."""

import os

import pytest


def lacking(reason: str) -> None:
    """Skip for a reason; fail for the same one where ECUBENCH_REQUIRE names socketcan, as `.ci/run` has it."""
    if "socketcan" in os.environ.get("ECUBENCH_REQUIRE", "").split(","):
        pytest.fail(f"socketcan is required here: {reason}")
    pytest.skip(reason)
