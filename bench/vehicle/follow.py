"""A whole schedule in one pure loop: what validation compares, with the frozen options and nothing else."""

from dataclasses import dataclass

from bench.vehicle import battery, driver, dynamics, propulsion
from bench.vehicle.driveline import Engine
from bench.vehicle.parameters import Electric, Pack, VehicleParameters
from bench.vehicle.propulsion import Drive
from bench.vehicle.schedule import Schedule

STEP_S = 0.01
"""Step of the longitudinal model."""

MPH = 0.44704
"""Metres per second in one mile an hour, exactly."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The result of a schedule. `source_mj` is fuel, or what was drawn from the battery's cells (net).

    `speeds_mps` holds one sample a second. `balance_j` is what the energy balance at the wheels fails to close.
    """

    distance_m: float
    wheel_mj: float
    source_mj: float
    soc_end: float
    balance_j: float
    speeds_mps: tuple[float, ...]
    violations: tuple[int, ...]


def follow(schedule: Schedule, vehicle: VehicleParameters) -> Followed:
    """The vehicle on this schedule, from rest, at 20 degC, on a level road, with its frozen auxiliary load."""
    line, pack = vehicle.driveline, vehicle.pack or Pack()
    load = dynamics.road_load(vehicle.chassis)
    cells = battery.start(pack, pack.soc_start, 20.0)
    limits_w = battery.limits_w(pack, cells.soc, 20.0)
    drive = Drive(engine=Engine(waiting=True))  # Stop-start holds the engine at the first standstill.
    integral_m, taken_w = 0.0, 0.0
    speeds = [0.0]
    steps_a_second = round(1 / STEP_S)
    for step in range(round(schedule.duration_s * steps_a_second)):
        target, slope = schedule.at(step / steps_a_second)
        speed = drive.motion.speed_mps
        strongest_n = propulsion.strongest_n(vehicle, load, speed)
        accel, brake, integral_m = driver.pedals(
            vehicle.driver, load, integral_m, target, slope, speed, strongest_n, STEP_S
        )
        if isinstance(line, Electric):
            drive = propulsion.electric_step(
                line, load, drive, accel * strongest_n, brake,
                motor_n=strongest_n, limits_w=limits_w, aux_w=vehicle.aux_w, dt_s=STEP_S,
            )  # fmt: skip
            taken_w += drive.source_w
            if step % 10 == 9:
                cells = battery.step(pack, cells, taken_w / 10, 20.0, 10 * STEP_S)
                limits_w, taken_w = battery.limits_w(pack, cells.soc, cells.temperature_degc), 0.0
        else:
            drive = propulsion.combustion_step(
                line, vehicle.chassis.wheel_radius_m, load, drive, accel, accel * strongest_n, brake,
                run=True, start=accel > 0.0, engaged=True, aux_w=vehicle.aux_w, dt_s=STEP_S,
            )  # fmt: skip
        if step % steps_a_second == steps_a_second - 1:
            speeds.append(drive.motion.speed_mps)
    motion = drive.motion
    kinetic_j = 0.5 * load.mass_eq_kg * motion.speed_mps**2
    return Followed(
        distance_m=motion.distance_m,
        wheel_mj=motion.wheel_j / 1e6,
        source_mj=(cells.drawn_j if isinstance(line, Electric) else drive.source_j) / 1e6,
        soc_end=cells.soc,
        balance_j=motion.wheel_j - motion.road_j - kinetic_j,
        speeds_mps=tuple(speeds),
        violations=violations(schedule, speeds),
    )


def violations(schedule: Schedule, speeds_mps: list[float]) -> tuple[int, ...]:
    """Seconds at which the speed left the band: 2 mph around the extremes of the schedule within +-1 s.

    Source: 40 CFR 86.115, tolerance of the driving trace.
    """
    found = []
    for second, speed in enumerate(speeds_mps):
        near = [schedule.at(second + shift / 10)[0] for shift in range(-10, 11)]
        if not min(near) - 2 * MPH <= speed <= max(near) + 2 * MPH:
            found.append(second)
    return tuple(found)
