"""Multimeters: every reading is configured, measured and repeated in one message, so none depends on what was before.

Sources of the headers: SCPI-99 volume 2, chapters 3 (MEASure, CONFigure, READ, FETCh); Keysight Truevolt Series DMM
"Operating and Service Guide", chapter "SCPI Programming Reference"; Rohde & Schwarz HMC8012 "SCPI Programmers Manual".
"""

from collections.abc import Mapping
from dataclasses import replace

from bench.lab.drivers import measuring
from bench.lab.drivers.accuracy import Accuracy, Range
from bench.lab.drivers.measuring import Quantity
from bench.lab.drivers.options import Value
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import MS
from bench.model.waveform import Waveform

_ANY = "assumed for any meter of 4 1/2 digits"
_TRUEVOLT = "Keysight Truevolt Series data sheet, 34465A, one year"
_HMC = "Rohde & Schwarz HMC8012 data sheet, and the worked example of its maker's FAQ (13.85 V: 2.77 mV + 0.8 mV)"

GENERIC_ACCURACY = {
    "voltage": Accuracy((Range(1000.0, 0.001, offset=0.005),), _ANY, "B"),
    "current": Accuracy((Range(20.0, 0.003, offset=0.002),), _ANY, "B"),
    "resistance": Accuracy((Range(1e8, 0.005, offset=0.1),), _ANY, "B"),
}
KEYSIGHT_ACCURACY = {
    "voltage": Accuracy(
        (
            Range(1.0, 0.000035, 0.000006),
            Range(10.0, 0.000030, 0.000005),
            Range(100.0, 0.000040, 0.000006),
            Range(1000.0, 0.000040, 0.000010),
        ),
        _TRUEVOLT,
        "U",
    ),
    "current": Accuracy(
        (Range(0.1, 0.0005, 0.00005), Range(1.0, 0.0010, 0.0001), Range(10.0, 0.0020, 0.0002)), _TRUEVOLT, "U"
    ),
    "resistance": Accuracy((Range(1e4, 0.0001, 0.00001), Range(1e8, 0.008, 0.0001)), _TRUEVOLT, "U"),
}
ROHDE_SCHWARZ_ACCURACY = {
    "voltage": Accuracy(
        (Range(4.0, 0.0002, 0.00002), Range(40.0, 0.0002, 0.00002), Range(1000.0, 0.0003, 0.00005)), _HMC, "F"
    ),
    "current": Accuracy((Range(0.2, 0.0005, 0.0001), Range(10.0, 0.0025, 0.0005)), _HMC, "U"),
    "resistance": Accuracy((Range(4e4, 0.0003, 0.00005), Range(2.5e8, 0.02, 0.0001)), _HMC, "U"),
}
FUNCTIONS = {"voltage": "VOLT:DC", "current": "CURR:DC", "resistance": "RES"}
GENERIC_TIME = 100 * MS
LINE_PERIOD = 20 * MS
"""NPLC counts these: 50 Hz mains."""

OVERHEAD = 20 * MS
"""What a reading takes besides the integration: changing the function, settling."""

SPEEDS = {"SLOW": 200 * MS, "MED": 100 * MS, "FAST": 5 * MS}
"""HMC8012 manual, SENSe:ADCRate: 5, 10 and 200 readings a second."""


class Multimeter:
    """A meter, whatever its dialect: the lines of its quantities are all that differs."""

    __slots__ = ("fields", "quantities", "session")  # a name that it does not have cannot be set by mistake

    def __init__(self, session: Session, quantities: Mapping[str, Quantity]) -> None:
        self.session = session
        self.fields: Mapping[str, str] = {}
        self.quantities = quantities

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
        """A meter has no output."""
        raise ValueError(f"{self.session.name} is a meter and plays nothing; play it on a supply")

    def arm(self) -> None:
        """Nothing to arm: `begin` starts a measurement."""

    def trigger(self) -> None:
        """Nothing to trigger."""

    def off(self) -> None:
        """A meter drives nothing."""

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()


def _quantities(lines: Mapping[str, str], duration: int, accuracy: Mapping[str, Accuracy]) -> dict[str, Quantity]:
    plain = Quantity("", "FETC?", duration, (), same=True)
    return {name: replace(plain, first=line, accuracies=(accuracy[name],)) for name, line in lines.items()}


GENERIC_OPTIONS: Mapping[str, Value] = {}
KEYSIGHT_OPTIONS: Mapping[str, Value] = {"nplc": 1.0}
ROHDE_SCHWARZ_OPTIONS: Mapping[str, Value] = {"speed": "MED"}


def generic(session: Session, options: Mapping[str, Value]) -> Multimeter:
    """A meter that speaks plain SCPI."""
    lines = {name: f"CONF:{function};:READ?" for name, function in FUNCTIONS.items()}
    return Multimeter(session, _quantities(lines, GENERIC_TIME, GENERIC_ACCURACY))


def keysight(session: Session, options: Mapping[str, Value]) -> Multimeter:
    """A Truevolt meter; option `nplc`: power line cycles of integration, 0.02 to 100."""
    nplc = float(options["nplc"])
    if not 0.02 <= nplc <= 100:
        raise ValueError(f"{session.name}: option 'nplc' is {nplc:g}; expected 0.02 to 100; correct the rig file")
    lines = {name: f"CONF:{function};:{function}:NPLC {nplc:g};:READ?" for name, function in FUNCTIONS.items()}
    duration = round(nplc * LINE_PERIOD) + OVERHEAD
    return Multimeter(session, _quantities(lines, duration, KEYSIGHT_ACCURACY))


def rohde_schwarz(session: Session, options: Mapping[str, Value]) -> Multimeter:
    """An HMC8012; option `speed`: SLOW, MED or FAST."""
    speed = str(options["speed"])
    if speed not in SPEEDS:
        raise ValueError(
            f"{session.name}: option 'speed' is {speed}; expected {', '.join(SPEEDS)}; correct the rig file"
        )
    lines = {
        "voltage": f"CONF:VOLT:DC AUTO;:SENS:VOLT:DC:ADCR {speed};:READ?",
        "current": f"CONF:CURR:DC AUTO;:SENS:CURR:DC:ADCR {speed};:READ?",
        "resistance": "CONF:RES AUTO;:READ?",
    }
    slowest = max(SPEEDS.values())
    quantities = _quantities(lines, SPEEDS[speed] + OVERHEAD, ROHDE_SCHWARZ_ACCURACY)
    return Multimeter(
        session, quantities | {"resistance": replace(quantities["resistance"], duration=slowest + OVERHEAD)}
    )
