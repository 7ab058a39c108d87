"""Wrong scenarios: each is a good one with one thing changed; what is said of it is compared with wrong/golden.txt.

`python tests/test_scenario_wrong.py` writes the golden file anew; read the difference before you keep it.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from bench.errors import ScenarioError
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import Rig, load_rig

WRONG = Path(__file__).parent / "wrong"
BASE = (WRONG / "base.scenario.yaml").read_text("utf-8")
GOLDEN = WRONG / "golden.txt"


@dataclass(frozen=True)
class Row:
    """One wrong input: what becomes of which text of the good scenario, or a whole file; and its number of findings."""

    name: str
    old: str = ""
    new: str | bytes = ""
    findings: int = 1

    def data(self) -> bytes:
        """The bytes of the wrong file."""
        if not self.old:
            return self.new if isinstance(self.new, bytes) else self.new.encode()
        assert BASE.count(self.old) == 1, self.name
        assert isinstance(self.new, str)
        return BASE.replace(self.old, self.new).encode()


CALL = "do:\n      - {id: sos, press: sos_button, for: 600 ms, at: 1 s}"
E1 = '"TCU_eCall_01.EcallState == IDLE"'

ROWS = (
    # Not a scenario at all.
    Row("empty", new=""),
    Row("only a comment", new="# nothing\n"),
    Row("binary", new=b"scenario: a\n\x00\x01\x02"),
    Row("not UTF-8", new=b"scenario: a\ntitle: caf\xe9\n"),
    Row("invisible character", "nothing is wrong", "nothing\u200b is wrong"),
    Row("10 MB", new=b"a" * 10_000_000),
    Row("100 000 brackets", new=b"[" * 100_000),
    Row("60 000 brackets, which fit the size", new=b"[" * 60_000),
    Row("nested 40 deep", new="a: " + "[" * 40 + "]" * 40),
    Row("a list", new="- scenario: a\n"),
    Row("a word", new="scenario\n"),
    # YAML that no scenario needs.
    Row("directive", new="%YAML 1.1\n---\n" + BASE),
    Row("anchor", "tags: [telematics]", "tags: &t [telematics]"),
    Row("anchor and alias", "verifies: [REQ-1]\ntags: [telematics]", "verifies: &v [REQ-1]\ntags: *v", 2),
    Row("tag", "seed: 7", "seed: !!int 7"),
    Row("merge key", "needs: {dut: [TCU]}", "needs: {<<: {dut: [TCU]}}"),
    Row("second document", "seed: 7", "seed: 7\n---\na: b"),
    Row("duplicate key", "seed: 7", "seed: 7\nseed: 8"),
    Row("duplicate key far inside", "count: 5, every: 20 ms", "count: 5, count: 6, every: 20 ms"),
    Row("tab", "    for: 20 s", "\tfor: 20 s"),
    Row("open bracket", "tags: [telematics]", "tags: [telematics"),
    Row("open quote", E1, '"TCU_eCall_01.EcallState == IDLE'),
    Row("a colon in a text", "title: A scenario", "title: A: scenario"),
    Row("key that is a list", "seed: 7", "? [seed]\n: 7"),
    # Keys.
    Row("misspelt key at the top", "background:", "backgrond:"),
    Row("misspelt required key at the top", "phases:", "phasses:"),
    Row("unlike key at the top", "phases:", "chapters:"),
    Row("misspelt key in a phase", "at_most: 60 s", "at_mots: 60 s"),
    Row("misspelt verb of a stimulus", "press: sos_button", "prss: sos_button"),
    Row("misspelt key of a stimulus", "over: 2 s", "ovre: 2 s"),
    Row("misspelt key of a fault", "bits: [12]", "bitts: [12]"),
    Row("misspelt verb of an expectation", "E1, always:", "E1, alwys:"),
    Row("misspelt key of an expectation", "within: 300 ms", "wthin: 300 ms"),
    Row("misspelt key inside a check", "tolerance: 2 km/h, delay", "tolernce: 2 km/h, delay"),
    Row("misspelt id of a step that is waited for", "{id: sos,", "{idd: sos,"),
    Row("missing key", ", over: 2 s", ""),
    Row("two verbs", "press: sos_button", "press: sos_button, power: RUN"),
    Row("key of a later version", "seed: 7", "seed: 7\nparams: {speed: [1, 2]}"),
    Row("stimulus of a later version", "{id: city, drive: udds, to: 60 s}", '{uds: TCU, request: "22 F1 89"}'),
    Row("key of another kind of fault", "kind: drop", "kind: stuck"),
    Row("expectation of a later version", "silent: {bus: INFO}", "stl: x"),
    Row("capture of a later version", "press: sos_button", "press: sos_button, as: pressed"),
    Row("no value", "title: A scenario in which nothing is wrong", "title:"),
    # Names.
    Row("misspelt message", E1, '"TCU_eCal_01.EcallState == IDLE"'),
    Row("misspelt signal", E1, '"TCU_eCall_01.EcalState == IDLE"'),
    Row("misspelt label", E1, '"TCU_eCall_01.EcallState == IDEL"'),
    Row("misspelt plant value", "signal: model.lv_voltage", "signal: model.lv_voltge"),
    Row("misspelt input of the plant", "set: model.gear", "set: model.geer"),
    Row("signal without its message", E1, '"EcallState == IDLE"'),
    Row("plant value that cannot be set", "set: model.gear, to: R", "set: model.distance, to: 3 m"),
    Row("VSS path that two signals carry", "reference: model.speed", "reference: Vehicle.Speed"),
    Row("message of an absent ECU", E1, '"ECM_Engine_01.EngineState == RUNNING"'),
    Row("message that nobody sends", "TCU_Status_01 received", "NM_AMP_INFO received"),
    Row("misspelt button", "press: sos_button", "press: sos_buton"),
    Row("unknown device under test", "dut: [TCU]", "dut: [TCV]"),
    Row("unknown phase", "during: drive", "during: driv"),
    Row("unknown id in an event", "fault F1 ends", "fault F9 ends"),
    Row("event of the wrong kind", "fault F1 ends", "step F1 ends"),
    Row("misspelt event", "TCU_Status_01 received", "TCU_Status_01 recieved"),
    Row("unknown id after except", "around: F1", "around: F7"),
    Row("unknown schedule", "drive: udds", "drive: uddss"),
    Row("pattern that fits nothing", '"INFO.*"', '"INF.*"'),
    # Units and values.
    Row("missing unit", "speed: 50 km/h", "speed: 50"),
    Row("missing unit of a time", "at_most: 60 s", "at_most: 60"),
    Row("missing unit in a condition", "model.speed < 5 km/h", "model.speed < 5"),
    Row("wrong dimension", "speed: 50 km/h", "speed: 50 V"),
    Row("misspelt unit", "speed: 50 km/h", "speed: 50 kmh"),
    Row("unit on a state", "TCU_eCall_01.EcallState == IDLE", "TCU_eCall_01.EcallState == 1 s"),
    Row("bare number for a state", "TCU_eCall_01.EcallState == IDLE", "TCU_eCall_01.EcallState == 3"),
    Row("bare number for a state to be sent", "CrashDetected: YES", "CrashDetected: 1"),
    Row("out of range of the plant", "speed: 50 km/h", "speed: 500 km/h"),
    Row("out of range of a signal", "signals: {CrashDetected: YES}", "signals: {DeltaV: 700 km/h}"),
    Row("out of range in a condition", E1, '"CGW_Veh_01.VehicleSpeed > 700 km/h"'),
    Row("negative time", "delay: 400 ms", "delay: -400 ms"),
    Row("finer than a nanosecond", "delay: 400 ms", "delay: 0.5 ns"),
    Row("share above 100 %", "tolerance: 10 %", "tolerance: 110 %"),
    Row("seed that is no number", "seed: 7", "seed: lucky"),
    Row("bit outside the message", "bits: [12]", "bits: [64]"),
    Row("schedule shorter than asked", "to: 60 s}", "to: 2000 s}"),
    Row("name that is none", "scenario: base", "scenario: the base"),
    # Conditions.
    Row("one equals sign", E1, '"TCU_eCall_01.EcallState = IDLE"'),
    Row("unfinished condition", E1, '"TCU_eCall_01.EcallState =="'),
    Row("comparison of a comparison", E1, '"0 km/h < model.speed < 5 km/h"'),
    Row("value as a condition", E1, '"model.speed"'),
    Row("parameter of a later version", E1, '"model.speed > ${limit}"'),
    Row("order of labels", E1, '"model.gear > R"'),
    Row("too deep", E1, '"' + "(" * 40 + "model.gear == R" + ")" * 40 + '"'),
    Row("three in one condition", E1, '"TCU_eCall_01.EcalState == IDLE or model.sped > 5 km/h and model.gear == X"', 3),
    # What can never be.
    Row("two steps of one id", "{id: crash,", "{id: sos,"),
    Row("two expectations of one id", "{id: E2,", "{id: E1,"),
    Row("step after its phase", "at: 5 s", "at: 25 s"),
    Row("step that outlives its phase", "over: 2 s", "over: 19 s"),
    Row("circle", "for: 600 ms, at: 1 s", "for: 600 ms, after: brake ends"),
    Row("wait for what is not there", "after: sos ends", "after: soss ends"),
    Row("wait for another phase", "drive: udds, to: 60 s", "drive: udds, to: 60 s, after: sos ends"),
    Row("within before not_before", "within: 300 ms", "not_before: 400 ms, within: 300 ms"),
    Row("phase without an end", "  - name: call\n    for: 20 s", "  - name: call"),
    Row("until without at_most", "    at_most: 60 s\n", ""),
    Row("signal of a modelled ECU is set", "set: model.gear, to: R", "set: CGW_Veh_01.ReverseEngaged, to: ON"),
    Row("counter is set", "signals: {CrashDetected: YES}", "signals: {E2eCounter: 3}"),
    Row("fault on what is not there", "kind: drop, message: CGW_Veh_01", "kind: crc_wrong, message: IVI_Status_01"),
    Row("counter of an unprotected message", "counter: {message: CGW_Veh_01}", "counter: {message: IVI_Status_01}"),
    Row("period of an event message", 'message: "INFO.*"', "message: IVI_UserCmd_01"),
    Row("reference in another unit", "reference: model.speed", "reference: model.distance"),
    Row("state that cannot settle", "signal: model.lv_voltage, to: 13.5 V", "signal: model.gear, to: 13.5 V"),
    Row("limits the wrong way round", "between: [1 m, 2 km]", "between: [2 km, 1 m]"),
    # All at once.
    Row(
        "six at once",
        CALL,
        "dew: 1\n    do:\n      - {id: sos, press: sos_buton, for: 600, at: 1 s}\n      - {power: RUNN}\n"
        "      - {set: model.gear, to: X, when: 'model.spee > 3'}",
        6,
    ),
)  # fmt: skip


@cache
def rig() -> Rig:
    """The shipped rig."""
    return load_rig()


def said(row: Row, folder: Path) -> list[str]:
    """The lines that the wrong file of a row brings about, without the folder."""
    path = folder / "wrong.scenario.yaml"
    path.write_bytes(row.data())
    with pytest.raises(ScenarioError) as caught:
        resolve(path, rig())
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def golden() -> dict[str, list[str]]:
    """The lines of the golden file by the name of their row."""
    blocks = re.split(r"^== ", GOLDEN.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {block.splitlines()[0]: [line for line in block.splitlines()[1:] if line] for block in blocks}


def test_the_base_is_right(tmp_path: Path) -> None:
    """What the rows change is a scenario in which nothing is wrong."""
    path = tmp_path / "base.scenario.yaml"
    path.write_text(BASE, "utf-8")

    assert resolve(path, rig()).scenario == "base"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_wrong_scenario_is_told(row: Row, tmp_path: Path) -> None:
    """Each has as many findings as mistakes, each with a position, in the words of the golden file."""
    lines = said(row, tmp_path)

    assert len(lines) == row.findings, lines
    assert all(re.match(r"wrong\.scenario\.yaml:[1-9][0-9]*:[1-9][0-9]*: \S", line) for line in lines)
    if "not YAML" in lines[0] and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML without libyaml words its syntax errors differently")
    assert lines == golden()[row.name]


def test_the_golden_file_has_no_other_rows() -> None:
    """A row that is gone leaves nothing behind, and no name stands twice."""
    assert list(golden()) == [row.name for row in ROWS]


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        blocks = [[f"== {row.name}", *said(row, Path(place)), "\n"] for row in ROWS]
    GOLDEN.write_text("".join("\n".join(block) for block in blocks), "utf-8")
