"""Drawing a profile: its shapes, with a value for every parameter, become segments of a waveform."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import log10

from bench.lab.profile_numbers import Number, nanoseconds
from bench.lab.profile_shapes import Shape
from bench.model.instant import S
from bench.model.waveform import Segment

MOST_SEGMENTS = 100_000
MOST_DURATION = 1000 * 3600 * S
PIECES = 20  # straight pieces for a decade of an exponential fall: never 0.2 % of the height beside it


@dataclass(frozen=True, slots=True)
class Interruption:
    """The supply is interrupted for `duration` ns, `begin` ns after the profile's begin; `how`: open or to_ground."""

    begin: int
    duration: int
    how: str


@dataclass(slots=True)
class Drawing:
    """What is drawn so far; `volts` is where the line stands, None before its first point."""

    values: Mapping[str, Number | str]
    segments: list[Segment] = field(default_factory=list)
    interruptions: list[Interruption] = field(default_factory=list)
    now: int = 0
    volts: Fraction | None = None
    drawn: int = 0

    def draw(self, shapes: tuple[Shape, ...]) -> None:
        """Draw shapes one after the other. ScenarioError at the shape that these values make impossible."""
        shape_of: dict[str, Callable[[Shape], None]] = {
            "hold": self._hold,
            "ramp": self._ramp,
            "ripple": self._ripple,
            "steps": self._steps,
            "pulse": self._pulse,
            "interruptions": self._interruptions,
            "repeat": self._repeat,
        }
        for shape in shapes:
            self._count(shape)
            shape_of[shape.kind](shape)

    def _hold(self, shape: Shape) -> None:
        volts = self._from(shape, "at")
        self._line(shape, volts, volts, self._time(shape, "for"))

    def _ramp(self, shape: Shape) -> None:
        begin, end = self._from(shape, "from"), self._number(shape, "to")
        if "within" in shape.uses:
            self._line(shape, begin, end, self._time(shape, "within"))
            return
        slope = self._number(shape, "slope")
        if slope <= 0:
            raise shape.place.wrong("'slope' is 0 or less; expected a slope, V/s, without a sign; correct it")
        self._line(shape, begin, end, abs(end - begin) / slope / self._scale(shape))

    def _ripple(self, shape: Shape) -> None:
        vpp, lasts = self._number(shape, "vpp"), nanoseconds(self._time(shape, "for"))
        on = "on" in shape.uses  # it stands on a voltage: begins, as it ends after whole periods, at its lowest
        mean = float(self._number(shape, "on") + vpp / 2 if on else self._number(shape, "around"))
        turns = -0.25 if on else 0.0
        for hertz in self._frequencies(shape) if lasts else ():
            self._append(shape, Segment(lasts, mean, mean, float(vpp), hertz, turns))
            turns = self.segments[-1].turns(lasts)
            self.volts = Fraction(self.segments[-1].last)

    def _frequencies(self, shape: Shape) -> Iterator[float]:
        hertz = float(self._number(shape, "frequency"))
        yield hertz
        if "to" in shape.uses:
            last, by = float(self._number(shape, "to")), 1 + float(self._number(shape, "by"))
            if hertz <= 0 or by <= 1:
                raise shape.place.wrong("'frequency' or 'by' is 0 or less; expected more than 0; correct it")
            while hertz < last:
                hertz = min(last, hertz * by)
                yield hertz

    def _steps(self, shape: Shape) -> None:
        start, edge, lasts = self._number(shape, "from"), self._time(shape, "edge"), self._time(shape, "for")
        self.volts = start if self.volts is None else self.volts
        for level in self._levels(shape, start, lambda stage: self._by(stage, start)):
            self._line(shape, self.volts, level, edge)
            self._line(shape, level, level, lasts)
            if "back_to" in shape.uses:
                back = self._number(shape, "back_to")
                self._line(shape, level, back, edge)
                self._line(shape, back, back, self._time(shape, "back_for"))

    def _by(self, stage: Shape, start: Fraction) -> Callable[[Fraction], Fraction]:
        """How far the next step goes; a share is one of the voltage from which the staircase begins."""
        by = self._given(stage, "by")
        step = by.value * abs(start) if by.kind == "share" else by.value
        return lambda _: step

    def _levels(
        self, shape: Shape, start: Fraction, by: Callable[[Shape], Callable[[Fraction], Fraction]]
    ) -> Iterator[Fraction]:
        """From `start` (left out) along the stages; the last step of each ends on its `to`, however short it is."""
        level = start
        for stage in shape.stages:
            end, step_at = self._number(stage, "to"), by(stage)
            while level != end:
                step = step_at(level)
                if step <= 0:
                    raise stage.place.wrong("a step is 0 or less; expected one with a size; correct 'by'")
                level = min(end, level + step) if end > level else max(end, level - step)
                self._count(stage)
                yield level

    def _pulse(self, shape: Shape) -> None:
        """A load dump: a straight rise, an exponential fall in straight pieces, perhaps cut off at `clamp`.

        The rise counts from 10 % to 90 % of the height, the width from 10 % to 10 %; below 1 % the fall is straight.
        """
        base, peak = self._number(shape, "from"), self._number(shape, "peak")
        rise, width = self._time(shape, "rise") * 10 / 8, self._time(shape, "width")
        decade = width - rise * 9 / 10
        if peak == base or decade <= 0:
            raise shape.place.wrong(
                "the pulse has no height or no fall; expected 'width' longer than 'rise'; correct it"
            )
        cut = (self._number(shape, "clamp") - base) / (peak - base) if "clamp" in shape.uses else Fraction(1)
        if cut <= 0:
            raise shape.place.wrong("'clamp' is not between 'from' and 'peak'; expected it there; correct it")
        corners = [(rise * min(cut, Fraction(1)), min(cut, Fraction(1)))]
        if cut < 1:
            corners.append((rise + Fraction(-log10(cut)) * decade, cut))
        falling = [(rise + decade * k / PIECES, Fraction(10 ** (-k / PIECES))) for k in range(1, 2 * PIECES + 1)]
        corners += [corner for corner in falling if corner[1] < cut]
        corners.append((corners[-1][0] + decade * Fraction(0.4343), Fraction(0)))  # along the tangent: decade / ln 10
        begin, height = self.now, Fraction(0)
        for at, share in corners:
            lasts = begin + nanoseconds(at) - self.now
            self._line(shape, base + (peak - base) * height, base + (peak - base) * share, Fraction(lasts, S))
            height = share

    def _interruptions(self, shape: Shape) -> None:
        volts, how = self._number(shape, "at"), str(self.values[shape.uses["how"].name])
        first = self._time(shape, "from")
        ladder = [first, *self._levels(shape, first, self._rungs)]
        for rung in ladder:
            lasts = nanoseconds(self._time(shape, "open") if "open" in shape.uses else rung)
            self.interruptions.append(Interruption(self.now, lasts, how))
            self._line(shape, Fraction(0), Fraction(0), Fraction(lasts, S))
            self._line(shape, volts, volts, self._time(shape, "recovery") if "recovery" in shape.uses else rung)

    def _rungs(self, stage: Shape) -> Callable[[Fraction], Fraction]:
        """How far the next rung goes: always as far, or a decade in so many equal steps."""
        if "by" in stage.uses:
            by = self._number(stage, "by")
            return lambda _: by
        first, count = Fraction(0), self._whole(stage, "per_decade")

        def step(rung: Fraction) -> Fraction:
            nonlocal first
            first = rung if not first or rung >= first * 10 else first
            return first * 9 / count

        return step

    def _repeat(self, shape: Shape) -> None:
        times, begin = self._whole(shape, "times"), self.now
        for count in range(1, times + 1):
            self._count(shape)
            self.draw(shape.segments)
            if count == times:
                return
            self.draw(shape.between)
            if "period" in shape.uses:
                rest = begin + count * nanoseconds(self._time(shape, "period")) - self.now
                if rest < 0:
                    raise shape.place.wrong("one repetition is longer than 'period'; expected a longer one; correct it")
                volts = self._from(shape, "")
                self._line(shape, volts, volts, Fraction(rest, S))

    def _line(self, shape: Shape, begin: Fraction, end: Fraction, seconds: Fraction) -> None:
        """A straight line; one that takes no time is a step and leaves no segment."""
        if lasts := nanoseconds(seconds):
            self._append(shape, Segment(lasts, float(begin), float(end)))
        self.volts = end

    def _append(self, shape: Shape, segment: Segment) -> None:
        self.segments.append(segment)
        self.now += segment.duration
        self._count(shape)
        if self.now > MOST_DURATION:
            raise shape.place.wrong(f"takes longer than {MOST_DURATION // S // 3600} h; expected less; shorten it")

    def _count(self, shape: Shape) -> None:
        self.drawn += 1
        if self.drawn > 2 * MOST_SEGMENTS or len(self.segments) > MOST_SEGMENTS:
            raise shape.place.wrong(f"more than {MOST_SEGMENTS} segments; expected fewer; lower 'times' or widen 'by'")

    def _from(self, shape: Shape, key: str) -> Fraction:
        """The voltage that a key says, or the one where the line stands."""
        if key in shape.uses:
            return self._number(shape, key)
        if self.volts is None:
            raise shape.place.wrong(f"the first segment does not say where it begins; expected '{key}'; add it")
        return self.volts

    def _time(self, shape: Shape, key: str) -> Fraction:
        seconds = self._number(shape, key)
        if seconds < 0:
            raise shape.place.wrong(f"'{key}' is less than 0 s; expected a duration; correct it")
        return seconds / self._scale(shape)

    def _scale(self, shape: Shape) -> Fraction:
        scale = self._number(shape, "scale") if "scale" in shape.uses else Fraction(1)
        if scale <= 0:
            raise shape.place.wrong("'scale' is 0 or less; expected by what time is divided, such as 60; correct it")
        return scale

    def _whole(self, shape: Shape, key: str) -> int:
        value = self._number(shape, key)
        if value.denominator != 1 or not 1 <= value <= MOST_SEGMENTS:
            raise shape.place.wrong(f"'{key}' is {float(value):g}; expected a whole number from 1; correct it")
        return int(value)

    def _number(self, shape: Shape, key: str) -> Fraction:
        return self._given(shape, key).value

    def _given(self, shape: Shape, key: str) -> Number:
        use = shape.uses[key]
        value = use.literal or self.values[use.name]
        assert isinstance(value, Number)  # the kinds were compared when the file was read
        return value
