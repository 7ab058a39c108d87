"""One holder at a time, however many want it and however the holder ends; the journal of the fighters is the oracle."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic_ns, sleep

import pytest

from bench.errors import RigError
from bench.lab.lock import Lock, bus, folder, instrument

HERE = Path(__file__).parent
FIGHT_S = 4.0
KILL_EVERY_S = 0.1


def fighter(name: str, journal: Path, seed: int) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-S", str(HERE / "lock_fighter.py"), name, str(journal), str(seed)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})


def rows(journal: Path) -> list[tuple[str, int, int]]:
    found = (row.split() for row in journal.read_text().splitlines())
    return [(what, int(pid), int(at)) for what, pid, at in found]


def holding(journal: Path) -> int | None:
    """The pid of who holds the lock now, as far as the journal says."""
    last = next((row for row in reversed(rows(journal)) if row[0] != "here"), None)
    return last[1] if last is not None and last[0] == "got" else None


def held(journal: Path, killed: dict[int, tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Who held it from when until when; a killed holder until just before its killing began."""
    since: dict[int, int] = {}
    for what, pid, at in rows(journal):
        if what == "got":
            since[pid] = at
        elif what == "left":
            yield pid, since.pop(pid), at
    for pid, at in since.items():
        yield pid, at, killed[pid][0]


def test_many_processes_never_two_holders_and_a_killed_one_frees_it_at_once(amounts, tmp_path, capfd):
    name, journal, chance = "TCPIP 10.0.0.7", tmp_path / "journal", Random(7)
    journal.touch()
    fighters = [fighter(name, journal, seed) for seed in range(amounts.processes)]
    killed: dict[int, tuple[int, int]] = {}
    freed: list[int] = []
    try:
        while sum(row[0] == "here" for row in rows(journal)) < amounts.processes:
            assert all(one.poll() is None for one in fighters)
            sleep(0.05)
        end = monotonic_ns() + int(FIGHT_S * 1e9)
        spare = max(2, amounts.processes // 4)  # so many go on to the end
        while monotonic_ns() < end:
            sleep(chance.uniform(0, KILL_EVERY_S))
            pid = holding(journal)
            victim = next((one for one in fighters if one.pid == pid), None)
            if victim is None or len(fighters) - len(killed) <= spare:
                continue
            begun = monotonic_ns()
            victim.kill()
            victim.wait()
            killed[victim.pid] = (begun, monotonic_ns())
    finally:
        for one in fighters:
            one.send_signal(signal.SIGKILL) if one.poll() is None else None
            begun = monotonic_ns()
            one.wait()
            killed.setdefault(one.pid, (begun, begun))
    spans = sorted(held(journal, killed), key=lambda span: span[1])
    got = sorted(row[2] for row in rows(journal) if row[0] == "got")
    died_holding = {span[0]: span[2] for span in spans if span[2] == killed.get(span[0], (0,))[0]}
    freed = [next((at for at in got if at > begun), 0) - begun for begun in died_holding.values()]
    freed = [one for one in freed if one > 0]
    with capfd.disabled():
        print(  # noqa: T201
            f"\n{amounts.processes} processes, {len(spans)} times held, {len(died_holding)} killed holding it; "
            f"never two; held again after {max(freed, default=0) / 1e6:.1f} ms at most"
        )

    assert len(spans) > 20
    assert len(freed) >= 2
    assert [(a, b) for a, b in pairwise(spans) if b[1] < a[2]] == []


def test_the_error_says_who_holds_it():
    with (
        Lock("GPIB0 5"),
        pytest.raises(RigError, match=rf"GPIB0 5 is in use: held by process {os.getpid()} since 2\d\d\d-"),
    ):
        Lock("GPIB0 5")


def test_it_is_free_after_release_and_others_never_were_taken():
    first = Lock("GPIB0 5")
    with Lock("GPIB0 6"):
        first.release()
        first.release()
        Lock("GPIB0 5").release()


def test_a_folder_that_was_tidied_up_does_not_make_two_holders_of_the_next_ones():
    first = Lock("GPIB0 5")
    first.release()
    first.path.unlink()

    with Lock("GPIB0 5"), pytest.raises(RigError, match="in use"):
        Lock("GPIB0 5")


def test_a_program_that_the_holder_starts_does_not_keep_it():
    held_here = Lock("GPIB0 5")
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    held_here.release()
    try:
        Lock("GPIB0 5").release()
    finally:
        child.communicate(b"\n")


def test_what_stands_in_the_file_never_keeps_anybody_out():
    """Another program's text, half a text, nothing: only the lock of the system counts."""
    first = Lock("GPIB0 5")
    first.release()
    for text in (b"", b"{", b'{"pid": "x"}', b"\xff" * 5000):
        first.path.write_bytes(text)
        Lock("GPIB0 5").release()


def test_a_folder_of_somebody_else_is_not_trusted(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("BENCH_LOCKS", str(file))

    with pytest.raises(RigError, match="name another in BENCH_LOCKS"):
        folder()


@pytest.mark.parametrize(
    "spellings",
    [
        "TCPIP::10.0.0.7::INSTR tcpip0::10.0.0.7::inst0::instr TCPIP0::10.0.0.7 TCPIP0::10.0.0.7::hislip0::INSTR",
        "TCPIP::10.0.0.7::INSTR TCPIP::10.0.0.7::5025::SOCKET TCPIP0::10.0.0.7::hislip0,4880::INSTR",
        "TCPIP::Psu.Lab::INSTR tcpip::psu.lab::inst0",
        "TCPIP::localhost::5555::SOCKET TCPIP0::127.0.0.1::5555::SOCKET",
        "GPIB::5 GPIB0::5::INSTR gpib0::5::instr",
        "USB::0x1AB1::0x0588::DS1K::INSTR usb0::6833::1416::DS1K::0::INSTR USB0::0x1ab1::0x0588::DS1K",
        "ASRL1::INSTR asrl1 ASRL1",
        "ASRL/dev/null::INSTR ASRL/dev/../dev/null",
    ],
)
def test_spellings_of_one_instrument_are_one_lock(spellings):
    assert len({instrument(one) for one in spellings.split()}) == 1


DIFFERENT = (
    "TCPIP::10.0.0.7::INSTR TCPIP::10.0.0.8::INSTR TCPIP::10.0.0.7::5026::SOCKET TCPIP::10.0.0.7::gpib0,5::INSTR "
    "TCPIP::10.0.0.7::gpib0,6::INSTR GPIB0::5 GPIB1::5 GPIB0::5::2 GPIB0::15 ASRL1 ASRL2 ASRL/dev/null "
    "USB::0x1AB1::0x0588::DS1K::INSTR USB::0x1AB1::0x0588::DS2K::INSTR PXI0::3-18::INSTR PXI0::4-18::INSTR"
)


def test_different_instruments_are_different_locks():
    resources = DIFFERENT.split()

    assert len({instrument(one) for one in resources}) == len(resources)


def test_a_link_to_a_serial_port_is_the_port(tmp_path):
    link = tmp_path / "by-id"
    link.symlink_to("/dev/null")

    assert instrument(f"ASRL{link}::INSTR") == instrument("ASRL/dev/null::INSTR")


def test_channels_of_a_bus_are_locked_apart():
    assert bus("PCAN", "PCAN_USBBUS1") == bus("pcan", "PCAN_USBBUS1 ")
    assert len({bus("vector", 0), bus("vector", 1), bus("kvaser", 0)}) == 3
