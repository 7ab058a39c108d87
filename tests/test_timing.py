"""Frame lengths: against a bit-by-bit encoder, against recordings of real controllers, against published formulas."""

import random

import pytest
import wire_oracle
from hypothesis import given
from hypothesis import strategies as st

from bench.model.frame import FD_LENGTHS, Frame
from bench.network.timing import INTERMISSION_BITS, bit_time, bits_on_wire, duration_of, frame_timer

FRAMES_PER_KIND = 25_000
KINDS = ("classic 11", "classic 29", "FD without switch", "FD with switch")
SIZES = (*FD_LENGTHS[:12] * 3, *FD_LENGTHS)  # long frames are rarer, as on a bus, and cost the encoder the most time


def stuffing_heavy(rng: random.Random, length: int) -> bytes:
    """Payload bytes in which long runs of equal bits are common; a third of them is plain random."""
    style = rng.randrange(3)
    if style == 0:
        return rng.randbytes(length)
    if style == 1:
        return bytes(rng.choices((0x00, 0xFF, 0x0F, 0xF0, 0x1F, 0x83, 0x3E, 0xC1, 0x7C, 0x07), k=length))
    bits, value = "", rng.randrange(2)
    while len(bits) < 8 * length:
        bits += str(value) * rng.choice((1, 2, 4, 4, 5, 5, 6, 9))
        value = 1 - value
    return int(bits[: 8 * length] or "0", 2).to_bytes(length, "big")


def random_frame(rng: random.Random, kind: str) -> Frame:
    """One frame of a kind; of the classic ones one in ten is remote."""
    extended = rng.random() < 0.5 if kind.startswith("FD") else kind.endswith("29")
    width = 29 if extended else 11
    some = rng.getrandbits(width)
    identifier = rng.choice((some, 0, (1 << width) - 1, some & rng.getrandbits(width)))
    if kind.startswith("FD"):
        data = stuffing_heavy(rng, rng.choice(SIZES))
        return Frame(identifier, data, extended, fd=True, brs=kind.endswith("with switch"))
    return Frame(identifier, stuffing_heavy(rng, rng.randrange(9)), extended, remote=rng.random() < 0.1)


def encoded(frame: Frame) -> wire_oracle.Wire:
    """The same frame from the other side."""
    if frame.fd:
        return wire_oracle.fd(frame.id, frame.data, extended=frame.extended, brs=frame.brs)
    return wire_oracle.classic(frame.id, frame.data, extended=frame.extended, remote=frame.remote)


@pytest.mark.parametrize("kind", KINDS)
def test_100_000_random_frames_have_the_bits_that_an_encoder_from_the_standard_sends(kind: str) -> None:
    """25 000 of each kind, nominal and data bits apart; seeded, with payloads that need many stuff bits."""
    rng = random.Random(kind)
    compared = 0
    for _ in range(FRAMES_PER_KIND):
        frame = random_frame(rng, kind)
        wire = encoded(frame)
        assert bits_on_wire(frame) == (wire.nominal, wire.fast), frame
        compared += 1

    assert compared == FRAMES_PER_KIND


# Recorded from real controllers and decoded by sigrok. The expected outputs, decoder/test/can/<name>.output of
# github.com/sigrokproject/sigrok-test, list every bit, stuff bit and CRC. Each row: name, frame, bits at nominal and
# data rate with three of intermission, CRC (None: see CRC_FIELDS).
RECORDED = (
    ("mcp2515dm-bm-125kbits_msg_222_5bytes", Frame(0x222, bytes.fromhex("0011223344")), (90, 0), 0x66DA),
    (
        "mcp2515dm-bm-125kbits_extmsg_11223344_7bytes",
        Frame(0x11223344, bytes.fromhex("00112233445566"), extended=True),
        (126, 0),
        0x0D30,
    ),
    ("mcp2515dm-bm-125kbits_bus_load_25percent", Frame(0x14611234, bytes(range(4)), extended=True), (107, 0), None),
    ("mcp2515dm-bm-125kbits_bus_load_25percent", Frame(0x110, bytes.fromhex("0011")), (67, 0), None),
    ("mcp2515dm-bm-125kbits_bus_load_25percent", Frame(0x550, bytes.fromhex("aabbccddeeff0a0b")), (115, 0), None),
    ("can_fd_ext_without_brs_8", Frame(0x42, bytes(range(8)), extended=True, fd=True), (158, 0), 0x2D8B),
    ("can_fd_std_without_brs_64", Frame(0x42, bytes(range(64)), fd=True), (605, 0), 0x1BAD13),
    ("can_fd_std_brs_8", Frame(0x42, bytes(range(8)), fd=True, brs=True), (30, 106), None),
    ("can_fd_ext_brs_64", Frame(0x42, bytes(range(64)), extended=True, fd=True, brs=True), (52, 575), None),
)


@pytest.mark.parametrize(("name", "frame", "bits", "crc"), RECORDED)
def test_a_frame_is_as_long_as_a_controller_sent_it(
    name: str, frame: Frame, bits: tuple[int, int], crc: int | None
) -> None:
    """Nine frames that crossed a wire, classic and FD, with and without bit-rate switch."""
    assert bits_on_wire(frame) == bits

    assert crc in (None, encoded(frame).crc)


# The fields `crc-sequence` of the same recordings; that decoder left stuff bits in it, so they are compared bit by bit.
CRC_FIELDS = (
    (Frame(0x14611234, bytes(range(4)), extended=True), "0 11111 0 11 0 11111 0 1"),
    (Frame(0x110, bytes.fromhex("0011")), "1 00 11 00000 1 1 00 1 0"),
    (Frame(0x550, bytes.fromhex("aabbccddeeff0a0b")), "1 00 11111 0 0 1111 00"),
    (Frame(0x42, bytes(range(8)), fd=True, brs=True), format(0x1BAB5BD, "027b")),
    (Frame(0x42, bytes(range(64)), extended=True, fd=True, brs=True), format(0x7AB2B54D, "032b")),
)


@pytest.mark.parametrize(("frame", "field"), CRC_FIELDS)
def test_the_encoder_sends_the_crc_field_of_the_recording(frame: Frame, field: str) -> None:
    """Stuff count, parity, CRC and stuff bits at their fixed places."""
    assert "".join(map(str, encoded(frame).crc_field)) == field.replace(" ", "")


def test_the_example_frame_of_the_encyclopaedia_comes_out_bit_by_bit() -> None:
    """Source: Wikipedia, CAN bus, the frame with id 0x14 and one byte 0x01, with its stuff bits and intermission."""
    published = "0000010010100000100010000010011110111010100111011111111111"

    assert str(wire_oracle.classic(0x14, b"\x01")) == published
    assert bits_on_wire(Frame(0x14, b"\x01")) == (len(published), 0)


@pytest.mark.parametrize(
    ("parameters", "check"),
    # Source: Catalogue of parametrised CRC algorithms (reveng.sourceforge.io), CRC of the nine bytes "123456789".
    [(wire_oracle.CRC15, 0x059E), (wire_oracle.CRC17, 0x04F03), (wire_oracle.CRC21, 0x0ED841)],
)
def test_the_encoder_has_the_polynomials_of_the_catalogue(parameters: tuple[int, int], check: int) -> None:
    """CRC-15/CAN, CRC-17/CAN-FD and CRC-21/CAN-FD, whose check values start from zero."""
    bits = [bit for byte in b"123456789" for bit in wire_oracle.number(byte, 8)]

    assert wire_oracle.remainder(bits, *parameters) == check


@given(st.binary(max_size=8), st.booleans(), st.data())
def test_a_classic_frame_stays_within_the_published_bounds(data: bytes, extended: bool, draw: st.DataObject) -> None:
    """At least g + 8s + 13 bits and at most floor((g + 8s - 1) / 4) more, g being 34 or 54: 111..135 for 8 bytes.

    Source: Davis, Burns, Bril, Lukkien, Controller Area Network (CAN) schedulability analysis: Refuted, revisited and
    revised, Real-Time Systems 35 (2007), transmission time of a message.
    """
    identifier = draw.draw(st.integers(0, (1 << (29 if extended else 11)) - 1))
    stuffed_bits = (54 if extended else 34) + 8 * len(data)

    nominal, fast = bits_on_wire(Frame(identifier, data, extended))

    assert 0 <= nominal - (stuffed_bits + 13) <= (stuffed_bits - 1) // 4
    assert fast == 0


def test_without_stuff_bits_a_frame_has_the_lengths_of_the_textbook() -> None:
    """111 and 131 bits for 8 bytes, 47 and 67 of frame. Sources: Davis et al. 2007; Linux, linux/can/length.h."""
    assert bits_on_wire(Frame(0x2AA, bytes.fromhex("5555555555555555"))) == (47 + 64, 0)
    assert bits_on_wire(Frame(0x0AAAAAAA, bytes.fromhex("5555555555555555"), extended=True)) == (67 + 64, 0)


def test_no_data_frame_without_payload_is_shorter_than_48_bits() -> None:
    """47 and the one stuff bit that RTR, IDE, r0 and a DLC of zero, seven dominant bits, always call for."""
    assert min(bits_on_wire(Frame(identifier))[0] for identifier in range(0x800)) == 48


@pytest.mark.parametrize(("length", "crc", "fixed"), [(16, 17, 6), (20, 21, 7)])
def test_an_fd_frame_has_a_longer_crc_above_16_bytes(length: int, crc: int, fixed: int) -> None:
    """Stuff count 4, then CRC17 and 6 or CRC21 and 7 fixed stuff bits. Source: Linux, include/linux/can/length.h."""
    frame = Frame(0x2AA, b"\x55" * length, fd=True, brs=True)

    sof_to_brs, esi, dlc, delimiter, closing = 17, 1, 4, 1, 12
    assert bits_on_wire(frame) == (sof_to_brs + closing, esi + dlc + 8 * length + 4 + crc + fixed + delimiter)


def test_the_last_crc_bit_of_a_classic_frame_may_call_for_a_stuff_bit() -> None:
    """Five equal bits end the CRC, so one more bit goes before the delimiter."""
    rng = random.Random(5)
    frames = [Frame(rng.getrandbits(11), rng.randbytes(3)) for _ in range(2000)]
    ending = [frame for frame in frames if len(set(encoded(frame).crc_field[-6:-1])) == 1]

    assert ending
    assert all(bits_on_wire(frame)[0] == encoded(frame).nominal for frame in ending)


def test_five_equal_bits_at_the_end_of_an_fd_payload_need_no_stuff_bit() -> None:
    """The first fixed stuff bit stands there already; the same payload with one more run inside is a bit longer."""
    plain = Frame(0x2AA, b"\x55" * 7 + b"\x50", fd=True)
    at_end = Frame(0x2AA, b"\x55" * 7 + b"\x60", fd=True)
    inside = Frame(0x2AA, b"\x55" * 6 + b"\x60\x55", fd=True)

    assert bits_on_wire(at_end) == bits_on_wire(plain) == (bits_on_wire(inside)[0] - 1, 0)


@pytest.mark.parametrize("fd", [False, True])
@given(draw=st.data(), extended=st.booleans(), brs=st.booleans())
def test_the_timer_of_a_slot_agrees_with_the_length_of_the_frame(
    draw: st.DataObject, fd: bool, extended: bool, brs: bool
) -> None:
    """It stops at the end of EOF; intermission is the bus's to keep. Any payload, any kind of data frame."""
    brs = fd and brs
    identifier = draw.draw(st.integers(0, (1 << (29 if extended else 11)) - 1))
    length = draw.draw(st.sampled_from(FD_LENGTHS if fd else FD_LENGTHS[:9]))
    timer = frame_timer(identifier, extended, fd, brs, length, 500_000, 2_000_000)
    for data in draw.draw(st.lists(st.binary(min_size=length, max_size=length), min_size=1, max_size=4)):
        frame = Frame(identifier, data, extended, fd, brs)
        wire = encoded(frame)

        assert timer(data) == (wire.nominal - INTERMISSION_BITS) * 2000 + wire.fast * 500
        assert timer(data) == duration_of(frame, 500_000, 2_000_000)


def test_a_frame_ends_before_intermission() -> None:
    """111 bits less 3, at 500 kbit/s; no data bit rate is needed where no bit is sent at it."""
    data = bytes.fromhex("5555555555555555")

    assert duration_of(Frame(0x2AA, data), 500_000) == 108 * 2000
    assert frame_timer(0x2AA, False, False, False, 8, 500_000, 0)(data) == 108 * 2000


@pytest.mark.parametrize("bitrate", [0, -500_000, 300_000, 1_500_000])
def test_a_bit_rate_without_a_whole_number_of_nanoseconds_is_refused_by_name(bitrate: int) -> None:
    """The bench counts integer nanoseconds, and a rounded bit would add up."""
    with pytest.raises(ValueError, match=rf"{bitrate} bit/s"):
        bit_time(bitrate)
    with pytest.raises(ValueError, match=rf"{bitrate} bit/s"):
        duration_of(Frame(1), bitrate)
    with pytest.raises(ValueError, match=rf"{bitrate} bit/s"):
        frame_timer(1, False, True, True, 8, 500_000, bitrate)


@pytest.mark.parametrize("fd", [False, True])
def test_a_timer_refuses_a_payload_of_another_length(fd: bool) -> None:
    """A length that the DLC does not say would be timed wrong without a word."""
    with pytest.raises(ValueError, match="7 bytes of payload given to the timer of a frame of 8"):
        frame_timer(1, False, fd, False, 8, 500_000)(bytes(7))


def test_a_timer_for_a_frame_that_cannot_be_is_refused() -> None:
    """As the frame itself would be."""
    with pytest.raises(ValueError, match="9 bytes"):
        frame_timer(1, False, False, False, 9, 500_000)
    with pytest.raises(ValueError, match="does not fit 11 bits"):
        frame_timer(0x800, False, False, False, 8, 500_000)
