"""Simulated instruments through real PyVISA: messages, time-outs by the clock of the run, libraries side by side."""

import struct

import pytest
import pyvisa
from pyvisa.constants import StatusCode

from bench.lab.models.meter import Meter
from bench.lab.models.scope import Scope
from bench.lab.models.supply import Supply
from bench.lab.models.terminals import Resistor
from bench.lab.simvisa import Skipping, Standing, address, resource_manager
from bench.model.instant import MS, S


class Lab:
    """A supply, a meter and a scope on a clock, and a resource manager for them."""

    def __init__(self, clock):
        self.clock = clock
        self.supply, self.meter, self.scope = Supply(clock.now), Meter(clock.now), Scope(clock.now)
        self.supply.connect(Resistor(4))
        self.meter.connect(self.supply.recorded, self.supply.recorded_amperes)
        self.scope.connect(self.supply.recorded)
        models = {"psu": self.supply, "dmm": self.meter, "scope": self.scope}
        self.resources = resource_manager(models, clock)

    def open(self, name, **settings):
        return self.resources.open_resource(address(name), read_termination="\n", write_termination="\n", **settings)


@pytest.fixture
def make():
    made = []

    def one(clock=None):
        made.append(Lab(clock or Skipping()))
        return made[-1]

    yield one
    for lab in made:
        lab.resources.close()


def test_instruments_are_listed_and_opened_by_their_address(make):
    lab = make()

    assert lab.resources.list_resources() == ("SIM::psu::INSTR", "SIM::dmm::INSTR", "SIM::scope::INSTR")
    assert lab.resources.list_resources("?*dmm?*") == ("SIM::dmm::INSTR",)
    with lab.resources.open_resource("sim::PSU::instr") as psu:  # VISA does not tell cases apart
        assert psu.query("*IDN?").startswith("ecubench,supply-generic")
        assert psu.resource_name == "SIM::psu::INSTR"
    with pytest.raises(pyvisa.VisaIOError) as refusal:
        lab.resources.open_resource("SIM::nobody::INSTR")
    assert refusal.value.error_code == StatusCode.error_resource_not_found


def test_a_measurement_moves_the_clock_by_its_own_time_and_no_more(make):
    lab = make()
    psu, dmm = lab.open("psu"), lab.open("dmm")
    psu.write("VOLT 12;:OUTP ON;*WAI")

    assert float(dmm.query("MEAS:CURR:DC?")) == pytest.approx(3, abs=0.01)

    assert lab.clock.now() == 20 * MS


def test_what_is_read_too_early_is_a_timeout_and_comes_when_it_is_due(make):
    """In a run the kernel alone moves time: the answer is fetched when the measurement is over."""
    now = [0]
    lab = make(Standing(lambda: now[0]))
    dmm = lab.open("dmm", timeout=5000)
    dmm.write("MEAS:VOLT:DC?")

    for now[0] in (0, 20 * MS - 1):
        with pytest.raises(pyvisa.VisaIOError) as early:
            dmm.read()
        assert early.value.error_code == StatusCode.error_timeout
    now[0] = 20 * MS

    assert float(dmm.read()) == pytest.approx(0, abs=0.1)


def test_a_timeout_shorter_than_the_measurement_ends_at_the_timeout(make):
    lab = make()
    dmm = lab.open("dmm", timeout=7)

    with pytest.raises(pyvisa.VisaIOError) as late:
        dmm.query("MEAS:VOLT:DC?")

    assert late.value.error_code == StatusCode.error_timeout
    assert lab.clock.now() == 7 * MS
    dmm.timeout = None  # without end
    assert dmm.query("*IDN?").startswith("ecubench")  # and never the answer to the question before
    assert dmm.query("SYST:ERR?").startswith("-410")


def test_an_answer_comes_in_pieces_as_asked(make):
    lab = make()
    psu = lab.open("psu")
    whole = psu.query("*IDN?")
    psu.write("*IDN?")

    assert psu.read_bytes(8) == whole.encode()[:8]
    assert psu.last_status == StatusCode.success_max_count_read
    assert psu.read_raw(3) == whole.encode()[8:] + b"\n"


def test_a_half_read_answer_is_dropped_by_the_next_line(make):
    lab = make()
    psu = lab.open("psu")
    psu.write("*IDN?")
    psu.read_bytes(4)

    assert psu.query("VOLT?") == "0.000000E+00"
    assert psu.query("SYST:ERR?").startswith("-410")


def test_a_line_feed_inside_a_block_is_data(make):
    """A block is read to the end of the message; its bytes may be anything."""
    lab = make()
    scope = lab.resources.open_resource(address("scope"), write_termination="\n")
    scope.write("ACQ:POIN 500;:SING;:TRIG:FORC;*WAI")

    samples = scope.query_binary_values("WAV:DATA?", datatype="f", is_big_endian=False)

    assert len(samples) == 500
    scope.write("WAV:DATA?")
    raw = scope.read_raw()
    assert raw[:6] == b"#42000"
    assert list(struct.unpack("<500f", raw[6:-1])) == samples


def test_device_clear_serial_poll_and_trigger_work_without_a_message(make):
    lab = make()
    psu = lab.open("psu")
    psu.write("*CLS;*ESE 32;*SRE 32")
    assert psu.read_stb() == 0
    psu.write("NONSENSE")
    assert psu.read_stb() == 4 + 32 + 64
    psu.write("*CLS;:VOLT?")
    assert psu.read_stb() == 16

    psu.clear()

    assert psu.read_stb() == 0
    psu.write("VOLT:MODE LIST;:OUTP ON;:LIST:VOLT 5;DWEL 1;:INIT")
    psu.assert_trigger()
    assert lab.supply.output(lab.clock.now() + 1 * S) == 5.0


def test_nothing_asked_nothing_read(make):
    lab = make()
    psu = lab.open("psu")

    with pytest.raises(pyvisa.VisaIOError):
        psu.read()

    assert psu.query("SYST:ERR?").startswith("-420")


def test_two_sessions_with_one_instrument_keep_their_answers_apart(make):
    lab = make()
    first, second = lab.open("psu"), lab.open("psu")
    first.write("VOLT?")
    second.write("VOLT 5;:CURR?")

    assert (second.read(), first.read()) == ("5.000000E+01", "0.000000E+00")


def test_libraries_in_one_process_are_apart(make):
    """PyVISA keeps libraries by their path; each run has one of its own."""
    labs = [make() for _ in range(5)]
    for volts, lab in enumerate(labs):
        lab.open("psu").write(f"VOLT {volts}")

    assert [float(lab.open("psu").query("VOLT?")) for lab in labs] == [0, 1, 2, 3, 4]
    assert len({id(lab.resources) for lab in labs}) == 5
    assert len({str(lab.resources.visalib) for lab in labs}) == 5


def test_after_closing_nothing_can_be_said(make):
    lab = make()
    psu = lab.open("psu")
    psu.close()

    with pytest.raises(pyvisa.InvalidSession):
        psu.query("*IDN?")
    lab.resources.close()
    again = pyvisa.ResourceManager(lab.resources.visalib)
    assert again.open_resource(address("psu")).query("VOLT?") == "0.000000E+00\n"
    again.close()
