"""Names, values and conditions in the words of a verdict."""

from bench.model.check import Becomes, Changes, Crosses, Edge, Event, Received
from bench.model.expression import (
    UNKNOWN,
    AllOf,
    AnyOf,
    Apply,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    InstrumentRef,
    Known,
    ModelRef,
    Not,
    OneOf,
    Reference,
    SignalRef,
)
from bench.model.instant import show


def name(reference: Reference) -> str:
    """A reference as people say it, "TCU_Status_01.NadState", "model.speed" or "psu.current"."""
    return f"{reference.message}.{reference.signal}" if isinstance(reference, SignalRef) else reference.path


def shown(value: Known, unit: str = "") -> str:
    """A value with its unit, numbers with six digits; "unknown" where nothing is known."""
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, str | bool):
        return str(value)
    return f"{value:.6g} {unit}".rstrip()


def wording(expression: Expression, unit: str = "", inner: bool = False) -> str:
    """A condition in one line; `inner` puts brackets around what binds less than a comparison."""
    match expression:
        case Constant(value, text):
            return text or shown(value, unit)
        case SignalRef() | ModelRef() | InstrumentRef():
            return name(expression)
        case Not(of):
            return f"not {wording(of, inner=True)}"
        case AllOf(parts) | AnyOf(parts):
            joined = (" and " if isinstance(expression, AllOf) else " or ").join(wording(p, inner=True) for p in parts)
            return f"({joined})" if inner else joined
        case Compare(operator, left, right, common):
            return f"{wording(left, common)} {operator} {wording(right, common)}"
        case OneOf(left, options):
            return f"{wording(left)} in [{', '.join(wording(option) for option in options)}]"
        case Arithmetic(operator, left, right):
            return f"({wording(left, unit)} {operator} {wording(right, unit)})"
        case Apply(function, parts):
            joined = ", ".join(wording(part, unit) for part in parts)
            return f"-{joined}" if function == "neg" else f"{function}({joined})"


def event(what: Event) -> str:
    """An event in words, "fault F1 ends" or "TCU_Status_01 received"."""
    match what:
        case Received(_, message):
            return f"{message} received"
        case Edge(of, id, edge):
            return f"{of} {id} {edge}"
        case Changes(reference):
            return f"{name(reference)} changes"
        case Crosses(reference, direction, limit):
            verb = "rises above" if direction == "above" else "falls below"
            return f"{name(reference)} {verb} {shown(limit, reference.unit)}"
        case Becomes(condition):
            return wording(condition)


def records(proof: tuple[int, ...]) -> str:
    """Record numbers for a sentence, "record 4211" or "records 7 and 9"; the first four of many."""
    if not proof:
        return "no record"
    some = [str(number) for number in proof[:4]]
    more = f" and {len(proof) - 4} more" if len(proof) > 4 else ""
    if len(some) == 1:
        return f"record {some[0]}"
    joined = ", ".join(some) if more else f"{', '.join(some[:-1])} and {some[-1]}"
    return f"records {joined}{more}"


def late(by: int) -> str:
    """How far a time lies beyond its limit, "18.4 ms late"."""
    return f"{show(by)} late"
