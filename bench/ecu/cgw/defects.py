"""Defects of the gateway. Each is one realistic bug, off by default."""

from dataclasses import replace

from bench.ecu import supply_defects
from bench.ecu.cgw.behaviour import Parameters
from bench.ecu.defect import Defect
from bench.ecu.supply_defects import ANY, Change


def _lifted(p: Parameters, change: Change, strength: str) -> Parameters:
    return replace(p, electrical=change(p.electrical, strength))


SUPPLY: tuple[Defect[Parameters], ...] = supply_defects.of(
    "CGW",
    {**ANY, "M42": (("5V", "3V"), ("2.5V",)), "M54": (("120uA", "40mA"), ("95uA",))},
    _lifted,
)
