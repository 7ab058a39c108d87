"""A small SCPI instrument on a TCP port, written apart from the bench: it keeps what it is told, and remembers when.

It knows what a test has to know (what it really holds, and held) and nothing of electricity.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

IDENTITY = "Acme,Model 1,SN-17,1.0"


class Instrument:
    """Settings by header, readings by query, blocks by query; whatever else it is told is an error."""

    def __init__(
        self,
        settings: dict[str, str],
        readings: dict[str, Callable[[], str]] | None = None,
        blocks: dict[str, bytes] | None = None,
        actions: tuple[str, ...] = (),
        identity: str = IDENTITY,
        compound: bool = True,
    ) -> None:
        self.settings = dict(settings)
        self.readings = readings or {}
        self.blocks = blocks or {}
        self.actions = actions
        self.identity = identity
        self.compound = compound
        self.done: list[str] = []
        self.errors: list[str] = []
        self.enabled, self.status = 0, 128
        self.history = {header: [(0.0, value)] for header, value in settings.items()}
        self._lock = threading.Lock()

    def held(self, header: str, since: float, until: float) -> list[str]:
        """All that a setting was between two instants (monotonic seconds)."""
        with self._lock:
            changes = list(self.history[header])
        ends = [at for at, _ in changes[1:]] + [float("inf")]
        return [value for (at, value), end in zip(changes, ends, strict=True) if at <= until and end >= since]

    def power_cycle(self) -> None:
        """Off and on: the status says so."""
        with self._lock:
            self.status, self.enabled = 128, 0

    def answer(self, line: bytes) -> bytes:
        """What one line is answered; empty for no answer. After an error the rest of a line is dropped."""
        with self._lock:
            answers = []
            try:
                for unit in (
                    line.decode("ascii").strip().split(";") if self.compound else [line.decode("ascii").strip()]
                ):
                    answers += self._unit(unit.strip().removeprefix(":"))
            except (KeyError, ValueError, UnicodeDecodeError):
                self.errors.append('-113,"Undefined header"')
                self.status |= 32
            return b";".join(answers) + b"\n" if answers else b""

    def _unit(self, unit: str) -> list[bytes]:
        if unit in self.actions:
            self.done.append(unit)
            return []
        if unit.endswith("?"):
            return [self._query(unit)]
        header, _, value = unit.partition(" ")
        if header == "*ESE":
            number = int(value)
            if not 0 <= number <= 255:
                raise ValueError(value)
            self.enabled = number
            return []
        if header not in self.settings or not value or not value.isprintable():
            raise KeyError(unit)
        self._check(value)
        self.settings[header] = value
        self.history[header].append((monotonic(), value))
        return []

    def _check(self, value: str) -> None:
        for word in value.split(","):
            if word not in ("ON", "OFF", "LIST", "FIX"):
                float(word)

    def _query(self, unit: str) -> bytes:
        if unit == "*IDN?":
            return self.identity.encode()
        if unit == "*ESE?":
            return b"%d" % self.enabled
        if unit == "*ESR?":
            status, self.status = self.status, 0
            return b"%d" % status
        if unit == "*OPC?":
            return b"1"
        if unit == "SYST:ERR?":
            return self.errors.pop(0).encode() if self.errors else b'0,"No error"'
        if unit in self.blocks:
            block = self.blocks[unit]
            return b"#%d%d" % (len(str(len(block))), len(block)) + block
        if unit in self.readings:
            return self.readings[unit]().encode()
        value = self.settings[unit[:-1]]
        return {"ON": b"1", "OFF": b"0"}.get(value, value.encode())


@contextmanager
def serving(instrument: Instrument) -> Iterator[int]:
    """The port on which the instrument answers; each connection has a thread, and a line in part is forgotten."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def talk(line: socket.socket) -> None:
        rest = b""
        try:
            while data := line.recv(65_536):
                *lines, rest = (rest + data).split(b"\n")
                for one in lines:
                    if answer := instrument.answer(one):
                        line.sendall(answer)
        except OSError:
            return  # the other side is gone
        finally:
            line.close()

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # closed
            open_ones.append(line)
            threads.append(threading.Thread(target=talk, args=(line,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in open_ones:
            with_shutdown(line)
        for thread in [acceptor, *threads]:
            thread.join(2)


def with_shutdown(line: socket.socket) -> None:
    """End a connection in both directions, whatever state it is in."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it had ended already


def address(port: int) -> str:
    """The VISA address of a port of this host."""
    return f"TCPIP0::127.0.0.1::{port}::SOCKET"
