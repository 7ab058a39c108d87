"""The guardian as the bench sees it: the process that has the real instruments, and outlives the bench.

It has a session of its own, so Ctrl-C in the terminal ends the bench and not the guardian. The first Ctrl-C ends a run
in order, with `close`; the second leaves `close` at once, and the guardian switches off because the bench is gone.
"""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread, get_ident
from types import TracebackType
from typing import Any, Self

from bench.clock.pace import Stopwatch
from bench.errors import BenchBug, BenchError, RigError
from bench.lab.framing import Frames, Message, framed, plan_told, waveform_told
from bench.lab.setpoint import Setting, Value
from bench.model.instant import MS, S, show
from bench.model.lab import InstrumentPlan
from bench.model.waveform import Waveform

_PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from bench.lab.guardian_process import serve; serve()"

BEAT = 100 * MS
"""How often the bench gives a sign of life at most, ns; the guardian waits ten times as long for one."""

DEAF = 3 * S
"""A guardian that has not answered a sign of life for so long is as good as gone, ns."""

STARTING = 30 * S
"""The same while it starts: PyVISA alone takes a second to be imported, and many on a host with other things to do."""

LONGEST = 60 * S
"""The longest that an answer may take, ns; an instrument that does not answer is told much sooner, by its driver."""

SEND = 2
"""Seconds that a message may wait to be taken."""

ENDING = 15.0
"""Seconds for switching off in order, with an instrument that does not answer."""

_POWERS = ("supply", "generator")


def host_loss_words(plan: InstrumentPlan) -> str:
    """What is missing if bench and guardian are lost in the same instant; "" if nothing is, or nothing is driven."""
    if not plan.resource or plan.kind not in _POWERS or plan.watchdog or plan.interlock:
        return ""
    return (
        f"{plan.name}: no safe state on host loss; expected a watchdog of its own or an interlock; "
        "add 'watchdog' or 'interlock' in the rig file"
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """What an instrument says it is (maker, model, serial, firmware), and what was found when it was opened."""

    identity: tuple[str, str, str, str]
    remarks: tuple[str, ...]


class Guardian:
    """The process, from its start to `close`. `library` is the VISA library, as pyvisa.ResourceManager takes it.

    Whoever makes it gives signs of life: it calls `beat` as the run goes on, and its own calls do so while they wait.
    Other threads may ask too, and their questions are no sign of life. `lost` is called, on a thread of its own, when
    the guardian ends before it was asked to, with why; from then on every call raises RigError.
    """

    def __init__(self, library: str = "@py", lost: Callable[[str], None] | None = None) -> None:
        self.left_on: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()
        self._lost = lost
        self._owner = get_ident()
        self._gone = ""
        self._closing = False
        self._number = 0
        self._waiting: dict[int, Future[Any]] = {}
        self._mutex = Lock()
        self._clock = Stopwatch()
        self._beaten = -BEAT
        self._heard_at: int | None = None
        mine, theirs = socket.socketpair()
        with theirs:
            command = " ".join(sys.orig_argv)[:200]
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _PROGRAM, str(os.getpid()), command, library, *sys.path],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except BaseException:
                mine.close()
                raise
        # A guardian that was stopped takes nothing any more; whoever sends must not wait for it for ever.
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND, 0))
        self._socket = mine
        self._reader = Thread(target=self._read, name="guardian", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        pid: int = self._process.pid
        return pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def open(self, plan: InstrumentPlan) -> Opened:
        """Lock and open an instrument, and switch it off if it is on; RigError if another process holds it."""
        told = self._asked("open", plan=plan_told(plan))
        maker, model, serial, firmware = told["identity"]
        return Opened((maker, model, serial, firmware), tuple(told["remarks"]))

    def set(self, name: str, settings: Sequence[Setting]) -> None:
        """Set attributes of an instrument in this order; RigError, and that one is not set, if it is over a limit."""
        self._asked("set", instrument=name, settings=[list(one) for one in settings])

    def get(self, name: str, attribute: str) -> Value:
        """What an attribute is, as the instrument says."""
        value: Value = self._asked("get", instrument=name, attribute=attribute)
        return value

    def begin(self, name: str, quantity: str) -> None:
        """Begin a measurement."""
        self._asked("begin", instrument=name, quantity=quantity)

    def fetch(self, name: str, quantity: str) -> tuple[Any, float]:
        """What a measurement gave, and its uncertainty."""
        value, uncertainty = self._asked("fetch", instrument=name, quantity=quantity)
        return value, uncertainty

    def duration(self, name: str, quantity: str) -> int:
        """How long after `begin` there is something to fetch, ns."""
        return int(self._asked("duration", instrument=name, quantity=quantity))

    def play(self, name: str, waveform: Waveform) -> None:
        """Load a waveform that is within the limits; `arm` and `trigger` let it begin."""
        self._asked("play", instrument=name, waveform=waveform_told(waveform))

    def arm(self, name: str) -> None:
        """Let an instrument wait for its trigger."""
        self._asked("arm", instrument=name)

    def trigger(self, name: str) -> None:
        """Begin what was loaded."""
        self._asked("trigger", instrument=name)

    def errors(self, name: str) -> tuple[str, ...]:
        """The errors that an instrument has queued."""
        return tuple(self._asked("errors", instrument=name))

    def off(self, name: str = "") -> None:
        """Switch an instrument off, or all of them in the declared order; RigError for those that do not."""
        self._asked("off", instrument=name)

    def beat(self) -> None:
        """Give a sign of life, if the last one is not quite recent; RigError if the guardian does not give any."""
        self._alive()
        now = self._clock.elapsed()
        if now - self._beaten < BEAT:
            return
        heard, patience = (0, STARTING) if self._heard_at is None else (self._heard_at, DEAF)
        if now - heard > patience and self._beaten > heard:
            self._end(f"the guardian (process {self.pid}) gave no sign of life for {show(patience)}")
            self._alive()
        self._beaten = now
        self._send({"do": "beat", "beat": True})

    def close(self) -> tuple[str, ...]:
        """Switch all off in order and end the guardian; the names of instruments that may still be on.

        Interrupted, it leaves at once, and the guardian goes on by itself.
        """
        if self._closing:
            return self.left_on
        self._closing = True
        try:
            with suppress(BenchError):
                self._send({"id": 0, "do": "end", "beat": True})
                self._reader.join(ENDING)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        finally:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        return self.left_on

    # ---- how it is asked --------------------------------------------------------------------------------------------

    def _asked(self, do: str, **told: object) -> Any:
        self._alive()
        future: Future[Any] = Future()
        with self._mutex:
            self._number += 1
            number = self._number
            self._waiting[number] = future
        mine = get_ident() == self._owner
        begun = self._clock.elapsed()
        self._send({"id": number, "do": do, "beat": mine, **told})
        while True:
            try:
                return future.result(BEAT / S)
            except NotYet:
                if mine:
                    self.beat()
                if self._clock.elapsed() - begun > LONGEST:
                    raise RigError(
                        f"the guardian did not answer '{do}' within {show(LONGEST)}; expected an answer or an error; "
                        "end the run and look whether the instruments answer"
                    ) from None

    def _send(self, message: Message) -> None:
        data = framed(message)
        try:
            with self._mutex:
                self._socket.sendall(data)
        except OSError as error:  # closed, or not taken in time: then half of a message may be on its way
            self._reader.join(SEND)  # why it was closed may have arrived already, and says more
            self._end(f"the guardian (process {self.pid}) takes no messages ({error.strerror or error})")
            self._alive()

    def _alive(self) -> None:
        if self._gone:
            raise RigError(f"{self._gone}; the run cannot go on; look at the rack, and begin it again")

    # ---- what it says -----------------------------------------------------------------------------------------------

    def _read(self) -> None:
        frames, why = Frames(), ""
        with suppress(OSError):
            while data := self._socket.recv(1 << 16):
                for message in frames.receive(data):
                    why = self._heard(message) or why
        self._end(why or f"the guardian (process {self.pid}) ended by itself; outputs may be on until a watchdog acts")

    def _heard(self, message: Message) -> str:
        self._heard_at = self._clock.elapsed()
        if "ended" in message:
            self.left_on, self.remarks = tuple(message["still_on"]), tuple(message["remarks"])
            return f"the guardian has ended the run: {message['ended']}"
        if "id" in message:
            future = self._waiting.pop(message["id"], None)
            if future is not None and "error" in message:
                future.set_exception(_failure(message["error"], message["words"]))
            elif future is not None:
                future.set_result(message["result"])
        return ""

    def _end(self, why: str) -> None:
        with self._mutex:
            if self._gone:
                return
            self._gone = why
            waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            future.set_exception(RigError(f"{why}; the run cannot go on; look at the rack, and begin it again"))
        if self._lost is not None and not self._closing:
            self._lost(why)


def _failure(kind: str, words: str) -> BenchError | ValueError:
    if kind == "ValueError":
        return ValueError(words)
    if kind in ("RigError", "Refused", "Stranger"):
        return RigError(words)
    return BenchBug(f"in the guardian: {words}")
