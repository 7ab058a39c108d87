"""Where the unit believes to be, as one pure step: the receiver's word, its own dead reckoning, or neither.

What it reports as accuracy must never be below the actual error, so every doubt widens it: without a fix the vehicle
may have turned back at once, a receiver that jumps is not believed, and a report is old when the next one comes.
Degrees, metres, m/s, seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, cos, hypot, inf, radians, sin
from typing import NamedTuple

from bench.model.expression import Value

METRES_PER_DEGREE = 111_320.0
"""Length of a degree of latitude, and of longitude at the equator; 0.6 % wrong at the most, which the bounds cover."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """How much the unit trusts what it has [B]."""

    reckoning_m: float = 300.0
    """Possible error up to which dead reckoning counts as a position."""
    jump_m: float = 50.0
    """How far a report may lie beyond everything that speed and accuracies explain."""
    speed_share: float = 0.05
    """Share by which the wheels may tell a wrong speed."""
    top_speed_mps: float = 70.0
    """What the vehicle may be driving while nobody tells its speed."""
    age_s: float = 0.5
    """Age of a report when the next one is on the bus."""


class Position(NamedTuple):
    """A position with its possible error. `accuracy_m` is infinite before the first fix."""

    fix: str = "NONE"
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    altitude_m: float = 0.0
    heading_deg: float = 0.0
    speed_mps: float | None = None
    accuracy_m: float = inf
    satellites: int = 0
    hdop: float = inf
    utc_s: int | None = None


Locate = Callable[[Doubts, Position, Position, float | None, float], Position]
"""(doubts, where it was, what the receiver says, speed on the bus or None, seconds since) -> where it is."""


def locate(doubts: Doubts, before: Position, receiver: Position, speed_mps: float | None, dt_s: float) -> Position:
    """The receiver's fix if it can be true, else dead reckoning while that is any good, else the last position."""
    believed = receiver.fix in ("2D", "3D") or (receiver.fix == "DR" and receiver.accuracy_m <= doubts.reckoning_m)
    if believed and plausible(doubts, before, receiver, dt_s):
        return receiver
    return reckon(doubts, before, speed_mps, dt_s)


def plausible(doubts: Doubts, before: Position, receiver: Position, dt_s: float) -> bool:
    """Whether the vehicle can have come from where it was to where the receiver says it is."""
    room_m = before.accuracy_m + receiver.accuracy_m + doubts.top_speed_mps * dt_s + doubts.jump_m
    return distance_m(before, receiver) <= room_m


def reckon(doubts: Doubts, before: Position, speed_mps: float | None, dt_s: float) -> Position:
    """The position after `dt_s` without a fix: on along the last heading, then standing still; ever less accurate."""
    if before.fix == "NONE" or speed_mps is None:
        fastest_mps = doubts.top_speed_mps if speed_mps is None else speed_mps * (1 + doubts.speed_share)
        lost = before.accuracy_m + fastest_mps * dt_s
        return before._replace(fix="NONE", speed_mps=None, accuracy_m=lost, satellites=0, hdop=inf, utc_s=None)
    way_m = speed_mps * dt_s
    # Both ways: this one goes on straight ahead while the vehicle may have turned back.
    accuracy_m = before.accuracy_m + 2 * way_m * (1 + doubts.speed_share)
    heading = radians(before.heading_deg)
    return Position(
        "DR" if accuracy_m <= doubts.reckoning_m else "NONE",
        before.latitude_deg + way_m * cos(heading) / METRES_PER_DEGREE,
        before.longitude_deg + way_m * sin(heading) / (METRES_PER_DEGREE * cos(radians(before.latitude_deg))),
        before.altitude_m,
        before.heading_deg,
        speed_mps,
        accuracy_m,
    )


def distance_m(one: Position, other: Position) -> float:
    """Metres between two positions; a plane will do, since only nearby ones are compared closely."""
    north = (other.latitude_deg - one.latitude_deg) * METRES_PER_DEGREE
    turn = (other.longitude_deg - one.longitude_deg + 180.0) % 360.0 - 180.0
    return hypot(north, turn * METRES_PER_DEGREE * cos(radians(one.latitude_deg)))


def place(doubts: Doubts, position: Position) -> dict[str, Value]:
    """The signals of TCU_Gnss_01. What is not known, or does not fit the signal, is SNA."""
    if position.accuracy_m == inf:
        return dict.fromkeys(("Latitude", "Longitude", "Altitude", "Heading", "GnssSpeed", "HorizAcc"), "SNA")
    speed_mps = position.speed_mps
    moved_m = (doubts.top_speed_mps if speed_mps is None else speed_mps) * doubts.age_s
    accuracy_m = ceil((position.accuracy_m + moved_m) * 10) / 10
    return {
        "Latitude": position.latitude_deg,
        "Longitude": position.longitude_deg,
        "Altitude": position.altitude_m,
        "Heading": round(position.heading_deg, 2) % 360.0 if position.fix != "NONE" else "SNA",
        "GnssSpeed": min(speed_mps * 3.6, 655.34) if speed_mps is not None else "SNA",
        "HorizAcc": accuracy_m if accuracy_m <= 6553.4 else "SNA",
    }


def satellites(position: Position) -> dict[str, Value]:
    """The signals of TCU_Gnss_02."""
    return {
        "FixType": position.fix,
        "SatsUsed": min(position.satellites, 64),
        "Hdop": position.hdop if position.hdop <= 25.4 else "SNA",
        "UtcSeconds": position.utc_s if position.utc_s is not None else "SNA",
    }
