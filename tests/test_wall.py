"""Real time: instants come when they are due, a stall is seen and merged, and a closed simulation gives its own trace.

What a host does with time is not for a test to demand, so nothing here says how soon something must have happened.
"""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Thread
from time import monotonic_ns, sleep, thread_time_ns, time_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script_plan import NUMBER, compare, interrupted, phase, plan, step

from bench.clock.calendar import FOREVER, Phase
from bench.clock.host import measure, timer_of
from bench.clock.kernel import Kernel
from bench.clock.pace import Free
from bench.clock.precedence import preferred
from bench.clock.wall import NAP, Wall
from bench.model.check import Eventually, Expectation
from bench.model.health import Health
from bench.model.instant import MS, S
from bench.model.plan import Plan
from bench.model.stimulus import SetSignal
from bench.run.execute import execute


@pytest.fixture
def wall():
    pace = Wall()
    pace.begin()
    yield pace
    pace.end()


def short(duration: int = 300 * MS) -> Plan:
    """A restbus message every 10 ms and a step in the middle."""
    what = Expectation("E1", Eventually(compare(NUMBER, "==", 7)), "seven")
    return plan(phase("p", step("set", SetSignal(NUMBER, 7), duration // 2), duration=duration), expectations=(what,))


def in_real_time(one: Plan) -> Plan:
    return replace(one, rig=replace(one.rig, pace="wall"))


# ---- waiting ----------------------------------------------------------------------------------------------------


def test_an_instant_has_come_when_so_much_time_has_passed(wall):
    for at in (1, 3 * MS, 4 * MS, 12 * MS, 12 * MS):
        assert wall.wait(at) == at
        assert wall.now() >= at


def test_an_instant_that_has_passed_is_given_at_once_and_its_delay_noted(wall):
    wall.wait(5 * MS)
    at = wall.now() - 4 * MS
    assert wall.wait(at) == at

    late = wall.stalls()[-1]
    assert late.kind == "late"
    assert late.start <= at
    assert late.late >= 4 * MS
    assert late.end >= at + 4 * MS


def test_delays_that_adjoin_are_one(wall):
    """As when a bench catches up: each instant is served late, and all of it is one stall."""
    wall.wait(60 * MS)
    begin = wall.now() - 50 * MS
    for turn in range(40):
        wall.wait(begin + turn * MS)

    (stall,) = [one for one in wall.stalls() if one.start <= begin < one.end]
    assert stall.late >= 50 * MS
    assert stall.end >= begin + 50 * MS
    ends = [(one.start, one.end) for one in wall.stalls()]
    assert all(before[1] < after[0] for before, after in pairwise(ends))


def test_a_stop_between_two_waits_is_seen_though_nothing_was_due(wall):
    """The thread is off the processor for 20 ms, and the next instant is far away."""
    wall.wait(1)
    before = wall.now()
    sleep(0.02)
    wall.wake()
    wall.wait(FOREVER)

    assert any(one.start >= before - NAP and one.late > 10 * MS for one in wall.stalls())


def test_work_is_no_stop(wall):
    """No more is noted than the thread was off its processor, though nothing was served for as long as it worked."""
    wall.wait(1)
    begin, used = monotonic_ns(), thread_time_ns()
    before = wall.now()
    wall.wait(before)
    while thread_time_ns() < used + 10 * MS:
        sum(range(1000))
    wall.wake()
    wall.wait(FOREVER)
    worked = thread_time_ns() - used  # read inside the other clock's two readings, so that `off` is never too small
    off = monotonic_ns() - begin - worked

    assert sum(one.late for one in wall.stalls() if one.start >= before) <= off


def test_whoever_waits_can_be_woken_from_any_thread(wall):
    thread = Thread(target=wall.wake)
    thread.start()
    reached = wall.wait(FOREVER)
    thread.join()

    assert reached < FOREVER
    assert reached <= wall.now()


def test_a_wake_before_the_wait_is_not_forgotten_and_counts_once(wall):
    wall.wake()
    wall.wake()

    assert wall.wait(FOREVER) < FOREVER
    at = wall.now() + 3 * MS
    assert wall.wait(at) == at


def test_a_stamp_of_the_host_lies_on_the_runs_time_line(wall):
    before = wall.now()
    stamp = wall.of_epoch(time_ns())
    after = wall.now()

    assert before - wall.skew <= stamp <= after + wall.skew
    assert wall.of_epoch(time_ns() + S) - stamp >= S


def test_all_that_begin_changed_at_the_host_is_as_before():
    scheduler, nice = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
    with preferred() as granted:
        assert all(isinstance(word, str) for pair in granted for word in pair)

    assert (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)) == (scheduler, nice)


# ---- the kernel -------------------------------------------------------------------------------------------------


def test_what_comes_in_while_the_kernel_sleeps_is_served_at_its_stamp(wall):
    kernel, served = Kernel(wall), []

    def outside():
        kernel.admit(served.append, 4 * MS)
        kernel.admit(lambda now: served.append((now,)))
        kernel.admit(lambda now: kernel.stop(), 40 * MS)

    kernel.calendar.at(30 * MS, Phase.TASK, (), served.append)
    thread = Thread(target=outside)
    thread.start()
    kernel.run_until(10 * S)
    thread.join()

    assert [one for one in served if isinstance(one, int)] == [4 * MS, 30 * MS]
    ((unstamped,),) = [one for one in served if isinstance(one, tuple)]
    assert unstamped >= 0
    assert kernel.now == 40 * MS


@given(st.lists(st.integers(-5, 30), max_size=6))
def test_arrivals_are_served_in_the_order_of_their_stamps_and_none_in_the_past(stamps):
    kernel, served = Kernel(Free()), []
    kernel.run_until(10)
    for place, at in enumerate(stamps):
        kernel.admit(lambda now, place=place: served.append((now, place)), at)
    kernel.run_until(40)

    assert served == sorted((max(at, 10), place) for place, at in enumerate(stamps))


# ---- a closed simulation ----------------------------------------------------------------------------------------


def test_a_closed_simulation_gives_the_same_trace_and_verdicts_in_real_time():
    free, wall = execute(short()), execute(in_real_time(short()))

    assert wall.surroundings.pace == "wall"
    assert wall.trace.digest() == free.trace.digest()
    assert wall.verdicts == free.verdicts
    assert wall.health.closed
    assert (free.health, free.surroundings.host) == (Health(), ())
    assert wall.surroundings.wall >= 300 * MS


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from test_wall import in_real_time, short
from bench.run.execute import execute
from bench.model.instant import MS
plan = in_real_time(short(2500 * MS))
run = execute(plan, lambda now: print("at", now, flush=True))
print("digest", run.trace.digest())
print("late", max((one.late for one in run.health.disturbances), default=0))
"""


def test_a_closed_simulation_that_is_stopped_from_outside_gives_the_same_trace():
    """A real SIGSTOP in mid-run, seen as what it is."""
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("at")
        child.send_signal(signal.SIGSTOP)
        sleep(0.1)
        child.send_signal(signal.SIGCONT)
        told = dict(line.split() for line in child.stdout.read().splitlines())
    assert child.returncode == 0

    assert told["digest"] == execute(short(2500 * MS)).trace.digest()
    assert int(told["late"]) > 50 * MS


def test_ctrl_c_ends_a_run_in_real_time_in_order():
    endless = in_real_time(plan(phase("long", duration=100_000 * S)))
    run = interrupted(endless, 0.1)

    assert run.surroundings.interrupted
    assert not run.trace.complete
    assert run.trace.closed_at < 100_000 * S
    assert list(run.trace.frames.end) == sorted(run.trace.frames.end)


# ---- what a host can do -----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=300))
def test_the_figures_of_a_timer_are_those_of_its_sleeps(late):
    timer = timer_of(late)

    assert timer.worst == max(late)
    for share, figure in ((0.5, timer.p50), (0.99, timer.p99)):
        assert sum(one <= figure for one in late) >= share * len(late)
        assert sum(one < figure for one in late) < share * len(late)


def test_a_host_is_measured_by_its_own_sleeps():
    timer = measure(20 * MS)

    assert 0 <= timer.p50 <= timer.p99 <= timer.worst
    assert timer.sleeps == 20
