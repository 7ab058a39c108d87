"""The vehicles against fastsim 3.1.0 itself, on the schedules that the bench ships. Needs the package `fastsim`."""

from importlib.metadata import version

import pytest
from cycle_comparison import CYCLES, FASTSIM, LIMITS, VEHICLES, Figures, differences, own

from bench.vehicle.schedule import load

fastsim = pytest.importorskip("fastsim", reason="fastsim is not installed here; run `tox -e fastsim`")

FILES = {"ice": "2026_Chrysler_Pacifica_Select.yaml", "ev": "2022_Renault_Zoe_ZE50_R135.yaml"}
CASES = [(vehicle, cycle) for vehicle in VEHICLES for cycle in CYCLES]


def theirs(vehicle: str, cycle: str) -> Figures:
    """What fastsim says of its vehicle on its own copy of the schedule."""
    drive = fastsim.SimDrive(fastsim.Vehicle.from_resource(FILES[vehicle]), fastsim.Cycle.from_resource(f"{cycle}.csv"))
    drive.walk()
    result = drive.to_dict()["veh"]
    powertrain = result["pt_type"]
    if vehicle == "ev":
        source_j = powertrain["BEV"]["res"]["state"]["energy_out_chemical_joules"]
    else:
        source_j = powertrain["Conv"]["fc"]["state"]["energy_fuel_joules"]
    state = result["state"]
    assert state["cyc_met_overall"]
    return Figures(state["dist_meters"], state["energy_tractive_joules"] / 1e6, source_j / 1e6)


def test_the_reference_is_the_version_that_the_figures_come_from():
    assert version("fastsim") == "3.1.0"


@pytest.mark.parametrize("cycle", CYCLES)
def test_both_drive_the_same_schedule(cycle):
    """Our samples are fastsim's, to the 5 decimals that the file holds."""
    cycle_data = fastsim.Cycle.from_resource(f"{cycle}.csv").to_dict()
    schedule = load(cycle)

    assert cycle_data["time_seconds"] == list(schedule.times_s)
    assert cycle_data["speed_meters_per_second"] == pytest.approx(list(schedule.speeds_mps), abs=1e-5)


@pytest.mark.parametrize(("vehicle", "cycle"), CASES)
def test_the_stored_figures_are_what_fastsim_gives(vehicle, cycle):
    found, stored = theirs(vehicle, cycle), FASTSIM[vehicle, cycle]

    assert found.distance_m == pytest.approx(stored.distance_m, rel=1e-9)
    assert found.wheel_mj == pytest.approx(stored.wheel_mj, rel=1e-9)
    assert found.source_mj == pytest.approx(stored.source_mj, rel=1e-9)


@pytest.mark.parametrize(("vehicle", "cycle"), CASES)
def test_the_vehicle_agrees_with_fastsim(vehicle, cycle):
    apart = differences(own(vehicle, cycle), theirs(vehicle, cycle))

    assert abs(apart.distance_m) <= LIMITS.distance_m
    assert abs(apart.wheel_mj) <= LIMITS.wheel_mj
    assert abs(apart.source_mj) <= LIMITS.source_mj
