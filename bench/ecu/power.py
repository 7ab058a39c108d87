"""One virtual ECU in its housing: it starts with its supply, ends without it, and can reset itself.

Its CAN controllers live as long as it does: between two lives it is not on the bus, and each begins error-active.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from bench.clock.calendar import Entry, Phase
from bench.clock.kernel import Kernel
from bench.ecu.ecu import Ecu, Housing, Ports
from bench.wire.bus import Bus

ON_ABOVE = 6.5
OFF_BELOW = 6.0
"""Supply at which an ECU starts and stops, V. A bench default by engineering judgement."""


class Following(Housing, Protocol):
    """Something between the line and the ECU that follows its lives."""

    def begins(self) -> None:
        """A life begins."""

    def ends(self) -> None:
        """A life has ended."""


class Housed:
    """Gives its ECU one life after another. `ports` makes fresh ports around the restart function that it is given.

    `buses` are those that it is wired to. With an `inlet` it is that which lets it rise and fall, and nobody tells it a
    voltage (`supplied`).
    """

    def __init__(
        self,
        ecu: Ecu,
        kernel: Kernel,
        rank: int,
        ports: Callable[[Callable[[int], None]], Ports],
        buses: Sequence[Bus] = (),
    ) -> None:
        self.ecu = ecu
        self._buses = buses
        self._kernel = kernel
        self._rank = (rank,)
        self._make_ports = ports
        self._life: Ports | None = None
        self._powered = False
        self._rising: Entry | None = None
        self.inlet: Following | None = None
        self._supply(False)

    def supplied(self, volts: float) -> None:
        """Tell the voltage at the ECU's terminals."""
        if not self._powered and volts >= ON_ABOVE:
            self.rise()
        elif self._powered and volts < OFF_BELOW:
            self.fall()

    def rise(self) -> None:
        """There is supply: begin a life."""
        self._powered = True
        self._begin()

    def fall(self, cause: str = "") -> None:
        """There is no supply: end the life, if there is one. What it was told as the cause stands in its memory."""
        self._powered = False
        if cause and self._life is not None:
            self._life.memory["cause"] = cause
        self._end()

    def _begin(self) -> None:
        self._call_off_rise()
        self._supply(True)
        self._life = self._make_ports(self._restart)
        if self.inlet is not None:
            self._life.housing = self.inlet
            self.inlet.begins()
        self.ecu.start(self._life)

    def _end(self) -> None:
        if self._life is not None:
            self._life.end()
            self._life = None
            self._supply(False)
            if self.inlet is not None:
                self.inlet.ends()

    def _supply(self, on: bool) -> None:
        for bus in self._buses:
            bus.supply(self.ecu.name, on)

    def _end_of(self, life: Ports | None) -> None:
        if self._life is life:
            self._end()

    def _restart(self, off: int) -> None:
        # Not at once: whoever asks is a task or a process of the life that ends.
        asking = self._life
        now = int(self._kernel.now)
        self._kernel.calendar.at(now, Phase.TIMEOUT, self._rank, lambda _: self._end_of(asking))
        self._call_off_rise()
        self._rising = self._kernel.calendar.at(now + off, Phase.TIMEOUT, self._rank, self._rise)

    def _call_off_rise(self) -> None:
        if self._rising is not None:
            self._rising.cancel()
            self._rising = None

    def _rise(self, _: int) -> None:
        if self._powered and self._life is None:
            self._begin()
