"""The text of SCPI: which spellings a header has, and how a line falls into units, headers and parameters.

Sources: SCPI-99 volume 1, chapter 6 (short and long forms, optional nodes, numeric suffixes, header paths of compound
lines); IEEE 488.2-1992, chapter 7 (program messages, their separators and data).
"""

import re
from functools import cache
from itertools import product

from bench.lab.status import Refused

Path = tuple[str, ...]
"""A header as it was written, in capitals: ("VOLT", "PROT")."""

LONGEST_MNEMONIC = 12
_NODE = re.compile(r"(\[?):?(\*?[A-Za-z]+):?(\]?)")
_HEADER = re.compile(r"(\*[A-Za-z]+|:?[A-Za-z]\w*(?::[A-Za-z]\w*)*)(\?)?", re.ASCII)
_PAIRS = {"(": ")", '"': '"', "'": "'"}


@cache
def spellings(pattern: str) -> tuple[Path, ...]:
    """Every way to write a header that a manual prints as `[SOURce:]VOLTage[:LEVel]`, without numeric suffixes.

    Capitals are the short form; what is in brackets may be left out.
    """
    choices = []
    for opened, word, _ in _NODE.findall(pattern):
        forms: list[Path] = [(word.upper(),)]
        if short := short_form(word):
            forms.append((short,))
        choices.append([*dict.fromkeys(forms), *([()] if opened else [])])
    return tuple(tuple(word for part in chosen for word in part) for chosen in product(*choices))


def short_form(word: str) -> str:
    """The capitals of a word such as `VOLTage`, and the star or digits in it; a word without any has no short form."""
    return "".join(c for c in word if not c.islower())


def units(line: str) -> list[str]:
    """The units of a line, which `;` separates outside of strings and parentheses; empty ones are left out."""
    return [unit for unit in _split(line, ";") if unit]


def words(text: str) -> list[str]:
    """The parameters of a unit, which `,` separates; none of them is empty."""
    if not text:
        return []
    found = _split(text, ",")
    if "" in found:
        raise Refused(-102, text)
    return found


def header(unit: str, path: Path) -> tuple[Path, bool, str]:
    """Full path of a unit's header, whether it asks, and the text of its parameters.

    `path` is where the unit before it in the line has led: a header without a leading colon goes on from there.
    """
    name, _, rest = unit.partition(" ")
    if not unit.isascii() or not unit.isprintable():
        raise Refused(-101, unit)
    found = _HEADER.fullmatch(name)
    if not found:
        raise Refused(-102 if name[:1].isalpha() or name[:1] in "*:" else -101, unit)
    written, asks = found[1].upper(), found[2] is not None
    if written.startswith("*"):
        return (written,), asks, rest.strip()
    nodes = tuple(_without_suffix(node) for node in written.lstrip(":").split(":"))
    return nodes if written.startswith(":") else path[:-1] + nodes, asks, rest.strip()


def _without_suffix(node: str) -> str:
    """A node without its numeric suffix; every instrument here has one of each, so it may only be 1."""
    word = node.rstrip("0123456789")
    if len(word) > LONGEST_MNEMONIC:
        raise Refused(-112, node)
    if node[len(word) :] not in ("", "1"):
        raise Refused(-114, node)
    return word


def _split(text: str, separator: str) -> list[str]:
    parts, part, closing = [], "", ""
    for c in text.replace("\t", " "):
        if closing:
            closing = "" if c == closing else closing
        elif c == separator:
            parts.append(part.strip())
            part = ""
            continue
        else:
            closing = _PAIRS.get(c, "")
        part += c
    if closing:
        raise Refused(-170 if closing == ")" else -151, text)
    return [*parts, part.strip()]
