"""Speed lock-out of video and keyboard, and which speed may be used at all: pure steps.

Source: NHTSA driver-distraction guidelines, 5 mph (8.05 km/h); invalid speed counts as driving.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bench.model.expression import Value
from bench.model.instant import MS


@dataclass(frozen=True, slots=True)
class Limits:
    """Free at or below `free_kmh`, locked from `lock_kmh` after `delay` ns, as before in between."""

    free_kmh: float = 7.8
    lock_kmh: float = 8.2
    delay: int = 100 * MS


class Lock(NamedTuple):
    """Whether video is locked, and since when the vehicle is fast (ns), None while it is not."""

    locked: bool = True
    fast: int | None = None


Usable = Callable[[Value, Value], float | None]
"""(VehicleSpeed, VehSpeedQual) -> speed in km/h, or None where it must not be relied on."""


def usable(speed: Value, quality: Value) -> float | None:
    """The speed if it is there and its sender vouches for it. An input that is not valid comes as SNA."""
    return None if isinstance(speed, str) or quality != "VALID" else speed


def stepped(before: Lock, limits: Limits, speed_kmh: float | None, now: int) -> Lock:
    """The lock at `now`."""
    if speed_kmh is None:
        return Lock(True)
    if speed_kmh <= limits.free_kmh:
        return Lock(False)
    if speed_kmh < limits.lock_kmh:
        return Lock(before.locked)
    since = now if before.fast is None else before.fast
    return Lock(before.locked or now - since >= limits.delay, since)
