"""Which object plays a fault: by its kind, on the buses that it names or that its node is on."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from bench.model.plan import Plan
from bench.model.stimulus import Fault
from bench.wire.bus import Bus
from bench.wire.disturbances import Babble, BusOff, BusShort, ErrorFrames
from bench.wire.faults import NodeOff, SlotFault

Ended = Callable[[int], None]
"""Called with the instant (ns) from which a fault that limits itself does nothing any more."""


class ActiveFault(Protocol):
    """A fault while it lasts."""

    def begin(self, now: int) -> None:
        """It starts."""

    def end(self, now: int) -> None:
        """It ends."""


def active(fault: Fault, plan: Plan, turn: int, buses: Mapping[str, Bus], ended: Ended) -> ActiveFault:
    """The object that plays a fault; `turn` counts the phases of the run, repetitions included.

    What it draws by chance follows from the plan's seed, its id and its turn alone, so no other fault changes it.
    """
    match fault.kind:
        case "node_off":
            return NodeOff(fault, tuple(buses.values()))
        case "bus_off":
            return BusOff(fault, [buses[layout.name] for layout in plan.buses if fault.node in layout.nodes], ended)
        case "babble":
            return Babble(fault, buses[fault.bus])
        case "bus_short":
            return BusShort(fault, buses[fault.bus])
        case "error_frames":
            return ErrorFrames(fault, buses[fault.bus], ended)
        case _:
            return SlotFault(fault, buses[fault.bus], ended, Random(f"{plan.seed} {fault.id} {turn}"))
