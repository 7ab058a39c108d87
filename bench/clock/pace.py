"""How waiting passes: skipped (`Free`) or slept (`Wall`, with real interfaces)."""

from time import perf_counter_ns
from typing import Protocol


class Pace(Protocol):
    """Decides when an instant of the run has come."""

    name: str

    def begin(self) -> None:
        """The run's first instant is now."""

    def wait(self, at: int) -> int:
        """Return when instant `at` (ns) has come, or earlier when `wake` was called; gives the instant reached."""

    def wake(self) -> None:
        """End a `wait` early, from any thread."""


class Free:
    """As fast as the host can: each instant has come as soon as it is asked for."""

    name = "free"

    def begin(self) -> None:
        """Nothing to note."""

    def wait(self, at: int) -> int:
        """The instant itself, at once."""
        return at

    def wake(self) -> None:
        """Nobody sleeps."""


class Stopwatch:
    """Wall time since it was made, for the surroundings of a run; nothing simulated reads it."""

    def __init__(self) -> None:
        self._begin = perf_counter_ns()

    def elapsed(self) -> int:
        """Nanoseconds."""
        return perf_counter_ns() - self._begin
