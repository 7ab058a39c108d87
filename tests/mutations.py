"""Mutations of our own files, from a seed: bytes and tokens changed, lines lost or doubled, numbers made absurd."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
DATABASES = (*sorted((ROOT / "dbc").glob("*.dbc")), ROOT / "benchmarks" / "load.dbc")
SCENARIOS = (*sorted((ROOT / "scenarios").rglob("*.scenario.yaml")), ROOT / "tests" / "wrong" / "base.scenario.yaml")

ABSURD = (
    *("0", "-1", "1", "7", "65", "255", "1000000", "4294967295", "-2147483648", "99999999999999999999", "1e999"),
    *("-1e999", "1e-400", "0.0", "nan", "0x10", "9" * 5000, "1/0", "1_000", "\u0664\u0662", "true", "~", "..", "' '"),
)
_TOKEN = re.compile(rb'"[^"\n]*"|[A-Za-z_]\w*|[-+]?\d[\w.+-]*|[^\s\w]')
_NUMBER = re.compile(rb"[-+]?\d[\d.]*")
_BYTES = b"\"'\\\0\xff\xc3\n\r\t ;:,|@[](){}#&*!%0"


def mutants(sources: Sequence[Path], number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many mutants, each with a name that says how to have it again; the same ones for one seed."""
    contents = [source.read_bytes() for source in sources]
    for at in range(number):
        chance = Random(f"{seed} {at}")
        which = chance.randrange(len(contents))
        mutant = contents[which]
        steps = [chance.choice(STEPS) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        for step in steps:
            mutant = step(mutant, chance)
        yield f"{sources[which].name} {seed} {at}: {', '.join(step.__name__ for step in steps)}", mutant


def a_byte(text: bytes, chance: Random) -> bytes:
    """One byte is another one."""
    at = chance.randrange(len(text) or 1)
    return text[:at] + bytes([chance.choice((chance.randrange(256), chance.choice(_BYTES)))]) + text[at + 1 :]


def an_insertion(text: bytes, chance: Random) -> bytes:
    """A few bytes more."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + bytes(chance.choice(_BYTES) for _ in range(chance.randint(1, 4))) + text[at:]


def a_gap(text: bytes, chance: Random) -> bytes:
    """A few bytes less."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.randint(1, 60) :]


def a_cut(text: bytes, chance: Random) -> bytes:
    """The file ends somewhere."""
    return text[: chance.randrange(len(text) + 1)]


def a_token(text: bytes, chance: Random) -> bytes:
    """One token is another one of the file."""
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return text
    old, new = chance.choice(tokens), chance.choice(tokens)
    return text[: old.start()] + new[0] + text[old.end() :]


def a_number(text: bytes, chance: Random) -> bytes:
    """One number is an absurd one."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return text
    old = chance.choice(numbers)
    return text[: old.start()] + chance.choice(ABSURD).encode() + text[old.end() :]


def a_line(text: bytes, chance: Random) -> bytes:
    """A line is lost, doubled, or stands elsewhere."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return b"".join(lines)


def a_flood(text: bytes, chance: Random) -> bytes:
    """A piece of the file stands there a thousand times."""
    at = chance.randrange(len(text) + 1)
    piece = text[at : at + chance.randint(1, 40)]
    return text[:at] + piece * 1000 + text[at:]


STEPS = (a_byte, an_insertion, a_gap, a_cut, a_token, a_token, a_number, a_number, a_line, a_flood)
