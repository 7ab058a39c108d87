"""The trace as one file: a ZIP of plain little-endian columns, so that numpy.frombuffer or twenty lines read it.

The bytes are a function of the trace alone (fixed dates, fixed order); docs/reports.md describes every entry.
"""

import json
import sys
import zipfile
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from bench.errors import RigError
from bench.model.expression import Value
from bench.model.lab import Reading
from bench.model.trace import Frames, Occurrence, Samples, Trace, little_endian

FORMAT = 1
COLUMNS = ("end", "start", "release", "bus", "message", "id", "flags")
_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
# What a damaged file makes the libraries raise: zipfile says NotImplementedError of an entry whose damaged header
# names a compression or a version that it does not know.
_UNREADABLE = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError),
    *(LookupError, ValueError, TypeError, RecursionError),
)
_LEVEL = 1  # of zlib: level 6 is four times slower on a million frames and saves a tenth


def write_trace(trace: Trace, path: Path) -> None:
    """Write the trace to a new file."""
    frames, samples = trace.frames, trace.samples
    columns = {name: getattr(frames, name) for name in COLUMNS}
    values = list(zip(*samples.rows, strict=True)) or [()] * len(samples.names)
    kinds = list(map(_kind, values))
    header = {
        "format": FORMAT,
        "digest": trace.digest(),
        "closed_at": trace.closed_at,
        "complete": trace.complete,
        "frames": {"rows": len(frames), "columns": {name: _dtype(column) for name, column in columns.items()}},
        "samples": {
            "rows": len(samples.at),
            "at": _dtype(samples.at),
            "columns": [
                {"name": name, "unit": unit, "kind": kind}
                for name, unit, kind in zip(samples.names, samples.units, kinds, strict=True)
            ],
        },
        "occurrences": len(trace.occurrences),
        "readings": len(trace.readings),
    }
    with zipfile.ZipFile(path, "w") as file:
        _put(file, "header.json", json.dumps(header, indent=1).encode())
        for name, column in columns.items():
            _put(file, f"frames/{name}", little_endian(column))
        _put(file, "frames/length", bytes(map(len, frames.data)))
        _put(file, "frames/data", b"".join(frames.data))
        _put(file, "samples/at", little_endian(samples.at))
        for place, (kind, stored) in enumerate(zip(kinds, values, strict=True)):
            _put(file, f"samples/{place}", _packed(kind, stored))
        _put(file, "occurrences.jsonl", b"".join(map(_line, trace.occurrences)))
        if trace.readings:
            _put(file, "readings.jsonl", b"".join(map(_line, trace.readings)))


def read_trace(path: Path) -> Trace:
    """The trace that `write_trace` wrote there, with an equal digest.

    RigError when the file is missing, damaged, cut, or of another format.
    """
    try:
        with zipfile.ZipFile(path) as file:
            trace, digest = _read(file)
    except _UNREADABLE as error:
        raise RigError(f"{path}: not a readable trace ({error}); run the scenario again") from error
    if trace.digest() != digest:
        raise RigError(f"{path}: the trace does not match its own digest, so it was changed; run the scenario again")
    return trace


def _read(file: zipfile.ZipFile) -> tuple[Trace, str]:
    header = json.loads(file.read("header.json"))
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, expected {FORMAT}")
    rows = header["frames"]["rows"]
    columns = {name: _column(file, f"frames/{name}", header["frames"]["columns"][name], rows) for name in COLUMNS}
    payload, ends = file.read("frames/data"), accumulate(_entry(file, "frames/length", rows), initial=0)
    instants = header["samples"]["rows"]
    described = header["samples"]["columns"]
    values = [_unpacked(file, place, one["kind"], instants) for place, one in enumerate(described)] if instants else []
    occurrences = tuple(Occurrence(*json.loads(line)) for line in file.read("occurrences.jsonl").splitlines())
    trace = Trace(
        Frames(**columns, data=[payload[begin:end] for begin, end in pairwise(ends)]),
        Samples(
            tuple(one["name"] for one in described),
            tuple(one["unit"] for one in described),
            _column(file, "samples/at", header["samples"]["at"], instants),
            list(zip(*values, strict=True)) if values else [()] * instants,
        ),
        occurrences,
        header["closed_at"],
        header["complete"],
        tuple(Reading(*json.loads(line)) for line in file.read("readings.jsonl").splitlines())
        if header.get("readings")
        else (),
    )
    return trace, header["digest"]


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    file.writestr(entry, content, zipfile.ZIP_DEFLATED, _LEVEL)


def _entry(file: zipfile.ZipFile, name: str, size: int) -> bytes:
    if file.getinfo(name).file_size != size:  # looked at first, so that a crafted file does not fill the memory
        raise ValueError(f"{name} has {file.getinfo(name).file_size} bytes, expected {size}")
    return file.read(name)


def _dtype(column: "array[int]") -> str:
    return f"<{'u' if column.typecode.isupper() else 'i'}{column.itemsize}"


def _column(file: zipfile.ZipFile, name: str, dtype: str, rows: int) -> "array[int]":
    sign, size = dtype[1], int(dtype[2:])
    column: array[int] = array(_CODES[size].upper() if sign == "u" else _CODES[size])
    column.frombytes(_entry(file, name, rows * size))
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _kind(values: Sequence[Value]) -> str:
    """How a column of samples is stored: "f8", "i8", "bool", or "json" for the rest, so that types come back too."""
    types = set(map(type, values))
    if types == {float}:
        return "f8"
    if types == {bool}:
        return "bool"
    if types == {int} and all(-(2**63) <= value < 2**63 for value in values if isinstance(value, int)):
        return "i8"
    return "json"


def _packed(kind: str, values: Sequence[Value]) -> bytes:
    if kind == "json":
        return json.dumps(values).encode()
    if kind == "bool":
        return bytes(map(bool, values))
    column = array("d" if kind == "f8" else "q", values)  # type: ignore[type-var]  # _kind has looked at every value
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _unpacked(file: zipfile.ZipFile, place: int, kind: str, rows: int) -> Sequence[Value]:
    name = f"samples/{place}"
    if kind == "json":
        values: list[Value] = json.loads(file.read(name))
        return values
    if kind == "bool":
        return [byte == 1 for byte in _entry(file, name, rows)]
    if kind == "i8":
        return _column(file, name, "<i8", rows)
    column = array("d", _entry(file, name, 8 * rows))
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _line(record: Occurrence | Reading) -> bytes:
    return json.dumps([getattr(record, name) for name in record.__slots__]).encode() + b"\n"
