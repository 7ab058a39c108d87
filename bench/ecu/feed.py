"""Joins the 12 V net with the ECUs that hang on it: each crossing of a threshold is booked at its very instant."""

from collections.abc import Iterable

from bench.clock.calendar import Entry, Phase
from bench.clock.kernel import Kernel
from bench.ecu.electrical import THIN, Electrical
from bench.ecu.inlet import Inlet
from bench.ecu.power import Housed
from bench.vehicle.net import Net, Source


def electrical_of(house: Housed) -> Electrical:
    """The numbers of a housed ECU's supply; one that has none of its own is thin."""
    found: Electrical = getattr(house.ecu, "electrical", THIN)
    return found


class Feed:
    """A net and the inlets of the ECUs on it. Whoever changes the source says so by `renew`.

    The houses come in their order, which decides who is first at one instant; nobody else may tell them a voltage.
    """

    def __init__(self, source: Source, kernel: Kernel, houses: Iterable[Housed]) -> None:
        fed = {house.ecu.name: (house, electrical_of(house)) for house in houses}
        self._kernel = kernel
        self._entry: Entry | None = None
        self._serving = True
        self.net = Net(source, {name: electrical.stage for name, (_, electrical) in fed.items()}, self._now)
        self.inlets = {
            name: Inlet(house, electrical, self, kernel, rank)
            for rank, (name, (house, electrical)) in enumerate(fed.items())
        }
        self._serving = False
        self._book()

    def renew(self, at: int) -> None:
        """The source does something else from `at`, which is now, on."""
        self.net.renew(at)
        self._book()

    def draw(self, name: str, watts: float) -> None:
        """An ECU draws that much from now on."""
        self.net.draw(name, watts, self._now)
        self._book()

    def watch(self, name: str, levels: tuple[float, ...]) -> None:
        """The levels whose crossings an inlet is told."""
        self.net.watch(name, levels)
        self._book()

    def inner(self, name: str) -> float:
        """The present voltage behind an ECU's input stage."""
        return self.net.inner(name, self._now)

    @property
    def _now(self) -> int:
        return int(self._kernel.now)

    def _book(self) -> None:
        if self._serving:
            return  # booked when that is done
        if self._entry is not None:
            self._entry.cancel()
        due = self.net.next_crossing(self._now)
        # After the plant's step of the same instant.
        self._entry = None if due is None else self._kernel.calendar.at(due[0], Phase.PLANT, (0,), self._serve)

    def _serve(self, now: int) -> None:
        self._serving = True
        while (due := self.net.next_crossing(now)) is not None and due[0] <= now:
            self.inlets[due[1]].told(self.net.told(due[1], now))
        self._serving = False
        self._book()
