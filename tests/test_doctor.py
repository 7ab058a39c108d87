"""`bench doctor`: what is measured is right, what is asked for and missing counts, what is only missing does not."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.__main__ import main
from bench.clock.step import finest
from bench.commands.doctor import as_json, told
from bench.errors import RigError
from bench.model.instant import MS, S
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.run.checkup import MISSING, OK, WRONG, Finding, healthy
from bench.wire.echo import Echo, measured, offset_of
from bench.wire.interfaces import examined, kernel_has_can, survey

ROOT = Path(__file__).parents[1]
PLAIN = BusLayout("B", 500_000, 0, (), ())


@pytest.fixture(scope="module")
def looked():
    """What the doctor says of this host, and its exit code; asked once, because it measures for a second."""
    from contextlib import redirect_stdout
    from io import StringIO

    said = StringIO()
    with redirect_stdout(said):
        code = main(["doctor", "--interface", "virtual", "--channel", "doctor's own", "--json"])
    return code, json.loads(said.getvalue())


def section(looked, title):
    return {one["name"]: one for one in looked[1]["sections"][title]}


def test_it_looks_at_all_there_is(looked):
    assert list(looked[1]["sections"]) == [
        "timer", "interfaces", "clocks of interfaces", "instruments", "packages", "programs"
    ]  # fmt: skip


def test_missing_is_only_told_and_the_exit_code_is_that_of_what_was_asked_for(looked):
    code, told = looked

    states = [one["state"] for found in told["sections"].values() for one in found]
    assert WRONG not in states
    assert (code, told["healthy"]) == (0, True)


def test_the_timer_is_measured_in_order(looked):
    sleep = section(looked, "timer")["sleep"]["figures_ns"]

    assert 0 <= sleep["p50"] <= sleep["p99"] <= sleep["worst"]
    assert sleep["sleeps"] == 1000
    assert section(looked, "timer")["cycles"]["figures_ns"]["shortest"] == 2 * sleep["p99"]


def test_the_clock_moves_in_steps():
    assert 0 < finest() < S


def test_the_virtual_interface_has_the_clock_of_the_host(looked):
    found = section(looked, "clocks of interfaces")["virtual doctor's own"]

    assert found["state"] == OK
    assert "stamps are the host's" in found["text"]
    assert abs(found["figures_ns"]["offset"]) <= found["figures_ns"]["uncertainty"] <= S


def test_every_interface_of_python_can_is_in_the_list(looked):
    from can.interfaces import BACKENDS

    found = section(looked, "interfaces")
    assert sorted(found) == sorted(BACKENDS)
    assert found["virtual"]["state"] == OK
    assert all(one["text"] for one in found.values())


def test_instruments_are_named_with_what_to_install(looked):
    pyvisa = section(looked, "instruments")["pyvisa"]

    assert pyvisa["state"] == OK or "pip install pyvisa" in pyvisa["text"]


def test_a_table_and_json_say_the_same_and_obey_nothing():
    sections = [("clocks", (Finding("a\x1b[2Jb", OK, "fine"), Finding("c", MISSING, "not there\r\n", (("p50", 7),))))]
    lines = told(sections[0]).splitlines()

    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert json.loads(as_json(sections, True))["sections"]["clocks"][1]["figures_ns"] == {"p50": 7}


def test_only_what_was_asked_for_can_be_wrong():
    assert healthy([("a", (Finding("x", OK, ""), Finding("y", MISSING, "")))])
    assert not healthy([("a", ()), ("b", (Finding("y", WRONG, ""),))])


# ---- clocks -----------------------------------------------------------------------------------------------------

DELAYS = st.lists(st.tuples(st.integers(0, 9 * MS), st.integers(0, 9 * MS)), min_size=1, max_size=30)


@given(DELAYS, st.integers(-S, S))
def test_the_true_offset_lies_within_the_uncertainty(delays, ahead):
    """Whatever the delays before and after a stamp are, a clock that is so far ahead is found to be so far ahead."""
    found = offset_of([Echo(k * S, k * S + out + back, k * S + out + ahead) for k, (out, back) in enumerate(delays)])

    assert found.steady
    assert abs(found.offset - ahead) <= found.uncertainty
    assert found.uncertainty <= min((out + back + 1) // 2 for out, back in delays)
    assert found.slowest == max(out + back for out, back in delays)
    assert found.echoes == len(delays)


@given(DELAYS)
def test_stamps_of_the_hosts_own_clock_lie_between_call_and_hearing(delays):
    assert offset_of([Echo(0, out + back, out) for out, back in delays]).within


def test_a_clock_that_jumps_is_not_steady():
    found = offset_of([Echo(0, 1 * MS, 0), Echo(S, S + 1 * MS, S + 40 * MS)])

    assert not found.steady
    assert not found.within
    assert found.uncertainty >= 20 * MS


def test_a_real_echo_bounds_the_offset():
    found = measured(InterfacePlan("B", "virtual", ("echo",)), PLAIN, 0x1ABCDEF0, count=5)

    assert found.echoes == 5
    assert found.uncertainty <= found.slowest


def test_an_echo_of_multicast_bounds_the_offset_too():
    pytest.importorskip("msgpack")
    plan = InterfacePlan("B", "udp_multicast", ("ff11:6563:7562:656e:6368::3",), (("hop_limit", 0),))
    try:
        found = measured(plan, PLAIN, 0x7F0, count=5)
    except RigError as error:
        pytest.skip(f"this host has no multicast: {error}")

    assert found.echoes == 5


def test_an_interface_without_an_echo_is_told(tmp_path):
    with pytest.raises(RigError, match="does not give own frames back"):
        measured(InterfacePlan("B", "slcan", ("loop://",), (("sleep_after_open", 0),)), PLAIN, 1)


# ---- what is asked for ------------------------------------------------------------------------------------------


@pytest.mark.skipif(kernel_has_can(), reason="this kernel has CAN sockets")
def test_an_interface_that_does_not_open_is_wrong_and_says_why(capsys):
    assert examined("socketcan").obstacle.startswith("this kernel has no CAN sockets")
    assert main(["doctor", "--interface", "socketcan", "--channel", "can0", "--send", "0x7F0"]) == 1

    (line,) = [line for line in capsys.readouterr().out.splitlines() if "socketcan can0" in line[:40]]
    assert WRONG in line
    assert "cannot be opened" in line


RIG = """\
rig: here
vehicle: ev
pace: wall
buses:
  PT: {{database: {root}/dbc/pt.dbc, bitrate: 500 kbit/s, data_bitrate: 2 Mbit/s, interface: simulated}}
  INFO: {{database: {root}/dbc/info.dbc, bitrate: 500 kbit/s, data_bitrate: 2 Mbit/s, interface: virtual, channel: x}}
ecus: {{IVI: virtual, TCU: {{process: [{program}]}}}}
absent: [ECM]
ports: {{}}
environment: {{}}
"""


@pytest.mark.parametrize(("program", "code"), [(sys.executable, 0), ("no-such-program", 1)])
def test_a_rig_file_is_looked_at_as_a_whole(tmp_path, capsys, program, code):
    rig = tmp_path / "here.yaml"
    rig.write_text(RIG.format(root=ROOT, program=program))
    shipped = (ROOT / "rigs" / "ecu-process.yaml").read_text()
    if "environment:" in shipped:
        rig.write_text(rig.read_text().replace("environment: {}\n", shipped[shipped.index("environment:") :]))

    assert main(["doctor", "--rig", str(rig), "--json"]) == code
    said = json.loads(capsys.readouterr().out)["sections"]
    assert {"virtual x"} <= {one["name"] for one in said["clocks of interfaces"]}
    assert {one["name"]: one["state"] for one in said["rig here"]}["TCU"] == (OK if code == 0 else WRONG)


WRONG_INPUT = [
    (["--interface", "virtul"], "did you mean 'virtual'?"),
    (["--interface", "slcan"], "--channel is missing"),
    (["--send", "0x10"], "found no interface to send on; add --interface or --rig"),
    (["--interface", "virtual", "--send", "x"], "--send x: expected an id"),
    (["--interface", "virtual", "--send", "0x20000000"], "at most 29 bits"),
    (["--rig", "none.yaml"], "none.yaml"),
]


@pytest.mark.parametrize(("words", "said"), WRONG_INPUT)
def test_wrong_input_is_one_error(words, said, capsys):
    assert main(["doctor", *words]) == 2

    out, errors = capsys.readouterr()
    assert out == ""
    assert said in errors
    assert len(errors.splitlines()) == 1


def test_the_survey_opens_nothing_and_names_each_interface_once():
    names = [one.name for one in survey()]

    assert len(names) == len(set(names))
