"""What this host can do for the bench: its timer, its interfaces and their clocks, instruments, packages, programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from bench.clock.host import HostTimer, measure
from bench.clock.precedence import preferred
from bench.clock.step import finest
from bench.errors import RigError
from bench.model.instant import S, show
from bench.model.layout import BusLayout, SendType
from bench.model.plan import EcuPlan, InterfacePlan
from bench.scenario.rigfile import Rig
from bench.wire.echo import measured
from bench.wire.interfaces import CHANNELS, survey
from bench.wire.port import open_port

OK, MISSING, WRONG = "ok", "-", "WRONG"
"""It can; it cannot, which matters only to those who want it; it cannot, and it was asked for."""

OWN_GROUP = "ff11:6563:7562:656e:6368::1"
"""A multicast group for trying `udp_multicast`, which does not leave the host. Source of the prefix: RFC 4291, 2.7."""

TRIED = (
    InterfacePlan("virtual", "virtual", ("doctor",)),
    InterfacePlan("udp_multicast", "udp_multicast", (OWN_GROUP,), (("hop_limit", 0),)),
)
"""Interfaces without hardware; trying them disturbs nobody."""

PLAIN = BusLayout("", 500_000, 0, (), ())

PACKAGES = (
    ("can", "interfaces and recordings: pip install python-can"),
    ("msgpack", "udp_multicast: pip install msgpack"),
    ("serial", "slcan and other serial adapters: pip install pyserial"),
    ("asammdf", "recordings in MF4: pip install asammdf"),
)
PROGRAMS = (
    ("gcc", "ECUs in C as processes: apt install gcc"),
    ("arm-none-eabi-gcc", "firmware of ECUs: apt install gcc-arm-none-eabi"),
    ("qemu-system-arm", "firmware of ECUs without hardware: apt install qemu-system-arm"),
    ("linux.uml", "SocketCAN without a CAN kernel: apt install user-mode-linux"),
    ("ip", "setting up CAN interfaces: apt install iproute2"),
    ("candump", "looking at SocketCAN from outside: apt install can-utils"),
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its name, its state (OK, MISSING or WRONG), words, and figures in ns by name."""

    name: str
    state: str
    text: str
    figures: tuple[tuple[str, int], ...] = ()


Section = tuple[str, tuple[Finding, ...]]


def checkup(
    named: tuple[InterfacePlan, BusLayout] | None = None, rig: Rig | None = None, identifier: int | None = None
) -> Iterator[Section]:
    """Look at everything, section by section as it is done.

    `named` is an interface to open, `rig` has more of them. What has hardware is only sent to where `identifier` is
    given: that is the id of the frames by whose echo a clock is measured.
    """
    host = measure(1 * S)
    yield "timer", _timer(host)
    if find_spec("can") is not None:
        yield "interfaces", tuple(_interfaces())
    asked = [named] if named is not None else []
    if rig is not None:
        asked += [(one, next(bus for bus in rig.buses if bus.name == one.bus)) for one in rig.interfaces]
    own = [_clock(plan, PLAIN, 0x7FF, MISSING) for plan in TRIED] if find_spec("can") is not None else []
    yield "clocks of interfaces", (*own, *(one for plan, layout in asked for one in _asked(plan, layout, identifier)))
    if rig is not None:
        yield f"rig {rig.name}", tuple(_rig(rig, host))
    yield "instruments", (_package("pyvisa", "instruments over VISA: pip install pyvisa pyvisa-py"),)
    yield "packages", tuple(_package(*one) for one in PACKAGES)
    yield "programs", tuple(_program(*one) for one in PROGRAMS)


def _timer(host: HostTimer) -> tuple[Finding, ...]:
    figures = (("p50", host.p50), ("p99", host.p99), ("worst", host.worst), ("sleeps", host.sleeps))
    late = f"{_us(host.p50)} late in the median, {_us(host.p99)} in 99 of 100, {_us(host.worst)} at worst"
    step = finest()
    with preferred() as granted:
        given = ", ".join(f"{what} {value}" for what, value in granted)
    return (
        Finding("sleep", OK, f"{late}, of {host.sleeps}", figures),
        Finding("cycles", OK, f"from {_us(2 * host.p99)} on are kept 99 times in 100", (("shortest", 2 * host.p99),)),
        Finding("clock", OK, f"steps of {step} ns", (("step", step),)),
        Finding("precedence", OK, given or "as the host gives"),
    )


def _interfaces() -> Iterator[Finding]:
    for one in survey():
        if one.obstacle:
            yield Finding(one.name, MISSING, one.obstacle)
        elif one.doubt:
            yield Finding(one.name, MISSING, f"loads, but its driver says: {one.doubt}")
        else:
            found = f"channels: {', '.join(one.channels)}" if one.channels else "finds no channel by itself; name one"
            yield Finding(one.name, OK, "channels: any" if one.name == "virtual" else found)


def _asked(plan: InterfacePlan, layout: BusLayout, identifier: int | None) -> Iterator[Finding]:
    """An interface that somebody asked for, each of its channels."""
    for channel in plan.channels:
        one = replace(plan, channels=(channel,))
        if identifier is not None:
            yield _clock(one, layout, identifier, WRONG)
        elif plan.interface in CHANNELS:
            yield _clock(one, layout, 0x7FF, WRONG)
        else:
            yield _opened(one, layout)


def _clock(plan: InterfacePlan, layout: BusLayout, identifier: int, otherwise: str) -> Finding:
    name = f"{plan.interface} {plan.channels[0]}"
    try:
        found = measured(plan, layout, identifier)
    except RigError as error:
        return Finding(name, otherwise, str(error))
    figures = (("offset", found.offset), ("uncertainty", found.uncertainty), ("slowest_echo", found.slowest))
    spread = f"+- {_us(found.uncertainty)}, from {found.echoes} echoes, the slowest after {_us(found.slowest)}"
    if found.within and found.steady:
        return Finding(name, OK, f"stamps are the host's, {spread}", figures)
    if found.steady:
        return Finding(name, OK, f"a clock of its own, {_us(found.offset)} off the host's {spread}", figures)
    return Finding(name, otherwise, f"stamps jump or drift by {spread}: no timing can be judged by them", figures)


def _opened(plan: InterfacePlan, layout: BusLayout) -> Finding:
    name = f"{plan.interface} {plan.channels[0]}"
    try:
        open_port(plan, layout).close()
    except RigError as error:
        return Finding(name, WRONG, str(error))
    return Finding(name, OK, "opens; to measure its clock give --send ID, and 50 frames of that id are sent")


def _rig(rig: Rig, host: HostTimer) -> Iterator[Finding]:
    """Whether this host can play the part that a rig leaves to it."""
    wired = {one.bus for one in rig.interfaces if not one.listen_only}
    outside = {unit.name for unit in rig.units if unit.kind != "virtual"}
    cycles = [
        (message.cycle, message.path)
        for bus in rig.buses
        for message in bus.messages
        if bus.name in wired and message.sender not in outside and message.cycle
        and message.send_type is not SendType.EVENT
    ]  # fmt: skip
    if cycles:
        cycle, path = min(cycles)
        kept = cycle >= 2 * host.p99
        text = f"the shortest that the bench sends is {show(cycle)}, {path}"
        yield Finding("cycles", OK if kept else WRONG, text if kept else f"{text}: too short for this host's timer")
    for unit in rig.units:
        if unit.kind == "process":
            yield _process(unit)
    if not rig.interfaces:
        yield Finding("buses", OK, "all simulated: nothing of this host is needed")


def _process(unit: EcuPlan) -> Finding:
    program = unit.command[0]
    found = which(program) or which(str(Path(unit.place) / program))
    if found:
        return Finding(unit.name, OK, f"runs {program}")
    return Finding(unit.name, WRONG, f"its program {program} is not there, or cannot be executed; build or install it")


def _package(name: str, purpose: str) -> Finding:
    there = find_spec(name) is not None
    use, _, remedy = purpose.partition(": ")
    return Finding(name, OK if there else MISSING, use if there else f"not installed; for {use}: {remedy}")


def _program(name: str, purpose: str) -> Finding:
    there = which(name)
    use, _, remedy = purpose.partition(": ")
    return Finding(name, OK if there else MISSING, use if there else f"not installed; for {use}: {remedy}")


def healthy(sections: Sequence[Section]) -> bool:
    """Whether all that was asked for is there."""
    return all(finding.state != WRONG for _, findings in sections for finding in findings)


def _us(ns: int) -> str:
    return show(round(ns / 1000) * 1000 if abs(ns) < 10_000_000 else round(ns / 100_000) * 100_000)
