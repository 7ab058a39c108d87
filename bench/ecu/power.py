"""One virtual ECU in its housing: it starts with its supply, ends without it, and can reset itself.

Its CAN controllers live as long as it does: between two lives it is not on the bus, and each begins error-active.
"""

from collections.abc import Callable, Sequence

from bench.clock.calendar import Entry, Phase
from bench.clock.kernel import Kernel
from bench.ecu.ecu import Ecu, Ports
from bench.wire.bus import Bus

ON_ABOVE = 6.5
OFF_BELOW = 6.0
"""Supply at which an ECU starts and stops, V. A bench default by engineering judgement."""


class Housed:
    """Gives its ECU one life after another. `ports` makes fresh ports around the restart function that it is given.

    `buses` are those that it is wired to.
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
        self._supply(False)

    def supplied(self, volts: float) -> None:
        """Tell the voltage at the ECU's terminals."""
        if not self._powered and volts >= ON_ABOVE:
            self._powered = True
            self._begin()
        elif self._powered and volts < OFF_BELOW:
            self._powered = False
            self._end()

    def _begin(self) -> None:
        self._call_off_rise()
        self._supply(True)
        self._life = self._make_ports(self._restart)
        self.ecu.start(self._life)

    def _end(self) -> None:
        if self._life is not None:
            self._life.end()
            self._life = None
            self._supply(False)

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
