"""A talk with a SCPI instrument: lines in, answers out, errors queued.

Nothing here has a timer. What takes time says when it will be over, and is looked at again when somebody reads, writes
or calls `advance`; then it happens at the instant at which it was due, not at the one at which it was looked at.

Source: IEEE 488.2-1992, chapter 6 (message exchange).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from bench.lab.dialect import Later
from bench.lab.front import Front
from bench.lab.headers import Path, header, units
from bench.lab.status import Refused

ROOM_FOR_INPUT = 1 << 20
"""A longer line, in characters, overruns the input buffer."""

EXECUTION_ERRORS = -200
"""From this number on downwards a unit was understood, but cannot be done; above it, it was not understood."""


class Model(Protocol):
    """A model of an instrument: SCPI through its front, physics by its own methods."""

    front: Front

    def write(self, line: str) -> None:
        """Give it a line."""

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""


class Dialogue:
    """One talk with a front: what was written to it, in order, and what it answered.

    `exchange` holds the message exchange of IEEE 488.2 (as over USB, GPIB and VXI-11): a line that comes before the
    last answer was read costs that answer, and error -410. Without it (a raw socket) lines queue up.
    """

    def __init__(self, front: Front, exchange: bool = True, remote: bool = True) -> None:
        self.front = front
        self._exchange = exchange
        self._remote = remote
        self._lines: deque[tuple[str, int]] = deque()
        self._units: deque[str] = deque()
        self._path: Path = ()
        self._at = 0
        self._answers: list[bytes] = []
        self._pending: Later | None = None
        self._asked = False
        self._muted = False
        self.output: deque[bytes] = deque()

    def write(self, line: str) -> None:
        """Take a line, without or with its end, and do what can be done of it now."""
        now = self.front.now()
        self.advance()
        self.front.device.heard(now)
        if self._remote and self.front.state == "LOC":
            self.front.state = "REM"
        if self._exchange and (self.output or self._answers or self._asked):
            self.front.status.push(-410)
            self.output.clear()
            self._answers.clear()
            self._muted = self._busy
        if len(line) > ROOM_FOR_INPUT:
            self.front.status.push(-363)
            return
        self._lines.append((line.rstrip("\r\n"), now))
        self.advance()

    def read(self) -> bytes:
        """The oldest whole answer with its line feed; empty while there is none (-420 if none will come)."""
        self.advance()
        if self.output:
            return self.output.popleft()
        if not self.expected:
            self.front.status.push(-420)
        return b""

    @property
    def expected(self) -> bool:
        """Whether an answer is there or will be."""
        return bool(self.output or self._answers or self._pending or self._units or self._lines)

    def due(self) -> int | None:
        """The instant at which it goes on; None if it does not wait, or nobody knows how long."""
        return self._pending.due(self.front.now()) if self._pending else None

    @property
    def waits_unknown(self) -> bool:
        """Whether it waits for something whose instant nobody knows, such as a trigger."""
        return self._pending is not None and self.due() is None

    def clear(self) -> None:
        """Device clear: forget lines and answers; settings and status stay."""
        self._lines.clear()
        self._units.clear()
        self._answers.clear()
        self.output.clear()
        self._pending, self._asked, self._muted = None, False, False

    def advance(self) -> None:
        """Do all that is due by now."""
        while self._step(self.front.now()):
            if not self._busy:
                self._finish()

    def _step(self, now: int) -> bool:
        """Do the next thing; False if nothing can be done now."""
        if self._pending is not None:
            if self._muted and self._asked:  # nobody wants this answer any more
                self._pending = None
                return True
            due = self._pending.due(now)
            if due is None or due > now:
                return False
            self._at = max(self._at, due)
            value, self._pending = self._pending.value(self._at), None
            self._answer(value if isinstance(value, bytes) else None)
        elif self._units:
            self._carry_out(self._units.popleft())
        elif self._lines:
            line, came = self._lines.popleft()
            self._at, self._path = max(self._at, came), ()
            self._guarded(lambda: self._units.extend(units(line)))
        else:
            return False
        return True

    @property
    def _busy(self) -> bool:
        """Whether a line is being carried out."""
        return self._pending is not None or bool(self._units)

    def _carry_out(self, unit: str) -> None:
        def act() -> None:
            path, asks, text = header(unit, self._path)
            if not path[0].startswith("*"):
                self._path = path
            self.front.refresh(self._at)
            command = self.front.command(path, asks)
            self._asked = asks
            answer = command(text, self._at, bool(self.output))
            if isinstance(answer, Later):
                self._pending = answer
            else:
                self._answer(answer)

        self._guarded(act)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do it; what is refused goes into the error queue.

        After a command error nobody knows where the next unit begins, so the rest of the line goes too; after an
        execution error it is carried out.
        """
        try:
            act()
        except Refused as refusal:
            self.front.status.push(refusal.code, refusal.about)
            self._asked = False
            if refusal.code > EXECUTION_ERRORS:
                self._units.clear()

    def _answer(self, answer: bytes | None) -> None:
        self._asked = False
        if answer is not None and not self._muted:
            self._answers.append(answer)

    def _finish(self) -> None:
        """The line is done."""
        if self._answers:
            self.output.append(b";".join(self._answers) + b"\n")
        self._answers, self._muted = [], False


def at_the_panel(front: Front, line: str) -> bool:
    """Somebody sets something by hand at the front panel; False: it is locked, and nothing happens."""
    if front.state != "LOC":
        return False
    Dialogue(front, remote=False).write(line)
    return True
