"""CAN interfaces of this kernel, for tests that need a real one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from required import lacking

INTERFACES = Path("/sys/class/net")


@pytest.fixture(scope="session")
def vcan0() -> str:
    """The name of a CAN interface."""
    if not (INTERFACES / "vcan0").exists():
        lacking("this kernel has no vcan0; run `tox run -e socketcan`, or see docs/socketcan.md")
    return "vcan0"


@pytest.fixture
def own_interface(vcan0: str) -> Iterator[str]:
    """A CAN interface that the test may change and take away."""
    name = "vcan7"
    made = subprocess.run(["ip", "link", "add", name, "type", "vcan"], capture_output=True, text=True, check=False)
    if made.returncode:
        lacking(f"cannot add {name}: {made.stderr.strip()}")
    subprocess.run(["ip", "link", "set", name, "mtu", "72", "up"], check=True)
    yield name
    if (INTERFACES / name).exists():
        subprocess.run(["ip", "link", "delete", name], check=True)
