"""Slow temperatures: coolant as one node with a thermostat, everything else as a lag. Pure; W, degC, s."""

from bench.vehicle.parameters import Thermal


def coolant_step(p: Thermal, coolant_degc: float, loss_w: float, ambient_degc: float, dt_s: float) -> float:
    """Coolant temperature after `dt_s`; `loss_w` is fuel power less shaft power, a share of which arrives."""
    opening = (coolant_degc - p.thermostat_opens_degc) / (p.thermostat_open_degc - p.thermostat_opens_degc)
    cooling_wpk = p.block_wpk + p.radiator_wpk * min(1.0, max(0.0, opening))
    heat_w = p.heat_share * loss_w - cooling_wpk * (coolant_degc - ambient_degc)
    return coolant_degc + heat_w * dt_s / p.heat_capacity_jpk


def lag(value: float, towards: float, time_constant_s: float, dt_s: float) -> float:
    """A first-order lag, one step."""
    return value + (towards - value) * dt_s / time_constant_s
