"""Names, units and labels of all readings of the plant, as constants.

A labelled reading is its label's text; the label's place in `LABELS` is its number on the network. Signs: both battery
currents are positive while charging; yaw rate, lateral acceleration and steering are positive to the left.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bench.vehicle.inputs import CHOICES, SWITCH

MOTION = (
    ("model.speed", "km/h"),
    ("model.schedule_speed", "km/h"),
    ("model.acceleration", "m/s2"),
    ("model.lateral_acceleration", "m/s2"),
    ("model.yaw_rate", "deg/s"),
    ("model.distance", "m"),
    ("model.position", "m"),
    ("model.steer_angle", "deg"),
    ("model.steer_rate", "deg/s"),
    ("model.accel_pedal", "%"),
    ("model.brake_pedal", "%"),
    ("model.brake_pressure", "bar"),
    ("model.standstill", ""),
    ("model.wheel_speed_fl", "km/h"),
    ("model.wheel_speed_fr", "km/h"),
    ("model.wheel_speed_rl", "km/h"),
    ("model.wheel_speed_rr", "km/h"),
    ("model.gear", ""),
    ("model.current_gear", "1"),
    ("model.output_speed", "rpm"),
    ("model.motor_torque", "Nm"),
    ("model.motor_speed", "rpm"),
    ("model.drive_ready", ""),
    ("model.engine_speed", "rpm"),
    ("model.engine_torque", "Nm"),
    ("model.engine_state", ""),
    ("model.throttle", "%"),
    ("model.fuel_rate", "l/h"),
    ("model.intake_pressure", "kPa"),
    ("model.wheel_energy", "MJ"),
    ("model.fuel_energy", "MJ"),
    ("model.power_mode", ""),
    ("model.kl15", ""),
    ("model.lv_voltage", "V"),
    ("model.lv_current", "A"),
    ("model.contactor_state", ""),
    ("model.locks", ""),
    ("model.crash_detected", ""),
    ("model.crash_type", ""),
    ("model.delta_v", "km/h"),
    ("model.airbag_deployed", ""),
)
"""Renewed every 10 ms."""

SLOW = (
    ("model.battery_energy", "MJ"),
    ("model.pack_voltage", "V"),
    ("model.pack_current", "A"),
    ("model.soc", "%"),
    ("model.soc_displayed", "%"),
    ("model.soh", "%"),
    ("model.cell_voltage", "V"),
    ("model.pack_temp_min", "degC"),
    ("model.pack_temp_max", "degC"),
    ("model.energy_remaining", "kWh"),
    ("model.charge_state", ""),
    ("model.charge_power", "kW"),
    ("model.time_to_full", "min"),
    ("model.odometer", "km"),
    ("model.range", "km"),
    ("model.average_speed", "km/h"),
    ("model.fuel_level", "%"),
    ("model.fuel_average", "l/100km"),
    ("model.coolant_temp", "degC"),
    ("model.oil_temp", "degC"),
    ("model.transmission_temp", "degC"),
    ("model.lv_soc", "%"),
    ("model.lv_temp", "degC"),
    ("model.load_shed", ""),
    ("model.dcdc_mode", ""),
    ("model.dcdc_temp", "degC"),
    ("model.dcdc_current", "A"),
    ("model.acc_timer", "s"),
    ("model.shutdown_timer", "s"),
    ("model.latitude", "deg"),
    ("model.longitude", "deg"),
)
"""Renewed every 100 ms."""

SET = (
    ("model.park_brake", ""),
    ("model.plug_state", ""),
    ("model.key_valid", ""),
    ("model.start_request", ""),
    ("model.door_fl", ""),
    ("model.door_fr", ""),
    ("model.door_rl", ""),
    ("model.door_rr", ""),
    ("model.trunk", ""),
    ("model.hood", ""),
    ("model.low_beam", ""),
    ("model.turn", ""),
    ("model.hvac", ""),
    ("model.defrost", ""),
    ("model.belt_driver", ""),
    ("model.belt_passenger", ""),
    ("model.gnss", ""),
    ("model.ambient_temp", "degC"),
    ("model.occupants", "1"),
    ("model.grade", "%"),
    ("model.gnss_jump", "m"),
)
"""Inputs that read back as set; the labelled ones in the order of `state.SWITCHES`."""

GNSS = (
    ("model.gnss_fix", ""),
    ("model.gnss_latitude", "deg"),
    ("model.gnss_longitude", "deg"),
    ("model.gnss_altitude", "m"),
    ("model.gnss_heading", "deg"),
    ("model.gnss_speed", "km/h"),
    ("model.gnss_accuracy", "m"),
    ("model.gnss_satellites", "1"),
    ("model.gnss_hdop", "1"),
    ("model.gnss_utc", "s"),
)
"""Renewed every 200 ms."""

NAMES: tuple[tuple[str, str], ...] = MOTION + SLOW + SET + GNSS
"""Every reading and its unit, in the order of `Plant.values()`; "1" is a number without unit, "" a label."""

INDEX: Mapping[str, int] = MappingProxyType({name: place for place, (name, _) in enumerate(NAMES)})
"""Place of each reading in `Plant.values()`."""

LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: CHOICES[name] for name, _ in NAMES if name in CHOICES}
    | {
        "model.engine_state": ("STOPPED", "CRANKING", "IDLE", "RUNNING", "STOPSTART"),
        "model.contactor_state": ("OPEN", "PRECHARGE", "CLOSED", "FAULT"),
        "model.charge_state": ("IDLE", "CHARGING", "COMPLETE", "SCHEDULED", "FAULT"),
        "model.dcdc_mode": ("STANDBY", "BUCK", "FAULT", "DERATED"),
        "model.load_shed": ("NONE", "COMFORT", "INFOTAINMENT", "ALL"),
        "model.gnss_fix": ("NONE", "TIME", "2D", "3D", "DR"),
    }
    | {f"model.{name}": SWITCH for name in ("standstill", "drive_ready", "kl15", "airbag_deployed")}
)
"""Labels of the readings that have them; the place of a label is its number on the network."""
