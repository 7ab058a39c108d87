"""What a scenario asks of the rig's instruments: which it needs, what they must be able to do, tighter limits."""

from collections.abc import Iterator
from dataclasses import replace

from bench.model.lab import InstrumentPlan
from bench.scenario import values
from bench.scenario.findings import Findings, listed, unknown
from bench.scenario.instruments import CAPABILITIES, QUANTITIES, lacks, measuring
from bench.scenario.limits import envelope, limits, numbers, shape_of, tightened
from bench.scenario.names import Names
from bench.scenario.node import Broken, Node, Table, described, short

ABSENT = ""
"""The kind of an instrument that the rig has not; that has been told, so whatever a step does with it is let pass."""


def needed(node: Node | None, names: Names, rig: str, findings: Findings) -> Names:
    """The names with what `needs: {instruments: ...}` adds: which instruments and capabilities have been missed."""
    if node is None or isinstance(node, Broken):
        return names
    if not isinstance(node, Table):
        findings.add(node, f"found {described(node)}; expected instruments, such as {{psu: [set_voltage]}}")
        return names
    absent: dict[str, InstrumentPlan] = {}
    missed: set[tuple[str, str]] = set()
    for key, value in node.entries:
        asked = tuple(_asked(value, findings))
        plan = names.instruments.get(key.text)
        if plan is None:
            findings.add(key, no_instrument(key.text, names, rig))
            absent[key.text] = InstrumentPlan(key.text, ABSENT, "")
            continue
        for one, capability in asked:
            if refusal := lacks(plan, capability, names.instruments, f"the rig {rig}"):
                findings.add(one, refusal)
                missed.add((key.text, capability))
    excused = {f"{name}.{quantity}" for name in absent for quantity in QUANTITIES}
    excused |= {f"{name}.{one}" for name, what in missed for one in QUANTITIES if what == measuring(one)}
    return replace(
        names,
        instruments={**names.instruments, **absent},
        readings={**names.readings, **{path: QUANTITIES[path.partition(".")[2]] for path in sorted(excused)}},
        measured=names.measured | excused,
        excused=frozenset(missed),
    )


def _asked(node: Node, findings: Findings) -> Iterator[tuple[Node, str]]:
    for one in values.items(node):
        named = values.scalar(one, "a capability such as measure_current", findings)
        if named is None:
            continue
        if named.text in CAPABILITIES:
            yield one, named.text
        else:
            findings.add(one, unknown("capability", named.text, CAPABILITIES))


def no_instrument(name: str, names: Names, rig: str = "") -> str:
    """The whole message about an instrument that the rig has not."""
    known = [plan.name for plan in names.instruments.values() if plan.kind != ABSENT]
    where = f" in the rig {rig}" if rig else " in this rig"
    if known:
        return f"{unknown('instrument', name, known, where)}; correct the name, or take another rig with --rig"
    return (
        f"no instrument '{short(name)}'{where}, which has none; expected one under 'instruments' of the rig file; take "
        "another rig with --rig"
    )


def narrowed(node: Node | None, names: Names, findings: Findings) -> Names:
    """The names with the limits of instruments as tight as the scenario's own `limits` make them."""
    if node is None or isinstance(node, Broken):
        return names
    if not isinstance(node, Table):
        findings.add(node, f"found {described(node)}; expected limits, such as {{psu: {{voltage_max: 16 V}}}}")
        return names
    changed = dict(names.instruments)
    for key, value in node.entries:
        plan = changed.get(key.text)
        if plan is None:
            findings.add(key, no_instrument(key.text, names))
        elif plan.kind != ABSENT and plan.envelope is None:
            driving = [one.name for one in changed.values() if one.envelope is not None]
            others = f"expected limits of {listed(driving)}" if driving else "expected none"
            findings.add(key, f"{key.text} is a {plan.kind}, which drives nothing; {others}; delete them")
        elif plan.kind != ABSENT:
            own = limits(value, shape_of(plan.kind), key.text, findings)
            rig = numbers(plan.kind, plan.envelope)
            narrow = tightened(key.text, rig, own, "this rig allows", findings)
            changed[key.text] = replace(plan, envelope=envelope(plan.kind, narrow))
    return replace(names, instruments=changed)
