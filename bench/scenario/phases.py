"""Phases: their steps and faults, when each starts, and the ids that everything else refers to."""

from dataclasses import dataclass
from pathlib import Path

from bench.model.stimulus import After, At, Fault, Phase, Start, Step, When
from bench.scenario import values
from bench.scenario.event import EDGES, Ids, condition_of
from bench.scenario.faults import fault, keys_of
from bench.scenario.findings import Findings, suggestion
from bench.scenario.instrument_steps import PREFIX, at_instrument, is_meant, shape_of
from bench.scenario.names import Names
from bench.scenario.node import Broken, Node, Table, short
from bench.scenario.schema import PHASE, STIMULI, STIMULI_LATER, Fields, fields, verb_of
from bench.scenario.stimuli import MOST_REPEATS, stimulus

ENDINGS = ("fail", "inconclusive")


@dataclass(frozen=True, slots=True)
class Part:
    """One step or fault, its keys read but not its values. `verb` is empty for a fault or where it is not known."""

    kind: str
    id: str
    verb: str
    fields: Fields
    node: Node


@dataclass(frozen=True, slots=True)
class Outline:
    """One phase, its keys read but not its values."""

    name: str
    fields: Fields
    node: Node
    parts: tuple[Part, ...]


def outlines(node: Node, folder: Path, findings: Findings) -> tuple[Outline, ...]:
    """The phases of a scenario with the names of all that is in them; its own profiles lie in `folder`."""
    nodes = values.sequence(node, "phases", findings)
    if not nodes and not isinstance(node, Broken) and not findings.rows:
        findings.add(node, "no phase at all; expected one or more, such as '- {name: drive, for: 10 s}'")
    return tuple(_outline(number, one, folder, findings) for number, one in enumerate(nodes, start=1))


def declared(phases: tuple[Outline, ...], findings: Findings) -> Ids:
    """The kind of each id of the scenario; an id that stands twice is a finding."""
    kinds: dict[str, str] = {}
    lines: dict[str, int] = {}

    def enter(name: str, kind: str, node: Node) -> None:
        if name in kinds:
            findings.add(node, f"'{name}' is the name of a {kinds[name]} already (line {lines[name]}); choose another")
        else:
            kinds[name], lines[name] = kind, node.line

    for phase in phases:
        if phase.name:
            enter(phase.name, "phase", phase.fields["name"])
        for part in phase.parts:
            enter(part.id, part.kind, part.fields.get("id", part.node))
    readable = all(phase.name and all(part.verb or part.kind == "fault" for part in phase.parts) for phase in phases)
    return Ids(kinds, bool(phases) and readable)


def _outline(number: int, node: Node, folder: Path, findings: Findings) -> Outline:
    found = fields(node, PHASE, findings)
    name = values.word(found["name"], "the name of a phase", findings) or ""
    parts: list[Part] = []
    for one in values.sequence(found["do"], "stimuli", findings) if "do" in found else ():
        verb, keys = _step(one, folder, findings)
        parts.append(Part("step", _id(keys, f"{name or number}.{len(parts) + 1}", findings), verb, keys, one))
    for count, one in enumerate(values.sequence(found["faults"], "faults", findings) if "faults" in found else (), 1):
        keys = keys_of(one, findings)
        parts.append(Part("fault", _id(keys, f"{name or number}.fault{count}", findings), "", keys, one))
    return Outline(name, found, node, tuple(parts))


def _step(node: Node, folder: Path, findings: Findings) -> tuple[str, Fields]:
    """The verb of a step and its keys; no verb where it does not do exactly one thing."""
    if is_meant(node):
        found = shape_of(node, folder, findings)
    else:
        verb = verb_of(node, STIMULI, STIMULI_LATER, "a stimulus", findings)
        found = None if verb is None else (verb, STIMULI[verb])
    return ("", dict(_raw(node))) if found is None else (found[0], fields(node, found[1], findings))


def _raw(node: Node) -> dict[str, Node]:
    """What can be said of a stimulus that is none: its id, so that nobody who refers to it is blamed."""
    found = node.get("id") if isinstance(node, Table) else None
    return {} if found is None else {"id": found}


def _id(keys: Fields, otherwise: str, findings: Findings) -> str:
    return (values.word(keys["id"], "an id", findings) if "id" in keys else None) or otherwise


def phase(outline: Outline, ids: Ids, names: Names, folder: Path, findings: Findings) -> Phase | None:
    """The phase of an outline; None after what is wrong with it has been noted."""
    before = len(findings.rows)
    found = outline.fields
    duration = values.time(found["for"], "for", findings, least=1) if "for" in found else None
    until = condition_of(found["until"], names, findings) if "until" in found else None
    at_most = values.time(found["at_most"], "at_most", findings, least=1) if "at_most" in found else None
    otherwise = values.choice(found["else"], "ending", ENDINGS, findings) if "else" in found else ENDINGS[0]
    repeat = values.whole(found["repeat"], "repeat", 1, MOST_REPEATS, findings) if "repeat" in found else 1
    _ending(outline, findings)
    steps: list[Step] = []
    faults: list[Fault] = []
    for part in outline.parts:
        start = _start(part, outline, ids, names, findings)
        if part.kind == "fault":
            spoiled = fault(part.id, start, part.fields, part.node, names, findings)
            if spoiled is not None:
                faults.append(spoiled)
        elif part.verb:
            read = at_instrument if part.verb.startswith(PREFIX) else stimulus
            what = read(part.verb, part.fields, names, folder, findings)
            if what is not None and start is not None:
                steps.append(Step(part.id, what, start, f"{part.node.line}:{part.node.column}"))
    whole = len(steps) + len(faults) == len(outline.parts)
    if len(findings.rows) > before or otherwise is None or repeat is None or not whole:
        return None
    place = f"{outline.node.line}:{outline.node.column}"
    return Phase(outline.name, duration, until, at_most, otherwise, repeat, tuple(steps), tuple(faults), place)


def _ending(outline: Outline, findings: Findings) -> None:
    """A phase ends by `for`, or by `until` within `at_most`."""
    found, name = outline.fields, outline.name or "a phase"
    if "for" in found:
        for other in ("until", "at_most", "else"):
            if other in found:
                text = f"'{other}' beside 'for'; {name} ends by 'for', or by 'until' within 'at_most'"
                findings.add(found[other], text)
                return
    elif "until" not in found:
        if not isinstance(outline.node, Broken) and isinstance(outline.node, Table):
            findings.add(outline.node, f"phase {name} never ends; add 'for', or 'until' and 'at_most'")
    elif "at_most" not in found:
        findings.add(
            found["until"], f"'until' without 'at_most'; add how long {name} may take, such as 'at_most: 20 s'"
        )


def _start(part: Part, outline: Outline, ids: Ids, names: Names, findings: Findings) -> Start | None:
    """When a step or fault starts: `at`, `after` or `when`, else with its phase."""
    given = [key for key in ("at", "after", "when") if key in part.fields]
    if not given:
        return At(0)
    if len(given) > 1:
        findings.add(part.fields[given[1]], f"'{given[1]}' beside '{given[0]}'; a {part.kind} starts once; delete one")
        return None
    node = part.fields[given[0]]
    if given[0] == "at":
        offset = values.time(node, "at", findings)
        return None if offset is None else At(offset)
    if given[0] == "when":
        holds = condition_of(node, names, findings)
        return None if holds is None else When(holds)
    return _after(node, part, outline, ids, findings)


def _after(node: Node, part: Part, outline: Outline, ids: Ids, findings: Findings) -> After | None:
    found = values.scalar(node, "an id and an edge, such as 'pulse ends'", findings)
    if found is None:
        return None
    words = found.text.split()
    if len(words) == 3 and words[0] in ("step", "fault"):
        words = words[1:]
    if len(words) != 2 or words[1] not in EDGES:
        edge = words[-1] if words else ""
        text = f"'{short(found.text)}' for after; expected an id and starts or ends"
        findings.add(found, text + suggestion(edge, EDGES))
        return None
    known = [one.id for one in outline.parts]
    if words[0] == part.id:
        findings.add(found, f"'{part.id}' waits for itself and never starts; expected another id")
        return None
    if words[0] not in known:
        if words[0] in ids.kinds or all(one.verb or one.kind == "fault" for one in outline.parts):
            findings.add(found, _stranger(words[0], known, ids, outline))
        return None
    return After(words[0], words[1])


def _stranger(name: str, known: list[str], ids: Ids, outline: Outline) -> str:
    if name in ids.kinds:
        return f"'{name}' is a {ids.kinds[name]} outside phase {outline.name}; 'after' orders what is in one phase"
    named = [one for one in known if "." not in one]
    return f"no step or fault '{short(name)}' in phase {outline.name}, so this never starts{suggestion(name, named)}"
