"""The plant: one vehicle that advances in steps of 10 ms and shows what its sensors and ports would see.

It orders the pure steps of this room; it knows neither the kernel nor a bus. An input acts in the step that ends at
the instant at which it is set. Battery and temperatures advance every 100 ms, the satellite receiver every 200 ms.
"""

from bench.errors import BenchBug, ScenarioError
from bench.vehicle import battery, body, driver, gnss, inputs, propulsion, readings, supply, thermal
from bench.vehicle.body import BodyParameters
from bench.vehicle.dynamics import Motion
from bench.vehicle.gnss import ReceiverParameters, Route
from bench.vehicle.inputs import CHOICES, LIMITS, MOVING, SETTABLE
from bench.vehicle.names import INDEX, LABELS, NAMES
from bench.vehicle.parameters import SETS, VehicleParameters
from bench.vehicle.propulsion import Drive
from bench.vehicle.schedule import Schedule
from bench.vehicle.state import STRAY, State, Value, at_rest

__all__ = ["CHOICES", "INDEX", "LABELS", "LIMITS", "NAMES", "SETTABLE", "STEP_NS", "Plant", "parameters"]

STEP_NS = 10_000_000
STEP_S = 0.01
SLOW_STEPS, SLOW_S = 10, 0.1
GNSS_STEPS, GNSS_S = 20, 0.2
PARK_BRAKE = 0.3
"""Share of the grip that parking brake or park lock hold [B]."""


def parameters(name: str) -> VehicleParameters:
    """The parameter set of that name; ScenarioError names the ones there are."""
    for one in SETS:
        if one.name == name:
            return one
    raise ScenarioError(f"no vehicle '{name}'; expected one of {', '.join(one.name for one in SETS)}")


class Plant:
    """A vehicle, at first at rest, in P, key off. With `noise`, sensors stray by `seed`; else they are true."""

    def __init__(
        self,
        vehicle: str | VehicleParameters,
        seed: int = 0,
        noise: bool = False,
        route: Route = Route(),  # noqa: B008  # frozen
        receiver: ReceiverParameters = ReceiverParameters(),  # noqa: B008  # frozen
        body_parameters: BodyParameters = BodyParameters(),  # noqa: B008  # frozen
    ) -> None:
        chosen = parameters(vehicle) if isinstance(vehicle, str) else vehicle
        self.state: State = at_rest(chosen, seed if noise else None, route, receiver, body_parameters)
        self._all: tuple[Value, ...] | None = None
        self._rest: tuple[Value, ...] | None = None

    def drive(self, schedule: Schedule | None, start_ns: int = 0, repeat: int = 1) -> None:
        """Follow a schedule that began at `start_ns`; None ends the drive and leaves the vehicle rolling, feet off.

        A vehicle in P or N is put in D; nothing moves unless the power mode is RUN. After its end the schedule
        asks for its last speed.
        """
        repeated = schedule if schedule is None or repeat == 1 else schedule.repeated(repeat)
        inputs.follow(self.state, repeated, start_ns)
        self._all = self._rest = None

    def set(self, name: str, value: float | str) -> None:
        """Set an input of `SETTABLE`: a number in its unit, or a label. ScenarioError says what was expected.

        `model.speed` imposes a speed at once, as a roller bench does, until a drive or a pedal takes over. A pedal
        takes the vehicle from driver or roller. `model.crash_type` is the impact itself, with the `model.delta_v` that
        was set before.
        """
        inputs.put(self.state, name, value)
        self._all = self._rest = None

    def step(self, now_ns: int) -> None:
        """Advance to `now_ns`, a multiple of 10 ms that is not in the past; BenchBug otherwise."""
        s = self.state
        if now_ns < s.now_ns or (now_ns - s.now_ns) % STEP_NS:
            raise BenchBug(f"plant at {s.now_ns} ns was asked for {now_ns} ns; expected steps of {STEP_NS} ns onwards")
        while s.now_ns < now_ns:
            s.now_ns += STEP_NS
            s.steps += 1
            live = s.power.mode in ("RUN", "CRANK") and s.crash.since_s < 0
            s.steering.before_deg, before_m = s.steering.angle_deg, s.drive.motion.distance_m
            strongest_n = propulsion.strongest_n(s.vehicle, s.load, s.drive.motion.speed_mps)
            press_pedals(s, strongest_n)
            propel(s, strongest_n, live)
            rolled_m = s.drive.motion.distance_m - before_m
            s.position_m += -rolled_m if s.gear == "R" else rolled_m
            power_up(s)
            settle_body(s)
            if s.sensor_noise is not None:
                s.stray = tuple(s.sensor_noise.gauss(0.0, sigma) for sigma in STRAY)
            if s.steps % SLOW_STEPS == 0:
                advance_slow(s, live)
                self._rest = None
            if s.steps % GNSS_STEPS == 0:
                s.fix = gnss.step(
                    s.receiver, s.route, s.fix, s.switches["gnss"], s.gnss_jump_m, s.position_m,
                    s.drive.motion.speed_mps, s.sky_noise, GNSS_S,
                )  # fmt: skip
            self._all = None

    def values(self) -> tuple[Value, ...]:
        """All readings, in the order of `NAMES`."""
        if self._all is None:
            if self._rest is None:
                s = self.state
                self._rest = readings.slow(s) + readings.set_back(s) + readings.sky(s)
            self._all = readings.motion(self.state) + self._rest
        return self._all

    def read(self, name: str) -> Value:
        """One reading by its name; KeyError if there is none."""
        return (self._all or self.values())[INDEX[name]]

    @property
    def lv_voltage(self) -> float:
        """Voltage of the 12 V net in V, without sensor noise: what supplies the ECUs."""
        return self.state.lv.voltage_v


def press_pedals(s: State, strongest_n: float) -> None:
    """Let the driver press the pedals, for a schedule or for an imposed speed; open-loop pedals stay as they are."""
    speed = s.drive.motion.speed_mps
    if s.hold_mps is not None:
        s.target_mps, s.target_mps2 = s.hold_mps, (s.hold_mps - speed) / STEP_S
    elif s.schedule is None:
        return
    accel, brake, s.integral_m = driver.pedals(
        s.vehicle.driver, s.load, s.integral_m, s.target_mps, s.target_mps2, speed, strongest_n, STEP_S
    )
    s.accel, s.brake = (accel, brake) if s.gear in MOVING else (0.0, 0.0)


def propel(s: State, strongest_n: float, live: bool) -> None:
    """Driveline, wheels and road for one step; `live`: the key is in RUN or CRANK and there was no crash."""
    vehicle, drive, accel, brake = s.vehicle, s.drive, s.accel, s.brake
    engaged, electric, combustion, hold_mps = s.gear in MOVING, s.electric, s.combustion, s.hold_mps
    if s.gear == "P" or s.switches["park_brake"] == "APPLIED":
        brake = max(brake, PARK_BRAKE)
    # The frozen auxiliary load contains the 12 V load of RUN; only what the charger gives beyond it is added.
    extra_w = s.lv.charger_w - vehicle.supply.set_point_v * vehicle.supply.run_a
    aux_w = vehicle.aux_w + (extra_w / vehicle.supply.charger_efficiency if extra_w > 0 else 0.0)
    if electric is not None:
        ready = live and s.contactor == "CLOSED"
        drive = propulsion.electric_step(
            electric, s.load, drive, accel * strongest_n, brake,
            motor_n=strongest_n if ready and engaged else 0.0, limits_w=s.limits_w,
            aux_w=aux_w if ready else 0.0, dt_s=STEP_S,
        )  # fmt: skip
        s.taken_j += drive.source_w * STEP_S
    elif combustion is not None:
        engine = drive.engine
        if hold_mps and live and not engine.on:
            # A vehicle that is held at a speed has been driven there.
            drive = drive._replace(engine=engine._replace(on=True, waiting=False, cranking_s=0.0))
        start = s.power.mode == "CRANK" or accel > 0.0 or (s.schedule is not None and not engine.waiting)
        drive = propulsion.combustion_step(
            combustion, vehicle.chassis.wheel_radius_m, s.load, drive, accel, accel * strongest_n, brake,
            run=live, start=start, engaged=engaged, aux_w=aux_w, dt_s=STEP_S,
        )  # fmt: skip
        s.heat_j += (drive.source_w - drive.shaft_w) * STEP_S
    if hold_mps is not None:
        # The roller decides the speed, whatever the driveline could do.
        m = drive.motion
        before = s.drive.motion
        distance_m = before.distance_m + 0.5 * (before.speed_mps + hold_mps) * STEP_S
        rolled = Motion(hold_mps, s.target_mps2, distance_m, m.traction_j, m.brake_j, m.road_j)
        drive = Drive(rolled, drive.engine, drive.force_n, drive.shaft_w, drive.source_w, drive.source_j)
    elif s.schedule is not None:
        s.target_mps, s.target_mps2 = s.schedule.at((s.now_ns - s.schedule_start_ns) / 1e9)
    s.drive = drive


def power_up(s: State) -> None:
    """Loads, charger and 12 V battery, then the contactor of the traction battery."""
    p, mode, switches = s.vehicle.supply, s.power.mode, s.switches
    extra_a = p.lights_a if switches["low_beam"] == "ON" else 0.0
    if mode == "RUN":
        extra_a += p.hvac_a if switches["hvac"] == "ON" else 0.0
        extra_a += p.defrost_a if switches["defrost"] == "ON" else 0.0
    loads_a = supply.load_a(p, mode, s.drive.engine.cranking_s, extra_a, s.lv.shed)
    charging = s.drive.engine.on if s.electric is None else s.contactor == "CLOSED"
    s.lv = supply.step(p, s.lv, loads_a, charging, s.ambient_degc, STEP_S)
    if s.electric is None:
        return
    if s.crash.since_s >= 0 or not (mode in ("RUN", "CRANK") or plugged(s)):
        s.contactor, s.precharge_s = "OPEN", 0.0
    elif s.contactor == "OPEN":
        s.contactor = "PRECHARGE"
    elif s.contactor == "PRECHARGE":
        s.precharge_s += STEP_S
        s.contactor = "CLOSED" if s.precharge_s > s.pack.precharge_s - STEP_S / 2 else "PRECHARGE"


def plugged(s: State) -> bool:
    """Whether the charging cable is in and the vehicle is parked."""
    return s.gear == "P" and s.switches["plug_state"] in ("PLUGGED", "LOCKED")


def settle_body(s: State) -> None:
    """Power mode, crash age and locks after one step."""
    running = s.drive.engine.on if s.electric is None else s.contactor == "CLOSED"
    if s.power.mode == "RUN":
        s.run_s += STEP_S
    if s.power.mode not in ("OFF", "RUN"):
        s.power = body.power_step(s.body, s.power, running, STEP_S)
    if s.crash.since_s >= 0:
        s.crash = s.crash._replace(since_s=s.crash.since_s + STEP_S)
    doors = s.switches
    door_open = "OPEN" in (doors["door_fl"], doors["door_fr"], doors["door_rl"], doors["door_rr"])
    s.locks = body.lock_step(s.body, s.locks, s.crash, s.drive.motion.speed_mps * 3.6, door_open, STEP_S)


def advance_slow(s: State, live: bool) -> None:
    """Traction battery and temperatures after 100 ms."""
    t, ambient = s.vehicle.thermal, s.ambient_degc
    if s.electric is not None:
        charging = plugged(s) and s.contactor == "CLOSED"
        s.charge_w = battery.charger_w(s.pack, s.cells.soc) if charging else 0.0
        s.cells = battery.step(s.pack, s.cells, s.taken_j / SLOW_S - s.charge_w, ambient, SLOW_S)
        s.limits_w = battery.limits_w(s.pack, s.cells.soc, s.cells.temperature_degc)
        s.taken_j = 0.0
    else:
        s.coolant_degc = thermal.coolant_step(t, s.coolant_degc, s.heat_j / SLOW_S, ambient, SLOW_S)
        s.oil_degc = thermal.lag(s.oil_degc, s.coolant_degc + (5.0 if live else 0.0), t.oil_s, SLOW_S)
        s.gearbox_degc = thermal.lag(s.gearbox_degc, 0.8 * s.coolant_degc + 0.2 * ambient, t.gearbox_s, SLOW_S)
        s.heat_j = 0.0
    warm_degc = ambient + t.dcdc_k_per_a * s.lv.charger_w / s.vehicle.supply.set_point_v
    s.dcdc_degc = thermal.lag(s.dcdc_degc, warm_degc, t.dcdc_s, SLOW_S)
