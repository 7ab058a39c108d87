"""The rear view as pure steps: when a backing event begins and ends, and whether the camera's picture is alive.

Source: 49 CFR 571.111 (FMVSS 111), S5.5: image within 2.0 s of R, and the end of a backing event (derived from, not
certified to). Of the ends that it leaves to the maker this unit takes speed and time, whichever comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bench.model.expression import Value
from bench.model.instant import MS, S


@dataclass(frozen=True, slots=True)
class Linger:
    """How long the picture stays after R was left. `speed_kmh` lies below 10 mph, so that it is gone by then."""

    time: int = 8 * S
    speed_kmh: float = 15.0


class Backing(NamedTuple):
    """Whether the rear view is wanted, since when (ns), and when R was left; None while it is selected."""

    wanted: bool = False
    since: int = 0
    left: int | None = None


Ends = Callable[[Linger, Value, float | None, int], bool]
"""(linger, SelectedGear, speed in km/h or None, ns since R was left) -> whether the backing event is over."""


def over(linger: Linger, gear: Value, speed_kmh: float | None, lasted: int) -> bool:
    """In P at once; otherwise by speed or by time."""
    fast = speed_kmh is not None and speed_kmh >= linger.speed_kmh
    return gear == "P" or fast or lasted >= linger.time


def backing(
    before: Backing, linger: Linger, ends: Ends, reverse: bool, gear: Value, speed_kmh: float | None, now: int
) -> Backing:
    """The backing event at `now`."""
    if reverse:
        return Backing(True, before.since if before.wanted else now, None)
    if not before.wanted:
        return before
    left = now if before.left is None else before.left
    return Backing() if ends(linger, gear, speed_kmh, now - left) else before._replace(left=left)


class Picture(NamedTuple):
    """FrameCounter of the last new picture and when it came, ns; None before there was one."""

    counter: Value | None = None
    moved: int | None = None


FROZEN_AFTER = 400 * MS
"""How long a picture may stand, ns: the "not available" screen must be there within 500 ms [B]."""


def seen(before: Picture, state: Value, counter: Value, now: int) -> Picture:
    """What the camera's status at `now` says of its picture."""
    if state != "STREAMING":
        return Picture()
    if counter == before.counter:
        return before
    # The first counter says nothing yet: only a second one shows that the picture moves.
    return Picture(counter, None if before.counter is None else now)


def alive(picture: Picture, now: int) -> bool:
    """Whether the picture moves."""
    return picture.moved is not None and now - picture.moved < FROZEN_AFTER
