"""A model of an oscilloscope with one channel: single acquisitions, triggered by an edge, as a block of samples.

It looks back into the record of what it is connected to: the edge that triggers it is one that has been.
Source of the headers: Keysight InfiniiVision series programmer's guide, ACQuire, TRIGger and WAVeform subsystems.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.lab.dialect import Dialect, Feature, Row
from bench.lab.front import Front
from bench.lab.models.terminals import Recorded, as_now, crossing
from bench.lab.parameters import Block, Count, Limits, Nothing, Number, Word
from bench.lab.scpi import Dialogue
from bench.lab.status import Refused
from bench.model.instant import S
from bench.model.waveform import Waveform

DIALECT = Dialect(
    "scope/generic",
    "ecubench",
    "scope-generic",
    (
        Row("ACQuire:POINts", "points", Count()),
        Row("ACQuire:SRATe", "rate", Number()),
        Row("TRIGger:LEVel", "level", Number("V")),
        Row("TRIGger:SLOPe", "slope", Word("POSitive", "NEGative")),
        Row("TRIGger:FORCe", "force", Nothing()),
        Row("SINGle", "single", Nothing()),
        Row("STOP", "stop", Nothing()),
        Row("WAVeform:DATA", "data", Block()),
        Row("WAVeform:XINCrement", "step", Number()),
        Row("WAVeform:XORigin", "origin", Number()),
    ),
    digits=".9E",
)
WAITING = 1 << 5
"""Bit of the operation register: SCPI-99 volume 1, 9.3."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Input range (V, from its negative to its positive), bits, noise (V); share of a record before its trigger."""

    full: float = 40.0
    bits: int = 12
    noise: float = 0.01
    before: float = 0.5


PARAMETERS = Parameters()


class Scope:
    """An oscilloscope on one voltage."""

    def __init__(
        self, now: Callable[[], int], parameters: Parameters = PARAMETERS, serial: str = "SIM", seed: int = 0
    ) -> None:
        self._parameters = parameters
        self._random = Random(seed)
        self._probe = as_now(lambda at: 0.0)
        self.reset(0)
        self.front = Front(self, self._features(), DIALECT, serial, now)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def connect(self, volts: Recorded) -> None:
        """The record of the voltage that it is to show."""
        self._probe = volts

    def heard(self, at: int) -> None:
        """A scope does not mind."""

    def reset(self, at: int) -> None:
        """Be as after *RST."""
        self._points = 1000
        self._rate = 1e6
        self._level = 0.0
        self._rising = True
        self._armed_at: int | None = None
        self._searched = 0
        self._triggered_at: int | None = None
        self._block = b""

    def trigger(self, at: int) -> None:
        """Take the record as if the edge had come now."""
        self._search(at)
        if self._armed_at is None or self._triggered_at is not None:
            raise Refused(-211)
        self._triggered_at = at

    def busy_until(self, at: int) -> int | None:
        """The end of the record; None until it has been triggered."""
        if self._armed_at is None:
            return at
        self._search(at)
        return None if self._triggered_at is None else self._triggered_at + self._time(self._points - self._pre)

    def conditions(self, at: int) -> tuple[int, int]:
        """Operation and questionable condition."""
        return WAITING * (self.busy_until(at) is None), 0

    @property
    def _pre(self) -> int:
        """Samples before the trigger."""
        return int(self._points * self._parameters.before)

    def _time(self, samples: int) -> int:
        """How long so many samples take, ns."""
        return round(samples * S / self._rate)

    def _search(self, at: int) -> None:
        """Look for the edge in what has been since it was last looked for."""
        if self._armed_at is None or self._triggered_at is not None or at <= self._searched:
            return
        found = crossing(self._probe(self._searched, at), self._level, self._rising, max(self._time(1), 1))
        if found is not None:
            self._triggered_at = self._searched + found
        self._searched = at

    def _single(self, at: int) -> None:
        self._armed_at = self._searched = at
        self._triggered_at, self._block = None, b""

    def _data(self, at: int) -> bytes:
        until = self.busy_until(at)
        if self._armed_at is None or until is None or at < until or self._triggered_at is None:
            raise Refused(-230)
        if not self._block:
            begin = self._triggered_at - self._time(self._pre)
            samples = self._digitised(self._probe(begin, until))
            self._block = struct.pack(f"<{self._points}f", *samples)
        return self._block

    def _digitised(self, record: Waveform) -> Iterator[float]:
        p = self._parameters
        step = 2 * p.full / (1 << p.bits)
        sample = 0
        for begin, segment in record.placed():
            while sample < self._points and (offset := self._time(sample) - begin) < segment.duration:
                volts = segment.value(offset) + self._random.gauss(0, p.noise)
                yield round(max(-p.full, min(volts, p.full - step)) / step) * step
                sample += 1
        yield from [record.segments[-1].end] * (self._points - sample)

    def _features(self) -> dict[str, Feature]:
        def setting(name: str, limits: Limits) -> Feature:
            def put(value: float, at: int) -> None:
                setattr(self, name, value)
                self._armed_at = None  # a record of other settings is none of these

            return Feature(lambda at: getattr(self, name), put, limits)

        def slope(word: str, at: int) -> None:
            self._rising = word == "POS"

        def stop(_: object, at: int) -> None:
            self._armed_at = None

        full = self._parameters.full
        return {
            "points": setting("_points", Limits(2, 1_000_000, 1000)),
            "rate": setting("_rate", Limits(1.0, 1e9, 1e6)),
            "level": setting("_level", Limits(-full, full, 0.0)),
            "slope": Feature(lambda at: "POS" if self._rising else "NEG", slope),
            "force": Feature(put=lambda _, at: self.trigger(at)),
            "single": Feature(put=lambda _, at: self._single(at)),
            "stop": Feature(put=stop),
            "data": Feature(self._data),
            "step": Feature(lambda at: 1 / self._rate),
            "origin": Feature(lambda at: -self._time(self._pre) / S),
        }
