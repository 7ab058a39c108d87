"""A function of generated code while it is being written, as `packer` and `unpacker` do for each message.

Of a database only numbers and plain identifiers reach the text; labels and odd names come in as objects.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.network.field import Field

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class Script:
    """A function being written: its lines, and the objects that they name."""

    fields: Sequence[Field]
    length: int
    lines: list[str] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=lambda: {"from_bytes": int.from_bytes})
    byte_order: str = field(init=False)

    def __post_init__(self) -> None:
        wide = any(placed.big for placed in self.fields if placed.first != placed.last)
        self.byte_order = "big" if wide else "little"

    def write(self, depth: int, line: str) -> None:
        """Add a line, indented by `depth`."""
        self.lines.append(" " * depth + line)

    def know(self, name: str, thing: object) -> str:
        """Make an object known to the text; gives the name back."""
        self.known[name] = thing
        return name

    def key(self, i: int) -> str:
        """Text of a signal's name, a literal only if it is a plain identifier."""
        name = self.fields[i].signal.name
        return f"'{name}'" if IDENTIFIER.fullmatch(name) else self.know(f"k{i}", name)

    def place(self, i: int) -> tuple[str, int]:
        """Byte order in which a signal is packed, and its shift there.

        A signal inside one byte is the same in both orders, so it follows the others; that spares most mixed messages
        the second integer.
        """
        placed = self.fields[i]
        if placed.first != placed.last:
            return "big" if placed.big else "little", placed.shift
        byte = self.length - 1 - placed.first if self.byte_order == "big" else placed.first
        return self.byte_order, 8 * byte + placed.shift % 8

    def compiled(self, name: str) -> Callable[..., Any]:
        """The written function `name`."""
        exec(compile("\n".join(self.lines), f"<{name} of a message>", "exec"), self.known)
        function: Callable[..., Any] = self.known[name]
        return function

    def selected_by(self, mux: int | None) -> Iterator[tuple[tuple[int, ...], list[int]]]:
        """Signals (by index) below a multiplexer, grouped by the raw values that select them; None: always there."""
        groups: dict[tuple[int, ...], list[int]] = {}
        parent = None if mux is None else self.fields[mux].signal.name
        for i, placed in enumerate(self.fields):
            if placed.signal.mux == parent:
                groups.setdefault(() if mux is None else placed.signal.mux_ids, []).append(i)
        yield from groups.items()

    def is_mux(self, i: int) -> bool:
        """Whether others depend on this signal."""
        return self.fields[i].selects is not None

    def enter(self, mux: int | None, ids: Iterable[int], member: int, depth: int) -> int:
        """Begin the block of signals that these values of a multiplexer select; gives its depth."""
        if mux is None:
            return depth
        self.write(depth, f"if r{mux} in {self.know(f'm{member}', frozenset(ids))}:")
        return depth + 1


def literal(number: float) -> str:
    """A number as source text. Goes through int or float, so that nothing else can get into the text."""
    if isinstance(number, int):
        return repr(int(number))
    return repr(float(number)).replace("inf", "1e999")
