"""Layouts as tuples of numbers and texts, and back: what goes through a pipe and into a file with no class in it."""

import gc
import marshal
from typing import Any

from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout

Row = tuple[Any, ...]
"""The fields of a layout in the order of its class; numbers, texts, truth values, None and rows."""


def packed(bus: BusLayout) -> bytes:
    """A bus as bytes; those of equal buses are equal."""
    messages = tuple(_message_row(message) for message in bus.messages)
    return marshal.dumps((bus.name, bus.bitrate, bus.data_bitrate, bus.nodes, messages), 4)


def unpacked(body: bytes, name: str, otherwise: str) -> BusLayout:
    """The bus of `packed` bytes, named `name`, else as it was, else `otherwise`.

    Only for bytes of our own making: marshal trusts what it reads.
    """
    was_on = gc.isenabled()
    gc.disable()  # many thousand tuples, none of them in a circle: looking through them takes as long as making them
    try:
        own, bitrate, data_bitrate, nodes, rows = marshal.loads(body)
        name = name or own or otherwise
        return BusLayout(name, bitrate, data_bitrate, nodes, tuple(_message(name, row) for row in rows))
    finally:
        if was_on:
            gc.enable()


def _message_row(message: MessageLayout) -> Row:
    protection = message.protection
    return (
        message.name,
        message.id,
        message.length,
        message.sender,
        message.receivers,
        message.extended,
        message.fd,
        message.brs,
        message.cycle,
        message.offset,
        message.send_type.value,
        message.min_delay,
        message.max_age,
        protection and (protection.profile, protection.data_ids, protection.max_delta),
        tuple(_signal_row(signal) for signal in message.signals),
    )


def _message(bus: str, row: Row) -> MessageLayout:
    name, number, length, sender, receivers, extended, fd, brs, cycle, offset = row[:10]
    send_type, min_delay, max_age, protection, signals = row[10:]
    return MessageLayout(
        bus,
        name,
        number,
        length,
        sender,
        receivers,
        extended,
        fd,
        brs,
        cycle,
        offset,
        SendType(send_type),
        min_delay,
        max_age,
        protection and Protection(*protection),
        tuple(map(_signal, signals)),
    )


def _signal_row(signal: SignalLayout) -> Row:
    return tuple(getattr(signal, name) for name in SignalLayout.__slots__)


class _OpenSignal:
    """A `SignalLayout` while it is filled: the same slots, not yet frozen."""

    __slots__ = SignalLayout.__slots__

    def __init__(self, row: Row) -> None:
        (
            self.name,
            self.start,
            self.length,
            self.little_endian,
            self.signed,
            self.is_float,
            self.factor,
            self.offset,
            self.minimum,
            self.maximum,
            self.unit,
            self.labels,
            self.start_raw,
            self.substitute_raw,
            self.is_multiplexer,
            self.mux,
            self.mux_ids,
            self.vss,
        ) = row


def _signal(row: Row) -> SignalLayout:
    """A signal from its row, six times faster than by its constructor, which sets a frozen field by a call each.

    Two thousand signals are 2 ms in place of 14: most of what a database costs that was read before.
    """
    signal: Any = _OpenSignal(row)
    signal.__class__ = SignalLayout
    made: SignalLayout = signal
    return made
