"""Reading a file strictly: bytes become a tree of nodes, and whatever YAML allows beyond plain data is refused.

The parser is used at the level of events, where libyaml does not recurse, and files that are large, deep, binary or
carry directives are refused before or while they are parsed, so no file can hurt the bench.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bench.errors import ScenarioError
from bench.scenario.findings import Findings
from bench.scenario.node import Broken, Document, Items, Node, Scalar, Table, short

ENDING = ".scenario.yaml"
MOST_BYTES = 64 * 1024
MOST_DEPTH = 32
_NONE = "none is allowed"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def discover(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The scenario files that paths name, folders searched; each once, in the order of the paths, then of the names.

    ScenarioError tells every path under which there is none.
    """
    found: dict[Path, Path] = {}
    wrong: list[str] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob(f"*{ENDING}") if one.is_file())
            if not inside:
                wrong.append(
                    f"{path}: no scenario in this folder; expected files that end in {ENDING}; correct the path"
                )
        elif not path.exists():
            wrong.append(f"{path}: not there; expected a scenario file or a folder of them; correct the path")
            continue
        elif not path.name.endswith(ENDING):
            wrong.append(f"{path}: no scenario by its name; expected a file that ends in {ENDING}; rename it")
            continue
        else:
            inside = [path]
        for one in inside:
            found.setdefault(one.resolve(), one)
    if wrong:
        raise ScenarioError("\n".join(wrong))
    return tuple(found.values())


def read(path: Path) -> Document:
    """The tree of a file; ScenarioError with all that is wrong with its YAML, one line each."""
    findings = Findings(str(path))
    root = read_into(path, findings)
    if findings.rows:
        raise ScenarioError("\n".join(findings.lines()))
    return Document(findings.file, root)


def read_into(path: Path, findings: Findings) -> Node:
    """The tree of a file as far as it can be read; what is wrong with it goes to the findings."""
    try:
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "no regular file" if path.exists() else "not there"
            findings.at(1, 1, f"the file is {kind}; expected a YAML file; correct the path")
            return Broken(1, 1)
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        findings.at(1, 1, f"the file cannot be read ({reason}); expected a readable YAML file")
        return Broken(1, 1)
    return compose(data, findings)


def compose(data: bytes, findings: Findings) -> Node:
    """The tree that the bytes of a file hold; `Broken` where they hold none."""
    text = _text(data, findings)
    if text is None:
        return Broken(1, 1)
    building = _Building(findings)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if not building.take(event):
                return Broken(1, 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = _of(mark)
        findings.at(line, column, f"not YAML: {_syntax(error, text.splitlines(), line, column)}")
        return Broken(1, 1)
    except yaml.YAMLError as error:
        findings.at(1, 1, f"not YAML: {short(str(error), 200)}; expected plain text in UTF-8")
        return Broken(1, 1)
    if building.root is None:
        findings.at(1, 1, "the file is empty; expected a mapping, such as 'scenario: a_name' and what follows")
        return Broken(1, 1)
    return building.root


def _text(data: bytes, findings: Findings) -> str | None:
    """The bytes as text, or None and a finding where they are not what a scenario may be written in."""
    if len(data) > MOST_BYTES:
        findings.at(1, 1, f"the file is larger than {MOST_BYTES // 1024} KiB; expected a scenario; split or shorten it")
        return None
    if b"\0" in data:
        line, column = _place(data, data.index(b"\0"))
        findings.at(line, column, "the file is binary (it holds a NUL byte); expected a YAML file; correct the path")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        findings.at(line, column, f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8")
        return None
    for number, line_text in enumerate(text.split("\n"), start=1):
        if line_text.startswith("%"):
            word = short(line_text.split()[0], 20)
            findings.at(number, 1, f"a directive ('{word}'); {_NONE}; delete the line")
            return None
        for column, letter in enumerate(line_text.removesuffix("\r"), start=1):
            if not letter.isprintable() and letter not in "\t\N{NO-BREAK SPACE}\N{ZERO WIDTH JOINER}":
                findings.at(number, column, f"the character U+{ord(letter):04X} cannot be seen; delete it")
                return None
    return text


def _place(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    return before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1


def _syntax(error: yaml.MarkedYAMLError, lines: list[str], line: int, column: int) -> str:
    """What the parser found, in the bench's words where they help more than the parser's."""
    here = lines[line - 1] if line <= len(lines) else ""
    letter = here[column - 1 : column]
    if letter == "\t" or (not here[: column - 1].strip() and "\t" in here[:column]):
        return "a tab; YAML is indented with spaces; replace it"
    if letter and letter in "@`":
        return f"a text cannot begin with '{letter}'; put it in quotes"
    problem = short(error.problem or "it cannot be understood", 120)
    if "mapping values" in problem:
        return "a second ':' in one line, or a wrong indentation; put a text that holds ': ' in quotes"
    context = f" {short(error.context, 80)}" if error.context else ""
    return f"{problem}{context}; correct the brackets, quotes or indentation up to here"


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come; `key` waits for its value."""

    is_table: bool
    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    key: Node | None = None


@dataclass(slots=True)
class _Building:
    """The tree so far, built from events without recursion."""

    findings: Findings
    root: Node | None = None
    open: list[_Open] = field(default_factory=list)
    documents: int = 0

    def take(self, event: yaml.Event) -> bool:
        """Take one event; False where reading must stop."""
        line, column = _of(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.findings.at(line, column, "a second document; expected one in a file; delete the '---'")
                    return False
            case yaml.AliasEvent():
                self.findings.at(
                    line, column, f"an alias ('*{short(str(event.anchor))}'); {_NONE}; write the value out"
                )
                self._put(Broken(line, column))
            case yaml.ScalarEvent():
                self._refuse_decoration(event)
                self._put(_scalar(event))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._refuse_decoration(event)
                if len(self.open) >= MOST_DEPTH:
                    self.findings.at(
                        line, column, f"nested deeper than {MOST_DEPTH}; no scenario needs that; flatten it"
                    )
                    return False
                self.open.append(_Open(isinstance(event, yaml.MappingStartEvent), line, column))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = self.open.pop()
                if done.is_table:
                    self._put(Table(tuple(done.entries), done.line, done.column))
                else:
                    self._put(Items(tuple(done.items), done.line, done.column))
        return True

    def _refuse_decoration(self, event: "yaml.ScalarEvent | yaml.CollectionStartEvent") -> None:
        line, column = _of(event.start_mark)
        if event.anchor is not None:
            self.findings.at(line, column, f"an anchor ('&{short(event.anchor)}'); {_NONE}; delete it")
        if event.tag is not None:
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.findings.at(line, column, f"a tag ('{short(name)}'); {_NONE}; delete it")

    def _put(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        here = self.open[-1]
        if not here.is_table:
            here.items.append(node)
        elif here.key is None:
            here.key = node
        else:
            self._enter(here, here.key, node)
            here.key = None

    def _enter(self, here: _Open, key: Node, value: Node) -> None:
        if isinstance(key, Broken):
            return
        if not isinstance(key, Scalar):
            self.findings.add(key, "a list or mapping as a key; expected a word before the ':'; correct it")
        elif key.text == "<<" and not key.quoted:
            self.findings.add(key, f"a merge key ('<<'); {_NONE}; write the keys out")
        elif key.text in here.keys:
            first = here.keys[key.text]
            text = f"the key '{short(key.text)}' again, first in line {first}; expected each key once; delete one"
            self.findings.add(key, text)
        else:
            here.keys[key.text] = key.line
            here.entries.append((key, value))


def _of(mark: object) -> tuple[int, int]:
    """Line and column of a mark, from 1."""
    return getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1


def _scalar(event: "yaml.ScalarEvent") -> Scalar:
    (line, column), (end_line, end_column) = _of(event.start_mark), _of(event.end_mark)
    quoted = event.style in ("'", '"', "|", ">")
    quote = 1 if event.style in ("'", '"') else 0
    as_shown = line == end_line and end_column - column == len(event.value) + 2 * quote
    return Scalar(event.value, line, column, quote if as_shown else None, quoted)
