"""Instruments in rig files and scenarios: what a plan holds of them, and that nothing in it leaves the rig's limits."""

import json
import pickle
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_rig import BARE, RIG, SCENARIO, changed, laid

from bench.errors import BenchError, RigError, ScenarioError
from bench.model.check import Crosses, Responds, Settles
from bench.model.expression import Compare, Constant, InstrumentRef, evaluate, references
from bench.model.instant import MS, US, S
from bench.model.lab import Edges, Envelope, InstrumentPlan, Interrupt, Measure, PlayProfile, SetInstrument
from bench.model.plan import Plan, canonical, reads
from bench.model.stimulus import After, Step
from bench.places import shipped
from bench.scenario.findings import Findings
from bench.scenario.instruments import CAPABILITIES, KINDS, abilities, of_kind
from bench.scenario.limits import Stated, envelope, tightened
from bench.scenario.node import Scalar
from bench.scenario.reach import length
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import Rig, load_rig

ROOT = Path(__file__).parents[1]
CURRENT = InstrumentRef("psu", "current", "A")


@cache
def rig(text: str = RIG) -> Rig:
    """The rig of the tests, or another one, without a file that stays."""
    with TemporaryDirectory() as folder:
        return load_rig(laid(Path(folder), text)[0])


def plan(folder: Path, scenario: str = SCENARIO, text: str = RIG) -> Plan:
    """The plan of a scenario on a rig."""
    return resolve(laid(folder, text, scenario)[1], rig(text))


def only(folder: Path, step: str, text: str = RIG, head: str = "") -> Plan:
    """The plan of a scenario with one step."""
    whole = (
        f"scenario: one\ntitle: One step\n{head}phases:\n  - name: all\n    for: 100 s\n    do:\n      - {{{step}}}\n"
        "expect:\n  - {always: 'model.speed >= 0 km/h'}\n"
    )
    return plan(folder, whole, text)


def stimulus(folder: Path, step: str, text: str = RIG, head: str = "") -> object:
    """What a single step becomes."""
    return only(folder, step, text, head=head).phases[0].steps[0].stimulus


def refused(call: "object", *words: object) -> str:
    """The one finding of what is refused, without its place."""
    with pytest.raises(BenchError) as caught:
        call(*words)  # type: ignore[operator]
    (line,) = str(caught.value).splitlines()
    return line.split(": ", 1)[1]


# ---- the rig file ---------------------------------------------------------------------------------------------------


def test_a_rig_file_becomes_a_plan_of_its_instruments() -> None:
    """All that is said of a supply, in its own units; what the rig limits for all holds for each that does not say."""
    psu, aux, dmm, sink, matrix, wave, probe = rig().plan().instruments

    assert psu == InstrumentPlan(
        name="psu",
        kind="supply",
        driver="keysight",
        serial="MY12345678",
        calibrated_until="2027-03-01",
        envelope=Envelope(volts_max=20.0, amperes_max=10.0, volts_min=0.0, slew=5000.0, energy=20_000.0),
        edges=Edges(("open",), 10 * US, 2 * US, 1 * US),
        feeds="KL30",
        watchdog=2 * S,
        interlock="contactor K1",
        off_first=1,
        options=(("channel", 1),),
    )
    assert aux.envelope == Envelope(volts_max=27.0, amperes_max=2.0, volts_min=-14.0)
    assert (dmm.driver, dmm.envelope) == ("rohde_schwarz", None)
    assert sink.envelope is not None
    assert (sink.envelope.volts_max, sink.envelope.amperes_max, sink.envelope.volts_min) == (27.0, 20.0, 0.0)
    assert (matrix.driver, matrix.envelope) == (probe.driver, probe.envelope) == ("generic", None)
    assert wave.envelope is not None
    assert (wave.envelope.volts_min, wave.envelope.volts_max) == (-14.0, 27.0)


def test_a_supply_goes_below_zero_only_where_the_rig_says_so() -> None:
    """A generator swings to both sides by itself."""
    text = changed(RIG, "limits: {voltage_min: -14 V, voltage_max: 27 V", "limits: {voltage_max: 27 V")
    low = {one.name: one.envelope.volts_min for one in rig(text).instruments if one.envelope}

    assert low == {"psu": 0.0, "aux": 0.0, "sink": 0.0, "wave": -27.0}


ADDRESSES = (
    "TCPIP::127.0.0.1::5025::SOCKET",
    "TCPIP0::10.0.0.7::INSTR",
    "TCPIP::psu.lab::hislip0::INSTR",
    "tcpip::a::inst0::instr",
    "GPIB0::3::INSTR",
    "USB0::0x2A8D::0x1301::MY53200001::INSTR",
    "ASRL/dev/ttyUSB0::INSTR",
    "ASRL3",
)


@pytest.mark.parametrize("resource", ADDRESSES)
def test_a_rig_with_a_real_instrument_goes_by_the_wall_clock(resource: str) -> None:
    """VISA's own resource names are taken as they are."""
    text = changed(RIG, "    feeds: KL30", f'    feeds: KL30\n    resource: "{resource}"')

    assert rig(text).plan().pace == "wall"
    assert rig(text).plan().instruments[0].resource == resource
    assert rig().plan().pace == "free"


def test_outputs_of_one_mainframe_share_an_address_and_differ_in_their_channel() -> None:
    """Anything else at one address would be one output under two names."""
    second = "aux: {kind: supply, resource: GPIB::5::INSTR, options: {channel: 2},"
    text = changed(changed(RIG, "aux: {kind: supply,", second), "    feeds: KL30", "    resource: GPIB::5::INSTR")

    assert [one.resource for one in rig(text).instruments[:2]] == ["GPIB::5::INSTR"] * 2
    with pytest.raises(RigError, match=r"aux at GPIB::5::INSTR, where psu is already"):
        rig(changed(text, "options: {channel: 2}", "options: {channel: 1}"))


def test_a_driver_of_pymeasure_is_named_by_its_place() -> None:
    """It stands in the place of one of ours."""
    text = changed(RIG, "driver: rohde_schwarz", "driver: pymeasure.keysight.Keysight34410A")

    assert rig(text).instruments[2].driver == "pymeasure.keysight.Keysight34410A"


def test_a_rig_without_instruments_is_told_as_before() -> None:
    """Plans that do not use what was added keep their canonical text, and so their digests."""
    bare, full = canonical(rig(BARE).plan()), canonical(rig().plan())

    assert isinstance(bare, list)
    assert isinstance(full, list)
    assert "InstrumentPlan" not in json.dumps(bare)
    assert "InstrumentPlan" in json.dumps(full)
    assert len(bare) == 4  # type, name, vehicle, environment
    assert len(full) == 5


def test_each_kind_does_something() -> None:
    """Capabilities are the settings, the quantities and the skills of a kind; interrupting needs edges."""
    assert all(of_kind(kind) for name, kind in KINDS.items())
    assert {"set_voltage", "voltage_profile", "interrupt", "measure_voltage", "measure_current"} <= set(CAPABILITIES)
    psu, aux = rig().instruments[:2]
    assert set(abilities(psu)) - set(abilities(aux)) == {"interrupt"}


def test_the_drivers_of_the_lab_do_what_the_language_offers() -> None:
    """The same names, and each setting is an attribute of the driver."""
    catalogue = pytest.importorskip("bench.lab.catalogue")

    for name, kind in KINDS.items():
        assert catalogue.names(name) == kind.drivers
        made = catalogue.DRIVERS[name, "generic"].make
        assert [one for one in kind.settings if not hasattr(made, one)] == []
        assert set(kind.measures) <= set(getattr(made, "quantities", kind.measures))


# ---- steps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("instrument: psu, set: {voltage: 13.5 V, current_limit: 2000 mA, output: on}",
         SetInstrument("psu", (("voltage", 13.5), ("current_limit", 2.0), ("output", True)))),
        ("instrument: psu, set: {output: off, slew: 60 V/min}",
         SetInstrument("psu", (("output", False), ("slew", 1.0)))),
        ("instrument: aux, set: {voltage: -13.5 V}", SetInstrument("aux", (("voltage", -13.5),))),
        ("instrument: sink, set: {resistance: 1.35 Ohm}", SetInstrument("sink", (("resistance", 1.35),))),
        ("instrument: sink, set: {power: 0.54 kW, input: off}",
         SetInstrument("sink", (("power", 540.0), ("input", False)))),
        ("instrument: matrix, set: {open: all}", SetInstrument("matrix", (("open", "all"),))),
        ("instrument: matrix, set: {open: 101, close: 102}",
         SetInstrument("matrix", (("open", 101.0), ("close", 102.0)))),
        ("instrument: probe, set: {points: 1000, sample_rate: 100 kHz, trigger_level: -500 mV}",
         SetInstrument("probe", (("points", 1000.0), ("sample_rate", 100_000.0), ("trigger_level", -0.5)))),
        ("instrument: wave, set: {shape: square, amplitude: 26 V, offset: -1 V}",
         SetInstrument("wave", (("shape", "square"), ("amplitude", 26.0), ("offset", -1.0)))),
        ("instrument: psu, measure: current", Measure("psu", "current", 0, 1)),
        ("instrument: psu, measure: power, every: 100 ms", Measure("psu", "power", 100 * MS, None)),
        ("instrument: dmm, measure: resistance, every: 1 s, count: 5", Measure("dmm", "resistance", S, 5)),
        ("instrument: psu, interrupt: {how: open}, for: 10 us", Interrupt("psu", "open", 10 * US)),
    ],
)  # fmt: skip
def test_steps_mean_what_they_say(step: str, expected: object, tmp_path: Path) -> None:
    """In the units of the plan, settings in the order that stands there."""
    assert stimulus(tmp_path, step) == expected


def test_the_good_scenario_is_a_plan(tmp_path: Path) -> None:
    """Picklable, with a digest, with the limits that its scenario has tightened."""
    whole = plan(tmp_path)

    assert pickle.loads(pickle.dumps(whole)) == whole
    assert whole.digest() == plan(tmp_path).digest()
    psu = whole.rig.instruments[0]
    assert psu.envelope == Envelope(volts_max=18.0, amperes_max=10.0, volts_min=0.0, slew=5000.0, energy=20_000.0)
    assert str(tmp_path) not in json.dumps(canonical(whole))


def test_a_reading_is_an_operand_with_its_unit(tmp_path: Path) -> None:
    """In conditions, events and checks, next to signals and plant values."""
    whole = plan(tmp_path)
    settles, responds = whole.expectations[0].check, whole.expectations[1].check

    assert isinstance(settles, Settles)
    assert (settles.signal, settles.to, settles.tolerance) == (CURRENT, 0.85, 0.05)
    assert CURRENT.path == "psu.current"
    assert isinstance(responds, Responds)
    assert responds.then == Crosses(CURRENT, "above", 0.1)
    assert {one.path for one in reads(whole.expectations)} == {"psu.current", "psu.voltage", "dmm.resistance"}
    above = Compare(">", CURRENT, Constant(0.5, "500 mA"), "A")
    assert list(references(above)) == [CURRENT]
    assert evaluate(above, {CURRENT: 0.6}.__getitem__) is True


def test_what_is_measured_anywhere_in_a_scenario_can_be_read(tmp_path: Path) -> None:
    """Also in the end of a phase that stands before the measuring one; it is unknown until then."""
    text = changed(SCENARIO, "  - name: start\n    for: 5 s", '  - name: start\n    until: "dmm.resistance < 5 Ohm"\n'
                   "    at_most: 5 s")  # fmt: skip

    until = plan(tmp_path, text).phases[0].until
    assert until is not None
    assert [one.path for one in references(until)] == ["dmm.resistance"]


def test_profiles_and_interruptions_end_by_themselves(tmp_path: Path) -> None:
    """So what waits for their ends is placed in time before the run."""
    text = changed(SCENARIO, "for: 100 us, at: 3 s", "for: 100 us, after: pulse ends")
    text = changed(text, "input: on}, at: 3 s", "input: on}, after: gap ends")
    pulse, gap, sink = plan(tmp_path, text).phases[1].steps[:3]

    assert (length(pulse.stimulus), length(gap.stimulus)) == (2 * 210 * MS, 100 * US)
    assert (gap.start, sink.start) == (After("pulse", "ends"), After("gap", "ends"))
    late = changed(text, "cycles: 2, at: 1 s", "cycles: 2, at: 3580 ms")
    with pytest.raises(ScenarioError) as caught:
        plan(tmp_path, late)
    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [
        "step 'gap' starts at 4 s, but phase dip ends after 4 s; it never starts",
        "step 'dip.3' starts at 4.0001 s, but phase dip ends after 4 s; it never starts",
    ]


def test_a_series_of_measurements_ends_with_its_last_one(tmp_path: Path) -> None:
    """Without a count it lasts as long as its phase."""
    steps: tuple[Step, ...] = plan(tmp_path).phases[0].steps

    assert [length(one.stimulus) for one in steps] == [0, None, 400 * MS, 0]


# ---- profiles -------------------------------------------------------------------------------------------------------


def test_a_profile_of_a_file_beside_the_scenario_is_played_with_its_parameters(tmp_path: Path) -> None:
    """The plan says which values hold, and has all of the waveform."""
    played = stimulus(tmp_path, "instrument: psu, profile: dip.yaml, level: II, stay: 0.1 s, cycles: 2")

    assert isinstance(played, PlayProfile)
    assert (played.instrument, played.profile) == ("psu", "dip")
    assert dict(played.parameters)["lowest"] == "4.5 V"
    assert dict(played.parameters)["stay"] == "0.1 s"
    assert dict(played.parameters)["cycles"] == 2
    assert (played.waveform.duration, played.waveform.bounds) == (2 * 210 * MS, (4.5, 12.0))
    assert played.waveform.value(150 * MS) == played.waveform.value(360 * MS) == 4.5


@pytest.mark.parametrize("level", ["I", "II", "III", "IV"])
def test_a_shipped_profile_is_played_by_its_name(level: str, tmp_path: Path) -> None:
    """Its own `cycles` is a parameter like any other."""
    played = stimulus(tmp_path, f"instrument: psu, profile: iso16750_start, level: {level}, cycles: 1")

    assert isinstance(played, PlayProfile)
    assert dict(played.parameters)["level"] == level
    assert dict(played.parameters)["cycles"] == "1"


def test_an_unconfirmed_profile_must_be_accepted_in_so_many_words(tmp_path: Path) -> None:
    """Its numbers are to be verified before anything is called conformity."""
    step = "instrument: aux, profile: lv124_e11_cold_severe"

    assert "unsure: accept" in refused(stimulus, tmp_path, step)
    played = stimulus(tmp_path, f"{step}, unsure: accept, cycles: 1")
    assert isinstance(played, PlayProfile)
    assert ("unsure", "accept") in played.parameters


SWITCHED = RIG.replace("    edges: {how: [open],", "    edges: {how: [open, to_ground],")


def test_interruptions_of_a_profile_are_told_apart_from_its_voltage(tmp_path: Path) -> None:
    """They are the switch's to do, not the supply's: the plan says when and how, and they count as no slew."""
    step = "instrument: psu, profile: iso16750_micro_interruption_1, longest: 1 ms, recovery: 1 s, how: to_ground"

    played = stimulus(tmp_path, step, SWITCHED)

    assert isinstance(played, PlayProfile)
    assert [(lasts, how) for _, lasts, how in played.interruptions] == [
        (10 * US, "to_ground"), (100 * US, "to_ground"), (1 * MS, "to_ground")
    ]  # fmt: skip
    begin = played.interruptions[1][0]
    assert (played.waveform.value(begin - 1), played.waveform.value(begin)) == (12.0, 0.0)
    assert "to_ground" in refused(stimulus, tmp_path, step)
    assert "9 us" in refused(stimulus, tmp_path, f"{step}, shortest: 9 us", SWITCHED)
    assert "aux of this rig cannot interrupt" in refused(stimulus, tmp_path, step.replace("psu", "aux"))


def test_cycles_of_a_profile_without_its_own_follow_each_other(tmp_path: Path) -> None:
    """With all of their interruptions."""
    step = "instrument: psu, profile: iso16750_micro_interruption_1, longest: 100 us, recovery: 1 s, cycles: 3"

    played = stimulus(tmp_path, step)

    assert isinstance(played, PlayProfile)
    once = played.waveform.duration // 3
    assert [at % once for at, _, _ in played.interruptions] == [at for at, _, _ in played.interruptions[:2]] * 3


def test_the_step_from_one_cycle_to_the_next_counts(tmp_path: Path) -> None:
    """A waveform that does not come back jumps when it begins again."""
    laid(tmp_path)
    dip = (tmp_path / "dip.yaml").read_text("utf-8")
    (tmp_path / "fall.yaml").write_text(changed(dip, "  - ramp: {to: 12 V, within: edge}\n", ""), "utf-8")
    step = "instrument: psu, profile: fall.yaml"

    assert isinstance(stimulus(tmp_path, step), PlayProfile)
    assert "it needs a step" in refused(stimulus, tmp_path, f"{step}, cycles: 2")


# ---- what a scenario needs ------------------------------------------------------------------------------------------


NEEDY = changed(
    SCENARIO,
    "psu: [voltage_profile, measure_current, interrupt], dmm: [measure_resistance]",
    "psu: [voltage_profile, interrupt, measure_current, measure_voltage], dmm: [measure_resistance], "
    "sink: [set_current], matrix: [set_close], wave: [set_shape]",
)


@pytest.mark.parametrize("name", ["psu", "dmm", "sink", "matrix", "wave"])
def test_an_instrument_that_the_rig_has_not_is_one_error(name: str, tmp_path: Path) -> None:
    """However often it is used, set, played, measured and read: what is needed says it once."""
    text = re.sub(rf"(?m)^  {name}:", f"  other_{name}:", RIG)

    (line,) = _findings(tmp_path, NEEDY.replace("limits: {psu: {voltage_max: 18 V}}\n", ""), text)
    assert f"no instrument '{name}' in the rig virtual" in line


@pytest.mark.parametrize(
    ("kind", "capability"),
    [
        ("psu: [voltage_profile, interrupt, measure_current, measure_voltage]", "interrupt"),
        ("dmm: [measure_resistance]", "measure_resistance"),
    ],
)
def test_a_capability_that_the_rig_has_not_is_one_error(kind: str, capability: str, tmp_path: Path) -> None:
    """Said where it is needed, and not again at the step or the check that uses it."""
    assert kind in NEEDY
    text = RIG
    if capability == "interrupt":
        text = changed(RIG, "    edges: {how: [open], shortest: 10 us, edge: 2 us, jitter: 1 us}\n", "")
    else:
        text = changed(RIG, "dmm: {kind: meter, driver: rohde_schwarz}", "dmm: {kind: scope}")

    (line,) = _findings(tmp_path, NEEDY, text)
    assert line.startswith("lab.scenario.yaml:3:")


def test_a_rig_without_instruments_says_so(tmp_path: Path) -> None:
    """One clear error for each instrument that a scenario needs, with the way out."""
    path = laid(tmp_path, scenario=only_needs("psu: [set_voltage]"))[1]

    assert refused(resolve, path, load_rig(shipped("rigs") / "virtual-ice.yaml")) == (
        "no instrument 'psu' in the rig virtual_ice, which has none; expected one under 'instruments' of the rig file; "
        "take another rig with --rig"
    )


def only_needs(what: str) -> str:
    """A scenario that needs instruments and does nothing with them."""
    return (
        f"scenario: one\ntitle: It needs\nneeds: {{instruments: {{{what}}}}}\nphases: [{{name: all, for: 1 s}}]\n"
        "expect:\n  - {always: 'model.speed >= 0 km/h'}\n"
    )


def _findings(folder: Path, scenario: str, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        plan(folder, scenario, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


# ---- laws -----------------------------------------------------------------------------------------------------------

VOLTS = st.integers(-40_000, 40_000).map(lambda millivolts: millivolts / 1000)
NUMBERS = st.fixed_dictionaries(
    {},
    optional={
        "voltage_min": VOLTS,
        "voltage_max": VOLTS,
        "current_max": st.integers(1, 100).map(float),
        "slew_max": st.integers(1, 100_000).map(float),
        "energy_max": st.integers(1, 100_000).map(float),
    },
)


@given(NUMBERS, st.lists(NUMBERS, max_size=3))
def test_whatever_is_said_the_limits_only_become_tighter(
    rig_says: dict[str, float], more: list[dict[str, float]]
) -> None:
    """What a rig allows bounds what is left after any number of others have spoken; wider words are findings."""
    before = dict(rig_says)
    for words in more:
        findings = Findings("x")
        own = {key: Stated(value, Scalar(str(value), 1, 1)) for key, value in words.items()}
        after = tightened("psu", before, own, "the rig allows", findings)
        wider = [
            key for key, value in words.items()
            if key in before and (value < before[key] if key == "voltage_min" else value > before[key])
        ]  # fmt: skip

        assert bool(findings.rows) >= bool(wider)
        assert before.keys() <= after.keys()
        for key, value in before.items():
            assert after[key] >= value if key == "voltage_min" else after[key] <= value
        if findings.rows:
            assert after == before
        before = after
    limits, bound = envelope("supply", before), envelope("supply", rig_says)
    if bound is not None:
        assert limits is not None
        assert limits.volts_max <= bound.volts_max
        assert limits.amperes_max <= bound.amperes_max
        assert "voltage_min" not in rig_says or limits.volts_min >= bound.volts_min


def _taken(step: str, head: str = "") -> object | None:
    """What a step becomes, or nothing where it is refused by one finding."""
    with TemporaryDirectory() as folder:
        try:
            return stimulus(Path(folder), step, head=head)
        except ScenarioError as error:
            assert len(str(error).splitlines()) == 1
            return None


@given(st.integers(-2000, 30_000), st.integers(0, 25_000), st.integers(1, 12_000), st.integers(1, 20_000))
def test_no_set_point_leaves_the_limits(volts: int, most: int, current: int, highest: int) -> None:
    """A plan is made exactly where voltage and current lie within what rig and scenario allow."""
    limits = f"limits: {{psu: {{voltage_max: {highest} mV}}}}\n"
    made = _taken(f"instrument: psu, set: {{voltage: {volts} mV}}", limits)
    drawn = _taken(f"instrument: psu, set: {{current_limit: {current} mA}}")
    free = _taken(f"instrument: psu, set: {{voltage: {most} mV}}")

    assert (made is not None) == (0 <= volts <= highest)
    assert (drawn is not None) == (current <= 10_000)
    assert (free is not None) == (most <= 20_000)
    if made is not None:
        assert made == SetInstrument("psu", (("voltage", volts / 1000),))


@given(st.integers(0, 30_000), st.integers(0, 20_000), st.integers(1, 200))
def test_no_profile_leaves_the_limits(lowest: int, edge: int, stay: int) -> None:
    """An oracle that knows the shape of the dip: its lowest voltage, and the slope of its edges."""
    step = f"instrument: psu, profile: dip.yaml, lowest: {lowest} mV, edge: {edge} us, stay: {stay} ms"
    made = _taken(step)
    slope = abs(12_000 - lowest) / edge if edge else (0 if lowest == 12_000 else float("inf"))  # mV/us is V/ms

    assert (made is not None) == (lowest <= 20_000 and slope <= 5)
    if made is not None:
        assert isinstance(made, PlayProfile)
        sampled = [made.waveform.value(at) for at in range(0, made.waveform.duration, MS)]
        assert 0 <= min(sampled) <= max(sampled) <= 20


@given(st.integers(1, 30_000), st.sampled_from(["open", "to_ground"]))
def test_no_interruption_is_planned_that_the_edges_cannot_do(nanoseconds: int, how: str) -> None:
    """Of the kind that the rig states, and at least as long as its shortest."""
    made = _taken(f"instrument: psu, interrupt: {{how: {how}}}, for: {nanoseconds} ns")

    assert (made is not None) == (how == "open" and nanoseconds >= 10_000)


@given(st.integers(0, 60_000), st.integers(-30_000, 30_000))
def test_a_generator_stays_within_the_limits_with_offset_and_amplitude_together(swing: int, offset: int) -> None:
    """Its highest and its lowest value, not each number for itself."""
    made = _taken(f"instrument: wave, set: {{amplitude: {swing} mV, offset: {offset} mV}}")

    assert (made is not None) == (offset - swing / 2 >= -14_000 and offset + swing / 2 <= 27_000)


# ---- around ---------------------------------------------------------------------------------------------------------


def test_a_scenario_without_profiles_loads_nothing_of_the_lab(tmp_path: Path) -> None:
    """What reads profiles and what talks to instruments is loaded where it is needed."""
    rig_file, scenario = laid(tmp_path, scenario=only_needs("psu: [set_voltage]"))
    code = (
        "import sys; from pathlib import Path; from bench.scenario.resolve import resolve; "
        "from bench.scenario.rigfile import load_rig; resolve(Path(sys.argv[2]), load_rig(Path(sys.argv[1]))); "
        "print([one for one in sys.modules if one.startswith(('bench.lab', 'pyvisa'))])"
    )
    command = [sys.executable, "-c", code, str(rig_file), str(scenario)]

    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout == "[]\n"


SCENARIOS = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
RIGS = (ROOT / "docs" / "rigs.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(# on the rig of docs/rigs.md\n.*?)```", SCENARIOS, re.DOTALL)
INSTRUMENTS = re.findall(r"```yaml\n(limits:.*?)```", RIGS, re.DOTALL)


def documented() -> str:
    """The shipped rig with the instruments of docs/rigs.md."""
    (part,) = INSTRUMENTS
    return BARE + part


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    """The scenario of docs/scenarios.md on the rig of docs/rigs.md."""
    (example,) = EXAMPLES
    whole = plan(tmp_path, example, documented())

    assert [one.name for one in whole.rig.instruments] == ["psu", "dmm"]
    assert whole.rig.pace == "wall"


def test_every_key_and_setting_is_documented() -> None:
    """Of instruments in rig files, and of their steps in scenarios."""
    from bench.scenario.limits import LIMITS
    from bench.scenario.rack import INSTRUMENT

    rows = RIGS[RIGS.index("## Instruments") : RIGS.index("## Pace")]
    steps = SCENARIOS[SCENARIOS.index("## Instruments") : SCENARIOS.index("## The rig file")]
    assert [key for shape in INSTRUMENT.values() for key in shape.keys if f"`{key}`" not in rows] == []
    assert [key for key in LIMITS if f"`{key}`" not in rows or f"`{key}`" not in steps] == []
    assert [name for kind in KINDS.values() for name in kind.settings if name not in steps] == []
    assert [name for name in KINDS if f"`{name}`" not in rows] == []
