"""The models as instruments: what is at the terminals at every nanosecond, what is measured and when, what trips."""

import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.lab.models.generator import Generator
from bench.lab.models.load import ElectronicLoad
from bench.lab.models.load import Parameters as LoadParameters
from bench.lab.models.meter import Meter
from bench.lab.models.relay import Relay
from bench.lab.models.scope import Parameters as ScopeParameters
from bench.lab.models.scope import Scope
from bench.lab.models.supply import Supply
from bench.lab.models.supply_settings import Parameters
from bench.lab.models.terminals import Resistor, Together, constant, crossing, mean
from bench.model.instant import MS, US, S
from bench.model.waveform import Segment, Waveform

EXACT = Parameters(noise_volts=0.0, noise_amperes=0.0)


class Clock:
    def __init__(self):
        self.at = 0

    def __call__(self):
        return self.at


class ConstantPower:
    """A converter: the lower the voltage, the more it draws; it drops out at 1 V."""

    def __init__(self, watts):
        self.watts = watts

    def amperes(self, volts, at):
        return self.watts / volts if volts > 1 else 0.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def supply(clock):
    return Supply(clock, parameters=EXACT)


def ask(model, clock, line):
    """Write, go where the answer is, read it."""
    model.write(line)
    while not (answer := model.read()):
        due = model._dialogue.due()
        assert due is not None, f"no answer will come to {line!r}"
        clock.at = max(clock.at, due)
    return answer.decode().rstrip("\n")


def error(model, clock):
    return int(ask(model, clock, "SYST:ERR?").partition(",")[0])


# ---- a supply's output ---------------------------------------------------------------------------------------------


def test_a_programmed_slew_is_kept_to_the_nanosecond(supply):
    supply.write("VOLT:SLEW 1000;:OUTP ON;VOLT 12")

    assert [supply.output(at) for at in (0, 6 * MS, 12 * MS, 1 * S)] == pytest.approx([0.0, 6.0, 12.0, 12.0])


def test_a_step_at_full_speed_ends_with_settling(supply):
    """98 % at the amplifier's slew, 10 V/us, the rest within its settling time of 10 us."""
    supply.write("OUTP ON;VOLT 10")

    assert supply.output(490) == pytest.approx(4.9)
    assert supply.output(980) == pytest.approx(9.8)
    assert supply.output(980 + 5 * US) == pytest.approx(9.9)
    assert supply.output(980 + 10 * US) == 10.0


def test_an_output_that_is_off_drives_nothing_or_pulls_down(clock, supply):
    supply.write("VOLT 12;:OUTP ON")
    low = Supply(clock, parameters=Parameters(opens=False, noise_volts=0.0))
    low.write("VOLT 12;:OUTP ON")
    clock.at = 1 * MS
    supply.write("OUTP OFF")
    low.write("OUTP OFF")

    assert (supply.output(clock.at), supply.waveform_from(clock.at)) == (0.0, None)
    assert low.output(clock.at + 500) == pytest.approx(7.0)
    assert low.output(clock.at + 1 * MS) == 0.0
    assert low.waveform_from(clock.at + 1 * MS) is not None


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 5000)), min_size=1, max_size=6),
    st.integers(1, 4),
    st.lists(st.integers(0, 150_000), min_size=1, max_size=8),
)
def test_what_it_says_it_will_do_is_what_it_does(steps, count, offsets):
    """`waveform_from` and `output` agree at every instant, whatever the list and wherever one begins to listen."""
    clock = Clock()
    supply = Supply(clock)
    supply.write("OUTP ON;:VOLT:MODE LIST")
    supply.write("LIST:VOLT " + ",".join(str(v / 10) for v, _ in steps))
    supply.write("LIST:DWEL " + ",".join(f"{us}us" for _, us in steps))
    supply.write(f"LIST:COUN {count}")
    supply.write("INIT;*TRG")
    instants = sorted(offsets)
    begin = instants[0]

    told = supply.waveform_from(begin)

    assert [supply.output(at) for at in instants] == pytest.approx([told.value(at - begin) for at in instants])


def test_a_list_changes_at_exact_instants_and_as_often_as_told(clock, supply):
    """Each dwell begins with its edge, 200 ns for 2 V, and is as long as told to the nanosecond."""
    clock.at = 12_345
    supply.write("VOLT:MODE LIST;:OUTP ON;:LIST:VOLT 5,7;DWEL 0.000100001,0.00005;COUN 3;:INIT")
    assert ask(supply, clock, "STAT:OPER:COND?") == str(256 + 32)  # it waits for its trigger
    supply.write("*TRG")
    begins = [12_345, *(12_345 + end for end in accumulate([100_001, 50_000] * 3))]

    assert [supply.output(at - 1) for at in begins[1:]] == [5, 7, 5, 7, 5, 7]
    assert supply.output(begins[1] + 98) == pytest.approx(5 + 0.98)
    assert ask(supply, clock, "*OPC?") == "1"
    assert clock.at == begins[-1]
    assert supply.output(clock.at + 1 * S) == 7


def test_a_list_without_end_goes_on_and_says_when_there_is_more(clock, supply):
    told = []
    supply.changed = told.append
    supply.write("VOLT:MODE LIST;:OUTP ON;:LIST:VOLT 5,7;DWEL 1,1;COUN INF;:INIT;*TRG")
    supply.waveform_from(0)
    told.clear()

    assert [supply.output(at * S) for at in (1, 2, 3, 1000, 1001)] == pytest.approx([5, 7, 5, 7, 5])
    assert told == [1000 * S]
    clock.at = 1001 * S
    supply.write("ABOR")
    assert supply.output(clock.at + 1 * S) == 0.0


def test_what_it_was_before_a_list_comes_back_where_the_dialect_says_so(clock):
    """LIST:TERMinate:LAST is OFF after *RST on the N6700 series."""
    for last, volts in (("OFF", 3.0), ("ON", 6.0)):
        supply = Supply(clock, "keysight")
        supply.write(f"VOLT 3,(@1);:OUTP ON,(@1);:LIST:TERM:LAST {last},(@1)")
        supply.write("VOLT:MODE LIST,(@1);:LIST:VOLT 5,6,(@1);DWEL 0.001,0.001,(@1);:INIT (@1);*TRG")

        assert supply.output(clock.at + 1 * S) == volts


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["OUTP ON", "INIT"], -221),
        (["VOLT:MODE LIST", "OUTP ON", "INIT"], -221),
        (["VOLT:MODE LIST", "LIST:VOLT 1,2,3", "LIST:DWEL 1,1", "INIT"], -226),
        (["VOLT:MODE LIST", "LIST:VOLT 1", "LIST:DWEL 1", "INIT", "*TRG"], -221),
        (["VOLT:MODE LIST", "OUTP ON", "LIST:VOLT 1", "LIST:DWEL 1", "INIT", "INIT"], -213),
        (["VOLT:MODE LIST", "OUTP ON", "LIST:VOLT 1,2", "LIST:DWEL 1", "LIST:COUN 60001", "INIT", "*TRG"], -223),
        (["LIST:DWEL 1e-9"], -222),
        (["LIST:VOLT " + ",".join("1" * 4097)], -223),
    ],
)
def test_a_list_that_cannot_be_is_refused(clock, supply, lines, code):
    for line in lines:
        supply.write(line)

    assert error(supply, clock) == code


def test_all_dialects_reach_the_same_output(clock):
    """The words differ, the physics does not: set-point, list, protection, readback."""
    spoken = {
        "generic": ["VOLT 5;CURR 2;:OUTP ON;:VOLT:PROT 20;:LIST:VOLT 8,9;DWEL 0.01,0.01;:VOLT:MODE LIST;:INIT;*TRG"],
        "keysight": [
            "VOLT 5,(@1);CURR 2,(@1);:OUTP ON,(@1);:VOLT:PROT 20,(@1);:LIST:TERM:LAST ON,(@1)",
            "LIST:VOLT 8,9,(@1);DWEL 0.01,0.01,(@1);:VOLT:MODE LIST,(@1);:TRIG:SOUR BUS,(@1);:INIT (@1);*TRG",
        ],
        "rohde_schwarz": [
            "INST:NSEL 1;:VOLT 5;CURR 2;:OUTP:SEL ON;GEN ON;:VOLT:PROT:LEV 20;STAT ON",
            "ARB:DATA 8,2,0.01,9,2,0.01;REP 1;TRAN 1;STAR 1",
        ],
    }
    courses = []
    for dialect, lines in spoken.items():
        supply = Supply(clock, dialect, parameters=EXACT)
        supply.connect(Resistor(6))
        for line in lines:
            supply.write(line)
        assert error(supply, clock) == 0, dialect
        courses.append([supply.output(clock.at + at) for at in range(0, 30 * MS, 1 * MS + 1)])
        clock.at += 1 * S
        assert float(ask(supply, clock, "MEAS:VOLT?" if dialect != "keysight" else "MEAS:VOLT? (@1)")) == 9.0
        assert float(ask(supply, clock, "MEAS:CURR?")) == 1.5

    assert courses[0] == courses[1] == courses[2]


def test_a_channel_that_is_not_there_is_refused(clock):
    second = Supply(clock, "keysight", channel=2)

    second.write("VOLT 5,(@2)")
    second.write("VOLT 6,(@1)")

    assert error(second, clock) == -222
    assert ask(second, clock, "VOLT? (@2)") == "+5.000000E+00"
    one = Supply(clock, "rohde_schwarz")
    one.write("INST:NSEL 2")
    assert error(one, clock) == -222


# ---- its limits ----------------------------------------------------------------------------------------------------


@given(st.floats(0.05, 100), st.floats(0.1, 50), st.floats(0.1, 60))
def test_a_resistor_gets_the_set_voltage_or_the_set_current(ohms, amperes, volts):
    """Ohm's law is the oracle: whichever of the two limits comes first holds."""
    supply = Supply(Clock())
    supply.connect(Resistor(ohms))
    supply.write(f"VOLT {volts:.6f};CURR {amperes:.6f};:OUTP ON")
    limit = round(amperes, 6)

    point = supply.terminals.point(1 * S)

    assert point.volts == pytest.approx(min(round(volts, 6), limit * ohms), rel=1e-6)
    assert point.amperes == pytest.approx(point.volts / ohms)
    assert point.limited == (round(volts, 6) / ohms > limit)


def test_the_limit_is_in_the_operation_register(clock, supply):
    supply.connect(Resistor(1))
    supply.write("VOLT 12;CURR 20;:OUTP ON")
    clock.at = 1 * S
    assert ask(supply, clock, "STAT:OPER:COND?") == "256"

    supply.write("CURR 5")

    assert ask(supply, clock, "STAT:OPER:COND?") == "1024"
    assert supply.output(clock.at) == pytest.approx(5)


def test_foldback_gives_a_short_circuit_less_than_the_limit(clock):
    """A fifth of the limit at 0 V, all of it at the set voltage: 10 A x (0.2 + 0.8 v / 12 V) through 1 mOhm."""
    supply = Supply(clock, parameters=Parameters(foldback=0.2))
    supply.connect(Resistor(0.001))
    supply.write("VOLT 12;CURR 10;:OUTP ON")

    assert supply.amperes(1 * S) == pytest.approx(2.0, rel=0.01)


def test_a_constant_power_load_beyond_the_limit_pulls_the_output_down(supply):
    """120 W at 12 V want 10 A; with 8 A there is no point to rest at until the converter drops out, below 1 V."""
    supply.connect(ConstantPower(120))
    supply.write("VOLT 12;CURR 8;:OUTP ON")

    assert supply.output(1 * S) <= 1.0
    assert supply.terminals.point(1 * S).limited


def test_over_voltage_trips_where_the_edge_crosses_the_level(clock, supply):
    changes = []
    supply.changed = changes.append
    supply.write("VOLT:PROT 10;:VOLT:SLEW 1000;:OUTP ON;VOLT 20")

    assert supply.output(10 * MS - 1) == pytest.approx(10, abs=1e-5)
    assert supply.due(0) == 10 * MS
    clock.at = 5 * S
    assert ask(supply, clock, "VOLT:PROT:TRIP?;:OUTP?;:STAT:QUES:COND?") == "1;0;1"
    assert changes[-1] == 10 * MS
    assert supply.recorded(0, 20 * MS).value(15 * MS) == 0.0


def test_what_has_tripped_stays_off_until_it_was_cleared_and_switched_on(clock, supply):
    supply.write("VOLT:PROT 10;:VOLT 11;:OUTP ON")
    clock.at = 1 * S

    supply.write("OUTP ON")
    assert error(supply, clock) == -221
    supply.write("VOLT 9;:OUTP:PROT:CLE")
    assert supply.output(clock.at + 1 * MS) == 0.0
    supply.write("OUTP ON")

    assert supply.output(clock.at + 1 * MS) == 9.0
    assert ask(supply, clock, "VOLT:PROT:TRIP?") == "0"


def test_over_current_trips_after_its_delay(clock, supply):
    """2 Ohm reach 5 A at 10 V, after 10 ms of the edge; the protection waits for 20 ms more."""
    supply.connect(Resistor(2))
    supply.write("CURR:PROT 5;:CURR 20;:VOLT:SLEW 1000;:OUTP ON;VOLT 12")
    tripped = 30 * MS

    assert supply.due(12 * MS) == pytest.approx(tripped, abs=1)
    clock.at = 1 * S
    assert ask(supply, clock, "CURR:PROT:TRIP?;:OUTP?") == "1;0"
    assert supply.recorded(0, 40 * MS).value(tripped - 5) == pytest.approx(12)
    assert supply.recorded(0, 40 * MS).value(tripped + 5) == 0.0


def test_a_short_surge_does_not_trip_over_current(clock, supply):
    load = ElectronicLoad(clock)
    supply.connect(load)
    load.changed = supply.loaded
    supply.write("VOLT 12;CURR 20;:CURR:PROT 5;:OUTP ON")
    load.write("CURR 8;:INP ON")
    clock.at = 19 * MS
    load.write("CURR 2")
    clock.at = 1 * S
    assert ask(supply, clock, "OUTP?") == "1"

    load.write("CURR 8")
    clock.at += 20 * MS

    assert ask(supply, clock, "OUTP?;:CURR:PROT:TRIP?") == "0;1"


def test_a_load_that_lets_go_when_its_voltage_falls_trips_all_the_same(clock, supply):
    """What counts is what it wants at the set voltage: a converter behind a diode draws nothing from a limited line."""

    class LettingGo:
        def amperes(self, volts, at):
            return 8.0 if volts > 11 else 0.0

    supply.connect(LettingGo())
    supply.write("VOLT 12;CURR 5;:CURR:PROT 2;:OUTP ON")
    assert supply.output(1 * MS) == pytest.approx(11)
    supply.write("CURR:PROT:STAT ON")

    clock.at = 1 * S

    assert ask(supply, clock, "CURR:PROT:TRIP?;:OUTP?") == "1;0"


def test_a_fuse_trips_at_the_current_limit(clock):
    supply = Supply(clock, "rohde_schwarz")
    supply.connect(Resistor(1))
    supply.write("VOLT 12;CURR 5;:FUSE ON;:OUTP ON")

    clock.at = 1 * S

    assert ask(supply, clock, "FUSE:TRIP?;:OUTP?") == "1;0"


def test_the_watchdog_switches_off_when_nobody_writes(clock, supply):
    supply.write("SYST:WDOG 1.5;:VOLT 12;:OUTP ON")
    clock.at = 1 * S
    supply.write("*CLS")  # any line is a sign of life

    assert supply.due(clock.at) == 2500 * MS
    assert supply.output(2500 * MS - 1) == 12.0
    assert supply.output(2500 * MS) == 0.0
    clock.at = 9 * S
    assert ask(supply, clock, "SYST:WDOG:TRIP?;:OUTP?") == "1;0"
    assert supply.recorded(2 * S, 3 * S).value(501 * MS) == 0.0


def test_a_watchdog_that_is_off_never_barks(clock, supply):
    assert ask(supply, clock, "SYST:WDOG?") == "0"
    supply.write("SYST:WDOG 1;:OUTP ON;VOLT 5;:SYST:WDOG 0")

    assert supply.output(10_000 * S) == 5.0


# ---- readings ------------------------------------------------------------------------------------------------------


def test_a_reading_is_there_when_its_time_has_passed_and_not_before(clock, supply):
    supply.write("VOLT 12;:OUTP ON")
    supply.write("MEAS:VOLT?")

    for clock.at in (0, 20 * MS - 1):
        assert supply.read() == b""
    clock.at = 20 * MS
    assert float(supply.read()) == pytest.approx(12, abs=0.001)


def test_a_reading_is_the_mean_over_its_time(clock, supply):
    """An edge of 20 ms from 0 to 20 V has the mean 10 V, and 5 A into 2 Ohm."""
    supply.connect(Resistor(2))
    supply.write("VOLT:SLEW 1000;:OUTP ON;VOLT 20;:MEAS:VOLT?")
    clock.at = 20 * MS
    assert float(supply.read()) == pytest.approx(10, abs=1e-3)

    supply.write("VOLT 0;:MEAS:CURR?")
    clock.at = 40 * MS

    assert float(supply.read()) == pytest.approx(5, abs=1e-3)


def test_noise_is_of_the_seed_and_readings_are_whole_steps(clock):
    def readings(seed):
        supply = Supply(clock, seed=seed)
        supply.write("VOLT 12;:OUTP ON")
        clock.at += 1 * S
        return [ask(supply, clock, "MEAS:VOLT?") for _ in range(20)]

    first = readings(1)

    assert readings(1) == first != readings(2)
    assert len(set(first)) > 1
    assert all(float(one) * 1e4 == pytest.approx(round(float(one) * 1e4), abs=1e-3) for one in first)


def test_a_meter_integrates_over_its_power_line_cycles(clock):
    """From 0 to 10 V in 10 ms, then level: 20 ms of it have the mean 7.5 V."""
    supply, meter = Supply(clock), Meter(clock, "keysight")
    meter.connect(supply.recorded)
    supply.write("VOLT:SLEW 1000;:OUTP ON;VOLT 10")

    assert float(ask(meter, clock, "CONF:VOLT:DC;:VOLT:DC:NPLC 1;:READ?")) == pytest.approx(7.5, abs=1e-3)
    assert clock.at == 20 * MS
    assert float(ask(meter, clock, "MEAS:VOLT:DC?")) == pytest.approx(10, abs=1e-3)
    assert clock.at == 40 * MS


def test_a_result_can_be_fetched_twice_and_is_the_same(clock):
    meter = Meter(clock)
    meter.connect(lambda begin, end: constant(3.3, end - begin))

    once, twice = ask(meter, clock, "CONF:VOLT:DC;:READ?;:FETC?").split(";")

    assert once == twice
    assert float(once) == pytest.approx(3.3, abs=1e-3)


def test_a_meter_samples_as_often_as_told_when_it_is_triggered(clock):
    meter = Meter(clock, "keysight")
    ramp = Waveform((Segment(1 * S, 0.0, 1.0),))
    meter.connect(lambda begin, end: Waveform((Segment(end - begin, ramp.value(begin), ramp.value(end)),)))
    meter.write("CONF:VOLT:DC 1;:VOLT:DC:NPLC 5;:SAMP:COUN 3;:TRIG:SOUR BUS;:INIT")
    clock.at = 100 * MS
    assert ask(meter, clock, "STAT:OPER:COND?") == "32"
    meter.write("*TRG")

    values = [float(one) for one in ask(meter, clock, "FETC?").split(",")]

    assert values == pytest.approx([0.15, 0.25, 0.35], abs=1e-4)
    assert clock.at == 400 * MS


@pytest.mark.parametrize(
    ("line", "code"), [("FETC?", -230), ("TRIG:SOUR BUS;:READ?", -214), ("INIT;INIT", -213), ("*TRG", -211)]
)
def test_a_meter_says_what_it_cannot_do(clock, line, code):
    meter = Meter(clock, "keysight")

    meter.write(line)

    assert error(meter, clock) == code


def test_beyond_its_range_a_meter_shows_infinity(clock):
    meter = Meter(clock)
    meter.connect(lambda begin, end: constant(13.0, end - begin), ohms=1e4)

    assert float(ask(meter, clock, "CONF:VOLT:DC 10;:READ?")) == 9.9e37
    assert float(ask(meter, clock, "CONF:VOLT:DC 100;:READ?")) == pytest.approx(13, abs=0.01)
    assert float(ask(meter, clock, "CONF:RES;:READ?")) == pytest.approx(1e4, rel=1e-3)


def test_the_speeds_of_an_hmc_are_those_of_its_manual(clock):
    meter = Meter(clock, "rohde_schwarz")
    took = []
    for word in ("SLOW", "MEDium", "FAST"):
        begin = clock.at
        ask(meter, clock, f"CONF:VOLT:DC AUTO;:SENS:VOLT:DC:ADCR {word};:READ?")
        took.append(clock.at - begin)

    assert took == [200 * MS, 100 * MS, 5 * MS]


# ---- the others ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "amperes"),
    [("FUNC CURR;CURR 3", 3.0), ("FUNC RES;RES 4", 3.0), ("FUNC POW;POW 60", 5.0), ("FUNC POW;POW 600;:INP OFF", 0.0)],
)
def test_a_load_draws_what_its_function_says(clock, lines, amperes):
    supply = Supply(clock, parameters=EXACT)
    load = ElectronicLoad(clock, LoadParameters(noise=0.0))
    supply.connect(Together((load, Resistor(12))))
    load.connect(supply)
    load.changed = supply.loaded
    supply.write("VOLT 12;:OUTP ON")
    load.write("INP ON;:" + lines)
    clock.at = 1 * S

    assert float(ask(load, clock, "MEAS:CURR?")) == pytest.approx(amperes)
    assert float(ask(load, clock, "MEAS:VOLT?")) == pytest.approx(12)
    assert float(ask(supply, clock, "MEAS:CURR?")) == pytest.approx(amperes + 1)


def test_a_load_never_goes_beyond_its_power(clock):
    load = ElectronicLoad(clock)
    load.write("CURR 60;:INP ON")

    assert load.amperes(20.0, 0) == pytest.approx(30.0)
    assert load.amperes(0.0, 0) == 0.0


def test_a_scope_catches_an_edge_at_its_place(clock):
    supply, scope = Supply(clock), Scope(clock, ScopeParameters(noise=0.0))
    scope.connect(supply.recorded)
    supply.write("VOLT:SLEW 10000;:OUTP ON")
    scope.write("ACQ:POIN 200;SRAT 1e5;:TRIG:LEV 5;:SING")
    clock.at = 10 * MS
    assert scope._dialogue.due() is None
    scope.write("WAV:DATA?")
    assert error(scope, clock) == -230  # nothing has come yet
    supply.write("VOLT 10")
    clock.at = 11 * MS

    assert ask(scope, clock, "*OPC?;:WAV:XINC?;XOR?") == "1;1.000000000E-05;-1.000000000E-03"
    assert clock.at == 10 * MS + 500 * US + 1 * MS  # the edge, and the half of the record after it
    scope.write("WAV:DATA?")
    block = scope.read()

    assert block[:5] == b"#3800"
    samples = struct.unpack("<200f", block[5:-1])
    assert samples[:50] == pytest.approx([0.0] * 50, abs=0.02)
    assert samples[100] == pytest.approx(5, abs=0.02)
    assert samples[90:111] == pytest.approx([5 + (k - 100) / 10 for k in range(90, 111)], abs=0.02)
    assert samples[160:] == pytest.approx([10.0] * 40, abs=0.02)


def test_a_scope_can_be_triggered_by_hand(clock):
    scope = Scope(clock)
    scope.write("ACQ:POIN 10;:SING;:TRIG:FORC")

    assert ask(scope, clock, "*OPC?") == "1"
    assert clock.at == 5 * US


def test_a_contact_moves_after_its_time(clock):
    relay = Relay(clock)
    moves = []
    relay.changed = moves.append
    relay.write("ROUT:CLOS (@101,103:104)")

    assert not relay.closed(101, 3 * MS - 1)
    assert relay.closed(101, 3 * MS)
    assert ask(relay, clock, "ROUT:CLOS? (@101:104)") == "1,0,1,1"
    assert clock.at == 3 * MS == moves[0]
    relay.write("ROUT:OPEN:ALL")
    assert ask(relay, clock, "ROUT:OPEN? (@101,104)") == "1,1"
    relay.write("ROUT:CLOS (@100)")
    assert error(relay, clock) == -222


def test_a_generator_makes_its_wave_from_the_moment_it_is_switched_on(clock):
    generator = Generator(clock)
    clock.at = 123
    generator.write("FUNC SIN;FREQ 1 KHZ;VOLT 4;VOLT:OFFS 1;:OUTP ON")

    assert [generator.output(123 + k * 250 * US) for k in range(4)] == pytest.approx([1, 3, 1, -1])
    assert mean(generator.recorded(123, 123 + 3 * MS)) == pytest.approx(1)
    generator.write("FUNC SQU")
    assert [generator.output(123 + k * 400 * US) for k in range(3)] == [3, 3, -1]
    generator.write("OUTP OFF")
    assert generator.output(1 * S) == 0.0


# ---- records -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=5))
def test_the_mean_of_straight_lines_is_that_of_their_middles(lines):
    record = Waveform(tuple(Segment(*line) for line in lines))
    middle = sum(duration * (begin + end) / 2 for duration, begin, end in lines) / record.duration

    assert mean(record) == pytest.approx(middle, abs=1e-9)


@given(st.floats(0.1, 9.9), st.booleans())
def test_the_crossing_of_a_ramp_is_where_it_meets_the_level(level, rising):
    ramp = Waveform((Segment(1000, 0.0, 10.0), Segment(1000, 10.0, 0.0)))

    at = crossing(ramp, level, rising, 1)

    assert at == pytest.approx(level * 100 if rising else 2000 - level * 100, abs=1)
