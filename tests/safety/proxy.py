"""A TCP line that misbehaves at one byte: it delays, cuts, drips, duplicates, garbles or loses, and is sound elsewhere.

Bytes are counted over all connections of the line, each direction by itself, so a fault can lie in any byte of a
conversation, also of one that goes on after the line was cut.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

KINDS = ("delay", "cut", "drip", "duplicate", "garble", "lose")
TO_INSTRUMENT, TO_BENCH = "to the instrument", "to the bench"


@dataclass(frozen=True)
class Fault:
    """What happens at byte `at` of a direction: for `seconds` (delay, drip: each byte), or to `size` bytes.

    Bytes are garbled into any others, by a bit each, or in the flavour "digits" only digits into other digits, which is
    the hardest to see.
    """

    kind: str
    direction: str
    at: int
    size: int = 1
    seconds: float = 0.0
    flavour: str = "any"
    seed: int = 0


def drawn(seed: int, lengths: dict[str, int], timeout: float) -> Fault:
    """A fault at any byte of a conversation that has so many in each direction; for an answer's `timeout` (s)."""
    random = Random(seed)
    kind = random.choice(KINDS)
    direction = random.choice((TO_INSTRUMENT, TO_BENCH))
    seconds = {
        "delay": timeout * random.choice((0.1, 0.5, 0.95, 1.05, 1.5, 2.5)),
        "drip": timeout / random.choice((10, 50, 400)),
    }
    return Fault(
        kind,
        direction,
        random.randrange(lengths[direction]),
        random.choice((1, 1, 1, 2, 3, 8, 40)),
        seconds.get(kind, 0.0),
        random.choice(("digits", "any", "bit")),
        random.randrange(1 << 30),
    )


class Line:
    """Both directions of a line with at most one fault; `passed` counts what came in, by direction."""

    def __init__(self, target: int, fault: Fault | None) -> None:
        self.fault = fault
        self.passed = {TO_INSTRUMENT: 0, TO_BENCH: 0}
        self.ended = threading.Event()
        self._target = target
        self._happened = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def serve(self, listener: socket.socket) -> None:
        """Relay every connection, until the listener is closed."""
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [near, far]
            for source, sink, direction in ((near, far, TO_INSTRUMENT), (far, near, TO_BENCH)):
                thread = threading.Thread(target=self._relay, args=(source, sink, direction), daemon=True)
                self._threads.append(thread)
                thread.start()

    def end(self) -> None:
        """End all connections, and whatever is held back."""
        self.ended.set()
        for one in self._sockets:
            _shut(one)
        for thread in self._threads:
            thread.join(5)
        for one in self._sockets:
            one.close()

    def _relay(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        try:
            while data := source.recv(65_536):
                for piece, gap in self._altered(data, direction):
                    if gap is None:
                        _shut(source)
                    elif gap:
                        self.ended.wait(gap)
                    sink.sendall(piece)
        except OSError:
            return  # one side is gone, or the fault has cut it
        finally:
            _shut(source)
            _shut(sink)

    def _altered(self, data: bytes, direction: str) -> Iterator[tuple[bytes, float | None]]:
        """What becomes of some bytes: pieces, each after a gap (s); None: the line is cut."""
        begin = self._counted(len(data), direction)
        fault = self.fault
        here = fault is not None and fault.direction == direction and not self._happened
        if fault is None or not here or begin + len(data) <= fault.at:
            yield data, 0.0
            return
        self._happened = True
        offset = max(fault.at - begin, 0)
        before, hit, after = data[:offset], data[offset : offset + fault.size], data[offset + fault.size :]
        yield before, 0.0
        match fault.kind:
            case "delay":
                yield hit + after, fault.seconds
            case "cut":
                yield b"", None
            case "drip":
                for byte in data[offset:]:
                    yield bytes((byte,)), fault.seconds
            case "duplicate":
                yield hit + hit + after, 0.0
            case "garble":
                yield garbled(hit, fault.flavour, Random(fault.seed)) + after, 0.0
            case "lose":
                yield after, 0.0

    def _counted(self, length: int, direction: str) -> int:
        with self._lock:
            begin = self.passed[direction]
            self.passed[direction] += length
            return begin


def garbled(data: bytes, flavour: str, random: Random) -> bytes:
    """Other bytes in their place; digits stay digits where only those are garbled."""
    if flavour == "digits":
        return bytes(
            random.choice([d for d in b"0123456789" if d != byte]) if 48 <= byte <= 57 else byte for byte in data
        )
    if flavour == "bit":
        return bytes(byte ^ (1 << random.randrange(8)) for byte in data)
    return bytes(random.choice([d for d in range(256) if d != byte]) for byte in data)


@contextmanager
def line_to(target: int, fault: Fault | None = None) -> Iterator[tuple[int, Line]]:
    """A port that leads to another one of this host over a line with a fault."""
    listener = socket.create_server(("127.0.0.1", 0))
    line = Line(target, fault)
    thread = threading.Thread(target=line.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], line
    finally:
        _shut(listener)
        listener.close()
        line.end()
        thread.join(5)


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was ended before
