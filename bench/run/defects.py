"""All defects of all virtual ECUs, and how a switch such as "IVI.M01@2.6s" is read."""

from typing import Any

from bench.ecu.cgw.defects import SUPPLY as CGW_SUPPLY
from bench.ecu.defect import Defect
from bench.ecu.ivi.defects import DEFECTS as IVI
from bench.ecu.ivi.defects import SUPPLY as IVI_SUPPLY
from bench.ecu.tcu.defects import DEFECTS as TCU
from bench.ecu.tcu.defects import SUPPLY as TCU_SUPPLY
from bench.errors import ScenarioError


def catalogue() -> tuple[Defect[Any], ...]:
    """Every defect of the ECUs' functions, ECU by ECU."""
    return (*IVI, *TCU)


def of_supplies() -> tuple[Defect[Any], ...]:
    """Every defect of the ECUs' supplies; they show only where a supply of the laboratory feeds the 12 V net."""
    return (*IVI_SUPPLY, *TCU_SUPPLY, *CGW_SUPPLY)


def switched(switches: tuple[str, ...], ecu: str) -> tuple[tuple[Defect[Any], str], ...]:
    """The defects of one ECU among the switches, each with its strength."""
    chosen = (find(switch) for switch in switches)
    return tuple((defect, strength) for defect, strength in chosen if defect.id.partition(".")[0] == ecu)


def find(switch: str) -> tuple[Defect[Any], str]:
    """The defect and strength that a switch names; ScenarioError if there is none, or no such strength of it."""
    identifier, _, strength = switch.partition("@")
    for defect in (*catalogue(), *of_supplies()):
        if defect.id == identifier:
            known = (*defect.fails, *defect.passes)
            if strength and strength not in known:
                raise ScenarioError(f"defect '{identifier}' has no strength '{strength}'; it has {', '.join(known)}")
            return defect, strength or defect.fails[0]
    every = ", ".join(defect.id for defect in (*catalogue(), *of_supplies()))
    raise ScenarioError(f"no defect '{identifier}'; `bench defects` lists them: {every}")
