"""Outputs are off in time whatever is done to bench and guardian; a third process looks at the supplies and says so."""

import os
import signal
from dataclasses import replace
from itertools import pairwise
from queue import SimpleQueue
from random import Random
from threading import Thread

import pytest
from bench_process import LIMITS, plan
from hypothesis import given
from hypothesis import strategies as st
from rack import GONE, MS, SUPPLIES, Figures, Rack, alive, ended, program, tried

from bench.errors import RigError
from bench.lab.framing import Frames, framed, plan_heard, plan_told, waveform_heard, waveform_told
from bench.lab.guardian import Guardian, host_loss_words
from bench.model.lab import Edges, InstrumentPlan
from bench.model.waveform import Segment, Waveform

AT_ONCE = 3
"""So many racks side by side: the guardian's own work is little, the processes' starts are what takes the time."""


@pytest.fixture(scope="module")
def module_rack():
    with Rack() as rack:
        yield rack


@pytest.fixture
def rack(module_rack):
    for one in range(SUPPLIES):
        module_rack.does("fresh", one)
    return module_rack


@pytest.fixture
def guardian(rack):
    with Guardian() as guardian:
        yield guardian


def psu(rack, number=0, **changes):
    return replace(plan(number, f"{rack.ports[number]}:{number + 1}:1500"), **changes)


# ---- killed, stopped, interrupted -----------------------------------------------------------------------------------


def test_outputs_are_off_in_time_however_it_ends(amounts, capfd):
    figures, failures = Figures(), SimpleQueue()

    def one_rack(first: int) -> None:
        with Rack() as rack:
            for number in range(first, amounts.kills, AT_ONCE):
                try:
                    tried(rack, number, Random(1_000 + number), figures)
                except Exception as failure:  # noqa: BLE001 (told at the end, with all others)
                    failures.put(f"trial {number}: {type(failure).__name__}: {failure}")

    racks = [Thread(target=one_rack, args=(first,)) for first in range(AT_ONCE)]
    for one in racks:
        one.start()
    for one in racks:
        one.join()
    wrong = [failures.get() for _ in range(failures.qsize())]
    with capfd.disabled():
        print("\n" + "\n".join([*figures.rows(), *wrong]))  # noqa: T201 (the figures are what this is run for)

    assert wrong == []
    assert figures.over == []


def test_the_guardian_is_out_of_reach_of_the_terminal(guardian):
    """Ctrl-C and a closed terminal go to the session of the bench."""
    assert os.getsid(guardian.pid) == guardian.pid != os.getsid(0)


def test_a_guardian_that_is_asked_to_end_switches_off_and_says_why(rack):
    told = SimpleQueue()
    guardian = Guardian(lost=told.put)
    guardian.open(psu(rack))
    guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    assert rack.does("look", 0)["on"]

    os.kill(guardian.pid, signal.SIGTERM)
    why = told.get(timeout=5)

    assert "asked to end by signal SIGTERM; all outputs are off" in why
    assert not rack.does("look", 0)["on"]
    with pytest.raises(RigError, match="SIGTERM"):
        guardian.get("psu0", "voltage")
    with pytest.raises(RigError, match="SIGTERM"):
        guardian.beat()
    assert guardian.close() == ()


def test_what_may_still_be_on_is_told(rack):
    guardian = Guardian()
    for number in range(SUPPLIES):
        guardian.open(psu(rack, number, watchdog=0, options=(("timeout", 0.2),)))
    guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    rack.does("dead", 0)

    assert guardian.close() == ("psu0",)
    assert any("had no valid answer" in remark for remark in guardian.remarks)
    assert not alive(guardian.pid)


# ---- before an output goes on ---------------------------------------------------------------------------------------


def test_protection_is_set_and_read_back_before_the_output_goes_on(rack, guardian):
    guardian.open(psu(rack))
    guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    seen = rack.does("look", 0)
    lines = seen["lines"]
    on = lines.index("OUTP 1") if "OUTP 1" in lines else lines.index("OUTP ON")

    assert seen["on"]
    assert (seen["ovp"], seen["ocp"], seen["slew"], seen["watchdog"]) == (16.0, 5.0, 100_000.0, 1.5)
    for header in ("VOLT:PROT", "CURR:PROT", "VOLT:SLEW", "SYST:WDOG"):
        placed = next(place for place, line in enumerate(lines) if line.startswith(f"{header} "))
        assert placed < lines.index(f"{header}?", placed) < on


def test_an_output_whose_protection_cannot_be_set_stays_off(rack, guardian):
    rack.does("clip", 0)
    guardian.open(psu(rack))

    with pytest.raises(RigError, match="psu0"):
        guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    assert [on for _, on, _ in rack.does("look", 0)["changes"]] == [False]


def test_outputs_found_on_are_switched_off(rack, guardian):
    rack.does("front", 0, 13.5)

    opened = guardian.open(psu(rack))

    assert opened.remarks == ("psu0 was on (13.5 V) when it was opened; it was switched off",)
    assert not rack.does("look", 0)["on"]


def test_what_is_over_a_limit_is_not_set_and_all_else_goes_on(rack, guardian):
    guardian.open(psu(rack))
    guardian.set("psu0", (("voltage", 12.0), ("output", True)))

    for name, value in (("voltage", 16.001), ("voltage", -0.1), ("voltage", float("nan")), ("voltage", "MAX"),
                        ("current_limit", 5.1), ("slew", 200_000.0)):  # fmt: skip
        with pytest.raises(RigError, match=f"psu0: {name.partition('_')[0]} is .*; nothing was set"):
            guardian.set("psu0", ((name, value),))
    for name in ("ovp", "ocp", "watchdog", "list_voltage", "mode"):
        with pytest.raises(RigError, match=f"'{name}' of a supply is not set by a scenario"):
            guardian.set("psu0", ((name, 1.0),))
    with pytest.raises(RigError, match="the waveform reaches from 12 to 20 V; allowed are 0 to 16 V"):
        guardian.play("psu0", Waveform((Segment(10 * MS, 12.0, 20.0),)))
    guardian.set("psu0", (("voltage", 13.0),))
    assert guardian.get("psu0", "voltage") == 13.0
    assert [volts for _, on, volts in rack.does("look", 0)["changes"] if on] == [12.0, 13.0]


def test_a_waveform_must_begin_where_the_output_is(rack, guardian):
    guardian.open(psu(rack))
    guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    ramp = Waveform((Segment(10 * MS, 13.0, 12.0),))

    with pytest.raises(RigError, match="with the step from 12 V to its begin"):
        guardian.play("psu0", ramp)
    guardian.set("psu0", (("voltage", 13.0),))
    guardian.play("psu0", ramp)
    guardian.set("psu0", (("voltage", 12.5),))
    guardian.play("psu0", Waveform((Segment(10 * MS, 12.5, 12.0),)))
    guardian.arm("psu0")
    guardian.trigger("psu0")


def test_a_supply_without_limits_is_not_switched_on(rack, guardian):
    guardian.open(psu(rack, envelope=None))

    with pytest.raises(RigError, match="psu0 has no limits"):
        guardian.set("psu0", (("output", True),))


def test_used_up_energy_ends_the_run(rack):
    """12 V at a limit of 5 A are at most 60 W, whatever flows."""
    told = SimpleQueue()
    with Guardian(lost=told.put) as guardian:
        guardian.open(psu(rack, envelope=replace(LIMITS, energy=12.0)))
        guardian.set("psu0", (("voltage", 12.0), ("output", True)))
        while told.empty():
            try:
                guardian.get("psu0", "voltage")
            except RigError:
                break
        why = told.get(timeout=5)

    assert "J were delivered at its current limit of 5 A; allowed are 12 J in a run" in why
    changes = rack.does("look", 0)["changes"]
    on_for = changes[-1][0] - next(at for at, on, _ in changes if on)
    assert on_for <= 200 * MS + 50 * MS + GONE


# ---- who has an instrument ------------------------------------------------------------------------------------------


def test_a_second_bench_is_told_who_has_it(rack, guardian):
    guardian.open(psu(rack))
    with Guardian() as second:
        with pytest.raises(
            RigError, match=rf"in use: held by process {guardian.pid} since .* \(process {os.getpid()}; "
        ):
            second.open(psu(rack))
        guardian.close()
        second.open(psu(rack))


def test_an_instrument_that_is_not_there_is_told_and_the_others_are_used(rack, guardian):
    with pytest.raises(RigError, match="psu9"):
        guardian.open(replace(psu(rack), name="psu9", resource="TCPIP::127.0.0.1::1::SOCKET"))
    guardian.open(psu(rack))
    guardian.open(replace(psu(rack, 1), name="psu9"))

    guardian.set("psu0", (("voltage", 12.0), ("output", True)))
    guardian.begin("psu0", "voltage")
    value, uncertainty = guardian.fetch("psu0", "voltage")

    assert abs(value - 12.0) <= uncertainty
    assert guardian.errors("psu0") == ()
    guardian.off()
    assert not rack.does("look", 0)["on"]


def test_what_host_loss_leaves_on_is_said():
    real = InstrumentPlan("psu", "supply", "generic", "TCPIP::10.0.0.7::INSTR")

    assert host_loss_words(real).startswith("psu: no safe state on host loss")
    assert host_loss_words(replace(real, watchdog=1)) == ""
    assert host_loss_words(replace(real, interlock="door")) == ""
    assert host_loss_words(replace(real, resource="")) == ""
    assert host_loss_words(replace(real, kind="meter")) == ""


# ---- messages -------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
messages = st.lists(st.dictionaries(st.text(), json_values, max_size=3), max_size=4)


@given(messages, st.lists(st.integers(0, 400), max_size=6))
def test_messages_arrive_whole_however_they_are_cut(sent, cuts):
    data = b"".join(map(framed, sent))
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    frames = Frames()

    assert [one for a, b in pairwise(places) for one in frames.receive(data[a:b])] == sent


@given(st.binary(max_size=60))
def test_any_bytes_are_messages_or_refused(data):
    try:
        found = Frames().receive(data)
    except ValueError:
        return
    assert all(isinstance(one, dict) for one in found)


def test_a_plan_and_a_waveform_arrive_as_they_were():
    sent = InstrumentPlan(
        "psu", "supply", "generic", "TCPIP::h::INSTR", envelope=LIMITS, edges=Edges(("open", "to_ground"), 1, 2, 3),
        watchdog=5, options=(("channel", 2), ("timeout", 0.5), ("x", True), ("y", "z")),
    )  # fmt: skip
    waveform = Waveform((Segment(1, 0.1, 0.2), Segment(10**12, 0.2, 0.3, 2.0, 1e3, -0.25)))
    frames = Frames()

    (arrived,) = frames.receive(framed({"plan": plan_told(sent), "waveform": waveform_told(waveform)}))

    assert plan_heard(arrived["plan"]) == sent
    assert waveform_heard(arrived["waveform"]) == waveform


# ---- every kind of instrument, on the models that `bench instruments serve` serves ----------------------------------

SERVED = ("supply", "meter", "load", "scope", "relay", "generator", "supply/keysight", "supply/rohde_schwarz")


@pytest.fixture(scope="module")
def served():
    ports = [word for kind in SERVED for word in ("--port", f"0={kind}")]
    process = program("-m", "bench", "instruments", "serve", *ports)
    plans = []
    try:
        for kind in SERVED:
            resource = process.stdout.readline().split()[-1]
            of, _, driver = kind.partition("/")
            envelope = replace(LIMITS, slew=None) if of in ("supply", "load", "generator") else None
            plans.append(InstrumentPlan(kind, of, driver or "generic", resource, envelope=envelope))
        yield plans
    finally:
        ended(process)


ON = {
    "supply": (("voltage", 12.0), ("output", True)),
    "load": (("current", 1.0), ("input", True)),
    "generator": (("amplitude", 2.0), ("offset", 1.0), ("output", "on")),
    "relay": (("close", 101),),
}


def test_every_kind_is_opened_used_and_switched_off(served):
    switches = {"supply": "output", "load": "input", "generator": "output"}
    with Guardian() as guardian:
        for one in served:
            assert all(guardian.open(one).identity[:2])
        for one in served:
            guardian.set(one.name, ON.get(one.kind, ()))
            assert guardian.errors(one.name) == ()
        assert all(guardian.get(one.name, switches[one.kind]) for one in served if one.kind in switches)
        assert guardian.close() == ()

    with Guardian() as guardian:
        assert [guardian.open(one).remarks for one in served] == [()] * len(served)
        assert not any(guardian.get(one.name, switches[one.kind]) for one in served if one.kind in switches)


def test_what_an_instrument_was_left_at_is_looked_at_before_it_is_switched_on(served):
    """Under wide limits a generator was set to reach 10 V; under narrow ones it does not go on."""
    wide = next(one for one in served if one.kind == "generator")
    with Guardian() as guardian:
        guardian.open(wide)
        guardian.set("generator", (("offset", 8.0), ("amplitude", 4.0)))
    with Guardian() as guardian:
        guardian.open(replace(wide, envelope=replace(LIMITS, volts_max=5.0)))
        with pytest.raises(RigError, match="offset and amplitude reach from 6 to 10 V; allowed are 0 to 5 V"):
            guardian.set("generator", (("output", True),))


def test_a_driver_without_what_is_needed_is_told_before_anything_is_on(served):
    keeps_no_slew = next(one for one in served if one.driver == "rohde_schwarz")
    with Guardian() as guardian, pytest.raises(RigError, match="its driver 'rohde_schwarz' has no 'slew'"):
        guardian.open(replace(keeps_no_slew, envelope=LIMITS))


def test_a_library_that_is_not_there_is_told(rack):
    with (
        Guardian("nowhere.so") as guardian,
        pytest.raises(RigError, match=r"the VISA library 'nowhere.so' cannot be used"),
    ):
        guardian.open(psu(rack))
