"""Reading a profile's file strictly: plain data in YAML with the place of each word, and nothing that YAML adds."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from bench.errors import ScenarioError

MOST_BYTES = 64 * 1024
MOST_DEPTH = 16
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def wrong(self, what: str) -> ScenarioError:
        """The error to raise: the place, and what is wrong there, what was expected and what to do."""
        return ScenarioError(f"{self.file}:{self.line}:{self.column}: {what}")


@dataclass(frozen=True, slots=True)
class Text:
    """A word, as it is written."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rows:
    """A list."""

    rows: "tuple[Tree, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; each key is there once."""

    entries: "tuple[tuple[Text, Tree], ...]"
    place: Place

    def get(self, key: str) -> "Tree | None":
        """What a key holds, or None."""
        return next((tree for name, tree in self.entries if name.text == key), None)

    def only(self, keys: tuple[str, ...], of: str) -> None:
        """ScenarioError at the first key that is none of these."""
        for name, _ in self.entries:
            if name.text not in keys:
                raise name.place.wrong(f"{of} has no key '{name.text[:40]}'; expected {_near(name.text, keys)}")


Tree = Text | Rows | Table


def read(path: Path) -> Table:
    """The tree of a file. ScenarioError with the first thing that is wrong with its YAML."""
    place = Place(str(path))
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path, or no UTF-8
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise place.wrong(f"cannot be read ({reason}); expected a profile in YAML; correct the path") from error
    if len(data) > MOST_BYTES:
        raise place.wrong(f"is larger than {MOST_BYTES // 1024} KiB; expected a profile; shorten it, 'repeat' helps")
    try:
        _refuse_all_but_plain_data(text, place)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        at = _at(error.problem_mark or error.context_mark, place.file)
        raise at.wrong(f"not YAML: {error.problem}; expected plain data; correct it up to here") from error
    except yaml.YAMLError as error:
        raise place.wrong(
            f"not YAML: {' '.join(str(error).split())[:120]}; expected plain text; correct the file"
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise place.wrong("is empty or no mapping; expected 'profile: a_name' and what follows; write it")
    tree = _tree(root, place.file)
    assert isinstance(tree, Table)
    return tree


def table(tree: Tree | None, place: Place, what: str) -> Table:
    """The tree as a mapping. ScenarioError where it is none, or where it is missing at `place`."""
    if not isinstance(tree, Table):
        raise _other(tree, place, what, "a mapping, such as {at: 12 V, for: 1 s}")
    return tree


def rows(tree: Tree | None, place: Place, what: str) -> Rows:
    """The tree as a list with something in it."""
    if not isinstance(tree, Rows) or not tree.rows:
        raise _other(tree, place, what, "a list with at least one entry, such as [..., ...]")
    return tree


def text(tree: Tree | None, place: Place, what: str) -> Text:
    """The tree as a word or a sentence that is not empty."""
    if not isinstance(tree, Text) or not tree.text.strip():
        raise _other(tree, place, what, "a word or a number")
    return tree


def one_of(tree: Tree | None, place: Place, what: str, words: tuple[str, ...]) -> str:
    """The tree as one of these words."""
    found = text(tree, place, what)
    if found.text not in words:
        raise found.place.wrong(f"{what} is '{found.text[:40]}'; expected {_near(found.text, words)}")
    return found.text


def _near(word: str, words: tuple[str, ...]) -> str:
    close = get_close_matches(word, words, 1)
    ask = f"; did you mean '{close[0]}'?" if close else "; take one of them"
    return (f"one of {', '.join(words)}" if len(words) > 1 else words[0] if words else "none") + ask


def _other(tree: Tree | None, place: Place, what: str, expected: str) -> ScenarioError:
    if tree is None:
        return place.wrong(f"{what} is missing; expected {expected}; add it")
    empty = not (tree.text.strip() if isinstance(tree, Text) else tree.rows if isinstance(tree, Rows) else tree.entries)
    found = "empty" if empty else {Text: "a word", Rows: "a list", Table: "a mapping"}[type(tree)]
    return tree.place.wrong(f"{what} is {found}; expected {expected}; write it so")


def _refuse_all_but_plain_data(text: str, place: Place) -> None:
    """Refuse what YAML allows beyond plain data, and depth, while the parser does not recurse yet."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        at = _at(event.start_mark, place.file)
        if isinstance(event, yaml.AliasEvent):
            raise at.wrong(f"an alias ('*{event.anchor}'); expected plain data; write the value out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor is not None:
                raise at.wrong(f"an anchor ('&{event.anchor}'); expected plain data; delete it")
            if event.tag is not None:
                raise at.wrong(f"a tag ('{event.tag}'); expected plain data; delete it")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise at.wrong(f"nested deeper than {MOST_DEPTH}; expected a profile's few levels; flatten it")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise at.wrong("a second document; expected one profile in a file; delete the '---' and what follows")


def _at(mark: object, file: str) -> Place:
    return Place(file, getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1)


def _tree(node: yaml.Node, file: str) -> Tree:
    place = _at(node.start_mark, file)
    if isinstance(node, yaml.ScalarNode):
        return Text(str(node.value), place)
    if isinstance(node, yaml.SequenceNode):
        return Rows(tuple(_tree(one, file) for one in node.value), place)
    entries: dict[str, tuple[Text, Tree]] = {}
    for key, value in node.value:
        name = _tree(key, file)
        if not isinstance(name, Text):
            raise name.place.wrong("a list or mapping as a key; expected a word before the ':'; correct it")
        if name.text in entries:
            line = entries[name.text][0].place.line
            raise name.place.wrong(f"the key '{name.text}' again, first in line {line}; expected it once; delete one")
        entries[name.text] = name, _tree(value, file)
    return Table(tuple(entries.values()), place)
