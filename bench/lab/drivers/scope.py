"""An oscilloscope that speaks plain SCPI: it takes samples around a trigger and gives them as a block of float32.

Source of the block: IEEE 488.2-1992, 8.7.9; the bytes are little-endian IEEE 754, as the models of `bench.lab.models`
and scopes with FORMat REAL,32 and swapped byte order give them.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from bench.errors import RigError
from bench.lab.attribute import Attribute
from bench.lab.drivers.accuracy import Accuracy, Range
from bench.lab.drivers.options import Value
from bench.lab.forms import Number
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import MS, S
from bench.model.waveform import Waveform

VOLTS = Accuracy((Range(64.0, 0.02, 0.005),), "assumed for any scope of 8 bits: 2 % of reading, one step of 1/256", "B")


@dataclass(frozen=True, slots=True)
class Capture:
    """Samples (V): the first one `begin` s from the trigger (negative: before it), `step` s apart."""

    begin: float
    step: float
    volts: tuple[float, ...]


class GenericScope:
    """An oscilloscope with one channel."""

    __slots__ = ("fields", "session")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {}

    points = Attribute(Number(low=2), get="ACQ:POIN?", set="ACQ:POIN {value}")
    sample_rate = Attribute(Number("1/s", low=0.001), get="ACQ:SRAT?", set="ACQ:SRAT {value}")
    trigger_level = Attribute(Number("V", within=0.1), get="TRIG:LEV?", set="TRIG:LEV {value}")
    step = Attribute(Number("s"), get="WAV:XINC?")
    origin = Attribute(Number("s"), get="WAV:XOR?")

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    def begin(self, quantity: str) -> None:
        """Take one record as soon as the trigger comes; voltage only."""
        self._known(quantity)
        self.arm()
        self.session.ask("*OPC?")

    def fetch(self, quantity: str) -> tuple[float, float]:
        """The mean of the record, and its uncertainty."""
        self._known(quantity)
        self.session.answer()
        volts = self.capture().volts
        mean = sum(volts) / len(volts)
        return mean, VOLTS.at(max(map(abs, volts)))

    def duration(self, quantity: str) -> int:
        """How long a record takes from its trigger on, ns, and what handing it over takes."""
        self._known(quantity)
        return round(self.points / self.sample_rate * S) + 10 * MS

    def capture(self) -> Capture:
        """The record that was begun last, when it is there; RigError if there is none, or if it is none of volts."""
        self.session.query("*OPC?")
        block = self.session.query_block("WAV:DATA?")
        if not block or len(block) % 4:
            raise RigError(
                f"{self.session.name}: its record has {len(block)} bytes; expected four a sample; was it triggered?"
            )
        volts = struct.unpack(f"<{len(block) // 4}f", block)
        if not all(map(isfinite, volts)):
            raise RigError(f"{self.session.name}: its record has samples that are no numbers; is it set to float32?")
        return Capture(self.origin, self.step, volts)

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""
        return self.session.errors()

    def play(self, waveform: Waveform) -> None:
        """A scope has no output."""
        raise ValueError(f"{self.session.name} is a scope and plays nothing; play it on a supply")

    def arm(self) -> None:
        """Wait for the trigger, for one record."""
        self.session.write("SING")

    def trigger(self) -> None:
        """It triggers by itself, at its level."""

    def off(self) -> None:
        """A scope drives nothing."""

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()

    def _known(self, quantity: str) -> None:
        if quantity != "voltage":
            raise ValueError(f"{self.session.name} measures voltage, not {quantity}; take another instrument")
