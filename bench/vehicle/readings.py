"""What the plant shows: the values of all readings, from the state, group by group in the order of `names`."""

from math import pi

from bench.vehicle import battery, driveline
from bench.vehicle.driveline import RPM
from bench.vehicle.state import State, Value


def motion(s: State) -> tuple[Value, ...]:
    """The readings of `MOTION`. Under sensor noise, wheel speeds, accelerations and the 12 V voltage stray."""
    chassis, steering, mode, crash = s.vehicle.chassis, s.steering, s.power.mode, s.crash
    moved, engine, force_n, shaft_w, source_w, source_j = s.drive
    speed, longitudinal = moved.speed_mps, moved.acceleration_mps2
    kmh, yaw = speed * 3.6, speed * steering.curvature
    if s.gear == "R":
        yaw = -yaw
    lateral, left, right, volts = speed * yaw, kmh * steering.left, kmh * steering.right, s.lv.voltage_v
    wheels = (left, right, left, right)
    if s.sensor_noise is not None:
        along, across, net, *each = s.stray
        longitudinal, lateral, volts = longitudinal + along, lateral + across, volts + net
        if speed > 0:
            fl, fr, rl, rr = (max(0.0, wheel + stray) for wheel, stray in zip(wheels, each, strict=True))
            wheels = (fl, fr, rl, rr)
    turning = speed / chassis.wheel_radius_m
    motor_nm = motor_rpm = engine_rpm = engine_nm = fuel_lph = 0.0
    state, gear, shaft_rpm = "STOPPED", 0, turning * RPM
    moving = s.gear in ("D", "R", "L")
    if s.electric is not None:
        sign = -1.0 if s.gear == "R" else 1.0
        gear = 1 if moving else 0
        motor_rpm = sign * turning * RPM * s.electric.ratio
        # The whole drive efficiency lies between wheel and terminals, so the torque is the wheel's, geared down.
        motor_nm = sign * force_n * chassis.wheel_radius_m / s.electric.ratio
    elif s.combustion is not None:
        line = s.combustion
        gear = engine.gear if moving else 0
        shaft_rpm *= line.final_ratio
        if engine.on:
            engine_rpm = driveline.engine_rpm(line, gear, chassis.wheel_radius_m, speed, s.accel)
            engine_nm = shaft_w / engine_rpm * RPM
            fuel_lph = source_w * 3600 / (line.fuel_mjpl * 1e6)
            state = "RUNNING" if speed > 0.05 or s.accel > 0 else "IDLE"
        elif engine.waiting:
            state = "STOPSTART"
        elif engine.cranking_s > 0:
            state, engine_rpm = "CRANKING", 200.0
    load = engine_nm / s.combustion.torque_max_nm if s.combustion is not None else 0.0
    ready = crash.since_s < 0 and mode == "RUN" and (s.contactor == "CLOSED" or engine.on or engine.waiting)
    return (
        kmh,
        s.target_mps * 3.6 if s.schedule is not None or s.hold_mps is not None else 0.0,
        longitudinal,
        lateral,
        yaw * 180 / pi,
        moved.distance_m,
        s.position_m,
        steering.angle_deg,
        (steering.angle_deg - steering.before_deg) * 100,
        s.accel * 100,
        s.brake * 100,
        s.brake * chassis.brake_pressure_max_bar,
        "ON" if speed < 0.05 else "OFF",
        *wheels,
        s.gear,
        -1 if s.gear == "R" else gear,
        shaft_rpm,
        motor_nm,
        motor_rpm,
        "ON" if ready else "OFF",
        engine_rpm,
        engine_nm,
        state,
        min(100.0, max(0.0, load * 100)),
        fuel_lph,
        30 + 70 * min(1.0, load) if engine.on else 100.0,
        moved.wheel_j * 1e-6,
        source_j * 1e-6 if s.combustion is not None else 0.0,
        mode,
        "ON" if mode in ("RUN", "CRANK") else "OFF",
        volts,
        s.lv.current_a,
        s.contactor,
        s.locks.state,
        crash.detected,
        crash.type,
        s.delta_v_kmh,
        crash.airbag,
    )


def slow(s: State) -> tuple[Value, ...]:
    """The readings of `SLOW`."""
    p, cells, lv, metres = s.pack, s.cells, s.lv, s.drive.motion.distance_m
    latitude, longitude, _ = s.route.at(s.position_m)
    left_kwh = range_km = minutes = fuel_percent = average_l = 0.0
    charge = "IDLE"
    if s.electric is not None:
        left_kwh = battery.remaining_j(p, cells.soc) / 3.6e6
        range_km = left_kwh * 1000 / p.rated_whpkm
        missing_kwh = max(0.0, p.energy_kwh - left_kwh)
        minutes = missing_kwh * 3.6e6 / s.charge_w / 60 if s.charge_w > 0 else 0.0
        plugged = s.switches["plug_state"] in ("PLUGGED", "LOCKED")
        charge = "CHARGING" if s.charge_w > 0 else "COMPLETE" if plugged and cells.soc >= 1.0 else "IDLE"
    elif s.combustion is not None:
        line = s.combustion
        litres = s.drive.source_j / (line.fuel_mjpl * 1e6)
        level = max(0.0, s.filled - litres / line.tank_l)
        average_l = min(99.9, litres / metres * 1e5) if metres > 1000 else line.rated_lp100km
        fuel_percent, range_km = level * 100, level * line.tank_l / max(average_l, 1.0) * 100
    electric = s.electric is not None
    delivers = s.contactor == "CLOSED" if electric else s.drive.engine.on
    return (
        cells.drawn_j * 1e-6 if electric else 0.0,
        cells.voltage_v if electric else 0.0,
        -cells.current_a if electric else 0.0,
        cells.soc * 100 if electric else 0.0,
        min(100.0, max(0.0, (cells.soc - 0.02) / 0.96 * 100)) if electric else 0.0,
        p.soh_percent if electric else 0.0,
        cells.voltage_v / p.cells if electric else 0.0,
        cells.temperature_degc - 1.0,
        cells.temperature_degc + 1.0,
        left_kwh,
        charge,
        s.charge_w / 1000,
        minutes,
        s.vehicle.odometer_start_km + metres / 1000,
        range_km,
        metres / s.run_s * 3.6 if s.run_s > 0 else 0.0,
        fuel_percent,
        average_l,
        s.coolant_degc,
        s.oil_degc,
        s.gearbox_degc,
        lv.soc * 100,
        s.ambient_degc,
        lv.shed,
        "BUCK" if delivers else "STANDBY",
        s.dcdc_degc,
        lv.charger_w / lv.voltage_v,
        s.power.lasted_s if s.power.mode == "ACC" else 0.0,
        max(0.0, s.body.post_run_s - s.power.lasted_s) if s.power.mode == "POST_RUN" else 0.0,
        latitude,
        longitude,
    )


def set_back(s: State) -> tuple[Value, ...]:
    """The readings of `SET`."""
    return (*s.switches.values(), s.ambient_degc, s.occupants, s.grade_percent, s.gnss_jump_m)


def sky(s: State) -> tuple[Value, ...]:
    """The readings of `GNSS`."""
    fix = s.fix
    return (
        fix.fix,
        fix.latitude_deg,
        fix.longitude_deg,
        fix.altitude_m,
        fix.heading_deg,
        fix.speed_mps * 3.6,
        fix.accuracy_m,
        fix.satellites,
        fix.hdop,
        s.receiver.utc_start_s + s.now_ns // 1_000_000_000,
    )
