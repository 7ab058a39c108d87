"""Who may be heard, and how loud: a table of priorities, the volume after a start, and its ramp."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from bench.model.expression import Value
from bench.model.instant import MS

PRIORITY = (("ECALL", "ECALL"), ("CHIME", "NONE"), ("PHONE", "PHONE"), ("NAV", "NONE"), ("VIDEO", "USB"))
"""Request and AudioSource, the first that is requested wins. Chimes and announcements are heard instead of a source."""

LOUDEST = 63
"""Volume at its end, 1 dB a step."""
LIMIT = 15
"""Volume that no start exceeds [B]."""
FACTORY = 40
"""Volume that a new unit has in its memory."""
STEP = 30 * MS
"""Time between two steps of a ramp, ns: 1 dB each, so less than 6 dB in 100 ms."""


def heard(requests: Collection[str]) -> str:
    """AudioSource for these requests."""
    return next((source for request, source in PRIORITY if request in requests), "RADIO")


StartVolume = Callable[[Value | None, str], int]
"""(what the memory holds, why the unit starts: "power" or "watchdog") -> volume."""


def start_volume(stored: Value | None, _cause: str) -> int:
    """The volume to start with: the stored one within the limit; what cannot be a volume counts as silence."""
    if isinstance(stored, bool) or not isinstance(stored, int) or not 0 <= stored <= LOUDEST:
        return 0
    return min(stored, LIMIT)


class Volume(NamedTuple):
    """The volume that is heard, and when it last moved, ns."""

    level: int = 0
    moved: int = 0


def ramped(before: Volume, target: int, now: int) -> Volume:
    """The volume at `now`, one step nearer to its target if it is time."""
    if before.level == target or now - before.moved < STEP:
        return before
    return Volume(before.level + (1 if target > before.level else -1), now)
