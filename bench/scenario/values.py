"""Reading single values: words, choices, whole numbers, durations, shares, yes and no.

Each function gives None after it has noted a finding, and says nothing about what is `Broken` already.
"""

import re
from collections.abc import Iterable

from bench.model.expression import Value
from bench.model.instant import UNITS as TIMES
from bench.model.instant import duration
from bench.scenario.findings import Findings, listed, suggestion, unknown
from bench.scenario.node import Broken, Items, Node, Scalar, described, short
from bench.scenario.units import quantity

LONGEST = 7 * 24 * 3600 * 1_000_000_000
"""The longest duration that a scenario may name, ns: a week."""

_YES, _NO = ("yes", "true"), ("no", "false")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def scalar(node: Node, expected: str, findings: Findings) -> Scalar | None:
    """A node that is one value."""
    if isinstance(node, Scalar) and not node.empty:
        return node
    if not isinstance(node, Broken):
        findings.add(node, f"found {described(node)}; expected {expected}")
    return None


def items(node: Node) -> tuple[Node, ...]:
    """The parts of a list; one value alone is a list of one."""
    return node.items if isinstance(node, Items) else (node,)


def sequence(node: Node, expected: str, findings: Findings) -> tuple[Node, ...]:
    """The parts of what must be a list."""
    if isinstance(node, Items):
        return node.items
    if not isinstance(node, Broken):
        findings.add(node, f"found {described(node)}; expected a list of {expected}")
    return ()


def sentence(node: Node, what: str, findings: Findings, most: int = 240) -> str | None:
    """A text in one line."""
    found = scalar(node, what, findings)
    if found is None:
        return None
    text = " ".join(found.text.split())
    if not text or len(text) > most:
        findings.add(node, f"found a text of {len(text)} characters; expected {what} of 1 to {most}")
        return None
    return text


def word(node: Node, what: str, findings: Findings) -> str | None:
    """An identifier: a letter, then letters, digits and underscores, 64 at most."""
    found = scalar(node, what, findings)
    if found is None:
        return None
    if not _WORD.fullmatch(found.text):
        text = f"'{short(found.text)}' cannot be {what}; expected a letter, then letters, digits and '_', 64 at most"
        findings.add(node, text)
        return None
    return found.text


def choice(node: Node, what: str, options: Iterable[str], findings: Findings, later: Iterable[str] = ()) -> str | None:
    """One of some words."""
    every = tuple(options)
    found = scalar(node, f"{what}: {listed(every)}", findings)
    if found is None:
        return None
    if found.text in every:
        return found.text
    if found.text in later:
        findings.add(node, f"{what} '{found.text}' is not in this version; expected {listed(every)}")
    else:
        findings.add(node, unknown(what, found.text, every))
    return None


def yes(node: Node, findings: Findings) -> bool | None:
    """`yes` or `no`."""
    answer = choice(node, "answer", ("yes", "no"), findings)
    return None if answer is None else answer == "yes"


def typed(node: Node, what: str, findings: Findings) -> Value | None:
    """A value of the type that its text shows, for somebody else's options; a text like a number is quoted."""
    found = scalar(node, what, findings)
    if found is None:
        return None
    text = found.text
    if found.quoted:
        return text
    if text.lower() in (*_YES, *_NO):
        return text.lower() in _YES
    for kind in (lambda: int(text, 0), lambda: float(text)):
        try:
            return kind()
        except ValueError:
            continue
    return text


def whole(node: Node, what: str, low: int, high: int, findings: Findings, base: int = 10) -> int | None:
    """A whole number in a range; with `base` 0 also as 0x1A."""
    found = scalar(node, f"{what}, a whole number from {low} to {high}", findings)
    if found is None:
        return None
    pattern = r"0x[0-9A-Fa-f]{1,16}|[0-9]{1,20}" if base == 0 else r"-?[0-9]{1,20}"
    number = None
    if re.fullmatch(pattern, found.text):
        number = int(found.text, 16 if found.text.startswith("0x") else 10)
    if number is None or not low <= number <= high:
        shown = (f"{low:#x}", f"{high:#x}") if base == 0 else (low, high)
        findings.add(node, f"'{short(found.text)}' for '{what}'; expected a whole number from {shown[0]} to {shown[1]}")
        return None
    return number


def time(node: Node, what: str, findings: Findings, least: int = 0) -> int | None:
    """A duration in ns, at least `least`."""
    found = scalar(node, f"{what} such as '300 ms'", findings)
    if found is None:
        return None
    value, text = quantity(found.text), short(found.text)
    if value is None or value.number < 0 or value.unit not in TIMES:
        guess = suggestion(value.unit, TIMES) if value is not None and value.unit not in TIMES else ""
        why = " has no unit" if value is not None and not value.unit else ""
        findings.add(
            node, f"'{text}' for '{what}'{why}; expected a number from 0 on with one of {listed(TIMES)}{guess}"
        )
        return None
    try:
        ns = duration(found.text)
    except ValueError as error:
        findings.add(node, f"{short(str(error), 160)}, for '{what}'; round it")
        return None
    if ns < least or ns > LONGEST:
        findings.add(node, f"'{text}' for '{what}'; expected {'more than 0' if ns < least else 'a week at most'}")
        return None
    return ns


def share(node: Node, what: str, findings: Findings) -> float | None:
    """A share such as "10 %", as 0.1; more than 0, at most 100 %."""
    found = scalar(node, f"{what} such as '10 %'", findings)
    if found is None:
        return None
    value = quantity(found.text)
    if value is None or value.unit != "%" or not 0 < value.number <= 100:
        findings.add(node, f"'{short(found.text)}' for '{what}'; expected a share up to 100 %, such as '10 %'")
        return None
    return float(value.number / 100)
