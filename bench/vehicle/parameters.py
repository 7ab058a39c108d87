"""Parameter sets of the two reference vehicles, as frozen values with their sources.

Sources: [F] found: the vehicle files of fastsim 3.1.0 (PyPI, Apache-2.0), which also derive from public EPA and maker
data; [S] a well-known published value; [B] a bench default by engineering judgement; [U] from memory, unverified.
"""

from dataclasses import dataclass, field

GRAVITY_MPS2 = 9.80665
"""Standard gravity. Source: ISO 80000-3."""

AIR_DENSITY_KGPM3 = 1.206
"""Dry air at 20 degC and 1013 hPa. Frozen for the comparison with fastsim."""


@dataclass(frozen=True, slots=True)
class Chassis:
    """The body on its wheels. `mu` limits traction and braking of the whole vehicle alike."""

    mass_kg: float
    drag_coefficient: float
    frontal_area_m2: float
    rolling_coefficient: float
    wheel_radius_m: float
    wheel_inertia_kgm2: float
    wheelbase_m: float
    mu: float = 0.8
    steering_ratio: float = 15.0
    brake_pressure_max_bar: float = 120.0


@dataclass(frozen=True, slots=True)
class Electric:
    """One motor, one ratio. The two efficiencies run from the wheel to the battery's terminals and back [F, fitted].

    Below `fade_below_mps` (7 km/h) recuperation fades linearly to nothing at standstill.
    """

    power_max_w: float
    torque_max_nm: float
    ratio: float = 9.3
    drive_efficiency: float = 0.88
    regen_efficiency: float = 0.65
    fade_below_mps: float = 7 / 3.6


@dataclass(frozen=True, slots=True)
class Combustion:
    """An engine with an automatic gearbox. `efficiencies` belong to `loads`, shares of the largest power.

    The converter's slip sets the engine's speed only; its loss is contained in `efficiency` (engine to wheel).
    Shifts: up above `up_rpm`, down below `down_rpm`, each (at no pedal, at full pedal), `shift_hold_s` apart.
    """

    power_max_w: float
    torque_max_nm: float
    idle_fuel_w: float
    loads: tuple[float, ...]
    efficiencies: tuple[float, ...]
    ratios: tuple[float, ...]
    final_ratio: float
    efficiency: float = 0.95
    idle_rpm: float = 700.0
    converter_rpm: float = 1100.0
    lockup_above_gear: int = 2
    up_rpm: tuple[float, float] = (1900.0, 5000.0)
    down_rpm: tuple[float, float] = (1000.0, 2500.0)
    shift_hold_s: float = 0.5
    crank_s: float = 0.5
    dfco_above_mps: float = 10.0
    dfco_below_mps2: float = -0.3
    stop_start: bool = True
    stop_after_s: float = 1.0
    on_at_least_s: float = 5.0
    standstill_mps: float = 0.05
    tank_l: float = 71.9
    fuel_mjpl: float = 32.05
    rated_lp100km: float = 9.5


@dataclass(frozen=True, slots=True)
class Pack:
    """The traction battery. `voc_v` is the open-circuit voltage of one cell at each of `soc_points`."""

    soc_points: tuple[float, ...] = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    voc_v: tuple[float, ...] = (3.30, 3.50, 3.58, 3.66, 3.78, 3.95, 4.15)
    cells: int = 96
    resistance_ohm: float = 0.1
    energy_kwh: float = 52.0
    discharge_max_w: float = 110_000.0
    charge_max_w: float = 60_000.0
    precharge_s: float = 0.2
    soc_start: float = 0.9
    heat_capacity_jpk: float = 300_000.0
    cooling_wpk: float = 10.0
    charger_w: float = 7_400.0
    charger_efficiency: float = 0.9
    taper_above_soc: float = 0.8
    soh_percent: float = 98.0
    rated_whpkm: float = 150.0


@dataclass(frozen=True, slots=True)
class Supply:
    """The 12 V side: a 70 Ah AGM battery, its charger and what hangs on it [B]. See `supply`."""

    capacity_ah: float = 70.0
    ocv_empty_v: float = 11.8
    ocv_span_v: float = 1.0
    r0_ohm: float = 0.006
    r0_per_k: float = 0.015
    rc_ohm: float = 0.003
    rc_s: float = 10.0
    ageing: float = 1.0
    coulomb_efficiency: float = 0.98
    acceptance_per_h: float = 2.5
    float_per_h: float = 0.01
    set_point_v: float = 14.4
    set_point_v_per_k: float = -0.003
    set_point_min_v: float = 13.5
    set_point_max_v: float = 14.8
    charger_max_a: float = 160.0
    charger_efficiency: float = 0.6
    soc_start: float = 1.0
    off_a: float = 0.015
    acc_a: float = 12.0
    run_a: float = 25.0
    hvac_a: float = 15.0
    lights_a: float = 10.0
    defrost_a: float = 20.0
    crank_a: float = 250.0
    crank_peak_a: float = 600.0
    crank_peak_s: float = 0.05
    shed_infotainment_v: float = 11.8
    shed_infotainment_s: float = 30.0
    shed_all_v: float = 11.3
    shed_all_s: float = 5.0
    shed_end_v: float = 12.4
    shed_infotainment_a: float = 8.0
    shed_all_a: float = 15.0


@dataclass(frozen=True, slots=True)
class DriverParameters:
    """PI on the speed error, in m/s2 per m/s and per m, plus the schedule's own acceleration; frozen."""

    kp: float = 0.8
    ki: float = 0.05
    hold_brake: float = 0.2


@dataclass(frozen=True, slots=True)
class Thermal:
    """Coolant as one node with a thermostat; oil, gearbox and converter temperatures lag behind [B]."""

    heat_capacity_jpk: float = 75_000.0
    heat_share: float = 0.6
    thermostat_opens_degc: float = 88.0
    thermostat_open_degc: float = 95.0
    radiator_wpk: float = 1_500.0
    block_wpk: float = 12.0
    oil_s: float = 240.0
    gearbox_s: float = 600.0
    dcdc_s: float = 120.0
    dcdc_k_per_a: float = 0.3


@dataclass(frozen=True, slots=True)
class VehicleParameters:
    """Everything that tells one vehicle from another; `aux_w` is the load that the frozen comparison carries.

    For a combustion engine `aux_w` acts at the shaft while the engine runs, for an electric vehicle at the battery.
    It contains the 12 V load of RUN; what the charger delivers beyond that comes on top.
    """

    name: str
    chassis: Chassis
    driveline: Electric | Combustion
    aux_w: float
    pack: Pack | None = None
    supply: Supply = field(default_factory=Supply)
    driver: DriverParameters = field(default_factory=DriverParameters)
    thermal: Thermal = field(default_factory=Thermal)
    odometer_start_km: float = 10_000.0


EV = VehicleParameters(
    name="ev",
    chassis=Chassis(1600.0, 0.33, 2.5121646, 0.009, 0.31045, 0.815, 2.588),
    driveline=Electric(power_max_w=100_000.0, torque_max_nm=245.0),
    aux_w=250.0,
    pack=Pack(),
    supply=Supply(charger_max_a=2_200 / 14.4, charger_efficiency=0.92),
)
"""Renault Zoe ZE50 R135. Chassis, power and auxiliary load [F]; torque [S]; ratio and efficiencies as frozen."""

ICE = VehicleParameters(
    name="ice",
    chassis=Chassis(2398.14286, 0.3303036837542712, 3.05124164, 0.0064798953284486704, 0.36865, 0.815, 3.08864),
    driveline=Combustion(
        power_max_w=211_088.0,
        torque_max_nm=355.0,
        idle_fuel_w=13_000.0,
        loads=(0.0, 0.005, 0.015, 0.04, 0.06, 0.1, 0.14, 0.2, 0.4, 0.6, 1.0),
        efficiencies=(0.0, 0.093, 0.138, 0.221, 0.280, 0.306, 0.315, 0.307, 0.304, 0.29, 0.29),
        ratios=(4.70, 2.84, 1.91, 1.38, 1.00, 0.81, 0.70, 0.58, 0.48),
        final_ratio=3.25,
    ),
    aux_w=700.0,
)
"""Chrysler Pacifica Select. Chassis, power, idle fuel, efficiencies, DFCO and stop-start [F]; torque [S]; gears [U]."""

SETS = (EV, ICE)
"""The parameter sets that a rig file can name."""
