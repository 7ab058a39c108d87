"""Where the bench's own disturbances reach: which of them bear on a check, and the stretches of time that they spoil.

A disturbance reaches one cycle of the messages that a check concerns, on either side: a frame that was due in it may
have come before or after. What fails because of it may fail later still, see `AFTERMATH`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from bench.judge.traffic import silenced
from bench.judge.windows import Span, Window, without
from bench.model.check import Counter, Crc, CycleOf, Received, Silent
from bench.model.expression import SignalRef
from bench.model.health import Disturbance
from bench.model.instant import MS, show
from bench.model.layout import MessageLayout
from bench.model.trace import Trace

GRAVE = 5 * MS
"""A delay of the bench that may touch any check, ns; a smaller one counts where the margin is smaller still."""

NOTED = 1 * MS
"""Delays up to this may happen without being told as a disturbance, ns; see `LATE` in bench/clock/wall.py."""

AFTERMATH = 500 * MS
"""How long after a grave disturbance a failure is not held against anybody, ns.

An ECU may fall back to substitute values because the bench's own messages were missing, and needs time to recover.
"""

LEAST_REACH = 10 * MS
"""The reach of a check that concerns no cyclic message, ns: one step of the plant."""


@dataclass(frozen=True, slots=True)
class Zone:
    """[start, end) in which nothing is proven, because of disturbances: each with where its own part ends."""

    start: int
    end: int
    parts: list[tuple[int, int, Disturbance]]

    def cause(self, spans: Iterable[Span]) -> Disturbance:
        """The gravest disturbance whose own part has an instant in common with one of the spans."""
        spans = list(spans)
        near = [one for start, end, one in self.parts if any(start < e and s < end for s, e in spans)]
        return max(near, key=lambda one: (one.late, one.end - one.start))


def concerned(layouts: Mapping[tuple[str, str], MessageLayout], part: object) -> tuple[MessageLayout, ...]:
    """The messages that a check (or a condition) concerns; `layouts` are all of the plan, by bus and name."""
    if isinstance(part, Silent):
        return tuple(layout for layout in layouts.values() if silenced(part, layout))
    return tuple(layouts[name] for name in dict.fromkeys(_named(part)))


def zones(
    disturbances: Iterable[Disturbance], layouts: tuple[MessageLayout, ...], room: int | None, failed: bool
) -> list[Zone]:
    """The zones of those disturbances that bear on a verdict whose margin in time is `room`, in order.

    A pass is in doubt where something of its own may have been hidden. For a failure any frame that the bench owed
    may be the reason, and the aftermath counts too.
    """
    reach = max((layout.cycle for layout in layouts), default=0) or LEAST_REACH
    found: list[Zone] = []
    for one in sorted(disturbances, key=lambda one: one.start):
        if not _bears(one, layouts, room, failed):
            continue
        after = AFTERMATH if failed and _lasting(one) >= GRAVE else 0
        start, end = one.start - reach, one.end + reach + after
        if found and start < found[-1].end:
            last = found.pop()
            last.parts.append((start, end, one))
            found.append(Zone(last.start, max(last.end, end), last.parts))
        else:
            found.append(Zone(start, end, [(start, end, one)]))
    return found


def touching(found: list[Zone], spans: Iterable[Span]) -> Zone | None:
    """The first of the zones that has an instant in common with one of the spans [start, end)."""
    places = []
    for start, end in spans:
        place = bisect_right(found, start, key=lambda zone: zone.end)
        if place < len(found) and found[place].start < end:
            places.append(place)
    return found[min(places)] if places else None


def clear(windows: tuple[Window, ...], found: list[Zone], before: int = 0, after: int = 0) -> tuple[Window, ...]:
    """The windows without the zones, each widened by so many ns; windows with nothing left are not among them."""
    holes = [(zone.start - before, zone.end + after) for zone in found]
    cut = (tuple(part for piece in window.pieces for part in without(*piece, holes)) for window in windows)
    return tuple(replace(window, pieces=pieces) for window, pieces in zip(windows, cut, strict=True) if pieces)


def instant(trace: Trace, number: int) -> int:
    """When the record of that number happened, ns."""
    frames, samples = len(trace.frames), len(trace.samples.at)
    row = bisect_left(range(frames), number, key=trace.number_of_frame)
    if row < frames and trace.number_of_frame(row) == number:
        return trace.frames.end[row]
    row = bisect_left(range(samples), number, key=trace.number_of_sample)
    if row < samples and trace.number_of_sample(row) == number:
        return trace.samples.at[row]
    row = bisect_left(range(len(trace.occurrences)), number, key=trace.number_of_occurrence)
    return trace.occurrences[row].at


def words(cause: Disturbance) -> str:
    """A disturbance as the subject and verb of a sentence, with when and how long."""
    when = f"from {show(cause.start)} to {show(cause.end)}"
    what = ".".join(part for part in (cause.bus, cause.message) if part) or "a frame"
    match cause.kind:
        case "lost":
            return f"the bench lost {what} {when}"
        case "skipped":
            by = f", being {show(cause.late)} late" if cause.late else ""
            return f"the bench skipped {what} {when}{by}"
        case "gone":
            return f"the interface of {cause.bus or 'a bus'} did not answer {when}"
        case _:
            return f"the bench was {show(cause.late)} late {when}"


def _bears(one: Disturbance, layouts: tuple[MessageLayout, ...], room: int | None, failed: bool) -> bool:
    mine = not one.message or any(one.message == own.name and one.bus in ("", own.bus) for own in layouts)
    match one.kind:
        case "late":
            return one.late >= GRAVE or (room is not None and one.late > abs(room) and (failed or mine))
        case "lost" | "skipped":
            return failed or mine
        case _:
            return failed or not one.bus or not layouts or any(one.bus == layout.bus for layout in layouts)


def _lasting(one: Disturbance) -> int:
    return one.late if one.kind == "late" else one.end - one.start


def _named(part: object) -> Iterator[tuple[str, str]]:
    match part:
        case SignalRef(bus, message) | Received(bus, message) | CycleOf(bus, message):
            yield bus, message
        case Counter(messages) | Crc(messages):
            yield from messages
        case tuple():
            for inner in part:
                yield from _named(inner)
        case _ if is_dataclass(part) and not isinstance(part, type):
            for field in fields(part):
                yield from _named(getattr(part, field.name))
