"""How waiting passes: skipped (`Free`) or slept (`Wall`, in bench/clock/wall.py)."""

from time import perf_counter_ns
from typing import Protocol


class Pace(Protocol):
    """Decides when an instant of the run has come."""

    name: str

    def begin(self) -> None:
        """The run begins now, or as soon as everybody can be awake."""

    def now(self) -> int:
        """The instant (ns) that the pace's own clock has reached."""

    def wait(self, at: int) -> int:
        """Return `at` (ns) when that instant has come, however late, or an earlier one when `wake` was called."""

    def wake(self) -> None:
        """End a `wait` early, from any thread. Without one under way, the next one that would sleep ends at once."""

    def end(self) -> None:
        """The run is over: what `begin` changed at the host is as before."""


class Free:
    """As fast as the host can: each instant has come as soon as it is asked for."""

    name = "free"

    def __init__(self) -> None:
        self._reached = 0

    def begin(self) -> None:
        """Nothing to note."""

    def now(self) -> int:
        """The instant that was last asked for."""
        return self._reached

    def wait(self, at: int) -> int:
        """The instant itself, at once."""
        self._reached = at
        return at

    def wake(self) -> None:
        """Nobody sleeps."""

    def end(self) -> None:
        """Nothing was changed."""


class Stopwatch:
    """Wall time since it was made, for the surroundings of a run; nothing simulated reads it."""

    def __init__(self) -> None:
        self._begin = perf_counter_ns()

    def elapsed(self) -> int:
        """Nanoseconds."""
        return perf_counter_ns() - self._begin
