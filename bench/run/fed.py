"""The vehicle's 12 V net where a supply of the laboratory feeds it in place of the vehicle's own battery."""

from collections.abc import Sequence

from bench.clock.kernel import Kernel
from bench.ecu.feed import Feed
from bench.ecu.power import Housed
from bench.run.laboratory import Laboratory
from bench.vehicle.net import Terminals

LINE = "model.lv_voltage"
"""The plant's reading that is then the line's voltage."""

WAKES, SLEEPS = 6.2, 2.6
"""Voltages of the line at which the nodes that the restbus plays begin and cease to send, V [B]: when most of the
others do. A node that sends alone has nobody who acknowledges, and repeats its frame for as long as it lives."""


class Fed:
    """A supply with the net on its terminals; the ECUs hang on it after `join`, before anything has run."""

    def __init__(self, laboratory: Laboratory, kernel: Kernel) -> None:
        self._laboratory = laboratory
        self._kernel = kernel
        self._terminals = Terminals()
        self._feed: Feed | None = None
        self._awake = False

    def join(self, houses: Sequence[Housed]) -> None:
        """Let the ECUs live from the line; from now on nobody else tells them a voltage."""
        line, supply = self._laboratory.line, self._laboratory.supply
        assert line is not None
        assert supply is not None
        self._feed = Feed(line, self._kernel, houses)
        self._terminals.net = self._feed.net
        supply.connect(self._terminals)
        self._feed.net.on_draw = supply.loaded
        self._laboratory.renewed = self._feed.renew
        for meter in self._laboratory.meters:
            meter.connect(supply.recorded, self._feed.net.recorded)

    def awake(self) -> bool:
        """Whether the nodes that the restbus plays, which hang on the same line, have voltage; to be asked often."""
        self._awake = self.volts() >= (SLEEPS if self._awake else WAKES)
        return self._awake

    def volts(self) -> float:
        """The voltage of the line now."""
        return 0.0 if self._feed is None else self._feed.net.volts(int(self._kernel.now))


def fed_by(laboratory: Laboratory | None, kernel: Kernel) -> Fed | None:
    """The net on the laboratory's supply, if it has one that feeds it."""
    return Fed(laboratory, kernel) if laboratory is not None and laboratory.line is not None else None
