"""Requirements in words."""

from bench.judge.words import event, name, shown, wording
from bench.model.check import (
    Always,
    Check,
    Counter,
    Crc,
    Cycle,
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
from bench.model.instant import show


def expected(check: Check) -> str:
    """What a check asks for, in one line."""
    match check:
        case Always(condition):
            return f"always {wording(condition)}"
        case Never(condition):
            return f"never {wording(condition)}"
        case Eventually(condition, within):
            return f"eventually {wording(condition)}{_within(within)}"
        case Stays(condition):
            return f"{wording(condition)} comes true and stays true"
        case Responds(trigger, then, within, not_before, hold):
            early = f", not before {show(not_before)}" if not_before else ""
            stays = f", for {show(hold)}" if hold else ""
            return f"when {event(trigger)}, within {show(within)}{early}: {event(then)}{stays}"
        case Settles(signal, to, tolerance, within, hold):
            band = f"{shown(to, signal.unit)} +- {shown(tolerance, signal.unit)}"
            return f"{name(signal)} settles to {band} within {show(within)} for {show(hold)}"
        case Follows(signal, reference, tolerance, delay):
            band = f"{shown(tolerance, signal.unit)} after at most {show(delay)}"
            return f"{name(signal)} follows {name(reference)} within {band}"
        case Cycle():
            return _cycle(check)
        case Counter(messages, modulo):
            wrap = f", modulo {modulo}" if modulo else ""
            return f"the alive counter of {_list([message for _, message in messages])} goes up by one{wrap}"
        case Crc(messages):
            return f"the CRC of {_list([message for _, message in messages])} is right in every frame"
        case Sequence(signal, steps, allow_others):
            order = ", ".join(f"{shown(step.value, signal.unit)}{_within(step.within)}" for step in steps)
            return f"{name(signal)} goes through {order}{', others allowed' if allow_others else ''}"
        case Silent(node, bus, message):
            return f"{message or node or bus} is silent"
        case Statistic():
            return _statistic(check)


def _cycle(check: Cycle) -> str:
    periods = {of.period for of in check.messages}
    every = show(min(periods)) if len(periods) == 1 else "its period"
    floor = f" or {show(check.or_ns)}" if check.or_ns else ""
    mean = f", mean +- {_percent(check.mean_tolerance)}" if check.mean_tolerance is not None else ""
    first = f", first within {show(check.first)}" if check.first is not None else ""
    text = f"{_list([of.message for of in check.messages])} every {every} +- {_percent(check.tolerance)}{floor}"
    return f"{text}{mean}{first}"


def _statistic(check: Statistic) -> str:
    of = check.of.message if isinstance(check.of, Received) else name(check.of)
    unit = "" if isinstance(check.of, Received) or check.statistic == "count" else check.of.unit
    what = f"{of} when {event(check.at)}" if check.at is not None else f"{check.statistic} of {of}"
    return f"{what} between {shown(check.low, unit)} and {shown(check.high, unit)}"


def _percent(share: float) -> str:
    return f"{share * 100:.6g} %"


def _within(limit: int | None) -> str:
    return f" within {show(limit)}" if limit is not None else ""


def _list(names: list[str]) -> str:
    """The first five names of many."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
