"""What a rig with real parts cannot do for a scenario, told before the run.

A virtual ECU has buttons that the bench can press and a mailbox that it can take over. A real one has a housing.
"""

from collections.abc import Iterator, Sequence

from bench.model.layout import BusLayout
from bench.model.plan import EcuPlan, InterfacePlan
from bench.model.stimulus import Phase, Press, SendFrame, SendMessage, Step

BUTTON_OF = {"sos_button": "TCU", "video_button": "IVI", "reset_button": "IVI"}
"""Whose input a button is."""

Finding = tuple[str, str]
"""(place "line:column", what is wrong)."""


def impossible(
    phases: Sequence[Phase], ecus: Sequence[EcuPlan], buses: Sequence[BusLayout], interfaces: Sequence[InterfacePlan]
) -> Iterator[Finding]:
    """The steps that this rig cannot do, each with what to do instead."""
    kinds = {ecu.name: ecu.kind for ecu in ecus}
    silent = {plan.bus for plan in interfaces if plan.listen_only}
    sender = {(bus.name, message.name): message.sender for bus in buses for message in bus.messages}
    for phase in phases:
        for step in phase.steps:
            text = _refused(step, kinds, silent, sender)
            if text:
                yield step.place, text


def _refused(step: Step, kinds: dict[str, str], silent: set[str], sender: dict[tuple[str, str], str]) -> str:
    match step.stimulus:
        case Press(port, _):
            ecu = BUTTON_OF.get(port, "")
            if kinds.get(ecu, "virtual") != "virtual":
                return (
                    f"'{port}' is a button of {ecu}, which is {_told(kinds[ecu])} in this rig; the bench cannot press "
                    f"it; expected a virtual {ecu}, or a scenario without that step"
                )
        case SendMessage(bus, message):
            ecu = sender[bus, message]
            if kinds.get(ecu, "virtual") != "virtual":
                return (
                    f"{bus}.{message} is sent by {ecu}, which is {_told(kinds[ecu])} in this rig; the bench cannot "
                    "take its place; expected a message of a virtual or restbus node"
                )
            if bus in silent:
                return f"the bench only listens on {bus}; expected no 'send' there, or a rig without 'listen_only'"
        case SendFrame(bus) if bus in silent:
            return f"the bench only listens on {bus}; expected no 'send' there, or a rig without 'listen_only'"
    return ""


def _told(kind: str) -> str:
    return "a process" if kind == "process" else kind


def not_virtual(switches: Sequence[str], ecus: Sequence[EcuPlan]) -> Iterator[str]:
    """What is wrong with switching these defects on: only virtual ECUs have defects of ours."""
    kinds = {ecu.name: ecu.kind for ecu in ecus}
    for switch in switches:
        ecu = switch.partition(".")[0]
        if kinds.get(ecu, "virtual") != "virtual":
            told = _told(kinds[ecu])
            yield f"defect '{switch}' is one of the virtual {ecu}; {ecu} is {told} in this rig; leave it out"
