"""Drivers: what an attribute sends and believes, how waveforms become lists, and which instrument a plan means."""

import threading
from math import inf

import pytest
import pyvisa
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_instrument import Instrument, address, serving

from bench.errors import RigError
from bench.lab import simvisa
from bench.lab.attribute import Attribute, attributes
from bench.lab.catalogue import DRIVERS, names, open_instrument
from bench.lab.drivers.accuracy import Accuracy, Range
from bench.lab.drivers.program import Limits, points, seconds
from bench.lab.drivers.supply import GenericSupply
from bench.lab.drivers.supply_rohde_schwarz import RohdeSchwarzSupply
from bench.lab.forms import Each, Number, Numbers, Switch, Words, decimal
from bench.lab.models.desk import model
from bench.lab.session import Session
from bench.model.instant import MS, US, S
from bench.model.lab import InstrumentPlan
from bench.model.waveform import Segment, Waveform

TIMEOUT = 500 * MS
SUPPLY = {
    "VOLT": "0",
    "CURR": "1",
    "OUTP": "OFF",
    "VOLT:PROT": "60",
    "LIST:VOLT": "0",
    "LIST:DWEL": "1",
    "LIST:COUN": "1",
    "VOLT:MODE": "FIX",
}


@pytest.fixture(scope="module")
def resources():
    """PyVISA over sockets."""
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


@pytest.fixture
def instrument():
    """A scripted supply."""
    readings = {"MEAS:VOLT?": iter(("12.0", "12.4") * 9).__next__, "MEAS:CURR?": lambda: "9.9E37"}
    return Instrument(SUPPLY, readings, {}, ("ABOR", "INIT", "*TRG", "OUTP:PROT:CLE"))


@pytest.fixture
def supply(resources, instrument):
    """The generic driver on it."""
    with serving(instrument) as port:
        session = Session(resources, address(port), "psu", TIMEOUT)
        yield GenericSupply(session, GenericSupply.options)
        session.close()


# ---- attributes -----------------------------------------------------------------------------------------------------


def test_a_line_is_an_attribute(supply, instrument):
    supply.voltage = 12.5

    assert instrument.settings["VOLT"] == "12.5"
    assert supply.voltage == 12.5


def test_switches_take_the_words_of_a_scenario(supply, instrument):
    supply.output = "on"
    assert instrument.settings["OUTP"] == "ON"

    supply.off()
    assert supply.output is False


@pytest.mark.parametrize(("name", "value"), [("voltage", "twelve"), ("voltage", True), ("voltage", inf), ("output", 2)])
def test_what_is_no_value_of_an_attribute_is_refused_unsent(supply, instrument, name, value):
    before = dict(instrument.settings)

    with pytest.raises(ValueError, match=rf"psu: {name} is .*; expected (a number|on or off); set one of those"):
        setattr(supply, name, value)
    assert instrument.settings == before


def test_what_is_out_of_range_is_refused_with_the_range(supply):
    with pytest.raises(ValueError, match="psu: current_limit is -1; expected 0 to inf A"):
        supply.current_limit = -1


def test_an_instrument_that_keeps_another_value_is_found_out(supply, instrument):
    """As one does that was locked at its front, or that rounds to what it can."""
    instrument._check = lambda value: instrument.settings.update({"VOLT": "5"})
    answer = instrument._query
    instrument._query = lambda unit: b"5" if unit == "VOLT?" else answer(unit)

    with pytest.raises(RigError, match=r"'VOLT 12' was sent, and 'VOLT\?' then gave 5.0; expected 12.0"):
        supply.voltage = 12


def test_an_answer_that_is_no_number_is_told_as_that(supply, instrument):
    instrument.settings["VOLT"] = "1_2"

    with pytest.raises(RigError, match=r"'VOLT\?' was answered by '1_2', which is no voltage; expected number"):
        supply.voltage


def test_attributes_are_known_by_name_with_their_unit():
    found = attributes(GenericSupply.__new__(GenericSupply))

    assert list(found)[:3] == ["voltage", "current_limit", "output"]
    assert found["slew"].form.unit == "V/s"
    assert isinstance(GenericSupply.voltage, Attribute)


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_numbers_are_written_so_that_they_are_read_the_same(value):
    assert float(decimal(value)) == pytest.approx(value, rel=1e-8, abs=1e-12)
    assert decimal(0.000001) == "0.000001"
    assert decimal(12.5) == "12.5"


@given(st.text(max_size=20))
def test_any_answer_is_a_value_or_a_value_error(text):
    for form in (Number("V"), Numbers("V"), Switch(), Each(Switch()), Words({"sine": "SIN"})):
        try:
            form.read(text)
        except ValueError:
            continue


def test_several_switches_are_on_only_together():
    assert Each(Switch()).read("1;1") is True
    assert Each(Switch()).read("1;0") is False


# ---- readings -------------------------------------------------------------------------------------------------------


def test_a_quantity_that_moves_is_known_no_better_than_that(supply):
    """Two readings, 12.0 and 12.4 V: their mean, and an uncertainty that holds both with their own."""
    supply.begin("voltage")
    value, uncertainty = supply.fetch("voltage")

    assert value == pytest.approx(12.2)
    assert value - uncertainty < 12.0 < 12.4 < value + uncertainty


def test_an_overload_is_no_reading(supply):
    supply.begin("current")
    with pytest.raises(
        RigError, match=r"psu: its current came as '9.9E37'; expected a number up to 64; is it overloaded"
    ):
        supply.fetch("current")


def test_a_quantity_that_an_instrument_does_not_measure_is_refused(supply):
    with pytest.raises(ValueError, match="psu does not measure resistance; it measures voltage, current, power"):
        supply.begin("resistance")


def test_the_error_of_a_reading_is_that_of_its_range():
    """The worked example of the maker of the HMC8012: 13.85 V in the 40 V range, 2.77 mV + 0.8 mV."""
    table = Accuracy((Range(4.0, 0.0002, 0.00002), Range(40.0, 0.0002, 0.00002)), "", "F")

    assert table.at(13.85) == pytest.approx(0.00277 + 0.0008)
    assert table.at(-3.0) == pytest.approx(0.0006 + 0.00008)


# ---- list programs --------------------------------------------------------------------------------------------------

FAST = Limits(points=100_000, shortest=10 * US, longest=1 * S, grain=1 * US)
levels = st.floats(-5, 30).map(lambda volts: round(volts, 2))
lines = st.builds(Segment, st.integers(20 * MS, 3 * S), levels, levels)
ripples = st.builds(Segment, st.integers(20 * MS, 400 * MS), levels, levels, st.floats(0.1, 3), st.floats(0.5, 20))
waveforms = st.lists(st.one_of(lines, ripples), min_size=1, max_size=4).map(lambda some: Waveform(tuple(some)))


def listed(placed: tuple[tuple[float, int], ...], at: int) -> float:
    """The voltage of a list at an instant, by running through it."""
    end = 0
    for volts, dwell in placed:
        end += dwell
        if at < end:
            return volts
    return placed[-1][0]


@settings(max_examples=50)
@given(waveforms, st.floats(0.05, 1.0), st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_a_list_stays_within_its_tolerance_and_takes_as_long(waveform, tolerance, where):
    placed = points(waveform, FAST, tolerance)

    assert abs(sum(dwell for _, dwell in placed) - waveform.duration) <= FAST.grain
    assert all(FAST.shortest <= dwell <= FAST.longest and dwell % FAST.grain == 0 for _, dwell in placed)
    edges = [begin for begin, _ in waveform.placed()] + [waveform.duration]
    for at in (round(share * waveform.duration) for share in where):
        if all(abs(at - edge) > FAST.grain for edge in edges):
            # What it does between two looks is a sixteenth; at the end a rest is shared with the step before it.
            assert abs(listed(placed, at) - waveform.value(at)) <= tolerance * 1.07, at


@given(levels, st.integers(1, 400))
def test_a_level_is_one_point_however_long(volts, tenths):
    limits = Limits(points=50, shortest=1 * MS, longest=1 * S, grain=1 * MS)
    placed = points(Waveform((Segment(tenths * 100 * MS, volts, volts),)), limits)

    assert {level for level, _ in placed} == {volts}
    assert len(placed) == -(-tenths // 10)


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ((Segment(2 * MS, 16.0, 18.0),), "leave it by 0.5 V; allowed are 0.2 V"),
        ((Segment(1 * S, 12.0, 12.0), Segment(100 * US, 0.0, 0.0)), "at 1 s the waveform has a part of 100 us"),
        ((Segment(1 * S, 12.0, 12.0, 6.0, 1000.0),), "a ripple of 6 V at 1000 Hz"),
        ((Segment(60 * S, 0.0, 60.0),), "needs 150 points to stay within 0.2 V; the instrument has 100"),
    ],
)
def test_what_an_instrument_cannot_do_is_refused_with_numbers(segments, words):
    limits = Limits(points=100, shortest=1 * MS, longest=60 * S, grain=1 * MS)

    with pytest.raises(ValueError, match=words):
        points(Waveform(segments), limits)


def test_durations_are_written_exactly():
    assert seconds(1) == "0.000000001"
    assert seconds(1_500 * MS) == "1.5"
    assert seconds(20 * S) == "20"


def test_a_waveform_becomes_lines(supply, instrument):
    supply.play(Waveform((Segment(100 * MS, 12.0, 12.0), Segment(1 * S, 5.0, 5.0))))
    supply.arm()
    supply.trigger()

    assert instrument.settings["LIST:VOLT"] == "12,5"
    assert instrument.settings["LIST:DWEL"] == "0.1,1"
    assert instrument.settings["VOLT:MODE"] == "LIST"
    assert instrument.done == ["ABOR", "INIT", "*TRG"]


def test_a_generator_plays_what_it_can_hold():
    clock = simvisa.Skipping()
    gen = desk(clock, "generator", "generic")
    gen.play(Waveform((Segment(1 * S, 1.0, 1.0, 0.5, 50.0),)))
    assert (gen.shape, gen.frequency, gen.amplitude, gen.offset) == ("sine", 50.0, 0.5, 1.0)

    with pytest.raises(ValueError, match="holds one level with one ripple"):
        gen.play(Waveform((Segment(1 * S, 1.0, 2.0),)))


# ---- the catalogue --------------------------------------------------------------------------------------------------


def desk(clock, kind, driver, dialect="", options=()):
    """An instrument of a plan on a model."""
    models = {"it": model(kind, dialect or driver, clock.now, "SN-1")}
    library = pyvisa.ResourceManager(simvisa.SimVisa(models, clock))
    return open_instrument(InstrumentPlan("it", kind, driver, simvisa.address("it"), options=options), library)


def test_each_kind_has_a_generic_driver_and_supplies_and_meters_two_makers():
    assert {kind for kind, driver in DRIVERS if driver == "generic"} == {kind for kind, _ in DRIVERS}
    assert names("supply") == names("meter") == ("generic", "keysight", "rohde_schwarz")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"driver": "nobody"}, "no driver 'nobody' for a supply; there are generic, keysight, rohde_schwarz"),
        ({"driver": "pymeasure.keysight.Nothing"}, "expected pymeasure.MAKER.CLASS"),
        ({"driver": "pymeasure.no_such_maker.X"}, "expected pymeasure.MAKER.CLASS"),
        ({"options": (("chanel", 1),)}, "no option 'chanel'; its driver has timeout, compound, tolerance"),
        ({"options": (("tolerance", "wide"),)}, "option 'tolerance' is 'wide'; expected something like 0.2"),
        ({"options": (("timeout", 0.0),)}, "option 'timeout' is 0 s; expected 0.01 to 60 s"),
        ({"serial": "SN-2"}, "expected serial number SN-2"),
        ({"resource": ""}, "no VISA address"),
        ({"resource": "SIM::other::INSTR"}, "cannot be opened"),
    ],
)
def test_what_a_plan_has_wrong_is_told(changed, words):
    clock = simvisa.Skipping()
    library = pyvisa.ResourceManager(simvisa.SimVisa({"it": model("supply", "generic", clock.now, "SN-1")}, clock))
    plan = {"name": "it", "kind": "supply", "driver": "generic", "resource": simvisa.address("it"), **changed}

    with pytest.raises(RigError, match=words):
        open_instrument(InstrumentPlan(**plan), library)


def test_a_driver_of_pymeasure_takes_the_place_of_ours():
    pytest.importorskip("pymeasure", reason="PyMeasure is an extra: pip install ecubench[pymeasure]")
    clock = simvisa.Skipping()
    psu = desk(clock, "supply", "pymeasure.keysight.KeysightE36312A", "keysight", (("channel", "ch_1"),))
    psu.voltage, psu.current_limit, psu.output = 5.0, 0.5, True
    psu.begin("voltage")
    value, uncertainty = psu.fetch("voltage")

    assert (psu.voltage, psu.current_limit, psu.output) == (5.0, 0.5, True)
    assert abs(value - 5.0) <= uncertainty
    psu.off()
    assert psu.output is False
    with pytest.raises(RigError, match=r"has no property for 'ovp' .*; name it by option 'set_ovp'"):
        psu.ovp = 6.0


def test_a_setting_that_a_driver_has_not_is_no_attribute_by_mistake():
    clock = simvisa.Skipping()

    with pytest.raises(AttributeError):
        desk(clock, "supply", "rohde_schwarz").watchdog = 2.0
    assert not hasattr(RohdeSchwarzSupply, "watchdog")


def test_an_instrument_on_a_clock_that_only_others_move_measures_when_that_has_moved():
    """As in a run: begin now, fetch after its duration; too early there is nothing, and that is no hang."""
    now = [0]
    clock = simvisa.Standing(lambda: now[0])
    meter = desk(clock, "meter", "keysight")
    meter.begin("voltage")
    now[0] += meter.duration("voltage")
    value, uncertainty = meter.fetch("voltage")
    assert abs(value) <= uncertainty

    meter.begin("voltage")
    with pytest.raises(RigError, match="VI_ERROR_TMO"):
        meter.fetch("voltage")


def test_two_threads_with_an_instrument_each_do_not_meet(resources):
    """One owner per instrument, and nothing that owners share."""
    found: dict[int, list[str]] = {}

    def talk(number: int) -> None:
        with serving(Instrument({"VOLT": str(number)})) as port:
            session = Session(resources, address(port), f"psu{number}", 5 * S)
            found[number] = [session.query("VOLT?") for _ in range(50)]
            session.close()

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: [str(number)] * 50 for number in range(4)}
