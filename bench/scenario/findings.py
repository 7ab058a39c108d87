"""Findings: what is wrong with a file, each with its place, collected so that all of them are told at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches

from bench.scenario.node import Node, Scalar, short

LONG_LIST = 16
CLOSE, NEARLY = 0.6, 0.08
"""How alike a name must be to be suggested, and how much less than the best one, as a ratio of difflib."""


@dataclass(slots=True)
class Findings:
    """What is wrong with one file so far. `file` is its name as the messages give it."""

    file: str
    rows: list[tuple[int, int, str]] = field(default_factory=list)

    def at(self, line: int, column: int, text: str) -> None:
        """Note a finding at a place, both counted from 1."""
        self.rows.append((line, column, text))

    def add(self, node: Node, text: str, offset: int = 0) -> None:
        """Note a finding at a node, or at a character of a scalar's text where the file shows that text as it is."""
        if isinstance(node, Scalar) and node.inset is not None:
            offset += node.inset
        else:
            offset = 0
        self.rows.append((node.line, node.column + offset, text))

    def lines(self) -> tuple[str, ...]:
        """All findings in the order of the file, each `file:line:column: text`, none twice."""
        return tuple(f"{self.file}:{line}:{column}: {text}" for line, column, text in sorted(set(self.rows)))


def nearest(found: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names that look most like the one found, best first; case, underscores and blanks do not count."""
    by_look: dict[str, list[str]] = {}
    for name in names:
        by_look.setdefault(_look(name), []).append(name)
    close = get_close_matches(_look(found), list(by_look), n=most, cutoff=CLOSE)
    if close:
        best = _likeness(found, close[0])
        close = [look for look in close if _likeness(found, look) >= best - NEARLY]
    return tuple(name for look in close for name in by_look[look])[:most]


def suggestion(found: str, names: Iterable[str]) -> str:
    """What to add to a message about an unknown name: "; did you mean 'x'?", or nothing where no name is near."""
    return asked(nearest(found, names))


def asked(names: Iterable[str]) -> str:
    """Names as a question at the end of a message; nothing where there is none."""
    shown = " or ".join(repr(name) for name in names)
    return f"; did you mean {shown}?" if shown else ""


def unknown(what: str, found: str, names: Iterable[str], where: str = "") -> str:
    """The whole message about a name that is none of those that there are."""
    every = tuple(names)
    close = suggestion(found, every)
    # A long list helps only where no name is near.
    told = f"; expected {listed(every) or 'one'}" if len(every) <= LONG_LIST or not close else ""
    return f"no {what} '{short(found)}'{where}{told}{close}"


def listed(names: Iterable[str], most: int = LONG_LIST) -> str:
    """Names for a sentence, "a, b, c", cut after `most` of them."""
    every = tuple(names)
    return ", ".join(every[:most]) + (f", ... ({len(every)} in all)" if len(every) > most else "")


def _look(name: str) -> str:
    return name.casefold().replace("_", "").replace(" ", "")


def _likeness(found: str, look: str) -> float:
    return SequenceMatcher(None, look, _look(found)).ratio()
