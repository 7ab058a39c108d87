"""One exchange with an instrument as bytes: a question that can be checked, and what its answer must look like.

A question is one SCPI message. It begins by writing a mark into the event status enable register and reading it back,
and it ends by reading the event status register and the mark again:

    *ESE 90;*ESE?;:VOLT?;:VOLT?;*ESR?;*ESE?    ->    90;12.5;12.5;0;90

An answer with another mark belongs to an older question. A register with error bits says that some part of this
message, or of one before it, was not understood. And whatever matters is in the message twice. The register is used
because every instrument has it, and because it does nothing as long as no service requests are enabled (*SRE 0).
Source: IEEE 488.2-1992, 7.3 (messages of several units), 8.7.9 (definite length block), 11.5.1 (the registers).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMMAND, EXECUTION, DEVICE, QUERY, POWER_ON = 32, 16, 8, 4, 128
"""Bits of the event status register: IEEE 488.2-1992, 11.5.1.1."""

ERRORS = COMMAND | EXECUTION | DEVICE | QUERY
STRIDE = 89
"""From one mark to the next; odd, so that all 256 come in turn, and such that neighbours share few digits."""

_TEXT = re.compile(rb'[^;"]*(?:"[^"]*"[^;"]*)*')


class Garbled(ValueError):
    """The answer is not what this question can have been answered by."""


class Stale(ValueError):
    """The answer belongs to an older question."""


class Broken(Garbled):
    """The answer is to this question, and ends before its end: the instrument dropped the rest of the message."""


@dataclass(frozen=True, slots=True)
class Question:
    """SCPI lines that go out as one message under a mark (1 to 255)."""

    lines: tuple[str, ...]
    mark: int

    @property
    def message(self) -> str:
        """The message, without its end."""
        units = (line if line.startswith((":", "*")) else f":{line}" for line in self.lines)
        return ";".join((f"*ESE {self.mark}", "*ESE?", *units, "*ESR?", "*ESE?"))

    def fields(self, answer: bytes) -> "Answer":
        """The parts of an answer to this question; Stale, Broken or Garbled if it is none."""
        parts = list(split(answer))
        if not parts or number(parts[0]) != self.mark:
            raise Stale(f"it begins with {shown(parts[0]) if parts else 'nothing'}; expected the mark {self.mark}")
        wanted = sum(queries(line) for line in self.lines)
        if len(parts) != wanted + 3:
            kind = Broken if len(parts) < wanted + 3 else Garbled
            raise kind(f"it has {len(parts)} parts; expected {wanted + 3}")
        status = number(parts[-2])
        if number(parts[-1]) != self.mark or status is None or not 0 <= status <= 255:
            raise Garbled(f"it ends with {shown(parts[-2])};{shown(parts[-1])}; expected a status and {self.mark}")
        return Answer(tuple(parts[1:-2]), status)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came between the marks, and the event status register (0 to 255)."""

    parts: tuple[bytes, ...]
    status: int


def next_mark(mark: int) -> int:
    """The mark of the next question; never 0, which the register holds before anybody wrote it."""
    return (mark + STRIDE) % 256 or STRIDE


def queries(line: str) -> int:
    """How many answers a line asks for: its question marks, those within texts left out."""
    return sum(part.count("?") for part in line.split('"')[::2])


def split(answer: bytes) -> Iterator[bytes]:
    """The parts of an answer between semicolons; texts in quotes and blocks keep theirs. A block comes bare."""
    at = 0
    while True:
        header = _block(answer, at)
        if header is not None:
            end = sum(header)
            yield answer[header[0] : end]
        else:
            end = _text_end(answer, at)
            yield answer[at:end].strip()
        rest = answer[end:]
        if not rest.strip(b"\r\n"):
            return
        if not rest.startswith(b";"):
            raise Garbled(f"a block is followed by {shown(rest)}; expected a semicolon")
        at = end + 1


def ended(answer: bytes | bytearray) -> bool:
    """Whether the bytes so far are a whole message: a line feed that stands outside blocks."""
    at = 0
    while at < len(answer):
        header = _block(answer, at)
        if header is not None:
            at = sum(header)
        elif _begins_block(answer, at):
            return False
        else:
            end = _text_end(answer, at)
            if answer.find(b"\n", at, end) >= 0:
                return True
            at = end
        if answer[at : at + 1] == b";":
            at += 1
        elif at < len(answer):  # what follows a block and is no semicolon, up to its line feed
            return answer.find(b"\n", at) >= 0
    return False


def number(part: bytes) -> int | None:
    """The whole number that a part of an answer is, or None."""
    text = part.decode("ascii", "replace").strip().removeprefix("+")
    return int(text) if text.isascii() and text.isdigit() else None


def text(part: bytes) -> str:
    """A part of an answer as text; what is not ASCII is shown as \\x.., which no number contains."""
    return part.decode("ascii", "backslashreplace")


def shown(part: bytes) -> str:
    """A part of an answer for an error's message, cut to what helps."""
    return repr(part[:40].decode("ascii", "backslashreplace"))


def _begins_block(answer: bytes | bytearray, at: int) -> bool:
    """A block begins with # and a digit from 1 to 9, or ends here before one could tell."""
    return answer[at : at + 1] == b"#" and (len(answer) == at + 1 or answer[at + 1] in b"123456789")


def _block(answer: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Where the content of the block that begins here lies, and its length; None if none begins or not yet."""
    if not _begins_block(answer, at) or len(answer) < at + 2:
        return None
    digits = answer[at + 1] - ord("0")
    length = number(bytes(answer[at + 2 : at + 2 + digits]))
    if length is None or len(answer) < at + 2 + digits:
        return None
    return at + 2 + digits, length


def _text_end(answer: bytes | bytearray, at: int) -> int:
    """Where the part that begins here ends: before a semicolon outside quotes, or with the bytes."""
    found = _TEXT.match(answer, at)
    assert found is not None  # it matches nothing too
    return found.end() if answer[found.end() : found.end() + 1] == b";" else len(answer)
