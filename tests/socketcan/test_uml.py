"""What the runner promises: output, exit code, surroundings, and that nothing is left behind, however it ends."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from required import lacking
from uml import KERNEL_ENDED, MEMORY, TIMED_OUT, missing

HERE = Path(__file__).parent
PYTHON = Path("/usr/bin/python3")  # the one that every user of this machine can start


@pytest.fixture(autouse=True)
def kernel() -> None:
    """Nothing here can be tried without that kernel, nor inside of it."""
    if "User Mode Linux" in Path("/proc/cpuinfo").read_text():
        pytest.skip("this is User Mode Linux already")
    if why := missing():
        lacking(why)


def uml(*words: str, **how: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, HERE / "uml.py", *words], capture_output=True, text=True, check=False, **how)


def test_the_command_has_two_interfaces_for_fd_the_callers_folder_and_environment(tmp_path):
    inside = uml(
        "sh", "-c", 'pwd; echo "$WORD"; cat /sys/class/net/vcan0/mtu /sys/class/net/vcan1/mtu; echo oh >&2; exit 7',
        cwd=tmp_path, env=os.environ | {"WORD": "it's \"so\"\n$HOME"},
    )  # fmt: skip

    assert inside.stdout == f'{tmp_path}\nit\'s "so"\n$HOME\n72\n72\n'
    assert inside.stderr == "oh\n"
    assert inside.returncode == 7


def test_files_written_inside_are_there_outside(tmp_path):
    uml("sh", "-c", "echo written > file", cwd=tmp_path)

    assert (tmp_path / "file").read_text() == "written\n"


def test_an_hour_is_cut_off_with_124():
    late = uml("--timeout", "5", "sleep", "3600")

    assert late.returncode == TIMED_OUT
    assert late.stderr == "uml: ended, sleep 3600 took more than 5 s\n"


def test_a_kernel_that_goes_off_by_itself_is_no_success():
    off = uml("sh", "-c", "busybox poweroff -f")

    assert off.returncode == KERNEL_ENDED
    assert "the kernel ended before the command did" in off.stderr


def test_what_the_command_leaves_running_does_not_hold_it_up():
    assert uml("--timeout", "60", "sh", "-c", "sleep 3600 & exit 3").returncode == 3


def test_an_ordinary_user_can_do_it_too():
    if os.geteuid() != 0:
        pytest.skip("this is an ordinary user: the other tests show it")
    assert PYTHON.exists(), "Debian's own Python"
    # Copied, because the checkout may lie where only its owner looks.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        for name in ("uml.py", "init.sh", "wide_registers.c"):
            shutil.copyfile(HERE / name, Path(folder, name))
        done = subprocess.run(
            [PYTHON, Path(folder, "uml.py"), "cat", "/sys/class/net/vcan1/mtu"],
            cwd="/", user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert (done.stdout, done.stderr, done.returncode) == ("72\n", "", 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind_when_the_runner_is_ended(how, left_behind):
    # Two processes inside that never rest: without their kernel they would spin on.
    busy = "while :; do :; done & echo up; while :; do :; done"
    runner = subprocess.Popen([sys.executable, HERE / "uml.py", "sh", "-c", busy], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    with runner.stdout:
        assert runner.stdout.readline() == "up\n"  # so output is streamed, too
        assert len(left_behind()) > 3
        runner.send_signal(how)
        code = runner.wait()

    assert code == (-how if how == signal.SIGKILL else 128 + how)
    until = monotonic() + 10
    while (rest := left_behind()) and monotonic() < until:
        sleep(0.02)  # a killed runner has no say in when its minder is done
    assert rest == []


def test_nothing_is_left_behind_when_all_went_well(left_behind):
    assert uml("true").returncode == 0

    assert left_behind() == []


@pytest.fixture
def left_behind() -> Iterator[object]:
    """Processes of linux.uml and files in its two folders that were not there at the beginning."""
    before = set(_traces())
    return lambda: sorted(set(_traces()) - before)


def _traces() -> Iterator[str]:
    yield from (str(path) for path in [*MEMORY.iterdir(), *Path("/tmp").glob("ecubench-uml-*")])
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # The kernel's name stays with the processes that run inside.
            name, _, state = (process / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it has just ended
        if "uml" in name and state.split()[0] != "Z":
            yield f"process {process.name} {name}"
