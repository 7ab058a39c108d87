"""Expectations: the window of each, and the checks on conditions; what is checked of messages stands in `traffic`."""

from bench.model.check import Always, Around, Becomes, Check, Eventually, Expectation, Never, Responds, Stays
from bench.model.instant import show
from bench.scenario import values
from bench.scenario.event import Ids, condition_of, event_of
from bench.scenario.findings import Findings, unknown
from bench.scenario.measured import follows, sequence, settles, value
from bench.scenario.names import Names
from bench.scenario.node import Broken, Node, Scalar
from bench.scenario.schema import EXCEPT, EXPECTATIONS, EXPECTATIONS_LATER, Fields, fields, verb_of
from bench.scenario.traffic import counter, crc, cycle, silent

Said = tuple[Check, str]
"""A check and its condition in one line, as the author wrote it."""


def expectations(node: Node, names: Names, ids: Ids, findings: Findings) -> tuple[Expectation, ...]:
    """The expectations of a scenario; what is wrong with them is noted."""
    nodes = values.sequence(node, "expectations", findings)
    if not nodes and not isinstance(node, Broken) and not findings.rows:
        findings.add(node, "no expectation at all; expected one or more, such as '- {id: E1, always: ...}'")
    taken: dict[str, int] = {}
    found = [_expectation(number, one, names, ids, taken, findings) for number, one in enumerate(nodes, start=1)]
    return tuple(one for one in found if one is not None)


def _expectation(
    number: int, node: Node, names: Names, ids: Ids, taken: dict[str, int], findings: Findings
) -> Expectation | None:
    verb = verb_of(node, EXPECTATIONS, EXPECTATIONS_LATER, "an expectation", findings)
    if verb is None:
        return None
    found = fields(node, EXPECTATIONS[verb], findings)
    identifier = (values.word(found["id"], "an id", findings) if "id" in found else None) or f"E{number}"
    if identifier in taken:
        text = f"the id '{identifier}' again, first in line {taken[identifier]}; choose another"
        findings.add(found.get("id", node), text)
    taken.setdefault(identifier, found.get("id", node).line)
    say = values.sentence(found["say"], "a sentence", findings) if "say" in found else ""
    verifies = texts(found.get("verifies"), "a requirement", findings)
    during = _during(found.get("during"), ids, findings)
    apart = tuple(
        around
        for one in (values.items(found["except"]) if "except" in found else ())
        if (around := _around(one, ids, findings)) is not None
    )
    said = _check(verb, found, names, ids, findings)
    if said is None or say is None:
        return None
    return Expectation(identifier, said[0], said[1], say, verifies, during, apart, f"{node.line}:{node.column}")


def texts(node: Node | None, what: str, findings: Findings) -> tuple[str, ...]:
    """One short text or a list of them."""
    every = [values.sentence(one, what, findings, most=80) for one in values.items(node)] if node is not None else []
    return tuple(dict.fromkeys(one for one in every if one is not None))


def _check(verb: str, found: Fields, names: Names, ids: Ids, findings: Findings) -> Said | None:
    match verb:
        case "always" | "never" | "stays" | "eventually":
            return _holds(verb, found, names, findings)
        case "when":
            return _responds(found, names, ids, findings)
        case "settles":
            return settles(found[verb], names, findings)
        case "follows":
            return follows(found[verb], names, findings)
        case "sequence":
            return sequence(found[verb], names, findings)
        case "value":
            return value(found[verb], names, ids, findings)
        case "cycle":
            return cycle(found[verb], names, findings)
        case "counter":
            return counter(found[verb], names, findings)
        case "crc":
            return crc(found[verb], names, findings)
        case _:
            return silent(found[verb], names, findings)


def _holds(verb: str, found: Fields, names: Names, findings: Findings) -> Said | None:
    condition = condition_of(found[verb], names, findings)
    within = values.time(found["within"], "within", findings, least=1) if "within" in found else None
    if condition is None:
        return None
    text = f"{verb} {written(found[verb])}"
    match verb:
        case "always":
            return Always(condition), text
        case "never":
            return Never(condition), text
        case "stays":
            return Stays(condition), f"becomes and stays {written(found[verb])}"
        case _:
            return Eventually(condition, within), text + (f" within {show(within)}" if within else "")


def _responds(found: Fields, names: Names, ids: Ids, findings: Findings) -> Said | None:
    trigger = event_of(found["when"], names, ids, findings)
    then = event_of(found["then"], names, ids, findings)
    within = values.time(found["within"], "within", findings, least=1)
    not_before = values.time(found["not_before"], "not_before", findings) if "not_before" in found else 0
    hold = values.time(found["for"], "for", findings) if "for" in found else 0
    if within is not None and not_before is not None and within < not_before:
        findings.add(
            found["within"], f"within {show(within)} ends before not_before {show(not_before)}; it can never pass"
        )
        return None
    if hold and then is not None and not isinstance(then, Becomes):
        event = written(found["then"])
        findings.add(found["for"], f"'for' after the event '{event}', which has no length; delete it")
        return None
    if trigger is None or then is None or within is None or not_before is None or hold is None:
        return None
    early = f"not before {show(not_before)}, " if not_before else ""
    stays = f" for {show(hold)}" if hold else ""
    text = f"when {written(found['when'])}, {early}within {show(within)}: {written(found['then'])}{stays}"
    return Responds(trigger, then, within, not_before, hold), text


def written(node: Node) -> str:
    """A text of the file in one line."""
    return " ".join(node.text.split()) if isinstance(node, Scalar) else ""


def _during(node: Node | None, ids: Ids, findings: Findings) -> tuple[str, ...]:
    phases = ids.of("phase")
    named = []
    for one in values.items(node) if node is not None else ():
        found = values.scalar(one, "the name of a phase", findings)
        if found is None:
            continue
        if found.text not in phases and ids.complete:
            findings.add(one, unknown("phase", found.text, phases))
        named.append(found.text)
    return tuple(dict.fromkeys(named))


def _around(node: Node, ids: Ids, findings: Findings) -> Around | None:
    found = fields(node, EXCEPT, findings)
    before = values.time(found["before"], "before", findings) if "before" in found else 0
    after = values.time(found["after"], "after", findings) if "after" in found else 0
    name = values.scalar(found["around"], "the id of a step or fault, or a phase", findings)
    if name is None or before is None or after is None:
        return None
    if name.text not in ids.kinds:
        if ids.complete:
            findings.add(name, unknown("step, fault or phase", name.text, ids.of("step", "fault", "phase")))
        return None
    return Around(ids.kinds[name.text], name.text, before, after)
