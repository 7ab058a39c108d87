"""Steps of instruments: `instrument: psu` with what is set, played, measured or interrupted, as the plan's values."""

from collections.abc import Iterable
from pathlib import Path

from bench.model.lab import InstrumentPlan, Interrupt, Measure, SetInstrument
from bench.model.stimulus import AtInstrument
from bench.scenario import instruments, values
from bench.scenario.findings import Findings, nearest, unknown
from bench.scenario.instruments import INTERRUPTIONS, KINDS, QUANTITIES, SWITCH, lacks, measuring
from bench.scenario.names import Names
from bench.scenario.needs import ABSENT, no_instrument
from bench.scenario.node import Broken, Node, Scalar, Table, described
from bench.scenario.profile_steps import parameters_of, play
from bench.scenario.quantities import value_of
from bench.scenario.schema import AT_INSTRUMENT, INTERRUPT, STIMULI, Fields, Shape, fields, verb_of
from bench.scenario.units import plain

PREFIX = "instrument "
"""How the verbs of these steps begin: "instrument set", "instrument measure"."""
MOST_MEASUREMENTS = 10_000_000
_OWN = ("profile", "measure", "interrupt")


def is_meant(node: Node) -> bool:
    """Whether a step is one of an instrument: by its key `instrument`, or by what only instruments do."""
    if not isinstance(node, Table):
        return False
    if isinstance(node.get("set"), Table) or any(node.get(key) is not None for key in ("instrument", *_OWN)):
        return True
    ordinary = {key for shape in STIMULI.values() for key in (*shape.keys, *shape.later)}
    return any(key.text not in ordinary and nearest(key.text, ("instrument",)) for key, _ in node.entries)


def shape_of(node: Node, folder: Path, findings: Findings) -> tuple[str, Shape] | None:
    """Verb and keys of a step of an instrument; None and one finding where it does not do exactly one thing."""
    verb = verb_of(node, AT_INSTRUMENT, (), "a step of an instrument", findings)
    if verb is None:
        return None
    shape = AT_INSTRUMENT[verb]
    if verb == "profile" and isinstance(node, Table):
        own = parameters_of(node.get("profile"), folder)
        if own is None:  # the profile cannot be read, so nobody knows its parameters
            own = tuple(key.text for key, _ in node.entries if not nearest(key.text, shape.required, most=1))
        shape = shape.plus(*(name for name in own if name not in shape.keys))
    return PREFIX + verb, shape


def measured(steps: Iterable[tuple[str, Fields]], readings: Iterable[str]) -> frozenset[str]:
    """The full names of what steps, each a verb and its fields, measure; all readings where one cannot be read."""
    every, found = frozenset(readings), set()
    for verb, keys in steps:
        if verb and verb != f"{PREFIX}measure":
            continue
        name, quantity = keys.get("instrument"), keys.get("measure")
        if not (isinstance(name, Scalar) and isinstance(quantity, Scalar)):
            return every
        path = f"{name.text}.{quantity.text}"
        if path not in every:
            return every
        found.add(path)
    return frozenset(found)


def at_instrument(verb: str, found: Fields, names: Names, folder: Path, findings: Findings) -> AtInstrument | None:
    """The step of that verb ("instrument set"); None after what is wrong has been noted."""
    name = values.scalar(found["instrument"], "an instrument such as psu", findings)
    if name is None:
        return None
    plan = names.instruments.get(name.text)
    if plan is None:
        findings.add(name, no_instrument(name.text, names))
        return None
    if plan.kind == ABSENT:
        return None
    match verb.removeprefix(PREFIX):
        case "set":
            return _set(plan, found["set"], names, findings)
        case "profile":
            if not _able(plan, instruments.PROFILE, name, names, findings):
                return None
            return play(plan, found, folder, findings)
        case "measure":
            return _measure(plan, found, names, findings)
        case _:
            return _interrupt(plan, found, name, names, findings)


def _able(plan: InstrumentPlan, capability: str, node: Node, names: Names, findings: Findings) -> bool:
    if (plan.name, capability) in names.excused:
        return False
    refusal = lacks(plan, capability, names.instruments)
    if refusal:
        findings.add(node, refusal)
    return not refusal


def _set(plan: InstrumentPlan, node: Node, names: Names, findings: Findings) -> SetInstrument | None:
    if isinstance(node, Broken):
        return None
    known = KINDS[plan.kind].settings
    if not known:
        findings.add(node, f"{plan.name} is a {plan.kind}, which has nothing to set; expected 'measure'; delete 'set'")
        return None
    if not isinstance(node, Table) or not node.entries:
        example = "{voltage: 13.5 V, output: on}" if plan.kind == "supply" else f"{{{next(iter(known))}: ...}}"
        findings.add(node, f"found {described(node)}; expected settings of {plan.name}, such as {example}")
        return None
    before = len(findings.rows)
    settings = [_setting(plan, key, value, names, findings) for key, value in node.entries]
    if len(findings.rows) > before or None in settings:
        return None
    chosen = tuple(one for one in settings if one is not None)
    numbers = {name: value for name, value in chosen if isinstance(value, float)}
    if plan.kind == "generator" and (refusal := instruments.over_generator(plan, numbers)):
        findings.add(node, f"{refusal}; lower the amplitude, or move the offset")
        return None
    return SetInstrument(plan.name, chosen)


def _setting(
    plan: InstrumentPlan, key: Scalar, node: Node, names: Names, findings: Findings
) -> tuple[str, float | str | bool] | None:
    known = KINDS[plan.kind].settings
    if key.text not in known:
        findings.add(key, unknown("setting", key.text, known, f" of {plan.name}, a {plan.kind}"))
        return None
    if not _able(plan, instruments.setting(key.text), key, names, findings):
        return None
    range_ = known[key.text]
    value = value_of(node, range_, f"{key.text} of {plan.name}", findings)
    if value is None:
        return None
    if range_ is SWITCH:
        return key.text, value == "on"
    if isinstance(value, str):
        return key.text, value
    if plain(range_.unit) and value != int(value):
        findings.add(node, f"'{value:g}' for {key.text} of {plan.name}; expected a whole number, such as 101; round it")
        return None
    if refusal := instruments.over_setting(plan, key.text, float(value)):
        findings.add(node, f"{refusal}; change it, or take a rig that allows it")
        return None
    return key.text, float(value)


def _measure(plan: InstrumentPlan, found: Fields, names: Names, findings: Findings) -> Measure | None:
    quantity = values.choice(found["measure"], "quantity", QUANTITIES, findings)
    every = values.time(found["every"], "every", findings, least=1) if "every" in found else 0
    count = _count(found, findings)
    if quantity is None or every is None or (count is None and "count" in found):
        return None
    if not _able(plan, measuring(quantity), found["measure"], names, findings):
        return None
    return Measure(plan.name, quantity, every, count if "count" in found or every == 0 else None)


def _count(found: Fields, findings: Findings) -> int | None:
    if "count" not in found:
        return 1
    count = values.whole(found["count"], "count", 1, MOST_MEASUREMENTS, findings)
    if count is not None and count > 1 and "every" not in found:
        text = "a count without 'every'; add the time between two measurements, such as 'every: 100 ms'"
        findings.add(found["count"], text)
        return None
    return count


def _interrupt(plan: InstrumentPlan, found: Fields, name: Node, names: Names, findings: Findings) -> Interrupt | None:
    part = fields(found["interrupt"], INTERRUPT, findings)
    how = values.choice(part["how"], "interruption", INTERRUPTIONS, findings)
    duration = values.time(found["for"], "for", findings, least=1)
    if not _able(plan, instruments.INTERRUPT, name, names, findings) or how is None or duration is None:
        return None
    if refusal := instruments.over_edges(plan, how, duration):
        short = how in plan.edges.how
        remedy = "lengthen it, or take another rig" if short else "take another rig"
        findings.add(found["for"] if short else part["how"], f"{refusal}; {remedy}")
        return None
    return Interrupt(plan.name, how, duration)
