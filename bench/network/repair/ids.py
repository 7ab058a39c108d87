"""Repairs of message ids: hexadecimal or negative ones, and 29-bit ids without their flag."""

import re

from bench.network.repair.references import renumbered
from bench.network.repair.statements import Change, Repaired, Statement

EXTENDED = 1 << 31
"""The bit of a DBC id that says: 29 bits. Source: DBC file format documentation, section on message definitions."""
_ID = re.compile(r"\s*BO_\s+(-?\w+)")
_HEXADECIMAL = re.compile(r"0[xX][0-9A-Fa-f]{1,8}")


def ids(statements: list[Statement]) -> Repaired:
    """Ids are decimal numbers of 11 bits, or of 29 bits with the flag of extended frames."""
    changes = []
    new: dict[str, int] = {}
    for statement in statements:
        found = _ID.match(statement.text) if statement.keyword == "BO_" else None
        if found is None:
            continue
        written = found[1]
        number = _meant(written)
        if number is None or str(number) == written:
            continue
        new[written] = number
        what = (
            f"id {written} is written in hexadecimal"
            if _HEXADECIMAL.fullmatch(written)
            else f"id {written} is negative"
        )
        if number & EXTENDED and not (written.startswith("-") or _value(written) & EXTENDED):
            what = f"id {written} ({_value(written):#x}) has more than 11 bits and no flag of an extended frame"
        changes.append(Change(statement.line, what, f"written as {number}"))
    return ([renumbered(statement, new) for statement in statements] if new else statements), changes


def _meant(written: str) -> int | None:
    """The id that is meant, as it should be written; None if nobody can tell."""
    if not (_HEXADECIMAL.fullmatch(written) or re.fullmatch(r"-?\d{1,10}", written)):
        return None
    number = _value(written)
    if -(1 << 31) <= number < 0:  # written by a tool that took 32 bits for signed
        number += 1 << 32
    if 0x7FF < number < 1 << 29:
        number |= EXTENDED
    return number


def _value(written: str) -> int:
    return int(written, 16) if _HEXADECIMAL.fullmatch(written) else int(written)
