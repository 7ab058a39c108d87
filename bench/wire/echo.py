"""How far an interface's clock is from the host's, found by its own echo.

A frame's stamp lies between the call that sent it and the instant at which it was heard again, so each echo bounds
the offset from both sides; many of them narrow it down.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.clock.wall import Wall
from bench.errors import RigError
from bench.model.frame import Frame
from bench.model.instant import S
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.model.trace import BRS, EXTENDED, FD
from bench.wire.port import ECHO, LOOPS_BACK, Failure, Port, open_port, options, outgoing

PATIENCE = 1 * S
"""How long an echo is waited for, ns."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One frame: handed over at `called`, heard again at `heard`, with the stamp `stamp`; ns on one time line."""

    called: int
    heard: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Offset:
    """The interface's clock is `offset` ns ahead of the host's, to within `uncertainty` ns.

    `within` says that zero is among what the echoes allow: every stamp may lie between its call and its hearing.
    `steady` says that one offset suits all of them; if not, the clock drifts or jumps by about the uncertainty.
    `slowest` is the longest time from a call to its echo.
    """

    offset: int
    uncertainty: int
    within: bool
    steady: bool
    slowest: int
    echoes: int


def offset_of(echoes: Sequence[Echo]) -> Offset:
    """What some echoes say; there must be one at least."""
    lows = [echo.stamp - echo.heard for echo in echoes]
    highs = [echo.stamp - echo.called for echo in echoes]
    steady = max(lows) <= min(highs)
    low, high = (max(lows), min(highs)) if steady else (min(lows), max(highs))
    within = all(below <= 0 <= above for below, above in zip(lows, highs, strict=True))
    slowest = max(echo.heard - echo.called for echo in echoes)
    return Offset((low + high) // 2, -(-(high - low) // 2), within, steady, slowest, len(echoes))


def measured(plan: InterfacePlan, layout: BusLayout, identifier: int, count: int = 50) -> Offset:
    """Send so many frames of an id, one after the other, and see when each comes back.

    RigError when the interface cannot be opened, gives no echo, or lets a frame go without one for a second.
    """
    if ECHO in options(plan.interface) and plan.interface not in LOOPS_BACK:
        kept = [one for one in plan.options if one[0] != ECHO]
        plan = InterfacePlan(plan.bus, plan.interface, plan.channels, (*kept, (ECHO, True)))
    port = open_port(plan, layout)
    try:
        if not port.echoes:
            raise RigError(f"{port.name} does not give own frames back, so its clock cannot be measured by echo")
        wall = Wall()
        return offset_of([_echo(port, wall, identifier, turn, layout.data_bitrate > 0) for turn in range(count)])
    except Failure as failure:
        raise RigError(
            f"{port.name} failed while it was measured ({type(failure).__name__}: {failure}); "
            "is it up, and is another node there to acknowledge?"
        ) from failure
    finally:
        port.close()


def _echo(port: Port, wall: Wall, identifier: int, turn: int, fd: bool) -> Echo:
    frame = Frame(identifier, b"echo" + turn.to_bytes(4, "big"), identifier > 0x7FF, fd, fd)
    message = outgoing(frame.id, EXTENDED * frame.extended | FD * fd | BRS * fd, frame.data)
    called = wall.now()
    port.send(message, timeout=PATIENCE / S)
    while (left := called + PATIENCE - wall.now()) > 0:
        answer = port.recv(timeout=left / S)
        heard = wall.now()
        # The data tell the frame from others; an error frame has other data or none.
        if answer is not None and answer.arbitration_id == frame.id and bytes(answer.data) == frame.data:
            return Echo(called, heard, wall.of_epoch(round(answer.timestamp * S)))
    raise RigError(
        f"{port.name}: no echo of a frame with id {frame.id:#x} within 1 s; "
        "is it up, at the right bit rate, and is another node there to acknowledge?"
    )
