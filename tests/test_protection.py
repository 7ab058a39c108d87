"""E2E profiles 1A, 2 and 5: against the library autosar-e2e, published vectors and the check values of the CRCs."""

import e2e
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.layout import Protection
from bench.network.protection import checker, counter_of, crc_field, protector

LENGTHS = (2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64)


@st.composite
def protected(draw: st.DrawFn) -> tuple[Protection, bytes, int]:
    """A protection, a payload with anything in the header, and a counter that the profile can have."""
    profile = draw(st.sampled_from(("P01", "P02", "P05")))
    size, top = (16, 0xFF) if profile == "P02" else (1, 0xFFFF)
    ids = draw(st.lists(st.integers(0, top), min_size=size, max_size=size))
    protection = Protection(profile, tuple(ids))
    length = draw(st.sampled_from(LENGTHS[1:]))
    return protection, draw(st.binary(min_size=length, max_size=length)), draw(st.integers(0, protection.modulo - 1))


def by_the_library(protection: Protection, payload: bytes, counter: int) -> bytes:
    """The same frame made by autosar-e2e, which takes the counter from the payload."""
    data = bytearray(payload)
    if protection.profile == "P05":
        data[2] = counter
        e2e.p05.e2e_p05_protect(data, protection.data_ids[0], increment_counter=False)
        return bytes(data)
    data[1] = data[1] & 0xF0 | counter
    if protection.profile == "P01":
        mode = e2e.p01.E2E_P01_DATAID_BOTH
        e2e.p01.e2e_p01_protect(data, protection.data_ids[0], data_id_mode=mode, increment_counter=False)
    else:
        e2e.p02.e2e_p02_protect(data, bytes(protection.data_ids), increment_counter=False)
    return bytes(data)


@given(protected())
def test_a_frame_is_the_one_that_another_library_makes(case: tuple[Protection, bytes, int]) -> None:
    """Any Data IDs, length, content and counter, byte for byte; and the checker gives the counter back."""
    protection, payload, counter = case

    data = protector(protection, len(payload))(payload, counter)

    assert data == by_the_library(protection, payload, counter)
    assert checker(protection, len(payload))(data) == counter == counter_of(protection, data)


@given(protected())
def test_the_content_stays_as_it_was(case: tuple[Protection, bytes, int]) -> None:
    """Only CRC and counter are written; the high nibble of byte 1 is content in P01 and P02."""
    protection, payload, counter = case

    data = protector(protection, len(payload))(payload, counter)

    assert len(data) == len(payload)
    if protection.profile == "P05":
        assert data[3:] == payload[3:]
    else:
        assert data[2:] == payload[2:]
        assert data[1] & 0xF0 == payload[1] & 0xF0


@given(protected(), st.data())
def test_one_flipped_bit_never_passes(case: tuple[Protection, bytes, int], draw: st.DataObject) -> None:
    """In content, counter or CRC. In P02 a flipped counter bit picks another Data ID, which may happen to match."""
    protection, payload, counter = case
    data = protector(protection, len(payload))(payload, counter)
    bit = draw.draw(st.integers(0, 8 * len(data) - 1))
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8

    seen = checker(protection, len(data))(bytes(flipped))

    if protection.profile == "P02" and 8 <= bit < 12:
        assert seen in (None, counter_of(protection, bytes(flipped)))
    else:
        assert seen is None


@given(protected(), st.data())
def test_the_wrong_data_id_is_a_wrong_crc(case: tuple[Protection, bytes, int], draw: st.DataObject) -> None:
    """A frame of another message does not pass as this one (masquerade)."""
    protection, payload, counter = case
    data = protector(protection, len(payload))(payload, counter)
    place = counter if protection.profile == "P02" else 0
    changed = list(protection.data_ids)
    # Up to eight flipped bits in a row are within what an 8-bit CRC surely finds, up to sixteen what a 16-bit one does.
    changed[place] ^= draw.draw(st.integers(1, 0xFF if protection.profile != "P05" else 0xFFFF))

    assert checker(Protection(protection.profile, tuple(changed)), len(data))(data) is None


@pytest.mark.parametrize(
    ("protection", "payload", "counter", "expected"),
    [
        # Test vectors of two independent implementations: github.com/zariiii9003/autosar-e2e, test/test_p01.py,
        # test_p02.py and test_p05.py; github.com/remotivelabs/autosar-e2e, src/profiles/profile1.rs, profile2.rs and
        # profile5.rs.
        (Protection("P01", (0x0123,)), "0000000000000000", 0, "cc00000000000000"),
        (Protection("P01", (0x0123,)), "0000000000000000", 1, "9101000000000000"),
        (Protection("P01", (0x1234,)), "00000203", 1, "a8010203"),
        (Protection("P02", (0,) * 16), "0000000000000000", 1, "4501000000000000"),
        (Protection("P02", tuple(range(16))), "0001020304050607", 2, "bc02020304050607"),
        (Protection("P02", tuple(range(16))), "0001020304050607", 1, "6101020304050607"),
        (Protection("P02", (0, 0x12, *(0,) * 14)), "00010203", 1, "5f010203"),
        (Protection("P02", (0, 0xA5, *(0,) * 14)), "000123456789", 1, "1a0123456789"),
        (Protection("P05", (0x1234,)), "0000000000000000", 0, "1cca000000000000"),
        (Protection("P05", (0x1234,)), "0000000000000000", 1, "cf8d010000000000"),
    ],
)
def test_published_frames_come_out(protection: Protection, payload: str, counter: int, expected: str) -> None:
    """Whole frames, header included."""
    data = bytes.fromhex(payload)

    assert protector(protection, len(data))(data, counter).hex() == expected


def test_the_crcs_have_their_published_check_values() -> None:
    """The nine bytes "123456789", put where each profile's CRC runs over them.

    Source: Catalogue of parametrised CRC algorithms (reveng.sourceforge.io): CRC-8/GSM-A, which is polynomial 0x1D from
    0x00, 0x37; CRC-8/AUTOSAR 0xDF; CRC-16/IBM-3740 (CCITT-FALSE) 0x29B1.
    """
    by_p01 = protector(Protection("P01", (0x3231,)), 8)(b"\x003456789", 0x3)
    by_p02 = protector(Protection("P02", (0x39,) * 16), 9)(b"\x0012345678", 0x1)
    by_p05 = protector(Protection("P05", (0x3938,)), 9)(b"\x00\x001234567", 0x31)

    assert by_p01[0] == 0x37
    assert by_p02[0] == 0xDF
    assert int.from_bytes(by_p05[:2], "little") == 0x29B1


@given(protected())
def test_an_inverted_crc_field_is_a_wrong_crc_and_leaves_the_counter(case: tuple[Protection, bytes, int]) -> None:
    """What a crc_wrong fault does to a frame."""
    protection, payload, counter = case
    data = bytearray(protector(protection, len(payload))(payload, counter))
    for place in crc_field(protection):
        data[place] ^= 0xFF

    assert checker(protection, len(data))(bytes(data)) is None
    assert counter_of(protection, bytes(data)) == counter


@pytest.mark.parametrize("length", [0, 1, 7, 9, 64])
@pytest.mark.parametrize("profile", ["P01", "P02", "P05"])
def test_a_payload_of_another_length_is_not_right(profile: str, length: int) -> None:
    """Any bytes are judged without an error."""
    protection = Protection(profile, (0,) * (16 if profile == "P02" else 1))

    assert checker(protection, 8)(bytes(length)) is None


@pytest.mark.parametrize(
    ("protection", "length", "finding"),
    [
        (Protection("P04", (1,)), 8, "no E2E profile 'P04'; there are P01, P02, P05"),
        (Protection("P01", (1,)), 1, "1 bytes are too few for E2E P01; its header alone has 2"),
        (Protection("P05", (1,)), 2, "its header alone has 3"),
        (Protection("P01", (1, 2)), 8, r"E2E P01 takes 1 Data ID\(s\) of at most 0xffff; got 0x1, 0x2"),
        (Protection("P05", ()), 8, "got none"),
        (Protection("P05", (0x1_0000,)), 8, "got 0x10000"),
        (Protection("P02", (1,) * 15), 8, "takes 16"),
        (Protection("P02", (0x100,) * 16), 8, "at most 0xff"),
    ],
)
def test_a_protection_that_does_not_fit_is_refused(protection: Protection, length: int, finding: str) -> None:
    """When it is made, not when the first frame goes out."""
    with pytest.raises(ValueError, match=finding):
        protector(protection, length)
    with pytest.raises(ValueError, match=finding):
        checker(protection, length)
