"""Which faults a rig cannot play, each with the remedy; asked before the run, once for each fault of a plan."""

from collections.abc import Iterator, Sequence

from bench.model.layout import BusLayout
from bench.model.plan import EcuPlan, InterfacePlan
from bench.model.stimulus import Fault, Phase

Finding = tuple[str, str]
"""(place "line:column", what is wrong)."""

_PHYSICAL = {
    "bus_short": "a CAN adapter cannot short its lines",
    "error_frames": "python-can cannot send an error frame",
    "bus_off": "no adapter can drive another node's error counters",
    "babble": "python-can cannot keep a bus that busy",
}
"""What only a simulated bus can do, and why."""


def refused(fault: Fault, bus: str, interface: str, sender: str, kind: str, inline: bool, listen_only: bool) -> str:
    """Why a fault cannot be played on a bus with this interface; empty where it can.

    `interface` is "simulated" or a name of python-can; `sender` is who sends the message, or the node that the fault is
    on (empty: neither), `kind` what it is in this rig ("virtual", "restbus", "real", "process"). `inline`: the bench
    stands between two halves of the bus.
    """
    if interface == "simulated":
        return ""
    why = _PHYSICAL.get(fault.kind)
    if why is not None:
        return f"{fault.kind} on {bus}, which is {interface}: {why}; expected a rig whose {bus} is 'simulated'"
    if listen_only:
        return f"{fault.kind} on {bus}: the bench only listens there; expected a rig without 'listen_only'"
    if kind in ("real", "process") and not inline:
        told = "a process" if kind == "process" else kind
        what = f"{bus}.{fault.message}, which {sender} sends, and" if fault.message else f"{sender} on {bus}, and"
        text = f"{fault.kind} of {what} {sender} is {told} in this rig; the bench is not between it and the others"
        return f"{text}; expected 'inline: [can0, can1]' for {bus} in the rig file, or a virtual {sender}"
    return ""


def impossible_faults(
    phases: Sequence[Phase], ecus: Sequence[EcuPlan], buses: Sequence[BusLayout], interfaces: Sequence[InterfacePlan]
) -> Iterator[Finding]:
    """The faults that this rig cannot play, one finding each."""
    kinds = {ecu.name: ecu.kind for ecu in ecus}
    layouts = {bus.name: bus for bus in buses}
    wires = {plan.bus: plan for plan in interfaces}
    for phase in phases:
        for fault in phase.faults:
            sender = layouts[fault.bus].message(fault.message).sender if fault.message else fault.node
            on = [fault.bus] if fault.bus else [bus.name for bus in buses if fault.node in bus.nodes]
            for wire in (wires[name] for name in on if name in wires):
                inline = len(wire.channels) > 1
                text = refused(
                    fault, wire.bus, wire.interface, sender, kinds.get(sender, "restbus"), inline, wire.listen_only
                )
                if text:
                    yield fault.place, text
                    break
