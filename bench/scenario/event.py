"""Events by which a check is triggered: "fault F1 ends", "TCU_Status_01 received", "model.speed rises above 8 km/h".

Whatever is none of these is a condition, and the event is the instant at which it becomes true.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.model.check import Becomes, Changes, Crosses, Edge, Event, Received
from bench.model.expression import Expression, Reference
from bench.scenario.condition import Refused, Token, tokens
from bench.scenario.findings import Findings, suggestion, unknown
from bench.scenario.meaning import condition
from bench.scenario.names import Names, NoName
from bench.scenario.node import Node, Scalar, short
from bench.scenario.quantities import constant
from bench.scenario.values import scalar

KINDS = ("fault", "step", "phase")
EDGES = ("starts", "ends")
_VERBS = ("received", "changes", "rises", "falls")


@dataclass(frozen=True, slots=True)
class Ids:
    """What is declared in a scenario: the kind ("fault", "step", "phase") of each id.

    Not `complete` where a phase or step could not be read, so that an unknown id may well be one of it.
    """

    kinds: Mapping[str, str]
    complete: bool = True

    def of(self, *kinds: str) -> list[str]:
        """The ids of some kinds that an author has given."""
        return [name for name, kind in self.kinds.items() if kind in kinds and "." not in name]


def event_of(node: Node, names: Names, ids: Ids, findings: Findings) -> Event | None:
    """The event that a text means; None after it has noted what is wrong with it."""
    found = scalar(node, "an event or a condition", findings)
    if found is None:
        return None
    try:
        words = tokens(found.text)[:-1]
    except Refused as refused:
        findings.add(found, refused.message, refused.offset)
        return None
    if len(words) > 1 and words[0].text in KINDS and words[1].kind in ("name", "number"):
        return _edge(found, words, ids, findings)
    if len(words) > 1 and words[1].text in _VERBS:
        return _happening(found, words, names, findings)
    meant = condition(found, names, findings)
    return None if meant is None else Becomes(meant)


def condition_of(node: Node, names: Names, findings: Findings) -> Expression | None:
    """The condition that a text means, where an event would make no sense."""
    found = scalar(node, "a condition", findings)
    if found is None:
        return None
    words = found.text.split()
    edge = len(words) == 3 and words[0] in KINDS and words[2] in EDGES
    if edge or (len(words) == 2 and words[1] in ("received", "changes")):
        findings.add(found, f"'{short(found.text)}' is an event; expected a condition, such as 'model.speed > 50 km/h'")
        return None
    return condition(found, names, findings)


def _edge(node: Scalar, words: tuple[Token, ...], ids: Ids, findings: Findings) -> Event | None:
    kind, name = words[0].text, words[1].text
    edge = words[2].text if len(words) > 2 else ""
    right = True
    if len(words) != 3 or edge not in EDGES:
        at = words[2].at if len(words) > 2 else words[1].at + len(name)
        told = f"found '{short(edge)}' after '{kind} {short(name)}'; expected starts or ends"
        findings.add(node, told + suggestion(edge, EDGES), at)
        right = False
    if ids.kinds.get(name) != kind:
        if ids.complete or name in ids.kinds:
            findings.add(node, _no_id(kind, name, ids), words[1].at)
        right = False
    return Edge(kind, name, edge) if right else None


def _no_id(kind: str, name: str, ids: Ids) -> str:
    if name in ids.kinds:
        return f"'{name}' is a {ids.kinds[name]}, not a {kind}; write '{ids.kinds[name]} {name}'"
    known = ids.of(kind)
    return unknown(kind, name, known) if known else f"no {kind} '{short(name)}'; none has an id; give one"


def _happening(node: Scalar, words: tuple[Token, ...], names: Names, findings: Findings) -> Event | None:
    what, verb = words[0], words[1].text
    if verb == "received":
        if len(words) > 2:
            findings.add(node, f"found '{short(words[2].text)}' after 'received'; expected the end", words[2].at)
            return None
        try:
            message = names.message(what.text)
        except NoName as error:
            findings.add(node, str(error), what.at)
            return None
        return Received(message.bus, message.name)
    try:
        reference = names.reference(what.text)
    except NoName as error:
        findings.add(node, str(error), what.at)
        return None
    if verb == "changes":
        if len(words) > 2:
            findings.add(node, f"found '{short(words[2].text)}' after 'changes'; expected the end", words[2].at)
            return None
        return Changes(reference)
    return _crossing(node, words, reference, names, findings)


def _crossing(
    node: Scalar, words: tuple[Token, ...], what: Reference, names: Names, findings: Findings
) -> Event | None:
    direction = {"rises": "above", "falls": "below"}[words[1].text]
    if len(words) < 4 or words[2].text != direction:
        at = words[2].at if len(words) > 2 else words[1].at
        right = f"{words[1].text} {direction}"
        findings.add(node, f"expected '{right}' and a limit, such as '{right} 8 km/h'", at)
        return None
    range_ = names.range(what)
    if range_.states:
        name = words[0].text
        findings.add(node, f"{name} is a state and cannot rise or fall; expected '{name} changes'", words[0].at)
        return None
    limit = constant(node.text[words[3].at :].strip(), range_, words[0].text)
    if isinstance(limit, str):
        findings.add(node, limit, words[3].at)
        return None
    return Crosses(what, direction, limit)
