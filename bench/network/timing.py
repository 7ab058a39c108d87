"""How long a frame is on the wire, to the bit, for the very content that it carries.

Every frame here is sent by an error-active node (ESI dominant). The bit-rate switch is counted in whole bits: the BRS
bit is nominal, the CRC delimiter a data bit. On the wire both change rate at their sample points, but what the one
lacks the other has: together they last one nominal and one data bit, wherever the two sample points lie.
Source: ISO 11898-1:2015, frame formats, bit stuffing, CRC field and data bit time.
"""

from collections.abc import Callable, Iterator
from functools import partial

from bench.model.frame import FD_LENGTHS, Frame
from bench.model.instant import S
from bench.network.stuffing import SEVEN_BITS, START, Row, crc15, crc15_tables, rows, shifted, step

INTERMISSION_BITS = 3
"""Nominal bits after EOF before the next SOF."""

_AFTER_BRS = 1 + 4  # ESI, DLC
_CRC_DELIMITER = 1
_CLOSING = 1 + 1 + 7  # ACK slot, ACK delimiter, EOF
_CRC15 = 15
_CRC17 = 4 + 17 + 6  # stuff count with parity, CRC, fixed stuff bits: one before, one after each fourth bit
_CRC21 = 4 + 21 + 7
_LONGEST_CRC17 = 16  # payload bytes
_EIGHT = 8  # payload bytes


def bits_on_wire(frame: Frame) -> tuple[int, int]:
    """Bits that a frame occupies at (nominal rate, data rate), from SOF to the end of intermission.

    Counts the stuff bits of this very content, so two frames of one length may differ. Without bit-rate switch all
    are nominal. A remote frame carries the length of `data` in its DLC and none of the bytes.
    """
    nominal, data, counting = _known(frame.id, frame.extended, frame.fd, frame.brs, frame.remote, len(frame.data))
    stuffed = counting(0, 1)(b"" if frame.remote else frame.data)
    nominal += _CLOSING + INTERMISSION_BITS
    return (nominal, data + stuffed) if frame.brs else (nominal + stuffed, data)


def duration_of(frame: Frame, bitrate: int, data_bitrate: int = 0) -> int:
    """Nanoseconds from SOF to the end of EOF, which is when the bench hands the frame to its receivers.

    A receiver takes a frame as valid one bit earlier already, at the last but one bit of EOF, a transmitter at the end;
    one instant for all keeps the order of causes plain. Intermission is not in it: see INTERMISSION_BITS.
    `bitrate` and `data_bitrate` in bit/s, the latter only looked at with bit-rate switch. ValueError when a bit of such
    a rate is not a whole number of nanoseconds.
    """
    nominal, data = bits_on_wire(frame)
    bit = bit_time(bitrate)
    return (nominal - INTERMISSION_BITS) * bit + (data * bit_time(data_bitrate) if frame.brs else 0)


def frame_timer(
    id: int, extended: bool, fd: bool, brs: bool, length: int, bitrate: int, data_bitrate: int = 0
) -> Callable[[bytes], int]:
    """A function that gives `duration_of` the data frame with this id and a payload of `length` bytes.

    All that does not depend on the payload is done here, so a call costs a table look-up or two a byte. ValueError for
    what no frame can be and for the bit rates that `duration_of` refuses; a payload of another length raises it in the
    call.
    """
    Frame(id, bytes(length), extended, fd, brs)
    nominal, data, counting = _known(id, extended, fd, brs, False, length)
    bit = bit_time(bitrate)
    fast = bit_time(data_bitrate) if brs else bit
    return counting((nominal + _CLOSING) * bit + data * fast, fast)


def bit_time(bitrate: int) -> int:
    """Nanoseconds that one bit lasts at a rate in bit/s; ValueError when that is not a whole number."""
    if bitrate <= 0 or S % bitrate:
        raise ValueError(
            f"a bit at {bitrate} bit/s is not a whole number of nanoseconds; "
            "take a rate above 0 that divides 1000000000, such as 500000"
        )
    return S // bitrate


Timer = Callable[[bytes], int]
Counting = Callable[[int, int], Timer]
"""(first, each) -> a function that gives first + each * the stuff bits that depend on its payload."""


def _known(id: int, extended: bool, fd: bool, brs: bool, remote: bool, length: int) -> tuple[int, int, Counting]:
    """What is known before the payload: bits up to the CRC delimiter (nominal, data), and what counts the rest."""
    bits = (0, *header(id, extended, fd, brs, remote, length))
    state, stuffed, nominal = START, 0, 0
    for place, bit in enumerate(bits[1:], 1):
        state, more = step(state, bit)
        stuffed += more
        if place == len(bits) - _AFTER_BRS - 1:
            nominal = place + 1 + stuffed
    sent = 0 if remote else length
    total = len(bits) + stuffed + 8 * sent + _CRC_DELIMITER
    row = rows()[state]
    if fd:
        total += _CRC17 if length <= _LONGEST_CRC17 else _CRC21
        return (nominal, total - nominal, partial(_fd, row, sent)) if brs else (total, 0, partial(_fd, row, sent))
    timer = _classic_of_eight if sent == _EIGHT else partial(_classic, sent)
    return total + _CRC15, 0, partial(timer, row, shifted(crc15(bits), sent))


def header(id: int, extended: bool, fd: bool, brs: bool, remote: bool, length: int) -> Iterator[int]:
    """The bits between SOF and the payload."""
    if extended:
        yield from bits_of(id >> 18, 11)
        yield from (1, 1)  # SRR, IDE
        yield from bits_of(id & 0x3FFFF, 18)
        yield int(remote)  # RTR, and RRS of FD
    else:
        yield from bits_of(id, 11)
        yield from (int(remote), 0)  # RTR (RRS), IDE
    if fd:
        yield from (1, 0, int(brs), 0)  # FDF, res, BRS, ESI
        yield from bits_of(FD_LENGTHS.index(length), 4)
    else:
        yield from (0, 0) if extended else (0,)  # r1, r0
        yield from bits_of(length, 4)


def bits_of(value: int, count: int) -> Iterator[int]:
    """The bits of a number, most significant first."""
    return (value >> place & 1 for place in range(count - 1, -1, -1))


def _classic_of_eight(start: Row, register: int, first: int, each: int) -> Timer:
    """As `_classic` for most frames there are, written out: a third faster."""
    part0, part1, part2, part3, part4, part5, part6, part7 = crc15_tables(_EIGHT)

    def duration(payload: bytes) -> int:
        try:
            a, b, c, d, e, f, g, h = payload
        except ValueError:
            raise _other_length(payload, _EIGHT) from None
        row, at_a = start[a]
        row, at_b = row[b]
        row, at_c = row[c]
        row, at_d = row[d]
        row, at_e = row[e]
        row, at_f = row[f]
        row, at_g = row[g]
        row, at_h = row[h]
        crc = register ^ part0[a] ^ part1[b] ^ part2[c] ^ part3[d] ^ part4[e] ^ part5[f] ^ part6[g] ^ part7[h]
        row, more = row[crc >> 7]
        stuffed = at_a + at_b + at_c + at_d + at_e + at_f + at_g + at_h + more
        return first + each * (stuffed + row[SEVEN_BITS | crc & 0x7F][1])

    return duration


def _classic(length: int, start: Row, register: int, first: int, each: int) -> Timer:
    """Goes through payload and CRC. `register` is the CRC of the header followed by `length` zero bytes."""
    tables = crc15_tables(length)

    def duration(payload: bytes) -> int:
        if len(payload) != length:
            raise _other_length(payload, length)
        row, crc, stuffed = start, register, 0
        for byte, part in zip(payload, tables):  # noqa: B905 - of one length; `strict` costs a fifth of the call
            row, more = row[byte]
            stuffed += more
            crc ^= part[byte]
        row, more = row[crc >> 7]
        # A stuff bit is due even after the last bit of the CRC, and these entries count it.
        return first + each * (stuffed + more + row[SEVEN_BITS | crc & 0x7F][1])

    return duration


def _fd(start: Row, length: int, first: int, each: int) -> Timer:
    """Goes through the payload; what follows has its stuff bits at fixed places."""

    def duration(payload: bytes) -> int:
        if len(payload) != length:
            raise _other_length(payload, length)
        row, stuffed = start, 0
        for byte in payload:
            row, more = row[byte]
            stuffed += more
        # What is due after the payload's last bit is not sent: the first fixed stuff bit stands in its place.
        return first + each * stuffed

    return duration


def _other_length(payload: bytes, length: int) -> ValueError:
    return ValueError(f"{len(payload)} bytes of payload given to the timer of a frame of {length}")
