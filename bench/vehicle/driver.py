"""The driver who follows a schedule: PI on the speed error plus the schedule's own acceleration. Pure."""

from bench.vehicle.dynamics import RoadLoad, resistance_n
from bench.vehicle.parameters import DriverParameters


def pedals(
    driver: DriverParameters,
    load: RoadLoad,
    integral_m: float,
    target_mps: float,
    target_mps2: float,
    speed_mps: float,
    traction_max_n: float,
    dt_s: float,
) -> tuple[float, float, float]:
    """Accelerator and brake (shares, 0..1) and the new integral of the speed error in m.

    The driver knows the vehicle: the demand in N contains the road load of a level road; a slope is left to the
    integral. The integral stands still while a pedal is at its end. At standstill the foot rests on the brake.
    """
    if target_mps <= 0.0 and target_mps2 <= 0.0 and speed_mps < 0.05:
        return 0.0, driver.hold_brake, 0.0
    error = target_mps - speed_mps
    wanted = target_mps2 + driver.kp * error + driver.ki * integral_m
    demand_n = load.mass_eq_kg * wanted + resistance_n(load, speed_mps) - load.slope_n
    if demand_n >= 0.0:
        accel = demand_n / traction_max_n
        return (1.0, 0.0, integral_m) if accel > 1.0 else (accel, 0.0, integral_m + error * dt_s)
    brake = -demand_n / load.grip_n
    return (0.0, 1.0, integral_m) if brake > 1.0 else (0.0, brake, integral_m + error * dt_s)
