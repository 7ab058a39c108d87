"""The traction battery: open-circuit voltage over charge, one resistance, coulombs, one temperature. Pure; SI units."""

from bisect import bisect_right
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from bench.vehicle.parameters import Pack

CELL_SPREAD_V = tuple(((index * 7) % 24 - 11.5) * 0.0004 for index in range(24))
"""How far each of the 24 reported cells (8 groups of 3) lies from the mean: a fixed spread of +-4.6 mV [B]."""


class Battery(NamedTuple):
    """Charge and temperature, what the last step saw at the terminals, and the energy drawn from the cells.

    `current_a` is positive while discharging. `drawn_j` is net and counts the battery's own loss.
    """

    soc: float
    temperature_degc: float
    voltage_v: float
    current_a: float = 0.0
    drawn_j: float = 0.0


def capacity_as(p: Pack) -> float:
    """Ampere-seconds between empty and full, from the usable energy and the mean open-circuit voltage."""
    points = tuple(zip(p.soc_points, p.voc_v, strict=True))
    mean = sum((s1 - s0) * (v0 + v1) / 2 for (s0, v0), (s1, v1) in pairwise(points))
    return p.energy_kwh * 3.6e6 / (mean * p.cells)


def open_circuit_v(p: Pack, soc: float) -> float:
    """Open-circuit voltage of the pack, linear between the table's points."""
    if soc <= 0.0:
        return p.voc_v[0] * p.cells
    after = bisect_right(p.soc_points, soc)
    if after == len(p.soc_points):
        return p.voc_v[-1] * p.cells
    low, high = p.soc_points[after - 1], p.soc_points[after]
    share = (soc - low) / (high - low)
    return (p.voc_v[after - 1] * (1 - share) + p.voc_v[after] * share) * p.cells


def remaining_j(p: Pack, soc: float) -> float:
    """Energy between empty and this charge at open circuit; the integral of the voltage table."""
    total = 0.0
    for low, high in pairwise(p.soc_points):
        if soc <= low:
            break
        top = min(soc, high)
        total += (top - low) * 0.5 * (open_circuit_v(p, low) + open_circuit_v(p, top))
    return total * capacity_as(p)


def start(p: Pack, soc: float, ambient_degc: float) -> Battery:
    """A rested battery."""
    return Battery(soc, ambient_degc, open_circuit_v(p, soc))


def limits_w(p: Pack, soc: float, temperature_degc: float) -> tuple[float, float]:
    """Largest discharge and charge power; less when full, empty or cold [B]."""
    cold = min(1.0, max(0.0, (temperature_degc + 20) / 30))
    chill = min(1.0, max(0.0, temperature_degc / 10))
    charged = min(1.0, max(0.0, soc / 0.05))
    return p.discharge_max_w * charged * cold, p.charge_max_w * min(1.0, (1 - soc) / 0.05) * chill


def charger_w(p: Pack, soc: float) -> float:
    """Power that the plugged charger puts into the pack: constant, tapering above 80 % to a twentieth at full."""
    if soc >= 1.0:
        return 0.0
    taper = 1.0 if soc <= p.taper_above_soc else max(0.05, (1 - soc) / (1 - p.taper_above_soc))
    return p.charger_w * p.charger_efficiency * taper


def current_a(p: Pack, voc_v: float, power_w: float) -> float:
    """Current at which the terminals deliver `power_w`: I = (Voc - sqrt(Voc2 - 4 R P)) / 2 R.

    A power beyond what the resistance lets through gives the current of the largest power.
    """
    root = voc_v * voc_v - 4 * p.resistance_ohm * power_w
    return (voc_v - sqrt(root)) / (2 * p.resistance_ohm) if root > 0 else voc_v / (2 * p.resistance_ohm)


def step(p: Pack, battery: Battery, power_w: float, ambient_degc: float, dt_s: float) -> Battery:
    """The battery after `dt_s` at `power_w` on its terminals (positive: discharge)."""
    soc, temperature, _, _, drawn_j = battery
    voc = open_circuit_v(p, soc)
    amperes = current_a(p, voc, power_w)
    heat_w = amperes * amperes * p.resistance_ohm
    return Battery(
        min(1.0, max(0.0, soc - amperes * dt_s / capacity_as(p))),
        temperature + (heat_w - p.cooling_wpk * (temperature - ambient_degc)) * dt_s / p.heat_capacity_jpk,
        voc - amperes * p.resistance_ohm,
        amperes,
        drawn_j + voc * amperes * dt_s,
    )


def cell_voltages(mean_v: float) -> tuple[float, ...]:
    """The 24 cell voltages that the pack reports, for this mean."""
    return tuple(mean_v + spread for spread in CELL_SPREAD_V)
