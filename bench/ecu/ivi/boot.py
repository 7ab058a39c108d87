"""Boot phases as a table: which state follows which, by the key and by time.

Source of the order and the times: bench defaults by engineering judgement.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from bench.model.instant import MS, S

KEY_ON = ("ACC", "RUN", "CRANK")
DISPLAYS = ("EARLY_RVC", "HMI_READY")
"""States in which the display may show something."""

DRAWS = {
    "OFF": "sleep",
    "BOOT": "boot",
    "EARLY_RVC": "boot",
    "HMI_READY": "run",
    "STANDBY": "standby",
    "SHUTDOWN": "shutdown",
}
"""What the unit draws in its states."""

UNORDERED = ("watchdog", "brown_out", "over_voltage")
"""Causes of a start that count as a reset; a life that ended in order, or asleep, leaves none."""

Counted = Callable[[int, str], int]
"""(resets so far, why the unit starts) -> resets."""


def counted(resets: int, cause: str) -> int:
    """The reset counter of 8 bits after a start."""
    return (resets + (cause in UNORDERED)) % 256


@dataclass(frozen=True, slots=True)
class Timings:
    """How long things take, ns. `rear_view`, `home` and `audio` count from power-on, the others from their cause."""

    first_frame: int = 120 * MS
    rear_view: int = 800 * MS
    audio: int = 3 * S
    home: int = 8 * S
    resume: int = 1 * S
    standby: int = 600 * S
    flush: int = 3 * S


class Progress(NamedTuple):
    """IviState, whether the key was on, and since when both are so, ns. Turning the key does not restart a boot."""

    state: str = "OFF"
    key: bool = False
    since: int = 0


def varied(timings: Timings, vary: Callable[[int], int]) -> Timings:
    """The timings of one boot of one unit."""
    return replace(
        timings,
        first_frame=vary(timings.first_frame),
        rear_view=vary(timings.rear_view),
        audio=vary(timings.audio),
        home=vary(timings.home),
        resume=vary(timings.resume),
    )


def advanced(before: Progress, timings: Timings, key: bool, now: int) -> Progress:
    """The state at `now`. A boot runs to its end whatever the key does, so no dead state can come of a quick turn."""
    if before.state == "STANDBY" and key is not before.key:
        before = before._replace(since=now)
    state, delay = _next(before.state, key, timings)
    if delay is None or now < before.since + delay:
        return before._replace(key=key)
    return Progress(state, key, now)


def _next(state: str, key: bool, t: Timings) -> tuple[str, int | None]:
    """What comes after a state and after how long; None: not as long as the key stays where it is."""
    match state, key:
        case "OFF", True:
            return "BOOT", 0
        case "BOOT", _:
            return "EARLY_RVC", t.rear_view
        case "EARLY_RVC", _:
            return "HMI_READY", t.home - t.rear_view
        case "HMI_READY", False:
            return "STANDBY", 0
        case "STANDBY", True:
            return "HMI_READY", t.resume
        case "STANDBY", False:
            return "SHUTDOWN", t.standby
        case "SHUTDOWN", True:
            return "STANDBY", 0
        case "SHUTDOWN", False:
            return "OFF", t.flush
        case _:
            return state, None
