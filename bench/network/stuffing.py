"""Bit stuffing as an automaton that takes a byte at a time, and the CRC of classic frames as a table for each byte.

Source: ISO 11898-1, bit stuffing and CRC sequence.
"""

from collections.abc import Iterable
from functools import cache

Row = list[tuple["Row", int]]
"""What follows in one state: `row[byte]` is (row of the next state, stuff bits that came in between).

Entries 256..383 are for the last seven bits of a stretch, the low bits being their value; they also count the stuff bit
that is due after the very last of them.
"""

START = 0
"""The state after one dominant bit, as SOF leaves it."""

SEVEN_BITS = 256
"""Where the entries for the last seven bits begin."""

_RUN = 5  # equal bits that call for a stuff bit
_POLYNOMIAL = 0x4599  # x^15 + x^14 + x^10 + x^8 + x^7 + x^4 + x^3 + 1, the leading term left out


def step(state: int, bit: int) -> tuple[int, int]:
    """The state after one more bit, and 1 if a stuff bit had to go before that bit.

    A state is `value * 5 + length - 1` of the run of equal bits at the end of the stream. The stuff bit is put off
    until a further bit comes: whether one follows the last bit of a field depends on the frame's format.
    """
    value, length = divmod(state, _RUN)
    stuffed = length == _RUN - 1
    if stuffed:
        value, length = 1 - value, 0
    return (value * _RUN + length + 1 if bit == value else bit * _RUN), int(stuffed)


def is_due(state: int) -> int:
    """1 if five equal bits end the stream, so that a stuff bit is due."""
    return int(state % _RUN == _RUN - 1)


@cache
def rows() -> tuple[Row, ...]:
    """The automaton's rows, by state. Made when first asked for, about 3 ms."""
    made: tuple[Row, ...] = tuple([] for _ in range(2 * _RUN))
    # One tuple for each (state, stuff bits): some forty that stay in the processor's cache, not 3840.
    pairs = [[(row, count) for count in range(4)] for row in made]
    steps = [(step(state, 0), step(state, 1)) for state in range(2 * _RUN)]
    for state, row in enumerate(made):
        reached = [(state, 0)]
        for length in range(1, 9):
            reached = [(after, count + more) for at, count in reached for after, more in steps[at]]
            if length == 7:
                last = [pairs[at][count + is_due(at)] for at, count in reached]
        row.extend(pairs[at][count] for at, count in reached)
        row.extend(last)
    return made


def crc15(bits: Iterable[int], register: int = 0) -> int:
    """The CRC register of a classic frame after these bits, most significant first, without stuff bits."""
    for bit in bits:
        register = (register << 1 & 0x7FFF) ^ (_POLYNOMIAL if bit ^ register >> 14 else 0)
    return register


def shifted(register: int, length: int) -> int:
    """The CRC register after `length` more bytes of zeros."""
    for _ in range(length):
        register = _byte_table()[register >> 7] ^ register << 8 & 0x7FFF
    return register


@cache
def crc15_tables(length: int) -> tuple[list[int], ...]:
    """For each of `length` payload bytes the part that its value has in the CRC.

    The CRC is linear: it is the register after the header and `length` zero bytes, XOR the part of each byte.
    """
    made: list[list[int]] = []
    for _ in range(length):
        made.append([shifted(part, 1) for part in made[-1]] if made else _byte_table())
    return tuple(reversed(made))


@cache
def _byte_table() -> list[int]:
    return [crc15(byte >> place & 1 for place in range(7, -1, -1)) for byte in range(256)]
