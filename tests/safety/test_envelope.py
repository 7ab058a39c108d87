"""Nothing over the envelope: not by a set-point, a waveform, an order of settings, or a number that is none."""

from itertools import pairwise
from math import inf, isfinite, nan, nextafter
from random import Random
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.lab.energy import Account, volt_seconds
from bench.lab.envelope import (
    STEP,
    at_start,
    checked,
    checked_interrupt,
    checked_waveform,
    proved,
    proved_phases,
    tightened,
)
from bench.lab.setpoint import Output, OverLimit
from bench.model.instant import MS, S
from bench.model.lab import Envelope, InstrumentPlan, Interrupt, PlayProfile, SetInstrument
from bench.model.stimulus import At, Phase, Step
from bench.model.waveform import Segment, Waveform

SEED = 20_250_104
RIG = Envelope(volts_max=16.0, amperes_max=10.0, volts_min=-2.0, slew=1000.0, energy=500.0)

volts = st.floats(-60, 60)
envelopes = st.builds(
    lambda a, b, amperes, slew, energy: Envelope(max(a, b), amperes, min(a, b), slew, energy),
    volts, volts, st.floats(0.01, 100), st.none() | st.floats(0.01, 1e9), st.none() | st.floats(0.01, 1e6),
)  # fmt: skip
segments = st.builds(
    Segment,
    st.integers(1, 10 * S),
    volts,
    volts,
    st.sampled_from((0.0, 0.5, 4.0)),
    st.sampled_from((0.0, 2.0, 1000.0)),
    st.sampled_from((0.0, -0.25, 0.4)),
)
waveforms = st.lists(segments, min_size=1, max_size=5).map(lambda found: Waveform(tuple(found)))


def within(limits: Envelope, output: Output) -> bool:
    """The oracle: what is at the terminals, in the plainest words."""
    reached = [0.0]
    if output.on:
        reached = [output.volts, output.offset - output.amplitude / 2, output.offset + output.amplitude / 2]
    return all(min(0, limits.volts_min) <= one <= max(0, limits.volts_max) for one in reached) and (
        0 <= output.amperes <= limits.amperes_max and (limits.slew is None or 0 < output.slew <= limits.slew)
    )


# ---- a million set-points -------------------------------------------------------------------------------------------


def drawn(chance: Random, limits: Envelope) -> tuple[str, float | int | str | bool]:
    """A setting: anywhere, just at a limit, just beyond it, or nothing that could be set."""
    name = chance.choice(
        (
            "voltage",
            "voltage",
            "voltage",
            "current_limit",
            "current",
            "slew",
            "ovp",
            "ocp",
            "output",
            "offset",
            "amplitude",
        )
    )
    if name == "output":
        return name, chance.choice((True, False, "on", "off"))
    edge = chance.choice((limits.volts_min, limits.volts_max, limits.amperes_max, limits.slew or 1.0))
    return name, chance.choice(
        (
            chance.uniform(-80, 80),
            chance.uniform(limits.volts_min, limits.volts_max),
            edge,
            -edge,
            nextafter(edge, inf),
            nextafter(edge, -inf),
            chance.choice((nan, inf, -inf, 1e308, -1e308, 0.0, -0.0, 10**400, True, "MAX", "", "nan")),
        )
    )


def envelope(chance: Random) -> Envelope:
    low, high = sorted((chance.uniform(-60, 60), chance.uniform(-60, 60)))
    slew = chance.choice((None, chance.uniform(0.1, 1e6)))
    return Envelope(high, chance.uniform(0.01, 100), chance.choice((min(0.0, high), low)), slew)


def test_random_set_points_never_leave_random_limits(amounts, capfd):
    """The rig's limits and, under them, a scenario's; 16 settings one after the other on each."""
    chance, accepted, begun = Random(SEED), 0, perf_counter()
    for _ in range(amounts.setpoints // 16):
        rig = envelope(chance)
        try:
            limits = tightened(rig, chance.choice((None, envelope(chance))))
        except OverLimit:
            limits = rig
        output = at_start(limits)
        for _ in range(16):
            setting = drawn(chance, limits)
            try:
                output = checked(limits, setting, output)
            except OverLimit:
                continue
            accepted += 1
            assert within(rig, output), (rig, limits, setting, output)
            assert within(limits, output), (limits, setting, output)
    seconds = perf_counter() - begun
    with capfd.disabled():
        print(f"\n{amounts.setpoints} set-points, {accepted} accepted, none over the envelope; {seconds:.1f} s")  # noqa: T201
    assert accepted > amounts.setpoints // 5


# ---- laws -----------------------------------------------------------------------------------------------------------


@given(envelopes, envelopes)
def test_a_scenario_only_tightens(rig, scenario):
    """What the narrower limits allow the rig's allow too, whatever the scenario says."""
    assume(max(rig.volts_min, scenario.volts_min) <= min(rig.volts_max, scenario.volts_max))

    both = tightened(rig, scenario)

    assert rig.volts_min <= both.volts_min <= both.volts_max <= rig.volts_max
    assert both.amperes_max <= rig.amperes_max
    for ours, theirs, narrower in ((rig.slew, scenario.slew, both.slew), (rig.energy, scenario.energy, both.energy)):
        assert narrower == min((one for one in (ours, theirs) if one is not None), default=None)


def test_limits_that_leave_nothing_are_refused():
    with pytest.raises(OverLimit, match="expected a voltage that both allow"):
        tightened(Envelope(16, 10, 9), Envelope(8, 10))


@given(
    envelopes, st.sampled_from(("voltage", "current_limit", "ovp", "ocp", "slew", "resistance", "power")), st.floats()
)
def test_what_is_within_is_allowed_and_nothing_else(limits, name, value):
    """Neither too much nor too little: the rules are as wide as the limits."""
    allowed = {
        "voltage": limits.volts_min <= value <= limits.volts_max,
        "current_limit": 0 <= value <= limits.amperes_max,
        "ovp": 0 <= value <= max(abs(limits.volts_min), abs(limits.volts_max)),
        "ocp": 0 <= value <= limits.amperes_max,
        "slew": 0 < value <= (limits.slew or inf),
        "resistance": value * limits.amperes_max >= limits.volts_max,
        "power": 0 <= value <= limits.volts_max * limits.amperes_max,
    }[name] and isfinite(value)
    try:
        checked(limits, (name, value), at_start(limits))
        passed = True
    except OverLimit:
        passed = False

    assert passed == allowed


@given(envelopes, waveforms, volts, st.booleans())
def test_a_waveform_that_passes_stays_within_at_every_instant(limits, waveform, before, on):
    output = Output(on=on, volts=before, amperes=1.0)
    try:
        after = checked_waveform(limits, waveform, output)
    except OverLimit:
        return
    step = max(waveform.duration // 997, 1)
    values = [waveform.value(at) for at in range(0, waveform.duration, step)]

    assert all(limits.volts_min - 1e-9 <= value <= limits.volts_max + 1e-9 for value in values)
    assert after.volts == waveform.segments[-1].last
    if limits.slew is not None:
        jump = abs(values[0] - before) if on else 0.0
        slopes = [abs(b - a) / step * S for a, b in pairwise(values)]
        assert jump <= STEP
        assert all(slope <= limits.slew * (1 + 1e-6) + 2 * STEP * S / step for slope in slopes)


@given(waveforms, st.integers(-S, 60 * S), st.integers(0, 60 * S))
def test_the_account_is_charged_with_at_least_what_flowed(waveform, begin, length):
    """A plain sum over a thousand slices is the oracle; a ripple is charged with all of its amplitude."""
    begin = max(begin, 0)
    step = max(length // 1000, 1)
    flowed = sum(abs(waveform.value(begin + at)) for at in range(step // 2, length, step)) * step / S
    steps = sum(abs(b.first - a.last) for a, b in pairwise(waveform.segments))
    swing = 120 + steps

    assert volt_seconds(waveform, begin, begin + length) >= flowed - 4 * swing * step / S - 1e-9


@given(waveforms, st.lists(st.integers(0, 20 * S), max_size=6))
def test_charging_in_parts_is_charging_at_once(waveform, cuts):
    cuts = sorted(cuts)
    whole = volt_seconds(waveform, cuts[0], cuts[-1]) if cuts else 0.0
    parts = sum(volt_seconds(waveform, a, b) for a, b in pairwise(cuts))

    # Where a line crosses zero the trapezoid of its parts is smaller than that of the whole.
    assert parts <= whole + 1e-6 * max(whole, 1)


def test_an_account_without_a_limit_is_never_overdrawn():
    assert not Account(None, 1e300).overdrawn
    assert Account(10.0, nextafter(10.0, inf)).overdrawn
    assert not Account(10.0, 10.0).overdrawn
    assert Account(10.0, nan).overdrawn


# ---- slew counts from where the output is ---------------------------------------------------------------------------


def test_a_set_point_is_as_steep_as_the_instrument_makes_it():
    fast = Output(on=True, volts=12.0, amperes=1.0)
    slow = Output(on=True, volts=12.0, amperes=1.0, slew=1000.0)

    with pytest.raises(
        OverLimit, match=r"a step to 13 V is as steep as inf V/s; allowed are 1000 V/s; set a lower slew"
    ):
        checked(RIG, ("voltage", 13.0), fast)
    assert checked(RIG, ("voltage", 13.0), slow).volts == 13.0
    assert checked(RIG, ("voltage", 12.0), fast).volts == 12.0


def test_switching_on_is_a_step_and_switching_off_always_allowed():
    fast = Output(volts=12.0, amperes=1.0)

    with pytest.raises(OverLimit, match="a step to 12 V"):
        checked(RIG, ("output", True), fast)
    assert not checked(RIG, ("output", "off"), Output(on=True, volts=99.0, amperes=inf)).on


def test_a_waveform_begins_where_the_output_is():
    ramp = Waveform((Segment(10 * MS, 12.0, 8.0),))

    assert checked_waveform(RIG, ramp, Output(on=True, volts=12.0)).volts == 8.0
    with pytest.raises(OverLimit, match=r"with the step from 13.5 V to its begin"):
        checked_waveform(RIG, ramp, Output(on=True, volts=13.5))
    assert checked_waveform(RIG, ramp, Output(on=False, volts=13.5)).volts == 8.0


@pytest.mark.parametrize(
    "waveform",
    [
        Waveform(()),
        Waveform((Segment(MS, nan, 1.0),)),
        Waveform((Segment(MS, 1.0, 1.0), Segment(MS, 1.0, nan), Segment(MS, 1.0, 1.0))),
        Waveform((Segment(MS, 1.0, 1.0, inf, 1.0),)),
        Waveform((Segment(0, 1.0, 1.0),)),
        Waveform((Segment(MS, 1.0, 1.0, -40.0, 2.0),)),
    ],
)
def test_a_waveform_that_is_none_is_refused(waveform):
    with pytest.raises(OverLimit, match="not finite"):
        checked_waveform(RIG, waveform, Output())


def test_an_interruption_has_two_edges():
    output = Output(on=True, volts=12.0, edge=10 * MS)

    with pytest.raises(OverLimit, match="an interruption at 12 V is as steep as 1200 V/s"):
        checked_interrupt(RIG, output)
    assert checked_interrupt(Envelope(16, 10, slew=1200.0), output) == output


# ---- a plan ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_proved_with_all_findings_each_with_its_place_limit_and_remedy():
    steps = [
        ("a.yaml:4:5: step 'supply'", SetInstrument("psu", (("current_limit", 5.0), ("voltage", 12.0)))),
        ("a.yaml:5:5: step 'jump'", SetInstrument("psu", (("voltage", 26.0),))),
        ("a.yaml:6:5: step 'dip'", PlayProfile("psu", "own", Waveform((Segment(S, 12.0, -3.0),)))),
        ("a.yaml:7:5: step 'limit'", SetInstrument("psu", (("current_limit", 8.0),))),
        ("a.yaml:8:5: step 'gone'", Interrupt("psu", "open", MS)),
    ]

    with pytest.raises(ScenarioError) as refused:
        proved(RIG, Envelope(14.0, 6.0), steps)

    assert str(refused.value).splitlines() == [
        "a.yaml:5:5: step 'jump': psu: voltage is 26 V; allowed are -2 to 16 V; set one of those or correct 'limits' "
        "of the rig",
        "a.yaml:6:5: step 'dip': psu: the waveform reaches from -3 to 12 V; allowed are -2 to 16 V; choose a lower one "
        "or correct 'limits' of the rig",
        "a.yaml:7:5: step 'limit': psu: current is 8 A; allowed are 0 to 6 A; set one of those or correct 'limits' of "
        "the scenario",
    ]


def test_the_energy_of_all_waveforms_is_proved():
    held = PlayProfile("psu", "hold", Waveform((Segment(4 * S, 12.0, 12.0),)))
    steps = [("1", SetInstrument("psu", (("current_limit", 5.0),))), ("2", held), ("3", held)]

    proved(RIG, None, steps[:2])
    with pytest.raises(ScenarioError, match=r"3: psu: .* up to 480 J .* 400 J in a run.*'limits' of the scenario"):
        proved(RIG, Envelope(16.0, 10.0, -2.0, energy=400.0), steps)


def test_a_whole_plan_is_proved_and_what_is_driven_needs_limits():
    def step(number: int, instrument: str, name: str, value: float) -> Step:
        return Step(f"s{number}", SetInstrument(instrument, ((name, value),)), At(0), f"{number}:5")

    phases = (
        Phase("one", S, None, None, steps=(step(1, "psu", "voltage", 12.0), step(2, "spare", "voltage", 1.0))),
        Phase("two", S, None, None, repeat=9, steps=(step(3, "psu", "voltage", 17.0), step(4, "meter", "range", 1.0))),
    )
    instruments = (
        InstrumentPlan("psu", "supply", "generic", envelope=RIG),
        InstrumentPlan("spare", "supply", "generic"),
        InstrumentPlan("meter", "meter", "generic"),
    )

    proved_phases(instruments, phases[:0])
    with pytest.raises(ScenarioError) as refused:
        proved_phases(instruments, phases, "a.yaml")

    assert str(refused.value).splitlines() == [
        "a.yaml:3:5: step 's3': psu: voltage is 17 V; allowed are -2 to 16 V; set one of those or correct 'limits' of "
        "the rig",
        "a.yaml:2:5: step 's2': spare: it has no limits; expected some for a supply; add 'limits' in the rig file",
    ]


@given(envelopes, st.none() | envelopes, st.lists(waveforms | volts, max_size=6))
def test_what_is_proved_is_within_both_limits(rig, own, moves):
    steps = [
        ("here", SetInstrument("psu", (("voltage", one),)) if isinstance(one, float) else PlayProfile("psu", "", one))
        for one in moves
    ]
    try:
        proved(rig, own, steps)
    except ScenarioError:
        return
    for limits in [rig] if own is None else [rig, own]:
        for one in moves:
            low, high = (one, one) if isinstance(one, float) else one.bounds
            assert limits.volts_min <= low <= high <= limits.volts_max
