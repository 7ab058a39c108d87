"""What the buses carried: load, queueing latency, losses."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model.instant import S
from bench.model.plan import Plan
from bench.model.trace import Trace

INTERMISSION = 3
"""Bits between two frames in which nobody may send. Source: ISO 11898-1, interframe space."""


@dataclass(frozen=True, slots=True)
class BusFigures:
    """One bus over a whole trace. Loads are shares of time, latencies nanoseconds from release to start of frame.

    `peak` is the greatest load in one second, seconds counted from the start of the trace. `p99` is the smallest
    latency that 99 % of the frames do not exceed. `slowest` is the message of the longest wait (its id if no database
    has it, empty without frames). `overwritten` counts releases that were replaced before they were sent.
    """

    bus: str
    frames: int
    load: float
    peak: float
    mean: int
    p99: int
    longest: int
    slowest: str
    overwritten: int


def figures(plan: Plan, trace: Trace) -> tuple[BusFigures, ...]:
    """The figures of each bus, in the order of the plan."""
    rows: list[list[int]] = [[] for _ in plan.buses]
    for row, bus in enumerate(trace.frames.bus):
        rows[bus].append(row)
    return tuple(_bus(plan, trace, number, rows[number]) for number in range(len(plan.buses)))


def _bus(plan: Plan, trace: Trace, number: int, rows: list[int]) -> BusFigures:
    bus, frames = plan.buses[number], trace.frames
    busy = list(_busy(trace, rows, INTERMISSION * S // bus.bitrate))
    starts, releases = frames.start, frames.release
    waits = [starts[row] - releases[row] for row in rows]
    ordered = sorted(waits)
    slowest = ""
    if waits:
        row = rows[waits.index(ordered[-1])]
        message = frames.message[row]
        slowest = plan.messages()[message].name if message >= 0 else f"{frames.id[row]:#x}"
    paths = {name for message in bus.messages for name in (message.path, message.name)}
    ambiguous = {message.name for other in plan.buses if other is not bus for message in other.messages}
    return BusFigures(
        bus=bus.name,
        frames=len(rows),
        load=sum(end - start for start, end in busy) / trace.closed_at if trace.closed_at else 0.0,
        peak=_peak(busy, trace.closed_at),
        mean=sum(waits) // len(waits) if waits else 0,
        p99=ordered[-(-99 * len(ordered) // 100) - 1] if waits else 0,
        longest=ordered[-1] if waits else 0,
        slowest=slowest,
        overwritten=sum(o.what == "overwritten" and o.name in paths - ambiguous for o in trace.occurrences),
    )


def _busy(trace: Trace, rows: list[int], intermission: int) -> Iterator[tuple[int, int]]:
    starts, ends, closed_at = trace.frames.start, trace.frames.end, trace.closed_at
    for row in rows:
        yield starts[row], min(ends[row] + intermission, closed_at)


def _peak(busy: list[tuple[int, int]], closed_at: int) -> float:
    """The greatest share of a whole second of the trace; of a trace below a second, the share of it all."""
    size = min(S, closed_at)
    if not size:
        return 0.0
    carried = [0] * (closed_at // size + 2)
    for start, end in busy:
        second = start // size
        edge = (second + 1) * size  # a frame is far shorter than a second, so it crosses one edge at most
        if end <= edge:
            carried[second] += end - start
        else:
            carried[second] += edge - start
            carried[second + 1] += end - edge
    return max(carried[: closed_at // size]) / size
