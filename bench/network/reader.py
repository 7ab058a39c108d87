"""A child process that reads databases under limits of time and memory, whatever stands in them."""

import marshal
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bench.errors import BenchBug, ScenarioError
from bench.network.limited import BUG, DONE, HEAD, MEMORY, REFUSED
from bench.network.repair.statements import Change

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from bench.network.limited import serve; serve()"
_MIB = 1 << 20
_OVER_TIME = (-signal.SIGPROF, -signal.SIGXCPU)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: processor time and wall time in s, address space in bytes.

    A file of 0.8 MiB takes cantools 0.9 s and 70 MB on a processor of 2023, and the interpreter itself 200 MB of
    addresses; allowed are five times that, and a second. Wall time is for a process that hangs: a busy host must not
    trip it.
    """

    seconds: float
    wall: float
    memory: int

    @staticmethod
    def of(content: bytes, times: int = 1) -> "Limits":
        """The limits for a file of that content, from which `times` as much is wanted as one reading."""
        size = len(content) / _MIB
        seconds = times * (1 + 6 * size)
        return Limits(seconds, 10 + 4 * seconds, int((512 + 384 * size) * _MIB))


@dataclass(frozen=True, slots=True)
class Mended:
    """A database after its repair: the content, what was changed, and why it would still be refused ("": it loads)."""

    content: bytes
    changes: tuple[Change, ...]
    refusal: str


class Reader:
    """Reads one file after another in a child process, which it replaces when a file has broken a limit.

    The child is started for the first file, has nothing of this process but the search path, and is ended by `close`.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the child; it holds nothing that would have to be kept."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def layout(self, file: str, content: bytes) -> bytes:
        """The packed layout of a database; ScenarioError if it is refused or takes more than its limits."""
        return self._asked("layout", file, content, Limits.of(content))

    def repair(self, file: str, content: bytes) -> Mended:
        """The database mended as far as can be; ScenarioError if that takes more than its limits."""
        body = self._asked("repair", file, content, Limits.of(content, times=3))
        mended, changes, refusal = marshal.loads(body)
        return Mended(mended, tuple(Change(*change) for change in changes), refusal)

    def _asked(self, task: str, file: str, content: bytes, limits: Limits) -> bytes:
        request = marshal.dumps((task, file, content, limits.seconds, limits.memory), 4)
        if self._child is not None and self._child.poll() is not None:
            self.close()  # ended from outside while it had nothing to do
        if self._child is None:
            self._child = _started()
        done = False
        try:
            kind, body = _exchanged(self._child, len(request).to_bytes(HEAD) + request, limits.wall)
            done = kind in (DONE, REFUSED)
        except TimeoutError as error:
            raise _too_much(file, f"{limits.wall:.0f} s") from error
        except (EOFError, BrokenPipeError) as error:
            code = self._child.wait()
            if code in _OVER_TIME:
                raise _too_much(file, f"{limits.seconds:.1f} s of processor time") from error
            raise ScenarioError(
                f"{file}: the process that read it died with code {code}; expected a DBC database; export it again"
            ) from error
        finally:
            if not done:
                self.close()
        if kind == MEMORY:
            raise _too_much(file, f"{limits.memory // _MIB} MiB of memory")
        if kind == REFUSED:
            raise ScenarioError(body.decode())
        if kind == BUG:
            raise BenchBug(f"{file}: the process that read it failed: {body.decode()}")
        return body


def _started() -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise BenchBug("this Python cannot name its own interpreter, and databases are read by a second one")
    # Without site and environment it starts in half the time, and has the very modules that this process has.
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, *sys.path]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    )


def _exchanged(child: "subprocess.Popen[bytes]", request: bytes, wall: float) -> tuple[bytes, bytes]:
    """An answer to a request. TimeoutError if the child does not move for `wall` seconds, EOFError if it has died."""
    assert child.stdin and child.stdout
    to, back = child.stdin.fileno(), child.stdout.fileno()
    rest = memoryview(request)
    while rest:
        _await(to, select.POLLOUT, wall)
        rest = rest[os.write(to, rest[: select.PIPE_BUF]) :]  # as much as a pipe that is ready takes without waiting
    head = _received(back, HEAD + 1, wall)
    return head[HEAD:], _received(back, int.from_bytes(head[:HEAD]), wall)


def _received(descriptor: int, length: int, wall: float) -> bytes:
    parts: list[bytes] = []
    while length:
        _await(descriptor, select.POLLIN, wall)
        part = os.read(descriptor, min(length, _MIB))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _await(descriptor: int, what: int, seconds: float) -> None:
    poll = select.poll()
    poll.register(descriptor, what)
    if not poll.poll(1000 * seconds):
        raise TimeoutError


def _too_much(file: str, what: str) -> ScenarioError:
    return ScenarioError(f"{file}: to read it takes more than {what}; expected a DBC database; is it one, and whole?")
