"""Builds the unit in ecus/, and says what is missing where that cannot be done.

With ECUBENCH_REQUIRE=ecus in the environment a missing tool is an error and not a reason to skip.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from bench.network.database import load

ROOT = Path(__file__).parents[2]
ECUS = ROOT / "ecus"

# As in tests/conftest.py, which this folder does not see: no stopwatch, the same examples in every run.
settings.register_profile("ecus", deadline=None, derandomize=True)
settings.load_profile("ecus")


def need(*tools: str) -> None:
    """Skip, or fail where the tools are required, unless all of them are here."""
    packages = {"arm-none-eabi-gcc": "gcc-arm-none-eabi", "gcc": "gcc libc6-dev"}
    missing = [packages.get(tool, tool) for tool in tools if shutil.which(tool) is None]
    if not missing:
        return
    text = f"this machine lacks {', '.join(missing)}; install it (Debian: apt install {' '.join(missing)})"
    if "ecus" in os.environ.get("ECUBENCH_REQUIRE", "").split(","):
        pytest.fail(text)
    pytest.skip(text)


def make(target: str) -> Path:
    """Run make in ecus/; gives the folder with what it built."""
    # `make test` may run this, and what it tells its children is not meant for this make.
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-C", ECUS, target], env=outer, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ECUS / "build"


@pytest.fixture(scope="session")
def core() -> ctypes.CDLL:
    """The unit without its platform, as a library."""
    need("make", "gcc")
    return ctypes.CDLL(str(make("library") / "libtelematics.so"))


@pytest.fixture(scope="session")
def processes() -> Path:
    """The folder with the Linux processes."""
    need("make", "gcc")
    return make("process")


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The folder with the firmware, on a machine that can run it."""
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    return make("firmware")


@pytest.fixture(scope="session")
def info():
    """The infotainment bus as the bench sees it."""
    return load(ROOT / "dbc" / "info.dbc", "INFO")
