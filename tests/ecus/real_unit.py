"""A unit of ecus/ running by itself: as a Linux process or as firmware in QEMU, with python-can on its bus."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import can

QEMU = (
    "qemu-system-arm -machine lm3s6965evb -nographic -monitor none"
    " -chardev socket,id=uart,host=127.0.0.1,port={port},server=on,wait=off,nodelay=on -serial chardev:uart"
    " -kernel {file}.elf"
)
PROCESS = "{file} --tcp {port}"
CAN = "{file} --can vcan1"

TRIES = 200
PAUSE = 0.05
"""Seconds between two tries to connect: together the 10 s in which a program must have begun to listen."""


def free_port() -> int:
    """A TCP port that nobody has at present."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def running(command: str, file: Path) -> Iterator[can.BusABC]:
    """The unit, and a bus to it; the unit ends with the block, by its own process id."""
    port = free_port()
    words = command.format(port=port, file=file).split()
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            with _socketcan() if command is CAN else _connected(process, port) as bus:
                yield bus
        finally:
            process.terminate()


def _socketcan() -> can.BusABC:
    return can.Bus(interface="socketcan", channel="vcan1", fd=True)


def _connected(process: subprocess.Popen[bytes], port: int) -> can.BusABC:
    # The first connection is the one: a unit on a serial line takes what comes as its master.
    for _ in range(TRIES):
        try:
            return can.Bus(
                interface="slcan", channel=f"socket://127.0.0.1:{port}", sleep_after_open=0, timeout=0.1,
            )  # fmt: skip
        except can.CanInitializationError:
            try:
                process.wait(PAUSE)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"it ended: {process.stderr.read().decode() if process.stderr else ''}") from None
    raise AssertionError(f"it did not listen on port {port}")
