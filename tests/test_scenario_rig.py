"""Rig files: what the shipped ones offer, and what is said of wrong ones and of databases that are cut."""

import json
import pickle
from pathlib import Path

import pytest

from bench.errors import RigError, ScenarioError
from bench.model.instant import S
from bench.model.plan import InterfacePlan, canonical
from bench.places import shipped
from bench.scenario.names import NoName
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

GOOD = (shipped("rigs") / "virtual.yaml").read_text("utf-8")


def written(folder: Path, old: str, new: str) -> Path:
    """A rig file that is the shipped one with one thing changed."""
    assert GOOD.count(old) == 1
    path = folder / "rig.yaml"
    path.write_text(GOOD.replace(old, new), "utf-8")
    return path


def test_the_default_rig_is_an_electric_car() -> None:
    """Its modelled ECUs, its buttons, the network's answers, and no message of an engine."""
    rig = load_rig()

    assert (rig.name, rig.vehicle) == ("virtual", "ev")
    assert {"TCU", "IVI", "CGW", "VCU", "TCM"} <= set(rig.ecus)
    assert rig.names.ports == ("sos_button", "video_button", "reset_button")
    assert dict(rig.environment)["radio.registration"] == 5 * S
    assert [bus.name for bus in rig.buses] == ["PT", "INFO"]
    assert not [message.name for message in rig.names.messages if message.sender == "ECM"]
    assert "ECM" not in rig.buses[0].nodes
    with pytest.raises(NoName, match="ECM is absent"):
        rig.names.message("ECM_Engine_01")


def test_the_combustion_car_is_the_other_way_round() -> None:
    """An engine, and neither motor nor traction battery."""
    rig = load_rig(shipped("rigs") / "virtual-ice.yaml")

    assert rig.vehicle == "ice"
    assert rig.names.message("ECM_Engine_01").sender == "ECM"
    with pytest.raises(NoName, match="BMS is absent"):
        rig.names.message("BMS_Pack_01")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("vehicle: ev", "vehicle: vw", "3:10: no vehicle 'vw'; expected ev, ice"),
        ("INFO: {database: dbc/info.dbc", "INFO: {database: dbc/inof.dbc",
         "7:20: no database 'dbc/inof.dbc'; expected dbc/info.dbc, dbc/pt.dbc; did you mean 'dbc/info.dbc'?"),
        ("INFO: {database: dbc/info.dbc, bitrate: 500 kbit/s", "INFO: {database: dbc/info.dbc, bitrate: 500",
         "7:43: '500' is no bit rate; expected a number with one of bit/s, kbit/s, Mbit/s"),
        ("INFO: {database", "INFO: {databse",
         "7:10: unknown key 'databse' in a bus; expected database, bitrate, data_bitrate, interface, channel, inline, "
         "options, listen_only; did you mean 'database'?"),
        ("  IVI: virtual", "  IVI: real",
         "19:3: IVI is real, but INFO is simulated; give it an interface and a channel"),
        ("  IVI: virtual", "  IVI: {process: [./ivi]}",
         "19:3: IVI is process, but INFO is simulated; give it an interface and a channel"),
        ("  IVI: virtual", "  IVI: [./ivi]", "19:8: found a list; expected kind of IVI: virtual, real"),
        ("  IVI: virtual", "  IVI: {process: []}", "19:18: found a list; expected a command such as "
         "[./telematics, --can, vcan0]"),
        ("  IVI: virtual", "  IVY: virtual",
         "19:3: no ECU 'IVY' in the databases; expected CGW, VCU, ECM, TCM, ESC, EPS, ACM, BMS, DCDC, OBC, IVI, TCU, "
         "AMP, RVC; did you mean 'IVI'?"),
        ("absent: [ECM]", "absent: [ECM, IVI]", "23:15: 'IVI' is absent and an ECU of this rig; delete one of the two"),
        ("sos_button: {virtual: yes}", "sos_button: {relay: r3}",
         "26:15: sos_button without 'virtual: yes' needs a relay or an operator, which this version has not"),
        ("registration: 5 s", "registration: 5 sec",
         "32:19: unknown unit 'sec' for radio.registration; expected a duration or another known unit"),
        ("  dmm: {kind: meter}", "  dmm: []",
         "44:8: found a list for an instrument; expected a mapping of kind, driver, resource, serial, "
         "calibrated_until, options, limits, watchdog, interlock, off_first, feeds, edges"),
    ],
)  # fmt: skip
def test_a_wrong_rig_is_told(old: str, new: str, expected: str, tmp_path: Path) -> None:
    """One finding each, with its place."""
    path = written(tmp_path, old, new)

    with pytest.raises(RigError) as caught:
        load_rig(path)

    assert str(caught.value).splitlines() == [f"{path}:{expected}"]


INFO = "INFO: {database: dbc/info.dbc, bitrate: 500 kbit/s, data_bitrate: 2 Mbit/s, interface: simulated}"
PT = "PT: {database: dbc/pt.dbc, bitrate: 500 kbit/s, data_bitrate: 2 Mbit/s, interface: simulated}"


def on(bus: str, where: str) -> str:
    """A bus of the shipped rig somewhere else."""
    return bus.replace("interface: simulated", where)


def test_a_bus_on_an_interface_is_planned_with_python_cans_own_names(tmp_path: Path) -> None:
    """Interface, channel, typed options, bit timing; such a rig goes by the wall clock."""
    where = (
        "interface: pcan, channel: PCAN_USBBUS1, "
        "options: {state: ACTIVE, auto_reset: yes, timing: {f_clock: 80000000, data_sample_point: 70.5}}"
    )

    plan = load_rig(written(tmp_path, INFO, on(INFO, where))).plan()

    assert plan.pace == "wall"
    assert plan.interfaces == (
        InterfacePlan(
            "INFO", "pcan", ("PCAN_USBBUS1",),
            (("state", "ACTIVE"), ("auto_reset", True), ("timing.f_clock", 80_000_000),
             ("timing.data_sample_point", 70.5)),
        ),
    )  # fmt: skip


def test_ecus_are_virtual_real_or_a_process(tmp_path: Path) -> None:
    """Each as the plan has it; what is neither under `ecus` nor absent stays restbus."""
    path = written(tmp_path, INFO, on(INFO, "interface: socketcan, channel: vcan0"))
    text = path.read_text("utf-8")
    path.write_text(text.replace("IVI: virtual", "IVI: real").replace("TCU: virtual", "TCU: {process: [./tcu, -v]}"))

    units = {one.name: one for one in load_rig(path).ecu_plans(("TCU",))}

    assert (units["IVI"].kind, units["IVI"].dut) == ("real", False)
    assert (units["TCU"].kind, units["TCU"].command, units["TCU"].dut) == ("process", ("./tcu", "-v"), True)
    assert units["CGW"].kind == "virtual"


def test_an_all_simulated_rig_may_go_by_the_wall_clock(tmp_path: Path) -> None:
    """The default is as fast as possible."""
    assert load_rig().plan().pace == "free"
    assert load_rig(written(tmp_path, "vehicle: ev", "vehicle: ev\npace: wall")).plan().pace == "wall"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("interface: socketcam, channel: can0",
         "no interface 'socketcam' in python-can; did you mean 'socketcan' or 'socketcand'?"),
        ("interface: socketcan", "INFO on socketcan without 'channel'; add it, such as 'channel: can0'"),
        ("interface: simulated, channel: can0",
         "'channel' is for an interface; INFO is simulated; delete one of the two"),
        ("interface: virtual, channel: a, options: {receive_own_mesages: yes}",
         "virtual has no option 'receive_own_mesages'; it has receive_own_messages, rx_queue_size, "
         "preserve_timestamps, protocol; did you mean 'receive_own_messages'?"),
        ("interface: virtual, channel: a, options: [x]",
         "found a list; expected options of virtual, such as {receive_own_messages: yes}"),
        ("interface: virtual, inline: [a, a]", "'inline' takes two different channels, such as [can0, can1]"),
        ("interface: virtual, inline: [a, b], channel: c",
         "'channel' beside 'inline'; one of them says where the bus is; delete one"),
        ("interface: virtual, inline: [a, b], listen_only: yes",
         "INFO cannot both listen only and stand between two channels; delete one"),
        ("interface: udp_multicast, inline: [239.0.0.1, 239.0.0.2]",
         "udp_multicast gives own frames back, so the bench cannot stand in between there"),
        ("interface: virtual, channel: a, listen_only: yes",
         "the bench only listens on INFO, but would send for CGW, IVI, RVC, AMP, TCU; make them real or absent"),
    ],
)  # fmt: skip
def test_a_wrong_interface_is_told(where: str, expected: str, tmp_path: Path) -> None:
    """One finding each, before anything is opened."""
    with pytest.raises(RigError) as caught:
        load_rig(written(tmp_path, INFO, on(INFO, where)))

    lines = [line.split(": ", 1)[1] for line in str(caught.value).splitlines()]
    assert lines == [expected]


def test_two_buses_on_one_channel_are_refused(tmp_path: Path) -> None:
    """Their frames would be mixed up."""
    path = tmp_path / "rig.yaml"
    where = "interface: virtual, channel: same"
    path.write_text(GOOD.replace(INFO, on(INFO, where)).replace(PT, on(PT, where)), "utf-8")

    with pytest.raises(RigError, match="INFO on virtual same, where PT is already; give each its own"):
        load_rig(path)


def test_free_pace_beside_an_interface_is_refused(tmp_path: Path) -> None:
    """Frames of others come when they come."""
    path = tmp_path / "rig.yaml"
    text = GOOD.replace(INFO, on(INFO, "interface: virtual, channel: a")).replace(
        "vehicle: ev", "vehicle: ev\npace: free"
    )
    path.write_text(text, "utf-8")

    with pytest.raises(RigError, match="'pace: free' beside an interface, which lives in real time"):
        load_rig(path)


# ---- what a rig with real parts cannot do ---------------------------------------------------------------------------

SCENARIO = """\
scenario: real_parts
title: What only a virtual ECU can do
phases:
  - name: all
    for: 5 s
    do:
      - {step}
    faults: [{fault}]
expect:
  - {{id: e, say: it answers, eventually: "TCU_Status_01.NadState == REGISTERED"}}
"""


def real_tcu(folder: Path, where: str = "interface: socketcan, channel: vcan0") -> Path:
    """A rig whose telematics unit is real."""
    path = written(folder, INFO, on(INFO, where))
    path.write_text(path.read_text("utf-8").replace("TCU: virtual", "TCU: real"), "utf-8")
    return path


@pytest.mark.parametrize(
    ("step", "fault", "expected"),
    [
        ("{press: sos_button, for: 1 s, at: 1 s}", "",
         "'sos_button' is a button of TCU, which is real in this rig; the bench cannot press it; expected a virtual "
         "TCU, or a scenario without that step"),
        ("{send: {message: TCU_eCall_01}, at: 1 s}", "",
         "INFO.TCU_eCall_01 is sent by TCU, which is real in this rig; the bench cannot take its place; expected a "
         "message of a virtual or restbus node"),
        ("{power: RUN}", "{message: TCU_Status_01, kind: drop, at: 1 s, for: 1 s}",
         "drop of INFO.TCU_Status_01, which TCU sends, and TCU is real in this rig; the bench is not between it and "
         "the others; expected 'inline: [can0, can1]' for INFO in the rig file, or a virtual TCU"),
        ("{power: RUN}", "{bus: INFO, kind: bus_short, at: 1 s, for: 1 s}",
         "bus_short on INFO, which is socketcan: a CAN adapter cannot short its lines; expected a rig whose INFO is "
         "'simulated'"),
    ],
)  # fmt: skip
def test_what_a_rig_cannot_do_is_refused_by_name(step: str, fault: str, expected: str, tmp_path: Path) -> None:
    """At its place in the scenario, before the run."""
    rig = load_rig(real_tcu(tmp_path))
    path = tmp_path / "a.scenario.yaml"
    path.write_text(SCENARIO.format(step=step, fault=fault), "utf-8")

    with pytest.raises(ScenarioError) as caught:
        resolve(path, rig)

    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [expected]


def test_in_between_the_same_fault_is_planned(tmp_path: Path) -> None:
    """`inline` puts the bench where it can drop a real ECU's frames."""
    rig = load_rig(real_tcu(tmp_path, "interface: socketcan, inline: [can0, can1]"))
    path = tmp_path / "a.scenario.yaml"
    fault = "{message: TCU_Status_01, kind: drop, at: 1 s, for: 1 s}"
    path.write_text(SCENARIO.format(step="{power: RUN}", fault=fault), "utf-8")

    assert resolve(path, rig).rig.interfaces[0].channels == ("can0", "can1")


def test_a_defect_of_a_real_ecu_is_refused(tmp_path: Path) -> None:
    """Only our own have defects that can be switched on."""
    path = tmp_path / "a.scenario.yaml"
    path.write_text(SCENARIO.format(step="{power: RUN}", fault=""), "utf-8")

    with pytest.raises(ScenarioError, match=r"defect 'TCU\.M31' is one of the virtual TCU; TCU is real in this rig"):
        resolve(path, load_rig(real_tcu(tmp_path)), defects=("TCU.M31",))


def test_a_plan_with_real_parts_is_picklable_and_says_nothing_of_this_machine(tmp_path: Path) -> None:
    """Its digest does not depend on where the rig file lies."""
    path = tmp_path / "a.scenario.yaml"
    path.write_text(SCENARIO.format(step="{power: RUN}", fault=""), "utf-8")
    plans = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        rig = written(folder, INFO, on(INFO, "interface: virtual, channel: a"))
        rig.write_text(rig.read_text("utf-8").replace("TCU: virtual", "TCU: {process: [./tcu]}"), "utf-8")
        plans.append(resolve(path, load_rig(rig)))

    assert plans[0].digest() == plans[1].digest()
    assert pickle.loads(pickle.dumps(plans[0])) == plans[0]
    assert str(tmp_path) not in json.dumps(canonical(plans[0]))


def test_a_database_beside_the_rig_that_is_cut_is_told(tmp_path: Path) -> None:
    """Cut inside a message: the file and a remedy, in one error."""
    text = (shipped("dbc") / "info.dbc").read_text("utf-8")
    cut = tmp_path / "mine.dbc"
    cut.write_text(text[: text.index("SG_ VehicleSpeed") + 30], "utf-8")
    path = written(tmp_path, "INFO: {database: dbc/info.dbc", "INFO: {database: mine.dbc")

    with pytest.raises(ScenarioError, match=r"mine\.dbc:"):
        load_rig(path)


@pytest.mark.parametrize("data", [b"", b"\x00", b"[" * 70_000, b"rig: a", b"a: *b", b"\xff"], ids=range(6))
def test_what_is_no_rig_is_refused(data: bytes, tmp_path: Path) -> None:
    """Empty, binary, large, incomplete, with an alias, not UTF-8."""
    path = tmp_path / "rig.yaml"
    path.write_bytes(data)

    with pytest.raises(RigError, match=r"rig\.yaml:\d+:\d+: "):
        load_rig(path)
