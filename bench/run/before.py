"""What is said before a run in real time: limits that the stamps cannot tell, cycles that the host cannot keep."""

from collections.abc import Iterator, Sequence

from bench.clock.host import HostTimer
from bench.errors import RigError
from bench.judge.zones import concerned
from bench.model.check import Check, Cycle, Eventually, Follows, Responds, Settles
from bench.model.check import Sequence as Steps
from bench.model.instant import show
from bench.model.layout import MessageLayout, SendType
from bench.model.plan import Plan

ON_THE_WIRE = ("real", "process")
"""Kinds of ECUs that send by themselves, so that this host need not keep their cycles."""


def doubts_before(plan: Plan, uncertainty: Sequence[tuple[str, int]], host: HostTimer) -> tuple[str, ...]:
    """Warnings before a run in real time, one sentence each; `uncertainty` is that of the stamps by bus, in ns.

    RigError for a cycle that is shorter than half of all sleeps are late here: nothing of it could ever be kept.
    """
    return (*_limits(plan, dict(uncertainty)), *_cycles(plan, host))


def _limits(plan: Plan, uncertainty: dict[str, int]) -> Iterator[str]:
    layouts = {(layout.bus, layout.name): layout for layout in plan.messages()}
    for expectation in plan.expectations:
        buses = dict.fromkeys(layout.bus for layout in concerned(layouts, expectation.check))
        bus = max(buses, key=lambda bus: uncertainty.get(bus, 0), default="")
        size = uncertainty.get(bus, 0)
        for what, limit in limits(expectation.check):
            if 0 < limit <= size:
                yield (
                    f"{expectation.id}: {what} of {show(limit)} lies within the uncertainty of time stamps on {bus}, "
                    f"{show(size)}; it cannot be decided"
                )


def limits(check: Check) -> Iterator[tuple[str, int]]:
    """The limits in time of a check, as (in words, ns)."""
    match check:
        case Responds(_, _, within, not_before, hold):
            yield from (("the limit", within), ("the earliest reaction", not_before), ("the hold time", hold))
        case Settles(_, _, _, within, hold):
            yield from (("the limit", within), ("the hold time", hold))
        case Eventually(_, within) if within is not None:
            yield "the limit", within
        case Follows(_, _, _, delay):
            yield "the delay", delay
        case Cycle(messages, tolerance, or_ns, _, first):
            for room in dict.fromkeys(max(round(tolerance * of.period), or_ns) for of in messages):
                yield "the tolerance", room
            if first is not None:
                yield "the limit of the first frame", first
        case Steps(_, steps):
            yield from (("the limit of a step", step.within) for step in steps if step.within is not None)


def _cycles(plan: Plan, host: HostTimer) -> Iterator[str]:
    """What is sent by the bench in a cycle that this host is too late for."""
    outside = {ecu.name for ecu in plan.ecus if ecu.kind in ON_THE_WIRE}
    wired = {one.bus for one in plan.rig.interfaces if not one.listen_only}
    sent = [m for m in plan.messages() if m.bus in wired and m.sender not in outside and _cyclic(m)]
    never = [layout for layout in sent if layout.cycle < host.p50]
    if never:
        raise RigError(
            f"{_named(never)}: this host wakes up {show(host.p50)} late in half of all cases, so the bench cannot send "
            "them in their cycle; use another host, or let another node send them"
        )
    # One that is half a cycle late puts off the next, and one that is late by a whole cycle is left out.
    poor = [layout for layout in sent if layout.cycle < 2 * host.p99]
    if poor:
        yield (
            f"{_named(poor)}: this host wakes up as much as {show(host.p99)} late in 1 of 100 cases, so frames of them "
            "will be put off or left out"
        )


def _cyclic(layout: MessageLayout) -> bool:
    return layout.cycle > 0 and layout.send_type is not SendType.EVENT


def _named(layouts: list[MessageLayout]) -> str:
    """The messages with their cycles, the shortest first; the first five of many."""
    ordered = sorted(layouts, key=lambda layout: (layout.cycle, layout.path))
    more = f" and {len(ordered) - 5} more" if len(ordered) > 5 else ""
    return ", ".join(f"{layout.path} every {show(layout.cycle)}" for layout in ordered[:5]) + more
