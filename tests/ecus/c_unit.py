"""The C unit on a clock of ours: a bus that tells it what the gateway would, and a record of what it sends."""

import ctypes
from collections.abc import Callable
from typing import Any

from c_database import Frame

from bench.model.layout import BusLayout
from bench.network.codec import codec
from bench.network.protection import protector

_SEND = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Frame))

GATEWAY = {"CGW_Veh_01": (20, 0), "CGW_Crash_01": (20, 1), "CGW_PowerMode_01": (50, 2), "CGW_TimeSync_Info": (1000, 14)}
"""Cycle and offset in ms."""


class _Outlet(ctypes.Structure):
    _fields_ = (("send", _SEND), ("to", ctypes.c_void_p))


class Unit:
    """The unit and its gateway. `content` is what the gateway says; `mute` are messages that it does not send.

    `begin` is what the unit's own clock shows at 0, so that a wrap of it can be met. All times in ms.
    """

    def __init__(self, core: ctypes.CDLL, info: BusLayout, begin: int = 0) -> None:
        self.now = 0
        self.sent: list[tuple[int, str, bytes]] = []
        self.content: dict[str, dict[str, Any]] = {name: {} for name in GATEWAY}
        self.content["CGW_Veh_01"] = {"VehicleSpeed": 36.0, "VehSpeedQual": "VALID"}
        self.content["CGW_PowerMode_01"] = {"PowerMode": "RUN"}
        self.mute: set[str] = set()
        self.spoil: Callable[[str, bytes], bytes] = lambda _, data: data
        self._core, self._info, self._begin = core, info, begin
        self._names = {message.id: message.name for message in info.messages}
        self._counters = dict.fromkeys(GATEWAY, 0)
        self._payloads: dict[tuple[Any, ...], bytes] = {}
        self._unit = (ctypes.c_uint64 * 512)()
        self._outlet = _Outlet(_SEND(self._take), None)
        core.telematics_due.restype = ctypes.c_uint32
        core.telematics_power_up(self._unit, self._outlet)

    def _take(self, _to: object, frame: Any) -> None:
        self.sent.append((self.now, self._names[frame.contents.id], frame.contents.payload))

    def _clock(self) -> ctypes.c_uint32:
        return ctypes.c_uint32(self._begin + self.now)

    def tell(self, name: str) -> None:
        """One frame from the gateway, now."""
        layout = self._info.message(name)
        count = self._counters[name]
        if layout.protection:
            self._counters[name] = (count + 1) % layout.protection.modulo
        key = (name, count, *self.content[name].items())
        if key not in self._payloads:
            code = codec(layout)
            start = dict(zip(code.names, code.start, strict=True))
            data = code.pack(list({**start, **self.content[name]}.values()))
            self._payloads[key] = protector(layout.protection, 8)(data, count) if layout.protection else data
        self.hear(layout.id, self.spoil(name, self._payloads[key]))

    def hear(self, identifier: int, data: bytes) -> None:
        """Any frame, now."""
        frame = Frame.of(identifier, data, len(data) > 8)
        self._core.telematics_receive(self._unit, ctypes.byref(frame), self._clock())

    def run(self, ms: int, step: int = 1) -> None:
        """Let time go by, in steps of a clock that is looked at every `step` ms."""
        for _ in range(0, ms, step):
            self.now += step
            for name, (cycle, offset) in GATEWAY.items():
                if name not in self.mute and (self.now - offset) % cycle < step:
                    self.tell(name)
            self._core.telematics_run(self._unit, self._clock())

    def due(self) -> int:
        """How far ahead it wants to be run next."""
        ahead = self._core.telematics_due(self._unit, self._clock()) - self._begin - self.now
        return ctypes.c_int32(ahead & 0xFFFFFFFF).value

    def times(self, name: str) -> list[int]:
        """When a message was sent."""
        return [at for at, message, _ in self.sent if message == name]

    def last(self, name: str) -> dict[str, Any]:
        """Content of the last frame of a message."""
        return self._read(name, next(data for _, message, data in reversed(self.sent) if message == name))

    def states(self, name: str, signal: str) -> list[tuple[int, Any]]:
        """A signal's values with the times at which they were first on the bus."""
        changes: list[tuple[int, Any]] = []
        for at, message, data in self.sent:
            value = self._read(name, data)[signal] if message == name else None
            if value is not None and (not changes or changes[-1][1] != value):
                changes.append((at, value))
        return changes

    def _read(self, name: str, data: bytes) -> dict[str, Any]:
        code = codec(self._info.message(name))
        return {signal: code.reader(signal)(data) for signal in code.names}
