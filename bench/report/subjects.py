"""What a check is about, for a picture of it: which signals, which limits on them, which stretch of time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.model.check import (
    Always,
    Becomes,
    Changes,
    Check,
    Counter,
    Crc,
    Crosses,
    Cycle,
    CycleOf,
    Event,
    Eventually,
    Follows,
    Never,
    Received,
    Responds,
    Sequence,
    Settles,
    Silent,
    Statistic,
    Stays,
)
from bench.model.expression import (
    AllOf,
    AnyOf,
    Compare,
    Constant,
    Expression,
    InstrumentRef,
    ModelRef,
    Not,
    Reference,
    SignalRef,
    references,
)
from bench.model.instant import MS, S


@dataclass(frozen=True, slots=True)
class Subject:
    """One lane of a picture. `limits` are drawn as lines, `band` as an area; both in the unit of the subject.

    `beside` is a second signal in the same lane, with `tolerance` drawn around it. `gap` asks for the time between
    the frames of a message and not for the frames themselves.
    """

    what: Reference | Received
    limits: tuple[float, ...] = ()
    band: tuple[float, float] | None = None
    beside: Reference | None = None
    tolerance: float = 0
    gap: bool = False


def subjects(check: Check) -> tuple[Subject, ...]:
    """The lanes that explain a check, each signal once, in the order in which the check names them."""
    match check:
        case Always(condition) | Never(condition) | Eventually(condition) | Stays(condition):
            return _merged(_of_condition(condition))
        case Responds(trigger, then):
            return _merged([*_of_event(trigger), *_of_event(then)])
        case Settles(signal, to, tolerance):
            return (Subject(signal, limits=(to,), band=(to - tolerance, to + tolerance)),)
        case Follows(signal, reference, tolerance):
            return (Subject(signal, beside=reference, tolerance=tolerance),)
        case Cycle(messages, tolerance, or_ns):
            return tuple(_of_cycle(one, tolerance, or_ns) for one in messages)
        case Counter(messages) | Crc(messages):
            return tuple(Subject(Received(bus, name)) for bus, name in messages)
        case Sequence(signal):
            return (Subject(signal),)
        case Silent(_, bus, message):
            return (Subject(Received(bus, message)),) if message else ()
        case Statistic(of, statistic, low, high):
            return (Subject(of, band=(low, high) if statistic not in ("change", "count") else None),)


def time_scale(check: Check) -> int:
    """A stretch of time, in ns, that shows what a check compares: its own limits, or a few cycles of its messages."""
    match check:
        case Responds(_, _, within, not_before, hold):
            return max(within + hold, not_before, MS)
        case Settles(_, _, _, within, hold):
            return max(within + hold, MS)
        case Follows(_, _, _, delay):
            return max(4 * delay, 2 * S)
        case Cycle(messages):
            return 10 * max(one.period for one in messages) if messages else S
        case Sequence(_, steps):
            return max((step.within or 0 for step in steps), default=0) or S
        case Eventually(_, within):
            return within or S
        case _:
            return S


def _of_cycle(one: CycleOf, tolerance: float, or_ns: int) -> Subject:
    slack = max(tolerance * one.period, or_ns)
    shortest = 0 if one.long_side_only else one.period - slack
    band = (shortest / MS, (one.period + slack) / MS)
    return Subject(Received(one.bus, one.message), limits=(one.period / MS,), band=band, gap=True)


def _of_event(event: Event) -> Iterator[Subject]:
    match event:
        case Received():
            yield Subject(event)
        case Changes(what):
            yield Subject(what)
        case Crosses(what, _, limit):
            yield Subject(what, limits=(limit,))
        case Becomes(condition):
            yield from _of_condition(condition)


def _of_condition(condition: Expression) -> Iterator[Subject]:
    match condition:
        case Not(of):
            yield from _of_condition(of)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _of_condition(part)
        case Compare(_, SignalRef() | ModelRef() | InstrumentRef() as what, Constant(value)) | Compare(
            _, Constant(value), SignalRef() | ModelRef() | InstrumentRef() as what
        ) if isinstance(value, float | int) and not isinstance(value, bool):
            yield Subject(what, limits=(float(value),))
        case _:
            for what in references(condition):
                yield Subject(what)


def _merged(found: "Iterator[Subject] | list[Subject]") -> tuple[Subject, ...]:
    lanes: dict[Reference | Received, Subject] = {}
    for one in found:
        known = lanes.get(one.what)
        limits = dict.fromkeys([*(known.limits if known else ()), *one.limits])
        lanes[one.what] = replace(known or one, limits=tuple(limits))
    return tuple(lanes.values())
