"""From pedals to wheel force, and from wheel power to fuel or battery power. Pure; SI units, shares 0..1."""

from bisect import bisect_right
from math import pi
from typing import NamedTuple

from bench.vehicle.parameters import Combustion, Electric

RPM = 30 / pi
"""Revolutions a minute in one radian a second."""

SLOW_MPS = 1.0
"""Below this speed the largest power no longer limits the force, so that the pedal has a finite meaning."""


class Engine(NamedTuple):
    """What the combustion side remembers. `cranking_s` counts a start in progress, 0 otherwise."""

    on: bool = False
    gear: int = 1
    since_shift_s: float = 0.0
    stopped_s: float = 0.0
    on_s: float = 0.0
    cranking_s: float = 0.0
    waiting: bool = False
    """Stop-start has stopped it, and restarts it."""


def electric_max_n(p: Electric, radius_m: float, speed_mps: float) -> float:
    """Largest wheel force of the motor at this speed; torque at the bottom, power above."""
    return min(p.torque_max_nm * p.ratio / radius_m, p.power_max_w / max(speed_mps, SLOW_MPS))


def blend(p: Electric, brake_n: float, speed_mps: float, strongest_n: float) -> tuple[float, float]:
    """Recuperation and friction force, both positive, that share a demanded braking force.

    The motor takes what it can (`strongest_n`), fading below 7 km/h; the friction brakes take the rest.
    """
    regen_n = min(brake_n, strongest_n)
    if speed_mps < p.fade_below_mps:
        regen_n *= speed_mps / p.fade_below_mps
    return regen_n, brake_n - regen_n


def battery_power_w(p: Electric, wheel_power_w: float) -> float:
    """Power at the battery's terminals for this power at the wheels; negative while recuperating."""
    return wheel_power_w / p.drive_efficiency if wheel_power_w >= 0 else wheel_power_w * p.regen_efficiency


def combustion_max_n(p: Combustion, speed_mps: float) -> float:
    """Largest wheel force of the engine at this speed if it is in its best gear: what a full pedal asks for."""
    return p.power_max_w * p.efficiency / max(speed_mps, SLOW_MPS)


def gear_max_n(p: Combustion, gear: int, radius_m: float) -> float:
    """Largest wheel force of the engine's torque in this gear."""
    return p.torque_max_nm * p.ratios[gear - 1] * p.final_ratio * p.efficiency / radius_m


def engine_rpm(p: Combustion, gear: int, radius_m: float, speed_mps: float, load: float) -> float:
    """Engine speed while it runs: locked to the wheels above `lockup_above_gear`, else never below the converter's.

    `gear` 0 is a gearbox that transmits nothing.
    """
    if gear == 0:
        return p.idle_rpm + p.converter_rpm * load
    locked = speed_mps / radius_m * p.ratios[gear - 1] * p.final_ratio * RPM
    floor = p.idle_rpm if gear > p.lockup_above_gear else p.idle_rpm + p.converter_rpm * load
    return max(locked, floor)


def shifted(p: Combustion, engine: Engine, radius_m: float, speed_mps: float, load: float) -> int:
    """The gear that the map wants now: one step at a time, by turbine speed and pedal."""
    if engine.since_shift_s < p.shift_hold_s:
        return engine.gear
    turbine = speed_mps / radius_m * p.ratios[engine.gear - 1] * p.final_ratio * RPM
    if engine.gear < len(p.ratios) and turbine > p.up_rpm[0] + (p.up_rpm[1] - p.up_rpm[0]) * load:
        return engine.gear + 1
    if engine.gear > 1 and turbine < p.down_rpm[0] + (p.down_rpm[1] - p.down_rpm[0]) * load:
        return engine.gear - 1
    return engine.gear


def engine_step(
    p: Combustion,
    engine: Engine,
    radius_m: float,
    speed_mps: float,
    accel: float,
    *,
    run: bool,
    start: bool,
    engaged: bool,
    dt_s: float,
) -> Engine:
    """The engine and its gearbox one step later.

    `run` is an ignition that keeps it alive, `start` a wish to start it (crank position, or a driver who wants to
    move). Stop-start stops it `stop_after_s` after standstill without a pedal, once it ran `on_at_least_s`.
    """
    on, gear, since_shift_s, stopped_s, on_s, cranking_s, waiting = engine
    if not run:
        return Engine(gear=1)
    stopped_s = stopped_s + dt_s if speed_mps < p.standstill_mps and accel == 0.0 else 0.0
    if not on:
        if start or cranking_s:
            cranking_s += dt_s
        # Stop-start restarts within the driver's move from brake to pedal, so traction is there at once.
        if cranking_s and (waiting or cranking_s >= p.crank_s):
            on, on_s, cranking_s, waiting = True, 0.0, 0.0, False
    else:
        on_s += dt_s
        if p.stop_start and engaged and stopped_s >= p.stop_after_s and on_s >= p.on_at_least_s:
            on, waiting = False, True
    wanted = shifted(p, engine, radius_m, speed_mps, accel) if engaged else 1
    since_shift_s = since_shift_s + dt_s if wanted == gear else 0.0
    return Engine(on, wanted, since_shift_s, stopped_s, on_s, cranking_s, waiting)


def efficiency(p: Combustion, load: float) -> float:
    """Engine efficiency at this share of its largest power, linear between the points of the map."""
    after = bisect_right(p.loads, load)
    if after == len(p.loads):
        return p.efficiencies[-1]
    low, high = p.loads[after - 1], p.loads[after]
    share = (load - low) / (high - low)
    return p.efficiencies[after - 1] * (1 - share) + p.efficiencies[after] * share


def fuel_power_w(p: Combustion, shaft_w: float, speed_mps: float, acceleration_mps2: float, wheel_w: float) -> float:
    """Fuel power of a running engine that delivers `shaft_w`; never below idle, nothing while fuel is cut.

    Fuel is cut (DFCO) above 10 m/s while slowing down by more than 0.3 m/s2 without traction.
    """
    if wheel_w <= 0.0 and speed_mps > p.dfco_above_mps and acceleration_mps2 < p.dfco_below_mps2:
        return 0.0
    if shaft_w <= 0.0:
        return p.idle_fuel_w
    return max(p.idle_fuel_w, shaft_w / efficiency(p, shaft_w / p.power_max_w))
