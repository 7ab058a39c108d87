"""What was read from a database, kept in the user's cache folder under the hash of the file it came from.

A cache may be absent, read-only, damaged or somebody else's: each costs time and nothing else. `BENCH_CACHE` names
another folder, and an empty one none at all.
"""

import os
import stat
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from bench import __version__

_FORM = 1
"""Raised when what an entry holds changes its form."""
_MAGIC = b"ecubench database\n"
_ENDING = ".layout"
_MOST = 200
"""Entries kept; beyond, the oldest go, and what a writer that died has left."""


def key(content: bytes) -> str:
    """The name of the entry for a file of that content: any change of what reads it gives another one."""
    return sha256(f"{_maker()}\n{sha256(content).hexdigest()}".encode()).hexdigest()


def found(key: str) -> bytes | None:
    """What is kept under a key; None if there is nothing, or not what was put there, or not only this user's."""
    folder = _folder()
    if folder is None:
        return None
    try:
        if not _is_own(folder):
            return None
        with open(folder / f"{key}{_ENDING}", "rb", opener=_without_links) as stream:
            about = os.fstat(stream.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
                return None
            held = stream.read()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    body = held[head:]
    return body if held[:head] == _MAGIC + _seal(key, body) else None


def keep(key: str, body: bytes) -> None:
    """Put it under the key, whole or not at all; what cannot be written is not kept."""
    import tempfile  # 10 ms, and only what was read anew is written

    folder = _folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(folder):
            return
        descriptor, unfinished = tempfile.mkstemp(suffix=".part", dir=folder)
        try:
            with open(descriptor, "wb") as stream:
                stream.write(_MAGIC + _seal(key, body) + body)
            os.replace(unfinished, folder / f"{key}{_ENDING}")
        except OSError:
            os.unlink(unfinished)
            raise
        _tidy(folder)


def _folder() -> Path | None:
    named = os.environ.get("BENCH_CACHE")
    if named is not None:
        return Path(named) if named else None
    home = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # a relative one is to be ignored. Source: XDG Base Directory Specification
        home = os.path.expanduser("~/.cache")
    return Path(home) / "ecubench" / "dbc" if os.path.isabs(home) else None


def _is_own(folder: Path) -> bool:
    """Whether nobody else can write there: an entry is believed when its seal holds, and anybody can make a seal."""
    about = folder.stat()
    return about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _seal(key: str, body: bytes) -> bytes:
    """The hash of the body and its key: an entry under another name is damaged too."""
    return sha256(key.encode() + body).digest()


def _maker() -> str:
    """What an entry depends on besides the file: versions, this Python, the sources here, the cantools in use."""
    here = Path(__file__).parent
    sources = sha256()
    for name in ("dbc_text.py", "parsing.py", "plain.py", "../model/layout.py"):
        with suppress(OSError):  # from an archive: the version has to do
            sources.update((here / name).read_bytes())
    installed: list[str] = []  # the folder beside the package that names its version; importing it costs 200 ms
    cantools = find_spec("cantools")
    if cantools is not None and cantools.origin:
        with suppress(OSError):
            beside = os.listdir(Path(cantools.origin).parents[1])
            installed = sorted(name for name in beside if name.startswith("cantools-"))
    return f"{_FORM} {__version__} {sys.version} {sources.hexdigest()} {installed}"


def _tidy(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.stat().st_mtime_ns, entry.name))
    for entry in entries[:-_MOST]:
        entry.unlink()
