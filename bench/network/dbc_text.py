"""The text of a DBC file before any parser sees it: readable, ending where a file ends, each message in it once."""

import re

from bench.errors import ScenarioError
from bench.model.frame import FD_LENGTHS

_MESSAGE = re.compile(r"^[ \t]*BO_[ \t]+(\d{1,12})[ \t]+(\w+)[ \t]*:(?:[ \t]*(\d{1,12})\b)?", re.MULTILINE)
_SIGNAL = re.compile(
    r"^[ \t]*SG_[ \t]+(\w+)[^:\n]{0,40}:[ \t]*(\d{1,5000})[ \t]*\|[ \t]*(\d{1,5000})[ \t]*@", re.MULTILINE
)
_UNASSIGNED = "VECTOR__INDEPENDENT_SIG_MSG"
"""Holds the signals that belong to no message, in files of CANdb++."""


def checked(file: str, content: bytes) -> str:
    """The text of a file; ScenarioError if it is binary, torn at its end, or has a message twice or too long."""
    text = _decoded(file, content)
    _refuse_torn_end(file, text)
    _refuse_duplicates(file, text)
    _refuse_long_messages(file, text)
    _refuse_far_signals(file, text)
    return text


def place(file: str, text: str, message: str | None) -> str:
    """Where a message begins, "file:line", or the file alone where that is not known."""
    for found in _MESSAGE.finditer(text):
        if found[2] == message:
            return f"{file}:{line(text, found)}"
    return file


def line(text: str, found: re.Match[str]) -> int:
    """The number of the line where a match begins, from 1."""
    return text.count("\n", 0, found.start()) + 1


def _decoded(file: str, content: bytes) -> str:
    if not content.strip():
        raise ScenarioError(f"{file}: the file is empty; expected a DBC database; export it again")
    for encoding in ("utf-8-sig", "cp1252"):  # the second is what CANdb++ writes
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ScenarioError(f"{file}: the file is binary; expected a DBC database, which is text; check the path")


def _refuse_torn_end(file: str, text: str) -> None:
    """Refuse a file that stops within a line or after the head of a message; cantools accepts some of these."""
    whole = text.rstrip(" \t\r\n")
    where = f"{file}:{whole.count(chr(10)) + 1}"
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


def _refuse_duplicates(file: str, text: str) -> None:
    """Refuse two messages of one id or one name; cantools keeps the last and only logs it."""
    seen: dict[str, re.Match[str]] = {}
    for found in _MESSAGE.finditer(text):
        if found[2] == _UNASSIGNED:
            continue
        for what in (f"id {int(found[1]):#x}", f"name {found[2]}"):
            if what in seen:
                raise ScenarioError(
                    f"{file}:{line(text, found)}: message {found[2]} has the {what} that line "
                    f"{line(text, seen[what])} has already; each id and name occurs once in a database: "
                    "remove or rename one"
                )
            seen[what] = found


def _refuse_long_messages(file: str, text: str) -> None:
    """Refuse what no frame carries before cantools lays out each bit of it: a million bytes take it a gigabyte."""
    findings = [
        f"{file}:{line(text, found)}: message {found[2]}: {no_length(int(found[3]))}"
        for found in _MESSAGE.finditer(text)
        if found[3] and int(found[3]) > FD_LENGTHS[-1] and found[2] != _UNASSIGNED
    ]
    if findings:
        raise ScenarioError("\n".join(findings[:20]))


def _refuse_far_signals(file: str, text: str) -> None:
    """Refuse signals beyond every frame: cantools takes a minute over a start bit of a million."""
    most = 8 * FD_LENGTHS[-1]
    findings = [
        f"{file}:{line(text, found)}: signal {found[1]} has {found[3][:20]} bits from bit {found[2][:20]}; a frame has "
        f"{most}: a signal lies inside its message; correct its start or its length"
        for found in _SIGNAL.finditer(text)
        if len(found[2]) > 6 or len(found[3]) > 6 or int(found[2]) >= most or int(found[3]) > most
    ]
    if findings:
        raise ScenarioError("\n".join(findings[:20]))


def no_length(length: int) -> str:
    """What to say of a number of bytes that a frame cannot have."""
    return f"{length} bytes is not a length of CAN or CAN FD; allowed: {', '.join(map(str, FD_LENGTHS))}"
