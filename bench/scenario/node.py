"""A YAML file as a tree whose every part knows its place; scalars stay text, since the types are the language's own."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `inset` is how many columns lie between its place and its first character (1 for a quote).

    `inset` is None where the file does not show the text as it is: folded over lines, or with escapes.
    """

    text: str
    line: int
    column: int
    inset: int | None = None
    quoted: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing stands here, as after `key:` at the end of a line."""
        return not self.text and not self.quoted


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, its keys in the order of the file."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int

    def get(self, key: str) -> "Node | None":
        """The value under a key, None where it has none."""
        return next((value for name, value in self.entries if name.text == key), None)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that has been found wrong already; whoever meets it says nothing more."""

    line: int
    column: int


Node = Scalar | Items | Table | Broken


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read: its name for messages, and its tree."""

    file: str
    root: Node


def described(node: Node) -> str:
    """A node for a message: "'50 km'", "a list", "a mapping", "nothing"."""
    match node:
        case Scalar(text):
            return "nothing" if node.empty else f"'{short(text)}'"
        case Items():
            return "a list"
        case Table():
            return "a mapping"
        case Broken():
            return "something broken"


def short(text: str, most: int = 60) -> str:
    """A text from a file in one printable line, cut after `most` characters."""
    flat = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return flat if len(flat) <= most else flat[: most - 3] + "..."
