"""What a check found in one window, and how the findings of several windows become one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from bench.model.verdict import Margin, Outcome

NO_MARGIN = Margin()


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict without the expectation around it; fields as in `Verdict`."""

    outcome: Outcome
    why: str
    seen: str = ""
    margin: Margin = NO_MARGIN
    at: int | None = None
    proof: tuple[int, ...] = ()
    observer: str = ""


def never_exercised(why: str, observer: str = "") -> Finding:
    """The finding that nothing was there to be judged, which is not a pass."""
    return Finding(Outcome.NONE, why, seen="nothing to judge", observer=observer)


def decisive(findings: Sequence[Finding]) -> Finding:
    """The finding that speaks for all: the worst outcome, its first instant, the smallest margin among its equals.

    Among passes the tightest speaks. `findings` must not be empty.
    """
    outcome = max(finding.outcome for finding in findings)
    equals = [finding for finding in findings if finding.outcome is outcome]
    closest = min(equals, key=_tightness)
    if outcome is Outcome.PASS:
        return closest
    first = min(equals, key=lambda finding: inf if finding.at is None else finding.at)
    return replace(first, margin=closest.margin)


def _tightness(finding: Finding) -> float:
    return inf if finding.margin.relative is None else finding.margin.relative


def time_margin(room: int, limit: int) -> Margin:
    """A margin in time, relative to its limit; a limit of 0 counts as one nanosecond."""
    return Margin(time=room, relative=room / (limit or 1))


def value_margin(room: float, unit: str, scale: float) -> Margin:
    """A margin in value, relative to `scale` (0 counts as one unit); no margin at all where the room is infinite."""
    return Margin(value=room, unit=unit, relative=room / (scale or 1)) if isfinite(room) else NO_MARGIN


def rounded(room: float, size: float) -> float:
    """A distance to a limit without the rounding of binary fractions: 0 where it is below a billionth of `size`.

    Physical values are raw * factor + offset, so |50.2 - 50| exceeds 0.2 by 3e-15 though no device did anything wrong.
    """
    return 0.0 if abs(room) <= 1e-9 * abs(size) else room
