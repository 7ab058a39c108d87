"""What a database says of buses, messages and signals, as plain values.

The Plan embeds it, codecs are generated from it and the judge decodes with it, so nothing here needs cantools.
"""

from dataclasses import dataclass
from enum import StrEnum


class SendType(StrEnum):
    """When a message goes out by itself."""

    CYCLIC = "cyclic"
    EVENT = "event"
    CYCLIC_EVENT = "cyclic+event"


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """One signal. `start` and `length` are bits in DBC counting; physical = raw * factor + offset, in `unit`.

    `start_raw` is sent until a sender knows better, `substitute_raw` is what a receiver uses while its input is
    invalid (None: the database names none). `mux` names the multiplexer signal and `mux_ids` the raw values of it
    under which this signal is present.
    """

    name: str
    start: int
    length: int
    little_endian: bool = True
    signed: bool = False
    is_float: bool = False
    factor: float = 1
    offset: float = 0
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    labels: tuple[tuple[int, str], ...] = ()
    start_raw: int = 0
    substitute_raw: int | None = None
    is_multiplexer: bool = False
    mux: str | None = None
    mux_ids: tuple[int, ...] = ()
    vss: str | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """End-to-end protection of a message. `profile` is "P01", "P02" or "P05" (AUTOSAR E2E).

    `data_ids` holds one 16-bit Data ID (P01, P05) or the sixteen bytes of the Data ID list (P02).
    """

    profile: str
    data_ids: tuple[int, ...]
    max_delta: int = 2

    @property
    def modulo(self) -> int:
        """Number of values that the alive counter takes before it wraps."""
        return {"P01": 15, "P02": 16, "P05": 256}[self.profile]


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One message. Times are nanoseconds; `cycle` 0 means it has none; `max_age` 0 means none is declared."""

    bus: str
    name: str
    id: int
    length: int
    sender: str
    receivers: tuple[str, ...] = ()
    extended: bool = False
    fd: bool = False
    brs: bool = False
    cycle: int = 0
    offset: int = 0
    send_type: SendType = SendType.CYCLIC
    min_delay: int = 0
    max_age: int = 0
    protection: Protection | None = None
    signals: tuple[SignalLayout, ...] = ()

    @property
    def path(self) -> str:
        """The message's full name, "INFO.TCU_Status_01"."""
        return f"{self.bus}.{self.name}"

    def signal(self, name: str) -> SignalLayout:
        """The signal of that name; KeyError if there is none."""
        for signal in self.signals:
            if signal.name == name:
                return signal
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class BusLayout:
    """One bus: its name, bit rates in bit/s (`data_bitrate` 0: classic only), nodes and messages in id order."""

    name: str
    bitrate: int
    data_bitrate: int
    nodes: tuple[str, ...]
    messages: tuple[MessageLayout, ...]

    def message(self, name: str) -> MessageLayout:
        """The message of that name; KeyError if there is none."""
        for message in self.messages:
            if message.name == name:
                return message
        raise KeyError(name)
