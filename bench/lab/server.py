"""Models of instruments as SCPI over raw TCP sockets, in real time: one port each, all on one thread.

What hangs on a line is served when it is due, by the time at which the models themselves would be done, so nothing is
polled. A talk that is given up mid-line leaves nothing behind. Beside the instruments there may be an observer: a port
that tells what is at the terminals and is no instrument, so that looking does not feed a watchdog.
"""

import json
import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from bench.clock.pace import Stopwatch
from bench.errors import RigError
from bench.lab.models.load import ElectronicLoad
from bench.lab.models.supply import Supply
from bench.lab.scpi import ROOM_FOR_INPUT, Dialogue, Model
from bench.model.instant import S

LOOPBACK = "127.0.0.1"
CHUNK = 65_536
OBSERVER = "observer"


class Server:
    """The instruments that `make` gives for a clock, each listening at a port; 0 lets the host choose one.

    `ports` has the ports by name; a name that is not in it gets one that is free. Closed at the end of a `with`.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], int]], Mapping[str, Model]],
        ports: Mapping[str, int] | None = None,
        host: str = LOOPBACK,
        observer: int | None = None,
    ) -> None:
        self._now = Stopwatch().elapsed
        self.instruments = dict(make(self._now))
        self.host = host
        self._selector = selectors.DefaultSelector()
        self._waking, self._woken = socket.socketpair()
        self._waking.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._talks: dict[socket.socket, _Talk] = {}
        self._stopping = False
        self.ports: dict[str, int] = {}
        try:
            for name, one in self.instruments.items():
                self._listen(name, (ports or {}).get(name, 0), one)
            if observer is not None:
                self._listen(OBSERVER, observer, None)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def address(self, name: str) -> str:
        """The VISA address of an instrument."""
        return f"TCPIP0::{self.host}::{self.ports[name]}::SOCKET"

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._stopping:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._woken:
                    self._woken.recv(CHUNK)
                elif key.data is None:
                    self._hear(self._talks[key.fileobj])  # type: ignore[index]  # a connection is registered as a socket
                else:
                    self._welcome(key.fileobj, *key.data)  # type: ignore[arg-type]  # likewise
            for talk in list(self._talks.values()):
                self._answer(talk)

    def stop(self) -> None:
        """End `run`, from any thread or from a signal's handler."""
        self._stopping = True
        with suppress(BlockingIOError, OSError):  # so full that it is awake anyway; or closed already
            self._waking.send(b"!")

    def close(self) -> None:
        """Let go of all ports and connections."""
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # all of them are sockets
        self._waking.close()
        self._selector.close()

    def observed(self) -> dict[str, dict[str, float | bool | str]]:
        """What is at the terminals of supplies and loads now."""
        at = self._now()
        told: dict[str, dict[str, float | bool | str]] = {}
        for name, one in self.instruments.items():
            if isinstance(one, Supply):
                point = one.terminals.point(at)
                told[name] = {
                    "on": one.terminals.on,
                    "volts": point.volts,
                    "amperes": point.amperes,
                    "tripped": one.terminals.tripped,
                }
            elif isinstance(one, ElectronicLoad):
                told[name] = {"on": one.on}
        return told

    def _listen(self, name: str, port: int, one: Model | None) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, port))
        except OSError as error:
            listener.close()
            raise RigError(
                f"port {port} of {self.host} for {name}: {error.strerror}; choose another, or 0 for any that is free"
            ) from error
        listener.listen()
        listener.setblocking(False)
        self.ports[name] = listener.getsockname()[1]
        self._selector.register(listener, selectors.EVENT_READ, (name, one))

    def _welcome(self, listener: socket.socket, name: str, one: Model | None) -> None:
        with suppress(BlockingIOError, ConnectionError):  # who knocked has gone again
            connection, _ = listener.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ)
            self._talks[connection] = _Talk(connection, Dialogue(one.front, exchange=False) if one else None)

    def _hear(self, talk: "_Talk") -> None:
        try:
            data = talk.connection.recv(CHUNK)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._end(talk)
            return
        *lines, talk.input = (talk.input + data).split(b"\n")
        for line in lines:
            talk.take(line.decode("latin-1"), self.observed)
        if len(talk.input) > ROOM_FOR_INPUT:
            talk.take(talk.input.decode("latin-1"), self.observed)
            talk.input = b""

    def _answer(self, talk: "_Talk") -> None:
        """Send what there is to send, as far as it goes."""
        if talk.dialogue is not None:
            talk.dialogue.advance()
            while talk.dialogue.output:
                talk.output += talk.dialogue.output.popleft()
        if talk.output:
            try:
                sent = talk.connection.send(talk.output)
            except BlockingIOError:
                sent = 0
            except ConnectionError:
                self._end(talk)
                return
            talk.output = talk.output[sent:]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if talk.output else 0)
        if self._selector.get_key(talk.connection).events != events:
            self._selector.modify(talk.connection, events)

    def _end(self, talk: "_Talk") -> None:
        if self._talks.pop(talk.connection, None) is not None:
            self._selector.unregister(talk.connection)
            talk.connection.close()

    def _patience(self) -> float | None:
        """For how long nothing is due, s; None: until something comes."""
        due = [at for talk in self._talks.values() if talk.dialogue and (at := talk.dialogue.due()) is not None]
        waiting = any(talk.dialogue and talk.dialogue.waits_unknown for talk in self._talks.values())
        if waiting:  # for an edge that nobody foresees: the only thing that is looked for
            due.append(self._now() + S // 1000)
        return max(min(due) - self._now(), 0) / S if due else None


class _Talk:
    """A connection with what came and was not a line yet, and what was not sent yet; no dialogue: the observer's."""

    def __init__(self, connection: socket.socket, dialogue: Dialogue | None) -> None:
        self.connection = connection
        self.dialogue = dialogue
        self.input = b""
        self.output = b""

    def take(self, line: str, observed: Callable[[], object]) -> None:
        """A line came."""
        if self.dialogue is not None:
            self.dialogue.write(line)
        else:
            self.output += json.dumps(observed()).encode() + b"\n"
