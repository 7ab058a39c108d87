"""A DBC file in, a file that loads strictly out, with the list of what was changed; a clean file is not touched."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.network.repair import attributes, ids, messages, names, references, text
from bench.network.repair.statements import Change, Repaired, Statement, joined, split

_Repair = Callable[[list[Statement]], Repaired]

REPAIRS: tuple[_Repair, ...] = (
    text.quotes,
    text.semicolons,
    ids.ids,
    names.signal_names,
    names.message_names,
    names.partners,
    text.strangers,
    messages.twins,
    messages.lengths,
    messages.outside,
    messages.factors,
    messages.multiplexing,
    messages.overlaps,
    attributes.undefined,
    attributes.values,
    references.unused,
    names.nodes,
    text.ending,
)
"""In this order: first what a statement is, then what it says, then what it says of others."""

TIDYING: tuple[_Repair, ...] = (names.nodes,)
"""All that is done to a file that loads: it says what it says, and only what it leaves unsaid is added."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a file: its content, and the changes in the order of its lines. Without changes it is the same."""

    content: bytes
    changes: tuple[Change, ...]


def repaired(content: bytes, loads: bool = False) -> Repair:
    """The file with all repairs made that it needs, or the few that it wants if it `loads` as it is.

    What is beyond them stays, and keeps the file from loading.
    """
    words, encoding, changes = text.decoded(content)
    statements = split(words)
    for repair in TIDYING if loads else REPAIRS:
        statements, found = repair(statements)
        changes += found
    if not changes:
        return Repair(content, ())
    told = [Change(change.line, _printable(change.found), _printable(change.done)) for change in changes]
    told.sort(key=lambda change: change.line)
    return Repair(joined(statements).encode(encoding), tuple(told))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
