"""What can never happen: steps that start too late or wait for each other in a circle, phases too short for them."""

from collections.abc import Iterator
from itertools import pairwise

from bench.model.instant import S, show
from bench.model.lab import Interrupt, Measure, PlayProfile
from bench.model.stimulus import After, At, Drive, Fault, Phase, Press, Ramp, SendFrame, SendMessage, Step, Stimulus

Finding = tuple[str, str]
"""A place, "line:column", and what is wrong there."""


def unreachable(phase: Phase) -> Iterator[Finding]:
    """What of a phase can never start, or not end before the phase does."""
    every: tuple[Step | Fault, ...] = (*phase.steps, *phase.faults)
    parts = {part.id: part for part in every}
    if len(parts) < len(every):
        return  # an id stands twice, which has been told
    circle = _circle(parts)
    if circle:
        first = parts[circle[0]]
        waits = ", ".join(f"'{one}' waits for '{other}'" for one, other in pairwise((*circle, circle[0])))
        yield first.place, f"{waits}; none of them ever starts; break the circle"
        return
    for part in parts.values():
        if isinstance(part.start, After) and part.start.edge == "ends":
            before = parts[part.start.id]
            if _endless(before):
                text = f"'{part.id}' waits for the end of '{before.id}', which lasts to the end of phase {phase.name}"
                limit = "a 'for' or a 'count'" if isinstance(before, Fault) else "a 'count'"
                yield part.place, f"{text}; give '{before.id}' {limit}"
        ends = phase.duration if phase.duration is not None else phase.at_most
        if ends is not None and (begin := _begin(part, parts)) is not None:
            yield from _late(part, begin, ends, phase)


def _late(part: Step | Fault, begin: int, limit: int, phase: Phase) -> Iterator[Finding]:
    what = "fault" if isinstance(part, Fault) else "step"
    end_of = f"phase {phase.name} ends {'after' if phase.duration is not None else 'at the latest after'} {show(limit)}"
    if begin >= limit:
        yield part.place, f"{what} '{part.id}' starts at {show(begin)}, but {end_of}; it never starts"
        return
    lasts = _length(part)
    if lasts is None or phase.duration is None or (isinstance(part, Step) and isinstance(part.stimulus, Drive)):
        return  # a drive goes on into the phases that follow
    if begin + lasts > limit:
        yield part.place, f"{what} '{part.id}' ends at {show(begin + lasts)}, but {end_of}; lengthen the phase"


def _circle(parts: dict[str, Step | Fault]) -> tuple[str, ...]:
    """The ids of a circle of `after`, from the one that stands first; empty where there is none."""
    for start in parts:
        walked: list[str] = []
        here = start
        while here in parts and here not in walked:
            walked.append(here)
            before = parts[here].start
            if not isinstance(before, After):
                break
            here = before.id
        else:
            if here == start:
                return tuple(walked)
    return ()


def _begin(part: Step | Fault, parts: dict[str, Step | Fault]) -> int | None:
    """When something starts, ns after the phase; None where a condition decides."""
    if isinstance(part.start, At):
        return part.start.offset
    if not isinstance(part.start, After) or part.start.id not in parts:
        return None
    before = parts[part.start.id]
    begin = _begin(before, parts)
    if part.start.edge == "starts" or begin is None:
        return begin
    lasts = _length(before)
    return None if lasts is None else begin + lasts


def _endless(part: Step | Fault) -> bool:
    """Whether something lasts as long as its phase."""
    if isinstance(part, Fault):
        return part.duration is None and part.count is None
    return length(part.stimulus) is None


def _length(part: Step | Fault) -> int | None:
    return part.duration if isinstance(part, Fault) else length(part.stimulus)


def length(stimulus: Stimulus) -> int | None:
    """How long a stimulus lasts, ns; None for measuring until the phase ends."""
    match stimulus:
        case Ramp():
            return stimulus.over
        case Press():
            return stimulus.hold
        case SendMessage():
            return stimulus.count * stimulus.every or 1  # the sender has its slot again one period after the last frame
        case SendFrame():
            return (stimulus.count - 1) * stimulus.every
        case Drive():
            return round((stimulus.times_s[-1] - stimulus.times_s[0]) * S) * stimulus.repeat
        case PlayProfile():
            return stimulus.waveform.duration
        case Interrupt():
            return stimulus.duration
        case Measure():
            return None if stimulus.count is None else (stimulus.count - 1) * stimulus.every
        case _:
            return 0
