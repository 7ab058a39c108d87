"""Relays, or a fault insertion matrix: channels that are closed and opened by their number.

Source of the headers: SCPI-99 volume 2, chapter 17 (ROUTe); channels as on Keysight 34970A cards, slot and channel.
"""

from collections.abc import Mapping

from bench.errors import RigError
from bench.lab.drivers.options import Value
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.waveform import Waveform

HIGHEST = 9999


class GenericRelay:
    """Relays that hold until they are told otherwise. `close` and `open` are set to a channel, and read back."""

    __slots__ = ("fields", "session")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {}

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    @property
    def close(self) -> float:
        """Set only: the channel to close."""
        raise AttributeError(f"{self.session.name}: 'close' can be set only; ask 'closed'")

    @close.setter
    def close(self, channel: float) -> None:
        self._switch(channel, "CLOS", True)

    @property
    def open(self) -> float | str:
        """Set only: the channel to open, or "all"."""
        raise AttributeError(f"{self.session.name}: 'open' can be set only; ask 'closed'")

    @open.setter
    def open(self, channel: float | str) -> None:
        if channel == "all":
            self.session.write("ROUT:OPEN:ALL")
        else:
            self._switch(channel, "OPEN", False)

    def closed(self, channel: float) -> bool:
        """Whether a channel is closed."""
        number = self._number(channel)
        return self._state(self.session.query(f"ROUT:CLOS? (@{number})"))

    def begin(self, quantity: str) -> None:
        """Relays measure nothing."""
        raise ValueError(f"{self.session.name} is a relay and measures no {quantity}; take a meter")

    def fetch(self, quantity: str) -> tuple[float, float]:
        """Relays measure nothing."""
        raise ValueError(f"{self.session.name} is a relay and measures no {quantity}; take a meter")

    def duration(self, quantity: str) -> int:
        """Relays measure nothing."""
        raise ValueError(f"{self.session.name} is a relay and measures no {quantity}; take a meter")

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""
        return self.session.errors()

    def play(self, waveform: Waveform) -> None:
        """Relays play nothing."""
        raise ValueError(f"{self.session.name} is a relay and plays nothing; play it on a supply")

    def arm(self) -> None:
        """Nothing to arm."""

    def trigger(self) -> None:
        """Nothing to trigger."""

    def off(self) -> None:
        """Open all channels."""
        self.session.write("ROUT:OPEN:ALL")

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()

    def _switch(self, channel: float | str, verb: str, closed: bool) -> None:
        number = self._number(channel)
        line, query = f"ROUT:{verb} (@{number})", f"ROUT:CLOS? (@{number})"
        if self._state(self.session.change(line, query)) is not closed:
            raise RigError(
                f"{self.session.name}: {line!r} was sent, and the relay is {'open' if closed else 'closed'}; "
                f"expected {'closed' if closed else 'open'}; is the card sound, and is nobody else switching it?"
            )

    def _number(self, channel: float | str) -> int:
        if isinstance(channel, bool | str) or channel != int(channel) or not 1 <= channel <= HIGHEST:
            raise ValueError(
                f"{self.session.name}: no channel {channel!r}; expected a whole number from 1 to {HIGHEST}"
            )
        return int(channel)

    def _state(self, answer: str) -> bool:
        if answer not in ("0", "1"):
            raise RigError(f"{self.session.name}: a relay answered {answer!r}; expected 0 or 1; is it this driver's?")
        return answer == "1"
