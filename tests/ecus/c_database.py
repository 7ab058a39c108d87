"""The tables of ecus/telematics/database.h as written there, and the unit's frame as ctypes has it."""

import ctypes
import re
from pathlib import Path

_TEXT = (Path(__file__).parents[2] / "ecus" / "telematics" / "database.h").read_text("utf-8")


def _table(name: str) -> list[list[str]]:
    """The rows of one table: `X(a, b, ...)`."""
    body = re.search(rf"#define {name}\(X\)((?:[^\n]*\\\n)+[^\n]*\n)", _TEXT)[1]
    return [
        [word.strip() for word in row.replace("\\\n", "").split(",")]
        for row in re.findall(r"X\(([^)]*)\)", body)
    ]  # fmt: skip


SENT, RECEIVED, SIGNALS, LABELS, DATA_IDS = map(_table, ("SENT", "RECEIVED", "SIGNALS", "LABELS", "DATA_IDS"))

MESSAGE = {row[0]: number for number, row in enumerate(SENT + RECEIVED)}
"""The C enumeration of messages, by name."""

SIGNAL = {(row[0], row[1]): number for number, row in enumerate(SIGNALS)}
"""The C enumeration of signals, by message and name."""

NUMBERS = {row[0]: [int(word, 0) for word in row[1:6] + row[7:]] + [row[6]] for row in SENT + RECEIVED}
"""Identifier, bytes, cycle, offset, minimum delay, Data ID, greatest step, profile, by message."""


class Frame(ctypes.Structure):
    """`struct frame`."""

    _fields_ = (
        ("id", ctypes.c_uint32),
        ("fd", ctypes.c_uint8),
        ("length", ctypes.c_uint8),
        ("data", ctypes.c_uint8 * 64),
    )

    @classmethod
    def of(cls, identifier: int, data: bytes, fd: bool = False) -> "Frame":
        """A frame with this content."""
        return cls(identifier, fd, len(data), (ctypes.c_uint8 * 64)(*data))

    @property
    def payload(self) -> bytes:
        """Its data bytes."""
        return bytes(self.data[: self.length])
