"""The bits of one frame as its transmitter sends them, for the rare cases in which single bits decide.

Lengths come from `timing`, which does not make them. Source: ISO 11898-1:2015, frame formats, bit stuffing, CRC field.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.model.frame import Frame
from bench.network.stuffing import START, crc15, is_due, step
from bench.network.timing import bit_time, bits_of, header

_AFTER_BRS = 1 + 4  # ESI, DLC
_CLOSING = 1 + 1 + 7  # ACK slot, ACK delimiter, EOF
_CRC17 = (17, 0x1685B)  # without the leading term, as below
_CRC21 = (21, 0x102899)
_LONGEST_CRC17 = 16  # payload bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """All bits from SOF to the end of EOF, dominant 0, recessive 1; the ACK slot recessive, as a transmitter sends it.

    `payload` is the place of the first bit after the DLC, stuff bits left out of account; those in [`fast`, `slow`) are
    at the data rate, and `slow` is also the place of the ACK slot. `bit` and `fast_bit` are ns.
    """

    bits: tuple[int, ...]
    payload: int
    fast: int
    slow: int
    bit: int
    fast_bit: int

    def time(self, bits: int) -> int:
        """How long the first so many bits take, ns."""
        fast = max(0, min(bits, self.slow) - self.fast)
        return (bits - fast) * self.bit + fast * self.fast_bit

    def bit_at(self, place: int) -> int:
        """How long the bit at a place lasts, ns."""
        return self.fast_bit if self.fast <= place < self.slow else self.bit


def stream(frame: Frame, bitrate: int, data_bitrate: int = 0) -> Stream:
    """The bits of a frame sent by an error-active node, at rates in bit/s; ValueError as in `timing.duration_of`."""
    head = [0, *header(frame.id, frame.extended, frame.fd, frame.brs, frame.remote, len(frame.data))]
    places = _Stuffed()
    places.send(head[: len(head) - _AFTER_BRS])
    fast = len(places.sent)
    places.send(head[len(head) - _AFTER_BRS :])
    payload = len(places.sent) + is_due(places.state)
    data = [bit for byte in (b"" if frame.remote else frame.data) for bit in bits_of(byte, 8)]
    places.send(data)
    sent = places.sent
    if frame.fd:
        sent = [*sent, *_fd_crc(sent, places.stuffed, len(frame.data))]
    else:
        places.send(bits_of(crc15([*head, *data]), 15))
        sent = [*places.sent, *([1 - places.sent[-1]] if is_due(places.state) else [])]
    sent.append(1)  # CRC delimiter
    slow = len(sent)
    bit = bit_time(bitrate)
    fast_bit = bit_time(data_bitrate) if frame.brs else bit
    # A payload-less FD frame has a fixed stuff bit there, which comes in any case.
    return Stream(
        (*sent, *[1] * _CLOSING), min(payload, slow - 1), fast if frame.brs else slow, slow, bit, fast_bit
    )  # fmt: skip


class _Stuffed:
    """Bits with a stuff bit after each five equal ones, put in when the next bit comes."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.stuffed = 0
        self.state = START

    def send(self, bits: Iterable[int]) -> None:
        for bit in bits:
            if not self.sent:  # SOF, after which the state is START
                self.sent.append(bit)
                continue
            self.state, more = step(self.state, bit)
            if more:
                self.sent.append(1 - self.sent[-1])
                self.stuffed += 1
            self.sent.append(bit)


def _fd_crc(sent: list[int], stuffed: int, length: int) -> list[int]:
    """Stuff count, its parity and the CRC, with a fixed stuff bit before each four bits."""
    gray = stuffed % 8 ^ stuffed % 8 >> 1
    count = [*bits_of(gray, 3), gray.bit_count() % 2]
    width, polynomial = _CRC17 if length <= _LONGEST_CRC17 else _CRC21
    register = 1 << width - 1
    for bit in (*sent, *count):
        feed = bit ^ register >> width - 1
        register = (register << 1) & (1 << width) - 1 ^ (polynomial if feed else 0)
    field: list[int] = []
    last = sent[-1]
    for place, bit in enumerate((*count, *bits_of(register, width))):
        if place % 4 == 0:
            field.append(1 - last)
        field.append(bit)
        last = bit
    return field
