"""Jitter: by the seed, send times about a fixed grid, boot phases, sensor noise and the order of arrival vary."""

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from busy_scenario import written

from bench.campaign.plans import plans
from bench.clock.kernel import Kernel
from bench.model.instant import MS, S
from bench.model.layout import SendType
from bench.network.codec import codec
from bench.run.execute import execute
from bench.run.rig import housed
from bench.vehicle.plant import Plant
from bench.wire.recorder import Recorder

SCENARIO = """\
scenario: calm
title: Key on, and a drive for some seconds
background: {vehicle: {power_mode: RUN}}
phases:
  - name: start
    for: 12 s
    do: [{set: model.speed, to: 36 km/h, at: 4 s}, {ramp: model.speed, to: 72 km/h, over: 6 s, at: 5 s}]
expect:
  - {id: read, eventually: "model.lv_voltage > 0 V and model.acceleration < 100 m/s2 and model.gnss_latitude > 0 deg"}
  - {id: average, eventually: "model.average_speed > 0 km/h"}
"""
SEEDS = range(6)
SWAY = 0.025
BOOT = 0.2


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The calm scenario."""
    (found,) = plans([written(tmp_path_factory.mktemp("calm"), SCENARIO)])
    return found


@pytest.fixture(scope="module")
def plain(plan):
    """Without jitter."""
    return execute(plan).trace


@pytest.fixture(scope="module")
def swayed(plan):
    """With jitter, under some seeds."""
    return [execute(replace(plan, seed=seed, jitter=True)).trace for seed in SEEDS]


def releases(plan, trace):
    """Message -> (cycle, instants of release) of all that is sent by cycle alone and long enough to be judged."""
    cyclic = {
        number: message
        for number, message in enumerate(plan.messages())
        if message.send_type is SendType.CYCLIC and 0 < message.cycle <= 1 * S
    }
    return {
        cyclic[number].path: (cyclic[number].cycle, [trace.frames.release[row] for row in rows])
        for number, rows in trace.rows_by_message.items()
        if number in cyclic
    }


def deviations(cycle, instants):
    """How far each release lies from a grid of that cycle through the middle of them all, ns."""
    strays = [at - instants[0] - turn * cycle for turn, at in enumerate(instants)]
    middle = (min(strays) + max(strays)) / 2
    return [stray - middle for stray in strays]


def test_without_jitter_every_release_lies_on_its_grid(plan, plain):
    found = releases(plan, plain)

    assert len(found) >= 20
    assert [name for name, (cycle, instants) in found.items() if any(deviations(cycle, instants))] == []


def test_under_jitter_releases_leave_the_grid_by_no_more_than_their_share_and_do_not_drift(plan, swayed):
    """Over seconds, so a walk would leave the share; the first release alone does not come before its grid."""
    for trace in swayed:
        for name, (cycle, instants) in releases(plan, trace).items():
            strays = deviations(cycle, instants)

            assert max(map(abs, strays)) <= SWAY * cycle + 1, name
            assert len(instants) < 200 or max(strays) - min(strays) > 1.8 * SWAY * cycle, name


def test_the_deviations_of_two_messages_and_of_two_seeds_have_nothing_to_do_with_each_other(plan, swayed):
    shapes = [
        tuple(deviations(cycle, instants)[:50])
        for trace in swayed
        for cycle, instants in releases(plan, trace).values()
        if cycle == 10 * MS and len(instants) > 50
    ]

    assert len(shapes) > 20
    assert len(set(shapes)) == len(shapes)


def first(plan, trace, message, signal, label):
    """When a message first said so, ns."""
    number = next(place for place, one in enumerate(plan.messages()) if one.name == message)
    read = codec(plan.messages()[number]).reader(signal)
    return next(trace.frames.end[row] for row in trace.rows_by_message[number] if read(trace.frames.data[row]) == label)


@pytest.mark.parametrize(
    ("message", "signal", "label", "nominal", "late"),
    [
        ("IVI_Status_01", "IviState", "EARLY_RVC", 800 * MS, 30 * MS),
        ("IVI_Status_01", "IviState", "HMI_READY", 8 * S, 30 * MS),
        ("TCU_Status_01", "NadState", "SEARCH", 1500 * MS, 120 * MS),
    ],
)
def test_boot_phases_vary_by_a_fifth_either_way(plan, plain, swayed, message, signal, label, nominal, late):
    """`late`: the unit's task, its cycle and the wire come on top."""
    usual = first(plan, plain, message, signal, label)
    seen = [first(plan, trace, message, signal, label) for trace in swayed]

    assert nominal <= usual <= nominal + late
    assert all((1 - BOOT) * nominal <= at <= (1 + BOOT) * nominal + late for at in seen)
    assert len(set(seen)) == len(seen)
    assert max(seen) - min(seen) > BOOT / 2 * nominal


def column(trace, name):
    """All samples of a value while the vehicle stands."""
    place = trace.samples.names.index(name)
    return [row[place] for at, row in zip(trace.samples.at, trace.samples.rows, strict=True) if 1 * S < at < 4 * S]


@pytest.mark.parametrize(
    ("name", "most"), [("model.lv_voltage", 0.1), ("model.acceleration", 0.2), ("model.gnss_latitude", 1e-3)]
)
def test_sensors_are_noisy_under_jitter_only(plain, swayed, name, most):
    quiet = column(plain, name)
    noisy = [column(trace, name) for trace in swayed]

    def noise(values):
        return [abs(after - before) for before, after in pairwise(values)]

    assert max(noise(quiet)) < 1e-3
    assert all(1e-9 < max(noise(values)) < most for values in noisy)
    assert len({tuple(values) for values in noisy}) == len(noisy)


def seconds(plan, trace):
    """The order in which frames of cyclic messages ended, second by second, all nodes being awake and nothing odd."""
    cyclic = {place for place, one in enumerate(plan.messages()) if one.send_type is SendType.CYCLIC}
    found = [[] for _ in range(12)]
    for end, message in zip(trace.frames.end, trace.frames.message, strict=True):
        if message in cyclic:
            found[end // S].append(message)
    return [tuple(order) for order in found[3:]]


def test_frames_arrive_in_an_order_that_is_never_the_same_twice(plan, plain, swayed):
    """All cycles divide a second, so without jitter every second repeats the one before."""
    orders = [order for trace in swayed for order in seconds(plan, trace)]

    assert len(set(seconds(plan, plain))) == 1
    assert len(set(orders)) == len(orders) == 9 * len(SEEDS)


def order_of_ecus(plan, chance):
    """Who comes first when the tasks of several ECUs fall on one instant."""
    plant, recorder = Plant(plan.rig.vehicle), Recorder((), ())
    return [house.ecu.name for house in housed(plan, Kernel(), {}, plant.read, float, {}, recorder, chance)]


def test_the_seed_decides_which_ecu_comes_first_at_one_instant(plan):
    usual = [ecu.name for ecu in plan.ecus]
    orders = [order_of_ecus(plan, Random(seed)) for seed in range(5)]

    assert order_of_ecus(plan, None) == usual
    assert all(sorted(order) == sorted(usual) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)


def test_what_a_powertrain_message_says_is_no_older_than_its_senders_task(plan, swayed):
    """The speed on average rises all the time, so its age shows; half a second would be more than 0.1 km/h."""
    number = next(place for place, one in enumerate(plan.messages()) if one.name == "VCU_Range_01")
    read = codec(plan.messages()[number]).reader("AvgSpeed")
    for trace in swayed:
        place = trace.samples.names.index("model.average_speed")
        for row in trace.rows_by_message[number]:
            release = trace.frames.release[row]
            if 5 * S < release < 10 * S:
                row_now = bisect_right(trace.samples.at, release) - 1
                fresh = [one[place] for one in trace.samples.rows[row_now - 1 : row_now + 1]]

                assert min(fresh) - 0.01 <= read(trace.frames.data[row]) <= max(fresh) + 0.01


def test_the_cell_groups_take_turns_under_jitter_too(plan, swayed):
    number = next(place for place, one in enumerate(plan.messages()) if one.name == "BMS_Cells_01")
    read = codec(plan.messages()[number]).reader("CellGroup")
    for trace in swayed:
        groups = [read(trace.frames.data[row]) for row in trace.rows_by_message[number]]

        assert len(groups) > 100
        assert all((after - before) % 8 == 1 for before, after in pairwise(groups))
