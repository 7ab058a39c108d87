"""An electronic load that speaks plain SCPI: it draws a constant current, resistance or power.

Source of the headers: SCPI-99 volume 2, chapters 19 (SOURce) and 8 (INPut); the function as in Keysight N3300A
"Programming Guide", chapter 4. Setting a level also chooses its function, as a load can hold one at a time only.
"""

from collections.abc import Mapping

from bench.lab.attribute import Attribute
from bench.lab.drivers import measuring
from bench.lab.drivers.measuring import Quantity
from bench.lab.drivers.options import Value
from bench.lab.drivers.supply import AMPERES, VOLTS
from bench.lab.forms import Number, Switch, Words
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import MS
from bench.model.waveform import Waveform


class GenericLoad:
    """An electronic load."""

    __slots__ = ("fields", "session")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {}

    function = Attribute(
        Words({"current": "CURR", "resistance": "RES", "power": "POW"}), get="FUNC?", set="FUNC {value}"
    )
    current = Attribute(Number("A", low=0, within=0.01), get="CURR?", set="FUNC CURR;:CURR {value}")
    resistance = Attribute(Number("Ohm", low=0, within=0.05), get="RES?", set="FUNC RES;:RES {value}")
    power = Attribute(Number("W", low=0, within=0.1), get="POW?", set="FUNC POW;:POW {value}")
    input = Attribute(Switch(), get="INP?", set="INP {value}")

    quantities: Mapping[str, Quantity] = {
        "voltage": Quantity("MEAS:VOLT?", "MEAS:VOLT?", 50 * MS, (VOLTS,)),
        "current": Quantity("MEAS:CURR?", "MEAS:CURR?", 50 * MS, (AMPERES,)),
        "power": Quantity("MEAS:VOLT?;:MEAS:CURR?", "MEAS:VOLT?;:MEAS:CURR?", 100 * MS, (VOLTS, AMPERES)),
    }

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    def begin(self, quantity: str) -> None:
        """Start to measure."""
        measuring.begin(self, quantity)

    def fetch(self, quantity: str) -> tuple[float, float]:
        """What was measured, and its uncertainty."""
        return measuring.fetch(self, quantity)

    def duration(self, quantity: str) -> int:
        """How long a measurement takes, ns."""
        return measuring.known(self, quantity).duration

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""
        return self.session.errors()

    def play(self, waveform: Waveform) -> None:
        """A load follows no voltage."""
        raise ValueError(f"{self.session.name} is a load and plays no voltage; play it on a supply")

    def arm(self) -> None:
        """Nothing to arm: a level holds as soon as it is set."""

    def trigger(self) -> None:
        """Nothing to trigger."""

    def off(self) -> None:
        """Switch the input off, and see that it is."""
        self.input = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()
