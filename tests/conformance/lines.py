"""The kinds of bus that the suite runs on, and a bench of one bus of each kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import can
import pytest

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.errors import RigError
from bench.model.health import Health
from bench.model.instant import MS
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.model.trace import Trace
from bench.wire.bus import Bus
from bench.wire.canbus import CanBus
from bench.wire.port import open_port
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus

KINDS = ("simulated", "virtual", "virtual_echo", "udp_multicast", "socketcan")
REAL = KINDS[1:]


def interface(kind: str) -> InterfacePlan:
    """Where a bus of a kind is, on a channel of its own; skips with the reason where this host has none."""
    name, options = kind, ()
    channel = f"channel {uuid4()}"
    if kind == "virtual_echo":
        name, options = "virtual", (("receive_own_messages", True),)
    elif kind == "udp_multicast":
        # Within this host: no router passes on what may live for no hop.
        channel, options = "239.74.163.2", (("port", _free_port()), ("hop_limit", 0))
        _needs_multicast(channel)
    elif kind == "socketcan":
        channel = "vcan0"
        if not Path("/sys/class/net/vcan0").exists():
            pytest.skip("this kernel has no vcan0; `tox run -e socketcan` brings one with CAN")
    return InterfacePlan("B0", name, (channel,), options)


def _free_port() -> int:
    from socket import AF_INET, SOCK_DGRAM, socket

    with socket(AF_INET, SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _needs_multicast(group: str) -> None:
    """Skip where a multicast datagram does not come back."""
    pytest.importorskip("msgpack", reason="udp_multicast needs the package msgpack")
    try:
        with can.Bus(interface="udp_multicast", channel=group, port=_free_port(), hop_limit=0) as bus:
            bus.send(can.Message(arbitration_id=1))
            if bus.recv(1.0) is None:
                pytest.skip("multicast does not come back on this host")
    except (can.CanError, OSError) as failure:
        pytest.skip(f"no multicast on this host: {failure}")


@dataclass
class Bench:
    """One bus of a kind with kernel and recorder, and on a real one another participant that hears and sends."""

    kind: str
    layout: BusLayout
    other: can.BusABC | None = None
    wall: Wall | None = None
    kernel: Kernel = field(init=False)
    recorder: Recorder = field(default_factory=Recorder)
    health: Health = field(default_factory=Health)
    broken: str = ""
    heard: list[can.Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus: Bus
        if self.kind == "simulated":
            self.kernel = Kernel()
            simulated = SimBus(self.layout, self.kernel.calendar, self.recorder)
            self.kernel.add(simulated)
            self.bus = simulated
            return
        plan = interface(self.kind)
        self.wall = Wall()
        self.kernel = Kernel(self.wall)
        self.port = open_port(plan, self.layout)
        fd = {"fd": True} if plan.interface == "socketcan" else {}
        options = {key: value for key, value in plan.options if key != "receive_own_messages"}
        self.other = can.Bus(interface=plan.interface, channel=plan.channels[0], **options, **fd)
        self.real = CanBus(self.layout, self.kernel, self.wall, self.recorder, self.port)
        self.kernel.add(self.real)
        self.bus = self.real
        self.kernel.calendar.every(0, 5 * MS, Phase.TASK, (), self.hear)

    def at(self, instant: int, call: Callable[[int], object]) -> None:
        """Book a call among the tasks of an instant."""
        self.kernel.calendar.at(instant, Phase.TASK, (), call)

    def run(self, until: int) -> Trace:
        """Run until an instant, close everything, and give the trace."""
        try:
            if self.wall is None:
                self.kernel.run_until(until)
            else:
                self.wall.begin()
                self.real.begin()
                self.kernel.run_until(until)
        except RigError as failure:
            self.broken = str(failure)
        finally:
            if self.wall is not None:
                self.wall.end()
                self.real.close()
                self.health = self.real.health(until)
            if self.other is not None:
                self.hear(patience=0.1)  # what was sent last may be on its way
                self.other.shutdown()
        return self.recorder.close(until, not self.broken)

    def hear(self, _: int = 0, patience: float = 0.0) -> None:
        """Let the other participant take what has come, before its receive buffer is full."""
        assert self.other is not None
        while (message := self.other.recv(patience)) is not None:
            self.heard.append(message)
