"""A model of a relay card: channels that close and open, each after the time that its contact takes.

Source of the headers: SCPI-99 volume 2, ROUTe subsystem; channel numbers as on the cards of Keysight 34970A.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.dialect import Dialect, Feature, Later, Row
from bench.lab.front import Front
from bench.lab.parameters import Channels, Limits, Nothing
from bench.lab.scpi import Dialogue
from bench.lab.status import Refused
from bench.model.instant import MS

DIALECT = Dialect(
    "relay/generic",
    "ecubench",
    "relay-generic",
    (
        Row("ROUTe:CLOSe", "close", Channels()),
        Row("ROUTe:OPEN", "open", Channels()),
        Row("ROUTe:OPEN:ALL", "open_all", Nothing()),
    ),
)
SETTLING = 1 << 1
"""Bit of the operation register: SCPI-99 volume 1, 9.3."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers of the channels, first and last, and how long a contact takes to close or open (ns)."""

    first: int = 101
    last: int = 120
    operate: int = 3 * MS


PARAMETERS = Parameters()


class Relay:
    """Relays with one contact each. `changed` is called with the instant from which on contacts are otherwise."""

    def __init__(self, now: Callable[[], int], parameters: Parameters = PARAMETERS, serial: str = "SIM") -> None:
        self.parameters = parameters
        self.changed: Callable[[int], None] | None = None
        channels = range(parameters.first, parameters.last + 1)
        self._now_closed = dict.fromkeys(channels, False)
        self._was_closed = dict.fromkeys(channels, False)
        self._moves_at = dict.fromkeys(channels, 0)
        self.front = Front(self, self._features(), DIALECT, serial, now)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def closed(self, channel: int, at: int) -> bool:
        """Whether a channel's contact is closed at an instant."""
        return (self._now_closed if at >= self._moves_at[channel] else self._was_closed)[channel]

    def heard(self, at: int) -> None:
        """A relay does not mind."""

    def reset(self, at: int) -> None:
        """Be as after *RST: all open."""
        self._switch(tuple(self._now_closed), False, at)

    def trigger(self, at: int) -> None:
        """Nothing waits for it."""
        raise Refused(-211)

    def busy_until(self, at: int) -> int | None:
        """When the last contact has moved."""
        return max(self._moves_at.values())

    def conditions(self, at: int) -> tuple[int, int]:
        """Operation and questionable condition."""
        return SETTLING * (max(self._moves_at.values()) > at), 0

    def _switch(self, channels: tuple[int, ...], closed: bool, at: int) -> None:
        moving = [channel for channel in channels if self._now_closed[channel] is not closed]
        for channel in moving:
            self._was_closed[channel] = self.closed(channel, at)
            self._now_closed[channel] = closed
            self._moves_at[channel] = at + self.parameters.operate
        if moving and self.changed is not None:
            self.changed(at + self.parameters.operate)

    def _asked(self, channels: tuple[int, ...], closed: bool) -> Later:
        """The states, each 1 or 0, as soon as all contacts rest."""
        return Later(self.busy_until, lambda then: tuple(int(self.closed(one, then) is closed) for one in channels))

    def _features(self) -> dict[str, Feature]:
        limits = Limits(self.parameters.first, self.parameters.last, self.parameters.first)
        return {
            "close": Feature(
                put=lambda channels, at: self._switch(channels, True, at),
                limits=limits,
                ask=lambda channels, at: self._asked(channels, True),
            ),
            "open": Feature(
                put=lambda channels, at: self._switch(channels, False, at),
                limits=limits,
                ask=lambda channels, at: self._asked(channels, False),
            ),
            "open_all": Feature(put=lambda _, at: self.reset(at)),
        }
