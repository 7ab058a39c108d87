"""The text of a DBC file before any parser sees it: readable, ending where a file ends, each message in it once."""

import re
from pathlib import Path

from bench.errors import ScenarioError

_MESSAGE = re.compile(r"^BO_\s+(\d+)\s+(\w+)\s*:", re.MULTILINE)
_UNASSIGNED = "VECTOR__INDEPENDENT_SIG_MSG"
"""Holds the signals that belong to no message, in files of CANdb++."""


def read(path: Path) -> str:
    """The file's text; ScenarioError if it is missing, binary, torn at its end or holds a message twice."""
    text = _decoded(path)
    _refuse_torn_end(path, text)
    _refuse_duplicates(path, text)
    return text


def place(path: Path, text: str, message: str | None) -> str:
    """Where a message begins, "file:line", or the file alone where that is not known."""
    for found in _MESSAGE.finditer(text):
        if found[2] == message:
            return f"{path}:{line(text, found)}"
    return str(path)


def line(text: str, found: re.Match[str]) -> int:
    """The number of the line where a match begins, from 1."""
    return text.count("\n", 0, found.start()) + 1


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}; expected a DBC file; check the path") from error
    if not content.strip():
        raise ScenarioError(f"{path}: the file is empty; expected a DBC database; export it again")
    for encoding in ("utf-8-sig", "cp1252"):  # the second is what CANdb++ writes
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ScenarioError(f"{path}: the file is binary; expected a DBC database, which is text; check the path")


def _refuse_torn_end(path: Path, text: str) -> None:
    """Refuse a file that stops within a line or after the head of a message; cantools accepts some of these."""
    whole = text.rstrip(" \t\r\n")
    where = f"{path}:{whole.count(chr(10)) + 1}"
    last = whole.rsplit("\n", 1)[-1].strip()
    end = text[len(whole) :]
    if not text.endswith(("\n", "\r")) and not whole.endswith(";"):
        raise ScenarioError(
            f"{where}: the file stops in mid-line, at {last[-40:]!r}; it looks cut: export or copy it again, "
            "or end the line if it is whole"
        )
    if last.startswith("BO_ ") and end.count("\n") < 2:
        raise ScenarioError(
            f"{where}: the file stops after the head {last[-60:]!r}, before any signal; it looks cut: export or "
            "copy it again, or add an empty line if the message has no signals"
        )


def _refuse_duplicates(path: Path, text: str) -> None:
    """Refuse two messages of one id or one name; cantools keeps the last and only logs it."""
    seen: dict[str, int] = {}
    for found in _MESSAGE.finditer(text):
        here = line(text, found)
        if found[2] == _UNASSIGNED:
            continue
        for what in (f"id {int(found[1]):#x}", f"name {found[2]}"):
            if what in seen:
                raise ScenarioError(
                    f"{path}:{here}: message {found[2]} has the {what} that line {seen[what]} has already; "
                    "each id and name occurs once in a database: remove or rename one"
                )
            seen[what] = here
