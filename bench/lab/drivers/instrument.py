"""What the bench expects of an instrument, whatever its kind and whoever wrote its driver."""

from typing import Protocol

from bench.lab.identity import Identity
from bench.model.waveform import Waveform


class Instrument(Protocol):
    """An instrument that is open. Its attributes (voltage, output, close ...) are read and set by their names."""

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""

    def begin(self, quantity: str) -> None:
        """Start to measure a quantity (voltage, current, power, resistance)."""

    def fetch(self, quantity: str) -> tuple[float, float]:
        """What was measured since `begin`, and the uncertainty, in the quantity's unit."""

    def duration(self, quantity: str) -> int:
        """How long after `begin` there is something to fetch, ns."""

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""

    def play(self, waveform: Waveform) -> None:
        """Load a waveform; ValueError with numbers where the instrument cannot do it."""

    def arm(self) -> None:
        """Let it wait for its trigger."""

    def trigger(self) -> None:
        """Start what it is armed for."""

    def off(self) -> None:
        """Switch its output off, and see that it is."""

    def release(self) -> None:
        """Let its resource go."""
