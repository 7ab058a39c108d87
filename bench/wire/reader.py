"""The thread that reads one interface: it hands what it hears to the kernel and does nothing else."""

from collections import deque
from collections.abc import Callable
from threading import Thread

from bench.clock.calendar import Call
from bench.clock.precedence import preferred
from bench.model.instant import S
from bench.wire.port import Failure, Message, Port

LOOK_UP = 0.1
"""Seconds after which a reader that hears nothing looks whether the run is over."""

PATIENCE = 2.0
"""Seconds within which it must have ended."""

Admit = Callable[[Call, int | None], None]
Hear = Callable[[Message, int, int], None]
"""Called on the kernel with (message, instant at which it was heard, now)."""


class Reader:
    """Reads a port until it is stopped. What ends it early is raised on the kernel: it never dies in silence."""

    def __init__(
        self,
        port: Port,
        admit: Admit,
        now: Callable[[], int],
        of_epoch: Callable[[int], int],
        hear: Hear,
        gone: Callable[[BaseException], None],
    ) -> None:
        self._port = port
        self._admit = admit
        self._now = now
        self._of_epoch = of_epoch
        self._hear = hear
        self._gone = gone
        self._inbox: deque[tuple[Message, int]] = deque()
        self._announced = False
        self._over = False
        self._thread = Thread(target=self._read, name=f"reader of {port.name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; it does within `LOOK_UP`, or when its port is closed."""
        self._over = True
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)

    def join(self) -> None:
        """Wait until it has ended, after its port was closed."""
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)

    def _read(self) -> None:
        # A reader that is kept from a processor may keep the kernel waiting for the interpreter's lock.
        with preferred():
            self._listen()

    def _listen(self) -> None:
        recv, inbox, clock = self._port.recv, self._inbox, self._now
        try:
            while not self._over:
                message = recv(LOOK_UP)
                if message is None:
                    continue
                heard = clock()
                inbox.append((message, heard))
                # One call on the kernel takes all that has come until it runs.
                if not self._announced:
                    self._announced = True
                    self._admit(self._take, self._stamp(message, heard))
        except Failure as failure:
            self._end(partial_gone(self._gone, failure))
        except BaseException as failure:  # noqa: BLE001  # the run must end with it, whatever it is
            self._end(partial_raise(failure))

    def _end(self, call: Call) -> None:
        if not self._over:
            self._admit(call, None)

    def _stamp(self, message: Message, heard: int) -> int:
        at = self._of_epoch(round(message.timestamp * S)) if message.timestamp else heard
        return at if 0 <= at <= heard else heard

    def _take(self, now: int) -> None:
        self._announced = False
        inbox, hear = self._inbox, self._hear
        while inbox:
            message, heard = inbox.popleft()
            hear(message, heard, now)


def partial_gone(gone: Callable[[BaseException], None], failure: BaseException) -> Call:
    """A call on the kernel that tells of a vanished interface."""
    return lambda _: gone(failure)


def partial_raise(failure: BaseException) -> Call:
    """A call on the kernel that raises what ended the reader, with its own traceback."""

    def call(_: int) -> None:
        raise failure

    return call
