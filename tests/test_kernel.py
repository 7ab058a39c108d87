"""The kernel: one order at one instant, integer time, and nothing that goes wrong vanishes."""

from threading import Event as Flag
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_bus import Lone
from networks import message

from bench.clock.calendar import FOREVER, Phase
from bench.clock.kernel import Interrupted, Kernel
from bench.errors import BenchBug, RigError
from bench.model.instant import MS, US, S


class Awkward(Exception):
    """An error that cannot be made from its own args."""

    def __init__(self, place: str, number: int) -> None:
        super().__init__(f"{place} broke {number} times")


# ---- order ------------------------------------------------------------------------------------------------------


def test_at_one_instant_causes_come_before_effects():
    """Frame ends, scenario, plant, time-outs, processes until quiet, tasks, then the release of what they asked for."""
    messages = [message("B0", "M", 0x10, cycle=10 * MS), message("B0", "E", 0x20)]
    probe = Lone(messages)
    probe.start("M")
    end = probe.frames(9 * MS)[0].end

    lone, log = Lone(messages), []
    lone.start("M")
    event = lone.slot("E")
    lone.at(0, lambda _: lone.bus.live("M", lambda now, ended, data: log.append("frame end")))

    def process():
        yield lone.kernel.timeout(end)
        log.append("process")
        yield lone.kernel.timeout(0)
        log.append("process again")

    lone.kernel.process(process())
    for phase in reversed(list(Phase)[1:]):
        lone.at(end, lambda _, phase=phase: (log.append(phase.name), event.put("Number", phase)), phase)
    lone.at(end, lambda now: lone.bus.send(event, now), Phase.SCENARIO)
    (sent,) = lone.frames(9 * MS, "E")

    processes = ["process", "process again"]
    assert log == ["frame end", "SCENARIO", "PLANT", "TIMEOUT", "PROCESS", *processes, "TASK", "RELEASE", "ARBITRATION"]
    assert (sent.release, sent.number) == (end, Phase.ARBITRATION)


def test_a_task_that_wakes_a_process_waits_until_it_is_quiet():
    """Rounds within an instant: whatever a call brings about now comes before the calls of later phases."""
    kernel, log = Kernel(), []
    event = kernel.event()

    def process():
        yield event
        log.append("process")
        kernel.calendar.at(5, Phase.SCENARIO, (), lambda _: log.append("scenario"))
        yield kernel.timeout(0)
        log.append("process after the scenario")

    kernel.process(process())
    kernel.calendar.at(5, Phase.TASK, (0,), lambda _: (log.append("task 0"), event.succeed()))
    kernel.calendar.at(5, Phase.TASK, (1,), lambda _: log.append("task 1"))
    kernel.run_until(6)

    assert log == ["task 0", "process", "scenario", "process after the scenario", "task 1"]


def test_a_release_takes_what_the_last_task_of_its_instant_set():
    lone = Lone([message("B0", "M", 0x10, cycle=10 * MS)])
    slot = lone.start("M")
    for rank, number in ((2, 30), (0, 10), (1, 20)):
        lone.kernel.calendar.at(10 * MS, Phase.TASK, (rank,), lambda _, n=number: slot.put("Number", n))

    assert [frame.number for frame in lone.frames(15 * MS)] == [0, 30]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(list(Phase)), st.integers(0, 2)), max_size=25))
def test_calls_and_time_outs_of_any_instants_come_in_one_order(bookings):
    """`Phase.PROCESS` here stands for a real SimPy event; equal keys keep the order of asking."""
    kernel, log = Kernel(), []
    for ordinal, (at, phase, rank) in enumerate(bookings):
        if phase is Phase.PROCESS:
            key = (at, phase, 0, ordinal)
            kernel.timeout(at).callbacks.append(lambda _, key=key: log.append((int(kernel.now), key)))
        else:
            key = (at, phase, rank, ordinal)
            kernel.calendar.at(at, phase, (rank,), lambda now, key=key: log.append((now, key)))
    kernel.run_until(40)

    assert [key for _, key in log] == sorted(key for _, key in log)
    assert len(log) == len(bookings)
    assert all(now == key[0] for now, key in log)


# ---- time -------------------------------------------------------------------------------------------------------


def test_integer_time_stays_exact_over_a_million_steps():
    kernel, turns = Kernel(), [0, 0]

    def count(at):
        turns[:] = turns[0] + 1, at

    kernel.calendar.every(0, 33_333_333, Phase.TASK, (), count)

    def process():
        for _ in range(1_000):
            yield kernel.timeout(7_777_777_777)
        assert kernel.now == 1_000 * 7_777_777_777

    kernel.process(process())
    end = 1_000_000 * 33_333_333
    kernel.run_until(end)

    assert kernel.now == end
    assert type(kernel.now) is int
    assert turns == [1_000_000, 999_999 * 33_333_333]


@given(st.lists(st.integers(0, 50), max_size=8))
def test_a_run_in_pieces_is_the_same_as_a_run_in_one(cuts):
    """Everything before `end` is done, what is due at it is for the next piece."""

    def played(instants):
        lone = Lone([message("B0", "M", 0x10, cycle=3 * MS), message("B0", "N", 0x20, cycle=2 * MS)])
        slot = lone.start("M")
        lone.start("N")
        lone.bus.react("N", "L", 300 * US, lambda now, end, data: slot.put("Number", now // 1000 % 65536))
        for instant in instants:
            lone.kernel.run_until(instant)
        return lone.run(50 * MS).digest()

    assert played([]) == played(sorted(cut * MS for cut in cuts))


def test_what_is_due_at_the_end_waits_for_the_next_piece():
    kernel, log = Kernel(), []
    kernel.calendar.at(10, Phase.FRAME_END, (), log.append)
    kernel.run_until(10)
    assert (log, kernel.now) == ([], 10)

    kernel.run_until(11)
    assert log == [10]


def test_nothing_is_booked_in_the_past():
    """From outside a run, from a call, and on a bus: each is the bench's own mistake and is told as one."""
    kernel = Kernel()
    kernel.run_until(100)
    kernel.calendar.at(99, Phase.TASK, (), print)
    with pytest.raises(BenchBug, match="booked at 99 ns, but it is 100 ns already"):
        kernel.run_until(200)

    kernel = Kernel()
    kernel.calendar.at(100, Phase.TASK, (), lambda now: kernel.calendar.at(now - 1, Phase.TASK, (), print))
    with pytest.raises(BenchBug, match="booked at 99 ns, but it is 100 ns already"):
        kernel.run_until(200)

    lone = Lone([message("B0", "M", 0x10)])
    lone.at(100, lambda now: lone.bus.send(lone.slot("M"), now - 1))
    with pytest.raises(BenchBug, match=r"B0\.M was booked at 99 ns, but B0 is at 100 ns"):
        lone.kernel.run_until(200)


def test_time_does_not_run_backwards():
    kernel = Kernel()
    kernel.run_until(100)

    with pytest.raises(BenchBug, match="until 99 ns, but it is 100 ns"):
        kernel.run_until(99)
    kernel.run_until(100)
    assert kernel.now == 100


def test_stop_ends_the_run_after_the_call_that_is_served():
    kernel, log = Kernel(), []
    kernel.calendar.at(5, Phase.TASK, (0,), lambda now: (log.append(now), kernel.stop()))
    kernel.calendar.at(5, Phase.TASK, (1,), log.append)
    kernel.run_until(100)

    assert log == [5]
    assert kernel.now == 5
    kernel.run_until(100)
    assert log == [5]


def test_a_run_without_anything_to_do_comes_to_its_end():
    kernel = Kernel()
    kernel.run_until(FOREVER)
    assert kernel.now == FOREVER


# ---- the door for the outside -----------------------------------------------------------------------------------


def test_calls_from_threads_are_all_served_at_the_present_instant():
    kernel, served = Kernel(), []
    kernel.run_until(50)
    threads = [
        Thread(
            target=lambda base=base: [kernel.admit(lambda now, n=base + i: served.append((n, now))) for i in range(100)]
        )
        for base in (0, 1000, 2000, 3000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kernel.run_until(60)

    assert sorted(n for n, _ in served) == sorted(base + i for base in (0, 1000, 2000, 3000) for i in range(100))
    assert {now for _, now in served} == {50}
    for base in (0, 1000, 2000, 3000):
        own = [n for n, _ in served if base <= n < base + 1000]
        assert own == sorted(own)


def test_a_call_admitted_in_mid_run_is_served_before_time_moves_on():
    """The thread is joined at 30, so the call is in the inbox when the kernel looks for what is next."""
    kernel, served = Kernel(), []

    def outside(_):
        thread = Thread(target=lambda: kernel.admit(served.append))
        thread.start()
        thread.join()

    kernel.calendar.at(30, Phase.TASK, (), outside)
    kernel.calendar.at(70, Phase.TASK, (), lambda _: served.append("later"))
    kernel.run_until(100)

    assert served == [30, "later"]


def test_an_admitted_call_can_send_and_wake_processes():
    lone = Lone([message("B0", "M", 0x10)])
    event, log = lone.kernel.event(), []

    def process():
        yield event
        log.append(int(lone.kernel.now))

    lone.kernel.process(process())
    lone.kernel.run_until(2 * MS)
    lone.kernel.admit(lambda now: (event.succeed(), lone.bus.send(lone.slot("M"), now)))

    assert [frame.release for frame in lone.frames(5 * MS)] == [2 * MS]
    assert log == [2 * MS]


def test_an_exception_of_an_admitted_call_comes_out():
    kernel = Kernel()

    def fail(_):
        raise RigError("the relay is stuck")

    kernel.admit(fail)
    with pytest.raises(RigError, match="the relay is stuck"):
        kernel.run_until(10)


# ---- work on threads --------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6))
def test_offloaded_work_is_done_exactly_at_its_modelled_instant(delays):
    """Whatever the threads do, results come at their instants and in the order of asking."""
    kernel, done = Kernel(), []

    def ask(number, delay):
        result = yield kernel.offload(lambda: number * number, delay * MS)
        done.append((int(kernel.now), result))

    for number, delay in enumerate(delays):
        kernel.process(ask(number, delay))
    kernel.run_until(1 * S)
    kernel.close()

    assert done == sorted((delay * MS, number * number) for number, delay in enumerate(delays))


def test_simulated_time_waits_for_work_that_is_not_done():
    """The work needs a flag that is set from a thread; nothing after its instant happens before."""
    kernel, flag, log = Kernel(), Flag(), []

    def ask():
        result = yield kernel.offload(lambda: flag.wait(timeout=60), 5)
        log.append((int(kernel.now), result))

    kernel.process(ask())
    kernel.calendar.at(4, Phase.TASK, (), lambda _: Thread(target=flag.set).start())
    kernel.calendar.at(6, Phase.TASK, (), lambda now: log.append((now, "after")))
    kernel.run_until(10)
    kernel.close()

    assert log == [(5, True), (6, "after")]


@pytest.mark.parametrize(
    "failure, expected, words",
    [
        (RigError("no answer"), RigError, "no answer"),
        (Awkward("supply", 3), RuntimeError, "Awkward: supply broke 3 times"),
    ],
)
def test_a_failure_of_the_work_is_raised_in_the_process_that_waits(failure, expected, words):
    """Also one that SimPy could not copy, which it would hide behind a TypeError of its own."""
    kernel, caught = Kernel(), []

    def work():
        raise failure

    def ask():
        try:
            yield kernel.offload(work, 7)
        except expected as error:
            caught.append((int(kernel.now), str(error)))

    kernel.process(ask())
    kernel.run_until(10)
    kernel.close()

    assert caught == [(7, words)]


def test_a_failure_of_work_that_nobody_waits_for_ends_the_run():
    kernel = Kernel()

    def work():
        raise RigError("no answer")

    kernel.offload(work, 7)
    with pytest.raises(RigError, match="no answer"):
        kernel.run_until(10)
    kernel.close()
    assert kernel.now == 7


# ---- failures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [BenchBug("broken promise"), Awkward("valve", 2), KeyError("door"), KeyboardInterrupt()]
)
def test_an_exception_in_a_process_comes_out_as_itself(failure):
    """Not as SimPy's copy of it, which some errors cannot be made of."""
    kernel = Kernel()

    def process():
        yield kernel.timeout(5)
        raise failure

    kernel.process(process())
    with pytest.raises(type(failure)) as caught:
        kernel.run_until(10)

    assert caught.value is failure
    assert kernel.now == 5


def test_an_exception_keeps_its_cause():
    kernel = Kernel()

    def process():
        yield kernel.timeout(5)
        try:
            {}["gear"]
        except KeyError as error:
            raise BenchBug("no gear") from error

    kernel.process(process())
    with pytest.raises(BenchBug, match="no gear") as caught:
        kernel.run_until(10)
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_exception_in_a_process_that_another_one_waits_for_is_for_that_one():
    kernel, caught = Kernel(), []

    def inner():
        yield kernel.timeout(5)
        raise RigError("inner")

    def outer():
        try:
            yield kernel.process(inner())
        except RigError as error:
            caught.append((int(kernel.now), str(error)))

    kernel.process(outer())
    kernel.run_until(10)
    assert caught == [(5, "inner")]


@pytest.mark.parametrize("phase", list(Phase))
def test_an_exception_in_a_call_of_any_phase_comes_out(phase):
    kernel = Kernel()

    def fail(_):
        raise BenchBug("in a call")

    kernel.calendar.at(5, phase, (), fail)
    with pytest.raises(BenchBug, match="in a call"):
        kernel.run_until(10)


@pytest.mark.parametrize("latency", [0, 200 * US])
def test_an_exception_in_a_reaction_comes_out(latency):
    lone = Lone([message("B0", "M", 0x10, cycle=10 * MS)])
    lone.start("M")

    def fail(now, end, data):
        raise BenchBug("in a reaction")

    lone.bus.react("M", "L", latency, fail)
    with pytest.raises(BenchBug, match="in a reaction"):
        lone.kernel.run_until(10 * MS)


def test_an_interrupted_process_may_go_on_and_one_that_does_not_ends_the_run():
    kernel, log = Kernel(), []

    def tough():
        try:
            yield kernel.timeout(100)
        except Interrupted:
            log.append(int(kernel.now))
        yield kernel.timeout(1)
        log.append(int(kernel.now))

    process = kernel.process(tough())
    kernel.calendar.at(5, Phase.TIMEOUT, (), lambda _: process.interrupt("power"))
    kernel.run_until(10)
    assert log == [5, 6]
