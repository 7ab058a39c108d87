"""One ECU's supply input: a diode, a resistance, a capacitor, and behind them a load of constant power.

Pure, in V, ohm, F, W and ns. While the diode blocks, the capacitor feeds the load: v(t) = sqrt(v0^2 - 2 P t / C). While
it conducts, the capacitor stands below the line by the drop and by I R. The time constant R C, some 20 us, is taken as
nothing: a line that rises charges the capacitor at once, and the charge of a step is not in the current.

Between two steps of this rule v^2 + 2 P t / C never falls, and rises only while the diode conducts. So one switching
decides the other: conducting ends where the line falls faster than the load empties the capacitor.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import acos, ceil, cos, floor, pi, sqrt

from bench.clock.calendar import FOREVER
from bench.model.instant import S
from bench.model.waveform import Segment, Waveform

STRIPS_PER_PERIOD = 16
"""A ripple is cut into these, and at its extremes, so that it is monotone in each strip and bends one way."""


@dataclass(frozen=True, slots=True)
class InputStage:
    """`drop` (V) is the diode's; None: there is no diode, so the line can empty the capacitor too."""

    farad: float
    ohm: float
    drop: float | None

    def level(self, line: float, watts: float) -> float:
        """The capacitor's voltage while the line feeds it; a load beyond what the resistance lets through gets half."""
        free = line - (self.drop or 0.0)
        if free <= 0:
            return 0.0
        return (free + sqrt(max(0.0, free * free - 4 * watts * self.ohm))) / 2

    def follows(self, line: float, watts: float) -> float:
        """How much `level` moves with the line, V per V."""
        free = line - (self.drop or 0.0)
        if free <= 0:
            return 0.0
        inside = free * free - 4 * watts * self.ohm
        return (1 + free / sqrt(inside)) / 2 if inside > 0 else 0.5

    def drawn(self, line: float, watts: float) -> float:
        """What the load takes while a steady line feeds it, A."""
        volts = self.level(line, watts)
        if volts <= 0:
            return 0.0
        free = line - (self.drop or 0.0)
        return watts / volts if free * free >= 4 * watts * self.ohm else free / (2 * self.ohm)

    def held(self, volts: float, watts: float, elapsed: int) -> float:
        """The capacitor's voltage `elapsed` ns after it stood at `volts` and nothing fed it any more."""
        return sqrt(max(0.0, volts * volts - 2 * watts * elapsed / (self.farad * S)))

    def hold_up(self, volts: float, watts: float, down_to: float) -> float:
        """How long the capacitor lasts from one voltage down to another, ns."""
        return self.farad * (volts * volts - down_to * down_to) / (2 * watts) * S

    def lasting(self, elapsed: int, line: float, watts: float, down_to: float) -> "InputStage":
        """The same stage with the capacitor that lasts that long from a line's voltage down to another."""
        volts = self.level(line, watts)
        farad = 2 * watts * elapsed / S / (volts * volts - down_to * down_to)
        return InputStage(farad, self.ohm, self.drop)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of a line's course, monotone: from `begin` to before `end` (ns), of a segment that began at `origin`."""

    begin: int
    end: int
    segment: Segment
    origin: int

    def line(self, at: int) -> float:
        """Volts on the line."""
        return self.segment.value(at - self.origin)

    def slope(self, at: int) -> float:
        """V/s on the line."""
        s = self.segment
        straight = (s.end - s.begin) * S / s.duration
        if not s.ripple_vpp:
            return straight
        return straight + s.ripple_vpp * pi * s.ripple_hz * cos(2 * pi * s.turns(at - self.origin))


def strips(waveform: Waveform, origin: int, begin: int) -> Iterator[Strip]:
    """The strips of a waveform that began at `origin`, from `begin` on; the last voltage stays for good."""
    over = origin
    for offset, segment in waveform.placed():
        first, over = origin + offset, origin + offset + segment.duration
        if segment.duration > 0 and over > begin:
            yield from _cut(segment, first, max(first, begin))
    last = waveform.segments[-1].last
    yield Strip(max(over, begin), FOREVER, Segment(1, last, last), over)


def _cut(segment: Segment, origin: int, begin: int) -> Iterator[Strip]:
    end = origin + segment.duration
    if not (segment.ripple_vpp and segment.ripple_hz):
        yield Strip(begin, end, segment, origin)
        return
    period = S / segment.ripple_hz
    phases = [n / STRIPS_PER_PERIOD for n in range(STRIPS_PER_PERIOD)]
    level = (segment.begin - segment.end) / segment.duration * period / (pi * segment.ripple_vpp)
    if abs(level) < 1:
        turned = acos(level) / (2 * pi)
        phases = sorted({*phases, turned, 1 - turned})
    turn = floor((begin - origin) / period + segment.ripple_turns)
    while begin < end:
        for phase in phases:
            to = min(end, origin + ceil((turn + phase - segment.ripple_turns) * period))
            if to > begin:
                yield Strip(begin, to, segment, origin)
                begin = to
        turn += 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a capacitor's course, monotone: fed by the line, or (`strip` None) held since `begin` with `volts`.

    `until` is where it ends; a held piece may go on from an earlier `since`.
    """

    begin: int
    until: int
    stage: InputStage
    watts: float
    strip: Strip | None
    since: int = 0
    held: float = 0.0

    def volts(self, at: int) -> float:
        """The capacitor's voltage."""
        if self.strip is None:
            return self.stage.held(self.held, self.watts, at - self.since)
        return self.stage.level(self.strip.line(at), self.watts)

    def amperes(self, at: int) -> float:
        """What the stage takes from the line; without a diode it can give too."""
        if self.strip is None:
            return 0.0
        line = self.strip.line(at)
        charging = self.stage.farad * self.stage.follows(line, self.watts) * self.strip.slope(at)
        return self.stage.drawn(line, self.watts) + charging


@dataclass(frozen=True, slots=True)
class Course:
    """How a stage goes on from `begin`, where its capacitor has `volts`, as long as line and load stay as told.

    `waveform` began at `origin`; None: nothing drives the line, and the capacitor feeds its own ECU alone.
    """

    stage: InputStage
    watts: float
    begin: int
    volts: float
    waveform: Waveform | None
    origin: int

    def pieces(self) -> Iterator[Piece]:
        """The pieces one after the other, for ever. Switching instants are exact to the ns: the first that has it."""
        if self.waveform is None:
            yield self._held(self.begin, FOREVER, self.begin, self.volts)
            return
        since, held = self.begin, self.volts
        for strip in strips(self.waveform, self.origin, self.begin):
            at = strip.begin
            # Asked anew for each strip: there may be a step in between.
            fed = self.stage.drop is None or self._level(strip, at) >= self.stage.held(held, self.watts, at - since)
            while at < strip.end:
                if fed:
                    until = self._lets_go(strip, at)
                    if until > at:
                        yield Piece(at, until, self.stage, self.watts, strip)
                    since, held, fed = until, self._level(strip, until), until == strip.end
                else:
                    until = self._takes_over(strip, at, since, held)
                    yield self._held(at, until, since, held)
                    fed = until < strip.end
                at = until

    def _held(self, begin: int, until: int, since: int, held: float) -> Piece:
        return Piece(begin, until, self.stage, self.watts, None, since, held)

    def _level(self, strip: Strip, at: int) -> float:
        return self.stage.level(strip.line(at), self.watts)

    def _eases(self, strip: Strip, at: int) -> bool:
        """Whether the line falls faster than the load alone empties the capacitor."""
        line = strip.line(at)
        level, follows = self.stage.level(line, self.watts), self.stage.follows(line, self.watts)
        return level * follows * strip.slope(at) < -self.watts / self.stage.farad

    def _lets_go(self, strip: Strip, at: int) -> int:
        """When the diode begins to block."""
        end = strip.end
        if self.stage.drop is None or strip.line(end) >= strip.line(at):
            return end
        if self._eases(strip, at):
            return at
        return first(at, end, lambda t: self._eases(strip, t)) if self._eases(strip, end) else end

    def _takes_over(self, strip: Strip, at: int, since: int, held: float) -> int:
        """When the diode begins to conduct."""

        def reached(t: int) -> bool:
            return self._level(strip, t) >= self.stage.held(held, self.watts, t - since)

        end = strip.end
        if reached(end):
            return first(at, end, reached)
        if not self._eases(strip, at) and self._eases(strip, end):
            # The line comes nearest in between, because the load empties the capacitor faster at first.
            nearest = first(at, end, lambda t: self._eases(strip, t))
            return first(at, nearest, reached) if reached(nearest) else end
        return end


def first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first instant after `low` at which something holds that does not hold at `low`, does at `high`, and stays."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
