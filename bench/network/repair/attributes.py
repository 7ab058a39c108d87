"""Repairs of attributes: used without a definition, or with a value that their definition does not have."""

import re

from bench.network.repair.statements import Change, Repaired, Statement, heading

_DEFINED = re.compile(r'\s*BA_DEF_\s+(?:(?:BO_|SG_|BU_|EV_)\s+)?"([^"]*)"\s+(\w+)(.*)\Z', re.DOTALL)
_USED = re.compile(
    r'(\s*BA_\s+"([^"]*)"\s+(?:(BO_)\s+\S+\s+|(SG_)\s+\S+\s+\w+\s+|(?:(BU_|EV_))\s+\w+\s+)?)("(?:\\"|[^"])*"|[^\s;]+)(\s*;\s*)\Z',
    re.DOTALL,
)
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][+-]?\d+)?")


def undefined(statements: list[Statement]) -> Repaired:
    """An attribute that is used and not defined gets a definition that fits all its values."""
    known = {found[1] for one in statements if one.keyword == "BA_DEF_" and (found := _DEFINED.match(one.text))}
    uses: dict[str, list[tuple[Statement, re.Match[str]]]] = {}
    for statement in statements:
        if statement.keyword == "BA_" and (found := _USED.match(statement.text)) and found[2] not in known:
            uses.setdefault(found[2], []).append((statement, found))
    if not uses:
        return statements, []
    changes, added = [], []
    for name, found_uses in uses.items():
        first, match = found_uses[0]
        scope = next((word for word in match.group(3, 4, 5) if word), "")
        kind = _kind([found[6] for _, found in found_uses])
        changes.append(Change(first.line, f"attribute {name} is used and not defined", f"defined as {kind}"))
        added.append(Statement(first.line, "BA_DEF_", f'BA_DEF_ {scope}{" " if scope else ""}"{name}" {kind};\n'))
    place = next(at for at, one in enumerate(statements) if one.keyword in ("BA_DEF_DEF_", "BA_"))
    return [*statements[:place], *added, *statements[place:]], changes


def _kind(values: list[str]) -> str:
    if not all(_NUMBER.fullmatch(value) for value in values):
        return "STRING "
    numbers = [float(value) for value in values]
    if all(number.is_integer() for number in numbers):
        return f"INT {int(min(0, *numbers))} {int(max(65535, *numbers))}"
    return f"FLOAT {min(0, *numbers):g} {max(65535, *numbers):g}"


def values(statements: list[Statement]) -> Repaired:
    """A label in place of its number becomes the number; a value that the definition cannot have is taken out."""
    definitions = {}
    for statement in statements:
        if statement.keyword == "BA_DEF_" and (found := _DEFINED.match(statement.text)):
            definitions[found[1]] = (found[2], re.findall(r'"((?:\\"|[^"])*)"', found[3]))
    changes, kept = [], []
    for statement in statements:
        found = _USED.match(statement.text) if statement.keyword == "BA_" else None
        if found is None or found[2] not in definitions:
            kept.append(statement)
            continue
        kind, labels = definitions[found[2]]
        value = found[6].strip('"')
        if kind == "ENUM" and value in labels and not _NUMBER.fullmatch(value):
            index = labels.index(value)
            what = f"{found[2]} is the label '{value}'"
            changes.append(Change(statement.line, what, f"written as its number, {index}"))
            kept.append(statement.saying(f"{found[1]}{index}{found[7]}"))
        elif not _fits(kind, labels, value):
            what = f"{value[:40]!r} is no value of {found[2]}, which is {kind}"
            changes.append(Change(statement.line, what, f"taken out: {heading(statement.text)}"))
        else:
            kept.append(statement)
    return kept, changes


def _fits(kind: str, labels: list[str], value: str) -> bool:
    if kind not in ("INT", "HEX", "FLOAT", "ENUM"):
        return True
    if not _NUMBER.fullmatch(value) or len(value) > 40:
        return False
    return kind != "ENUM" or 0 <= float(value) < len(labels)
