"""What every instrument does for its driver, whichever it is and however it is reached."""

import pytest

from bench.errors import RigError
from bench.lab.attribute import attributes
from bench.lab.forms import Number
from bench.lab.session import Refused
from bench.model.instant import MS, S
from bench.model.waveform import Segment, Waveform

LOW: dict[str, dict[str, object]] = {
    "supply": {"voltage": 1.25, "current_limit": 0.1, "ovp": 6.0, "ocp": 0.5, "output": False},
    "load": {"current": 0.1, "resistance": 100.0, "power": 1.0, "input": False},
    "scope": {"points": 200.0, "sample_rate": 1e5, "trigger_level": 0.5},
    "generator": {"shape": "sine", "frequency": 100.0, "amplitude": 0.2, "offset": 0.1, "output": False},
}
"""What may be set on any instrument of a kind, a real one too."""


def test_it_says_who_it_is(subject):
    idn = subject.instrument.idn

    assert idn.maker and idn.model
    assert subject.instrument.idn == idn


def test_it_has_no_errors_when_nothing_was_wrong(subject):
    subject.instrument.errors()  # what was left behind by others

    assert subject.instrument.errors() == ()


def test_a_line_that_it_does_not_know_is_refused_and_leaves_nothing_behind(subject):
    with pytest.raises(Refused, match="ended with -11"):
        subject.instrument.session.write("NOSUCH:HEADER 1")

    assert subject.instrument.errors() == ()
    assert subject.instrument.session.query("*ESE?")


@pytest.mark.kinds("supply", "load", "scope", "generator")
def test_what_is_set_is_what_is_read(subject):
    for name, value in LOW[subject.kind].items():
        setattr(subject.instrument, name, value)

        assert getattr(subject.instrument, name) == pytest.approx(value, abs=0.1)


@pytest.mark.kinds("supply", "load", "scope", "generator")
def test_every_attribute_can_be_read(subject):
    """A list that was never written is empty, which is no list; everything else has a value from the start."""
    lists = ("list_voltage", "list_dwell", "program_data")
    found = {name: one for name, one in attributes(subject.instrument).items() if one.getter and name not in lists}

    for name, one in found.items():
        assert one.form.valid(getattr(subject.instrument, name)) is not None or isinstance(one.form, Number)


@pytest.mark.kinds("supply", "meter", "load")
def test_a_measurement_has_a_value_and_an_uncertainty_when_its_time_has_passed(subject):
    subject.instrument.begin("voltage")
    subject.wait("voltage")
    value, uncertainty = subject.instrument.fetch("voltage")

    assert uncertainty > 0
    if subject.way != "named":
        assert abs(value) <= uncertainty  # nothing is switched on


@pytest.mark.kinds("supply", "meter", "load")
def test_measurements_are_those_that_were_asked_for(subject):
    """After volts come amperes, whatever it was configured to before."""
    if subject.source is None:
        pytest.skip("nothing is switched on at a real instrument")
    for line in ("VOLT 12", "OUTP ON"):
        subject.source.write(line)
    if subject.clock is not None:
        subject.clock.wait_until(subject.clock.now() + 1 * S)

    for quantity, truth in (("voltage", 12.0), ("current", 0.0), ("voltage", 12.0)):
        subject.instrument.begin(quantity)
        subject.wait(quantity)
        value, uncertainty = subject.instrument.fetch(quantity)
        assert abs(value - truth) <= uncertainty, quantity


@pytest.mark.kinds("supply", "load", "generator")
def test_off_is_off(subject):
    subject.instrument.off()

    switch = "input" if subject.kind == "load" else "output"
    assert getattr(subject.instrument, switch) is False


@pytest.mark.kinds("supply", "load", "generator")
def test_a_name_that_it_has_not_cannot_be_set(subject):
    with pytest.raises(AttributeError):
        subject.instrument.no_such_attribute = 1


@pytest.mark.kinds("relay")
def test_relays_close_and_open_and_all_open_at_the_end(subject):
    if subject.way == "named":
        pytest.skip("a real relay switches something")
    relay = subject.instrument
    relay.close = 101
    relay.close = 103
    relay.open = 101
    assert (relay.closed(101), relay.closed(103)) == (False, True)

    relay.off()
    assert not relay.closed(103)


@pytest.mark.kinds("relay")
def test_a_channel_that_a_relay_has_not_is_refused(subject):
    with pytest.raises(Refused, match="-222"):
        subject.instrument.close = 9999


@pytest.mark.kinds("supply")
def test_a_protection_is_armed_and_read_back(subject):
    subject.instrument.current_limit = 0.2
    subject.instrument.ovp = 7.5
    subject.instrument.ocp = 0.4

    assert subject.instrument.ovp == pytest.approx(7.5, abs=0.1)
    assert subject.instrument.ocp == pytest.approx(0.4, abs=0.01)


@pytest.mark.kinds("supply")
def test_a_supply_with_a_watchdog_arms_it_and_lets_it_go(subject):
    if not hasattr(type(subject.instrument), "watchdog"):
        with pytest.raises(AttributeError):
            subject.instrument.watchdog = 2.0
        return
    subject.instrument.watchdog = 2.0
    assert subject.instrument.watchdog == 2.0

    subject.instrument.watchdog = 0.0
    assert subject.instrument.watchdog == 0.0


@pytest.mark.kinds("supply")
def test_a_waveform_is_loaded_and_nothing_moves_before_the_trigger(subject):
    waveform = Waveform((Segment(100 * MS, 1.0, 1.0), Segment(200 * MS, 1.0, 3.0), Segment(100 * MS, 3.0, 3.0)))
    subject.instrument.current_limit = 0.1
    subject.instrument.voltage = 1.0

    subject.instrument.play(waveform)

    assert subject.instrument.errors() == ()
    assert subject.instrument.output is False


@pytest.mark.kinds("supply")
def test_a_model_follows_a_waveform_as_close_as_was_promised(subject):
    """The output of the model is looked at every millisecond, against the waveform itself; jumps have some leeway."""
    if subject.clock is None:
        pytest.skip("only where time is ours")
    crank = Waveform(
        (
            Segment(50 * MS, 12.0, 12.0),
            Segment(100 * MS, 12.0, 6.5),
            Segment(200 * MS, 6.5, 6.5),
            Segment(1000 * MS, 7.5, 7.5, 2.0, 2.0),
            Segment(400 * MS, 7.5, 12.0),
            Segment(50 * MS, 12.0, 12.0),
        )
    )
    supply = subject.instrument
    if subject.driver == "rohde_schwarz":
        supply.tolerance = 0.8  # its points last 10 ms at least
    supply.voltage = 12.0
    supply.output = True
    supply.play(crank)
    supply.arm()
    subject.clock.wait_until(1 * S)
    supply.trigger()
    begin = subject.clock.now()
    subject.clock.wait_until(begin + crank.duration + 100 * MS)
    record = subject.model.recorded(begin, subject.clock.now())

    leeway = supply.program.grain // 2 + MS // 2
    edges = {at for at, _ in crank.placed()}
    for at in range(0, crank.duration, MS):
        if all(abs(at - edge) > leeway for edge in edges):
            assert abs(record.value(at) - crank.value(at)) <= supply.tolerance + 0.001, at
    assert supply.voltage == pytest.approx(12.0, abs=supply.tolerance)  # it stays at its end


@pytest.mark.kinds("scope")
def test_a_scope_gives_the_record_of_its_trigger(subject):
    if subject.source is None:
        pytest.skip("nothing is switched on at a real instrument")
    scope = subject.instrument
    scope.points, scope.sample_rate, scope.trigger_level = 200.0, 1e4, 5.0
    scope.begin("voltage")
    for line in ("VOLT 10", "OUTP ON"):
        subject.source.write(line)
    subject.wait("voltage")
    value, uncertainty = scope.fetch("voltage")

    capture = scope.capture()
    assert len(capture.volts) == 200
    assert capture.step == pytest.approx(1e-4)
    assert capture.volts[0] == pytest.approx(0.0, abs=0.5)
    assert capture.volts[-1] == pytest.approx(10.0, abs=0.5)
    assert abs(value - sum(capture.volts) / 200) <= uncertainty


def test_another_serial_number_than_the_plan_names_is_refused(subject):
    """The calibration in the plan is that of one instrument."""
    if subject.way == "named":
        pytest.skip("the plan of a real one names none here")
    from bench.lab.catalogue import open_instrument
    from bench.model.lab import InstrumentPlan

    session = subject.instrument.session
    plan = InstrumentPlan("it", subject.kind, subject.driver, serial="SN-2")
    with pytest.raises(RigError, match="expected serial number SN-2; connect that one"):
        open_instrument(plan, session._resources, session.resource)
