"""A frame on the wire bit by bit: at which bit its senders or a fault collide, and who finds out when.

Source: ISO 11898-1:2015, error detection (bit and stuff errors) and error signalling.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bench.clock.calendar import FOREVER
from bench.model.frame import Frame
from bench.network.bits import Stream
from bench.wire.confinement import Node
from bench.wire.slot import Slot

AFTER_ACK_BITS = 8  # ACK delimiter and EOF
_STUFFED = 6
"""So many equal bits are an error where bits are stuffed."""


class Spoiler(Protocol):
    """Something that destroys frames."""

    def concerns(self, slot: Slot) -> bool:
        """Whether it may ever destroy a frame of this slot."""

    def destroys(self, slot: Slot) -> bool:
        """Whether it destroys the frame that the slot starts now."""

    def destroyed(self, at: int, off: bool) -> None:
        """That frame was destroyed at `at`; `off` says that its sender went bus-off by it."""


@dataclass(slots=True, eq=False)
class Sending:
    """One node's part in a frame. `epoch` tells whether its slot was stopped since; `released` in ns."""

    slot: Slot
    node: Node
    data: bytes
    released: int
    epoch: int

    def frame(self) -> Frame:
        """What it sends."""
        layout = self.slot.layout
        return Frame(self.slot.id, self.data, layout.extended, layout.fd, layout.brs)


@dataclass(frozen=True, slots=True)
class Break:
    """What destroys a frame, or drives a sender out of it, at the end of bit `place`.

    `spoiled` says by what: a fault, or the senders' own bits. `losers` are the numbers of the senders who read another
    bit than they sent. So many ns later the `own` other senders find their flags, and the receivers an error: after
    `lag[0]` where those flags are dominant, `lag[1]` where they are recessive.
    """

    place: int
    after: int
    spoiled: bool
    losers: tuple[int, ...]
    own: int
    lag: tuple[int, int]


@dataclass(slots=True, eq=False)
class Flight:
    """A frame on the wire, of one sender or of several that cannot be told apart so far; instants in ns.

    `acknowledge` is the end of the ACK slot, FOREVER once it has been acknowledged; at `breaks` `what` happens.
    `destroyer` is the fault that was laid on it, `deaf` are those who gave up and wait for the end.
    """

    senders: list[Sending]
    start: int
    end: int
    acknowledge: int
    breaks: int = FOREVER
    what: Break | None = None
    destroyer: Spoiler | None = None
    deaf: list[Sending] = field(default_factory=list)

    @property
    def until(self) -> int:
        """When something is to be decided."""
        return min(self.breaks, self.acknowledge, self.end)

    @property
    def nodes(self) -> list[Node]:
        """All who take or took part as senders."""
        return [one.node for one in (*self.senders, *self.deaf)]


def first_break(streams: Sequence[Stream], after: int, spoiled: bool) -> Break | None:
    """The first bit behind place `after` at which a sender reads another bit than it sent; None if all goes well.

    `spoiled` says that a fault inverts the first bit after the DLC.
    """
    shortest = min(len(one.bits) for one in streams)
    place = after + 1 if len(streams) > 1 else shortest
    while place < shortest and len({one.bits[place] for one in streams}) == 1:
        place += 1
    if spoiled and streams[0].payload <= place:
        place = streams[0].payload
        return _break(streams[0], place, 1 - streams[0].bits[place], tuple(range(len(streams))), 0, True)
    if place == shortest:
        return None
    losers = tuple(number for number, one in enumerate(streams) if one.bits[place])
    stays = next(one for one in streams if not one.bits[place])
    return _break(stays, place, 0, losers, stays.bits.index(1, place) - place, False)


def next_dominant(stream: Stream, since: int) -> Break | None:
    """The first dominant bit that ends later than `since` ns after SOF: a bus that stays recessive does not show it."""
    for place, bit in enumerate(stream.bits):
        if not bit and stream.time(place + 1) > since:
            return _break(stream, place, 1, (), 0, True)
    return None


def _break(stream: Stream, place: int, seen: int, losers: tuple[int, ...], own: int, spoiled: bool) -> Break:
    bit = stream.bit_at(place)
    lag = (bit * _found(stream, place, seen, 0), bit * _found(stream, place, seen, 1))
    return Break(place, stream.time(place + 1), spoiled, losers, own * bit, lag)


def _found(stream: Stream, place: int, seen: int, flag: int) -> int:
    """Bits after `place`, read as `seen`, until receivers find an error, where bits of value `flag` follow.

    They find the sixth equal bit; where bits are not stuffed they see at once that the format is broken.
    """
    if place >= stream.slow - 1:
        return 0
    if seen != flag:
        return _STUFFED
    run = 1
    while run <= place and stream.bits[place - run] == seen:
        run += 1
    return max(0, _STUFFED - run)
