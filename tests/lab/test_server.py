"""The models over TCP loopback, read through pyvisa-py and through plain sockets; ports are chosen by the host."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
import pyvisa

from bench.__main__ import main
from bench.errors import RigError
from bench.lab.models.desk import KINDS, model, of_plan, wire
from bench.lab.server import Server
from bench.model.lab import InstrumentPlan

DESK = {
    "psu": ("supply", "keysight"),
    "dmm": ("meter", "generic"),
    "load": ("load", "generic"),
    "scope": ("scope", "generic"),
}


def desk(now):
    made = {name: model(kind, dialect, now, f"SIM-{name}") for name, (kind, dialect) in DESK.items()}
    wire(made)
    return made


@pytest.fixture
def server():
    """A server on a thread of its own, ended and joined whatever happens."""
    with Server(desk, observer=0) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


@pytest.fixture
def resources():
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


def opened(resources, server, name):
    return resources.open_resource(server.address(name), read_termination="\n", write_termination="\n", timeout=5000)


def connected(server, name):
    connection = socket.create_connection((server.host, server.ports[name]), timeout=10)
    return connection, connection.makefile("rb")


def test_every_kind_in_every_dialect_says_who_it_is():
    for kind, dialects in KINDS.items():
        for dialect in dialects:
            one = model(kind, dialect, lambda: 0, "4711")
            one.write("*IDN?")

            assert re.fullmatch(rb"[^,]+,[^,]+,4711,ecubench-[\w.]+\n", one.read()), (kind, dialect)
    with pytest.raises(RigError, match="no model of a 'toaster'"):
        model("toaster", "generic", lambda: 0)
    with pytest.raises(RigError, match="does not speak 'keysight'"):
        model("load", "keysight", lambda: 0)


@pytest.mark.parametrize(
    ("kind", "driver", "maker"),
    [
        ("supply", "keysight", "Keysight"),
        ("supply", "pymeasure.keysight.KeysightN5767A", "Keysight"),
        ("meter", "pymeasure.agilent.Agilent34410A", "Keysight"),
        ("supply", "pymeasure.rohdeschwarz.HMP4040", "ROHDE"),
        ("supply", "pymeasure.thorlabs.Something", "ecubench"),
        ("relay", "generic", "ecubench"),
    ],
)
def test_the_model_in_place_of_a_plans_instrument_speaks_the_dialect_of_its_driver(kind, driver, maker):
    one = of_plan(InstrumentPlan("psu", kind, driver, serial="123"), lambda: 0)

    one.write("*IDN?")

    assert one.read().startswith(maker.encode())


def test_a_desk_is_coupled_and_read_through_pyvisa(server, resources):
    """The load draws from the supply, and the meter sees it."""
    psu, dmm, load = (opened(resources, server, name) for name in ("psu", "dmm", "load"))
    psu.write("VOLT 12,(@1);CURR 5,(@1);:OUTP ON,(@1)")
    load.write("CURR 2;:INP ON")
    assert psu.query("*OPC?") == "1"

    assert float(dmm.query("MEAS:VOLT:DC?")) == pytest.approx(12, abs=0.01)
    assert float(dmm.query("MEAS:CURR:DC?")) == pytest.approx(2, abs=0.01)
    assert float(psu.query("MEAS:CURR? (@1)")) == pytest.approx(2, abs=0.01)
    load.write("CURR 8")
    assert int(psu.query("STAT:OPER:COND?")) == 1024  # the current limit holds
    assert psu.query("SYST:ERR?") == '0,"No error"'


def test_a_block_comes_whole(server, resources):
    scope = resources.open_resource(
        server.address("scope"), read_termination="\n", write_termination="\n", timeout=5000
    )
    scope.write("ACQ:POIN 100000;SRAT 1e8;:SING;:TRIG:FORC;*WAI")

    samples = scope.query_binary_values("WAV:DATA?", datatype="f", is_big_endian=False, expect_termination=True)

    assert len(samples) == 100_000


def test_lines_queue_up_and_are_answered_in_order(server):
    connection, answers = connected(server, "dmm")
    with connection, answers:
        connection.sendall(b"MEAS:VOLT:DC?\n*IDN?\r\nSYST:ERR?\n")

        assert b"E" in answers.readline()
        assert answers.readline().startswith(b"ecubench,meter-generic")
        assert answers.readline() == b'0,"No error"\n'


def test_bytes_may_come_one_by_one(server):
    connection, answers = connected(server, "psu")
    with connection, answers:
        for byte in b"VOLT 7.5;VOLT?\n":
            connection.sendall(bytes([byte]))

        assert answers.readline() == b"+7.500000E+00\n"


@pytest.mark.parametrize("junk", [b"\x00\xff\xfe\n", b"\n\n;;;\n", b"#9999\n", b"*IDN\n", b"'\n", b"A" * 3000 + b"\n"])
def test_junk_harms_nobody(server, junk):
    connection, answers = connected(server, "psu")
    with connection, answers:
        connection.sendall(junk + b"*IDN?\n")

        assert answers.readline().startswith(b"Keysight")


def test_a_line_without_an_end_is_given_up(server):
    connection, answers = connected(server, "psu")
    with connection, answers:
        connection.sendall(b"V" * ((1 << 20) + 100_000) + b"\n*CLS;*IDN?\n")

        assert answers.readline().startswith(b"Keysight")


def test_who_goes_away_leaves_the_others_alone(server):
    first, answers = connected(server, "dmm")
    with first, answers:
        for _ in range(20):
            gone, unread = connected(server, "dmm")
            gone.sendall(b"MEAS:VOLT:DC?\nMEAS:VO")
            unread.close()
            gone.close()
        first.sendall(b"*CLS;*IDN?\n")

        assert answers.readline().startswith(b"ecubench,meter-generic")


def test_the_observer_looks_without_feeding_the_watchdog(server):
    """Only who writes to the supply keeps it on; looking at its terminals does not."""
    connection, answers = connected(server, "psu")
    looking, looked = connected(server, "observer")
    with connection, answers, looking, looked:
        connection.sendall(b"OUTP:PROT:WDOG:DEL 1;:OUTP:PROT:WDOG ON;:VOLT 12,(@1);:OUTP ON,(@1);*OPC?\n")
        assert answers.readline() == b"1\n"
        seen = []
        while not seen or seen[-1]["on"]:
            looking.sendall(b"?\n")
            seen.append(json.loads(looked.readline())["psu"])

    assert (seen[0]["on"], seen[0]["volts"]) == (True, 12.0)
    assert (seen[-1]["volts"], seen[-1]["tripped"]) == (0.0, "watchdog")


def test_a_port_that_is_taken_is_told_and_nothing_stays_open():
    with Server(desk) as server, pytest.raises(RigError, match=f"port {server.ports['dmm']} of 127.0.0.1 for dmm"):
        Server(desk, {"dmm": server.ports["dmm"]})


def test_after_the_end_nobody_listens():
    with Server(desk) as server:
        port = server.ports["psu"]

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


# ---- the verb ------------------------------------------------------------------------------------------------------


@contextmanager
def served(*words):
    """`bench instruments serve`, and its lines up to the one that says that it serves. It is ended in any case."""
    command = [sys.executable, "-m", "bench", "instruments", "serve", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            while not (lines and lines[-1].startswith("serving")):
                line = process.stdout.readline()
                assert line, lines
                lines.append(line.rstrip())
            yield process, lines
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_its_addresses_and_ends_cleanly(how):
    with served("--port", "0=supply/rohde_schwarz", "--port", "0", "--observer", "0") as (process, lines):
        rows = [line.split() for line in lines[:3]]
        port = int(re.search(r"::(\d+)::SOCKET", lines[0])[1])
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
            connection.sendall(b"*IDN?\n")
            assert answers.readline().startswith(b"ROHDE&SCHWARZ,HMP4040,SIM-psu")
        process.send_signal(how)

        assert process.wait() == 0
    assert [row[:2] for row in rows[:2]] == [["psu", "supply/rohde_schwarz"], ["dmm", "meter/generic"]]
    assert rows[2][0] == "observer"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "5025=toaster"], "no model of a 'toaster'"),
        (["--port", "x"], "expected a port"),
        (["--port", "70000"], "expected a port"),
        (["--port", "0", "--rig", "rigs/virtual.yaml"], "found both"),
        (["--rig", "no-such-rig.yaml"], "no-such-rig.yaml"),
        (["--port", "0"] * 7, "expected a kind"),
    ],
)
def test_what_cannot_be_served_is_said(words, said, capsys):
    assert main(["instruments", "serve", *words]) == 2

    assert said in capsys.readouterr().err


RIG = """\
rig: bare
vehicle: ev
buses: {{PT: {{database: dbc/pt.dbc, bitrate: 500 kbit/s, data_bitrate: 2 Mbit/s}}}}
ecus: {{}}
{}
"""


def test_a_rig_is_served_at_its_own_ports_in_the_dialects_of_its_drivers(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rig = tmp_path / "rig.yaml"
    rig.write_text(
        RIG.format(
            "instruments:\n"
            f"  kl30: {{kind: supply, driver: keysight, resource: 'TCPIP0::127.0.0.1::{port}::SOCKET', serial: S-7, "
            "limits: {voltage_max: 16 V, current_max: 10 A}}\n"
            "  dmm: {kind: meter}"
        )
    )
    with served("--rig", str(rig)) as (process, lines):
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
            connection.sendall(b"*IDN?\n")
            assert answers.readline().startswith(b"Keysight Technologies,N6705C,S-7,")
        process.terminate()

        assert process.wait() == 0
    assert [line.split()[:2] for line in lines[:2]] == [["kl30", "supply/keysight"], ["dmm", "meter/generic"]]


def test_a_rig_without_instruments_has_nothing_to_serve(tmp_path, capsys):
    rig = tmp_path / "rig.yaml"
    rig.write_text(RIG.format(""))

    assert main(["instruments", "serve", "--rig", str(rig)]) == 2

    assert "no instruments" in capsys.readouterr().err


def test_list_names_the_drivers(capsys):
    assert main(["instruments", "list"]) == 0

    shown = capsys.readouterr().out
    assert "generic, keysight, rohde_schwarz" in shown
    assert "resources that pyvisa-py finds" in shown
