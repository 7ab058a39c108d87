"""Packs and unpacks the messages of a database, by code that is generated once for each.

Whatever cantools accepts and packs or unpacks, this does to the same bits and numbers; tests compare the two.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from bench.model.layout import MessageLayout
from bench.network.field import Field, Value, bits_of, fields, raw_of, value
from bench.network.packer import packer
from bench.network.unpacker import Kind, reader, unpacker


@dataclass(frozen=True, eq=False)
class Codec:
    """The coding of one message. Signals stand in the layout's order wherever values go by position.

    `start` holds the values that are sent until a sender knows better. The functions are written when they are first
    used, since most messages are only ever sent or only ever read; that needs a `__dict__`, so there are no slots.
    """

    layout: MessageLayout
    names: tuple[str, ...]
    start: tuple[Value, ...]
    fields: tuple[Field, ...]
    parents_first: tuple[int, ...]
    start_by_name: Mapping[str, Value]

    @cached_property
    def pack(self) -> Callable[[Sequence[Value]], bytes]:
        """`pack(values)`: the payload of all signals by position, as numbers in their unit or as labels.

        ValueError for a number out of range and for an unknown label. Of a multiplexed message it packs what the
        multiplexer selects and looks at nothing else; a multiplexer value that selects nothing is refused.
        """
        return packer(self.fields, self.layout.length, partial(_pack_plainly, self))

    @cached_property
    def encode(self) -> Callable[[Mapping[str, Value]], bytes]:
        """`encode(values)`: as `pack` by name, with start values for the signals that are not named."""
        return packer(self.fields, self.layout.length, self._encode_some, by_name=True)

    @cached_property
    def decode(self) -> Callable[[bytes], dict[str, Value]]:
        """`decode(data)`: by name, the label where the raw value has one, else the physical value.

        What the multiplexer does not select and what a short payload does not hold is left out; bytes beyond the
        length of the message are ignored.
        """
        return _unpacker(self, "value")

    @cached_property
    def decode_raw(self) -> Callable[[bytes], dict[str, int | float]]:
        """`decode_raw(data)`: as `decode`, with raw values."""
        return _unpacker(self, "raw")

    def reader(self, name: str) -> Callable[[bytes], Value | None]:
        """A function that decodes this one signal: its label or physical value.

        It answers None when the payload is too short for the signal or a multiplexer leaves it out.
        """
        return self._reader(name, "value")

    def raw_reader(self, name: str) -> Callable[[bytes], float | None]:
        """As `reader`, for the raw value."""
        return self._reader(name, "raw")

    def _reader(self, name: str, what: Kind) -> Callable[[bytes], Any]:
        """Written at the first call; an ECU that restarts in mid-run asks for dozens of them again."""
        known = self._readers.get((name, what))
        if known is None:
            known = self._readers[name, what] = reader(self.fields, self.layout.length, self._place(name), what)
        return known

    @cached_property
    def _readers(self) -> dict[tuple[str, Kind], Callable[[bytes], Any]]:
        return {}

    def to_raw(self, name: str, given: Value) -> float:
        """The raw value of a label or a physical value, checked as `pack` does; whole unless the signal is a float."""
        return raw_of(self.fields[self._place(name)], given)

    def to_physical(self, name: str, raw: float) -> Value:
        """The label of a raw value, or its physical value if it has none."""
        return value(self.fields[self._place(name)], raw)

    def _encode_some(self, values: Mapping[str, Value]) -> bytes:
        for name in values:
            self._place(name)
        return self.pack(tuple({**self.start_by_name, **values}.values()))

    def _place(self, name: str) -> int:
        if name not in self.start_by_name:
            raise self._unknown(name)
        return self.names.index(name)

    def _unknown(self, name: str) -> ValueError:
        return ValueError(f"{self.layout.path} has no signal '{name}'; its signals: {', '.join(self.names) or 'none'}")


@cache
def codec(layout: MessageLayout) -> Codec:
    """The codec of a message. ValueError when a signal of the layout cannot be coded."""
    placed = fields(layout)
    names = tuple(signal.name for signal in layout.signals)
    start = tuple(value(field, field.signal.start_raw) for field in placed)
    return Codec(
        layout=layout,
        names=names,
        start=start,
        fields=placed,
        parents_first=_parents_first(layout),
        start_by_name=dict(zip(names, start, strict=True)),
    )


def _parents_first(layout: MessageLayout) -> tuple[int, ...]:
    """The positions of the signals, each after the multiplexer that selects it."""
    waiting = list(enumerate(layout.signals))
    ordered: list[int] = []
    done: set[str | None] = {None}
    while waiting:
        ready = [(i, signal) for i, signal in waiting if signal.mux in done]
        if not ready:
            lost = ", ".join(f"{signal.name} (multiplexer {signal.mux})" for _, signal in waiting)
            raise ValueError(f"{layout.path}: no multiplexer leads to {lost}")
        ordered += (i for i, _ in ready)
        done |= {signal.name for _, signal in ready}
        waiting = [(i, signal) for i, signal in waiting if signal.name not in done]
    return tuple(ordered)


def _pack_plainly(codec: Codec, values: Sequence[Value]) -> bytes:
    """`pack` without haste: whatever the generated code is not sure of is packed or refused here."""
    layout = codec.layout
    if len(values) != len(codec.names):
        raise ValueError(f"{layout.path} has {len(codec.names)} signals, but {len(values)} values were given")
    raws: dict[str | None, float] = {}
    packed = {"little": 0, "big": 0}
    for i in codec.parents_first:
        field = codec.fields[i]
        signal = field.signal
        if signal.mux is not None and raws.get(signal.mux) not in signal.mux_ids:
            continue
        raw = raws[signal.name] = raw_of(field, values[i])
        if field.selects is not None and raw not in field.selects:
            allowed = ", ".join(map(str, sorted(field.selects)))
            raise ValueError(f"{field.path}: {values[i]!r} selects no signals; raw values that do: {allowed}")
        try:
            packed["big" if field.big else "little"] |= bits_of(field, raw) << field.shift
        except OverflowError:
            raise ValueError(f"{field.path}: {values[i]!r} is too great for a {signal.length}-bit float") from None
    little = packed["little"].to_bytes(layout.length, "little")
    return (packed["big"] | int.from_bytes(little, "big")).to_bytes(layout.length, "big")


def _unpacker(codec: Codec, kind: Kind) -> Callable[[bytes], dict[str, Any]]:
    """The generated decoder, together with what it does when a payload is longer or shorter than the message."""
    length = codec.layout.length

    def decode_other_length(data: bytes) -> dict[str, Any]:
        decoded = decode(bytes(data[:length]).ljust(length, b"\0"))
        lost: set[str | None] = set()
        for i in codec.parents_first:
            field = codec.fields[i]
            if field.last >= len(data) or field.signal.mux in lost:
                lost.add(field.signal.name)
        return {name: given for name, given in decoded.items() if name not in lost}

    decode: Callable[[bytes], dict[str, Any]] = unpacker(codec.fields, length, kind, decode_other_length)
    return decode
