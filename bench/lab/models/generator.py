"""A model of a function generator: a sine, a square wave or a constant voltage, from the moment it is switched on.

Source of the headers: SCPI-99 volume 2, SOURce and OUTPut subsystems; amplitudes peak to peak as on Keysight 33500.
"""

from collections.abc import Callable
from itertools import pairwise
from math import pi, sin

from bench.lab.dialect import Dialect, Feature, Row
from bench.lab.front import Front
from bench.lab.models.terminals import constant
from bench.lab.parameters import Limits, Number, Switch, Word
from bench.lab.scpi import Dialogue
from bench.lab.status import Refused
from bench.model.instant import S
from bench.model.waveform import Segment, Waveform

_LEVEL = "[:LEVel][:IMMediate]"
DIALECT = Dialect(
    "generator/generic",
    "ecubench",
    "generator-generic",
    (
        Row("[SOURce:]FUNCtion[:SHAPe]", "shape", Word("SINusoid", "SQUare", "DC")),
        Row("[SOURce:]FREQuency[:CW]", "frequency", Number("HZ")),
        Row(f"[SOURce:]VOLTage{_LEVEL}[:AMPLitude]", "amplitude", Number("V")),
        Row(f"[SOURce:]VOLTage{_LEVEL}:OFFSet", "offset", Number("V")),
        Row("OUTPut[:STATe]", "output", Switch()),
    ),
)
PER_PERIOD = 32
"""Into so many straight lines a period of a sine is recorded: 0.5 % of its amplitude off at most."""

MOST_LINES = 50_000


class Wave:
    """What is set on a generator."""

    def __init__(self) -> None:
        self.shape = "SIN"
        self.frequency = 1000.0
        self.amplitude = 0.1
        self.offset = 0.0
        self.output = False


class Generator:
    """A generator with one output; off it gives 0 V."""

    def __init__(self, now: Callable[[], int], serial: str = "SIM") -> None:
        self.changed: Callable[[int], None] | None = None
        self._set = Wave()
        self._begin = 0
        self.front = Front(self, self._features(), DIALECT, serial, now)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def output(self, at: int) -> float:
        """Volts at its terminals. Each setting begins the wave anew, at its rising zero."""
        wave = self._set
        if not wave.output:
            return 0.0
        if wave.shape == "DC":
            return wave.offset
        turns = (at - self._begin) * wave.frequency / S
        if wave.shape == "SQU":
            return wave.offset + wave.amplitude / 2 * (1 if turns % 1 < 0.5 else -1)
        return wave.offset + wave.amplitude / 2 * sin(2 * pi * turns)

    def recorded(self, begin: int, end: int) -> Waveform:
        """The voltage between two instants, in straight lines; its mean alone where that would be too many."""
        wave, length = self._set, end - begin
        step = S / wave.frequency / PER_PERIOD
        if not wave.output or wave.shape == "DC" or length < 1:
            return constant(self.output(end), length)
        lines = int(length / step) + 1
        if lines > MOST_LINES:
            return constant(wave.offset, length)
        at = [begin + length * k // lines for k in range(lines + 1)]
        held = wave.shape == "SQU"
        return Waveform(
            tuple(Segment(b - a, self.output(a), self.output(a if held else b)) for a, b in pairwise(at) if b > a)
        )

    def heard(self, at: int) -> None:
        """A generator does not mind."""

    def reset(self, at: int) -> None:
        """Be as after *RST: off."""
        self._set = Wave()
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
        def setting(name: str, limits: Limits | None = None) -> Feature:
            def put(value: float | str | bool, at: int) -> None:
                setattr(self._set, name, value)
                self._tell(at)

            return Feature(lambda at: getattr(self._set, name), put, limits)

        return {
            "shape": setting("shape"),
            "frequency": setting("frequency", Limits(1e-6, 2e7, 1000.0)),
            "amplitude": setting("amplitude", Limits(0.0, 20.0, 0.1)),
            "offset": setting("offset", Limits(-20.0, 20.0, 0.0)),
            "output": setting("output"),
        }

    def _tell(self, at: int) -> None:
        self._begin = at
        if self.changed is not None:
            self.changed(at)
