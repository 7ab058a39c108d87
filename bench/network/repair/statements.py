"""A DBC file as statements: split so that nothing is lost, each with the line where it began, however broken it is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

KEYWORDS = (
    *("BA_", "BA_DEF_", "BA_DEF_DEF_", "BA_DEF_DEF_REL_", "BA_DEF_REL_", "BA_DEF_SGTYPE_", "BA_REL_", "BA_SGTYPE_"),
    *("BO_", "BO_TX_BU_", "BS_", "BU_", "BU_BO_REL_", "BU_EV_REL_", "BU_SG_REL_", "CAT_", "CAT_DEF_", "CM_"),
    *("ENVVAR_DATA_", "EV_", "EV_DATA_", "FILTER", "NS_", "NS_DESC_", "SG_", "SG_MUL_VAL_", "SGTYPE_", "SGTYPE_VAL_"),
    *("SIG_GROUP_", "SIG_TYPE_REF_", "SIG_VALTYPE_", "SIGTYPE_VALTYPE_", "VAL_", "VAL_TABLE_", "VERSION"),
)
"""Words of the format, which are no names. Source: DBC file format documentation, section on keywords."""

GRAMMAR = {
    "VERSION": "T",
    "NS_": ":.*",
    "BS_": ":",
    "BU_": ":W*",
    "BO_": "NW:NW",
    "SG_": r"WW?:N\|N@NS\(N,N\)\[N\|N\]TW(,W)*",
    "EV_": r"W:N\[N\|N\]TNNWW(,W)*;",
    "ENVVAR_DATA_": "W:N;",
    "CM_": "(KNWT|KNT|KWT|T);",
    "BA_DEF_": "K?TW(T(,T)*|N*);",
    "BA_DEF_DEF_": "T[NT];",
    "BA_": "T(KNW|KN|KW)?[NT];",
    "BA_DEF_REL_": "K?TW(T(,T)*|N*);",
    "BA_DEF_DEF_REL_": "T[NT];",
    "BA_REL_": "TKW(KNW|N)[NT];",
    "VAL_": "N?W(NT)*;",
    "VAL_TABLE_": "W(NT)*;",
    "SIG_VALTYPE_": "NW:N;",
    "SG_MUL_VAL_": "NWWNN(,NN)*;",
    "BO_TX_BU_": "N:W(,W)*;",
    "SIG_GROUP_": "NWN:W*;",
}
"""What follows a keyword, in kinds of tokens: Number, Word, Text in quotes, Keyword, Sign, or the character itself."""

_KEYWORD = re.compile(rf"[ \t]*({'|'.join(sorted(KEYWORDS, key=len, reverse=True))})(?![A-Za-z0-9_])")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_COMMENT = re.compile(r'[ \t]*CM_\b[^"\n]*"(?:[^"\\]|\\.)*+"\s*;[ \t]*(?:\r?\n|\Z)', re.DOTALL)
_HEAD = re.compile(r'\s*CM_\s+((SG_\s+\d+\s+\w+|BO_\s+\d+|BU_\s+\w+|EV_\s+\w+)\s+)?"')
_TOKEN = re.compile(
    r"(?P<skip>[ \r\n\t]+|//[^\n]*\n)|(?P<N>[-+]?\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<W>[A-Za-z0-9_]+)"
    r'|(?P<T>"(?:\\"|[^"])*+")|(?P<S>[+-])|(?P<other>.)',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of a file with all its blanks and line ends; `keyword` is "" for empty lines and what is no statement."""

    line: int
    keyword: str
    text: str

    def saying(self, text: str) -> "Statement":
        """The same statement with another text."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class Change:
    """One repair: the line in the file as it was, what was wrong there, and what was done."""

    line: int
    found: str
    done: str


Repaired = tuple[list[Statement], list[Change]]


def split(text: str) -> list[Statement]:
    """The statements of a file; their texts joined are the file."""
    return list(_split(text))


def joined(statements: Iterable[Statement]) -> str:
    """The text of the file."""
    return "".join(statement.text for statement in statements)


def kinds(text: str) -> str:
    """The tokens of a text by their kinds, as `GRAMMAR` writes them; "?" for what is none."""
    found = []
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or ""
        if kind == "W" and token[0] in KEYWORDS:
            kind = "K"
        if kind == "other":
            kind = token[0] if token[0] in "()[],|@;:" else "?"
        if kind != "skip":
            found.append(kind)
    return "".join(found)


def is_whole(statement: Statement) -> bool:
    """Whether a statement is written as the format wants it."""
    pattern = GRAMMAR.get(statement.keyword)
    if pattern is None:
        return False
    found = kinds(statement.text)[1:]
    if statement.keyword == "NS_":
        return found.startswith(":")
    return re.fullmatch(pattern, found) is not None


def heading(text: str) -> str:
    """The first line of a text, shortened, for a person."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text.strip().split("\n")[0].strip())
    return line if len(line) <= 60 else line[:57] + "..."


def without(statements: Sequence[Statement], gone: set[int]) -> list[Statement]:
    """The statements but those at these places."""
    return [statement for at, statement in enumerate(statements) if at not in gone]


def _split(text: str) -> Iterator[Statement]:
    number, at = 1, 0
    now: Statement | None = None
    while at < len(text):
        whole = _COMMENT.match(text, at)
        line = whole or _LINES.match(text, at)
        assert line
        piece = line[0]
        found = _KEYWORD.match(piece)
        if now is not None and _goes_on(now, piece, found is not None):
            now = now.saying(now.text + piece)
        else:
            if now is not None:
                yield now
            now = Statement(number, found[1] if found else "", piece)
        number += piece.count("\n")
        at = line.end()
    if now is not None:
        yield now


def _is_closed(comment: Statement) -> bool:
    return is_whole(comment) or re.search(r'[^\\]"\s*;\s*\Z', comment.text) is not None


def _begins(line: str) -> bool:
    """Whether a line can begin a statement, rather than be one of a comment that happens to begin with a keyword."""
    found = _KEYWORD.match(line)
    return found is not None and (is_whole(Statement(0, found[1], line)) or _HEAD.match(line) is not None)


def _goes_on(now: Statement, line: str, is_keyword: bool) -> bool:
    """Whether a line belongs to the statement that stands before it."""
    if now.keyword == "NS_":  # a list of keywords, a word a line
        return len(line.split()) == 1 and ":" not in line
    if now.keyword == "CM_":
        return not _is_closed(now) and not (is_keyword and _begins(line))
    if is_keyword or not now.keyword or not line.strip():
        return False
    return not is_whole(now) or (now.keyword == "BU_" and kinds(line).strip("W") == "")
