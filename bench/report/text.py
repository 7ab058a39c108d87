"""Text from outside on its way into a report: every title, comment, label and message passes here, once.

Scenario files, databases and ECUs may hold anything. Robot Framework renders a message that begins with `*HTML*` as
HTML, makes a link of whatever looks like `scheme://` (`javascript://` too), replaces `${names}`, and formats
documentation; XML cannot carry most control characters at all. `line` disarms these for every page, and each of the
others adds what one kind of place needs on top.
"""

import html
import re

BREAK = "\N{ZERO WIDTH SPACE}"
"""Invisible; it stands inside a sequence that a page would otherwise obey."""

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
_VARIABLE = re.compile(r"([$@&%])(?=\{)")


def line(text: str, most: int = 1000) -> str:
    """The text in one line that no page obeys: no HTML switch, no link, no control or direction character.

    White space runs become one space, other unprintable characters the replacement character, and what is longer than
    `most` characters ends in an ellipsis.
    """
    flat = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    short = flat if len(flat) <= most else flat[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return short.replace("*HTML*", f"*{BREAK}HTML*").replace("://", f":{BREAK}//")


def markup(text: str, most: int = 1000) -> str:
    """`line` for HTML, SVG and XML, as text or inside a quoted attribute."""
    return html.escape(line(text, most), quote=True)


def setting(text: str, most: int = 1000) -> str:
    """`line` for a name, tag or argument that Robot Framework will look for variables in; it shows the same text."""
    return exact(line(text, most))


def exact(text: str) -> str:
    """The very same text where Robot Framework would look for variables and escapes: for paths, which nobody reads."""
    return _VARIABLE.sub(r"\\\1", text.replace("\\", "\\\\"))


def tag(text: str) -> str:
    """`setting` for a tag; one that would be an order gets a prefix, since `robot:skip` makes a failure green."""
    words = setting(text, 200)
    reserved = "".join(words.replace("_", "").split()).lower().startswith(("robot:", "-"))
    return f"tag:{words}" if reserved else words


def documentation(text: str, most: int = 1000) -> str:
    """`line` for Robot Framework's documentation, which makes links of `[target|text]` and tables of bars."""
    return line(text, most).replace("|", "\N{BROKEN BAR}")
