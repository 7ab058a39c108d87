"""A power supply that speaks plain SCPI: what most makers have in common.

Source of the headers: SCPI-99 volume 2, chapters 19 (SOURce: VOLTage, CURRent, LIST), 15 (OUTPut), 3 (MEASure).
"""

from collections.abc import Mapping

from bench.lab.attribute import Attribute
from bench.lab.drivers import measuring
from bench.lab.drivers.accuracy import Accuracy, Range
from bench.lab.drivers.measuring import Quantity
from bench.lab.drivers.options import Value
from bench.lab.drivers.program import TOLERANCE, Limits, points, seconds
from bench.lab.forms import Number, Numbers, Switch, Words
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import MS, US, S
from bench.model.waveform import Waveform

_SOURCE = "assumed for any supply that can be read back"
VOLTS = Accuracy((Range(64.0, 0.001, 0.0005),), _SOURCE, "B")
AMPERES = Accuracy((Range(64.0, 0.002, 0.001),), _SOURCE, "B")


class GenericSupply:
    """A power supply with one output. Options: how far a list may be off (V), its points and shortest dwell (s)."""

    __slots__ = ("fields", "program", "session", "tolerance")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {"tolerance": TOLERANCE, "points": 4096, "shortest_dwell": 1e-5}

    voltage = Attribute(Number("V", within=0.01), get="VOLT?", set="VOLT {value}")
    current_limit = Attribute(Number("A", low=0, within=0.01), get="CURR?", set="CURR {value}")
    output = Attribute(Switch(), get="OUTP?", set="OUTP {value}")
    slew = Attribute(Number("V/s", low=0, within=1.0), get="VOLT:SLEW?", set="VOLT:SLEW {value}")
    ovp = Attribute(Number("V", within=0.05), get="VOLT:PROT?", set="VOLT:PROT {value}")
    ocp = Attribute(Number("A", low=0, within=0.05), get="CURR:PROT?", set="CURR:PROT {value}")
    ovp_tripped = Attribute(Switch(), get="VOLT:PROT:TRIP?")
    ocp_tripped = Attribute(Switch(), get="CURR:PROT:TRIP?")
    watchdog = Attribute(Number("s", low=0, within=0.001), get="SYST:WDOG?", set="SYST:WDOG {value}")
    mode = Attribute(Words({"fixed": "FIX", "list": "LIST"}), get="VOLT:MODE?", set="VOLT:MODE {value}")
    list_voltage = Attribute(Numbers("V", within=0.005), get="LIST:VOLT?", set="LIST:VOLT {value}")
    list_dwell = Attribute(Numbers("s"), get="LIST:DWEL?", set="LIST:DWEL {value}")
    list_count = Attribute(Number(low=1), get="LIST:COUN?", set="LIST:COUN {value}")

    quantities: Mapping[str, Quantity] = {
        "voltage": Quantity("MEAS:VOLT?", "MEAS:VOLT?", 50 * MS, (VOLTS,)),
        "current": Quantity("MEAS:CURR?", "MEAS:CURR?", 50 * MS, (AMPERES,)),
        "power": Quantity("MEAS:VOLT?;:MEAS:CURR?", "MEAS:VOLT?;:MEAS:CURR?", 100 * MS, (VOLTS, AMPERES)),
    }

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}
        self.tolerance = float(options["tolerance"])
        shortest = round(float(options["shortest_dwell"]) * S)
        self.program = Limits(int(options["points"]), shortest, longest=3600 * S, grain=min(US, shortest))

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

    def clear_protection(self) -> None:
        """After OVP or OCP has switched the output off: allow it again. It stays off."""
        self.session.write("OUTP:PROT:CLE")

    def play(self, waveform: Waveform) -> None:
        """Load a waveform as a list, once; ValueError with numbers where its limits do not allow it."""
        placed = points(waveform, self.program, self.tolerance)
        self.session.write("ABOR")
        self.list_voltage = tuple(volts for volts, _ in placed)
        self.list_dwell = tuple(float(seconds(dwell)) for _, dwell in placed)
        self.list_count = 1.0
        self.mode = "list"

    def arm(self) -> None:
        """Let the list wait for `trigger`."""
        self.session.write("INIT")

    def trigger(self) -> None:
        """Start the list."""
        self.session.write("*TRG")

    def off(self) -> None:
        """Switch the output off, and see that it is."""
        self.output = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()
