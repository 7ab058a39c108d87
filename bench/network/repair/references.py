"""Which message and signal a statement is about, and the same statement about others."""

import re
from collections.abc import Mapping

from bench.network.repair.statements import Change, Repaired, Statement, heading

_ABOUT = re.compile(
    r'(?P<head>\s*(?:CM_\s+SG_|BA_\s+"[^"]*"\s+SG_|BA_REL_\s+"[^"]*"\s+BU_SG_REL_\s+\S+\s+SG_|VAL_|SIG_VALTYPE_'
    r'|SG_MUL_VAL_|(?P<message>CM_\s+BO_|BA_\s+"[^"]*"\s+BO_|BA_REL_\s+"[^"]*"\s+BU_BO_REL_\s+\S+|BO_TX_BU_|SIG_GROUP_'
    r"|BO_))\s+)(?P<id>-?\w+)(?P<blank>\s*)(?P<name>[^\s:;\"]*)"
)
_INDEPENDENT = 0xC0000000
"""The message of signals that belong to none, in files of CANdb++."""


def about(statement: Statement) -> tuple[int, str] | None:
    """Id as written and signal name ("" for a message's own) that a statement is about; None if about neither."""
    found = _ABOUT.match(statement.text)
    number = found and _number(found["id"])
    if not found or number is None:
        return None
    return number, "" if found["message"] else found["name"]


def renumbered(statement: Statement, ids: Mapping[str, int]) -> Statement:
    """The statement with its message's id, as written, replaced."""
    found = _ABOUT.match(statement.text)
    if not found or found["id"] not in ids:
        return statement
    return statement.saying(f"{found['head']}{ids[found['id']]}{statement.text[found.end('id') :]}")


def renamed(statement: Statement, names: Mapping[tuple[str, str], str]) -> Statement:
    """The statement with the signal's name replaced; names go by (id as written, name)."""
    found = _ABOUT.match(statement.text)
    if not found:
        return statement
    key, rest = found["id"], statement.text[found.end("name") :]
    if statement.keyword == "SIG_GROUP_":
        head, colon, members = statement.text.partition(":")
        words = re.split(r"([\s;]+)", members)
        return statement.saying(head + colon + "".join(names.get((key, word), word) for word in words))
    if found["message"]:
        return statement
    if statement.keyword == "SG_MUL_VAL_":
        above = re.match(r"(\s+)(\S+)", rest)
        if above and (key, above[2]) in names:
            rest = above[1] + names[key, above[2]] + rest[above.end() :]
    name = names.get((key, found["name"]), found["name"])
    return statement.saying(f"{found['head']}{key}{found['blank']}{name}{rest}")


def taken_out(statements: list[Statement], signals: set[tuple[int, str]], messages: set[int]) -> list[Statement]:
    """The statements without those that are about signals or messages that were taken out."""
    kept = []
    for statement in statements:
        subject = about(statement) if statement.keyword not in ("BO_", "SG_") else None
        if subject is None:
            kept.append(statement)
        elif statement.keyword == "SIG_GROUP_" and subject[0] not in messages:
            kept.append(_smaller(statement, {name for number, name in signals if number == subject[0]}))
        elif subject not in signals and subject[0] not in messages and not _is_under(statement, subject[0], signals):
            kept.append(statement)
    return kept


def _smaller(group: Statement, gone: set[str]) -> Statement:
    head, colon, members = group.text.partition(":")
    return group.saying(head + colon + re.sub(r"\s+(\w+)", lambda found: "" if found[1] in gone else found[0], members))


def _is_under(statement: Statement, number: int, signals: set[tuple[int, str]]) -> bool:
    """Whether it says which values of a signal that was taken out select another one."""
    above = statement.text.split()[3:4] if statement.keyword == "SG_MUL_VAL_" else []
    return bool(above) and (number, above[0]) in signals


def unused(statements: list[Statement]) -> Repaired:
    """Value tables, types and multiplexer values of signals that are not there are taken out."""
    there: set[tuple[int, str]] = set()
    number: int | None = None
    for statement in statements:
        if statement.keyword == "BO_":
            subject = about(statement)
            number = subject[0] if subject else None
        elif statement.keyword == "SG_" and number is not None:
            there.add((number, statement.text.split()[1].rstrip(":")))
    changes, kept = [], []
    for statement in statements:
        subject = about(statement) if statement.keyword in ("VAL_", "SIG_VALTYPE_", "SG_MUL_VAL_") else None
        if subject is not None and (subject not in there or subject[0] == _INDEPENDENT):
            what = "value table" if statement.keyword == "VAL_" else "statement"
            found = f"a {what} of signal {subject[1]} of message {subject[0]}, which is not there"
            changes.append(Change(statement.line, found, f"taken out: {heading(statement.text)}"))
        else:
            kept.append(statement)
    return kept, changes


def _number(text: str) -> int | None:
    try:
        return int(text[:20], 0)
    except ValueError:
        return int(text[:20]) if text.lstrip("-").isdecimal() else None
