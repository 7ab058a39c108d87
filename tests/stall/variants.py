"""The runs of the experiment: one short scenario, healthy, with a defect, or with a fault that a check must find."""

from dataclasses import replace
from pathlib import Path

from bench.model.instant import MS
from bench.model.plan import Plan
from bench.model.stimulus import At, Fault, Phase
from bench.places import shipped
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

SCENARIO = Path(__file__).with_name("stall.scenario.yaml")
VARIANTS = ("healthy", "defect", "dropped", "frozen")


def planned(variant: str, pace: str) -> Plan:
    """The plan of a variant: pace "free" is simulated, "wall" goes over python-can's virtual buses."""
    rig = shipped("rigs") / ("virtual-realtime.yaml" if pace == "wall" else "virtual.yaml")
    defects = ("TCU.M31@0.1s",) if variant == "defect" else ()
    plan = resolve(SCENARIO, load_rig(rig), defects=defects)
    fault = {
        # One frame of a message is missing at 3.6 s; a cycle is broken.
        "dropped": ("gears", Fault("F", "drop", At(600 * MS), "INFO", "CGW_Veh_01", duration=20 * MS)),
        # The counter stands still at 2.5 s.
        "frozen": ("button", Fault("F", "counter_freeze", At(600 * MS), "INFO", "CGW_Veh_01", duration=100 * MS)),
    }.get(variant)
    if fault is None:
        return plan
    name, what = fault
    return replace(plan, phases=tuple(_with(phase, what) if phase.name == name else phase for phase in plan.phases))


def _with(phase: Phase, fault: Fault) -> Phase:
    return replace(phase, faults=(*phase.faults, fault))
