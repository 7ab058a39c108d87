"""The plant: laws of its physics, the comparison with fastsim's stored figures, its inputs and readings."""

from itertools import pairwise
from math import cos, hypot, radians

import pytest
from cycle_comparison import CYCLES, FASTSIM, LIMITS, VEHICLES, differences, followed, own, table, written
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchBug, ScenarioError
from bench.model.instant import MS, S
from bench.vehicle import battery, body, dynamics, gnss, supply
from bench.vehicle.body import BodyParameters, Crash, Locks, Power
from bench.vehicle.dynamics import Motion
from bench.vehicle.follow import follow, violations
from bench.vehicle.gnss import Route
from bench.vehicle.parameters import EV, ICE, SETS, Pack, Supply
from bench.vehicle.plant import LABELS, NAMES, SETTABLE, STEP_NS, Plant, parameters
from bench.vehicle.plant import LIMITS as INPUT_LIMITS
from bench.vehicle.schedule import Schedule, load, parse

CASES = [(vehicle, cycle) for vehicle in VEHICLES for cycle in CYCLES]
NAMED = [one.name for one in SETS]
TRIANGLE = Schedule("triangle", (0.0, 10.0, 20.0), (0.0, 15.0, 0.0))

schedules = st.lists(st.floats(0, 30), min_size=2, max_size=8).map(
    lambda tops: Schedule("drawn", tuple(12.0 * i for i in range(len(tops) + 1)), (0.0, *tops))
)


def running(vehicle: str, **more: object) -> Plant:
    """A plant with the key in RUN."""
    plant = Plant(vehicle, **more)  # type: ignore[arg-type]
    plant.set("model.power_mode", "RUN")
    return plant


# ---- against the reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("vehicle", "cycle"), CASES)
def test_the_vehicle_agrees_with_the_stored_figures_of_fastsim(vehicle, cycle):
    apart = differences(own(vehicle, cycle), FASTSIM[vehicle, cycle])

    assert abs(apart.distance_m) <= LIMITS.distance_m
    assert abs(apart.wheel_mj) <= LIMITS.wheel_mj
    assert abs(apart.source_mj) <= LIMITS.source_mj


@pytest.mark.parametrize(("vehicle", "cycle"), CASES)
def test_the_driver_never_leaves_the_tolerance_of_the_trace(vehicle, cycle):
    """40 CFR 86.115: 2 mph around the schedule within +-1 s."""
    assert followed(vehicle, cycle).violations == ()


def test_the_document_holds_the_computed_table():
    """Renew it with `python tests/cycle_comparison.py`."""
    assert written() == table()


def test_the_wheel_energy_is_above_the_reference_because_of_its_thinner_air():
    """With the air density that fastsim's drag energy corresponds to (1.1729 kg/m3), the offset vanishes."""
    for (vehicle, cycle), theirs in FASTSIM.items():
        chassis, speeds = parameters(vehicle).chassis, load(cycle).speeds_mps
        cubes = sum((a**3 + a * a * b + a * b * b + b**3) / 4 for a, b in pairwise(speeds))
        surplus_j = 0.5 * (1.206 - 1.1729) * chassis.drag_coefficient * chassis.frontal_area_m2 * cubes

        assert own(vehicle, cycle).wheel_mj - surplus_j / 1e6 == pytest.approx(theirs.wheel_mj, rel=2e-3)


def test_a_trace_that_is_late_by_two_seconds_is_a_violation():
    schedule = Schedule("ramp", (0.0, 10.0), (0.0, 20.0))
    late = [max(0.0, 2.0 * (second - 2)) for second in range(11)]

    assert violations(schedule, [2.0 * second for second in range(11)]) == ()
    assert violations(schedule, late) == tuple(range(2, 11))


# ---- laws -----------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(schedules, st.sampled_from(SETS))
def test_energy_at_the_wheels_goes_into_road_and_motion(schedule, vehicle):
    """Wheel energy = road load + kinetic energy, whatever is driven."""
    result = follow(schedule, vehicle)

    assert abs(result.balance_j) < 1e-3
    assert min(result.speeds_mps) >= 0.0


@given(
    st.floats(0, 60), st.floats(-3000, 8000), st.floats(0, 15000), st.floats(-15, 15), st.sampled_from([0.01, 0.1, 1.0])
)
def test_a_step_never_creates_energy_and_never_reverses(speed_mps, traction_n, brake_n, grade, dt_s):
    """Kinetic energy gained = traction - brake - road, for any forces; brakes never push."""
    road = dynamics.road_load(EV.chassis, grade)
    motion, mean_mps = dynamics.step(road, Motion(speed_mps), traction_n, brake_n, dt_s)
    gained_j = 0.5 * road.mass_eq_kg * (motion.speed_mps**2 - speed_mps**2)

    assert motion.speed_mps >= 0.0
    assert motion.distance_m == pytest.approx(mean_mps * dt_s)
    assert 0.0 <= motion.brake_j <= brake_n * mean_mps * dt_s + 1e-9
    assert motion.traction_j - motion.brake_j - motion.road_j == pytest.approx(gained_j, abs=1e-6 * (1 + abs(gained_j)))


@pytest.mark.parametrize("vehicle", SETS, ids=NAMED)
def test_the_source_gives_more_than_the_wheels_get(vehicle):
    """No efficiency above one: fuel or cells give more than traction and auxiliaries took."""
    result = follow(TRIANGLE, vehicle)

    assert result.source_mj > result.wheel_mj


@given(st.floats(0.0, 1.0), st.floats(0, 100_000), st.floats(-10, 45))
def test_charge_falls_while_discharging_and_the_terminals_deliver_the_power(soc, power_w, ambient_degc):
    pack = Pack()
    after = battery.step(pack, battery.start(pack, soc, 20.0), power_w, ambient_degc, 0.1)

    assert after.soc <= soc
    assert after.voltage_v * after.current_a == pytest.approx(power_w, rel=1e-6, abs=1e-4)
    assert after.drawn_j >= power_w * 0.1 - 1e-6


def test_a_battery_emptied_and_its_energy_agree():
    """From full to empty at 10 kW the cells give the 52 kWh that the voltage table holds."""
    pack = Pack()
    cells = battery.start(pack, 1.0, 20.0)
    for _ in range(200_000):
        if cells.soc <= 0.0:
            break
        cells = battery.step(pack, cells, 10_000.0, 20.0, 1.0)

    assert cells.drawn_j / 3.6e6 == pytest.approx(52.0, rel=1e-3)
    assert battery.remaining_j(pack, 1.0) / 3.6e6 == pytest.approx(52.0, rel=1e-9)


def test_cell_voltages_keep_their_mean():
    cells = battery.cell_voltages(3.7)

    assert len(set(cells)) == 24
    assert sum(cells) / 24 == pytest.approx(3.7)


# ---- 12 V -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ambient_degc", "volts"), [(25.0, 8.8), (-20.0, 6.4)])
def test_the_crank_peak_drops_the_net_as_resistance_says(ambient_degc, volts):
    """600 A at a charge of 0.6: about 8.8 V at 25 degC and 6.4 V at -20 degC."""
    after = supply.step(Supply(), supply.start(Supply(), 0.6), 600.0, False, ambient_degc, 0.01)

    assert after.voltage_v == pytest.approx(volts, abs=0.05)


@given(st.floats(0.0, 1.0), st.floats(0, 60), st.booleans(), st.floats(-30, 45))
def test_the_12_v_net_balances(soc, loads_a, charging, ambient_degc):
    """Charger current = load + battery current, at the net's voltage; the battery's charge stays a share."""
    lv = supply.step(Supply(), supply.start(Supply(), soc), loads_a, charging, ambient_degc, 0.01)

    assert lv.charger_w == pytest.approx(lv.voltage_v * (loads_a + lv.current_a) if charging else 0.0)
    assert 0.0 <= lv.soc <= 1.0
    assert lv.voltage_v <= supply.set_point_v(Supply(), ambient_degc) or not charging


def test_an_overloaded_charger_lets_the_voltage_fall():
    lv = supply.step(Supply(), supply.start(Supply(), 0.9), 200.0, True, 25.0, 0.01)

    assert lv.current_a == pytest.approx(-40.0)
    assert lv.voltage_v < 12.7


def test_infotainment_is_shed_after_30_s_below_11_8_v_and_returns():
    p, lv = Supply(), supply.start(Supply(), 0.0)
    shed = []
    for _ in range(3100):
        lv = supply.step(p, lv, 10.0, False, 25.0, 0.01)
        shed.append(lv.shed)
    assert shed.index("INFOTAINMENT") == pytest.approx(3000, abs=2)

    lv = supply.step(p, lv, 10.0, True, 25.0, 0.01)
    assert lv.shed == "NONE"


# ---- body -----------------------------------------------------------------------------------------------------


def test_leaving_run_passes_through_post_run():
    power = body.turn_key(Power("RUN"), "OFF")
    assert power.mode == "POST_RUN"
    assert body.turn_key(power, "OFF") == power

    for _ in range(501):
        power = body.power_step(BodyParameters(), power, False, 0.01)
    assert power.mode == "OFF"


def test_the_crash_unlocks_within_200_ms():
    locks, crash = Locks("LOCKED"), Crash("YES", "FRONT", "ON", 0.0)
    for step in range(1, 21):
        crash = crash._replace(since_s=step * 0.01)
        locks = body.lock_step(BodyParameters(), locks, crash, 50.0, False, 0.01)
    assert locks.state == "UNLOCKED"


def test_doors_relock_45_s_after_the_fob_unless_one_was_opened():
    for opens, state in ((False, "LOCKED"), (True, "UNLOCKED")):
        locks = Locks("UNLOCKED", 0.0)
        for step in range(4600):
            locks = body.lock_step(BodyParameters(), locks, Crash(), 0.0, opens and step == 100, 0.01)
        assert locks.state == state


def test_doors_lock_by_driving_off():
    plant = running("ev")
    plant.set("model.speed", 14.0)
    plant.step(1 * S)
    assert plant.read("model.locks") == "UNLOCKED"

    plant.set("model.speed", 16.0)
    plant.step(2 * S)
    assert plant.read("model.locks") == "LOCKED"


# ---- satellites -----------------------------------------------------------------------------------------------


def metres_apart(plant: Plant) -> float:
    """Distance between the reported and the true position."""
    truth = gnss.start(plant.state.route, plant.state.position_m)
    north = (plant.state.fix.latitude_deg - truth.latitude_deg) * 111_320
    east = (plant.state.fix.longitude_deg - truth.longitude_deg) * 111_320 * cos(radians(truth.latitude_deg))
    return hypot(north, east)


@pytest.mark.parametrize("sky", ["AVAILABLE", "TUNNEL", "NONE"])
@pytest.mark.parametrize("seed", range(3))
def test_the_reported_accuracy_covers_the_error(sky, seed):
    plant = running("ev", seed=seed, noise=True)
    plant.set("model.speed", 90.0)
    plant.step(5 * S)
    assert plant.read("model.gnss_fix") == "3D"

    plant.set("model.gnss", sky)
    for second in range(6, 66):
        plant.step(second * S)
        assert metres_apart(plant) <= plant.state.fix.accuracy_m
    assert plant.read("model.gnss_fix") == {"AVAILABLE": "3D", "TUNNEL": "DR", "NONE": "NONE"}[sky]


def test_dead_reckoning_loses_two_per_cent_of_the_distance_and_a_fix_returns():
    plant = running("ev")
    plant.set("model.speed", 72.0)
    plant.step(5 * S)
    plant.set("model.gnss", "TUNNEL")
    plant.step(55 * S)
    assert metres_apart(plant) == pytest.approx(0.02 * 50 * 20, rel=0.02)

    plant.set("model.gnss", "AVAILABLE")
    plant.step(58 * S)
    assert plant.read("model.gnss_fix") == "3D"
    assert metres_apart(plant) < 0.1


def test_a_false_signal_jumps_by_what_was_set_and_looks_healthy():
    plant = running("ev")
    plant.step(5 * S)
    plant.set("model.gnss", "JUMP")
    plant.step(6 * S)

    assert metres_apart(plant) == pytest.approx(100_000, rel=2e-3)
    assert plant.read("model.gnss_fix") == "3D"


def test_the_route_is_a_circle_of_its_radius():
    route = Route()
    north, east = gnss.metres_per_degree(route.latitude_deg)
    for distance_m in range(0, 13_000, 500):
        latitude, longitude, heading = route.at(distance_m)
        radius = hypot((latitude - route.latitude_deg) * north, (longitude - route.longitude_deg) * east)
        assert radius == pytest.approx(route.radius_m)
        assert 0 <= heading < 360


# ---- schedules ------------------------------------------------------------------------------------------------


def test_the_shipped_schedules_are_the_epa_s():
    """40 CFR 86 appendix I: 1 369 s; 40 CFR 600 appendix I: 765 s."""
    assert load("udds").duration_s == 1369
    assert load("HWFET").duration_s == 765


def test_a_schedule_is_linear_between_samples_and_holds_its_ends():
    assert TRIANGLE.at(5.0) == (7.5, 1.5)
    assert TRIANGLE.at(10.0) == (15.0, -1.5)
    assert TRIANGLE.at(-1.0) == (0.0, 0.0)
    assert TRIANGLE.at(20.0) == (0.0, 0.0)


@given(st.floats(0, 9.5), st.floats(10.5, 20), st.floats(0, 1))
def test_a_cut_asks_for_the_same_speeds(start_s, end_s, share):
    part = TRIANGLE.cut(start_s, end_s)
    inside_s = share * (end_s - start_s)

    assert part.at(inside_s)[0] == pytest.approx(TRIANGLE.at(start_s + inside_s)[0], abs=1e-9)


def test_a_repeated_schedule_asks_for_the_same_speeds_again():
    twice = TRIANGLE.repeated(2)

    assert twice.duration_s == 40
    assert [twice.at(20 + t)[0] for t in range(20)] == [TRIANGLE.at(t)[0] for t in range(20)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.csv:1: a schedule begins with the header 'time_s,speed_mps'"),
        ("t,v\n0,0\n", "x.csv:1: a schedule begins with the header 'time_s,speed_mps'"),
        ("time_s,speed_mps\n0,0\n1,fast\n", "x.csv:3: found '1,fast'; expected two numbers, s and m/s"),
        ("time_s,speed_mps\n0,0\n1,2,3\n", "x.csv:3: found '1,2,3'; expected two numbers, s and m/s"),
        ("time_s,speed_mps\n0,-1\n", "x.csv:2: -1.0 m/s at 0.0 s is no road speed; expected 0..150 m/s"),
        ("time_s,speed_mps\n0,nan\n", "x.csv:2: nan m/s at 0.0 s is no road speed; expected 0..150 m/s"),
        ("time_s,speed_mps\n1,0\n1,0\n", "x.csv: schedule x.csv: times must rise; correct the file"),
        (
            "time_s,speed_mps\n1,0\n",
            "x.csv: schedule x.csv: needs two samples or more, and as many speeds as times; correct the file",
        ),
    ],
)
def test_a_wrong_schedule_names_file_and_line(text, message):
    with pytest.raises(ScenarioError) as error:
        parse("x.csv", text)
    assert str(error.value) == message


def test_a_schedule_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"no schedule 'uds'; expected one of udds, hwfet or a file"):
        load("uds")
    with pytest.raises(ScenarioError, match=r"away\.csv: the schedule cannot be read"):
        load("away.csv", tmp_path)


# ---- the plant ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vehicle", NAMED)
def test_readings_match_their_declaration(vehicle):
    """As many values as names, labels where labels are declared, numbers elsewhere, all through a drive and a crash."""
    plant = running(vehicle, seed=1, noise=True)
    plant.drive(TRIANGLE.repeated(2))
    for step in range(2500):
        if step == 2000:
            plant.set("model.delta_v", 20.0)
            plant.set("model.crash_type", "FRONT")
        plant.step(step * STEP_NS)
        values = plant.values()
        assert len(values) == len(NAMES)
        for (name, unit), value in zip(NAMES, values, strict=True):
            if unit:
                assert isinstance(value, (int, float)), name
            else:
                assert value in LABELS[name], name


@pytest.mark.parametrize("vehicle", NAMED)
def test_the_plant_drives_as_the_pure_loop_does(vehicle):
    """The plant adds only what a run has more: the start of the engine, contactors, the 12 V battery."""
    cycle = load("udds").cut(0, 400)
    alone = follow(cycle, parameters(vehicle))
    plant = running(vehicle)
    plant.drive(cycle)
    plant.step(400 * S)

    assert plant.read("model.distance") == pytest.approx(alone.distance_m, rel=1e-4)
    assert plant.read("model.wheel_energy") == pytest.approx(alone.wheel_mj, rel=1e-3)
    source = plant.read("model.fuel_energy" if vehicle == "ice" else "model.battery_energy")
    assert source == pytest.approx(alone.source_mj, rel=0.02)
    assert plant.read("model.speed") == pytest.approx(plant.read("model.schedule_speed"), abs=0.1)


@pytest.mark.parametrize("vehicle", NAMED)
def test_two_plants_of_one_seed_agree_and_two_seeds_differ(vehicle):
    def readings(seed: int, noise: bool) -> list[object]:
        plant = running(vehicle, seed=seed, noise=noise)
        plant.drive(TRIANGLE)
        found: list[object] = []
        for step in range(0, 600, 3):
            plant.step(step * STEP_NS)
            found.append(plant.values())
        return found

    assert readings(1, True) == readings(1, True)
    assert readings(1, True) != readings(2, True)
    assert readings(1, False) == readings(2, False)


def test_noise_does_not_depend_on_who_reads():
    """One plant is read at every step, the other once; both end with the same values."""
    watched, alone = running("ice", seed=3, noise=True), running("ice", seed=3, noise=True)
    for step in range(101):
        watched.step(step * STEP_NS)
        watched.values()
    alone.step(100 * STEP_NS)

    assert watched.values() == alone.values()


@pytest.mark.parametrize("vehicle", NAMED)
def test_an_imposed_speed_holds_at_once_until_a_pedal_takes_over(vehicle):
    plant = running(vehicle)
    plant.set("model.speed", 50.0)
    assert plant.read("model.speed") == pytest.approx(50.0)

    plant.step(3 * S)
    assert plant.read("model.speed") == pytest.approx(50.0)
    assert plant.read("model.acceleration") == 0.0
    assert plant.read("model.distance") == pytest.approx(3 * 50 / 3.6)
    assert plant.read("model.gear") == "D"
    assert plant.read("model.wheel_speed_fl") == pytest.approx(50.0, rel=1e-3)

    plant.set("model.brake_pedal", 50.0)
    plant.step(4 * S)
    assert plant.read("model.acceleration") < -3.0
    plant.step(20 * S)
    assert plant.read("model.standstill") == "ON"
    assert plant.read("model.speed") == 0.0


def test_a_ramp_of_the_speed_has_its_acceleration():
    plant = running("ev")
    for step in range(1, 101):
        plant.set("model.speed", 36.0 * step / 100)
        plant.step(step * STEP_NS)

    assert plant.read("model.acceleration") == pytest.approx(10.0)
    assert plant.read("model.distance") == pytest.approx(5.0)


def test_nothing_moves_with_the_key_off():
    plant = Plant("ev")
    plant.drive(TRIANGLE)
    plant.step(10 * S)

    assert plant.read("model.speed") == 0.0
    assert plant.read("model.schedule_speed") == pytest.approx(54.0)
    assert plant.read("model.battery_energy") == 0.0


def test_in_reverse_the_place_on_the_route_goes_back():
    plant = running("ice")
    plant.set("model.gear", "R")
    plant.set("model.speed", 7.2)
    plant.step(5 * S)

    assert plant.read("model.position") == pytest.approx(-10.0)
    assert plant.read("model.distance") == pytest.approx(10.0)
    assert plant.read("model.current_gear") == -1
    assert plant.read("model.yaw_rate") < 0


def test_the_electric_vehicle_is_ready_after_its_precharge():
    plant = running("ev")
    states = []
    for step in range(1, 31):
        plant.step(step * STEP_NS)
        states.append(plant.read("model.contactor_state"))

    assert states.count("PRECHARGE") == 20
    assert states[-1] == "CLOSED"
    assert plant.read("model.drive_ready") == "ON"


def test_cranking_starts_the_engine_and_ends():
    plant = running("ice")
    plant.step(1 * S)
    assert plant.read("model.engine_state") == "STOPPED"

    plant.set("model.power_mode", "CRANK")
    plant.step(1020 * MS)
    assert plant.read("model.engine_state") == "CRANKING"
    assert plant.read("model.lv_voltage") == pytest.approx(12.8 - 600 * 0.006 * 1.075, abs=0.05)

    plant.step(2 * S)
    assert plant.read("model.engine_state") == "IDLE"
    assert plant.read("model.power_mode") == "RUN"
    assert plant.read("model.lv_voltage") > 14.0


def test_stop_start_stops_the_engine_at_standstill_and_restarts_it():
    plant = running("ice")
    plant.drive(TRIANGLE)
    plant.step(15 * S)
    assert plant.read("model.engine_state") == "RUNNING"

    plant.step(23 * S)
    assert plant.read("model.engine_state") == "STOPSTART"
    assert plant.read("model.fuel_rate") == 0.0

    plant.drive(TRIANGLE, 23 * S)
    plant.step(25 * S)
    assert plant.read("model.engine_state") == "RUNNING"


@pytest.mark.parametrize("vehicle", NAMED)
def test_a_frontal_crash_is_sensed_and_cuts_the_drive(vehicle):
    plant = running(vehicle)
    plant.set("model.speed", 60.0)
    plant.step(2 * S)
    plant.set("model.delta_v", 35.0)
    plant.set("model.crash_type", "FRONT")
    plant.step(2 * S + 200 * MS)

    assert plant.read("model.crash_detected") == "YES"
    assert plant.read("model.airbag_deployed") == "ON"
    assert plant.read("model.locks") == "UNLOCKED"
    assert 15.0 < plant.read("model.speed") < 25.0
    assert plant.read("model.contactor_state") == "OPEN"
    assert plant.read("model.engine_state") == "STOPPED"

    plant.set("model.crash_type", "NONE")
    assert plant.read("model.crash_detected") == "NO"


def test_charging_fills_the_battery_and_ends():
    plant = Plant("ev")
    plant.set("model.soc", 99.9)
    plant.set("model.plug_state", "PLUGGED")
    plant.step(1 * S)
    assert plant.read("model.charge_state") == "CHARGING"
    assert plant.read("model.pack_current") > 0

    plant.set("model.soc", 100.0)
    plant.step(2 * S)
    assert plant.read("model.charge_state") == "COMPLETE"


@pytest.mark.parametrize("name", [name for name in SETTABLE if name in dict(NAMES)])
def test_every_input_reads_back(name):
    plant = running("ev")
    declared = SETTABLE[name]
    if isinstance(declared, tuple):
        assert LABELS[name] == declared
        for label in declared:
            plant.set(name, label)
            if (name, label) != ("model.power_mode", "OFF"):
                assert plant.read(name) == label
    else:
        low, high, unit = INPUT_LIMITS[name]
        assert unit == declared == dict(NAMES)[name]
        if name != "model.fuel_level":  # the electric vehicle has none
            for value in (low, high):
                plant.set(name, value)
                assert plant.read(name) == pytest.approx(value)


def test_all_doors_open_together():
    plant = Plant("ev")
    plant.set("model.doors", "OPEN")

    assert {plant.read(f"model.door_{door}") for door in ("fl", "fr", "rl", "rr")} == {"OPEN"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model.sped", 1.0, "the vehicle has no input 'model.sped'; expected one of model.speed, "),
        ("model.gear", "X", "'X' is no value of model.gear; expected one of P, R, N, D, L"),
        ("model.gear", 3.0, "'3.0' is no value of model.gear; expected one of P, R, N, D, L"),
        ("model.speed", 251.0, "model.speed cannot be 251.0; expected 0..250 km/h"),
        ("model.speed", float("nan"), "model.speed cannot be nan; expected 0..250 km/h"),
        ("model.speed", "fast", "model.speed cannot be fast; expected 0..250 km/h"),
    ],
)
def test_a_wrong_input_is_refused_by_name(name, value, message):
    with pytest.raises(ScenarioError) as error:
        Plant("ev").set(name, value)
    assert str(error.value).startswith(message)


def test_an_unknown_vehicle_is_named():
    with pytest.raises(ScenarioError, match="no vehicle 'lorry'; expected one of ev, ice"):
        Plant("lorry")


def test_time_goes_on_in_steps_only():
    plant = Plant("ev")
    plant.step(0)
    plant.step(20 * MS)
    with pytest.raises(BenchBug):
        plant.step(25 * MS)
    with pytest.raises(BenchBug):
        plant.step(10 * MS)


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from(["accel", "brake"]), st.floats(0, 100)), min_size=1, max_size=6))
@pytest.mark.parametrize("vehicle", SETS, ids=NAMED)
def test_open_loop_pedals_never_give_energy_away(vehicle, presses):
    """Whatever the feet do: speed stays positive, and what was drawn covers what moves."""
    plant = running(vehicle.name)
    plant.set("model.speed", 0.0)
    plant.set("model.gear", "D")
    plant.step(1 * S)
    for turn, (pedal, level) in enumerate(presses, start=2):
        plant.set(f"model.{pedal}_pedal", level)
        plant.step(turn * S)
        motion = plant.state.drive.motion
        kinetic_j = 0.5 * plant.state.load.mass_eq_kg * motion.speed_mps**2
        drawn = plant.read("model.fuel_energy" if vehicle is ICE else "model.battery_energy")
        assert motion.speed_mps >= 0.0
        assert motion.wheel_j - motion.road_j == pytest.approx(kinetic_j, abs=1e-3)
        assert drawn * 1e6 >= kinetic_j + motion.road_j
