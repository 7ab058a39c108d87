"""Writes the function that packs one message.

It costs no call per signal: ranges are chained comparisons, and whatever is unusual leaves by `slow`, which the
caller supplies and which decides.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench.network.codegen import Script, literal
from bench.network.field import Field, bits_of, fast_range

ROUNDER = 1.5 * 2.0**52
"""Added to a number below 2**50, it leaves no bits for a fraction."""

SUM_BITS = 50
"""The most bits that are joined in one float, which holds whole numbers up to 2**53."""

Pack = Callable[[Any], bytes]


def packer(fields: Sequence[Field], length: int, slow: Callable[..., bytes], by_name: bool = False) -> Pack:
    """`pack(values)`: values by position in, payload out; with `by_name` a mapping that holds each signal.

    `slow(values)` answers where the short way does not apply.
    """
    script = Script(fields, length)
    script.know("slow", slow)
    script.write(0, "def pack(values):")
    script.write(1, "try:")
    if by_name:
        script.write(2, f"if len(values) != {len(fields)}: return slow(values)")
        for i in range(len(fields)):
            script.write(2, f"v{i} = values[{script.key(i)}]")
    else:
        script.write(2, f"{''.join(f'v{i}, ' for i in range(len(fields))) or '()'} = values")
    orders = sorted({script.place(i)[0] for i in range(len(fields))}) or ["little"]
    script.write(2, " = ".join(orders) + " = 0")
    _pack_level(script, None, 2)
    if len(orders) == 1:
        script.write(2, f"return {orders[0]}.to_bytes({length}, '{orders[0]}')")
    else:
        script.write(2, f"big |= from_bytes(little.to_bytes({length}, 'little'), 'big')")
        script.write(2, f"return big.to_bytes({length}, 'big')")
    script.write(1, "except (TypeError, ValueError, KeyError, OverflowError): pass")
    script.write(1, "return slow(values)")
    return script.compiled("pack")


def _pack_level(script: Script, mux: int | None, depth: int) -> None:
    """Write the signals below one multiplexer (None: those always there), and what they select in turn."""
    for ids, members in script.selected_by(mux):
        inner = script.enter(mux, ids, members[0], depth)
        tests: list[str] = []
        direct: list[int] = []
        for i in members:
            placed = script.fields[i]
            allowed = fast_range(placed)
            test = f"{literal(allowed[0])} <= v{i} <= {literal(allowed[1])}" if allowed else "False"
            if placed.raws:
                table = {label: _packable(placed, n) for label, n in placed.raws.items() if _fits(placed, n)}
                script.write(inner, f"if v{i}.__class__ is str: r{i} = {script.know(f't{i}', table)}[v{i}]")
                script.write(inner, f"elif {test}: r{i} = {_number_text(script, i)}")
                script.write(inner, "else: return slow(values)")
            else:
                tests.append(test)
                direct.append(i)
        if tests:
            script.write(inner, f"if not ({' and '.join(tests)}): return slow(values)")
        for i in direct:
            if script.is_mux(i):
                script.write(inner, f"r{i} = {_number_text(script, i)}")
        _write_parts(script, members, inner, "=" if mux is None else "|=")
        for i in members:
            if script.is_mux(i):
                selects = script.know(f"s{i}", script.fields[i].selects)
                script.write(inner, f"if r{i} not in {selects}: return slow(values)")
                _pack_level(script, i, inner)


def _write_parts(script: Script, members: list[int], depth: int, assign: str) -> None:
    """Write the union of the members' bits: of `r` where it is known already, of numbers converted in place else."""
    parts: dict[str, list[str]] = {"little": [], "big": []}
    scaled: dict[str, list[int]] = {"little": [], "big": []}
    for i in members:
        placed = script.fields[i]
        order, shift = script.place(i)
        known = bool(placed.raws) or script.is_mux(i)
        if not known and _is_scaled(placed) and placed.signal.length <= SUM_BITS:
            scaled[order].append(i)
            continue
        raw = f"r{i}" if known else f"({_number_text(script, i)})"
        bits = f"({raw} & {placed.mask})" if placed.signal.signed and not placed.signal.is_float else raw
        parts[order].append(f"{bits} << {shift}")
    for order, waiting in scaled.items():
        waiting.sort(key=lambda i: script.place(i)[1])
        while waiting:
            base = script.place(waiting[0])[1]
            end = [script.place(i)[1] + script.fields[i].signal.length - base for i in waiting]
            taken = sum(bits <= SUM_BITS for bits in end)
            parts[order].append(f"{_sum_text(script, waiting[:taken], base)} << {base}")
            del waiting[:taken]
    for order, shifted in parts.items():
        if shifted:
            script.write(depth, f"{order} {assign} {' | '.join(shifted)}".replace(" << 0", ""))


def _sum_text(script: Script, members: list[int], base: int) -> str:
    """Text that rounds and joins scaled numbers while they are still floats, so that one call makes the integer.

    Adding 1.5 * 2**52 to a number below 2**50 leaves no bits for a fraction, so it rounds to the nearest, a tie to
    the even, as `round` does; whole numbers below 2**53 then add up exactly. A signed raw value gets half its range
    added, which is its sign bit the other way round.
    """
    terms, signs = [], 0
    for i in members:
        placed, shift = script.fields[i], script.place(i)[1] - base
        half = 1 << placed.signal.length - 1 if placed.signal.signed else 0
        signs |= half << shift
        rounded = f"({_scaled_text(placed, i)} + {ROUNDER!r} - {ROUNDER - half!r})"
        terms.append(f"{rounded} * {float(1 << shift)!r}" if shift else rounded)
    script.know("whole", float.__trunc__)  # unlike int() it takes nothing but floats, say no 32-bit ones of numpy
    return f"(whole({' + '.join(terms)}) ^ {signs})" if signs else f"whole({' + '.join(terms)})"


def _number_text(script: Script, i: int) -> str:
    """Text that converts the physical number `v{i}`, known to be in range, to its raw value (a float: to its bits)."""
    placed = script.fields[i]
    if placed.signal.is_float:
        return f"{script.know(f'b{i}', partial(bits_of, placed))}({_scaled_text(placed, i)})"
    if placed.factor == 1 and placed.offset == 0:
        return f"v{i} if v{i}.__class__ is int else round(v{i})"
    return f"round({_scaled_text(placed, i)})"


def _scaled_text(placed: Field, i: int) -> str:
    moved = f"v{i} - {literal(placed.offset)}" if placed.offset != 0 else f"v{i}"
    return f"({moved}) / {literal(placed.factor)}" if placed.factor != 1 else moved


def _is_scaled(placed: Field) -> bool:
    """Whether a number divided or moved becomes a float, whatever it was."""
    return not placed.signal.is_float and (placed.factor != 1 or isinstance(placed.offset, float))


def _packable(placed: Field, raw: int) -> int:
    return bits_of(placed, raw) if placed.signal.is_float else raw


def _fits(placed: Field, raw: int) -> bool:
    return placed.signal.is_float or placed.lowest <= raw <= placed.highest
