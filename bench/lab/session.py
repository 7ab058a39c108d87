"""One VISA resource with one owner: each answer belongs to its question, is checked, and comes in bounded time.

What goes wrong on a line goes wrong here, and ends as RigError: nothing comes, it comes too late, in part, twice, or
altered. After such an error the resource is closed; the next call opens it again and compares *IDN? with the one from
the first opening before anything else is asked. A call ends within twice the time-out, opening again included.
Not for several threads: an instrument has one owner.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bench.clock.pace import Stopwatch
from bench.errors import RigError
from bench.lab.exchange import (
    ERRORS,
    POWER_ON,
    Answer,
    Broken,
    Garbled,
    Question,
    Stale,
    next_mark,
    queries,
    shown,
    text,
)
from bench.lab.identity import Identity, identified, identity
from bench.lab.reader import read_message, visa_errors
from bench.model.instant import MS, S, show

if TYPE_CHECKING:
    import pyvisa

LONGEST = 49_152
"""The longest message, bytes: less than the window of a socket, so that writing does not wait for its reader."""

TOLD = 4
"""How many entries of the error queue are read at once."""


class Session:
    """A conversation with the instrument `name` at a VISA address, opened when it is first needed.

    `timeout` is how long an answer may take (ns). `compound` says that the instrument takes several units in one
    message; without it questions bear no marks, and only asking twice is left (see `bench.lab.exchange`). `now` is the
    clock (ns) by which a call is bounded.
    """

    def __init__(
        self,
        resources: "pyvisa.ResourceManager",
        resource: str,
        name: str,
        timeout: int = 2 * S,
        compound: bool = True,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.resource = resource
        self.timeout = timeout
        self.compound = compound
        self._resources = resources
        self._now = now or Stopwatch().elapsed
        self._visa: Any = None
        self._identity: Identity | None = None
        self._mark = 0
        self._asked: Question | None = None
        self._held: tuple[bytes, ...] | None = None

    # ---- what callers say -------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """What the instrument said at the first opening."""
        if self._identity is None:
            with self._call("*IDN?") as limit:
                self._ready(limit)
        assert self._identity is not None
        return self._identity

    def write(self, line: str) -> None:
        """Have a line executed that is no query; RigError if the instrument reports an error."""
        self._exchange((line,))

    def query(self, line: str) -> str:
        """The answer to a query, which must be the same twice."""
        return text(self._twice((), line))

    def query_block(self, line: str) -> bytes:
        """The content of a definite length block, which must be the same twice."""
        return self._twice((), line)

    def change(self, line: str, query: str) -> str:
        """Have a line executed, and then the answer to a query, the same twice; in one message."""
        return text(self._twice((line,), query))

    def ask(self, *lines: str) -> None:
        """Ask now what `answer` gives later. What is asked in between first waits for that answer."""
        with self._call("; ".join(lines)) as limit:
            self._collect(limit)
            self._ready(limit)
            self._held = None
            self._asked = self._send(lines)

    def answer(self) -> tuple[bytes, ...]:
        """The parts of the answer to what was last asked."""
        if self._asked is None and self._held is None:
            raise RigError(f"{self.name}: nothing was asked, or what was asked is lost; ask again")
        with self._call("; ".join(self._asked.lines if self._asked else ())) as limit:
            self._collect(limit)
        held, self._held = self._held, None
        assert held is not None
        return held

    def errors(self) -> tuple[str, ...]:
        """What is in the instrument's error queue, oldest first; the queue is empty after it, or nearly."""
        with self._call("SYST:ERR?") as limit:
            self._collect(limit)
            self._ready(limit)
            return self._complaints(limit)

    def close(self) -> None:
        """Let the resource go; the next call opens it again."""
        visa, self._visa = self._visa, None
        self._asked = self._held = None
        if visa is not None:
            # Whatever closing a broken line says, it is closed after it; pyvisa-py lets errors of the system through.
            with suppress(*visa_errors()):
                visa.close()

    # ---- one exchange -----------------------------------------------------------------------------------------------

    def _twice(self, before: tuple[str, ...], query: str) -> bytes:
        parts = self._exchange((*before, query, query))
        half = len(parts) // 2
        if parts[:half] != parts[half:]:
            self.close()
            raise RigError(
                f"{self.name}: {query!r} was answered by {shown(b';'.join(parts[:half]))} and then by "
                f"{shown(b';'.join(parts[half:]))}; expected the same twice; check the line to {self.resource}"
            )
        return b";".join(parts[:half])

    def _exchange(self, lines: tuple[str, ...]) -> tuple[bytes, ...]:
        with self._call("; ".join(dict.fromkeys(lines))) as limit:
            self._collect(limit)
            self._ready(limit)
            return self._receive(self._send(lines), limit)

    def _collect(self, limit: int) -> None:
        """Take in what is still to be answered, before anything else is asked."""
        if self._asked is not None:
            self._held = self._receive(self._asked, limit)
            self._asked = None

    def _send(self, lines: tuple[str, ...]) -> Question:
        self._mark = next_mark(self._mark)
        question = Question(lines, self._mark)
        if self.compound:
            self._put(question.message)
        return question

    def _put(self, message: str) -> None:
        data = message.encode("ascii") + b"\n"
        if len(data) > LONGEST:
            raise ValueError(f"{self.name}: a message of {len(data)} bytes; expected {LONGEST} at most; send less")
        self._visa.write_raw(data)

    def _receive(self, question: Question, limit: int) -> tuple[bytes, ...]:
        if not self.compound:
            return self._plainly(question, limit)
        try:
            answer = self._heard(question, limit)
        except Broken:  # many instruments drop what follows an error in its message
            told = self._complaints(limit)
            if not told:
                raise
            raise self._refusal(question, " ".join(told)) from None
        if answer.status & ERRORS:
            raise self._refusal(question, " ".join(self._complaints(limit)) or f"status {answer.status}")
        if answer.status & POWER_ON:
            raise Refused(f"{self.name}: it was switched off and on meanwhile; its settings are lost; set it up again")
        return answer.parts

    def _heard(self, question: Question, limit: int) -> Answer:
        until = min(limit, self._now() + self.timeout)
        while True:
            with suppress(Stale):  # an answer that came late, or twice; ours is still to come
                return question.fields(read_message(self._visa, until, self.timeout, self._now))

    def _refusal(self, question: Question, told: str) -> "Refused":
        return Refused(
            f"{self.name}: {_sent(question.lines)} ended with {told}; expected no error; "
            "see the programming manual of the instrument, and what its front panel says"
        )

    def _plainly(self, question: Question, limit: int) -> tuple[bytes, ...]:
        parts = []
        for line in question.lines:
            self._put(line)
            if queries(line):
                until = min(limit, self._now() + self.timeout)
                parts.append(read_message(self._visa, until, self.timeout, self._now).strip())
        return tuple(parts)

    def _complaints(self, limit: int) -> tuple[str, ...]:
        question = self._send(("SYST:ERR?",) * (TOLD if self.compound else 1))
        found = self._heard(question, limit).parts if self.compound else self._plainly(question, limit)
        return tuple(told for told in map(text, found) if told.partition(",")[0].strip() not in ("0", "+0", ""))

    # ---- opening, and what goes wrong -------------------------------------------------------------------------------

    def _ready(self, limit: int) -> None:
        if self._visa is not None:
            return
        left = max(min(limit - self._now(), self.timeout // 2), MS)
        try:
            self._visa = self._resources.open_resource(self.resource, open_timeout=left // MS)
        except Exception as fault:  # libraries differ in what they raise; pyvisa-py raises a bare Exception
            raise RigError(
                f"{self.name}: {self.resource} cannot be opened: {_finding(fault)}; expected an instrument there; "
                "is it on and connected, and does nobody else hold it?"
            ) from fault
        self._visa.timeout = self.timeout // MS
        if self._visa.resource_class == "SOCKET":
            from pyvisa.constants import ResourceAttribute

            self._visa.read_termination = "\n"
            with suppress(*visa_errors()):  # a library without this attribute gives what it has anyway
                self._visa.set_visa_attribute(ResourceAttribute.suppress_end_enabled, False)
        first, status = self._identify(limit)
        again, status_again = self._identify(limit)
        if first != again:
            raise Garbled(f"*IDN? was answered by {shown(first)} and then by {shown(again)}; expected the same twice")
        self._recognise(first)
        if self._identity is not None and (status | status_again) & POWER_ON:
            raise Refused(f"{self.name}: it was switched off and on meanwhile; its settings are lost; set it up again")
        self._identity = self._identity or identity(first)

    def _identify(self, limit: int) -> tuple[bytes, int]:
        until = min(limit, self._now() + self.timeout)
        if not self.compound:
            return self._plainly(Question(("*IDN?",), 0), limit)[0], 0
        self._mark = next_mark(self._mark)
        # *IDN? must be the last unit of a message: IEEE 488.2-1992, 10.14.
        self._put(f"*ESE {self._mark};*ESE?;*ESR?;*IDN?")
        while True:
            mark, status, told = identified(read_message(self._visa, until, self.timeout, self._now))
            if mark == self._mark and status is not None:
                return told, status

    def _recognise(self, told: bytes) -> None:
        found = identity(told)
        if self._identity is not None and found != self._identity:
            raise Stranger(
                f"{self.name}: {self.resource} now says that it is {found}; expected {self._identity}; "
                "put the instrument back, or begin anew with this one"
            )

    @contextmanager
    def _call(self, line: str) -> Iterator[int]:
        """The instant (ns) at which a call must end; an error within it closes the resource and becomes a RigError."""
        begun = self._now()
        limit = begun + 2 * self.timeout - self.timeout // 8  # what is kept back is for closing
        try:
            yield limit
        except Refused:
            raise
        except Stranger:
            self.close()
            raise
        except _faults() as fault:
            self.close()
            raise RigError(
                f"{self.name}: {line!r} had no valid answer from {self.resource} within {show(self._now() - begun)}: "
                f"{_finding(fault)}; expected one within {show(self.timeout)}; is it on, connected and in remote?"
            ) from fault
        except BaseException:
            self.close()  # interrupted in the midst: what comes next on this line answers nobody
            raise


class Refused(RigError):
    """The instrument understood what was said well enough to refuse it; the line to it is sound."""


class Stranger(RigError):
    """Another instrument answers at the address."""


def _faults() -> tuple[type[Exception], ...]:
    return (Garbled, *visa_errors())


def _finding(fault: BaseException) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__


def _sent(lines: tuple[str, ...]) -> str:
    return " ".join(repr(line) for line in dict.fromkeys(lines))
