"""Faults in the language: what each kind takes, what is wrong with it in one error, and what a rig cannot play."""

import re
from functools import cache
from pathlib import Path

import pytest

from bench.errors import ScenarioError
from bench.model.layout import BusLayout
from bench.model.plan import EcuPlan, InterfacePlan
from bench.model.stimulus import Fault
from bench.network.codec import codec
from bench.network.database import load
from bench.network.field import nearest, physical
from bench.network.splice import beyond, spliced
from bench.places import shipped
from bench.run.execute import execute
from bench.scenario.capability import impossible_faults
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import Rig, load_rig
from bench.scenario.schema import FAULTS

DOCS = (Path(__file__).parents[1] / "docs" / "scenarios.md").read_text("utf-8")
HEAD = """
scenario: spoiled
title: One fault
phases:
  - name: act
    for: 10 s
    do: [{id: go, set: model.gear, to: D}]
    faults:
      - """
TAIL = """
expect:
  - {always: "model.speed >= 0 km/h"}
"""
GOOD = {
    "drop": "message: CGW_Veh_01",
    "delay": "message: CGW_Veh_01, by: 30 ms",
    "duplicate": "message: CGW_Veh_01",
    "corrupt": "message: CGW_Veh_01, bits: [12, 13]",
    "dlc": "message: CGW_Veh_01, length: 4",
    "counter_freeze": "message: CGW_Veh_01, then: correct",
    "counter_jump": "message: CGW_Veh_01, by: 3, then: continue",
    "counter_random": "message: CGW_Veh_01",
    "crc_wrong": "message: CGW_Veh_01",
    "stuck": "signal: CGW_Veh_01.VehicleSpeed, value: 22.5 m/s",
    "out_of_range": "signal: CGW_Energy_01.Soc",
    "offset": "signal: CGW_Veh_01.VehicleSpeed, by: -5 km/h",
    "node_off": "node: CGW",
    "bus_off": "node: CGW, bus: PT",
    "babble": "bus: INFO, can_id: 0x001, load: 90 %",
    "bus_short": "bus: INFO, lines: can_h",
    "error_frames": "node: TCU",
}


@cache
def rig() -> Rig:
    """The shipped rig."""
    return load_rig()


def read(text: str, tmp_path: Path) -> Fault:
    """The fault of a mapping such as "kind: drop, message: M"."""
    path = tmp_path / "x.scenario.yaml"
    path.write_text(f"{HEAD}{{{text}}}{TAIL}", "utf-8")
    (fault,) = resolve(path, rig()).phases[0].faults
    return fault


def wrong(text: str, tmp_path: Path) -> str:
    """The one error that a mapping brings about, without its place; the place is on the fault's line."""
    with pytest.raises(ScenarioError) as caught:
        read(text, tmp_path)
    (line,) = str(caught.value).splitlines()
    _, number, column, said = line.split(":", 3)
    assert (number, int(column) > 8) == ("9", True)
    return said.strip()


# ---- what is right ----------------------------------------------------------------------------------------------


def test_every_kind_has_an_example_here() -> None:
    assert set(GOOD) == set(FAULTS)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(
    "limit", ["", "for: 400 ms", "count: 3", "id: F, at: 1 s, for: 1 ms", "after: go ends, for: 1 s"]
)
def test_every_kind_is_read_with_every_start_and_limit_that_it_has(kind: str, limit: str, tmp_path: Path) -> None:
    if "count" in limit and "count" not in FAULTS[kind].keys:
        assert f"'count' does not belong in a fault {kind}" in wrong(f"kind: {kind}, {GOOD[kind]}, {limit}", tmp_path)
        return
    text = f"kind: {kind}, {GOOD[kind]}" + (f", {limit}" if limit else "")
    fault = read(text, tmp_path)

    assert fault.kind == kind
    assert (fault.count == 3) == ("count" in limit)
    assert (fault.duration is not None) == ("for" in limit)


def test_what_the_keys_become(tmp_path: Path) -> None:
    def fault(kind: str) -> Fault:
        return read(f"kind: {kind}, {GOOD[kind]}", tmp_path)

    assert fault("delay").lag == 30_000_000
    assert fault("dlc").length == 4
    assert fault("counter_jump").by == 3
    assert fault("counter_freeze").back == "correct"
    assert fault("counter_random").back == "continue"
    assert (fault("stuck").message, fault("stuck").signal, fault("stuck").value) == ("CGW_Veh_01", "VehicleSpeed", 81)
    assert read("kind: stuck, signal: CGW_Veh_01.SelectedGear, value: R", tmp_path).value == "R"
    assert read("kind: stuck, signal: CGW_Veh_01.VehicleSpeed", tmp_path).value is None
    assert fault("offset").by == -5
    assert (fault("bus_off").node, fault("bus_off").bus) == ("CGW", "PT")
    assert (fault("babble").identifier, fault("babble").load, fault("babble").extended) == (1, 0.9, False)
    assert (fault("bus_short").bus, fault("bus_short").lines) == ("INFO", "can_h")
    assert read("kind: bus_short, bus: PT", tmp_path).lines == "both"
    assert (fault("error_frames").bus, fault("error_frames").node, fault("error_frames").message) == ("INFO", "TCU", "")
    one = read("kind: error_frames, message: CGW_Veh_01, count: 2", tmp_path)
    assert (one.bus, one.message, one.count) == ("INFO", "CGW_Veh_01", 2)


def test_the_id_of_a_babble_is_a_number_or_its_name(tmp_path: Path) -> None:
    """A name begins with a letter, so a number under `id` is what it sends."""
    assert read("kind: babble, bus: INFO, id: 0x7, load: 50 %", tmp_path).identifier == 7
    named = read("id: F1, kind: babble, bus: INFO, can_id: 0x18FF0102, extended: yes, load: 50 %", tmp_path)
    assert (named.id, named.identifier, named.extended) == ("F1", 0x18FF0102, True)


# ---- what is wrong: one error each ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", GOOD)
def test_each_misspelt_key_is_one_error_with_the_nearest_name(kind: str, tmp_path: Path) -> None:
    """Also the key `kind` itself, and a key of any kind."""
    for key in ("kind", *re.findall(r"(\w+):", GOOD[kind])):
        text = f"kind: {kind}, {GOOD[kind]}"
        misspelt = key[:-1] if len(key) > 3 else key + key[-1]
        said = wrong(re.sub(rf"\b{key}:", f"{misspelt}:", text, count=1), tmp_path)
        assert f"unknown key '{misspelt}' in a fault" in said
        assert f"did you mean '{key}'?" in said


@pytest.mark.parametrize("kind", GOOD)
def test_each_missing_key_is_one_error(kind: str, tmp_path: Path) -> None:
    for key in FAULTS[kind].required[1:]:
        text = re.sub(rf", {key}: (\[.*?\]|[^,]*)", "", f"kind: {kind}, {GOOD[kind]}", count=1)
        assert wrong(text, tmp_path) == f"a fault {kind} without '{key}'; add it"


@pytest.mark.parametrize("text, said", [
    ("kind: dorp, message: CGW_Veh_01", "no kind of fault 'dorp'*did you mean 'drop'?"),
    ("kind: drop, message: CGW_Vehh_01", "no message 'CGW_Vehh_01'*did you mean 'CGW_Veh_01'?"),
    ("kind: drop, message: CGW_Veh_01, bits: [3]", "'bits' does not belong in a fault drop; expected kind, message,*"),
    ("kind: drop, message: CGW_Veh_01, then: correct", "'then' does not belong in a fault drop; expected*"),
    ("kind: drop, node: CGW", "'node' does not belong in a fault drop; expected*'message' is missing"),
    ("kind: stuck, message: CGW_Veh_01", "'message' does not belong in a fault stuck; expected*'signal' is missing"),
    ("kind: drop, message: CGW_Veh_01, for: 1 s, count: 3", "'count' beside 'for'; one of them limits*"),
    ("kind: delay, message: CGW_Veh_01, by: 30", "'30' for 'by' has no unit;*"),
    ("kind: delay, message: CGW_Veh_01, by: 0 ms", "'0 ms' for 'by'; expected more than 0"),
    ("kind: dlc, message: CGW_Veh_01, length: 8", "8 bytes for INFO.CGW_Veh_01, which has 8; expected one of 0, 1,*"),
    ("kind: dlc, message: CGW_Veh_01, length: 12", "12 bytes for INFO.CGW_Veh_01, which has 8; expected one of*"),
    ("kind: corrupt, message: CGW_Veh_01, bits: []", "no bit at all; expected a list of bits from 0 to 63"),
    ("kind: corrupt, message: CGW_Veh_01, bits: [64]", "'64' for 'bits'; expected a whole number from 0 to 63"),
    ("kind: counter_jump, message: CGW_Veh_01, by: 1", "'1' for 'by'; expected a whole number from 2 to 14"),
    ("kind: counter_jump, message: IVI_Status_01, by: 3", "INFO.IVI_Status_01 has no alive counter; expected*"),
    ("kind: crc_wrong, message: IVI_Status_01", "INFO.IVI_Status_01 has no checksum; expected*"),
    ("kind: counter_freeze, message: CGW_Veh_01, then: corect", "no way back 'corect';*did you mean 'correct'?"),
    ("kind: stuck, signal: CGW_Veh_01.VehicleSped", "no signal 'VehicleSped'*did you mean 'VehicleSpeed'?"),
    ("kind: stuck, signal: model.speed", "model.speed is a value of the plant; expected a signal of a message"),
    ("kind: stuck, signal: CGW_Veh_01.E2eCounter", "E2eCounter is completed when*use a fault counter_freeze*"),
    ("kind: stuck, signal: CGW_Veh_01.VehicleSpeed, value: 80 V", "'80 V' is in V, but*"),
    ("kind: stuck, signal: CGW_Veh_01.SelectedGear, value: X", "no label 'X' of CGW_Veh_01.SelectedGear;*"),
    ("kind: stuck, signal: CGW_Veh_01.VehicleSpeed, value: 900 km/h", "'900 km/h'*is out of range;*"),
    ("kind: out_of_range, signal: CGW_Veh_01.VehicleSpeed",
     "CGW_Veh_01.VehicleSpeed cannot be out of range: its bits hold no value outside its range; expected*"),
    ("kind: offset, signal: CGW_Veh_01.SelectedGear, by: 2", "CGW_Veh_01.SelectedGear is a state and has no offset;*"),
    ("kind: offset, signal: CGW_Veh_01.VehicleSpeed, by: 0 km/h", "an offset of 0 km/h for*expected*one step,*"),
    ("kind: offset, signal: CGW_Veh_01.VehicleSpeed, by: 9000 km/h", "an offset of 9000 km/h for*up or down"),
    ("kind: offset, signal: CGW_Veh_01.VehicleSpeed, by: 5", "'5' has no unit;*"),
    ("kind: node_off, node: CGV", "no node 'CGV'*did you mean 'CGW'?"),
    ("kind: bus_off, node: TCU, bus: PT", "TCU is not on PT; expected INFO"),
    ("kind: babble, bus: INFO, load: 90 %", "a fault babble without 'can_id'; add what it sends,*"),
    ("kind: babble, bus: INFO, can_id: 0x800, load: 90 %", "'0x800' for 'can_id'; expected*0x0 to 0x7ff"),
    ("kind: babble, bus: INFO, can_id: 1, load: 110 %", "'110 %' for 'load'; expected a share up to 100 %*"),
    ("kind: babble, bus: INF, can_id: 1, load: 10 %", "no bus 'INF'; expected PT, INFO; did you mean 'INFO'?"),
    ("kind: bus_short, bus: INFO, lines: canh", "no lines 'canh'; expected can_h, can_l, both, ground*"),
    ("kind: error_frames, count: 3", "a fault error_frames without a target; add one of message, node, bus"),
    ("kind: error_frames, message: CGW_Veh_01, node: CGW", "'node' beside 'message'; error_frames has one target;*"),
    ("kind: error_frames, node: CGW", "CGW is on PT and INFO; add 'bus' to say on which"),
])  # fmt: skip
def test_one_mistake_is_one_error(text: str, said: str, tmp_path: Path) -> None:
    pattern = ".*".join(re.escape(part) for part in said.split("*"))
    assert re.fullmatch(pattern, wrong(text, tmp_path))


# ---- out of range -----------------------------------------------------------------------------------------------


def test_beyond_is_next_to_the_range_has_no_label_and_fits_the_bits() -> None:
    """For every signal of the shipped databases, by its own declaration; and where there is none, there is no room."""
    found = 0
    for name in ("pt", "info"):
        for message in load(shipped("dbc") / f"{name}.dbc", name.upper()).messages:
            for field in codec(message).fields:
                signal, raw = field.signal, beyond(field)
                low, high = signal.minimum, signal.maximum
                outside = [
                    one
                    for one in (range(field.lowest, field.highest + 1) if signal.length <= 12 else ())
                    if one not in field.labels
                    and ((high is not None and physical(field, one) > high + abs(field.factor) / 2)
                         or (low is not None and physical(field, one) < low - abs(field.factor) / 2))
                ]  # fmt: skip
                if signal.length <= 12:
                    assert (raw is None) == (not outside), field.path
                if raw is None:
                    continue
                found += 1
                assert field.lowest <= raw <= field.highest
                assert raw not in field.labels
                number = physical(field, raw)
                assert (high is not None and number > high) or (low is not None and number < low)
                assert nearest(field, number) == raw
                data = spliced(field, bytes(message.length), raw)
                assert codec(message).raw_reader(signal.name)(data) in (raw, None)
    assert found > 30


# ---- what a rig cannot play -------------------------------------------------------------------------------------


def refusals(
    text: str, tmp_path: Path, kind: str = "virtual", channels: tuple[str, ...] = ("can0",), **rest
) -> list[str]:
    """What a rig with INFO on SocketCAN and a TCU of that kind says of a fault."""
    path = tmp_path / "x.scenario.yaml"
    path.write_text(f"{HEAD}{{{text}}}{TAIL}", "utf-8")
    phases = resolve(path, rig()).phases
    wire = InterfacePlan("INFO", "socketcan", channels, **rest)
    buses: tuple[BusLayout, ...] = rig().buses
    found = list(impossible_faults(phases, (EcuPlan("TCU", kind, True),), buses, (wire,)))
    assert all(place == "9:9" for place, _ in found)
    return [said for _, said in found]


@pytest.mark.parametrize("kind", ["bus_short", "error_frames", "bus_off", "babble"])
def test_faults_of_the_wire_itself_need_a_simulated_bus(kind: str, tmp_path: Path) -> None:
    text = f"kind: {kind}, {GOOD[kind]}".replace("CGW, bus: PT", "TCU")
    (said,) = refusals(text, tmp_path)

    assert said.startswith(f"{kind} on INFO, which is socketcan: ")
    assert said.endswith("; expected a rig whose INFO is 'simulated'")
    assert not refusals(text.replace("INFO", "PT").replace("TCU", "ESC"), tmp_path)


@pytest.mark.parametrize("kind", ["real", "process"])
@pytest.mark.parametrize("text", ["kind: drop, message: TCU_Status_01", "kind: node_off, node: TCU"])
def test_what_a_real_ecu_sends_can_be_spoiled_only_by_a_bench_in_between(text: str, kind: str, tmp_path: Path) -> None:
    (said,) = refusals(text, tmp_path, kind)

    assert "TCU is " + {"real": "real", "process": "a process"}[kind] in said
    assert "expected 'inline: [can0, can1]' for INFO" in said
    assert not refusals(text, tmp_path, kind, channels=("can0", "can1"))
    assert not refusals(text, tmp_path, "virtual")
    assert not refusals("kind: drop, message: CGW_Veh_01", tmp_path, kind)


def test_a_bench_that_only_listens_spoils_nothing(tmp_path: Path) -> None:
    (said,) = refusals("kind: drop, message: CGW_Veh_01", tmp_path, listen_only=True)

    assert said.endswith("the bench only listens there; expected a rig without 'listen_only'")


# ---- the documentation ------------------------------------------------------------------------------------------


def test_the_table_of_faults_names_each_kind_with_its_keys() -> None:
    """A row `kind: drop`, `message` ... for each kind; its keys are those that the language takes."""
    rows = re.findall(r"^\| `kind: (\w+)`(.*?) \|", DOCS, re.MULTILINE)
    told = {kind: set(re.findall(r"`(\w+)", keys)) for kind, keys in rows}
    ordinary = {"kind", "id", "at", "after", "when", "for", "count"}

    assert list(told) == list(FAULTS)
    assert told == {kind: set(shape.keys) - ordinary for kind, shape in FAULTS.items()}
    without = set(re.findall(r"`(\w+)`", re.search(r"not by a count: (.*?)\. ", DOCS, re.DOTALL)[1]))
    assert without == {kind for kind, shape in FAULTS.items() if "count" not in shape.keys}


def test_a_send_lasts_one_period_beyond_its_last_frame(tmp_path: Path) -> None:
    """Only then its sender has the message again; so a phase must be that long."""
    send = "{id: s, send: {message: CGW_Crash_01, count: 5, every: 20 ms}, at: %s}"
    path = tmp_path / "x.scenario.yaml"
    text = f"{HEAD}{{kind: drop, message: CGW_Veh_01, after: s ends, for: 1 ms}}{TAIL}"
    path.write_text(text.replace("{id: go, set: model.gear, to: D}", send % "9.89 s"), "utf-8")
    assert resolve(path, rig()).phases
    path.write_text(text.replace("{id: go, set: model.gear, to: D}", send % "9.901 s"), "utf-8")
    with pytest.raises(ScenarioError) as caught:
        resolve(path, rig())
    assert "step 's' ends at 10.001 s, but phase act ends after 10 s; lengthen the phase" in str(caught.value)
    assert "fault 'act.fault1' starts at 10.001 s" in str(caught.value)


def test_every_kind_starts_and_ends_in_the_trace_of_a_run(tmp_path: Path) -> None:
    """One after the other, limited by time; none of them is refused or forgotten on the way from file to bus."""
    lines = [
        f"      - {{id: F_{kind}, kind: {kind}, {keys}, at: {1000 + 100 * place} ms, for: 50 ms}}"
        for place, (kind, keys) in enumerate(GOOD.items())
    ]
    path = tmp_path / "x.scenario.yaml"
    head = HEAD.replace("phases:", "background: {vehicle: {power_mode: RUN}}\nphases:").replace("10 s", "3 s")
    path.write_text(head.removesuffix("      - ") + "\n".join(lines) + TAIL, "utf-8")
    run = execute(resolve(path, rig()))

    assert run.surroundings.broken == ""
    happened = [(o.at // 1_000_000, o.what, o.name) for o in run.trace.occurrences if o.what.startswith("fault")]
    assert happened == [
        (1000 + 100 * place + late, what, f"F_{kind}")
        for place, kind in enumerate(GOOD)
        for late, what in ((0, "fault_starts"), (50, "fault_ends"))
    ]
    assert {"error_frame", "error_state"} <= {o.what for o in run.trace.occurrences}
