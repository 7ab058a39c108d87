"""From the time stamps of an interface to the run's time line, and how far they can be trusted.

An echo's stamp lies between the call that sent the frame and the instant at which the echo was heard. Each echo
therefore bounds from both sides how far the interface's clock is off.
"""

from collections.abc import Callable

from bench.model.instant import S

STRANGE = 3600 * S
"""A stamp that is further than this from its hearing is not of a clock that counts from 1970, ns."""

SPELL = 1 * S
"""Bounds of the offset are kept for so long, ns; older ones would hide that the clocks drift."""

FEWEST = 10
"""Echoes that a spell must have to say anything."""

ENDLESS = 1 << 62


class Stamps:
    """The clock of one interface. `of_epoch` puts a stamp of the host's real-time clock on the run's time line.

    `offset` is added to its stamps, ns: 0 as long as the echoes allow that.
    """

    def __init__(self, of_epoch: Callable[[int], int]) -> None:
        self.offset = 0
        self._of_epoch = of_epoch
        self._low, self._high = -ENDLESS, ENDLESS
        self._begun = 0
        self._echoes = 0
        self._uncertainty = 0

    def of(self, stamp: float, heard: int) -> int:
        """The instant that a stamp in seconds means, for what was heard at `heard` (ns), and never after it."""
        raw = self._of_epoch(round(stamp * S)) if stamp else heard
        if abs(raw + self.offset - heard) > STRANGE:
            # A clock of its own. Until there are echoes the delay of this first frame is taken for none.
            self.offset = heard - raw
        return min(raw + self.offset, heard)

    def echo(self, stamp: float, called: int, heard: int) -> None:
        """Learn from an echo: its frame was handed over at `called` and heard again at `heard`, ns."""
        if not stamp:
            return
        raw = self._of_epoch(round(stamp * S))
        self._echoes += 1
        if (
            (heard - self._begun > SPELL and self._echoes > FEWEST)
            or called - raw > self._high
            or heard - raw < self._low
        ):
            self._settle()
            self._begun, self._echoes, self._low, self._high = heard, 1, called - raw, heard - raw
        else:
            self._low, self._high = max(self._low, called - raw), min(self._high, heard - raw)
        if not self._low <= self.offset <= self._high:
            self.offset = (self._low + self._high) // 2

    def uncertainty(self) -> int:
        """How far a stamp of this run can be off, ns: by the worst spell of echoes; 0 where there were none."""
        if not self._uncertainty:
            self._settle(fewest=1)
        return self._uncertainty

    def _settle(self, fewest: int = FEWEST) -> None:
        if self._echoes >= fewest:
            away = max(self._high - self.offset, self.offset - self._low)
            self._uncertainty = max(self._uncertainty, away)
