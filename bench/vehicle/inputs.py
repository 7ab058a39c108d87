"""What may be set on the plant: units, labels and limits as constants, and what each input does to the state."""

from collections.abc import Mapping
from types import MappingProxyType

from bench.errors import ScenarioError
from bench.vehicle import body, driveline, dynamics
from bench.vehicle.body import Locks
from bench.vehicle.schedule import Schedule
from bench.vehicle.state import State, steered

SWITCH = ("OFF", "ON")
DOOR = ("CLOSED", "OPEN")
DOORS = ("door_fl", "door_fr", "door_rl", "door_rr")
MOVING = ("D", "R", "L")
CRASH_BRAKE = 0.5
"""Pedal of the brake after an impact [B]."""

LIMITS: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "model.speed": (0.0, 250.0, "km/h"),
        "model.accel_pedal": (0.0, 100.0, "%"),
        "model.brake_pedal": (0.0, 100.0, "%"),
        "model.position": (0.0, 1e7, "m"),
        "model.steer_angle": (-720.0, 720.0, "deg"),
        "model.grade": (-30.0, 30.0, "%"),
        "model.soc": (0.0, 100.0, "%"),
        "model.fuel_level": (0.0, 100.0, "%"),
        "model.lv_soc": (0.0, 100.0, "%"),
        "model.delta_v": (0.0, 200.0, "km/h"),
        "model.ambient_temp": (-40.0, 60.0, "degC"),
        "model.occupants": (0.0, 9.0, "1"),
        "model.gnss_jump": (0.0, 1e6, "m"),
    }
)
"""Smallest and largest number that each numeric input takes, and its unit."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "model.gear": ("P", "R", "N", "D", "L"),
        "model.power_mode": ("OFF", "ACC", "RUN", "CRANK", "POST_RUN"),
        "model.plug_state": ("UNPLUGGED", "PLUGGED", "LOCKED", "FAULT"),
        "model.park_brake": ("RELEASED", "APPLIED", "APPLYING", "RELEASING", "FAULT"),
        "model.locks": ("UNLOCKED", "LOCKED", "DEADLOCKED"),
        "model.turn": ("OFF", "LEFT", "RIGHT", "HAZARD"),
        "model.crash_detected": ("NO", "YES", "FAULT", "SNA"),
        "model.crash_type": ("NONE", "FRONT", "REAR", "LEFT", "RIGHT", "ROLLOVER"),
        "model.gnss": ("AVAILABLE", "NONE", "TUNNEL", "JUMP"),
        "model.doors": DOOR,
    }
    | {f"model.{door}": DOOR for door in (*DOORS, "trunk", "hood")}
    | {
        f"model.{name}": SWITCH
        for name in ("key_valid", "start_request", "low_beam", "hvac", "defrost", "belt_driver", "belt_passenger")
    }
)
"""Labels that each labelled input takes. `model.doors` sets the four doors at once."""

SETTABLE: Mapping[str, str | tuple[str, ...]] = MappingProxyType(
    {name: unit for name, (_, _, unit) in LIMITS.items()} | dict(CHOICES)
)
"""Every input: the unit of a number, or the labels."""


def put(state: State, name: str, value: float | str) -> None:
    """Set one input; ScenarioError says what was expected."""
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ScenarioError(f"'{value}' is no value of {name}; expected one of {', '.join(CHOICES[name])}")
        put_label(state, name.removeprefix("model."), str(value))
    elif name in LIMITS:
        low, high, unit = LIMITS[name]
        if isinstance(value, str) or not low <= value <= high:
            raise ScenarioError(f"{name} cannot be {value}; expected {low:g}..{high:g} {unit}")
        put_number(state, name.removeprefix("model."), float(value))
    else:
        raise ScenarioError(f"the vehicle has no input '{name}'; expected one of {', '.join(SETTABLE)}")


def put_label(s: State, name: str, label: str) -> None:
    """Set a labelled input whose label is known to be right."""
    if name == "gear":
        s.gear = label
    elif name == "power_mode":
        s.power = body.turn_key(s.power, label)
    elif name == "doors":
        s.switches.update(dict.fromkeys(DOORS, label))
    elif name == "locks":
        s.locks = Locks(label, 0.0 if label == "UNLOCKED" else -1.0)
    elif name == "crash_type":
        impact(s, label)
    elif name == "crash_detected":
        s.crash = s.crash._replace(detected=label)
    else:
        s.switches[name] = label


def put_number(s: State, name: str, value: float) -> None:
    """Set a numeric input whose number is known to lie within its limits."""
    if name == "speed":
        impose(s, value / 3.6)
    elif name in ("accel_pedal", "brake_pedal"):
        if s.schedule is not None or s.hold_mps is not None:
            follow(s, None, 0)
        if name == "accel_pedal":
            s.accel = value / 100
        else:
            s.brake = value / 100
    elif name == "position":
        s.position_m = value
    elif name == "steer_angle":
        s.steering = steered(s.vehicle.chassis, value, s.steering.before_deg)
    elif name == "grade":
        s.grade_percent, s.load = value, dynamics.road_load(s.vehicle.chassis, value)
    elif name == "soc":
        s.cells = s.cells._replace(soc=value / 100)
    elif name == "fuel_level":
        burnt = s.drive.source_j / (s.combustion.fuel_mjpl * 1e6 * s.combustion.tank_l) if s.combustion else 0.0
        s.filled = value / 100 + burnt
    elif name == "lv_soc":
        s.lv = s.lv._replace(soc=value / 100)
    elif name == "delta_v":
        s.delta_v_kmh = value
    elif name == "ambient_temp":
        s.ambient_degc = value
    elif name == "occupants":
        s.occupants = int(value)
    elif name == "gnss_jump":
        s.gnss_jump_m = value


def follow(s: State, schedule: Schedule | None, start_ns: int) -> None:
    """Hand the pedals to the driver of a schedule, or take both feet off (None)."""
    s.schedule, s.schedule_start_ns, s.hold_mps = schedule, start_ns, None
    s.integral_m = s.accel = s.brake = 0.0
    if schedule is not None:
        s.target_mps, s.target_mps2 = schedule.at((s.now_ns - start_ns) / 1e9)
        if s.gear not in MOVING:
            s.gear = "D"


def impose(s: State, speed_mps: float) -> None:
    """Hold the vehicle at this speed from now on. A change of more than 1 m/s is a jump, without acceleration."""
    jumps = abs(speed_mps - s.drive.motion.speed_mps) > 1.0
    s.schedule, s.hold_mps, s.integral_m = None, speed_mps, 0.0
    if speed_mps > 0 and s.gear not in MOVING:
        s.gear = "D"
    if not jumps:
        return
    motion, engine = s.drive.motion._replace(speed_mps=speed_mps, acceleration_mps2=0.0), s.drive.engine
    if s.combustion is not None:
        # The gearbox is found in the gear that it would have reached on the way.
        for _ in s.combustion.ratios:
            rested = engine._replace(since_shift_s=s.combustion.shift_hold_s)
            gear = driveline.shifted(s.combustion, rested, s.vehicle.chassis.wheel_radius_m, speed_mps, 0.1)
            engine = engine._replace(gear=gear)
    s.drive = s.drive._replace(motion=motion, engine=engine)


def impact(s: State, kind: str) -> None:
    """A crash of this kind with the delta-v set before: traction is cut, the brakes are applied; NONE forgets it."""
    s.crash = body.crashed(s.body, kind, s.delta_v_kmh)
    if kind == "NONE":
        return
    motion = s.drive.motion
    if kind == "FRONT":
        s.drive = s.drive._replace(motion=motion._replace(speed_mps=max(0.0, motion.speed_mps - s.delta_v_kmh / 3.6)))
    follow(s, None, 0)
    s.brake = CRASH_BRAKE
