"""Longitudinal motion: what the road asks and what the wheels give. Pure; SI units."""

from math import atan, cos, radians, sin, tan
from typing import NamedTuple

from bench.vehicle.parameters import AIR_DENSITY_KGPM3, GRAVITY_MPS2, Chassis


class RoadLoad(NamedTuple):
    """Coefficients of `F = a + b v + c v2` on one grade, the equivalent mass and the grip; N, m/s, kg.

    `a_n` holds what acts only while rolling, `slope_n` what gravity adds (downhill negative).
    Source of the form: EPA test-car list, 40 CFR 1066 road-load coefficients.
    """

    a_n: float
    b: float
    c: float
    slope_n: float
    mass_eq_kg: float
    grip_n: float


class Motion(NamedTuple):
    """Where the vehicle is in its motion, and the energies that brought it there (J, since the start).

    `traction_j` is positive and negative work of the driveline, `brake_j` work of the friction brakes, `road_j` road
    load and slope. The balance `traction_j - brake_j - road_j = kinetic energy gained` is exact but for rounding.
    """

    speed_mps: float = 0.0
    acceleration_mps2: float = 0.0
    distance_m: float = 0.0
    traction_j: float = 0.0
    brake_j: float = 0.0
    road_j: float = 0.0

    @property
    def wheel_j(self) -> float:
        """Net energy at the wheels: what the driveline gave less what the brakes took."""
        return self.traction_j - self.brake_j


def road_load(chassis: Chassis, grade_percent: float = 0.0) -> RoadLoad:
    """The coefficients of this chassis, at 20 degC. Rotating masses: four wheels, `m + 4 J / r2`."""
    angle = atan(grade_percent / 100)
    weight_n = chassis.mass_kg * GRAVITY_MPS2
    return RoadLoad(
        a_n=weight_n * chassis.rolling_coefficient * cos(angle),
        b=0.0,
        c=0.5 * AIR_DENSITY_KGPM3 * chassis.drag_coefficient * chassis.frontal_area_m2,
        slope_n=weight_n * sin(angle),
        mass_eq_kg=chassis.mass_kg + 4 * chassis.wheel_inertia_kgm2 / chassis.wheel_radius_m**2,
        grip_n=chassis.mu * weight_n * cos(angle),
    )


def resistance_n(load: RoadLoad, speed_mps: float) -> float:
    """Force that the road takes at this speed, in N."""
    return load.a_n + speed_mps * (load.b + speed_mps * load.c) + load.slope_n


def step(load: RoadLoad, motion: Motion, traction_n: float, brake_n: float, dt_s: float) -> tuple[Motion, float]:
    """The motion one step later, and the mean speed of the step in m/s.

    `traction_n` may be negative (recuperation), `brake_n` is the friction that the brakes could give. A vehicle that
    stops stays: neither brakes nor a slope roll it backwards, so speed is never negative.
    """
    speed, _, distance, traction_j, brake_j, road_j = motion
    road_n = load.a_n + speed * (load.b + speed * load.c) + load.slope_n
    acceleration = (traction_n - brake_n - road_n) / load.mass_eq_kg
    after = speed + acceleration * dt_s
    if after <= 0.0:
        # The brakes give only what stops the vehicle at the end of this step; then the rolling resistance gives way.
        after, acceleration = 0.0, 0.0 - speed / dt_s
        brake_n = min(brake_n, max(0.0, traction_n - road_n - load.mass_eq_kg * acceleration))
        road_n = traction_n - brake_n - load.mass_eq_kg * acceleration
    mean = 0.5 * (speed + after)
    metres = mean * dt_s
    return Motion(
        after,
        acceleration,
        distance + metres,
        traction_j + traction_n * metres,
        brake_j + brake_n * metres,
        road_j + road_n * metres,
    ), mean


def curvature(chassis: Chassis, wheel_angle_deg: float) -> float:
    """Curvature of the path in 1/m at this angle of the steering wheel, without slip."""
    return tan(radians(wheel_angle_deg / chassis.steering_ratio)) / chassis.wheelbase_m
