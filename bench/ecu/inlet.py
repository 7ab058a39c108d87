"""What stands between an ECU's input stage and its life: power-on reset, brown-out, over-voltage stop.

It is told the inner voltage at the very instants at which that crosses a level of its own or of the life's.
"""

from collections.abc import Callable
from typing import Protocol

from bench.clock.calendar import FOREVER, Entry, Phase
from bench.clock.kernel import Kernel
from bench.ecu.electrical import Electrical, Start
from bench.ecu.power import Housed

FLOOR = 0.5
"""Inner voltage below which everything in a unit has forgotten its state, V [B]."""

ASLEEP = ("sleep", "paging")
"""States in which the loss of supply interrupts nothing."""


class Feeding(Protocol):
    """What feeds an ECU's input stage."""

    def draw(self, name: str, watts: float) -> None:
        """The ECU draws that much from now on."""

    def watch(self, name: str, levels: tuple[float, ...]) -> None:
        """The levels whose crossings are to be told."""

    def inner(self, name: str) -> float:
        """The present inner voltage."""


class Inlet:
    """Lets a housed ECU rise and fall. `state` is OFF, RISING, ON, DOWN (shut down in order), STOPPED or HUNG.

    `starts` counts how often the supply has begun a life; resets of the ECU's own are not among them.
    """

    def __init__(self, house: Housed, electrical: Electrical, feed: Feeding, kernel: Kernel, rank: int) -> None:
        self.name = house.ecu.name
        self.state = "OFF"
        self.starts = 0
        self._house = house
        self._e = electrical
        self._feed = feed
        self._kernel = kernel
        self._rank = (rank,)
        self._drawing = "off"
        self._pending: Entry | None = None
        self._calls: list[tuple[float, bool, Callable[[int, bool], None]]] = []
        self._own = tuple(sorted({FLOOR, electrical.dies_below, electrical.starts_above, electrical.stops_above}))
        self._emptied, self._rose = True, FOREVER
        self._born = self._outage = self._rise = 0
        self._died, self._lived = -FOREVER, FOREVER
        house.inlet = self
        feed.watch(self.name, self._own)
        feed.draw(self.name, electrical.watts("off"))

    # ---- told by the feed ---------------------------------------------------------------------------------------

    def told(self, volts: float) -> None:
        """The inner voltage, at the instant at which it has crossed a level."""
        now = self._now
        if volts < FLOOR:
            self._emptied, self._rose = True, FOREVER
        elif self._rose == FOREVER:
            self._rose = now
        match self.state:
            case "ON" if volts < self._e.dies_below:
                self._die("OFF", "brown_out")
            case "ON":
                self._live(volts, now)
            case "RISING" if volts < self._e.starts_above:
                self._become("OFF")
            case "HUNG" if volts < FLOOR:
                self._become("OFF")
                self.draw("off")
            case "STOPPED" if volts < (self._e.stops_above if self._e.returns == 0 else self._e.dies_below):
                self._become("OFF")
                self.draw("off")
        if self.state in ("OFF", "DOWN") and self._e.starts_above <= volts < self._e.stops_above:
            self._await_reset(now)

    # ---- told by the housing ------------------------------------------------------------------------------------

    def begins(self) -> None:
        """A life begins, at a start or after a reset of the ECU's own."""
        self._born = self._now
        self.draw("run")

    def ends(self) -> None:
        """A life has ended."""
        self._calls.clear()
        self._feed.watch(self.name, self._own)
        self.draw("off")

    # ---- asked by the ECU ---------------------------------------------------------------------------------------

    def draw(self, state: str) -> None:
        """Draw what that state draws."""
        self._drawing = state
        self._feed.draw(self.name, self._e.watts(state))

    def on_voltage(self, volts: float, call: Callable[[int, bool], None]) -> None:
        """Call at once and at each crossing."""
        above = self._feed.inner(self.name) >= volts
        self._calls.append((volts, above, call))
        self._feed.watch(self.name, tuple(sorted({*self._own, *(level for level, _, _ in self._calls)})))
        call(self._now, above)

    def power_down(self) -> None:
        """End the life in order. Not at once: whoever asks is a task or a process of it."""
        born = self._born
        self._kernel.calendar.at(self._now, Phase.TIMEOUT, self._rank, lambda _: self._shut_down(born))

    # ---- what follows -------------------------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return int(self._kernel.now)

    def _live(self, volts: float, now: int) -> None:
        if volts < self._e.stops_above:
            self._call_off()
        elif self._pending is None:
            self._pending = self._after(self._e.stops_after, self._stop)
        for place, (level, above, call) in enumerate(self._calls):
            if (volts >= level) is not above:
                self._calls[place] = (level, not above, call)
                call(now, not above)

    def _await_reset(self, now: int) -> None:
        self._become("RISING")
        self._outage = now - self._died
        self._rise = now - self._rose if self._emptied else 0
        self._pending = self._after(self._e.power_on_reset, self._start)

    def _start(self, now: int) -> None:
        if self._e.hangs(Start(self._lived, self._outage, self._rise)):
            self._become("HUNG")
            self.draw("run")
            return
        self._become("ON")
        self._emptied = False
        self.starts += 1
        self._house.rise()
        volts = self._feed.inner(self.name)
        if self.state == "ON" and volts >= self._e.stops_above:
            self._live(volts, now)

    def _stop(self, _: int) -> None:
        self._die("STOPPED", "over_voltage")
        if self._e.returns:
            self._pending = self._after(self._e.returns, self._try_again)

    def _try_again(self, now: int) -> None:
        self._become("OFF")
        self._await_reset(now)

    def _shut_down(self, born: int) -> None:
        if self.state == "ON" and self._born == born:
            self._die("DOWN", "")
            self.told(self._feed.inner(self.name))

    def _die(self, state: str, cause: str) -> None:
        interrupted = self._drawing not in ASLEEP
        self._become(state)
        self._died = self._now
        self._lived = self._died - self._born
        self._house.fall(cause if interrupted else "")
        # At over-voltage only its work stops; all that idles on the input goes on, and empties the capacitor.
        self.draw("run" if state == "STOPPED" else "off")

    def _become(self, state: str) -> None:
        self._call_off()
        self.state = state

    def _after(self, delay: int, call: Callable[[int], None]) -> Entry:
        return self._kernel.calendar.at(self._now + delay, Phase.TIMEOUT, self._rank, call)

    def _call_off(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
