"""The grammar of conditions: text becomes a tree, by a tokenizer and operator precedence; nothing is ever executed.

    or  <  and  <  not  <  == != < <= > >= in  <  + -  <  * /  <  unary -

A number may be followed by its unit. What names and units mean is not decided here. The size is limited, so is the
nesting. Errors carry the offset of the character that they are about.
"""

import re
from dataclasses import dataclass

from bench.scenario.findings import suggestion
from bench.scenario.node import short

MOST_CHARACTERS = 2000
MOST_NODES = 200
MOST_DEPTH = 24

ORDERS = ("==", "!=", "<=", ">=", "<", ">")
FUNCTIONS = {"min": 8, "max": 8, "abs": 1}
"""Functions and how many values each takes at most."""

_KEYWORDS = ("and", "or", "not", "in")
_CONNECTIVES = ("and", "or", "in", "received", "changes", "rises", "falls")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?(?![0-9.]))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
    | (?P<string>'[^']*')
    | (?P<mark>==|!=|<=|>=|[-+*/()\[\],<>])
    )""",
    re.VERBOSE,
)
_UNIT = re.compile(r"\s*(?!(?:and|or|not|in)\b)(%|[A-Za-z°][A-Za-z0-9_²^]*(?:/[A-Za-z0-9²^]+)?|1/min\b)")


class Refused(ValueError):
    """A condition that is none; `offset` is the character of its text that the message is about."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message, offset)

    @property
    def message(self) -> str:
        """What is wrong, for the finding."""
        return str(self.args[0])

    @property
    def offset(self) -> int:
        """Where."""
        return int(self.args[1])


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the unit behind it, `text` as written."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name with dots, or a label."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class String:
    """A text in quotes, for labels that are no words."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` or a minus sign."""

    at: int
    operator: str
    of: "Tree"


@dataclass(frozen=True, slots=True)
class Binary:
    """`and`, `or`, a comparison or arithmetic."""

    at: int
    operator: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Member:
    """`left in [a, b]`."""

    at: int
    left: "Tree"
    options: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`min`, `max` or `abs`."""

    at: int
    function: str
    parts: tuple["Tree", ...]


Tree = Number | Name | String | Unary | Binary | Member | Call


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a condition; `kind` is number, name, string, mark or end."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a condition, with an `end` behind them. Refused where a character fits none."""
    if len(text) > MOST_CHARACTERS:
        raise Refused(f"a condition of {len(text)} characters; expected {MOST_CHARACTERS} at most; make several of it")
    found, here = [], 0
    while text[here:].strip():
        match = _TOKEN.match(text, here)
        if match is None:
            raise _stranger(text, here + len(text[here:]) - len(text[here:].lstrip()))
        kind, start, here = str(match.lastgroup), match.start(match.lastgroup or 0), match.end()
        if kind == "number" and (unit := _UNIT.match(text, here)):
            here = unit.end()
        found.append(Token(kind, text[start:here], start))
    found.append(Token("end", "", len(text.rstrip())))
    return tuple(found)


def parse(text: str) -> Tree:
    """The tree of a condition; Refused with the offset of the first character that does not fit the grammar."""
    reader = _Reader(tokens(text))
    tree = reader.expression(0, 0)
    if reader.here.kind != "end":
        raise reader.surprised("'and', 'or' or the end")
    return tree


_LEVELS = {"or": 1, "and": 2, **dict.fromkeys((*ORDERS, "in"), 4), "+": 5, "-": 5, "*": 6, "/": 6}
_NOT, _MINUS = 3, 7


@dataclass(slots=True)
class _Reader:
    words: tuple[Token, ...]
    place: int = 0
    nodes: int = 0

    @property
    def here(self) -> Token:
        return self.words[self.place]

    def take(self) -> Token:
        word = self.here
        self.place += 1
        return word

    def expect(self, mark: str) -> None:
        if self.here.kind != "mark" or self.here.text != mark:
            raise self.surprised(f"'{mark}'")
        self.take()

    def surprised(self, expected: str) -> Refused:
        word = self.here
        found = "the end" if word.kind == "end" else f"'{short(word.text)}'"
        guess = suggestion(word.text, _CONNECTIVES) if word.kind == "name" else ""
        return Refused(f"found {found}; expected {expected}{guess}", word.at)

    def count(self, at: int) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Refused(f"a condition of more than {MOST_NODES} parts; make several of it", at)

    def expression(self, floor: int, depth: int) -> Tree:
        if depth > MOST_DEPTH:
            raise Refused(f"nested deeper than {MOST_DEPTH}; expected fewer brackets", self.here.at)
        left = self.prefix(depth)
        while (level := _LEVELS.get(self.here.text, 0) if self.here.kind in ("name", "mark") else 0) > floor:
            word = self.take()
            self.count(word.at)
            if word.text == "in":
                self.expect("[")
                left = Member(word.at, left, self.listed("]", depth))
            else:
                left = Binary(word.at, word.text, left, self.expression(level, depth + 1))
            if level == _LEVELS["=="] and _LEVELS.get(self.here.text) == level:
                raise Refused("a comparison of a comparison; write two, joined by 'and'", self.here.at)
        return left

    def prefix(self, depth: int) -> Tree:
        word = self.take() if self.here.kind != "end" else self.here
        self.count(word.at)
        if word.kind == "number":
            return Number(word.at, word.text)
        if word.kind == "string":
            return String(word.at, word.text[1:-1])
        if word.kind == "name" and word.text == "not":
            return Unary(word.at, "not", self.expression(_NOT, depth + 1))
        if word.kind == "name" and word.text not in _KEYWORDS:
            if self.here.text == "(" and self.here.kind == "mark":
                return self.call(word, depth)
            return Name(word.at, word.text)
        if word.text == "-":
            return Unary(word.at, "-", self.expression(_MINUS, depth + 1))
        if word.text == "(":
            inner = self.expression(0, depth + 1)
            self.expect(")")
            return inner
        if word.kind != "end":
            self.place -= 1
        raise self.surprised("a name, a number or '('")

    def call(self, word: Token, depth: int) -> Tree:
        if word.text not in FUNCTIONS:
            guess = suggestion(word.text, FUNCTIONS)
            raise Refused(f"no function '{short(word.text)}'; expected {', '.join(FUNCTIONS)}{guess}", word.at)
        self.expect("(")
        parts = self.listed(")", depth)
        if len(parts) > FUNCTIONS[word.text]:
            raise Refused(f"{word.text} of {len(parts)} values; expected {FUNCTIONS[word.text]} at most", word.at)
        return Call(word.at, word.text, parts)

    def listed(self, end: str, depth: int) -> tuple[Tree, ...]:
        parts = [self.expression(0, depth + 1)]
        while self.here.text == ",":
            self.take()
            parts.append(self.expression(0, depth + 1))
        self.expect(end)
        return tuple(parts)


def _stranger(text: str, at: int) -> Refused:
    letter = text[at]
    if text.startswith("${", at):
        return Refused("'${...}' parameters are not in this version; write the value", at)
    if letter == "=":
        return Refused("found '='; expected '==' to compare", at)
    if letter in "&|":
        return Refused(f"found '{letter}'; expected 'and' or 'or'", at)
    if letter == "!":
        return Refused("found '!'; expected '!=' or 'not'", at)
    if letter == "'":
        return Refused("a text without its closing quote", at)
    if letter == '"':
        return Refused("found '\"'; expected single quotes around a text inside a condition", at)
    return Refused(f"found '{short(letter)}'; expected a condition such as 'model.speed > 50 km/h'", at)
