"""AUTOSAR E2E profiles 1 (variant 1A), 2 and 5 on a payload: alive counter and CRC, written and checked.

The header comes first. P01 and P02: CRC in byte 0, counter in the low nibble of byte 1, whose high nibble is content.
P05: CRC in bytes 0 and 1, low byte first, counter in byte 2. Data IDs are in the CRC and not on the wire.
Source: AUTOSAR E2E Protocol Specification, profiles 1, 2 and 5; AUTOSAR CRC library for the polynomials.
"""

from collections.abc import Callable
from functools import cache

from bench.model.layout import Protection

_J1850 = 0x1D  # x^8 + x^4 + x^3 + x^2 + 1. The AUTOSAR routine's start and XOR values cancel out: 0x00 and 0x00
_H2F = 0x2F  # x^8 + x^5 + x^3 + x^2 + x + 1, start and XOR value 0xFF
_CCITT = 0x1021  # x^16 + x^12 + x^5 + 1, start value 0xFFFF, no XOR value

_HEADER = {"P01": 2, "P02": 2, "P05": 3}
_CRC_BYTES = {"P01": range(1), "P02": range(1), "P05": range(2)}

Protector = Callable[[bytes, int], bytes]
"""(payload, counter below the modulo) -> the payload with counter and CRC written, all other bits as they were."""

Checker = Callable[[bytes], int | None]
"""Payload -> its counter if the CRC is right, else None. A payload of another length is never right."""


@cache
def protector(protection: Protection, length: int) -> Protector:
    """The function that completes payloads of `length` bytes.

    ValueError when the profile is none of the three, or Data IDs or length do not fit it.
    """
    _refuse_misfit(protection, length)
    if protection.profile == "P01":
        return _protect_p01(protection.data_ids[0])
    if protection.profile == "P02":
        return _protect_p02(protection.data_ids)
    return _protect_p05(protection.data_ids[0])


@cache
def checker(protection: Protection, length: int) -> Checker:
    """The function that checks payloads of `length` bytes. ValueError as for `protector`.

    It judges the CRC only: a P01 frame with counter 15, which no sender uses, is for whoever follows the sequence.
    """
    complete = protector(protection, length)
    place, mask = (2, 0xFF) if protection.profile == "P05" else (1, 0x0F)

    def check(data: bytes) -> int | None:
        if len(data) != length:
            return None
        counter = data[place] & mask
        return counter if complete(data, counter) == data else None

    return check


def counter_of(protection: Protection, data: bytes) -> int:
    """The alive counter in a payload, whatever its CRC says."""
    return data[2] if protection.profile == "P05" else data[1] & 0x0F


def crc_field(protection: Protection) -> range:
    """Positions of the bytes that hold the CRC."""
    return _CRC_BYTES[protection.profile]


def _refuse_misfit(protection: Protection, length: int) -> None:
    profile, ids = protection.profile, protection.data_ids
    if profile not in _HEADER:
        raise ValueError(f"no E2E profile '{profile}'; there are {', '.join(_HEADER)}")
    if length < _HEADER[profile]:
        raise ValueError(f"{length} bytes are too few for E2E {profile}; its header alone has {_HEADER[profile]}")
    count, top = (16, 0xFF) if profile == "P02" else (1, 0xFFFF)
    if len(ids) != count or not all(0 <= one <= top for one in ids):
        shown = ", ".join(f"{one:#x}" for one in ids) or "none"
        raise ValueError(f"E2E {profile} takes {count} Data ID(s) of at most {top:#x}; got {shown}")


def _protect_p01(data_id: int) -> Protector:
    table = _table8(_J1850)
    start = table[table[data_id & 0xFF] ^ data_id >> 8]

    def protect(payload: bytes, counter: int) -> bytes:
        second = payload[1] & 0xF0 | counter
        crc = table[start ^ second]
        content = payload[2:]
        for byte in content:
            crc = table[crc ^ byte]
        return bytes((crc, second)) + content

    return protect


def _protect_p02(data_ids: tuple[int, ...]) -> Protector:
    table = _table8(_H2F)

    def protect(payload: bytes, counter: int) -> bytes:
        second = payload[1] & 0xF0 | counter
        crc = table[0xFF ^ second]
        content = payload[2:]
        for byte in content:
            crc = table[crc ^ byte]
        return bytes((table[crc ^ data_ids[counter]] ^ 0xFF, second)) + content

    return protect


def _protect_p05(data_id: int) -> Protector:
    table = _table16(_CCITT)
    low, high = data_id & 0xFF, data_id >> 8

    def protect(payload: bytes, counter: int) -> bytes:
        crc = table[0xFF ^ counter] ^ 0xFF00
        content = payload[3:]
        for byte in content:
            crc = table[crc >> 8 ^ byte] ^ crc << 8 & 0xFF00
        crc = table[crc >> 8 ^ low] ^ crc << 8 & 0xFF00
        crc = table[crc >> 8 ^ high] ^ crc << 8 & 0xFF00
        return bytes((crc & 0xFF, crc >> 8, counter)) + content

    return protect


@cache
def _table8(polynomial: int) -> list[int]:
    return [one >> 8 for one in _table16(polynomial << 8)]


@cache
def _table16(polynomial: int) -> list[int]:
    made = []
    for byte in range(256):
        register = byte << 8
        for _ in range(8):
            register = (register << 1 & 0xFFFF) ^ (polynomial if register & 0x8000 else 0)
        made.append(register)
    return made
