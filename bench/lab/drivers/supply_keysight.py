"""A power supply of Keysight, in the dialect of the N6700 and E36300 families: every line names its channel.

Source of the headers: Keysight N6700C "Operating and Service Guide", chapter "SCPI Programming Reference"; for the
watchdog also the one of the N6900/N7900 family. OCP switches off at the current limit, so `ocp` is its highest value.
"""

from collections.abc import Mapping
from math import inf

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

_SOURCE = "Keysight N6700 family data sheet, readback of N6751A (50 V, 5 A)"
VOLTS = Accuracy((Range(64.0, 0.0005, offset=0.020),), _SOURCE, "U")
AMPERES = Accuracy((Range(64.0, 0.001, offset=0.020),), _SOURCE, "U")
_VOLTS, _AMPERES = "MEAS:VOLT? (@{channel})", "MEAS:CURR? (@{channel})"


class KeysightSupply:
    """One channel of a Keysight power supply."""

    __slots__ = ("_ocp", "fields", "session", "tolerance")  # a name that it does not have cannot be set by mistake

    options: Mapping[str, Value] = {"channel": 1, "tolerance": TOLERANCE}

    voltage = Attribute(Number("V", within=0.01), get="VOLT? (@{channel})", set="VOLT {value},(@{channel})")
    current_limit = Attribute(
        Number("A", low=0, within=0.01), get="CURR? (@{channel})", set="CURR {value},(@{channel})"
    )
    output = Attribute(Switch(), get="OUTP? (@{channel})", set="OUTP {value},(@{channel})")
    slew = Attribute(
        Number("V/s", low=0, within=1.0), get="VOLT:SLEW? (@{channel})", set="VOLT:SLEW {value},(@{channel})"
    )
    ovp = Attribute(Number("V", within=0.1), get="VOLT:PROT? (@{channel})", set="VOLT:PROT {value},(@{channel})")
    ocp_enabled = Attribute(Switch(), get="CURR:PROT:STAT? (@{channel})", set="CURR:PROT:STAT {value},(@{channel})")
    # IO activity keeps the watchdog quiet; it is one for all channels.
    watchdog_delay = Attribute(
        Number("s", 1, 3600, within=0.5), get="OUTP:PROT:WDOG:DEL?", set="OUTP:PROT:WDOG:DEL {value}"
    )
    watchdog_enabled = Attribute(Switch(), get="OUTP:PROT:WDOG?", set="OUTP:PROT:WDOG {value}")
    trigger_source = Attribute(
        Words({"bus": "BUS", "immediate": "IMM"}), get="TRIG:SOUR? (@{channel})", set="TRIG:SOUR {value},(@{channel})"
    )
    mode = Attribute(
        Words({"fixed": "FIX", "list": "LIST"}), get="VOLT:MODE? (@{channel})", set="VOLT:MODE {value},(@{channel})"
    )
    list_voltage = Attribute(
        Numbers("V", within=0.005), get="LIST:VOLT? (@{channel})", set="LIST:VOLT {value},(@{channel})"
    )
    list_dwell = Attribute(
        Numbers("s", within=0.000_001), get="LIST:DWEL? (@{channel})", set="LIST:DWEL {value},(@{channel})"
    )
    list_keeps_last = Attribute(Switch(), get="LIST:TERM:LAST? (@{channel})", set="LIST:TERM:LAST {value},(@{channel})")

    quantities: Mapping[str, Quantity] = {
        "voltage": Quantity(_VOLTS, _VOLTS, 50 * MS, (VOLTS,)),
        "current": Quantity(_AMPERES, _AMPERES, 50 * MS, (AMPERES,)),
        "power": Quantity(f"{_VOLTS};:{_AMPERES}", f"{_VOLTS};:{_AMPERES}", 100 * MS, (VOLTS, AMPERES)),
    }
    # Programming reference, LIST:DWELl: 512 steps, up to 262.144 s; the coarsest resolution up to 2.6 s is 10 us.
    program = Limits(points=512, shortest=1 * MS, longest=262 * S, grain=10 * US)

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
    def ocp(self) -> float:
        """The current (A) at which the output goes off at the latest; infinite while that is not enabled."""
        return max(self._ocp, self.current_limit) if self.ocp_enabled else inf

    @ocp.setter
    def ocp(self, amperes: float) -> None:
        if self.current_limit > amperes:
            self.current_limit = amperes
        self.ocp_enabled = True
        self._ocp = float(amperes)

    @property
    def watchdog(self) -> float:
        """After how long without a word from the bench (s) the output goes off; 0: never."""
        return self.watchdog_delay if self.watchdog_enabled else 0.0

    @watchdog.setter
    def watchdog(self, seconds: float) -> None:
        if seconds:
            self.watchdog_delay = seconds
        self.watchdog_enabled = bool(seconds)

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
        """After OVP, OCP or the watchdog has switched the output off: allow it again. It stays off."""
        self.session.write(f"OUTP:PROT:CLE (@{self.fields['channel']})")

    def play(self, waveform: Waveform) -> None:
        """Load a waveform as a list that stays at its end; ValueError with numbers where its limits forbid it."""
        placed = points(waveform, self.program, self.tolerance)
        self.list_voltage = tuple(volts for volts, _ in placed)
        self.list_dwell = tuple(float(seconds(dwell)) for _, dwell in placed)
        self.list_keeps_last = True
        self.trigger_source = "bus"
        self.mode = "list"

    def arm(self) -> None:
        """Let the list wait for `trigger`."""
        self.session.write(f"INIT (@{self.fields['channel']})")

    def trigger(self) -> None:
        """Start the list."""
        self.session.write("*TRG")

    def off(self) -> None:
        """Switch the output off, and see that it is."""
        self.output = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()
