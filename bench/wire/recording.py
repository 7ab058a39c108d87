"""The door to recordings: whatever file python-can has a reader for becomes a row of things heard."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import RigError, ScenarioError
from bench.model.frame import FD_LENGTHS, Frame
from bench.model.instant import S
from bench.wire.remarks import remarks

if TYPE_CHECKING:
    from can import Message


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that came over a bus. `at` is its stamp in ns, on whatever clock gave it.

    `frame` is None for an error frame, for what no wire could have carried, and for a line of a file that its reader
    could not make out; `text` says which.
    """

    at: int
    channel: str
    frame: Frame | None
    text: str = ""


def read(path: Path) -> Iterator[Heard]:
    """What is in a file, in its order: BLF, ASC, LOG (candump), TRC, CSV, DB (SQLite), MF4, some also as .gz.

    ScenarioError when the file cannot be read; where it is damaged further on, after what came before. RigError when a
    package for its format is missing.
    """
    if not path.is_file():
        raise ScenarioError(f"{path}: no such file; expected a recording; check the path")
    count = at = 0
    try:
        with remarks() as complaints, _opened(path) as reader:
            for message in reader:
                count += 1
                one = heard(message)
                while complaints:
                    yield Heard(one.at, "", None, complaints.pop(0))
                at = one.at
                yield one
            while complaints:
                yield Heard(at, "", None, complaints.pop(0))
    except ScenarioError:
        raise
    except NotImplementedError as error:  # a package is missing, or a version is not known
        if path.suffix.lower() != ".mf4":
            raise ScenarioError(f"{path}: cannot be read: {error}; save it in another format or version") from error
        raise RigError(f"{path}: this format needs the package asammdf; pip install asammdf") from error
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}; check the file") from error
    except Exception as error:  # readers refuse damaged files with whatever they stumble over
        words = " ".join(str(error).split())[:200]
        raise ScenarioError(
            f"{path}: damaged after {count} frames: {type(error).__name__}: {words}; record or copy it again"
        ) from error


def heard(message: "Message") -> Heard:
    """A message of python-can as a value."""
    at = round(message.timestamp * S)
    channel = "" if message.channel is None else str(message.channel)
    if message.is_error_frame:
        return Heard(at, channel, None, "error frame")
    data = bytes(message.data or b"")
    # Some formats do not tell FD frames from others, but no classic frame is so long.
    fd = bool(message.is_fd) or (len(data) > 8 and len(data) in FD_LENGTHS)
    try:
        frame = Frame(
            message.arbitration_id, data, bool(message.is_extended_id), fd, fd and bool(message.bitrate_switch),
            bool(message.is_remote_frame),
        )  # fmt: skip
    except ValueError as error:
        return Heard(at, channel, None, f"no frame: {error}")
    return Heard(at, channel, frame)


@contextmanager
def _opened(path: Path) -> "Iterator[Iterable[Message]]":
    """The reader of a file. The file is opened here, because readers that refuse it leave it open."""
    from can.io.generic import BinaryIOMessageReader, TextIOMessageReader
    from can.io.player import MESSAGE_READERS

    packed = path.suffix.lower() == ".gz"
    kind = MESSAGE_READERS.get(Path(path.stem).suffix.lower() if packed else path.suffix.lower())
    unpack = gzip.open if packed else open
    with ExitStack() as files:
        source: Any = path
        if kind is None:
            kinds = ", ".join(sorted(MESSAGE_READERS))
            raise ScenarioError(f"{path}: no reader for this kind of file; expected one of {kinds}")
        if issubclass(kind, TextIOMessageReader):
            # A comment in some other encoding is no reason to refuse the frames.
            source = files.enter_context(unpack(path, "rt", encoding="utf-8", errors="replace"))
        elif issubclass(kind, BinaryIOMessageReader) and path.suffix.lower() != ".mf4":
            source = files.enter_context(unpack(path, "rb"))
        elif packed:
            raise ScenarioError(f"{path}: this kind of file cannot be read while it is packed; unpack it")
        yield files.enter_context(kind(source))
