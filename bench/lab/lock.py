"""One holder for each instrument and each bus channel, among all processes of the host.

A lock is the operating system's own (flock) on a file: it dies with its holder, however that ends, so none is ever
left behind. The file stays; what stands in it is for people, and says who held it last.
"""

import fcntl
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR
from types import TracebackType
from typing import Self

from bench.errors import RigError

FOLDER_IS = "BENCH_LOCKS"
"""The environment variable that names another folder; several users of one host share one by it."""

SCPI_RAW = "5025"
"""The TCP port on which the instrument itself is reached, as by VXI-11 and HiSLIP. Source: IANA, scpi-raw."""


def instrument(resource: str) -> str:
    """The name under which an instrument is locked, one for all spellings of its VISA resource.

    Interface type, host and class are told in any case, board 0 and the class INSTR may be left out, USB numbers are
    hexadecimal or decimal, a serial port may be a link. VXI-11, HiSLIP and port 5025 of one host are one instrument.
    Source: VPP-4.3, resource names.
    """
    parts = resource.strip().split("::")
    kind = parts[0].rstrip("0123456789").upper()
    if kind.startswith("ASRL"):
        port = parts[0].strip()[4:]
        return f"ASRL {os.path.realpath(port) if port.startswith('/') else port.upper()}"
    board = parts[0][len(kind) :] or "0"
    rest = [part.casefold() for part in parts[1:]]
    if rest[-1:] in (["instr"], ["socket"], ["raw"]):
        rest.pop()
    if kind == "TCPIP":
        host = {"localhost": "127.0.0.1"}.get(rest[0], rest[0]) if rest else ""
        device = ",".join(rest[1:])
        return f"TCPIP {host} {'' if device in _ITSELF else device}".strip()
    if kind == "USB":
        # The serial number is the maker's text, and its case may matter; no two instruments differ in it alone.
        return f"USB {' '.join([*map(_decimal, rest[:2]), *rest[2:3]])}"
    return " ".join([f"{kind}{int(board)}" if board.isdigit() else parts[0].upper(), *rest])


_ITSELF = ("", "inst0", "hislip0", "hislip0,4880", SCPI_RAW)


def _decimal(number: str) -> str:
    with suppress(ValueError):
        return str(int(number, 0))
    return number


def bus(interface: str, channel: str | int) -> str:
    """The name under which a channel of a bus interface is locked. Source: python-can, names of interfaces."""
    return f"CAN {interface.strip().casefold()} {str(channel).strip()}"


def folder() -> Path:
    """The folder of the lock files, made if it is not there; RigError if it cannot be trusted.

    Neither XDG_RUNTIME_DIR nor TMPDIR is asked: with them a login, a cron job and a logged-out terminal of one user
    lock in three different places, and each of them gets the instrument.
    """
    named = os.environ.get(FOLDER_IS, "")
    place = Path(named or f"/tmp/ecubench-{os.getuid()}")
    try:
        place.mkdir(mode=0o777 if named else 0o700, parents=bool(named), exist_ok=True)
        found = place.lstat() if not named else place.stat()
    except OSError as error:
        raise RigError(f"{place}: no folder for locks ({error.strerror}); name another in {FOLDER_IS}") from error
    if not S_ISDIR(found.st_mode) or (not named and (found.st_uid != os.getuid() or found.st_mode & 0o022)):
        raise RigError(
            f"{place}: locks may not lie there; expected a folder that belongs to user {os.getuid()} and that nobody "
            f"else may write to; remove it, or name another in {FOLDER_IS}"
        )
    return place


class Lock:
    """What is held from its making until `release`, or until the process is gone. RigError says who holds it already.

    `command` says who holds it, for people; this process's command line if it is not given. A program that this
    process starts does not inherit it; a forked child without exec would, and keep it.
    """

    def __init__(self, name: str, command: str = "") -> None:
        self.name = name
        self.path = folder() / _file_name(name)
        descriptor = -1
        while descriptor < 0 or not _same(descriptor, self.path):
            if descriptor >= 0:
                os.close(descriptor)  # somebody tidied the folder up between opening and locking
            descriptor = self._locked()
        self._descriptor = descriptor
        said = json.dumps({"name": name, "pid": os.getpid(), "command": (command or " ".join(sys.orig_argv))[:300]})
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, said.encode(), 0)

    def _locked(self) -> int:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise RigError(
                f"{self.path}: {self.name} cannot be locked ({error.strerror}); expected a file that may be written; "
                f"remove it, or name another folder in {FOLDER_IS}"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            by = holder(descriptor)
            os.close(descriptor)
            raise RigError(f"{self.name} is in use: held by {by}; wait for it to end, or end it") from error
        except OSError as error:
            os.close(descriptor)
            raise RigError(
                f"{self.path}: {self.name} cannot be locked ({error.strerror}); expected a file system with locks; "
                f"name a folder on another one in {FOLDER_IS}"
            ) from error
        return descriptor

    def release(self) -> None:
        """Give it back. What is given back twice stays given back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def holder(descriptor: int) -> str:
    """Who holds the lock on an open file, in words: pid, since when, command."""
    try:
        said = json.loads(os.pread(descriptor, 4096, 0))
        pid, command = int(said["pid"]), str(said["command"])
        os.kill(pid, 0)
    except PermissionError:  # it is another user's, and runs
        pass
    except (ValueError, KeyError, TypeError, ProcessLookupError):
        return "a process that has only just taken it"
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC).astimezone()
    return f"process {pid} since {since:%Y-%m-%d %H:%M:%S}, '{command}'"


def _same(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _file_name(name: str) -> str:
    """A file name that is readable, and different for each name."""
    plain = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in name)
    return f"{plain[:80]}-{sha256(name.encode()).hexdigest()[:12]}.lock"
