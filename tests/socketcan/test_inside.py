"""All that needs a CAN kernel, run under User Mode Linux, by as many of them at a time as there are CPUs.

Here it is proved that those tests ran: a skip among them is a failure.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

import pytest
from required import lacking
from uml import missing

ROOT = Path(__file__).parents[2]
LIMIT = 480
"""Seconds that a share may take, boot to power-off."""

# Of about the same length: the scenarios in real time last 88 s and 86 s.
SHARES = {
    "first": ("tests/socketcan/test_real_time.py", "-k", "nw_03 or nw_05 or ivi_01"),
    "second": ("tests/socketcan/test_real_time.py", "-k", "not (nw_03 or nw_05 or ivi_01)"),
    "bus": ("tests/socketcan/test_kernel_can.py", "tests/conformance", "-k", "socketcan"),
}


@dataclass(frozen=True)
class Ended:
    """A share that has been run: exit code, what it wrote, and its record of every test."""

    code: int
    output: str
    record: Path


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Ended]"]]:
    """All shares, begun in their order."""
    if why := missing():
        lacking(why)
    cpus: SimpleQueue[int] = SimpleQueue()
    for cpu in sorted(os.sched_getaffinity(0)):
        cpus.put(cpu)
    folder = tmp_path_factory.mktemp("records")

    @contextmanager
    def reserved() -> Iterator[int]:
        cpu = cpus.get()
        try:
            yield cpu
        finally:
            cpus.put(cpu)

    def run(name: str) -> Ended:
        record = folder / f"{name}.xml"
        tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={record}", *SHARES[name]]
        with reserved() as cpu:
            done = subprocess.run(
                [sys.executable, "tests/socketcan/uml.py", f"--timeout={LIMIT}", f"--cpu={cpu}", "--urgent", *tests],
                cwd=ROOT, env=os.environ | {"ECUBENCH_REQUIRE": "socketcan"}, text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return Ended(done.returncode, done.stdout, record)

    with ThreadPoolExecutor(len(SHARES)) as pool:
        yield {name: pool.submit(run, name) for name in SHARES}


@pytest.mark.parametrize("name", SHARES)
def test_all_of_a_share_holds_on_real_can(name, shares, capfd):
    ended = shares[name].result()

    with capfd.disabled():
        print(f"\n{ended.output}")  # noqa: T201  # with the figures, as if it had run here
    assert ended.code == 0
    (suite,) = ElementTree.parse(ended.record).getroot()
    assert int(suite.get("tests", 0)) > 0
    assert [case.get("name") for case in suite.iter("testcase") if case.find("skipped") is not None] == []
