"""Repairs of the text: encoding, line ends, quotes, semicolons, what is no statement, the end of the file."""

import re

from bench.network.repair.statements import KEYWORDS, Change, Repaired, Statement, heading, is_whole

_CLOSED = frozenset(
    keyword
    for keyword in KEYWORDS
    if keyword.startswith(("BA_", "CM_", "EV_", "VAL_", "SIG_", "SG_MUL", "BO_TX", "ENVVAR"))
)
"""Statements that end with a semicolon; the others must not."""

_OPEN = frozenset(("VERSION", "BU_", "BO_", "SG_"))
_TAIL = re.compile(r"\s*\Z")
_COMMENT = re.compile(r'(\s*CM_\b[^"]*)"(.*)\Z', re.DOTALL)
_CONTROLS = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decoded(content: bytes) -> tuple[str, str, list[Change]]:
    """The text of a file, the encoding to write it in, and what had to be changed to read it."""
    changes = []
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            changes.append(Change(1, f"a byte order mark ({encoding})", "taken out; the file is UTF-8"))
            text = content[len(mark) :].decode(encoding, "replace")
            return *_plain(text, changes), changes
    for encoding in ("utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _plain(text, changes)[0], encoding, changes
    lines = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", "replace"))
            changes.append(Change(number, "a line in cp1252 among others that are not", "written in UTF-8 as the rest"))
    return *_plain("\n".join(lines), changes), changes


def _plain(text: str, changes: list[Change]) -> tuple[str, str]:
    if "\r" in text and "\n" not in text:
        changes.append(Change(1, "lines that end with CR alone", "they end with LF"))
        text = text.replace("\r", "\n")
    if found := _CONTROLS.search(text):
        line = text.count("\n", 0, found.start()) + 1
        changes.append(Change(line, f"control characters, such as {found[0]!r}", "taken out"))
        text = _CONTROLS.sub("", text)
    return text, "utf-8"


def quotes(statements: list[Statement]) -> Repaired:
    """Quotes inside a comment become apostrophes; one that is not closed is closed."""
    changes, mended = [], []
    for statement in statements:
        found = _COMMENT.match(statement.text) if statement.keyword == "CM_" and not is_whole(statement) else None
        if found is None:
            mended.append(statement)
            continue
        end = _TAIL.search(found[2])
        assert end
        body = found[2][: end.start()]
        inner = body.removesuffix(";").rstrip()
        closed = inner.endswith('"')
        comment = inner.removesuffix('"')
        if closed and comment.endswith("\\"):
            changes.append(Change(statement.line, "a backslash before the closing quote", "taken out"))
            comment = comment.rstrip("\\")
        if '"' in comment.replace('\\"', ""):
            changes.append(Change(statement.line, "quotes inside a comment", "they are apostrophes"))
            comment = re.sub(r'\\?"', "'", comment)
        if not closed:
            changes.append(Change(statement.line, "a comment that is not closed", "closed with a quote"))
        semicolon = ";" if body.endswith(";") else ""
        mended.append(statement.saying(f'{found[1]}"{comment}"{semicolon}{end[0]}'))
    return mended, changes


def semicolons(statements: list[Statement]) -> Repaired:
    """A semicolon where the format wants one, and none where it does not."""
    changes, mended = [], []
    for statement in statements:
        end = _TAIL.search(statement.text)
        assert end
        body = statement.text[: end.start()]
        if statement.keyword in _CLOSED and not body.endswith(";"):
            changes.append(Change(statement.line, f"no semicolon after {heading(body)}", "added"))
            mended.append(statement.saying(f"{body};{end[0]}"))
        elif (statement.keyword in _CLOSED and re.search(r";\s*;\Z", body)) or (
            statement.keyword in _OPEN and body.endswith(";")
        ):
            changes.append(Change(statement.line, f"a semicolon too many after {heading(body)}", "taken out"))
            rest = re.sub(r"(\s*;)+\Z", "", body)
            mended.append(statement.saying(rest + (";" if statement.keyword in _CLOSED else "") + end[0]))
        else:
            mended.append(statement)
    return mended, changes


def strangers(statements: list[Statement]) -> Repaired:
    """What is not written as the format wants it is taken out, a message with its signals."""
    changes, kept = [], []
    owner: str | None = None  # of the signals that come now
    for statement in statements:
        if statement.keyword == "BO_":
            owner = heading(statement.text) if is_whole(statement) else None
        if statement.keyword == "SG_" and owner is None:
            changes.append(
                Change(statement.line, f"a signal without a message: {heading(statement.text)}", "taken out")
            )
        elif is_whole(statement) or _is_empty(statement):
            kept.append(statement)
        elif statement.keyword == "BS_":  # bit timing, which no tool writes any more
            changes.append(Change(statement.line, f"bit timing: {heading(statement.text)}", "BS_: without it"))
            kept.append(statement.saying("BS_:\n"))
        else:
            what = "a statement that cannot be read" if statement.keyword else "no statement"
            changes.append(Change(statement.line, f"{what}: {heading(statement.text)}", "taken out"))
    return kept, changes


def _is_empty(statement: Statement) -> bool:
    return not statement.keyword and re.fullmatch(r"(\s|//[^\n]*(\n|\Z))*", statement.text) is not None


def ending(statements: list[Statement]) -> Repaired:
    """The last line ends, and a message without signals as the last one is followed by an empty line."""
    if not statements:
        return [], []
    last = next((one for one in reversed(statements) if one.keyword), statements[-1])
    text = "".join(one.text for one in statements)
    if not text.endswith("\n") and not text.rstrip().endswith(";"):
        return [*statements, Statement(last.line, "", "\n\n")], [
            Change(last.line, "the last line does not end", "ended")
        ]
    if last.keyword == "BO_" and not text.endswith("\n\n"):
        change = Change(last.line, "nothing after the head of the last message", "an empty line added")
        return [*statements, Statement(last.line, "", "\n")], [change]
    return statements, []
