"""Execution: what is kept when a run is cut short, and that nothing that goes wrong vanishes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import seen
from script_plan import BUS, NUMBER, compare, interrupted, phase, plan, step

from bench.clock.calendar import Phase
from bench.clock.pace import Free
from bench.errors import BenchBug
from bench.model.check import Always, Eventually, Expectation
from bench.model.instant import MS, S
from bench.model.plan import EcuPlan, Plan
from bench.model.run import Run
from bench.model.stimulus import Power, Press, SetSignal
from bench.model.trace import Trace
from bench.model.verdict import Outcome
from bench.network.database import load
from bench.places import shipped
from bench.run.execute import execute
from bench.run.rig import assemble
from bench.wire.recorder import Recorder

LONG = plan(
    phase("first", step("set", SetSignal(NUMBER, 7)), duration=1500 * MS),
    phase("second", step("press", Press("sos_button", 900 * MS), 800 * MS), duration=4 * S),
    expectations=(
        Expectation("E1", Eventually(compare(NUMBER, "==", 7)), "seven"),
        Expectation("E2", Eventually(compare(NUMBER, "==", 8)), "eight"),
    ),
)


def whole(trace: Trace) -> None:
    """The streams of a trace are in order, of one length, and within what it closes."""
    f = trace.frames
    assert (
        len(f)
        == len(f.start)
        == len(f.release)
        == len(f.bus)
        == len(f.message)
        == len(f.id)
        == len(f.flags)
        == len(f.data)
    )
    assert list(f.end) == sorted(f.end)
    assert all(end < trace.closed_at for end in f.end)
    assert len(trace.samples.at) == len(trace.samples.rows)
    assert all(at <= trace.closed_at for at in trace.samples.at)
    instants = [o.at for o in trace.occurrences]
    assert instants == sorted(instants)
    assert all(at <= trace.closed_at for at in instants)


def begins_like(part: Trace, full: Trace) -> None:
    """A trace cut short holds what the full one holds until then."""
    rows = len(part.frames)
    for column in ("end", "start", "release", "bus", "message", "data"):
        assert list(getattr(part.frames, column)) == list(getattr(full.frames, column))[:rows]
    assert rows == sum(end < part.closed_at for end in full.frames.end)
    assert list(part.samples.at) == [at for at in full.samples.at if at < part.closed_at][: len(part.samples.at)]
    assert part.occurrences == full.occurrences[: len(part.occurrences)]


def test_a_run_to_its_end_is_complete():
    run = execute(LONG)

    whole(run.trace)
    assert (run.trace.closed_at, run.trace.complete) == (5500 * MS, True)
    assert (run.surroundings.interrupted, run.surroundings.broken, run.surroundings.pace) == (False, "", "free")
    assert [verdict.outcome for verdict in run.verdicts] == [Outcome.PASS, Outcome.INCONCLUSIVE]
    assert {"ecubench", "python", "simpy", "cantools"} <= {name for name, _ in run.surroundings.versions}


def test_progress_is_told_each_simulated_second_and_changes_nothing():
    told = []
    run = execute(LONG, told.append)

    assert told == [1 * S, 2 * S, 3 * S, 4 * S, 5 * S, 5500 * MS]
    assert run.trace.digest() == execute(LONG).trace.digest()


@pytest.mark.parametrize("seconds", [1, 3, 5])
def test_ctrl_c_keeps_what_was_recorded(seconds):
    """The verdicts are given for it, and the run is at best inconclusive."""

    def progress(now):
        if now >= seconds * S:
            raise KeyboardInterrupt

    run = execute(LONG, progress)

    whole(run.trace)
    assert (run.trace.closed_at, run.trace.complete) == (seconds * S, False)
    assert (run.surroundings.interrupted, run.surroundings.broken) == (True, "")
    assert len(run.verdicts) == 2
    assert run.outcome >= Outcome.INCONCLUSIVE
    begins_like(run.trace, execute(LONG).trace)


def test_ctrl_c_in_a_run_that_would_pass_is_inconclusive():
    passing = replace(LONG, expectations=LONG.expectations[:1])

    def progress(_):
        raise KeyboardInterrupt

    assert execute(passing).outcome is Outcome.PASS
    assert execute(passing, progress).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.11, 0.2])
def test_a_real_signal_at_any_moment_leaves_a_whole_trace(delay):
    """SIGINT lands between any two bytecodes; whatever was recorded until then is in order."""
    endless = plan(phase("long", duration=100_000 * S))
    run = interrupted(endless, delay)

    assert run.surroundings.interrupted
    assert run.trace.closed_at < 100_000 * S
    whole(run.trace)
    begins_like(run.trace, execute(plan(phase("long", duration=run.trace.closed_at + 1 * S))).trace)


def telematics(**environment: int) -> Plan:
    """A telematics unit on its own bus; the rig's answers are given."""
    info = replace(load(shipped("dbc") / "info.dbc", "INFO"), bitrate=500_000, data_bitrate=2_000_000)
    return plan(
        phase("on", step("key", Power("RUN"), 500 * MS), duration=30 * S),
        background=(),
        buses=(info,),
        ecus=(EcuPlan("TCU", "virtual", True),),
        environment=tuple((f"radio.{name}", value) for name, value in environment.items()),
    )


def test_an_exception_in_a_process_of_an_ecu_ends_as_broken_with_the_trace_kept():
    """The rig does not say when the radio answers, which the unit asks for after its boot."""
    run = execute(telematics())

    words = "BenchBug: the rig 'virtual' does not say when the radio answers 'registration'"
    assert run.surroundings.broken == words
    assert not run.surroundings.interrupted
    assert run.outcome is Outcome.ERROR
    assert not run.trace.complete
    assert 500 * MS < run.trace.closed_at < 30 * S
    assert len(run.trace.frames) > 10
    whole(run.trace)
    begins_like(run.trace, execute(telematics(registration=40 * S)).trace)


def test_an_exception_on_the_bus_ends_as_broken():
    """A value that no resolver would let through fails where it is packed, in the midst of a window."""
    one = plan(
        phase("p", step("bad", SetSignal(NUMBER, 1_000_000), 55 * MS), duration=1 * S),
        expectations=(Expectation("E", Always(compare(NUMBER, "<", 5)), "small"),),
    )
    run = execute(one)

    assert run.surroundings.broken.startswith("ValueError: B0.M.Number: 1000000 is outside 0 .. 65535")
    assert run.outcome is Outcome.ERROR
    assert len(run.verdicts) == 1
    whole(run.trace)
    assert [f.release // MS for f in seen(run.trace, BUS.messages) if f.name == "M"] == [0, 10, 20, 30, 40, 50]


def test_the_failure_is_told_and_not_its_cause():
    rig = assemble(LONG, Free())

    def fail(_):
        try:
            {}["gear"]
        except KeyError as error:
            raise BenchBug("no gear on this vehicle") from error

    rig.kernel.calendar.at(700 * MS, Phase.TASK, (), fail)
    with pytest.raises(BenchBug, match="no gear on this vehicle"):
        rig.kernel.run_until(1 * S)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 65535)), max_size=6), st.booleans())
def test_a_run_is_repeatable(sets, jitter):
    steps = [step(f"s{n}", SetSignal(NUMBER, number), at * MS) for n, (at, number) in enumerate(sets)]
    one = plan(phase("p", *steps, duration=2 * S), jitter=jitter)

    assert execute(one).trace.digest() == execute(one).trace.digest()


def test_jitter_moves_releases_by_the_seed_and_by_at_most_its_share():
    def released(seed: int) -> list[int]:
        run: Run = execute(replace(plan(phase("p", duration=2 * S), jitter=True), seed=seed))
        return [f.release for f in seen(run.trace, BUS.messages) if f.name == "M"]

    one, other = released(1), released(2)
    assert one != other
    for releases in (one, other):
        assert len(releases) in (199, 200, 201)
        assert all(abs(at - n * 10 * MS) <= 250_000 for n, at in enumerate(releases))


def test_occurrences_later_than_the_end_of_a_run_cut_short_are_not_in_its_trace():
    """A bus that ran ahead may have found an overwritten release after the instant that counts."""
    recorder = Recorder()
    for at in (30, 10, 20, 21):
        recorder.occur(at, "overwritten", "B0.M")

    assert [o.at for o in recorder.close(20, False).occurrences] == [10, 20]
