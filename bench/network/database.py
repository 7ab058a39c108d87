"""A DBC file becomes a `BusLayout`, or one `ScenarioError` says why not; no file can hurt the bench.

What was read before comes from the cache, without cantools. Any other file is read by a child process under limits.
"""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import ScenarioError
from bench.model.layout import BusLayout
from bench.network import cache, plain

if TYPE_CHECKING:
    from bench.network.reader import Reader

MOST_BYTES = 16 << 20
"""The largest file; databases of whole vehicles have 1 to 5 MB."""


def load(path: Path, bus: str | None = None, reader: "Reader | None" = None) -> BusLayout:
    """The bus that a DBC file describes, named `bus`, else by its DBName, else by the file.

    For many files that are not in the cache, a `reader` of the caller's spares the start of a process for each.
    ScenarioError names the file, the line where it is known, what was found, what was expected and what to do.
    """
    file, data = str(path), content(path)
    key = cache.key(data)
    kept = cache.found(key)
    if kept is None:
        kept = _read(file, data, reader)
        cache.keep(key, kept)
    return plain.unpacked(kept, bus or "", path.stem.upper())


def content(path: Path) -> bytes:
    """The bytes of a database file; ScenarioError if it cannot be one."""
    try:
        with open(path, "rb", opener=_at_once) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise ScenarioError(f"{path}: cannot be read: no regular file; expected a DBC file; check the path")
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}; expected a DBC file; check the path") from error
    except ValueError as error:  # a NUL in the path
        raise ScenarioError(f"{str(path)!r}: cannot be read: {error}; expected a DBC file; check the path") from error
    if len(data) > MOST_BYTES:
        raise ScenarioError(f"{path}: has more than {MOST_BYTES >> 20} MiB; expected a DBC file; check the path")
    return data


def _at_once(path: str, flags: int) -> int:
    """Opens without waiting for a writer, should the path be a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read(file: str, data: bytes, reader: "Reader | None") -> bytes:
    if reader is not None:
        return reader.layout(file, data)
    from bench.network.reader import Reader  # subprocess costs 10 ms, which a file from the cache need not pay

    with Reader() as own:
        return own.layout(file, data)
