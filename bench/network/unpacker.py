"""Writes the functions that unpack one message or one of its signals."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Literal

from bench.network.codegen import Script, literal
from bench.network.field import Field, raw_from, value

TABLE_BITS = 8
"""Up to this length a labelled or scaled signal is decoded by one look into a table of all its values."""

Kind = Literal["value", "raw"]


def unpacker(fields: Sequence[Field], length: int, kind: Kind, short: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """`decode(data)`: payload in, values by name out; `short(data)` answers for any other length."""
    script = Script(fields, length)
    script.know("short", short)
    script.write(0, "def decode(data):")
    script.write(1, f"if len(data) != {length}: return short(data)")
    for order in sorted({script.place(i)[0] for i, placed in enumerate(fields) if placed.first != placed.last}):
        script.write(1, f"{order} = from_bytes(data, '{order}')")
    if not fields:
        script.write(1, "out = {}")
    _unpack_level(script, None, kind, 1)
    script.write(1, "return out")
    return script.compiled("decode")


def _unpack_level(script: Script, mux: int | None, kind: Kind, depth: int) -> None:
    for ids, members in script.selected_by(mux):
        inner = script.enter(mux, ids, members[0], depth)
        items: list[str] = []
        for i in members:
            bits = _bits_text(script, i)
            if script.is_mux(i):
                script.write(inner, f"b{i} = {bits}")
                script.write(inner, f"r{i} = {_raw_text(script, i, f'b{i}')}")
                bits = f"b{i}"
            items.append(f"{script.key(i)}: {_converted(script, i, bits, kind)}")
        if mux is None:
            script.write(inner, f"out = {{{', '.join(items)}}}")
        else:
            script.write(inner, f"out |= {{{', '.join(items)}}}")
        for i in members:
            if script.is_mux(i):
                _unpack_level(script, i, kind, inner)


def reader(fields: Sequence[Field], length: int, index: int, kind: Kind) -> Callable[[bytes], Any]:
    """`read(data)`: one signal; None where the payload is too short or a multiplexer leaves the signal out."""
    script = Script(fields, length)
    by_name = {placed.signal.name: i for i, placed in enumerate(fields)}
    chain = [index]
    while (mux := fields[chain[0]].signal.mux) is not None:
        chain.insert(0, by_name[mux])
    script.write(0, "def read(data):")
    script.write(1, f"if len(data) <= {max(fields[i].last for i in chain)}: return None")
    for mux_index, member in pairwise(chain):
        ids = script.know(f"m{member}", frozenset(fields[member].signal.mux_ids))
        script.write(1, f"if {_raw_text(script, mux_index, _alone_text(script, mux_index))} not in {ids}: return None")
    script.write(1, f"return {_converted(script, index, _alone_text(script, index), kind)}")
    return script.compiled("read")


def _bits_text(script: Script, i: int) -> str:
    """Text of a signal's bits, from the whole payload as an integer or from its one byte."""
    placed = script.fields[i]
    if placed.first == placed.last:
        return _alone_text(script, i)
    return _sliced("big" if placed.big else "little", placed.shift, placed.signal.length, 8 * script.length)


def _alone_text(script: Script, i: int) -> str:
    """Text of a signal's bits, from the bytes that it touches."""
    placed = script.fields[i]
    count = placed.last - placed.first + 1
    if count == 1:
        return _sliced(f"data[{placed.first}]", placed.shift % 8, placed.signal.length, 8)
    before = script.length - 1 - placed.last if placed.big else placed.first
    order = "big" if placed.big else "little"
    whole = f"from_bytes(data[{placed.first}:{placed.last + 1}], '{order}')"
    return _sliced(whole, placed.shift - 8 * before, placed.signal.length, 8 * count)


def _sliced(whole: str, shift: int, bits: int, available: int) -> str:
    moved = f"{whole} >> {shift}" if shift else whole
    return f"({moved} & {(1 << bits) - 1})" if shift + bits < available else f"({moved})"


def _raw_text(script: Script, i: int, bits: str) -> str:
    """Text of a raw value, from the text of its bits."""
    placed = script.fields[i]
    if placed.signal.is_float:
        return f"{script.know(f'f{i}', partial(raw_from, placed))}({bits})"
    if placed.signal.signed:
        half = 1 << placed.signal.length - 1
        return f"(({bits} ^ {half}) - {half})"
    return bits


def _converted(script: Script, i: int, bits: str, kind: Kind) -> str:
    """Text of a raw value, or of the label or physical value, from the text of its bits."""
    placed = script.fields[i]
    raw = _raw_text(script, i, bits)
    if kind == "raw":
        return raw
    if not placed.labels and (placed.signal.length > TABLE_BITS or placed.factor == 1):
        return _physical_text(placed, raw)
    if placed.signal.length <= TABLE_BITS:
        table = tuple(value(placed, raw_from(placed, pattern)) for pattern in range(placed.mask + 1))
        return f"{script.know(f't{i}', table)}[{bits}]"
    return f"{script.know(f'g{i}', placed.labels.get)}(r := {raw}, {_physical_text(placed, 'r')})"


def _physical_text(placed: Field, raw: str) -> str:
    factor, offset = placed.factor, placed.offset
    if factor == 1 and offset == 0:
        return raw
    scaled = raw if factor == 1 and not placed.signal.is_float else f"{raw} * {literal(factor)}"
    # Adding 0 only matters to a negative zero, which a whole number times a positive factor never gives.
    plain = offset == 0 and factor > 0 and not placed.signal.is_float
    return scaled if plain else f"{scaled} + {literal(offset)}"
