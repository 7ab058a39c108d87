"""How an ECU comes back from bus-off: quick tries first, then slow ones.

The kind of policy that AUTOSAR's CanSM has (two levels with a pause each, and a time after which a bus counts as well
again); the figures are bench defaults [B] within 5-10 tries at 50-100 ms, then 200-1000 ms.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.ecu.ecu import Ports
from bench.model.instant import MS


@dataclass(frozen=True, slots=True)
class Pauses:
    """`quick` is the pause before each of the first `tries` recoveries, `slow` before any further one; ns.

    Without a bus-off for the time `well` after the last one the count begins anew.
    """

    quick: int = 100 * MS
    tries: int = 5
    slow: int = 500 * MS
    well: int = 1500 * MS


@dataclass(frozen=True, slots=True)
class BusOffs:
    """Bus-offs so far: all since power-up, those of the present row, and the instant of the last one (ns)."""

    total: int = 0
    row: int = 0
    last: int = 0


Pause = Callable[[Pauses, BusOffs], int | None]
"""How long to wait before the recovery from the latest bus-off, ns; None: there will be none."""


def counted(pauses: Pauses, before: BusOffs, now: int) -> BusOffs:
    """The account after one more bus-off."""
    again = before.total > 0 and now - before.last < pauses.well
    return BusOffs(before.total + 1, before.row + 1 if again else 1, now)


def pause(pauses: Pauses, offs: BusOffs) -> int | None:
    """Quick as long as there are tries left."""
    return pauses.quick if offs.row <= pauses.tries else pauses.slow


class Recovery:
    """Drives the policy for one bus during one life."""

    def __init__(self, ports: Ports, bus: str, pauses: Pauses, wait: Pause) -> None:
        self._ports = ports
        self._bus = bus
        self._pauses = pauses
        self._wait = wait
        self._offs = BusOffs()
        ports.on_bus_off(bus, self._off)

    def _off(self, now: int) -> None:
        self._offs = counted(self._pauses, self._offs, now)
        wait = self._wait(self._pauses, self._offs)
        if wait is not None:
            self._ports.after(wait, lambda _: self._ports.recover(self._bus))
