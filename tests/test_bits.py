"""The bits of single frames against an encoder of another hand, and against the lengths that the bench counts."""

from itertools import pairwise

import pytest
import wire_oracle
from hypothesis import given
from hypothesis import strategies as st

from bench.model.frame import FD_LENGTHS, Frame
from bench.network.bits import stream
from bench.network.timing import duration_of


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Any data frame; contents lean to long runs of equal bits."""
    extended, fd = draw(st.booleans()), draw(st.booleans())
    brs = fd and draw(st.booleans())
    top = 0x1FFF_FFFF if extended else 0x7FF
    length = draw(st.sampled_from(FD_LENGTHS if fd else range(9)))
    byte = st.sampled_from([0, 0xFF, 0x0F, 0x83]) | st.integers(0, 255)
    data = bytes(draw(st.lists(byte, min_size=length, max_size=length)))
    return Frame(draw(st.sampled_from([0, top]) | st.integers(0, top)), data, extended, fd, brs)


def encoded(frame: Frame) -> wire_oracle.Wire:
    """The frame by the bit-by-bit encoder."""
    if frame.fd:
        return wire_oracle.fd(frame.id, frame.data, extended=frame.extended, brs=frame.brs)
    return wire_oracle.classic(frame.id, frame.data, extended=frame.extended)


@given(frames())
def test_each_bit_is_that_of_the_other_encoder(frame):
    """All but intermission; a transmitter sends the ACK slot recessive."""
    bits = list(encoded(frame).bits[:-3])
    assert bits[-9] == 0
    bits[-9] = 1

    assert stream(frame, 500_000, 2_000_000).bits == tuple(bits)


@given(frames())
def test_it_lasts_as_long_as_the_bench_counts_without_making_bits(frame):
    found = stream(frame, 500_000, 2_000_000)
    times = [found.time(place) for place in range(len(found.bits) + 1)]

    assert times[-1] == duration_of(frame, 500_000, 2_000_000)
    assert [after - before for before, after in pairwise(times)] == [
        found.bit_at(place) for place in range(len(found.bits))
    ]
    assert found.bits[found.slow - 1 : found.slow + 1] == (1, 1)


@given(frames())
def test_the_first_bit_after_the_dlc_is_the_first_one_that_the_payload_changes(frame):
    """Inverting the first payload bit leaves all before it as it was."""
    if not frame.data:
        return
    other = Frame(frame.id, bytes([frame.data[0] ^ 0x80]) + frame.data[1:], frame.extended, frame.fd, frame.brs)
    one, two = stream(frame, 500_000, 2_000_000), stream(other, 500_000, 2_000_000)

    assert one.payload == two.payload
    assert one.bits[: one.payload] == two.bits[: one.payload]
    assert one.bits[one.payload] != two.bits[one.payload]


@pytest.mark.parametrize("remote", [False, True])
def test_a_remote_frame_has_no_payload(remote):
    found = stream(Frame(0x123, bytes(3), remote=remote), 500_000)

    assert found.time(len(found.bits)) == duration_of(Frame(0x123, bytes(3), remote=remote), 500_000)
