"""Wrong rig files and scenarios of instruments: a good one with one thing changed; see wrong/lab.golden.txt.

`python tests/test_instrument_wrong.py` writes the golden file anew; read the difference before you keep it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab_rig import DIP, RIG, SCENARIO, WRONG, changed, laid

from bench.errors import BenchError
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

GOLDEN = WRONG / "lab.golden.txt"


@dataclass(frozen=True)
class Row:
    """One wrong input: what becomes of which text of the rig file, of the scenario or of its profile."""

    name: str
    old: str
    new: str
    findings: int = 1


PSU = "psu: [voltage_profile, measure_current, interrupt]"
ON = "set: {voltage: 13.5 V, current_limit: 8 A, slew: 1 V/ms, output: on}"
PULSE = "profile: dip.yaml, level: II, stay: 100 ms, cycles: 2"
GAP = "interrupt: {how: open}, for: 100 us"
EVERY = "measure: current, every: 100 ms"
E3 = "{of: psu.current, statistic: mean"

RIG_ROWS = (
    Row("a list of instruments", "instruments:\n  psu:\n    kind: supply", "instruments:\n  - psu:\n    kind: supply"),
    Row("unknown kind", "kind: supply\n", "kind: suply\n"),
    Row("missing kind", "    kind: supply\n", ""),
    Row("misspelt key of an instrument", "    feeds: KL30", "    feds: KL30"),
    Row("key of another kind", "dmm: {kind: meter,", "dmm: {kind: meter, feeds: KL30,"),
    Row("unknown driver", "driver: keysight", "driver: keysigth"),
    Row("driver of another kind", "sink: {kind: load}", "sink: {kind: load, driver: keysight}"),
    Row("no VISA resource", "serial: MY12345678", "resource: 10.0.0.7"),
    Row("no day", "2027-03-01", "2027-02-30"),
    Row("limit without a unit", "current_max: 10 A", "current_max: 10"),
    Row("limit in another dimension", "slew_max: 5 V/ms", "slew_max: 5 A/ms"),
    Row("misspelt limit", "current_max: 10 A", "curent_max: 10 A"),
    Row("wider than the rig", "voltage_max: 20 V", "voltage_max: 30 V"),
    Row("lower than the rig", "voltage_min: 0 V", "voltage_min: -15 V"),
    Row("limits the wrong way round", "voltage_min: 0 V", "voltage_min: 21 V"),
    Row("limits of a meter", "dmm: {kind: meter,", "dmm: {kind: meter, limits: {voltage_max: 5 V},"),
    Row("load without a limit of its current", "voltage_max: 27 V, current_max: 20 A}\n", "voltage_max: 27 V}\n"),
    Row("three without limits", "limits: {voltage_min: -14 V, voltage_max: 27 V, current_max: 20 A}\n", "", 3),
    Row("rig limit without a unit", "voltage_max: 27 V", "voltage_max: 27"),
    Row("unknown line", "feeds: KL30", "feeds: KL31"),
    Row("two supplies of one line", "aux: {kind: supply,", "aux: {kind: supply, feeds: KL30,"),
    Row("unknown interruption of a rig", "how: [open]", "how: [opened]"),
    Row("edges longer than the shortest", "shortest: 10 us", "shortest: 4 us"),
    Row("edges without the shortest", "shortest: 10 us, ", ""),
    Row("watchdog without a unit", "watchdog: 2 s", "watchdog: 2"),
    Row("place that is none", "off_first: 1", "off_first: 0"),
    Row("options that are none", "options: {channel: 1}", "options: channel"),
    Row("name of a message", "  dmm:", "  CGW_Veh_01:"),
    Row("name of the plant", "  dmm:", "  model:"),
    Row("name that is none", "  dmm:", "  my dmm:"),
    Row(
        "two at one address",
        "dmm: {kind: meter,",
        "dvm: {kind: meter, resource: GPIB::3::INSTR}\n  dmm: {kind: meter, resource: GPIB::3::INSTR,",
    ),
    Row(
        "free pace beside a real instrument",
        "limits: {voltage_min: -14 V, voltage_max: 27 V, current_max: 20 A}\ninstruments:\n  psu:",
        "pace: free\nlimits: {voltage_min: -14 V, voltage_max: 27 V, current_max: 20 A}\n"
        "instruments:\n  psu:\n    resource: ASRL/dev/ttyUSB0::INSTR",
    ),
)
SCENARIO_ROWS = (
    # What a scenario needs.
    Row("needs a list", "instruments: {psu: [voltage_profile, measure_current, interrupt], dmm: [measure_resistance]}",
        "instruments: [psu]"),
    Row("needs what the rig has not", PSU, f"cell: [set_voltage], {PSU}"),
    Row("needs a misspelt capability", PSU, "psu: [voltage_profil, measure_current, interrupt]"),
    Row("needs what its kind cannot", "dmm: [measure_resistance]", "dmm: [measure_resistance, voltage_profile]"),
    Row("needs an interruption without edges", PSU, f"{PSU}, aux: [interrupt]"),
    # Limits of a scenario.
    Row("wider than the rig allows", "limits: {psu: {voltage_max: 18 V}}", "limits: {psu: {voltage_max: 21 V}}"),
    Row("limits of no instrument", "limits: {psu: {voltage_max: 18 V}}", "limits: {voltage_max: 18 V}"),
    Row("limits of what drives nothing", "limits: {psu: {voltage_max: 18 V}}", "limits: {dmm: {voltage_max: 18 V}}"),
    Row("limits above each other", "limits: {psu: {voltage_max: 18 V}}",
        "limits: {psu: {voltage_min: 19 V, voltage_max: 18 V}}"),
    Row("tightened below a set-point", "limits: {psu: {voltage_max: 18 V}}", "limits: {psu: {current_max: 5 A}}"),
    # Steps.
    Row("no such instrument", "id: gap, instrument: psu", "id: gap, instrument: pus"),
    Row("misspelt instrument", "id: gap, instrument: psu", "id: gap, instrumnt: psu"),
    Row("no instrument at all", "id: gap, instrument: psu, ", "id: gap, "),
    Row("misspelt verb", EVERY, "mesure: current, every: 100 ms"),
    Row("two verbs", EVERY, "measure: current, set: {voltage: 12 V}"),
    Row("no verb", f"instrument: psu, {EVERY}", "instrument: psu"),
    Row("key of a later version", EVERY, "measure: current, every: 100 ms, as: idle"),
    Row("misspelt setting", "current_limit: 8 A", "curent_limit: 8 A"),
    Row("setting of a meter", "instrument: matrix, set: {close: 101}", "instrument: dmm, set: {range: 10 V}"),
    Row("nothing to set", ON, "set: {}"),
    Row("set-point without a unit", "voltage: 13.5 V", "voltage: 13.5"),
    Row("set-point in another dimension", "voltage: 13.5 V", "voltage: 13.5 A"),
    Row("neither on nor off", "slew: 1 V/ms, output: on", "slew: 1 V/ms, output: yes"),
    Row("voltage over the limit", "voltage: 13.5 V", "voltage: 19 V"),
    Row("voltage below the limit", "voltage: 13.5 V", "voltage: -100 mV"),
    Row("current over the limit", "current_limit: 8 A", "current_limit: 10.5 A"),
    Row("slew over the limit", "slew: 1 V/ms", "slew: 6 V/ms"),
    Row("load over the limit", "set: {current: 3 A, input: on}", "set: {current: 21 A, input: on}"),
    Row("load that would draw too much", "set: {current: 3 A, input: on}", "set: {resistance: 1 Ohm, input: on}"),
    Row("generator over the limit", "amplitude: 2 V, offset: 1 V", "amplitude: 10 V, offset: 23 V"),
    Row("half a channel", "set: {close: 101}", "set: {close: 101.5}"),
    Row("a signal of an instrument is set", f"instrument: psu, {ON}", "set: psu.voltage, to: 12 V"),
    Row("unknown quantity", "measure: resistance", "measure: resistence"),
    Row("quantity of another kind", "instrument: dmm, measure: resistance, every: 200 ms, count: 3",
        "instrument: psu, measure: resistance, every: 200 ms, count: 3"),
    Row("count without every", "every: 200 ms, count: 3", "count: 3"),
    Row("wait for what has no end", "measure: voltage, after: ohms ends", "measure: voltage, after: start.2 ends"),
    # Profiles.
    Row("unknown profile", PULSE, "profile: iso16750_strt, level: II, stay: 100 ms"),
    Row("profile that is not there", PULSE, "profile: dop.yaml, level: II"),
    Row("profile of a meter", f"instrument: psu, {PULSE}", f"instrument: dmm, {PULSE}"),
    Row("misspelt parameter", "stay: 100 ms", "saty: 100 ms"),
    Row("parameter without a unit", "stay: 100 ms", "stay: 100"),
    Row("parameter in another dimension", "stay: 100 ms", "stay: 100 V"),
    Row("parameter out of range", "stay: 100 ms", "stay: 11 s"),
    Row("unknown choice", "level: II", "level: V"),
    Row("profile over the limit", "level: II, stay: 100 ms", "lowest: 19 V, stay: 100 ms"),
    Row("profile steeper than the limit", "stay: 100 ms", "edge: 1 ms"),
    Row("profile that jumps", "stay: 100 ms", "edge: 0 s"),
    Row("no cycle", "cycles: 2", "cycles: 0"),
    Row("more cycles than fit", "cycles: 2", "cycles: 20"),
    # Interruptions.
    Row("interruption that is too short", GAP, "interrupt: {how: open}, for: 9 us"),
    Row("interruption that the rig cannot", GAP, "interrupt: {how: to_ground}, for: 100 us"),
    Row("unknown interruption", GAP, "interrupt: {how: opn}, for: 100 us"),
    Row("interruption without its length", GAP, "interrupt: {how: open}"),
    Row("interruption without how", GAP, "interrupt: open, for: 100 us"),
    Row("interruption of a meter", f"instrument: psu, {GAP}", f"instrument: dmm, {GAP}"),
    Row("interruption after its phase", f"{GAP}, at: 3 s", f"{GAP}, at: 4 s"),
    # Readings.
    Row("not measured", E3, "{of: aux.current, statistic: mean"),
    Row("quantity that is not measured", "psu.voltage > 9000 mV", "dmm.voltage > 9000 mV"),
    Row("no such reading", "psu.voltage > 9000 mV", "psu.volts > 9000 mV"),
    Row("misspelt instrument of a reading", E3, "{of: pus.current, statistic: mean"),
    Row("reading in another dimension", "rises above 100 mA", "rises above 100 mV"),
    Row("reading that is ramped", "instrument: matrix, set: {close: 101}", "ramp: psu.voltage, to: 9 V, over: 1 s"),
)  # fmt: skip
PROFILE_ROWS = (
    Row("profile with a mistake of its own", "- hold: {for: stay}", "- hold: {for: staying}"),
    Row("interruption of a profile that is too short", "segments:\n  - hold: {at: 12 V, for: 100 ms}",
        "  how: {choices: [open, to_ground], default: open, confidence: default, source: the tests}\nsegments:\n"
        "  - interruptions: {at: 12 V, how: how, from: 5 us, stages: [{to: 20 us, by: 5 us}], recovery: 1 ms}"),
    Row("offset that no supply may play", "title:", "drives: offset\ntitle:"),
)  # fmt: skip


def files(row: Row) -> dict[str, str]:
    """What a row makes of the three files."""
    if row in RIG_ROWS:
        return {"rig": changed(RIG, row.old, row.new)}
    if row in SCENARIO_ROWS:
        return {"scenario": changed(SCENARIO, row.old, row.new)}
    return {"dip": changed(DIP, row.old, row.new)}


def said(row: Row, folder: Path) -> list[str]:
    """The lines that the wrong file of a row brings about, without the folder."""
    rig, scenario = laid(folder, **files(row))
    with pytest.raises(BenchError) as caught:
        resolve(scenario, load_rig(rig))
    return str(caught.value).replace(f"{folder}/", "").splitlines()


ROWS = (*RIG_ROWS, *SCENARIO_ROWS, *PROFILE_ROWS)


def golden() -> dict[str, list[str]]:
    """The lines of the golden file by the name of their row."""
    blocks = re.split(r"^== ", GOLDEN.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {block.splitlines()[0]: [line for line in block.splitlines()[1:] if line] for block in blocks}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_wrong_file_is_told(row: Row, tmp_path: Path) -> None:
    """Each has as many findings as mistakes, each with a position, in the words of the golden file."""
    lines = said(row, tmp_path)

    assert len(lines) == row.findings, lines
    assert all(re.match(r"(rig|lab\.scenario)\.yaml:[1-9][0-9]*:[1-9][0-9]*: \S", line) for line in lines)
    assert lines == golden()[row.name]


def test_the_golden_file_has_no_other_rows() -> None:
    """A row that is gone leaves nothing behind, and no name stands twice."""
    assert list(golden()) == [row.name for row in ROWS]


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        blocks = [[f"== {row.name}", *said(row, Path(place)), "\n"] for row in ROWS]
    GOLDEN.write_text("".join("\n".join(block) for block in blocks), "utf-8")
