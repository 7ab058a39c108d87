"""The route and the satellite receiver's view of it. Pure; degrees, metres, m/s, seconds."""

from dataclasses import dataclass
from math import cos, degrees, hypot, pi, radians, sin, sqrt
from random import Random
from typing import NamedTuple

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
"""WGS 84. Source: NIMA TR8350.2."""

COLD_S, WARM_S, HOT_S = 35.0, 30.0, 2.0
"""Time to first fix without almanac, with it, and with everything still valid [B]."""


@dataclass(frozen=True, slots=True)
class Route:
    """A level circle, driven anticlockwise from its easternmost point; the place is a free choice."""

    latitude_deg: float = 52.0
    longitude_deg: float = 10.0
    radius_m: float = 2_000.0
    altitude_m: float = 100.0

    def at(self, distance_m: float) -> tuple[float, float, float]:
        """Latitude, longitude and heading (clockwise from north) in degrees at this distance along the route.

        Offsets from the centre use the ellipsoid's radii of curvature there; the error stays below 1 m.
        """
        angle = distance_m / self.radius_m
        north_m, east_m = self.radius_m * sin(angle), self.radius_m * cos(angle)
        north, east = metres_per_degree(self.latitude_deg)
        heading = degrees(-angle) % 360.0
        return self.latitude_deg + north_m / north, self.longitude_deg + east_m / east, heading


def metres_per_degree(latitude_deg: float) -> tuple[float, float]:
    """Metres in one degree of latitude and of longitude here, on WGS 84."""
    square = FLATTENING * (2 - FLATTENING)
    bend = 1 - square * sin(radians(latitude_deg)) ** 2
    meridian_m = SEMI_MAJOR_M * (1 - square) / bend**1.5
    normal_m = SEMI_MAJOR_M / sqrt(bend)
    return meridian_m * pi / 180, normal_m * cos(radians(latitude_deg)) * pi / 180


@dataclass(frozen=True, slots=True)
class ReceiverParameters:
    """Accuracy of the receiver [B], per axis; 95 % of a circular error lie within 2.45 sigma."""

    first_fix_s: float = HOT_S
    sigma_m: float = 3.0
    tau_s: float = 60.0
    speed_sigma_mps: float = 0.1
    drift: float = 0.02
    utc_start_s: int = 1_767_225_600


class Fix(NamedTuple):
    """What the receiver reports, and what it remembers: search time, where it lost the sky, its slow error.

    Without any fix yet the position is where it was switched off (the start) and `accuracy_m` says how little it knows.
    """

    fix: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    heading_deg: float
    speed_mps: float
    accuracy_m: float = 5_000.0
    satellites: int = 0
    hdop: float = 99.9
    search_s: float = 0.0
    lost_at_m: float = -1.0
    north_m: float = 0.0
    east_m: float = 0.0


def start(route: Route, position_m: float) -> Fix:
    """A receiver that has just been switched on."""
    latitude, longitude, heading = route.at(position_m)
    return Fix("NONE", latitude, longitude, route.altitude_m, heading, 0.0)


def step(
    p: ReceiverParameters,
    route: Route,
    before: Fix,
    sky: str,
    jump_m: float,
    position_m: float,
    speed_mps: float,
    noise: Random | None,
    dt_s: float,
) -> Fix:
    """The next report. `sky` is AVAILABLE, NONE, TUNNEL or JUMP.

    TUNNEL: no satellites, dead reckoning that loses 2 % of the distance. NONE: neither; the last position stands and
    its accuracy grows with the distance driven. JUMP: a false signal, `jump_m` north of the truth, that looks healthy.
    """
    if sky in ("NONE", "TUNNEL"):
        return lost(p, route, before, sky == "TUNNEL", position_m, speed_mps)
    if before.fix != "3D":
        search_s = before.search_s + dt_s
        ever = before.lost_at_m >= 0
        if search_s < (HOT_S if ever else p.first_fix_s) - 1e-9:
            still = lost(p, route, before, before.fix == "DR", position_m, speed_mps) if ever else before
            return still._replace(search_s=search_s)
    latitude, longitude, heading = route.at(position_m)
    north_m = east_m = 0.0
    if noise is not None:
        keep = 1 - dt_s / p.tau_s
        fresh = p.sigma_m * sqrt(1 - keep * keep)
        north_m = before.north_m * keep + noise.gauss(0.0, fresh)
        east_m = before.east_m * keep + noise.gauss(0.0, fresh)
        speed_mps = max(0.0, speed_mps + noise.gauss(0.0, p.speed_sigma_mps))
    north, east = metres_per_degree(latitude)
    shift_m = jump_m if sky == "JUMP" else 0.0
    return Fix(
        "3D",
        latitude + (north_m + shift_m) / north,
        longitude + east_m / east,
        route.altitude_m,
        heading,
        speed_mps,
        max(2.45 * p.sigma_m, hypot(north_m, east_m)),
        12,
        0.9,
        0.0,
        -1.0,
        north_m,
        east_m,
    )


def lost(p: ReceiverParameters, route: Route, before: Fix, reckoning: bool, position_m: float, speed_mps: float) -> Fix:
    """The report without satellites. A receiver that never had a fix stays without one."""
    if before.fix != "3D" and before.lost_at_m < 0:
        return before._replace(search_s=0.0)
    lost_at_m = before.lost_at_m if before.lost_at_m >= 0 else position_m
    driven_m = abs(position_m - lost_at_m)
    if not reckoning:
        accuracy_m = max(before.accuracy_m, 2.45 * p.sigma_m + driven_m)
        return before._replace(
            fix="NONE", accuracy_m=accuracy_m, satellites=0, hdop=99.9, search_s=0.0, lost_at_m=lost_at_m
        )
    latitude, longitude, heading = route.at(position_m - p.drift * (position_m - lost_at_m))
    return Fix(
        "DR",
        latitude,
        longitude,
        route.altitude_m,
        heading,
        speed_mps,
        2.45 * p.sigma_m + 1.5 * p.drift * driven_m,
        lost_at_m=lost_at_m,
    )
