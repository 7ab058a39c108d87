"""What the child of `reader` does: it reads databases, each within its share of memory and processor time.

A limit of time ends the process where it stands, so nothing that a file makes cantools do can go on. Whatever can still
be told comes as an answer: a kind of one letter and a body.
"""

import gc
import marshal
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import BinaryIO

from bench.errors import ScenarioError

HEAD = 8
"""Bytes of the length, big-endian, before a request and before an answer; the answer's kind follows it."""
DONE, REFUSED, MEMORY, BUG = b"d", b"r", b"m", b"b"


def serve() -> None:
    """Answer requests from standard input on standard output until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever asked ends this process
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing printed by whoever can be taken for an answer
    gc.disable()  # what reading makes lasts until the answer; collecting in between costs a tenth of it
    while head := requests.read(HEAD):
        kind, body = _answer(*marshal.loads(requests.read(int.from_bytes(head))))
        _send(answers, kind, body)
        if kind == MEMORY:
            break  # what it took may stay with this process; the next file begins in a new one
        gc.collect()
    os._exit(0)


def _send(answers: BinaryIO, kind: bytes, body: bytes) -> None:
    answers.write(len(body).to_bytes(HEAD) + kind + body)
    answers.flush()


def _answer(task: str, file: str, content: bytes, seconds: float, memory: int) -> tuple[bytes, bytes]:
    try:
        work = _prepared(task)
        with _Limits(seconds, memory):
            return DONE, work(file, content)
    except ScenarioError as refusal:
        return REFUSED, str(refusal).encode("utf-8", "replace")
    except MemoryError:
        return MEMORY, b""
    except Exception:  # noqa: BLE001 (told to whoever asked, who raises it)
        return BUG, traceback.format_exc().encode("utf-8", "replace")


def _prepared(task: str) -> Callable[[str, bytes], bytes]:
    """The work of a task, its imports done: they are no fault of the file and not in its limits."""
    from bench.network.parsing import parsed, prepare
    from bench.network.plain import packed

    prepare()
    if task == "repair":
        return _mended
    return lambda file, content: packed(parsed(file, content))


def _mended(file: str, content: bytes) -> bytes:
    """The mended content, the changes as rows, and why even that would be refused, "" if it would not."""
    from bench.network.parsing import parsed
    from bench.network.repair.repair import repaired

    def refusal_of(content: bytes) -> str:
        try:
            parsed(file, content)
        except ScenarioError as error:
            return str(error)
        return ""

    refusal = refusal_of(content)
    repair = repaired(content, loads=not refusal)
    if repair.changes:
        refusal = refusal_of(repair.content)
    changes = tuple((change.line, change.found, change.done) for change in repair.changes)
    return marshal.dumps((repair.content, changes, refusal), 4)


class _Limits:
    """The limits of one file: processor time since it began, and the address space of the process."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds, self._memory = seconds, memory

    def __enter__(self) -> None:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        # The timer ends it to the millisecond; the kernel's own limit, in whole seconds, stands behind it.
        _limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime + self._seconds) + 2)
        _limit(resource.RLIMIT_AS, self._memory)
        signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        _limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)


def _limit(what: int, most: int) -> None:
    """Set a limit as far as the one that the user has allows."""
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = hard if most == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, hard))
