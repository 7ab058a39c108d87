"""Plain tables for a terminal: aligned columns, and lines that are redrawn where they stand."""

from collections.abc import Sequence
from os import get_terminal_size, terminal_size
from typing import TextIO
from unicodedata import east_asian_width

USUAL = terminal_size((120, 40))
"""The size of a terminal that does not tell its own."""

_UP, _REST_OF_LINE, _REST_OF_SCREEN, _ALL = "\x1b[{}A", "\x1b[K", "\x1b[J", "\x1b[2J\x1b[H"


def grid(rows: Sequence[Sequence[str]], right: str = "") -> list[str]:
    """Rows of cells as lines with aligned columns; `right` has an `r` at each column that is flush right.

    Cells must be printable: what comes from outside has passed `report.text.line`.
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    flush = right.ljust(len(widths))
    return ["  ".join(map(_padded, row, widths, flush)).rstrip() for row in rows]


def cut(line: str, columns: int) -> str:
    """As much of a line as fits so many columns of a terminal; wide characters take two."""
    if len(line) * 2 <= columns or _width(line) <= columns:
        return line
    taken = 0
    for place, letter in enumerate(line):
        taken += _width(letter)
        if taken > columns - 1:
            return line[:place] + "\N{HORIZONTAL ELLIPSIS}"
    return line


class Screen:
    """Lines on a terminal, drawn anew in place of those before; what does not fit is left out and counted."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0
        self._size = self.size()

    def size(self) -> terminal_size:
        """Columns and lines of the terminal at present."""
        try:
            found = get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return USUAL
        return found if found.columns and found.lines else USUAL

    def show(self, lines: Sequence[str]) -> None:
        """Draw these lines."""
        size = self.size()
        room = max(size.lines - 1, 1)
        shown = list(lines[:room])
        if len(lines) > room:
            shown[-1] = f"\N{HORIZONTAL ELLIPSIS} and {len(lines) - room + 1} lines more"
        # After a change of its size a terminal has broken the lines anew, so nobody knows where they are.
        begin = _ALL if size != self._size else _UP.format(self._drawn) + "\r" if self._drawn else ""
        body = "".join(f"{cut(line, size.columns)}{_REST_OF_LINE}\n" for line in shown)
        self._stream.write(begin + body + _REST_OF_SCREEN)
        self._stream.flush()
        self._drawn, self._size = len(shown), size

    def clear(self) -> None:
        """Take away what was drawn."""
        if self._drawn:
            self._stream.write(_UP.format(self._drawn) + "\r" + _REST_OF_SCREEN)
            self._stream.flush()
            self._drawn = 0


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _padded(cell: str, width: int, flush: str) -> str:
    blank = " " * (width - _width(cell))
    return blank + cell if flush == "r" else cell + blank
