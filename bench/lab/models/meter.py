"""A model of a multimeter: it integrates over its aperture, so a result is there only when that has passed.

Its ranges, noise and resolution are those of a kind of meter and of no particular one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from random import Random

from bench.lab.dialect import Feature, Later
from bench.lab.front import Front
from bench.lab.models.meter_dialects import DIALECTS
from bench.lab.models.terminals import Recorded, as_now, mean
from bench.lab.parameters import INFINITY, Limits
from bench.lab.scpi import Dialogue
from bench.lab.status import Refused
from bench.model.instant import MS

CYCLE = 20 * MS
"""A power line cycle, ns: NPLC counts these, at 50 Hz."""

RANGES: Mapping[str, tuple[float, ...]] = {
    "VOLT": (0.1, 1.0, 10.0, 100.0, 1000.0),
    "CURR": (1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0, 20.0),
    "RES": (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8),
}
BEYOND = 1.2
"""A range reaches so far beyond its name."""

SPEEDS = {"SLOW": 10.0, "MED": 5.0, "FAST": 0.25}
"""Power line cycles of 5, 10 and 200 readings a second: R&S HMC8012 user manual, ADC rate."""

MEASURING, WAITING = 1 << 4, 1 << 5
"""Bits of the operation register: SCPI-99 volume 1, 9.3."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Noise (one sigma at 1 power line cycle) and smallest step as shares of the range; cycles after *RST."""

    noise: float = 2e-6
    step: float = 1e-6
    cycles: float = 1.0


PARAMETERS: Mapping[str, Parameters] = {
    "generic": Parameters(noise=1e-5, step=1e-5),
    "keysight": Parameters(noise=5e-7, step=1e-7, cycles=10.0),
    "rohde_schwarz": Parameters(cycles=SPEEDS["SLOW"]),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A measurement: from when on (None: it waits for its trigger), of what, in how many samples of which length."""

    begin: int | None
    function: str
    aperture: int
    samples: int

    @property
    def end(self) -> int | None:
        """When its last sample is there."""
        return None if self.begin is None else self.begin + self.aperture * self.samples


class Meter:
    """A meter for voltage, current and resistance. Connect it to what it measures."""

    def __init__(
        self,
        now: Callable[[], int],
        dialect: str = "generic",
        parameters: Parameters | None = None,
        serial: str = "SIM",
        seed: int = 0,
    ) -> None:
        self._parameters = parameters or PARAMETERS[dialect]
        self._random = Random(seed)
        self._probes: dict[str, Recorded] = {"VOLT": as_now(_none), "CURR": as_now(_none)}
        self._ohms = INFINITY
        self.reset(0)
        self.front = Front(self, self._features(), DIALECTS[dialect], serial, now)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def connect(self, volts: Recorded | None = None, amperes: Recorded | None = None, ohms: float = INFINITY) -> None:
        """What it is to measure: the record of a voltage, of a current, a resistance; None: not connected."""
        self._probes = {"VOLT": volts or as_now(_none), "CURR": amperes or as_now(_none)}
        self._ohms = ohms

    def heard(self, at: int) -> None:
        """A meter does not mind."""

    def reset(self, at: int) -> None:
        """Be as after *RST."""
        self._function = "VOLT"
        self._ranges = dict.fromkeys(RANGES, 0.0)
        self._cycles = dict.fromkeys(RANGES, self._parameters.cycles)
        self._samples = 1
        self._at_once = True
        self._run: Run | None = None
        self._results: tuple[float, ...] | None = None

    def trigger(self, at: int) -> None:
        """Start what waits for it."""
        if self._run is None or self._run.begin is not None:
            raise Refused(-211)
        self._run = replace(self._run, begin=at)

    def busy_until(self, at: int) -> int | None:
        """The end of the measurement."""
        return at if self._run is None else self._run.end

    def conditions(self, at: int) -> tuple[int, int]:
        """Operation and questionable condition."""
        if self._run is None:
            return 0, 0
        end = self._run.end
        return (WAITING if end is None else MEASURING * (at < end)), 0

    def _configure(self, function: str, span: float) -> None:
        self._function, self._run, self._results = function, None, None
        self._ranges[function] = span

    def _initiate(self, at: int) -> None:
        if self._run is not None and (self._run.end is None or at < self._run.end):
            raise Refused(-213)
        aperture = round(self._cycles[self._function] * CYCLE)
        self._run = Run(at if self._at_once else None, self._function, aperture, self._samples)
        self._results = None

    def _fetch(self) -> Later:
        run = self._run
        if run is None:
            raise Refused(-230)
        return Later(lambda now: self._run.end if self._run else now, lambda then: self._measured())

    def _read(self, at: int) -> Later:
        if not self._at_once:
            raise Refused(-214)
        self._run = None
        self._initiate(at)
        return self._fetch()

    def _measured(self) -> tuple[float, ...]:
        """The results of the measurement, which are drawn once."""
        run = self._run
        if self._results is None and run is not None and run.begin is not None:
            windows = [run.begin + run.aperture * k for k in range(run.samples)]
            self._results = tuple(self._sample(run, begin, begin + run.aperture) for begin in windows)
        return self._results or ()

    def _sample(self, run: Run, begin: int, end: int) -> float:
        value = self._ohms if run.function == "RES" else mean(self._probes[run.function](begin, end))
        spans = RANGES[run.function]
        wanted = self._ranges[run.function] or abs(value) / BEYOND
        span = next((span for span in spans if wanted <= span), spans[-1])
        if abs(value) > span * BEYOND:
            return INFINITY if value > 0 else -INFINITY
        value += self._random.gauss(0, self._parameters.noise * span / sqrt(run.aperture / CYCLE))
        step = self._parameters.step * span
        return round(value / step) * step

    def _features(self) -> dict[str, Feature]:
        features = {
            "initiate": Feature(put=lambda _, at: self._initiate(at)),
            "abort": Feature(put=lambda _, at: setattr(self, "_run", None)),
            "fetch": Feature(lambda at: self._fetch()),
            "read": Feature(self._read),
            "samples": Feature(lambda at: self._samples, self._set_samples, Limits(1, 10_000, 1)),
            "source": Feature(
                lambda at: "IMM" if self._at_once else "BUS", lambda word, at: setattr(self, "_at_once", word == "IMM")
            ),
        }
        for function in RANGES:
            features |= self._of(function)
        return features

    def _set_samples(self, count: int, at: int) -> None:
        self._samples = count

    def _of(self, function: str) -> dict[str, Feature]:
        """The features of one function: configure, measure, range, power line cycles, speed."""
        spans = RANGES[function]

        def measure(at: int) -> Later:
            self._configure(function, 0.0)
            self._samples, self._at_once = 1, True
            return self._read(at)

        def speed(at: int) -> str:
            return next((word for word, cycles in SPEEDS.items() if cycles == self._cycles[function]), "SLOW")

        def cycles(value: float, at: int) -> None:
            self._cycles[function] = value

        def span(value: float, at: int) -> None:
            self._ranges[function] = value

        return {
            f"configure {function}": Feature(
                put=lambda value, at: self._configure(function, value), limits=Limits(0.0, spans[-1], 0.0)
            ),
            f"measure {function}": Feature(measure),
            f"range {function}": Feature(
                lambda at: self._ranges[function] or spans[-1], span, Limits(0.0, spans[-1], 0.0)
            ),
            f"cycles {function}": Feature(lambda at: self._cycles[function], cycles, Limits(0.02, 100.0, 10.0)),
            f"speed {function}": Feature(speed, lambda word, at: cycles(SPEEDS[word], at)),
        }


def _none(at: int) -> float:
    return 0.0
