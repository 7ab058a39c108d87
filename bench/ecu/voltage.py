"""Watching the own supply: something is done once the inner voltage has been beyond a level for a while."""

from bench.clock.calendar import Call
from bench.ecu.ecu import Cancels, Ports


class Lasting:
    """Calls once each time that the inner voltage has been above (or else below) a level for `time` ns on end."""

    def __init__(self, ports: Ports, volts: float, above: bool, time: int, call: Call) -> None:
        self._ports = ports
        self._above = above
        self._time = time
        self._call = call
        self._running: Cancels | None = None
        ports.on_voltage(volts, self._crossed)

    def _crossed(self, _: int, above: bool) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None
        if above is self._above:
            self._running = self._ports.after(self._time, self._call)
