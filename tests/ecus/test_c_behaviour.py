"""The C unit on a clock of ours: start, cycles, emergency call, time-outs, sleep. For its platforms: test_platforms."""

from itertools import pairwise

import pytest
from c_unit import Unit
from hypothesis import given
from hypothesis import strategies as st

from bench.ecu.tcu.behaviour import Parameters
from bench.ecu.tcu.ecall import SHOWN
from bench.network.protection import checker, counter_of
from bench.scenario.rigfile import load_rig

BEFORE_WRAP = 2**32 - 8_000
"""A clock that wraps 8 s after power-up."""


@pytest.fixture(params=[0, BEFORE_WRAP], ids=["from zero", "over the wrap"])
def unit(request, core, info):
    return Unit(core, info, request.param)


@pytest.fixture
def ready(unit):
    """A unit that has registered."""
    unit.run(7_000)
    unit.sent.clear()
    return unit


def ms(duration: int) -> int:
    return round(duration / 1e6)


def test_it_sleeps_until_the_bus_wakes_it(unit):
    unit.mute = {"CGW_Veh_01", "CGW_Crash_01", "CGW_PowerMode_01", "CGW_TimeSync_Info"}
    unit.run(2_000)
    assert unit.sent == []

    unit.mute.clear()
    unit.run(300)

    assert {name for _, name, _ in unit.sent} >= {"TCU_Status_01", "TCU_eCall_01", "TCU_Gnss_01"}
    assert 2_150 <= unit.sent[0][0] <= 2_170


def test_it_boots_and_registers_in_the_time_of_the_virtual_unit(unit):
    unit.run(7_500)

    states = unit.states("TCU_Status_01", "NadState")
    assert [state for _, state in states] == ["BOOT", "SEARCH", "REGISTERED"]
    boot, answer = ms(Parameters().boot), 5_000
    assert dict(load_rig().environment)["radio.registration"] == answer * 10**6
    for (at, _), due in zip(states, (150, boot, boot + answer), strict=True):
        assert due <= at <= due + 120  # the bus wakes it, its task has 10 ms, the message 100 ms


def test_every_message_keeps_cycle_and_offset(unit, info):
    unit.run(9_000)

    starts = {name: unit.times(name)[0] for _, name, _ in unit.sent}
    for name, start in starts.items():
        layout = info.message(name)
        assert start - min(starts.values()) == ms(layout.offset) - 7
        grid = [at for at in unit.times(name) if (at - start) % ms(layout.cycle) == 0]
        assert grid == list(range(start, 9_001, ms(layout.cycle)))


def test_what_it_protects_counts_on_and_has_the_right_checksum(ready, info):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.run(8_000)

    for name in ("TCU_eCall_01", "TCU_Gnss_01"):
        protection = info.message(name).protection
        frames = [data for _, message, data in ready.sent if message == name]
        counts = [checker(protection, len(data))(data) for data in frames]
        assert counts == [(counts[0] + step) % protection.modulo for step in range(len(counts))]


def test_three_crash_frames_on_end_make_the_call_in_the_times_of_the_virtual_unit(ready):
    ready.run(200)
    begin = ready.now
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES", "CrashType": "FRONT"}
    ready.run(300)
    ready.content["CGW_Crash_01"] = {}
    ready.run(38_000)

    states = ready.states("TCU_eCall_01", "EcallState")
    radio = {name.removeprefix("radio."): ms(value) for name, value in load_rig().environment}
    p = Parameters()
    waits = [ms(p.confirm_auto), radio["dialling"], radio["msd"], ms(p.voice_path), radio["voice"]]
    assert [state for _, state in states][:1] == ["IDLE"]
    assert states[1][1] == "TRIGGERED" and begin + 40 <= states[1][0] <= begin + 70
    for ((at, _), (after, state)), wait in zip(pairwise(states[1:]), waits, strict=True):
        assert wait <= after - at <= wait + 10, state


def test_each_state_says_what_the_virtual_unit_says(ready):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    said = set()
    for _ in range(40):
        ready.run(1_000)
        call = ready.last("TCU_eCall_01")
        said.add(call["EcallState"])
        assert SHOWN[call["EcallState"]] == (call["AudioRequest"], call["SosTelltale"])
        assert call["EcallTrigger"] == "AUTO"
    assert said == {"DIALLING", "MSD_SENDING", "VOICE", "CALLBACK_WAIT"}


def test_one_crash_makes_one_call_and_the_next_one_needs_calm_in_between(ready):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.run(40_000)
    assert ready.last("TCU_eCall_01")["EcallState"] == "CALLBACK_WAIT"

    ready.content["CGW_Crash_01"] = {}
    ready.run(100)
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.run(100)

    assert ready.last("TCU_eCall_01")["EcallState"] == "TRIGGERED"


@pytest.mark.parametrize(
    "spoil",
    [lambda data: bytes([data[0] ^ 1]) + data[1:], lambda data: data[:-1], lambda data: data + b"\0\0\0\0"],
    ids=["wrong CRC", "too short", "too long"],
)
def test_broken_crash_frames_never_call(ready, spoil):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.spoil = lambda name, data: spoil(data) if name == "CGW_Crash_01" else data
    ready.run(2_000)

    assert [state for _, state in ready.states("TCU_eCall_01", "EcallState")] == ["IDLE"]


def test_two_right_frames_and_a_wrong_one_in_turn_never_call(ready):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    turn = iter(range(10_000))
    ready.spoil = lambda name, data: (
        bytes([data[0] ^ (next(turn) % 3 == 0)]) + data[1:] if name == "CGW_Crash_01" else data
    )  # fmt: skip
    ready.run(2_000)

    assert [state for _, state in ready.states("TCU_eCall_01", "EcallState")] == ["IDLE"]


def test_an_event_goes_out_at_once_but_not_within_the_minimum_delay(ready):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.run(500)
    times = ready.times("TCU_eCall_01")

    assert min(after - at for at, after in pairwise(times)) >= 20
    assert len([at for at in times if (at - times[0]) % 100]) >= 2  # TRIGGERED and DIALLING


def test_the_position_is_the_last_one_known_and_gets_worse_with_the_way(ready):
    ready.run(10_000)  # 100 m
    first = ready.last("TCU_Gnss_01")
    ready.run(10_000)
    second = ready.last("TCU_Gnss_01")

    assert (first["GnssSpeed"], ready.last("TCU_Gnss_02")["FixType"]) == (36.0, "DR")
    assert first["Latitude"] == second["Latitude"] == 52.0
    assert 100 <= second["HorizAcc"] - first["HorizAcc"] <= 110
    ready.run(10_000)
    assert ready.last("TCU_Gnss_02")["FixType"] == "NONE"


def test_without_its_speed_it_says_so_after_the_time_out_and_is_right_again_with_the_next_frame(ready):
    ready.mute.add("CGW_Veh_01")
    begin = ready.now
    ready.run(1_000)
    assert begin + 180 <= ready.states("TCU_Gnss_01", "GnssSpeed")[-1][0] <= begin + 460
    assert ready.last("TCU_Gnss_01")["GnssSpeed"] == "SNA"

    ready.mute.clear()
    ready.run(300)

    assert ready.last("TCU_Gnss_01")["GnssSpeed"] == 36.0


def test_it_tells_the_time_that_the_gateway_told(ready):
    ready.content["CGW_TimeSync_Info"] = {"UtcSeconds": 1_767_225_600, "UtcMs": 500, "TimeQual": "RTC"}
    ready.run(2_500)
    assert 1_767_225_600 <= ready.last("TCU_Gnss_02")["UtcSeconds"] <= 1_767_225_602

    ready.mute.add("CGW_TimeSync_Info")
    ready.run(5_000)

    assert ready.last("TCU_Gnss_02")["UtcSeconds"] == "SNA"


@pytest.mark.parametrize(("mode", "silence"), [("RUN", 3_000), ("POST_RUN", 60)])
def test_it_falls_asleep_with_the_bus_sooner_when_that_was_announced(ready, mode, silence):
    ready.content["CGW_PowerMode_01"] = {"PowerMode": mode}
    ready.run(200)
    end = ready.now
    ready.mute = set(ready.content)
    ready.run(5_000)

    assert end + silence - 110 <= max(at for at, _, _ in ready.sent) <= end + silence + 10
    ready.sent.clear()
    ready.mute.clear()
    ready.run(300)
    assert ready.last("TCU_Status_01")["NadState"] == "BOOT"


def test_a_standstill_of_its_own_is_not_silence(ready):
    """As of an emulator that the host did not let run: its clock jumps, and what came meanwhile has not been read."""
    ready.mute = set(ready.content)
    ready.run(10_000, 10_000)
    ready.mute.clear()
    ready.run(500)

    assert ready.last("TCU_Status_01")["NadState"] == "REGISTERED"


def test_a_call_keeps_it_awake(ready):
    ready.content["CGW_Crash_01"] = {"CrashDetected": "YES"}
    ready.run(300)
    ready.mute = set(ready.content)
    ready.run(10_000)

    assert ready.last("TCU_eCall_01")["EcallState"] == "VOICE"
    assert ready.now - ready.times("TCU_eCall_01")[-1] < 100


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_after_a_standstill_it_makes_up_for_nothing(core, info, steps):
    """However late it is looked at: one release of a cyclic message at a time, and the counter goes on by one."""
    unit = Unit(core, info)
    unit.run(2_000)
    unit.sent.clear()

    for step in steps:
        unit.run(step, step)

    for name in {name for _, name, _ in unit.sent}:
        times = unit.times(name)
        assert len(times) == len(set(times))
    protection = info.message("TCU_Gnss_01").protection
    counts = [counter_of(protection, data) for _, name, data in unit.sent if name == "TCU_Gnss_01"]
    assert counts == [(counts[0] + step) % 256 for step in range(len(counts))] if counts else True


@given(st.lists(st.tuples(st.integers(0, 0x7FF), st.binary(max_size=64), st.integers(0, 30)), max_size=40))
def test_nothing_that_comes_over_the_bus_upsets_it(core, info, frames):
    """Any identifier and content; half of them with ids that it listens to. It goes on, and never calls."""
    unit = Unit(core, info)
    unit.run(2_000)
    known = [0x300, 0x304, 0x348, 0x354]
    for identifier, data, wait in frames:
        unit.hear(identifier if identifier & 1 else known[identifier % 4], data)
        unit.run(wait)
    unit.run(200)

    assert unit.last("TCU_eCall_01")["EcallState"] == "IDLE"
    assert 1 <= unit.due() <= 10


def test_asleep_it_wants_nothing_and_awake_it_is_never_overdue(unit):
    assert unit.due() == 1_000
    for _ in range(3_000):
        unit.run(1)
        assert 1 <= unit.due() <= 10
