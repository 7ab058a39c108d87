"""Run a command under a Linux kernel that has CAN, on a machine whose own kernel has none.

    python -m tests.socketcan.uml [--timeout SECONDS] [--cpu N] [--urgent] COMMAND [ARGUMENT...]

Boots Debian's User Mode Linux, a kernel that is an ordinary process and needs no root. The command sees the files of
this machine (but not what lies in /dev, /proc and /sys), the caller's environment and folder, and two interfaces of its
own, vcan0 and vcan1, good for CAN FD. Its output is streamed and its exit code is ours; 124 says that it took too long,
125 that the kernel ended before it, 126 that there is no such kernel here.
"""

import argparse
import contextlib
import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KERNEL = Path("/usr/bin/linux.uml")
MODULES = Path("/usr/lib/uml/modules")
MEMORY = Path(
    "/dev/shm"
)  # the kernel's memory is a file, quickest where a file is memory; its name is gone once it is open
PACKAGES = {KERNEL: "user-mode-linux", MODULES: "user-mode-linux", Path("/bin/busybox"): "busybox-static"}
TIMED_OUT, KERNEL_ENDED, NO_KERNEL = 124, 125, 126
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def missing() -> str:
    """Why no User Mode Linux can be booted here, with the remedy; nothing if it can."""
    packages = {package for path, package in PACKAGES.items() if not path.exists()}
    packages |= {"iproute2"} if _iproute2() is None else set()
    packages |= {"gcc libc6-dev"} if _registers_are_wide() and shutil.which("gcc") is None else set()
    if not packages:
        return ""
    return f"no User Mode Linux here; as root: apt install {' '.join(sorted(packages))}"


def _iproute2() -> str | None:
    return shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")  # an ordinary user's PATH lacks the first two


def _registers_are_wide() -> bool:
    """Whether this processor has registers that UML 6.1 has no room for; see wide_registers.c."""
    return re.search(r"^flags\s*:.* amx_tile\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE) is not None


def run(command: list[str], limit: float, cpu: int, urgent: bool) -> int:
    """Boot on that CPU, run the command, power off; its exit code, or TIMED_OUT (after `limit` s) or KERNEL_ENDED."""
    folder = Path(tempfile.mkdtemp(prefix="ecubench-uml-", dir="/tmp"))  # what lies in /dev is not seen inside
    kernel = None
    try:
        _write_orders(folder, command)
        kernel = _boot(folder, cpu, urgent)
        kernel.wait(limit)
        return int((folder / "exit").read_text())
    except subprocess.TimeoutExpired:
        _say(f"ended, {shlex.join(command)} took more than {limit:g} s")
        return TIMED_OUT
    except FileNotFoundError:
        _say(f"the kernel ended before the command did: {shlex.join(command)}")
        return KERNEL_ENDED
    finally:
        if kernel is not None:
            # All at once: what runs inside are processes out here that the kernel traces. Without their tracer they
            # would go on by themselves, with this machine for a kernel.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(kernel.pid, signal.SIGKILL)
            kernel.wait()
        shutil.rmtree(folder)


def _write_orders(folder: Path, command: list[str]) -> None:
    """What the init script inside has to know, as files that it reads by way of hostfs."""
    exports = [f"export {k}={shlex.quote(v)}" for k, v in os.environ.items() if k.isidentifier() and k != "TMPDIR"]
    orders = [
        *exports,
        "export TMPDIR=/dev/shm",
        f"cd {shlex.quote(os.getcwd())} || exit",
        f"exec {shlex.join(command)}",
        "",
    ]
    (folder / "orders").write_text("\n".join(orders))
    shutil.copyfile(HERE / "init.sh", folder / "init")
    (folder / "init").chmod(0o755)  # not copied: an unpacked archive may have lost it


def _boot(folder: Path, cpu: int, urgent: bool) -> "subprocess.Popen[bytes]":
    """Start the kernel, in a session of its own.

    On one CPU a switch between two processes inside is six times as quick, and the boot takes two thirds of the time.
    """
    arguments = {
        "mem": "512M", "rootfstype": "hostfs", "rootflags": "/", "init": folder / "init",
        "ORDERS": folder, "IP": _iproute2(), "uml_dir": f"{folder}/", "umid": "u",
        "con": "null", "con0": "null,fd:1", "con1": "null,fd:2", "loglevel": 1, "panic": -1, "selinux": 0,
    }  # fmt: skip
    environment = os.environ | {"TMPDIR": str(MEMORY)}
    if _registers_are_wide():
        shim = folder / "wide_registers.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", shim, HERE / "wide_registers.c"], check=True)
        environment["LD_PRELOAD"] = str(shim)
    minder = os.getpid()

    def prepare() -> None:
        os.sched_setaffinity(0, {cpu})
        if urgent:
            with contextlib.suppress(PermissionError):  # an ordinary user's kernel waits for its turn
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        _end_with(minder, signal.SIGKILL)

    return subprocess.Popen(
        [KERNEL, "rw", "quiet", "noreboot", *(f"{name}={value}" for name, value in arguments.items())],
        stdin=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509  # there are no threads here
    )


def _say(text: str) -> None:
    sys.stderr.write(f"uml: {text}\n")


def _end_with(parent: int, by: signal.Signals) -> None:
    """Have this process sent a signal when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), by)


def _leave(number: int, frame: object) -> None:
    for wanted in ENDING:
        signal.signal(wanted, signal.SIG_IGN)  # Ctrl-C comes twice, from the terminal and from the runner
    sys.exit(128 + number)


def main(words: list[str]) -> int:
    """The command line; the exit code is the command's."""
    cpus = sorted(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="uml", description="Run a command under a Linux kernel with vcan0 and vcan1.")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="then code 124 (%(default)s)")
    parser.add_argument("--cpu", type=int, choices=cpus, default=cpus[-1], help="where the kernel runs (%(default)s)")
    parser.add_argument("--urgent", action="store_true", help="before all that is not in real time, if root says so")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(words)
    if not options.command:
        parser.error("a command is expected")
    if why := missing():
        _say(why)
        return NO_KERNEL
    # A process of its own minds the kernel and cleans up, so that it can do so even when this one is killed.
    runner = os.getpid()
    minder = os.fork()
    if minder == 0:
        for wanted in ENDING:
            signal.signal(wanted, _leave)
        _end_with(runner, signal.SIGTERM)
        return run(options.command, options.timeout, options.cpu, options.urgent)
    for wanted in ENDING:
        signal.signal(wanted, lambda number, frame: os.kill(minder, number))
    return os.waitstatus_to_exitcode(os.waitpid(minder, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
