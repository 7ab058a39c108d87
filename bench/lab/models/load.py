"""A model of an electronic load: constant current, resistance or power, within what its own limits allow.

Source of the headers: SCPI-99 volume 2, SOURce and INPut subsystems, and the Keysight N3300 series programming guide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.lab.dialect import Dialect, Feature, Later, Row
from bench.lab.front import Front
from bench.lab.models.terminals import Source
from bench.lab.parameters import Limits, Number, Switch, Word
from bench.lab.scpi import Dialogue
from bench.lab.status import Refused
from bench.model.instant import MS

_LEVEL = "[:LEVel][:IMMediate][:AMPLitude]"
DIALECT = Dialect(
    "load/generic",
    "ecubench",
    "load-generic",
    (
        Row("[SOURce:]FUNCtion[:MODE]", "function", Word("CURRent", "RESistance", "POWer")),
        Row(f"[SOURce:]CURRent{_LEVEL}", "current", Number("A")),
        Row(f"[SOURce:]RESistance{_LEVEL}", "resistance", Number("OHM")),
        Row(f"[SOURce:]POWer{_LEVEL}", "power", Number("W")),
        Row("INPut[:STATe]", "input", Switch()),
        Row("MEASure[:SCALar]:CURRent[:DC]", "measured_amperes", Number("A")),
        Row("MEASure[:SCALar]:VOLTage[:DC]", "measured_volts", Number("V")),
    ),
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a load can do: A, W, the voltage from which on it draws all that is set (V), noise and step (V and A)."""

    amperes_max: float = 60.0
    watts_max: float = 600.0
    volts_min: float = 0.5
    readback: int = 20 * MS
    noise: float = 0.0005
    step: float = 0.0001


PARAMETERS = Parameters()


class Loading:
    """What is set on an electronic load."""

    def __init__(self) -> None:
        self.function = "CURR"
        self.current = 0.0
        self.resistance = 1000.0
        self.power = 0.0
        self.input = False


class ElectronicLoad:
    """A load on somebody's terminals. `changed` is called with the instant when it will draw otherwise."""

    def __init__(
        self, now: Callable[[], int], parameters: Parameters = PARAMETERS, serial: str = "SIM", seed: int = 0
    ) -> None:
        self.parameters = parameters
        self.changed: Callable[[int], None] | None = None
        self._set = Loading()
        self._source: Source | None = None
        self._random = Random(seed)
        self.front = Front(self, self._features(), DIALECT, serial, now)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def connect(self, source: Source) -> None:
        """Whose voltage is at its terminals; the source in turn has this as its load."""
        self._source = source

    @property
    def on(self) -> bool:
        """Whether its input is on."""
        return self._set.input

    def amperes(self, volts: float, at: int) -> float:
        """What it draws at that voltage: as set, in proportion below its lowest voltage, never beyond its limits."""
        p, wanted = self.parameters, self._set
        if not wanted.input or volts <= 0:
            return 0.0
        drawn = {
            "CURR": wanted.current,
            "RES": volts / wanted.resistance,
            "POW": wanted.power / volts,
        }[wanted.function]
        return min(drawn, p.amperes_max, p.watts_max / volts) * min(1.0, volts / p.volts_min)

    def heard(self, at: int) -> None:
        """A load does not mind."""

    def reset(self, at: int) -> None:
        """Be as after *RST: off."""
        self._set = Loading()
        self._tell(at)

    def trigger(self, at: int) -> None:
        """Nothing waits for it."""
        raise Refused(-211)

    def busy_until(self, at: int) -> int | None:
        """It is never busy."""
        return at

    def conditions(self, at: int) -> tuple[int, int]:
        """Operation and questionable condition."""
        return 0, 0

    def _features(self) -> dict[str, Feature]:
        p = self.parameters
        return {
            "function": self._setting("function"),
            "current": self._setting("current", Limits(0.0, p.amperes_max, 0.0)),
            "resistance": self._setting("resistance", Limits(0.01, 1e6, 1000.0)),
            "power": self._setting("power", Limits(0.0, p.watts_max, 0.0)),
            "input": self._setting("input"),
            "measured_amperes": Feature(lambda at: self._reading(at, True)),
            "measured_volts": Feature(lambda at: self._reading(at, False)),
        }

    def _setting(self, name: str, limits: Limits | None = None) -> Feature:
        def put(value: float | str | bool, at: int) -> None:
            setattr(self._set, name, value)
            self._tell(at)

        return Feature(lambda at: getattr(self._set, name), put, limits)

    def _reading(self, at: int, amperes: bool) -> Later:
        end = at + self.parameters.readback

        def value(then: int) -> float:
            volts = self._source.output(then) if self._source is not None else 0.0
            noisy = (self.amperes(volts, then) if amperes else volts) + self._random.gauss(0, self.parameters.noise)
            return round(noisy / self.parameters.step) * self.parameters.step

        return Later(lambda now: end, value)

    def _tell(self, at: int) -> None:
        if self.changed is not None:
            self.changed(at)
