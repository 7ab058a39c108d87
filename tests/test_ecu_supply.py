"""ECUs on a supply that is modelled: exact deaths and starts, ordered shutdown, cranks, dips, over-voltage, sleep."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from fed_ecus import CRANKS, World, course, resets, steady

from bench.clock.calendar import FOREVER, Phase
from bench.ecu.cgw.behaviour import Cgw
from bench.ecu.ecu import Ports
from bench.ecu.electrical import THIN, Electrical, Start
from bench.ecu.ivi.behaviour import Ivi
from bench.ecu.ivi.behaviour import Parameters as IviParameters
from bench.ecu.ivi.boot import Timings
from bench.ecu.tcu.behaviour import Tcu
from bench.ecu.voltage import Lasting
from bench.model.instant import MS, US, S
from bench.vehicle.input_stage import InputStage

# ---- the inlet by itself ----------------------------------------------------------------------------------------

NUMBERS = Electrical(
    stage=InputStage(farad=470e-6, ohm=0.0, drop=0.5),
    draws=(("off", 1e-4), ("run", 0.5), ("busy", 1.0)),
    starts_above=7.0,
    dies_below=5.0,
    warns_below=6.0,
    warning=100 * MS,
    power_on_reset=5 * MS,
    stops_above=20.0,
)


class Simple:
    """Logs its starts, and the warnings for which it powers down."""

    name = "CGW"

    def __init__(self, electrical: Electrical = NUMBERS) -> None:
        self.electrical = electrical
        self.log: list[tuple[int, str]] = []

    def start(self, ports: Ports) -> None:
        self.ports = ports
        self.log.append((ports.now, str(ports.memory.pop("cause", "power"))))
        e = self.electrical
        Lasting(ports, e.warns_below, False, e.warning, self.warned)

    def warned(self, now: int) -> None:
        self.log.append((now, "warned"))
        self.ports.power_down()


def alone(source: Any, until: int, electrical: Electrical = NUMBERS, *cuts: tuple[int, int]) -> tuple[World, Simple]:
    simple = Simple(electrical)
    world = World(source, [simple])
    for at, duration in cuts:
        world.interrupt(at, duration)
    return world.run(until), simple


def test_a_life_begins_after_the_reset_time_and_ends_when_the_capacitor_says():
    watts = NUMBERS.watts("run")
    hold_up = int(NUMBERS.stage.hold_up(11.5, watts, 5.0))
    ends = []
    for more in (1, 2):
        world, _ = alone(steady(12.0), S + hold_up + more, NUMBERS, (S, S))
        ends.append(world.state("CGW"))
    world, simple = alone(steady(12.0), 3 * S, NUMBERS, (S, S))

    assert ends == ["ON", "OFF"]  # the kernel stops before the instant that it is given
    assert simple.log == [(5 * MS, "power"), (2 * S + 5 * MS, "brown_out")]


def test_the_voltage_has_to_stay_for_the_reset_time():
    """It rises through 7.5 V on the line at 7.5 ms, and is gone before the reset time is over."""
    ramp = course((0, 0.0), (10 * MS, 10.0), (11 * MS, 10.0), (11 * MS, 0.0), (S, 0.0), (S, 10.0), (2 * S, 10.0))
    world, simple = alone(ramp, 10 * MS)
    assert (world.state("CGW"), simple.log) == ("RISING", [])
    draining = replace(NUMBERS, draws=(("off", 2.0), ("run", 0.5)))
    _, simple = alone(ramp, 2 * S, draining)
    assert simple.log == [(S + 5 * MS, "power")]


def test_a_low_voltage_is_warned_of_once_it_has_lasted_and_ends_the_life_in_order():
    low = course((0, 12.0), (S, 12.0), (S, 6.3), (S + 99 * MS, 6.3), (S + 99 * MS, 12.0), (2 * S, 12.0), (2 * S, 6.3),
                 (3 * S, 6.3), (3 * S, 7.4), (4 * S, 7.4), (4 * S, 7.6), (5 * S, 7.6))  # fmt: skip
    world, simple = alone(low, 5 * S)

    (warned,) = [at for at, what in simple.log if what == "warned"]
    # From 11.5 V to 6 V the capacitor takes 3.9 ms.
    assert warned == pytest.approx(2 * S + 100 * MS + NUMBERS.stage.hold_up(11.5, NUMBERS.watts("run"), 6.0), abs=2)
    assert simple.log == [(5 * MS, "power"), (warned, "warned"), (4 * S + 5 * MS, "power")]
    assert world.state("CGW") == "ON"


def test_between_its_thresholds_a_unit_stays_as_it_is():
    world, simple = alone(course((0, 7.4), (S, 7.4), (S, 7.6), (2 * S, 7.6), (2 * S, 6.6), (3 * S, 6.6)), 3 * S)
    assert simple.log == [(S + 5 * MS, "power")]
    assert world.state("CGW") == "ON"


def test_over_voltage_stops_a_unit_until_it_is_gone():
    jump = course((0, 12.0), (S, 12.0), (S, 26.0), (2 * S, 26.0), (2 * S, 12.0), (3 * S, 12.0))
    world, simple = alone(jump, S + 9 * MS)
    assert world.state("CGW") == "ON"
    world, simple = alone(jump, 3 * S)
    # From 25.5 V the capacitor takes its time down to 20 V.
    down = NUMBERS.stage.hold_up(25.5, NUMBERS.watts("run"), 20.0)
    assert simple.log == [(5 * MS, "power"), (pytest.approx(2 * S + 5 * MS + down, abs=2), "over_voltage")]


def test_over_voltage_that_is_short_is_not_noticed():
    """A peak of 1 ns stays in the capacitor for some 10 ms."""
    peak = course((0, 12.0), (S, 12.0), (S, 26.0), (S + 1, 26.0), (S + 1, 12.0), (2 * S, 12.0))
    held = NUMBERS.stage.hold_up(25.5, NUMBERS.watts("run"), 20.0)
    logs = [alone(peak, 2 * S, replace(NUMBERS, stops_after=round(held * more)))[1].log for more in (0.99, 1.01)]
    assert [len(log) for log in logs] == [2, 1]


def test_what_a_blind_restart_and_a_latch_do_at_over_voltage():
    jump = course((0, 12.0), (S, 12.0), (S, 26.0), (2 * S, 26.0), (2 * S, 12.0), (3 * S, 12.0))
    _, looping = alone(jump, 2 * S, replace(NUMBERS, returns=100 * MS))
    # 10 ms of life, 100 ms of pause, 5 ms of reset.
    assert [at - looping.log[1][0] for at, _ in looping.log[1:]] == [n * 115 * MS for n in range(8)]
    world, latched = alone(jump, 3 * S, replace(NUMBERS, returns=None))
    assert (world.state("CGW"), len(latched.log)) == ("STOPPED", 1)


def test_what_came_before_a_start_is_told():
    told: list[Start] = []
    watching = replace(NUMBERS, hangs=lambda start: told.append(start) is not None)
    supply = course((0, 0.0), (S, 10.0), (2 * S, 10.0), (2 * S, 0.0), (5 * S, 0.0), (5 * S, 10.0), (6 * S, 10.0))
    world, simple = alone(supply, 6 * S, watching)

    first, second = told
    assert (first.lived, first.rise) == (FOREVER, 650 * MS)  # from 0.5 V to 7 V behind the diode, at 10 V/s
    assert first.outage > 1 << 60
    death = 2 * S + NUMBERS.stage.hold_up(9.5, NUMBERS.watts("run"), 5.0)
    assert second.lived == pytest.approx(death - simple.log[0][0], abs=2)
    assert second.outage == pytest.approx(5 * S - death, abs=2)
    assert world.state("CGW") == "ON"


def test_a_unit_that_hangs_does_so_until_its_capacitor_is_empty():
    hanging = replace(NUMBERS, hangs=lambda start: start.outage < S)
    world, simple = alone(steady(12.0), 5 * S, hanging, (S, 500 * MS))
    assert (world.state("CGW"), len(simple.log)) == ("HUNG", 1)
    assert world.net.amperes(5 * S - 1) == pytest.approx(0.5)
    world, simple = alone(steady(12.0), 60 * S, hanging, (S, 500 * MS), (5 * S, 20 * S))
    assert (world.state("CGW"), len(simple.log)) == ("ON", 2)


def test_a_reset_of_the_units_own_draws_nothing_meanwhile_and_is_no_brown_out():
    world, simple = alone(steady(12.0), S)
    world.at(S, lambda _: simple.ports.reset(100 * MS))
    assert world.net.amperes(S) == pytest.approx(0.5)
    simple.ports.draws("busy")
    assert world.net.amperes(S) == pytest.approx(1.0)
    assert world.run(S + 50 * MS).net.amperes(S + 50 * MS) < 1e-3
    assert world.run(2 * S).net.amperes(2 * S) == pytest.approx(0.5)
    assert simple.log == [(5 * MS, "power"), (S + 100 * MS, "power")]


def test_one_without_numbers_of_its_own_hangs_on_a_thin_supply():
    class Bare:
        name = "RVC"
        starts = 0

        def start(self, ports: Ports) -> None:
            self.starts += 1

    bare = Bare()
    world = World(course((0, 0.0), (10 * S, 10.0), (20 * S, 0.0)), [bare])
    assert world.run(round((THIN.starts_above - 0.5) * S)).state("RVC") == "OFF"
    assert (world.run(10 * S).state("RVC"), bare.starts) == ("ON", 1)
    assert world.run(20 * S - round((THIN.dies_below + 0.5) * S)).state("RVC") == "ON"
    assert world.run(20 * S - round(THIN.dies_below * S)).state("RVC") == "OFF"


# ---- the three units --------------------------------------------------------------------------------------------

UP = 10 * S
"""By then all are registered and ready."""

END = 36 * S

IVI = Ivi(IviParameters(timings=Timings(standby=15 * S)))
"""With a short standby."""


@pytest.mark.parametrize("level", CRANKS)
def test_an_emergency_call_outlasts_every_crank(level):
    world = World(CRANKS[level])
    world.put(UP, sos_button=True)
    world.put(UP + S, sos_button=False)
    world.run(30 * S)

    assert world.changes("TCU_Status_01", "NadState") == ["BOOT", "SEARCH", "REGISTERED"]
    states = world.changes("TCU_eCall_01", "EcallState")
    assert states == ["IDLE", "TRIGGERED", "DIALLING", "MSD_SENDING", "MSD_ACKED", "VOICE", "CALLBACK_WAIT"]
    ends = [end for end, _ in world.seen("CGW_Veh_01", "VehicleSpeed")]
    assert max(after - before for before, after in pairwise(ends)) < 30 * MS


def test_the_infotainment_unit_takes_a_warm_start_and_shuts_down_in_order_in_a_cold_one():
    shown = {}
    for level, source in CRANKS.items():
        world = World(source).run(END)
        shown[level] = (world.changes("IVI_Status_01", "IviState")[3:], resets(world))
        assert world.changes("IVI_Status_01", "IviState")[-1] == "HMI_READY"
    boot = ["BOOT", "EARLY_RVC", "HMI_READY"]
    assert shown == {"I": ([], 0), "II": (["SHUTDOWN", *boot], 0), "III": (boot, 1), "IV": (["SHUTDOWN", *boot], 0)}


@pytest.mark.parametrize("how", ["open", "to_ground"])
def test_behind_a_diode_a_short_is_what_an_open_line_is(how):
    world = World(steady(12.0))
    world.interrupt(UP, 100 * US, how)
    world.interrupt(UP + S, 10 * MS, how)
    world.run(UP + S - 1)
    assert [inlet.starts for inlet in world.feed.inlets.values()] == [1, 1, 1]
    world.run(UP + 2 * S)
    assert [(inlet.starts, inlet.state) for inlet in world.feed.inlets.values()] == [(2, "ON")] * 3


def test_micro_interruptions_decade_by_decade():
    """Up to 1 ms nothing is seen; from 10 ms on all three are reset, and are back."""
    survived = {}
    for decade in (10 * US, 100 * US, MS, 10 * MS, 100 * MS, S, 2 * S):
        world = World(steady(12.0))
        world.interrupt(UP, decade)
        world.run(UP + decade + 9 * S)
        survived[decade] = [name for name, inlet in world.feed.inlets.items() if inlet.starts == 1]
        assert all(inlet.state == "ON" for inlet in world.feed.inlets.values())
        assert world.changes("IVI_Status_01", "IviState")[-1] == "HMI_READY"
        assert world.changes("TCU_Status_01", "NadState")[-1] == "REGISTERED"
        assert resets(world) == (decade > MS)
    assert {decade: len(names) for decade, names in survived.items()} == {
        10 * US: 3, 100 * US: 3, MS: 3, 10 * MS: 0, 100 * MS: 0, S: 0, 2 * S: 0,
    }  # fmt: skip


def test_a_slow_discharge_is_one_shutdown_and_a_slow_charge_one_boot():
    """14 V to nothing and back, a hundred times as fast as EL-05 has it."""
    slow = course((0, 14.0), (UP, 14.0), (UP + 17 * S, 0.0), (UP + 34 * S, 14.0), (55 * S, 14.0))
    world = World(slow).run(55 * S)

    boot = ["BOOT", "EARLY_RVC", "HMI_READY"]
    assert world.changes("IVI_Status_01", "IviState") == [*boot, "SHUTDOWN", *boot]
    assert world.changes("TCU_Status_01", "NadState") == [
        "BOOT", "SEARCH", "REGISTERED", "OFF", "BOOT", "SEARCH", "REGISTERED",
    ]  # fmt: skip
    assert resets(world) == 0


def test_the_trouble_code_for_over_voltage_is_set_and_healed():
    long = course((0, 12.0), (UP, 12.0), (UP, 16.0), (20 * S, 16.0), (20 * S, 18.0), (25 * S, 18.0), (25 * S, 15.0),
                  (30 * S, 15.0))  # fmt: skip
    world = World(long).run(30 * S)
    assert world.changes("TCU_Status_01", "TcuDtcCount") == [0, 1, 0]
    (first, *_) = [end for end, count in world.seen("TCU_Status_01", "TcuDtcCount") if count]
    assert 500 * MS <= first - 20 * S <= 610 * MS
    assert resets(world) == 0


def test_asleep_each_draws_what_is_allowed():
    """Once the infotainment unit has left standby too; then 16 pages, sampled each 2 ms."""
    world = World(steady(12.5), [Cgw(), IVI, Tcu()])
    world.put(UP, power_mode="OFF")
    begin, span = 40 * S, 16 * 1280 * MS
    world.run(begin)
    taken = dict.fromkeys(world.feed.inlets, 0.0)

    def sample(now: int) -> None:
        for name in taken:
            taken[name] += world.net.taken(name, now) * 2 * MS / span

    world.kernel.calendar.every(begin + 123, 2 * MS, Phase.TASK, (), sample)
    world.run(begin + span)
    assert 50e-6 < taken["CGW"] <= 100e-6
    assert 50e-6 < taken["IVI"] <= 100e-6
    assert 1.5e-3 < taken["TCU"] <= 3e-3


def test_what_is_drawn_follows_what_they_do():
    world = World(steady(12.0), [Cgw(), IVI, Tcu()])
    draws = {name: dict(ecu.electrical.draws) for name, ecu in zip(("CGW", "IVI", "TCU"), world.ecus, strict=True)}

    def drawn(at: int) -> dict[str, float]:
        world.run(at)
        return {name: world.net.taken(name, at) for name in world.feed.inlets}

    def expected(cgw: str, ivi: str, tcu: str) -> Any:
        states = zip(draws.items(), (cgw, ivi, tcu), strict=True)
        return pytest.approx({name: rows[state] for (name, rows), state in states}, rel=1e-6)

    assert drawn(50 * MS) == expected("boot", "boot", "boot")
    assert drawn(UP) == expected("run", "run", "run")
    world.put(UP, sos_button=True)
    assert drawn(UP + 5 * S) == expected("run", "run", "call")
    world.put(UP + 6 * S, power_mode="OFF")
    assert drawn(UP + 7 * S) == expected("sleep", "standby", "call")
    assert drawn(101 * S) == expected("sleep", "sleep", "sleep")


def test_the_same_happens_each_time():
    def digest() -> Any:
        world = World(CRANKS["II"])
        world.interrupt(UP, 10 * MS)
        world.run(30 * S)
        return world.recorder.close(30 * S, True).frames

    one, other = digest(), digest()
    assert (list(one.end), list(one.id), list(one.data)) == (list(other.end), list(other.id), list(other.data))
