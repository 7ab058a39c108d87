"""Prints how much faster the generated codec is than cantools, measured side by side.

Both code the same payloads of one 8-byte message with 12 signals, cantools in strict mode. They take turns and the
best of five counts, so that other load on the machine hits both alike. Run: python benchmarks/codec.py
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cantools.database import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.network.codec import codec
from bench.network.database import load

TURNS = 5
PAYLOADS = 100
ROUNDS = 20
LENGTHS = (2, 6, 10, 12, 4, 3, 1, 8, 8, 5, 4, 1)

# Per kind: byte order, then (sign, factor, offset, labelled) in turn over the 12 signals.
KINDS: dict[str, tuple[int, list[tuple[str, float, float, bool]]]] = {
    "plain": (1, [("+", 1, 0, False)]),
    "scaled": (1, [("+", 0.25, -5, False)]),
    "signed, scaled": (1, [("-", 0.1, 0, False)]),
    "plain and scaled": (1, [("+", 1, 0, False), ("+", 0.01, 0, False)]),
    "the same, Motorola": (0, [("+", 1, 0, False), ("+", 0.01, 0, False)]),
    "the same, half labelled": (1, [("+", 0.01, 0, False), ("+", 1, 0, True)]),
}


def database(order: int, signals: Sequence[tuple[str, float, float, bool]]) -> str:
    """A DBC text with one message."""
    lines, tables, bit = ["BU_: A", "", "BO_ 256 M: 8 A"], [], 0
    for i, length in enumerate(LENGTHS):
        sign, factor, offset, labelled = signals[i % len(signals)]
        start = bit if order == 1 else bit // 8 * 8 + 7 - bit % 8
        least = -(1 << length - 1) if sign == "-" else 0
        greatest = least + (1 << length) - 1
        limits = f"[{least * factor + offset:.10g}|{greatest * factor + offset:.10g}]"
        lines.append(f' SG_ S{i} : {start}|{length}@{order}{sign} ({factor},{offset}) {limits} "" A')
        if labelled:
            tables.append(f"VAL_ 256 S{i} " + " ".join(f'{raw} "L{raw}"' for raw in range(min(8, 1 << length))) + " ;")
        bit += length
    return "\n".join(('VERSION ""', *lines, "", *tables, ""))


def seconds(code: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """How long `code` takes for one of the inputs, on average."""
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        for given in inputs:
            code(given)
    return (time.perf_counter() - begin) / (ROUNDS * len(inputs))


def duel(ours: Callable[[Any], object], theirs: Callable[[Any], object], a: Sequence[Any], b: Sequence[Any]) -> str:
    """One cell of the table: the ratio, and both times in microseconds."""
    turns = [(seconds(ours, a), seconds(theirs, b)) for _ in range(TURNS)]
    fast, slow = (min(column) * 1e6 for column in zip(*turns, strict=True))
    return f"{slow / fast:5.1f} x ({fast:.2f} / {slow:.1f} us)"


def reference_network() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Calls of both sides for the shipped databases: pairs of ours and theirs for encoding, then for decoding."""
    chance = random.Random(2)
    encodings, decodings = [], []
    for path in sorted((Path(__file__).parents[1] / "dbc").glob("*.dbc")):
        theirs = {message.name: message for message in load_file(path, encoding="utf-8").messages}
        for layout in load(path).messages:
            ours, oracle = codec(layout), theirs[layout.name]
            payload = ours.encode({})
            values = ours.decode(payload)
            if oracle.encode(values) != payload:
                raise AssertionError(f"{layout.path} is not coded alike")
            encodings.append((ours.encode, oracle.encode, values))
            decodings.append((ours.decode, oracle.decode, chance.randbytes(layout.length)))
    return encodings, decodings


def ours_of(call: tuple[Any, ...]) -> object:
    """Our side of a call."""
    return call[0](call[2])


def theirs_of(call: tuple[Any, ...]) -> object:
    """The other side of a call."""
    return call[1](call[2])


def main() -> None:
    """Print one line per kind of message."""
    chance = random.Random(2)
    print(f"{'8 bytes, 12 signals':24} {'pack(values)':26} {'encode(mapping)':26} {'decode(data)':26} one signal")
    with TemporaryDirectory() as folder:
        for kind, (order, signals) in KINDS.items():
            path = Path(folder) / "message.dbc"
            path.write_text(database(order, signals))
            theirs = load_file(path).messages[0]
            ours = codec(load(path).messages[0])
            payloads = [chance.randbytes(8) for _ in range(PAYLOADS)]
            mappings = [ours.decode(payload) for payload in payloads]
            rows = [tuple(mapping[name] for name in ours.names) for mapping in mappings]
            for payload, row, mapping in zip(payloads, rows, mappings, strict=True):
                assert ours.pack(row) == ours.encode(mapping) == theirs.encode(mapping) == payload
            print(
                f"{kind:24}",
                f"{duel(ours.pack, theirs.encode, rows, mappings):26}",
                f"{duel(ours.encode, theirs.encode, mappings, mappings):26}",
                f"{duel(ours.decode, theirs.decode, payloads, payloads):26}",
                duel(ours.reader("S3"), theirs.decode, payloads, payloads),
            )
    encodings, decodings = reference_network()
    encoding = duel(ours_of, theirs_of, encodings, encodings)
    decoding = duel(ours_of, theirs_of, decodings, decodings)
    print(f"{'all messages in dbc/':24} {'':26} {encoding:26} {decoding}")


if __name__ == "__main__":
    main()
