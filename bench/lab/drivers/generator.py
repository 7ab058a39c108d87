"""A function generator that speaks plain SCPI: a sine, a square wave or a constant voltage.

Source of the headers: SCPI-99 volume 2, chapter 19 (SOURce: FUNCtion, FREQuency, VOLTage); amplitudes peak to peak.
"""

from collections.abc import Mapping

from bench.lab.attribute import Attribute
from bench.lab.drivers.options import Value
from bench.lab.forms import Number, Switch, Words
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.waveform import Waveform


class GenericGenerator:
    """A function generator with one output."""

    __slots__ = ("fields", "session")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {}

    shape = Attribute(Words({"sine": "SIN", "square": "SQU", "dc": "DC"}), get="FUNC?", set="FUNC {value}")
    frequency = Attribute(Number("Hz", low=0, within=0.001), get="FREQ?", set="FREQ {value}")
    amplitude = Attribute(Number("V", low=0, within=0.001), get="VOLT?", set="VOLT {value}")
    offset = Attribute(Number("V", within=0.001), get="VOLT:OFFS?", set="VOLT:OFFS {value}")
    output = Attribute(Switch(), get="OUTP?", set="OUTP {value}")

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    def begin(self, quantity: str) -> None:
        """A generator measures nothing."""
        raise ValueError(f"{self.session.name} is a generator and measures no {quantity}; take a meter")

    def fetch(self, quantity: str) -> tuple[float, float]:
        """A generator measures nothing."""
        raise ValueError(f"{self.session.name} is a generator and measures no {quantity}; take a meter")

    def duration(self, quantity: str) -> int:
        """A generator measures nothing."""
        raise ValueError(f"{self.session.name} is a generator and measures no {quantity}; take a meter")

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""
        return self.session.errors()

    def play(self, waveform: Waveform) -> None:
        """Set a level or a ripple that lasts; ValueError for anything that changes."""
        first = waveform.segments[0]
        if len(waveform.segments) > 1 or first.begin != first.end:
            raise ValueError(
                f"{self.session.name} holds one level with one ripple, and the waveform has "
                f" {len(waveform.segments)} segments from {first.begin:g} V on; play it on a supply"
            )
        self.shape = "sine" if first.ripple_vpp else "dc"
        if first.ripple_vpp:
            self.frequency = first.ripple_hz
            self.amplitude = first.ripple_vpp
        self.offset = first.begin

    def arm(self) -> None:
        """Nothing to arm."""

    def trigger(self) -> None:
        """What was set begins with the output."""
        self.output = True

    def off(self) -> None:
        """Switch the output off, and see that it is."""
        self.output = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()
