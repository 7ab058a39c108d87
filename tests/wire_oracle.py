"""A CAN frame as the list of its bits, made bit by bit from ISO 11898-1:2015. It imports nothing of the bench.

Plain on purpose: one list, one CRC register and one run of equal bits, each moved by one bit at a time. It is itself
held against recordings of real controllers in test_timing.py.
"""

from dataclasses import dataclass

DLC = {size: code for code, size in enumerate((0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64))}

CRC15 = (15, 0xC599)  # x15 + x14 + x10 + x8 + x7 + x4 + x3 + 1
CRC17 = (17, 0x3685B)  # x17 + x16 + x14 + x13 + x11 + x6 + x4 + x3 + x + 1
CRC21 = (21, 0x302899)  # x21 + x20 + x13 + x11 + x7 + x4 + x3 + 1


@dataclass(frozen=True)
class Wire:
    """All bits from SOF to the end of intermission, and what there is to compare.

    `nominal` and `fast` count the bits at either rate, BRS bit nominal and CRC delimiter fast; `stuff_bits` counts the
    dynamic ones. `crc_field` is what lies between payload and CRC delimiter, fixed stuff bits included.
    """

    bits: tuple[int, ...]
    nominal: int
    fast: int
    crc: int
    stuff_bits: int
    crc_field: tuple[int, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.bits))


def remainder(bits: list[int], width: int, polynomial: int, register: int = 0) -> int:
    """The CRC of a string of bits, by long division."""
    top = 1 << width
    for bit in bits:
        register <<= 1
        if bit:
            register ^= top
        if register & top:
            register ^= polynomial
    return register


def number(value: int, width: int) -> list[int]:
    """The bits of a number, most significant first."""
    return [value >> place & 1 for place in range(width - 1, -1, -1)]


class Line:
    """What has been sent so far of the stretch with dynamic stuffing."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.stuff_bits = 0
        self.value, self.run = 1, 0

    def send(self, bits: list[int]) -> None:
        """Send bits, with a stuff bit after each five equal ones."""
        for bit in bits:
            self.sent.append(bit)
            self.run = self.run + 1 if bit == self.value else 1
            self.value = bit
            if self.run == 5:
                self.sent.append(1 - bit)
                self.stuff_bits += 1
                self.value, self.run = 1 - bit, 1


def arbitration(identifier: int, extended: bool, remote: bool) -> list[int]:
    """SOF, identifier, RTR and IDE; of an extended frame up to the RTR bit."""
    if not extended:
        return [0, *number(identifier, 11), int(remote), 0]
    base, extension = divmod(identifier, 1 << 18)
    return [0, *number(base, 11), 1, 1, *number(extension, 18), int(remote)]


def classic(identifier: int, data: bytes = b"", *, extended: bool = False, remote: bool = False) -> Wire:
    """A classic frame: the CRC over the bits without stuff bits, stuffing to the end of the CRC sequence."""
    bits = arbitration(identifier, extended, remote)
    bits += [0, 0] if extended else [0]
    bits += number(len(data), 4)
    for byte in b"" if remote else data:
        bits += number(byte, 8)
    crc = remainder(bits, *CRC15)
    line = Line()
    line.send(bits)
    before = len(line.sent)
    line.send(number(crc, 15))
    field = tuple(line.sent[before:])
    bits = [*line.sent, 1, 0, 1, *[1] * 7, *[1] * 3]  # CRC delimiter, ACK, ACK delimiter, EOF, intermission
    return Wire(tuple(bits), len(bits), 0, crc, line.stuff_bits, field)


def fd(identifier: int, data: bytes = b"", *, extended: bool = False, brs: bool = False) -> Wire:
    """An ISO CAN FD frame: the CRC over stuff bits and stuff count, dynamic stuffing to the end of the payload."""
    line = Line()
    line.send(arbitration(identifier, extended, False))
    line.send([1, 0])  # FDF, res
    line.send([int(brs)])
    switched = len(line.sent)
    rest = [0, *number(DLC[len(data)], 4)]  # ESI of an error-active node, DLC
    for byte in data:
        rest += number(byte, 8)
    line.send(rest[:-1])
    line.sent.append(rest[-1])  # if a stuff bit is due after it, the first fixed one takes its place
    count = line.stuff_bits % 8
    gray = number(count ^ count >> 1, 3)
    stuff_count = [*gray, sum(gray) % 2]
    width, polynomial = CRC17 if len(data) <= 16 else CRC21
    # The register begins with a one followed by zeros.
    crc = remainder([*line.sent, *stuff_count], width, polynomial, 1 << width - 1)
    field: list[int] = []
    for place, bit in enumerate([*stuff_count, *number(crc, width)]):
        if place % 4 == 0:
            field.append(1 - (field or line.sent)[-1])
        field.append(bit)
    head = [*line.sent, *field, 1]  # with the CRC delimiter
    bits = [*head, 0, 1, *[1] * 7, *[1] * 3]
    fast = len(head) - switched if brs else 0
    return Wire(tuple(bits), len(bits) - fast, fast, crc, line.stuff_bits, tuple(field))
