"""What scenarios mean: conditions, units, events and windows, as the values that a plan holds."""

import pickle
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.model.check import Around, Becomes, Crosses, Cycle, Received, Responds, Settles, Statistic
from bench.model.expression import UNKNOWN, Known, ModelRef, Reference, SignalRef, evaluate
from bench.model.instant import MS, S
from bench.model.plan import Plan
from bench.model.stimulus import Drive, SendMessage, SetModel
from bench.scenario.findings import Findings
from bench.scenario.meaning import condition
from bench.scenario.node import Scalar
from bench.scenario.resolve import resolve, shown_name
from bench.scenario.rigfile import Rig, load_rig
from bench.scenario.units import UNITS, converted, convertible, quantity

ROOT = Path(__file__).parents[1]
BASE = (ROOT / "tests" / "wrong" / "base.scenario.yaml").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(scenario: .*?)```", (ROOT / "docs" / "scenarios.md").read_text("utf-8"), re.DOTALL)


@cache
def rig() -> Rig:
    """The shipped rig."""
    return load_rig()


def resolved(text: str, folder: Path, name: str = "x") -> Plan:
    """The plan of a scenario text."""
    path = folder / f"{name}.scenario.yaml"
    path.write_text(text, "utf-8")
    return resolve(path, rig())


def expecting(folder: Path, expectation: str) -> Plan:
    """The plan of the good scenario with one more expectation."""
    return resolved(f"{BASE}  - {expectation}\n", folder)


def value(text: str, known: dict[str, Known]) -> Known:
    """What a condition is worth when names have these values."""
    findings = Findings("x")
    expression = condition(Scalar(text, 1, 1, 0), rig().names, findings)
    assert expression is not None, findings.lines()

    def lookup(reference: Reference) -> Known:
        return known.get(reference.path, UNKNOWN)

    return evaluate(expression, lookup)


SPEED, SHOWN, FIX = "model.speed", "INFO.CGW_Veh_01.VehicleSpeed", "INFO.TCU_Gnss_02.FixType"


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("model.speed > 10 m/s", {SPEED: 36.1}, True),
        ("model.speed > 10 m/s", {SPEED: 35.9}, False),
        ("10 m/s < model.speed", {SPEED: 36.1}, True),
        ("model.speed > -5 km/h", {SPEED: 0.0}, True),
        ("model.speed > 1 km/h or model.gear == R and model.speed < 0 km/h", {SPEED: 2.0, "model.gear": "P"}, True),
        ("not model.gear == R and model.gear != D", {"model.gear": "P"}, True),
        ("not (model.gear == R or model.gear == P)", {"model.gear": "P"}, False),
        ("TCU_Gnss_02.FixType in [2D, 3D]", {FIX: "3D"}, True),
        ("TCU_Gnss_02.FixType == '3D'", {FIX: "2D"}, False),
        ("CGW_Veh_01.VehicleSpeed == SNA", {SHOWN: "SNA"}, True),
        ("CGW_Veh_01.VehicleSpeed > 3 km/h", {SHOWN: "SNA"}, UNKNOWN),
        ("abs(model.speed - CGW_Veh_01.VehicleSpeed) > 3 km/h", {SPEED: 50.0, SHOWN: 46.5}, True),
        ("max(model.speed, 1 m/s) == 3.6 km/h", {SPEED: 0.0}, True),
        ("model.speed * 2 - 10 km/h >= 90 km/h", {SPEED: 50.0}, True),
        ("model.speed / CGW_Veh_01.VehicleSpeed > 1.1", {SPEED: 50.0, SHOWN: 40.0}, True),
        ("model.speed - 1 m/s - 1 m/s < 43 km/h", {SPEED: 50.0}, True),
        ("model.distance > 1 km", {"model.distance": 1001.0}, True),
        ("CGW_Body_01.AmbientTemp > 300 K", {"INFO.CGW_Body_01.AmbientTemp": 27.0}, True),
        ("CGW_Body_01.AmbientTemp + 5 K > 30 degC", {"INFO.CGW_Body_01.AmbientTemp": 26.0}, True),
        ("CGW_Body_01.AmbientTemp - model.ambient_temp < 5 K",
         {"INFO.CGW_Body_01.AmbientTemp": 20.0, "model.ambient_temp": 16.0}, True),
        ("model.battery_energy < 1 kWh", {"model.battery_energy": 3.5}, True),
        ("IVI_Status_01.Volume <= 15", {"INFO.IVI_Status_01.Volume": 16.0}, False),
        ("model.occupants in [1, 2]", {"model.occupants": 2}, True),
        ("model.gear == CGW_Veh_01.SelectedGear", {"model.gear": "R", "INFO.CGW_Veh_01.SelectedGear": "R"}, True),
    ],
)  # fmt: skip
def test_conditions_mean_what_they_say(text: str, known: dict[str, Known], expected: Known) -> None:
    """Precedence, units, labels and what is unknown."""
    assert value(text, known) is expected


TRUTHS = st.recursive(
    st.sampled_from(["P", "R"]).map(lambda gear: (f"model.gear == {gear}", gear == "R")),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"not {one[0]}", not one[1]) if " and " not in one[0] and " or " not in one[0] else one),
        inner.map(lambda one: (f"({one[0]})", one[1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) and ({two[1][0]})", two[0][1] and two[1][1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) or ({two[1][0]})", two[0][1] or two[1][1])),
    ),
    max_leaves=6,
)


@given(TRUTHS)
def test_logic_agrees_with_python(case: tuple[str, bool]) -> None:
    """Conditions of `and`, `or`, `not` and brackets are worth what Python makes of them."""
    text, expected = case

    assert value(text, {"model.gear": "R"}) is expected


SUMS = st.recursive(
    st.integers(1, 9).map(str) | st.just("model.occupants"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"{t[0]} {t[1]} ({t[2]})"),
    max_leaves=5,
)


@given(SUMS)
def test_arithmetic_agrees_with_python(text: str) -> None:
    """Numbers and one plant value under + - * and brackets, where a name is on one side at least."""
    findings = Findings("x")
    meant = condition(Scalar(f"{text} == 1000000", 1, 1, 0), rig().names, findings)
    if meant is None:  # two constants, which a scenario has to add itself
        assert all("constant" in row[2] or "is no signal" in row[2] for row in findings.rows)
        return
    expected = eval(text.replace("model.occupants", "3"))  # noqa: S307 (text made by this test)

    assert (
        value(f"{text} == {expected}" if expected >= 0 else f"{text} == -{-expected}", {"model.occupants": 3}) is True
    )


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.fractions(-1000, 1000, max_denominator=100))
def test_units_convert_there_and_back(one: str, other: str, number: Fraction) -> None:
    """Converting is exact up to one rounding each way, and only inside a dimension."""
    assert convertible(one, other) == (UNITS[one].dimension == UNITS[other].dimension)
    if not convertible(one, other):
        return
    there = converted(replace(quantity("1 s") or pytest.fail(), number=number, unit=one), other)
    back = converted(replace(quantity("1 s") or pytest.fail(), number=Fraction(there), unit=other), one)

    assert back == pytest.approx(float(number), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [("50 km/h", "m/s", 50 / 3.6), ("5 mph", "km/h", 8.04672), ("1 kWh", "MJ", 3.6), ("300 K", "degC", 26.85),
     ("-40 degC", "K", 233.15), ("13500 mV", "V", 13.5), ("1 bar", "kPa", 100.0), ("90 min", "s", 5400.0)],
)  # fmt: skip
def test_units_have_their_published_factors(text: str, unit: str, expected: float) -> None:
    """Against figures that do not come from the table."""
    found = quantity(text)
    assert found is not None

    assert converted(found, unit) == pytest.approx(expected, rel=1e-12)


def test_a_plan_holds_what_was_written(tmp_path: Path) -> None:
    """Durations in ns, values in the unit of the signal, ids and places as in the file."""
    plan = resolved(BASE, tmp_path)

    start, call, drive = plan.phases
    assert (start.at_most, start.otherwise, call.duration) == (60 * S, "fail", 20 * S)
    assert plan.background[1] == SetModel("model.speed", 50.0)
    assert [step.id for step in call.steps] == ["sos", "brake", "crash", "turn"]
    assert call.steps[0].place == "17:9"
    assert call.steps[2].stimulus == SendMessage("INFO", "CGW_Crash_01", (("CrashDetected", "YES"),), 5, 20 * MS)
    assert isinstance(drive.steps[0].stimulus, Drive)
    assert drive.steps[0].stimulus.times_s[-1] == 60.0
    assert [(fault.kind, fault.duration, fault.count, fault.bits) for fault in call.faults] == [
        ("drop", 400 * MS, None, ()),
        ("corrupt", None, 3, (12,)),
    ]
    assert plan.expectations[2].apart == (Around("fault", "F1", 0, S),)
    assert [ecu.name for ecu in plan.ecus if ecu.dut] == ["TCU"]


def test_a_wildcard_names_what_is_sent_by_itself(tmp_path: Path) -> None:
    """Cyclic messages and those with events, whose gaps only have a longest length; never pure event messages."""
    check = resolved(BASE, tmp_path).expectations[2].check

    assert isinstance(check, Cycle)
    by_name = {one.message: one for one in check.messages}
    assert by_name["TCU_Status_01"].period == 100 * MS
    assert by_name["TCU_eCall_01"].long_side_only
    assert not by_name["TCU_Status_01"].long_side_only
    assert "IVI_UserCmd_01" not in by_name


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("TCU_Status_01 received", Received("INFO", "TCU_Status_01")),
        ("model.speed rises above 5 mph", Crosses(ModelRef(SPEED, "km/h"), "above", 8.04672)),
    ],
)
def test_events_are_recognised(trigger: str, expected: object, tmp_path: Path) -> None:
    """What is no event of its own kind is a condition that becomes true."""
    check = expecting(tmp_path, f'{{when: "{trigger}", within: 1 s, then: "model.gear == R"}}').expectations[-1].check

    assert isinstance(check, Responds)
    assert check.trigger == expected
    assert isinstance(check.then, Becomes)


def test_tolerances_are_differences_or_shares(tmp_path: Path) -> None:
    """5 K are five degrees; 5 % of 380 V are 19 V; a change of temperature has no offset."""
    settles = expecting(
        tmp_path, "{settles: {signal: model.lv_voltage, to: 12 V, tolerance: 5 %, within: 1 s, hold: 0 s}}"
    )
    warm = expecting(tmp_path, "{value: {of: model.ambient_temp, statistic: change, between: [-1 K, 2 degC]}}")
    mean = expecting(tmp_path, "{value: {of: model.ambient_temp, statistic: mean, to: 300 K, tolerance: 2 K}}")

    check, change, average = (plan.expectations[-1].check for plan in (settles, warm, mean))
    assert isinstance(check, Settles) and isinstance(change, Statistic) and isinstance(average, Statistic)
    assert check.tolerance == pytest.approx(0.6)
    assert (change.low, change.high) == (-1.0, 2.0)
    assert (average.low, average.high) == pytest.approx((24.85, 28.85))


def test_a_vss_path_names_its_signal(tmp_path: Path) -> None:
    """Where one signal carries it."""
    path = "Vehicle.Powertrain.TractionBattery.CurrentVoltage"
    plan = expecting(tmp_path, f"{{value: {{of: {path}, statistic: mean, between: [300 V, 400 V]}}}}")

    check = plan.expectations[-1].check
    assert isinstance(check, Statistic)
    assert check.of == SignalRef("PT", "BMS_Pack_01", "PackVoltage", "V")


def test_a_plan_is_the_same_wherever_the_file_lies(tmp_path: Path) -> None:
    """The digest depends on what is written, not on folders or on how often it was resolved; a plan can be pickled."""
    (tmp_path / "scenarios" / "a").mkdir(parents=True)
    (tmp_path / "other" / "scenarios" / "a").mkdir(parents=True)

    one = resolved(BASE, tmp_path / "scenarios" / "a")
    two = resolved(BASE, tmp_path / "other" / "scenarios" / "a")

    assert one.file == "scenarios/a/x.scenario.yaml"
    assert one.digest() == two.digest() == pickle.loads(pickle.dumps(one)).digest()
    assert shown_name("/home/x/y.scenario.yaml") == "y.scenario.yaml"


def test_seed_defects_and_jitter_come_from_the_caller(tmp_path: Path) -> None:
    """They go into the plan, and so into its digest."""
    path = tmp_path / "x.scenario.yaml"
    path.write_text(BASE, "utf-8")

    plain, other = resolve(path, rig()), resolve(path, rig(), seed=3, defects=("IVI.M01",), jitter=True)

    assert (plain.seed, plain.defects, plain.jitter) == (7, (), False)
    assert (other.seed, other.defects, other.jitter) == (3, ("IVI.M01",), True)
    assert plain.digest() != other.digest()


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split()[1])
def test_the_examples_of_the_documentation_are_right(text: str, tmp_path: Path) -> None:
    """Each YAML block of docs/scenarios.md resolves on the shipped rig."""
    assert resolved(text, tmp_path).expectations


def test_there_are_examples() -> None:
    """The pattern that finds them has not gone blind."""
    assert len(EXAMPLES) == 2


def checked(*words: object) -> subprocess.CompletedProcess[str]:
    """`bench check` in a process of its own."""
    command = [sys.executable, "-m", "bench", "check", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_check_tells_what_is_right_and_what_is_wrong(tmp_path: Path) -> None:
    """One line for a good file, the findings of a bad one, exit code 2 and no traceback."""
    (tmp_path / "a.scenario.yaml").write_text(BASE, "utf-8")
    (tmp_path / "b.scenario.yaml").write_text(BASE.replace("seed: 7", "sed: 7"), "utf-8")
    (tmp_path / "c.scenario.yaml").write_text(BASE, "utf-8")

    good, bad = checked(tmp_path / "a.scenario.yaml"), checked(tmp_path)

    assert (good.returncode, good.stdout, good.stderr) == (0, "ok  base  3 phases, 9 checks, rig virtual\n", "")
    assert bad.returncode == 2
    assert [line.split(": ")[1][:22] for line in bad.stderr.splitlines()] == [
        "unknown key 'sed' in a",
        "scenario 'base' is in ",
    ]


def test_an_unknown_name_of_a_scenario_is_one_error(tmp_path: Path) -> None:
    """A file that is not there."""
    with pytest.raises(ScenarioError, match="the file is not there; expected"):
        resolve(tmp_path / "gone.scenario.yaml", rig())
