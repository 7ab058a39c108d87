"""Where a bus of a rig is: python-can's interface, channel and options, checked before anything is opened.

Names, options and their meaning are python-can's own. Nothing is opened here, so a rig file for a laboratory can be
checked at a desk, as long as python-can knows the interface there.
"""

from collections.abc import Callable, Sequence
from functools import partial

from bench.errors import RigError
from bench.model.expression import Value
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.scenario import values
from bench.scenario.findings import Findings, suggestion, unknown
from bench.scenario.node import Broken, Items, Node, Scalar, Table, described, short
from bench.scenario.schema import Fields

SIMULATED = "simulated"
ONLY_REAL = ("channel", "inline", "options", "listen_only")
TIMING = ("f_clock", "nom_sample_point", "data_sample_point")


def interface(bus: str, found: Fields, node: Node, findings: Findings) -> InterfacePlan | None:
    """The interface of a bus; None where it is simulated, or after what is wrong has been noted."""
    named = values.scalar(found["interface"], "an interface of python-can, or simulated", findings)
    if named is None:
        return None
    if named.text == SIMULATED:
        for key in ONLY_REAL:
            if key in found:
                findings.add(found[key], f"'{key}' is for an interface; {bus} is simulated; delete one of the two")
        return None
    # Loading python-can takes a third of a second, which a rig without it does not pay.
    from bench.wire.port import LOOPS_BACK, interfaces, is_option, options

    known = interfaces()
    if named.text not in known:
        findings.add(named, unknown("interface", named.text, (SIMULATED, *known), " in python-can"))
        return None
    try:
        allowed = options(named.text)
    except RigError as error:
        findings.add(named, str(error))
        return None
    listen_only = values.yes(found["listen_only"], findings) if "listen_only" in found else False
    channels = _channels(bus, named.text, found, node, findings)
    chosen = _options(found.get("options"), named.text, allowed, partial(is_option, named.text), findings)
    if len(channels) > 1 and named.text in LOOPS_BACK:
        findings.add(found["inline"], f"{named.text} gives own frames back, so the bench cannot stand in between there")
    if listen_only and len(channels) > 1:
        findings.add(found["listen_only"], f"{bus} cannot both listen only and stand between two channels; delete one")
        return None
    return InterfacePlan(bus, named.text, channels, chosen, bool(listen_only)) if channels else None


def _channels(bus: str, name: str, found: Fields, node: Node, findings: Findings) -> tuple[str, ...]:
    if "inline" in found:
        if "channel" in found:
            findings.add(found["channel"], "'channel' beside 'inline'; one of them says where the bus is; delete one")
        parts = found["inline"].items if isinstance(found["inline"], Items) else ()
        ends = [one.text for one in parts if isinstance(one, Scalar) and not one.empty]
        if len(ends) != 2 or ends[0] == ends[1]:
            if not isinstance(found["inline"], Broken):
                findings.add(found["inline"], "'inline' takes two different channels, such as [can0, can1]")
            return ()
        return tuple(ends)
    if "channel" not in found:
        findings.add(node, f"{bus} on {name} without 'channel'; add it, such as 'channel: can0'")
        return ()
    one = values.scalar(found["channel"], "a channel such as can0", findings)
    return () if one is None else (one.text,)


def _options(
    node: Node | None, name: str, allowed: Sequence[str], takes: Callable[[str], bool], findings: Findings
) -> tuple[tuple[str, Value], ...]:
    if node is None or isinstance(node, Broken):
        return ()
    if not isinstance(node, Table):
        findings.add(
            node, f"found {described(node)}; expected options of {name}, such as {{receive_own_messages: yes}}"
        )
        return ()
    chosen: list[tuple[str, Value]] = []
    for key, value in node.entries:
        if key.text == "timing" and "timing" in allowed and isinstance(value, Table):
            for part, number in value.entries:
                if part.text not in TIMING:
                    findings.add(part, unknown("part of a bit timing", part.text, TIMING))
                elif (one := values.typed(number, f"a value of {part.text}", findings)) is not None:
                    chosen.append((f"timing.{part.text}", one))
        elif not takes(key.text):
            close = suggestion(key.text, allowed)
            findings.add(key, f"{name} has no option '{short(key.text)}'; it has {', '.join(allowed)}{close}")
        elif (one := values.typed(value, f"a value of {key.text}", findings)) is not None:
            chosen.append((key.text, one))
    return tuple(chosen)


def shared(plans: Sequence[tuple[Node, InterfacePlan]], findings: Findings) -> None:
    """Note buses that are said to be on one channel: their frames would be mixed up."""
    taken: dict[tuple[str, str], str] = {}
    for node, plan in plans:
        for channel in plan.channels:
            place = (plan.interface, channel)
            if place in taken:
                text = f"{plan.bus} on {plan.interface} {channel}, where {taken[place]} is already; give each its own"
                findings.add(node, text)
            taken.setdefault(place, plan.bus)


def heard_only(plan: InterfacePlan, layout: BusLayout, elsewhere: Sequence[str]) -> tuple[str, ...]:
    """The nodes that the bench would send for on a bus where it only listens; `elsewhere` send by themselves."""
    if not plan.listen_only:
        return ()
    return tuple(dict.fromkeys(m.sender for m in layout.messages if m.sender and m.sender not in elsewhere))
