"""What of a rig is outside the simulation: interfaces that are opened and programs that are started, all or none."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.errors import BenchBug, RigError
from bench.model.health import Health
from bench.model.instant import MS, S
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan, Plan
from bench.wire.recorder import Recorder
from bench.wire.roster import Sway

if TYPE_CHECKING:
    from bench.wire.canbus import CanBus
    from bench.wire.port import Port

READY_WITHIN = 5 * S
"""How long an interface may refuse to open while a program that was just started gets ready, ns."""

AGAIN = 50 * MS
"""After this it is tried again, ns."""


class Wired(Protocol):
    """A part of the rig that is outside the simulation."""

    def begin(self) -> None:
        """The run begins."""

    def close(self) -> None:
        """The run is over, or could not begin."""

    def health(self, end: int) -> Health:
        """How well the bench kept its part until `end`, ns."""


class Program(Wired, Protocol):
    """An ECU that is a program of its own."""

    name: str
    words: str

    def check(self) -> None:
        """RigError if it has ended by itself."""


def programs(plan: Plan, kernel: Kernel, undo: ExitStack) -> list[Program]:
    """Start the ECUs that are programs."""
    commanded = [ecu for ecu in plan.ecus if ecu.kind == "process"]
    if not commanded:
        return []
    from bench.run.process_ecu import ProcessEcu

    started: list[Program] = []
    for ecu in commanded:
        started.append(ProcessEcu(ecu, kernel))
        undo.callback(started[-1].close)
    return started


def ports(
    plan: Plan, wall: object, started: Sequence[Program], undo: ExitStack
) -> "Mapping[str, tuple[InterfacePlan, tuple[Port, ...]]]":
    """Open the interfaces of all buses that have one: by bus, one port, or two where the bench stands in between."""
    opened: dict[str, tuple[InterfacePlan, tuple[Port, ...]]] = {}
    for one in plan.rig.interfaces:
        if not isinstance(wall, Wall):
            raise BenchBug(f"{one.bus} is on an interface, but the run does not go by the wall clock")
        layout = plan.bus(one.bus)
        made = []
        for channel in one.channels:
            made.append(_opened(one, layout, channel, wall, started))
            undo.callback(made[-1].close)
        opened[one.bus] = (one, tuple(made))
    return opened


def on_wire(
    plan: InterfacePlan,
    opened: "tuple[Port, ...]",
    layout: BusLayout,
    kernel: Kernel,
    recorder: Recorder,
    rank: int,
    offset: int,
    sway: Sway | None,
) -> "CanBus":
    """The bus on ports that are open; between two of them the bench passes on what it hears."""
    from bench.wire.canbus import CanBus
    from bench.wire.inline import Crossing

    if not isinstance(kernel.pace, Wall):
        raise BenchBug(f"{layout.name} is on an interface, but the run does not go by the wall clock")
    port = Crossing(*opened) if len(opened) > 1 else opened[0]
    return CanBus(layout, kernel, kernel.pace, recorder, port, rank, offset, sway, plan.listen_only)


def _opened(one: InterfacePlan, layout: BusLayout, channel: str, wall: Wall, started: Sequence[Program]) -> "Port":
    """Open one; a program that offers the interface itself needs a moment before it does."""
    from bench.wire.port import open_port

    until = wall.now() + (READY_WITHIN if started else 0)
    while True:
        try:
            return open_port(one, layout, channel)
        except RigError:
            for program in started:
                program.check()
            if wall.now() >= until:
                raise
        again = wall.now() + AGAIN
        while wall.wait(again) < again:
            pass
