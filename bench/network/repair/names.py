"""Repairs of names: of signals, messages and nodes, and of who sends and who receives."""

import re
from collections.abc import Iterator

from bench.network.repair.references import renamed
from bench.network.repair.statements import KEYWORDS, Change, Repaired, Statement, is_whole

_SIGNAL = re.compile(r"(\s*SG_\s+)(\S.*?)((?:\s+(?:M|m\d+M?))?\s*:\s*-?\d+\s*\|.*)\Z", re.DOTALL)
_MESSAGE = re.compile(r"(\s*BO_\s+\S+\s+)([^\s:].*?)(\s*:\s*\w+(?:\s+[^\n]*)?\s*)\Z", re.DOTALL)
_RECEIVERS = re.compile(r'(.*\]\s*"(?:\\"|[^"])*")([^"]*?)(\s*)\Z', re.DOTALL)
_SENDER = re.compile(r"(\s*BO_\s+\S+\s+[^\n:]*:\s*\w+)(.*?)(\s*)\Z", re.DOTALL)
_NODES = re.compile(r"(\s*BU_\s*:)(.*?)(\s*)\Z", re.DOTALL)
_NOBODY = "Vector__XXX"


def is_name(word: str) -> bool:
    """Whether a word may be a name in a DBC file. Source: its rule C_identifier."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word) is not None and word not in KEYWORDS


def as_name(word: str) -> str:
    """The nearest name to a word: other letters become `_`, and a digit or a keyword gets one."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", word.strip())
    if name in KEYWORDS:
        return f"{name}_"
    return name if is_name(name) else f"_{name}"


def signal_names(statements: list[Statement]) -> Repaired:
    """Names of signals that are none, such as those that begin with a digit, are made names wherever they stand."""
    changes, mended = [], []
    names: dict[tuple[str, str], str] = {}
    number = ""
    taken: set[str] = set()
    for at, statement in enumerate(statements):
        if statement.keyword == "BO_":
            number = [*statement.text.split(), "", ""][1]
            taken = set(_names_of(statements, at))
        found = _SIGNAL.match(statement.text) if statement.keyword == "SG_" else None
        if found and not is_name(found[2]):
            name = _free(as_name(found[2]), taken)
            taken.add(name)
            names[number, found[2]] = name
            changes.append(Change(statement.line, f"'{found[2][:60]}' is no name of a signal", f"renamed to {name}"))
            mended.append(statement.saying(found[1] + name + found[3]))
        else:
            mended.append(statement)
    return ([renamed(statement, names) for statement in mended] if names else mended), changes


def _names_of(statements: list[Statement], head: int) -> Iterator[str]:
    for statement in statements[head + 1 :]:
        if statement.keyword == "BO_":
            return
        if found := _SIGNAL.match(statement.text) if statement.keyword == "SG_" else None:
            yield found[2]


def message_names(statements: list[Statement]) -> Repaired:
    """Names of messages that are none are made names."""
    changes, mended = [], []
    for statement in statements:
        found = _MESSAGE.match(statement.text) if statement.keyword == "BO_" else None
        if found and not is_name(found[2]):
            name = as_name(found[2])
            changes.append(Change(statement.line, f"'{found[2][:60]}' is no name of a message", f"renamed to {name}"))
            mended.append(statement.saying(found[1] + name + found[3]))
        else:
            mended.append(statement)
    return mended, changes


def partners(statements: list[Statement]) -> Repaired:
    """Who sends and who receives are names of nodes, the receivers separated by commas, nobody being Vector__XXX."""
    changes: list[Change] = []
    return [_with_partners(statement, changes) for statement in statements], changes


def _with_partners(statement: Statement, changes: list[Change]) -> Statement:
    if statement.keyword == "SG_" and (found := _RECEIVERS.match(statement.text)):
        return _listed(statement, found, ",", "receivers", changes)
    if statement.keyword == "BO_" and (found := _SENDER.match(statement.text)):
        return _listed(statement, found, " ", "sender", changes)
    if statement.keyword == "BU_" and (found := _NODES.match(statement.text)):
        return _listed(statement, found, " ", "nodes", changes)
    return statement


def _listed(statement: Statement, found: re.Match[str], separator: str, what: str, changes: list[Change]) -> Statement:
    words = re.split(r"[\s,;]+", found[2].strip(" \t\r\n,;"))
    words = list(dict.fromkeys(word for word in words if word))
    told = []
    if not words and what != "nodes":
        words = [_NOBODY]
        told.append(Change(statement.line, f"no {what}", f"{_NOBODY}, which is nobody"))
    wrong = [word for word in words if not is_name(word)]
    told += [Change(statement.line, f"'{word[:60]}' is no name of a node", f"named {as_name(word)}") for word in wrong]
    words = [as_name(word) for word in words]
    if what == "nodes":
        listed = re.split(r"[\s,;]+", found[2])
        told += [
            Change(statement.line, f"node {word} is declared twice", "one is taken out")
            for word in sorted({word for word in listed if word and listed.count(word) > 1})
        ]
    if not told and is_whole(statement):
        return statement
    if not told:
        told.append(Change(statement.line, f"{what} written in another way", f"written as {separator.join(words)!r}"))
    changes += told
    return statement.saying(f"{found[1]} {separator.join(words)}{found[3]}")


def nodes(statements: list[Statement]) -> Repaired:
    """Nodes that send or receive and are not declared are added to BU_."""
    declared: set[str] = set()
    used: dict[str, int] = {}
    for statement in statements:
        if statement.keyword == "BU_" and (found := _NODES.match(statement.text)):
            declared.update(found[2].split())
        elif statement.keyword == "SG_" and (found := _RECEIVERS.match(statement.text)):
            for word in re.split(r"\s*,\s*", found[2].strip()):
                used.setdefault(word, statement.line)
        elif statement.keyword == "BO_" and (found := _SENDER.match(statement.text)):
            used.setdefault(found[2].strip(), statement.line)
    declared.add(_NOBODY)
    missing = {name: line for name, line in used.items() if name not in declared and is_name(name)}
    if not missing:
        return statements, []
    changes = [Change(line, f"node {name} is used and not declared", "added to BU_") for name, line in missing.items()]
    names = " ".join(missing)
    last = max((at for at, statement in enumerate(statements) if statement.keyword == "BU_"), default=None)
    if last is None:
        first = next((at for at, statement in enumerate(statements) if statement.keyword == "BO_"), 0)
        line = statements[first].line if statements else 1
        return [*statements[:first], Statement(line, "BU_", f"BU_: {names}\n"), *statements[first:]], changes
    found = _NODES.match(statements[last].text)
    if not found:
        return statements, []
    declaring = statements[last].saying(f"{found[1]}{found[2] or ''} {names}{found[3]}")
    return [*statements[:last], declaring, *statements[last + 1 :]], changes


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
