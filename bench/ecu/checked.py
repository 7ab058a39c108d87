"""A received message that an ECU may rely on: each frame checked end to end, with time-out and substitute values."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.ecu.ecu import Ports
from bench.model.expression import Value
from bench.network.codec import codec
from bench.network.protection import checker
from bench.protocol.e2e import Check, State, Status

Consumes = Callable[[Status], bool]
"""Whether the content of a frame of this status counts."""


def consumes(status: Status) -> bool:
    """A frame counts when it is right and new; a loss within the profile's MaxDelta is tolerated."""
    return status in (Status.OK, Status.OKSOMELOST, Status.INITIAL)


@dataclass(frozen=True, slots=True)
class Reception:
    """One frame as it was judged: `at` is its end in ns; `consumed` says whether its content counts."""

    at: int
    status: Status
    data: bytes
    consumed: bool


class Checked:
    """Drives the E2E state machine for one input, and owns its receive time-out and substitute values.

    `timeout` in ns counts from the last frame that counted (from the start where there was none). While the input is
    invalid, `get` gives the database's substitute value. `accept` decides by the status which frames count.
    """

    def __init__(self, ports: Ports, bus: str, message: str, timeout: int, accept: Consumes = consumes) -> None:
        self._tap = ports.tap(bus, message)
        layout = self._tap.layout
        self._code = codec(layout)
        protection = layout.protection
        self._counter = checker(protection, layout.length) if protection else None
        self._unprotected = 0
        modulo, delta = (protection.modulo, protection.max_delta) if protection else (2, 1)
        self._check = Check(modulo, delta, timeout=timeout, since=ports.now)
        self._accept = accept
        self._data: bytes | None = None
        self._known: dict[str, Value] = {}
        self._substitutes = {
            signal.name: self._code.to_physical(signal.name, signal.substitute_raw)
            for signal in layout.signals
            if signal.substitute_raw is not None
        }
        self._readers = {name: self._code.reader(name) for name in self._code.names}
        self._starts = dict(zip(self._code.names, self._code.start, strict=True))

    def update(self, now: int) -> list[Reception]:
        """Judge what has arrived and see to the time-out. To be called in each task that uses the input."""
        receptions = []
        for at, data in self._tap.drain():
            status = self._check.receive(self._count(data), at)
            consumed = self._accept(status)
            if consumed:
                self._data = data
                self._known.clear()
            receptions.append(Reception(at, status, data, consumed))
        self._check.tick(now)
        return receptions

    def _count(self, data: bytes) -> int | None:
        if self._counter is not None:
            return self._counter(data)
        # Without protection any frame is the next one; only the time-out can make the input invalid.
        self._unprotected ^= 1
        return self._unprotected

    def overdue(self, now: int) -> bool:
        """Whether the next `update` will find the time-out, unless it also finds a frame."""
        deadline = self._check.deadline()
        return deadline is not None and now >= deadline

    @property
    def valid(self) -> bool:
        """Whether the input may be used: it has come, has not timed out, and was not wrong three times in a row."""
        return self._data is not None and self._check.state is State.VALID

    def get(self, signal: str) -> Value:
        """The signal's last value that counted; its substitute (else its start value) while the input is not valid."""
        if self._data is not None and self._check.state is State.VALID:
            value = self._known.get(signal)
            if value is None:
                value = self._known[signal] = self.read(self._data, signal)
            return value
        return self._substitutes.get(signal, self._starts[signal])

    def read(self, data: bytes, signal: str) -> Value:
        """A signal out of a payload of this message."""
        value = self._readers[signal](data)
        return self._starts[signal] if value is None else value
