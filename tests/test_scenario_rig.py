"""Rig files: what the shipped ones offer, and what is said of wrong ones and of databases that are cut."""

from pathlib import Path

import pytest

from bench.errors import RigError, ScenarioError
from bench.model.instant import S
from bench.places import shipped
from bench.scenario.names import NoName
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
         "7:10: unknown key 'databse' in a bus; expected database, bitrate, data_bitrate, interface; "
         "did you mean 'database'?"),
        ("  IVI: virtual", "  IVI: real",
         "19:8: IVI as 'real' comes with real interfaces; this version simulates; expected virtual"),
        ("  IVI: virtual", "  IVI: {process: [./ivi]}",
         "19:8: IVI as a mapping comes with real interfaces; this version simulates; expected virtual"),
        ("  IVI: virtual", "  IVY: virtual",
         "19:3: no ECU 'IVY' in the databases; expected CGW, VCU, ECM, TCM, ESC, EPS, ACM, BMS, DCDC, OBC, IVI, TCU, "
         "AMP, RVC; did you mean 'IVI'?"),
        ("absent: [ECM]", "absent: [ECM, IVI]", "23:15: 'IVI' is absent and an ECU of this rig; delete one of the two"),
        ("sos_button: {virtual: yes}", "sos_button: {relay: r3}",
         "26:15: sos_button without 'virtual: yes' comes with real interfaces; this version simulates"),
        ("registration: 5 s", "registration: 5 sec",
         "32:19: unknown unit 'sec' for radio.registration; expected a duration or another known unit"),
        ("\nenvironment:", "\ninstruments: {}\nenvironment:",
         "30:1: 'instruments' is not in this version; a rig takes rig, vehicle, buses, ecus, absent, ports, "
         "environment, limits"),
    ],
)  # fmt: skip
def test_a_wrong_rig_is_told(old: str, new: str, expected: str, tmp_path: Path) -> None:
    """One finding each, with its place."""
    path = written(tmp_path, old, new)

    with pytest.raises(RigError) as caught:
        load_rig(path)

    assert str(caught.value).splitlines() == [f"{path}:{expected}"]


def test_an_interface_that_is_not_simulated_is_refused(tmp_path: Path) -> None:
    """Real buses come later."""
    path = tmp_path / "rig.yaml"
    path.write_text(GOOD.replace("interface: simulated", "interface: can0"), "utf-8")

    with pytest.raises(RigError) as caught:
        load_rig(path)

    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [
        "interface 'can0' comes with real interfaces; this version simulates; expected simulated"
    ] * 2


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
