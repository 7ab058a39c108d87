"""The 12 V side: battery, charger, loads by power mode, load shedding. Pure; V, A, s, charge as a share."""

from typing import NamedTuple

from bench.vehicle.parameters import Supply


class LowVoltage(NamedTuple):
    """State of the 12 V side. `current_a` is positive while the battery charges; `charger_w` is delivered."""

    soc: float
    rc_v: float
    voltage_v: float
    current_a: float = 0.0
    charger_w: float = 0.0
    low_s: float = 0.0
    very_low_s: float = 0.0
    shed: str = "NONE"


def open_circuit_v(p: Supply, soc: float) -> float:
    """Rest voltage at 25 degC."""
    return p.ocv_empty_v + p.ocv_span_v * soc


def start(p: Supply, soc: float) -> LowVoltage:
    """A rested battery without load."""
    return LowVoltage(soc, 0.0, open_circuit_v(p, soc))


def set_point_v(p: Supply, ambient_degc: float) -> float:
    """Voltage that the charger regulates to; lower when hot."""
    wanted = p.set_point_v + p.set_point_v_per_k * (ambient_degc - 25)
    return min(p.set_point_max_v, max(p.set_point_min_v, wanted))


def load_a(p: Supply, mode: str, cranking_s: float, extra_a: float, shed: str) -> float:
    """Current of all loads in this power mode; while cranking (`cranking_s` > 0) the starter comes first."""
    if cranking_s > 0:
        return p.crank_peak_a if cranking_s <= p.crank_peak_s else p.crank_a
    if mode == "OFF":
        return p.off_a + extra_a
    steady = (p.run_a if mode in ("RUN", "CRANK") else p.acc_a) + extra_a
    saved = {"INFOTAINMENT": p.shed_infotainment_a, "ALL": p.shed_all_a}.get(shed, 0.0)
    return max(p.off_a, steady - saved)


def step(p: Supply, lv: LowVoltage, loads_a: float, charging: bool, ambient_degc: float, dt_s: float) -> LowVoltage:
    """The 12 V side after `dt_s` with these loads; `charging` tells whether alternator or converter delivers.

    The charger holds its set point while loads and battery together take less than it can give. The battery takes no
    more than its acceptance: `acceptance_per_h` of the missing charge, and a float current.
    """
    ohm = p.r0_ohm * (1 + p.r0_per_k * (25 - ambient_degc)) * p.ageing
    behind = open_circuit_v(p, lv.soc) + lv.rc_v
    amperes, voltage, charger = -loads_a, behind - loads_a * ohm, 0.0
    if charging:
        point = set_point_v(p, ambient_degc)
        accepted = p.capacity_ah * (p.acceptance_per_h * (1 - lv.soc) + p.float_per_h)
        wish = min(accepted, max(0.0, (point - behind) / ohm))
        amperes = min(wish, p.charger_max_a - loads_a)
        voltage = point if amperes == wish else behind + amperes * ohm
        charger = voltage * (loads_a + amperes)
    stored = amperes * p.coulomb_efficiency if amperes > 0 else amperes
    decay = dt_s / p.rc_s
    low_s = lv.low_s + dt_s if voltage < p.shed_infotainment_v else 0.0
    very_low_s = lv.very_low_s + dt_s if voltage < p.shed_all_v else 0.0
    shed = lv.shed
    if voltage > p.shed_end_v:
        shed = "NONE"
    elif very_low_s >= p.shed_all_s:
        shed = "ALL"
    elif low_s >= p.shed_infotainment_s and shed != "ALL":
        shed = "INFOTAINMENT"
    return LowVoltage(
        min(1.0, max(0.0, lv.soc + stored * dt_s / (3600 * p.capacity_ah))),
        lv.rc_v + (amperes * p.rc_ohm - lv.rc_v) * decay,
        voltage,
        amperes,
        charger,
        low_s,
        very_low_s,
        shed,
    )
