"""Resolving: a scenario as written and a rig become a Plan, or all that is wrong with the scenario is told at once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from bench.errors import ScenarioError
from bench.model.lab import InstrumentPlan
from bench.model.layout import SendType
from bench.model.plan import Plan
from bench.model.stimulus import AtInstrument, Phase, Power, SetModel, SetSignal
from bench.scenario import values
from bench.scenario.capability import impossible_faults
from bench.scenario.expectations import expectations, texts
from bench.scenario.findings import Findings, unknown
from bench.scenario.instrument_steps import measured
from bench.scenario.names import Names
from bench.scenario.needs import ABSENT, narrowed, needed
from bench.scenario.node import Broken, Document, Node, Scalar, Table, described
from bench.scenario.phases import Outline, declared, outlines, phase
from bench.scenario.reach import unreachable
from bench.scenario.read import read_into
from bench.scenario.rigfile import Rig
from bench.scenario.schema import BACKGROUND, NEEDS, SCENARIO, fields
from bench.scenario.stimuli import POWER, power, reference_to, set_model, set_signal
from bench.scenario.wired import impossible, not_virtual

Background = tuple[SetModel | SetSignal | Power, ...]


def resolve(
    scenario: Document | Path, rig: Rig, *, seed: int | None = None, defects: Sequence[str] = (), jitter: bool = False
) -> Plan:
    """The plan of a scenario on a rig. `seed` replaces that of the file; `defects` and `jitter` go into the plan.

    ScenarioError with all that is wrong, one line each, `file:line:column: found; expected; nearest names`.
    """
    if isinstance(scenario, Document):
        findings, root = Findings(scenario.file), scenario.root
    else:
        findings = Findings(str(scenario))
        root = read_into(scenario, findings)
    plan = None if isinstance(root, Broken) else _plan(root, rig, findings)
    if findings.rows or plan is None:
        raise ScenarioError("\n".join(findings.lines()))
    if wrong := tuple(not_virtual(defects, plan.ecus)):
        raise ScenarioError("\n".join(wrong))
    return replace(plan, seed=plan.seed if seed is None else seed, defects=tuple(defects), jitter=jitter)


def _plan(root: Node, rig: Rig, findings: Findings) -> Plan | None:
    top = fields(root, SCENARIO, findings)
    folder = PurePath(findings.file).parent
    name = values.word(top["scenario"], "the name of a scenario", findings)
    title = values.sentence(top["title"], "a title", findings)
    verifies = texts(top.get("verifies"), "a requirement", findings)
    tags = texts(top.get("tags"), "a tag", findings)
    needs = fields(top["needs"], NEEDS, findings) if "needs" in top else {}
    dut = _dut(needs.get("dut"), rig, findings)
    names = needed(needs.get("instruments"), rig.names, rig.name, findings)
    names = narrowed(top.get("limits"), names, findings)
    seed = values.whole(top["seed"], "seed", 0, (1 << 63) - 1, findings) if "seed" in top else 0
    background = _background(top.get("background"), rig.names, findings)
    parts = outlines(top["phases"], Path(folder), findings)
    ids = declared(parts, findings)
    steps = [part for one in parts for part in one.parts if part.kind == "step"]
    asked = measured([(step.verb, step.fields) for step in steps], names.readings)
    names = replace(names, unsent=unsent(parts, rig.names), measured=names.measured | asked)
    phases = [phase(one, ids, names, Path(folder), findings) for one in parts]
    for one in phases:
        _note_unreachable(one, findings)
    whole = tuple(one for one in phases if one is not None)
    real = whole, rig.units, rig.buses, rig.interfaces
    for place, text in (*impossible(*real), *impossible_faults(*real)):
        line, column = place.split(":")
        findings.at(int(line), int(column), text)
    expected = expectations(top["expect"], names, ids, findings)
    if findings.rows or name is None or title is None or seed is None:
        return None
    return Plan(
        scenario=name,
        title=title,
        file=shown_name(findings.file),
        seed=seed,
        verifies=verifies,
        tags=tags,
        buses=rig.buses,
        ecus=rig.ecu_plans(dut),
        rig=replace(rig.plan(), instruments=_instruments(needs.get("instruments"), whole, names)),
        background=background,
        phases=whole,
        expectations=expected,
    )


def _instruments(needs: Node | None, phases: tuple[Phase, ...], names: Names) -> tuple[InstrumentPlan, ...]:
    """The instruments that take part: those that the scenario needs or uses. Another on the desk feeds nothing."""
    wanted = {key.text for key, _ in needs.entries} if isinstance(needs, Table) else set()
    for one in phases:
        wanted |= {step.stimulus.instrument for step in one.steps if isinstance(step.stimulus, AtInstrument)}
    return tuple(one for one in names.instruments.values() if one.kind != ABSENT and one.name in wanted)


def shown_name(file: str) -> str:
    """A file as plans and reports name it: from its folder `scenarios` on, else its name alone.

    So a plan is the same wherever the project lies and from wherever it is run.
    """
    parts = PurePath(file).parts
    places = [place for place, part in enumerate(parts[:-1]) if part == "scenarios"]
    return "/".join(parts[places[-1] :]) if places else parts[-1]


def unsent(parts: Sequence[Outline], names: Names) -> frozenset[str]:
    """The full names of event messages of restbus nodes that no step sends or sets."""
    spoken = {word for outline in parts for part in outline.parts for word in _spoken(part.fields)}
    return frozenset(
        message.path
        for message in names.messages
        if message.send_type is SendType.EVENT
        and message.sender not in names.ecus
        and not spoken & {message.name, message.path}
    )


def _spoken(found: "dict[str, Node] | object") -> tuple[str, ...]:
    """Texts of a step that may name a message: what it sends, sets or ramps."""
    if not isinstance(found, dict):
        return ()
    words = []
    for key in ("set", "ramp", "send"):
        node = found.get(key)
        if isinstance(node, Table):
            node = node.get("message")
        if isinstance(node, Scalar):
            words += [node.text, node.text.rpartition(".")[0]]
    return tuple(words)


def _dut(node: Node | None, rig: Rig, findings: Findings) -> tuple[str, ...]:
    """The devices under test, which the rig must model."""
    names = []
    for one in values.items(node) if node is not None else ():
        name = values.scalar(one, "an ECU such as TCU", findings)
        if name is None:
            continue
        if name.text not in rig.ecus:
            findings.add(one, unknown("ECU", name.text, rig.ecus, f" in the rig {rig.name}"))
        names.append(name.text)
    return tuple(dict.fromkeys(names))


def _background(node: Node | None, names: Names, findings: Findings) -> Background:
    if node is None:
        return ()
    found = fields(node, BACKGROUND, findings)
    settings: list[SetModel | SetSignal | Power | None] = []
    for key, value in _entries(found.get("vehicle"), "settings of the vehicle, such as power_mode: RUN", findings):
        name = f"model.{key.text.removeprefix('model.')}"
        if name == POWER:
            settings.append(power(value, names, findings))
        else:
            settings.append(set_model(key, name, value, names, findings))
    for key, value in _entries(found.get("signals"), "signals, such as AMP_Status_01.AmpState: ON", findings):
        reference = reference_to(key, names, findings)
        if reference is not None:
            settings.append(set_signal(key, reference, value, names, findings))
    return tuple(setting for setting in settings if setting is not None)


def _entries(node: Node | None, what: str, findings: Findings) -> tuple[tuple[Scalar, Node], ...]:
    if isinstance(node, Table):
        return node.entries
    if node is not None and not isinstance(node, Broken):
        findings.add(node, f"found {described(node)}; expected {what}")
    return ()


def _note_unreachable(one: Phase | None, findings: Findings) -> None:
    if one is None:
        return
    for place, text in unreachable(one):
        line, column = place.split(":")
        findings.at(int(line), int(column), text)
