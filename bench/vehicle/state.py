"""Everything that the plant remembers between two steps, in one place, without behaviour."""

from dataclasses import dataclass, field
from math import atan, degrees
from random import Random

from bench.vehicle import battery, dynamics, gnss, supply
from bench.vehicle.battery import Battery
from bench.vehicle.body import BodyParameters, Crash, Locks, Power
from bench.vehicle.dynamics import RoadLoad
from bench.vehicle.gnss import Fix, ReceiverParameters, Route
from bench.vehicle.parameters import Chassis, Combustion, Electric, Pack, VehicleParameters
from bench.vehicle.propulsion import Drive
from bench.vehicle.schedule import Schedule
from bench.vehicle.supply import LowVoltage

Value = float | int | str
TRACK_M = 1.6
ROOM_DEGC = 20.0
STRAY = (0.02, 0.02, 0.01, 0.05, 0.05, 0.05, 0.05)
"""Standard deviations of the sensors' noise: two accelerations (m/s2), 12 V net (V), four wheels (km/h) [B]."""


@dataclass(slots=True)
class Steering:
    """The wheel's angle and what follows from it: curvature in 1/m, speed factors of the left and right wheels."""

    angle_deg: float
    curvature: float
    left: float
    right: float
    before_deg: float


@dataclass(slots=True)
class State:
    """The vehicle's state. Who moves it: an imposed speed (`hold_mps`), a `schedule`, or the open-loop pedals."""

    vehicle: VehicleParameters
    electric: Electric | None
    combustion: Combustion | None
    pack: Pack
    body: BodyParameters
    route: Route
    receiver: ReceiverParameters
    sensor_noise: Random | None
    sky_noise: Random | None
    load: RoadLoad
    steering: Steering
    cells: Battery
    limits_w: tuple[float, float]
    lv: LowVoltage
    fix: Fix
    now_ns: int = 0
    steps: int = 0
    hold_mps: float | None = 0.0
    schedule: Schedule | None = None
    schedule_start_ns: int = 0
    target_mps: float = 0.0
    target_mps2: float = 0.0
    integral_m: float = 0.0
    accel: float = 0.0
    brake: float = 0.0
    gear: str = "P"
    drive: Drive = field(default_factory=Drive)
    position_m: float = 0.0
    power: Power = field(default_factory=Power)
    locks: Locks = field(default_factory=Locks)
    crash: Crash = field(default_factory=Crash)
    delta_v_kmh: float = 0.0
    contactor: str = "OPEN"
    precharge_s: float = 0.0
    charge_w: float = 0.0
    taken_j: float = 0.0
    heat_j: float = 0.0
    run_s: float = 0.0
    coolant_degc: float = ROOM_DEGC
    oil_degc: float = ROOM_DEGC
    gearbox_degc: float = ROOM_DEGC
    dcdc_degc: float = ROOM_DEGC
    filled: float = 0.8
    ambient_degc: float = ROOM_DEGC
    grade_percent: float = 0.0
    gnss_jump_m: float = 100_000.0
    occupants: int = 1
    switches: dict[str, str] = field(default_factory=dict)
    stray: tuple[float, ...] = (0.0,) * 7


SWITCHES = {
    "park_brake": "RELEASED",
    "plug_state": "UNPLUGGED",
    "key_valid": "ON",
    "start_request": "OFF",
    "door_fl": "CLOSED",
    "door_fr": "CLOSED",
    "door_rl": "CLOSED",
    "door_rr": "CLOSED",
    "trunk": "CLOSED",
    "hood": "CLOSED",
    "low_beam": "OFF",
    "turn": "OFF",
    "hvac": "OFF",
    "defrost": "OFF",
    "belt_driver": "ON",
    "belt_passenger": "OFF",
    "gnss": "AVAILABLE",
}
"""Inputs that are read back as they were set, and what they are at first."""


def at_rest(
    vehicle: VehicleParameters, noise: int | None, route: Route, receiver: ReceiverParameters, body: BodyParameters
) -> State:
    """A vehicle that stands in P with the key off, all at 20 degC; `noise` seeds the sensors' noise."""
    line, pack = vehicle.driveline, vehicle.pack or Pack()
    cells = battery.start(pack, pack.soc_start, ROOM_DEGC)
    along_route_deg = degrees(atan(vehicle.chassis.wheelbase_m / route.radius_m)) * vehicle.chassis.steering_ratio
    return State(
        vehicle=vehicle,
        electric=line if isinstance(line, Electric) else None,
        combustion=line if isinstance(line, Combustion) else None,
        pack=pack,
        body=body,
        route=route,
        receiver=receiver,
        sensor_noise=None if noise is None else Random(f"{noise} sensors"),
        sky_noise=None if noise is None else Random(f"{noise} sky"),
        load=dynamics.road_load(vehicle.chassis),
        steering=steered(vehicle.chassis, along_route_deg, along_route_deg),
        cells=cells,
        limits_w=battery.limits_w(pack, cells.soc, cells.temperature_degc),
        lv=supply.start(vehicle.supply, vehicle.supply.soc_start),
        fix=gnss.start(route, 0.0),
        switches=dict(SWITCHES),
    )


def steered(chassis: Chassis, angle_deg: float, before_deg: float) -> Steering:
    """The steering at this angle of the wheel, positive to the left."""
    curvature = dynamics.curvature(chassis, angle_deg)
    half_m = TRACK_M / 2
    return Steering(angle_deg, curvature, 1 - curvature * half_m, 1 + curvature * half_m, before_deg)
