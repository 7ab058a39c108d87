"""A power supply of Rohde & Schwarz, in the dialect of the HMP family: a channel is selected, then spoken to.

The selection stands in every line, so nothing depends on what was selected before. The electronic fuse switches off at
the current limit, so `ocp` is its highest value. It has no slew of its own and no watchdog.
Source of the headers: Rohde & Schwarz HMP Series "SCPI Programmers Manual", chapter 2.
"""

from collections.abc import Mapping
from math import inf

from bench.lab.attribute import Attribute
from bench.lab.drivers import measuring
from bench.lab.drivers.accuracy import Accuracy, Range
from bench.lab.drivers.measuring import Quantity
from bench.lab.drivers.options import Value
from bench.lab.drivers.program import TOLERANCE, Limits, points, seconds
from bench.lab.forms import Each, Number, Numbers, Switch, Words
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import MS, S
from bench.model.waveform import Waveform

_SOURCE = "Rohde & Schwarz HMP series data sheet, readback accuracy of HMP4040"
VOLTS = Accuracy((Range(32.05, 0.0005, offset=0.005),), _SOURCE, "U")
AMPERES = Accuracy((Range(10.0, 0.001, offset=0.010),), _SOURCE, "U")
_SELECT = "INST:NSEL {channel};:"


class RohdeSchwarzSupply:
    """One channel of a Rohde & Schwarz power supply."""

    __slots__ = ("_ocp", "fields", "session", "tolerance")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {"channel": 1, "tolerance": TOLERANCE}

    voltage = Attribute(Number("V", within=0.01), get=f"{_SELECT}VOLT?", set=f"{_SELECT}VOLT {{value}}")
    current_limit = Attribute(Number("A", low=0, within=0.01), get=f"{_SELECT}CURR?", set=f"{_SELECT}CURR {{value}}")
    # The channel's own switch, and the one that all channels have in common; off is said to both.
    output = Attribute(
        Each(Switch()),
        get=f"{_SELECT}OUTP:SEL?;:OUTP:GEN?",
        set=f"{_SELECT}OUTP:SEL {{value}};:OUTP:GEN {{value}}",
    )
    ovp_level = Attribute(
        Number("V", within=0.1), get=f"{_SELECT}VOLT:PROT:LEV?", set=f"{_SELECT}VOLT:PROT:LEV {{value}}"
    )
    ovp_enabled = Attribute(Switch(), get=f"{_SELECT}VOLT:PROT:STAT?", set=f"{_SELECT}VOLT:PROT:STAT {{value}}")
    ovp_tripped = Attribute(Switch(), get=f"{_SELECT}VOLT:PROT:TRIP?")
    fuse = Attribute(Switch(), get=f"{_SELECT}FUSE:STAT?", set=f"{_SELECT}FUSE:STAT {{value}}")
    program_data = Attribute(Numbers("V, A, s", within=0.005), get="ARB:DATA?", set="ARB:DATA {value}")
    program_repeats = Attribute(Number(low=0, high=255), get="ARB:REP?", set="ARB:REP {value}")
    program_end = Attribute(Words({"off": "OFF", "hold": "HOLD"}), get="ARB:BEH:END?", set="ARB:BEH:END {value}")

    quantities: Mapping[str, Quantity] = {
        "voltage": Quantity(f"{_SELECT}MEAS:VOLT?", "MEAS:VOLT?", 50 * MS, (VOLTS,)),
        "current": Quantity(f"{_SELECT}MEAS:CURR?", "MEAS:CURR?", 50 * MS, (AMPERES,)),
        "power": Quantity(f"{_SELECT}MEAS:VOLT?;:MEAS:CURR?", "MEAS:VOLT?;:MEAS:CURR?", 100 * MS, (VOLTS, AMPERES)),
    }
    # Programmers manual, ARBitrary:DATA: 128 points, 10 ms to 60 s.
    program = Limits(points=128, shortest=10 * MS, longest=60 * S, grain=10 * MS)

    def __init__(self, session: Session, options: Mapping[str, Value]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {"channel": str(options["channel"])}
        self.tolerance = float(options["tolerance"])
        self._ocp = inf

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    @property
    def ovp(self) -> float:
        """The voltage (V) at which the output goes off; infinite while that is not enabled."""
        return self.ovp_level if self.ovp_enabled else inf

    @ovp.setter
    def ovp(self, volts: float) -> None:
        self.ovp_level = volts
        self.ovp_enabled = True

    @property
    def ocp(self) -> float:
        """The current (A) at which the output goes off at the latest; infinite while the fuse is not enabled."""
        return max(self._ocp, self.current_limit) if self.fuse else inf

    @ocp.setter
    def ocp(self, amperes: float) -> None:
        if self.current_limit > amperes:
            self.current_limit = amperes
        self.fuse = True
        self._ocp = float(amperes)

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
        """Load a waveform at the present current limit; ValueError with numbers where its limits do not allow it."""
        placed = points(waveform, self.program, self.tolerance)
        amperes = self.current_limit
        self.program_data = tuple(part for volts, dwell in placed for part in (volts, amperes, float(seconds(dwell))))
        self.program_repeats = 1.0
        self.program_end = "hold"

    def arm(self) -> None:
        """Hand what was loaded to the channel."""
        self.session.write(f"ARB:TRAN {self.fields['channel']}")

    def trigger(self) -> None:
        """Start it."""
        self.session.write(f"ARB:START {self.fields['channel']}")

    def off(self) -> None:
        """Switch the output off, and see that it is."""
        self.output = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()
