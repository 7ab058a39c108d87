"""Jitter: send times about a fixed grid, boot phases, sensor noise and arrival order vary by the seed, within their limits."""

from dataclasses import replace
from itertools import pairwise

import pytest
from busy_scenario import written

from bench.campaign.plans import plans
from bench.model.instant import MS, S
from bench.model.layout import SendType
from bench.network.codec import codec
from bench.run.execute import execute

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

    assert len(found) > 25
    assert [name for name, (cycle, instants) in found.items() if any(deviations(cycle, instants))] == []


def test_under_jitter_releases_leave_the_grid_by_no_more_than_their_share_and_do_not_drift(plan, swayed):
    """Over seconds, so a walk would leave the share; the first release alone does not come before its grid."""
    for trace in swayed:
        for name, (cycle, instants) in releases(plan, trace).items():
            strays = deviations(cycle, instants)

            assert max(map(abs, strays)) <= SWAY * cycle + 1, name
            assert len(instants) < 50 or max(strays) - min(strays) > 1.8 * SWAY * cycle, name


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


def test_frames_arrive_in_another_order_under_each_seed(plain, swayed):
    orders = [tuple(trace.frames.message)[:2000] for trace in (plain, *swayed)]

    assert len(set(orders)) == len(orders)


def test_frames_of_one_instant_come_in_either_order_within_one_run(plan, swayed):
    """Two messages of one cycle and one offset: which comes first is not decided once for all."""
    names = [message.name for message in plan.messages()]
    wanted = {}
    for number, message in enumerate(plan.messages()):
        if message.send_type is SendType.CYCLIC and message.cycle == 10 * MS:
            wanted.setdefault((message.bus, message.offset), []).append(number)
    pair = next(numbers[:2] for numbers in wanted.values() if len(numbers) > 1)
    for trace in swayed:
        order = [message for message in trace.frames.message if message in pair]
        swaps = sum(one == other for one, other in pairwise(order))

        assert swaps > 20, [names[number] for number in pair]


def test_what_a_powertrain_message_says_is_no_older_than_its_sender_s_task(plan, swayed):
    """Also of a release that comes before its grid: the speed rises all the time, so its age shows."""
    messages = plan.messages()
    number = next(place for place, one in enumerate(messages) if one.name == "VCU_Range_01")
    assert messages[number].cycle >= 500 * MS
    read = codec(messages[number]).reader("Odometer")
    assert read is not None
