"""What each kind of fault makes of a message: of its counter, of one signal of it, of its bytes.

A payload passes the stages in that order, so that a spoiled signal still has a right CRC and a corrupted byte has not.
"""

from collections.abc import Callable
from random import Random

from bench.model.layout import MessageLayout
from bench.model.stimulus import Fault
from bench.network.codec import codec
from bench.network.field import Field, limits, nearest, physical
from bench.network.protection import crc_field
from bench.network.splice import spliced

COUNTER = ("counter_freeze", "counter_jump", "counter_random")
SIGNAL = ("stuck", "out_of_range", "offset")
BYTES = ("corrupt", "crc_wrong", "dlc")
DROP, DELAY, DUPLICATE = "drop", "delay", "duplicate"

Spoil = Callable[[bytes], bytes]
"""A payload in, what becomes of it out."""


def counted(fault: Fault, last: int, modulo: int, chance: Random) -> int:
    """The alive counter of the frame after one that showed `last` (-1: after none)."""
    match fault.kind:
        case "counter_freeze":
            return max(last, 0)
        case "counter_jump":
            return (last + int(fault.by)) % modulo
        case _:  # counter_random: any value but the one that follows
            return (last + 1 + chance.randrange(1, modulo)) % modulo


def signal_spoiler(fault: Fault, layout: MessageLayout, stood: bytes) -> Spoil:
    """What a fault of a signal makes of a content. `stood` is the latest payload, empty where nothing was sent yet."""
    code = codec(layout)
    place = code.names.index(fault.signal)
    field, read = code.fields[place], code.raw_reader(fault.signal)
    if fault.kind == "offset":
        return _moved(field, read, fault.by)
    if isinstance(fault.value, str):
        return _stuck(field, read, code.to_raw(fault.signal, fault.value))
    return _stuck(field, read, read(stood) if fault.value is None else nearest(field, fault.value))


def byte_spoiler(fault: Fault, layout: MessageLayout) -> Spoil:
    """What a corrupt, crc_wrong or dlc makes of a finished payload."""
    if fault.kind == "dlc":
        length = layout.length if fault.length is None else fault.length
        return lambda data: data[:length].ljust(length, b"\0")
    mask = _inverted(fault, layout)
    # A frame of somebody else may be shorter or longer than the database says.
    return lambda data: bytes(one ^ other for one, other in zip(data, mask.ljust(len(data), b"\0"), strict=False))


def _stuck(field: Field, read: Callable[[bytes], float | None], raw: float | None) -> Spoil:
    def spoil(content: bytes) -> bytes:
        nonlocal raw
        present = read(content)
        if present is None:  # a multiplexer leaves the signal out
            return content
        if raw is None:
            raw = present
        return spliced(field, content, raw)

    return spoil


def _moved(field: Field, read: Callable[[bytes], float | None], by: float) -> Spoil:
    low, high = limits(field)

    def spoil(content: bytes) -> bytes:
        raw = read(content)
        if raw is None or raw in field.labels:  # "not available" is no number that could be off
            return content
        return spliced(field, content, nearest(field, min(max(physical(field, raw) + by, low), high)))

    return spoil


def _inverted(fault: Fault, layout: MessageLayout) -> bytes:
    """The mask of payload bits that a corrupt or crc_wrong inverts."""
    mask = bytearray(layout.length)
    if fault.kind == "corrupt":
        for bit in fault.bits:
            mask[bit // 8] ^= 1 << bit % 8
    elif layout.protection is not None:
        for byte in crc_field(layout.protection):
            mask[byte] ^= 0xFF
    return bytes(mask)
