"""The 12 V net of a bench: a source, and the ECUs that hang on it through their input stages.

It is solved from event to event: what the source will do is known as a waveform, what an ECU draws stays as told, so
each capacitor's course is known in closed form until one of them changes. Nothing is sampled. V, A, W, ns.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Protocol

from bench.clock.calendar import FOREVER
from bench.errors import BenchBug
from bench.model.waveform import Segment, Waveform
from bench.vehicle.input_stage import Course, InputStage, Piece, first

LIMITED = 1e-6
"""A source that gives so much else than it said, V, limits its current and has to be asked again."""

REMEMBERED = 1024
"""So many changes of a branch are kept for those who measure."""

GROUND = Waveform((Segment(1, 0.0, 0.0),))


class Source(Protocol):
    """What feeds the net: a supply's terminals."""

    def output(self, at: int) -> float:
        """Volts at `at`."""

    def waveform_from(self, at: int) -> Waveform | None:
        """What it will do from `at` on, as long as nobody changes it; None: it drives nothing, its line is open."""


class Line:
    """A source behind a switch.

    `state` is "closed", "open" (nothing drives the net) or "to_ground" (the net is shorted, the source left open).
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.state = "closed"

    def output(self, at: int) -> float:
        """Volts behind the switch."""
        return self._source.output(at) if self.state == "closed" else 0.0

    def waveform_from(self, at: int) -> Waveform | None:
        """What the line will do from `at` on, as long as the switch stays."""
        if self.state == "closed":
            return self._source.waveform_from(at)
        return GROUND if self.state == "to_ground" else None


class Net:
    """A source and several stages, at first without voltage. Tell it what changes: `renew`, `draw`; ask in between.

    Time goes one way: asking for an instant before the latest change is BenchBug.
    """

    def __init__(self, source: Source, stages: Mapping[str, InputStage], at: int = 0) -> None:
        self._source = source
        self.on_draw: Callable[[int], None] | None = None
        """Called when a load has changed: a supply watches its limits anew."""
        self._waveform = source.waveform_from(at)
        self._origin = at
        self._branches = {name: _Branch(self._course(stage, 0.0, at, 0.0)) for name, stage in stages.items()}

    def renew(self, at: int) -> None:
        """The source does something else from `at` on."""
        self._waveform = self._source.waveform_from(at)
        self._origin = at
        for branch in self._branches.values():
            course = branch.course
            branch.change(self._course(course.stage, course.watts, at, branch.before(at)))

    def draw(self, stage: str, watts: float, at: int) -> None:
        """The load behind a stage takes that power from `at` on; where it limits the source, all is solved anew."""
        branch = self._branches[stage]
        if watts == branch.course.watts:
            return
        branch.change(self._course(branch.course.stage, watts, at, branch.before(at)))
        if self.on_draw is not None:
            self.on_draw(at)
        if self._waveform is not None and abs(self._source.output(at) - self.volts(at)) > LIMITED:
            self.renew(at)

    def watch(self, stage: str, levels: tuple[float, ...]) -> None:
        """Voltages of a stage's capacitor whose crossings are of interest; reaching one from below is above it."""
        self._branches[stage].watch(levels)

    def inner(self, stage: str, at: int) -> float:
        """Volts at a stage's capacitor."""
        return self._branches[stage].volts(at)

    def told(self, stage: str, at: int) -> float:
        """Volts at a stage's capacitor; from now on only leaving their side of a level is a crossing."""
        return self._branches[stage].told(at)

    def next_crossing(self, after: int) -> tuple[int, str] | None:
        """The first instant not before `after` at which a capacitor stands on another side of a level than was told.

        At one instant the stages come in their order. None: not as long as nothing changes.
        """
        due = ((at, name) for name, branch in self._branches.items() if (at := branch.crossing(after)) is not None)
        return min(due, key=lambda one: one[0], default=None)

    def volts(self, at: int) -> float:
        """Volts on the line. An open one shows none, for diodes let nothing back."""
        return 0.0 if self._waveform is None else self._waveform.value(at - self._origin)

    def amperes(self, at: int) -> float:
        """What the source delivers: all loads that the line feeds, and what charges their capacitors on a slope."""
        return sum(branch.piece(at).amperes(at) for branch in self._branches.values())

    def taken(self, stage: str, at: int) -> float:
        """What one stage takes of it, A."""
        return self._branches[stage].piece(at).amperes(at)

    def recorded(self, begin: int, end: int) -> Waveform:
        """The current (A) from one instant to a later one, for a meter; exact while the line is steady.

        On slopes it is a line through the current at both ends of each piece.
        """
        spans = [list(branch.spans(begin, end)) for branch in self._branches.values()]
        cuts = sorted({begin, max(end, begin + 1), *(span[0] for branch in spans for span in branch)})
        parts = []
        for since, until in pairwise(cuts):
            under_way = [piece for branch in spans for start, stop, piece in branch if start <= since < stop]
            first_a, last_a = (sum(piece.amperes(at) for piece in under_way) for at in (since, until - 1))
            parts.append(Segment(until - since, first_a, last_a))
        return Waveform(tuple(parts))

    def drawn(self, volts: float, at: int) -> float:
        """What the loads draw from a line at that voltage, A, without what charges capacitors.

        At the voltage that the line has, those whose diode blocks draw nothing. At any other one it is what they would
        come to: a source asks so where its current limit leaves it, and a capacitor only puts that off. Behind a
        switch that is not closed nothing reaches it.
        """
        if isinstance(self._source, Line) and self._source.state != "closed":
            return 0.0
        present = self._waveform is not None and abs(volts - self.volts(at)) <= LIMITED
        total = 0.0
        for branch in self._branches.values():
            stage, watts = branch.course.stage, branch.course.watts
            blocked = present and stage.drop is not None and volts - stage.drop <= branch.before(at)
            total += 0.0 if blocked else stage.drawn(volts, watts)
        return total

    def _course(self, stage: InputStage, watts: float, at: int, volts: float) -> Course:
        return Course(stage, watts, at, volts, self._waveform, self._origin)


class Terminals:
    """A net as the load that hangs on a supply's terminals."""

    def __init__(self) -> None:
        self.net: Net | None = None
        """Joined later, because the net asks its source at once."""

    def amperes(self, volts: float, at: int) -> float:
        """What the net draws at that voltage."""
        return 0.0 if self.net is None else self.net.drawn(volts, at)


class _Branch:
    """One stage's present course, with its pieces as far as they have been asked for."""

    def __init__(self, course: Course) -> None:
        self._levels: tuple[float, ...] = ()
        self._sides: tuple[bool, ...] = ()
        self._past: deque[tuple[Course, int]] = deque(maxlen=REMEMBERED)
        self.course = course
        self.change(course)

    def change(self, course: Course) -> None:
        """Go on in another way."""
        if self.course.begin < course.begin:
            self._past.append((self.course, course.begin))
        self.course = course
        self._ahead = course.pieces()
        self._known: list[Piece] = [next(self._ahead)]
        self._found: tuple[int, int | None] | None = None

    def piece(self, at: int) -> Piece:
        """The piece at an instant."""
        if at < self.course.begin:
            raise BenchBug(f"the net was asked for {at} ns, but it has changed at {self.course.begin} ns")
        while at >= self._known[-1].until:
            self._known.append(next(self._ahead))
        return self._known[self._place(at)]

    def volts(self, at: int) -> float:
        """The capacitor's voltage."""
        return self.piece(at).volts(at)

    def before(self, at: int) -> float:
        """The capacitor's voltage where what was before `at` ends: a step at that very instant has not charged it."""
        return self.course.volts if at == self.course.begin else self.piece(at - 1).volts(at)

    def spans(self, begin: int, end: int) -> Iterator[tuple[int, int, Piece]]:
        """(from, to, piece) of all that was between two instants, as far as it is remembered."""
        for course, over in (*self._past, (self.course, end)):
            if over > begin:
                for piece in course.pieces():
                    if piece.begin >= min(over, end):
                        break
                    if piece.until > begin:
                        yield max(piece.begin, begin), min(piece.until, over, end), piece

    def watch(self, levels: tuple[float, ...]) -> None:
        """The levels of interest; those that are new have been seen at 0 V."""
        seen = dict(zip(self._levels, self._sides, strict=True))
        self._levels = levels
        self._sides = tuple(seen.get(level, level <= 0) for level in levels)
        self._found = None

    def told(self, at: int) -> float:
        """The voltage, whose sides are seen now."""
        volts = self.volts(at)
        self._sides = self._of(volts)
        self._found = None
        return volts

    def crossing(self, after: int) -> int | None:
        """The first instant not before `after` on another side than seen; what was found holds until a change."""
        since, found = self._found or (FOREVER, None)
        if not since <= after <= (FOREVER if found is None else found):
            found = next(self._crossings(after), None)
            self._found = after, found
        return found

    def _crossings(self, after: int) -> Iterator[int]:
        for piece in self._from(after):
            begin, last = max(after, piece.begin), piece.until - 1
            if self._crossed(piece, begin):
                yield begin
            elif self._crossed(piece, last):
                yield first(begin, last, partial(self._crossed, piece))

    def _from(self, at: int) -> Iterator[Piece]:
        self.piece(at)
        yield from self._known[self._place(at) :]
        for piece in self._ahead:
            self._known.append(piece)
            yield piece

    def _place(self, at: int) -> int:
        return bisect_right(self._known, at, key=lambda piece: piece.begin) - 1

    def _crossed(self, piece: Piece, at: int) -> bool:
        return self._of(piece.volts(at)) != self._sides

    def _of(self, volts: float) -> tuple[bool, ...]:
        return tuple(volts >= level for level in self._levels)
