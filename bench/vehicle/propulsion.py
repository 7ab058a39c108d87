"""Pedals to motion: one step of driveline, wheels and road together, for either vehicle. Pure; SI units."""

from typing import NamedTuple

from bench.vehicle import driveline, dynamics
from bench.vehicle.driveline import Engine
from bench.vehicle.dynamics import Motion, RoadLoad
from bench.vehicle.parameters import Combustion, Electric, VehicleParameters


class Drive(NamedTuple):
    """Motion and driveline after a step.

    `force_n` is the driveline's at the wheels, `shaft_w` the engine's power, `source_w` the mean power of the step
    that fuel or battery terminals delivered, `source_j` its integral.
    """

    motion: Motion = Motion()
    engine: Engine = Engine()
    force_n: float = 0.0
    shaft_w: float = 0.0
    source_w: float = 0.0
    source_j: float = 0.0


def strongest_n(vehicle: VehicleParameters, load: RoadLoad, speed_mps: float) -> float:
    """Wheel force that a full accelerator pedal asks for at this speed: the driveline's, within the grip."""
    line = vehicle.driveline
    if isinstance(line, Electric):
        force_n = driveline.electric_max_n(line, vehicle.chassis.wheel_radius_m, speed_mps)
    else:
        force_n = driveline.combustion_max_n(line, speed_mps)
    return force_n if force_n < load.grip_n else load.grip_n


def electric_step(
    line: Electric,
    load: RoadLoad,
    drive: Drive,
    demand_n: float,
    brake: float,
    *,
    motor_n: float,
    limits_w: tuple[float, float],
    aux_w: float,
    dt_s: float,
) -> Drive:
    """One step of an electric vehicle that is asked for `demand_n` at the wheels and this share of its brakes.

    `motor_n` is the largest force of the motor either way, 0 when it is not ready or not in gear; `limits_w` are the
    largest discharge and charge power of the battery.
    """
    motion = drive.motion
    speed = motion.speed_mps
    force_n, friction_n = 0.0, brake * load.grip_n
    if motor_n > 0.0:
        rolling = speed if speed > driveline.SLOW_MPS else driveline.SLOW_MPS
        if demand_n > 0.0:
            force_n = max(0.0, min(demand_n, motor_n, (limits_w[0] - aux_w) * line.drive_efficiency / rolling))
        if friction_n > 0.0:
            most_n = min(motor_n, limits_w[1] / (line.regen_efficiency * rolling))
            regen_n, friction_n = driveline.blend(line, friction_n, speed, most_n)
            force_n -= regen_n
    motion, mean = dynamics.step(load, motion, force_n, friction_n, dt_s)
    source_w = driveline.battery_power_w(line, force_n * mean) + aux_w
    return Drive(motion, drive.engine, force_n, 0.0, source_w, drive.source_j + source_w * dt_s)


def combustion_step(
    line: Combustion,
    radius_m: float,
    load: RoadLoad,
    drive: Drive,
    accel: float,
    demand_n: float,
    brake: float,
    *,
    run: bool,
    start: bool,
    engaged: bool,
    aux_w: float,
    dt_s: float,
) -> Drive:
    """One step of a combustion vehicle; `demand_n` is what the pedal `accel` asks for at the wheels.

    `run`, `start`, `engaged`: see `driveline.engine_step`.
    """
    motion = drive.motion
    speed = motion.speed_mps
    engine = driveline.engine_step(
        line, drive.engine, radius_m, speed, accel, run=run, start=start, engaged=engaged, dt_s=dt_s
    )
    force_n = 0.0
    if engaged and engine.on and demand_n > 0.0:
        force_n = min(demand_n, driveline.gear_max_n(line, engine.gear, radius_m))
    motion, mean = dynamics.step(load, motion, force_n, brake * load.grip_n, dt_s)
    shaft_w = source_w = 0.0
    if engine.on:
        wheel_w = force_n * mean
        shaft_w = wheel_w / line.efficiency + aux_w
        source_w = driveline.fuel_power_w(line, shaft_w, mean, motion.acceleration_mps2, force_n)
    return Drive(motion, engine, force_n, shaft_w, source_w, drive.source_j + source_w * dt_s)
