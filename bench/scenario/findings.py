"""Findings: what is wrong with a file, each with its place, collected so that all of them are told at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from bench.scenario.node import Node, Scalar, short


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
    close = get_close_matches(_look(found), list(by_look), n=most, cutoff=0.6)
    return tuple(name for look in close for name in by_look[look])[:most]


def suggestion(found: str, names: Iterable[str]) -> str:
    """What to add to a message about an unknown name: "; did you mean 'x'?", or nothing where no name is near."""
    close = nearest(found, names)
    return f"; did you mean {' or '.join(repr(name) for name in close)}?" if close else ""


def unknown(what: str, found: str, names: Iterable[str]) -> str:
    """The whole message about a name that is none of those that there are."""
    every = tuple(names)
    return f"no {what} '{short(found)}'; expected {listed(every)}{suggestion(found, every)}"


def listed(names: Iterable[str], most: int = 16) -> str:
    """Names for a sentence, "a, b, c", cut after `most` of them."""
    every = tuple(names)
    return ", ".join(every[:most]) + (f", ... ({len(every)} in all)" if len(every) > most else "")


def _look(name: str) -> str:
    return name.casefold().replace("_", "").replace(" ", "")
