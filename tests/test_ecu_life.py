"""One life after another: what ends with the supply, what a reset does, what is kept."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Lone
from networks import message

from bench.clock.calendar import Phase
from bench.clock.kernel import Interrupted
from bench.ecu.ecu import Ports
from bench.ecu.power import Housed
from bench.errors import BenchBug
from bench.model.instant import MS, US
from bench.model.layout import SendType


@dataclass
class Busy:
    """An ECU that uses everything that ports offer, and logs (instant, life, what)."""

    name: str = "A"
    lives: int = 0
    log: list = field(default_factory=list)
    ports: list[Ports] = field(default_factory=list)

    def start(self, ports: Ports) -> None:
        self.lives += 1
        life = self.lives
        self.ports.append(ports)
        ports.memory["starts"] = ports.memory.get("starts", 0) + 1

        def note(what):
            self.log.append((ports.now, life, what))

        self.output = ports.output("B0", "Out")
        self.output.set(Number=ports.memory["starts"])
        self.output.start()
        event = ports.output("B0", "Event")
        tap = ports.tap("B0", "In")
        ports.every(5 * MS, lambda now: note(("task", len(tap.drain()))), first=1 * MS)
        ports.react("B0", "In", 200 * US, lambda now, end, data: note("reaction"))
        ports.after(30 * MS, lambda now: note("time-out"))

        def slow():
            note("boot")
            yield ports.wait(12 * MS)
            note("booted")
            while True:
                yield ports.radio("answer")
                event.set(Number=life)
                event.send()
                note("answered")

        def nested():
            try:
                yield from slow()
            except Interrupted as interrupt:
                note(("interrupted", interrupt.cause))
                raise

        ports.process(nested())
        note("start")


def house(ecu, lone: Lone, chance=None) -> Housed:
    """An ECU in its housing on one bus."""
    memory: dict = {}

    def ports(restart):
        return Ports(
            ecu.name, 0, lone.kernel, {"B0": lone.bus}, {"supply": lambda: 12.0}, memory, lone.recorder, restart,
            lambda request: lone.kernel.timeout(7 * MS), chance,
        )  # fmt: skip

    return Housed(ecu, lone.kernel, 0, ports, (lone.bus,))


def world() -> Lone:
    """The bus of the busy ECU, with In every 4 ms from somebody else."""
    lone = Lone([
        message("B0", "Out", 0x100, cycle=10 * MS, protection="P01"),
        message("B0", "Event", 0x101, send_type=SendType.EVENT, min_delay=2 * MS),
        message("B0", "In", 0x102, cycle=4 * MS),
    ])  # fmt: skip
    other = lone.bus.slot("In", "X")
    lone.at(0, lambda now: lone.bus.start(other, now))
    return lone


def supply(lone: Lone, housed: Housed, *changes: tuple[int, float]) -> None:
    """Voltages at instants in ms, told in the plant's phase."""
    for at, volts in changes:
        lone.at(at * MS, lambda _, volts=volts: housed.supplied(volts), Phase.PLANT)


def test_a_life_does_all_that_it_was_built_for():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0))
    frames = lone.frames(50 * MS)

    out = [frame for frame in frames if frame.name == "Out"]
    assert [(f.release // MS, f.number, f.data[1] & 15) for f in out] == [(n * 10, 1, n) for n in range(5)]
    assert [f.release // MS for f in frames if f.name == "Event"] == [19, 26, 33, 40, 47]
    tasks = [(at // MS, what) for at, _, what in ecu.log if isinstance(what, tuple)]
    assert [at for at, _ in tasks] == list(range(1, 50, 5))
    drained = sum(count for _, (_, count) in tasks)
    assert drained == len([f for f in frames if f.name == "In" and f.end <= 46 * MS])
    assert [at for at, _, what in ecu.log if what == "reaction"] == [f.end + 200 * US for f in frames if f.name == "In"]
    assert [at // MS for at, _, what in ecu.log if what in ("boot", "booted", "time-out")] == [0, 12, 30]


@settings(max_examples=60)
@given(st.lists(st.integers(1, 22), min_size=1, max_size=8))
def test_nothing_of_an_old_life_acts_after_its_end(gaps):
    """Supply on and off at any milliseconds: each entry of the log belongs to the life of its instant."""
    lone, ecu = world(), Busy()
    instants = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    changes = [(at, 12.0 if n % 2 == 0 else 0.0) for n, at in enumerate(instants)]
    supply(lone, house(ecu, lone), *changes)
    frames = lone.frames(200 * MS)

    ends = [*instants[1::2], 190][: len(instants[::2])]
    spans = [(begin * MS, end * MS) for begin, end in zip(instants[::2], ends, strict=True)]
    assert ecu.lives == len(spans)
    for at, life, what in ecu.log:
        begin, end = spans[life - 1]
        assert begin <= at < end or at >= 190 * MS or (at == end and what == ("interrupted", "power"))
    for frame in frames:
        if frame.name != "In" and frame.release < 190 * MS:
            begins = [begin for begin, end in spans if begin <= frame.release < end]
            assert len(begins) == 1
    for life, (begin, end) in enumerate(spans, 1):
        own = [f for f in frames if f.name == "Out" and begin <= f.release < end]
        assert [(f.release, f.number, f.data[1] & 15) for f in own] == [
            (at, life, n % 15) for n, at in enumerate(range(begin, end, 10 * MS))
        ]


def test_only_a_voltage_beyond_the_thresholds_switches():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 6.4), (10, 6.5), (20, 6.0), (30, 5.9), (40, 6.4), (50, 6.6))
    lone.kernel.run_until(70 * MS)

    assert [at // MS for at, _, what in ecu.log if what == "start"] == [10, 50]


def test_memory_survives_and_is_each_lifes_to_write():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0), (20, 0.0), (30, 12.0), (45, 0.0), (60, 12.0))
    lone.kernel.run_until(70 * MS)

    assert ecu.ports[0].memory is ecu.ports[2].memory
    assert ecu.ports[2].memory == {"starts": 3}


@pytest.mark.parametrize("off", [0, 1, 25 * MS])
def test_a_reset_ends_the_life_at_once_and_begins_another_after_its_time(off):
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0))
    lone.at(23 * MS, lambda _: ecu.ports[0].reset(off))
    frames = lone.frames(99 * MS, "Out")

    again = 23 * MS + off
    assert [f.release for f in frames] == [0, 10 * MS, 20 * MS, *range(again, 99 * MS, 10 * MS)]
    assert [f.data[1] & 15 for f in frames] == [0, 1, 2, *range(len(frames) - 3)]
    assert [(at, life) for at, life, what in ecu.log if what == "start"] == [(0, 1), (again, 2)]
    assert [(at, life) for at, life, what in ecu.log if what == ("interrupted", "power")] == [(23 * MS, 1)]


def test_a_reset_asked_by_a_process_of_the_life_itself():
    lone = world()
    log = []

    class Restless:
        name = "A"

        def start(self, ports):
            log.append(("start", ports.now // MS))

            def slow():
                yield ports.wait(10 * MS)
                if ports.now < 20 * MS:
                    ports.reset(5 * MS)
                    yield ports.wait(0)
                    log.append("after the reset")
                yield ports.wait(100 * MS)

            ports.process(slow())

    supply(lone, house(Restless(), lone), (0, 12.0))
    lone.kernel.run_until(60 * MS)
    assert log == [("start", 0), ("start", 15)]


def test_power_that_comes_back_during_a_reset_begins_a_life_and_the_reset_none():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0), (20, 0.0), (30, 12.0))
    lone.at(15 * MS, lambda _: ecu.ports[0].reset(40 * MS))
    lone.kernel.run_until(90 * MS)

    assert [at // MS for at, _, what in ecu.log if what == "start"] == [0, 30]


def test_a_second_reset_is_not_cut_short_by_the_first():
    """The rise that belonged to a life before the power was lost must not end the pause of a later reset."""
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0), (20, 0.0), (30, 12.0))
    lone.at(10 * MS, lambda _: ecu.ports[0].reset(50 * MS))
    lone.at(40 * MS, lambda _: ecu.ports[1].reset(60 * MS))
    lone.kernel.run_until(150 * MS)

    assert [at // MS for at, _, what in ecu.log if what == "start"] == [0, 30, 100]


def test_without_power_a_reset_does_not_bring_the_unit_back():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0), (20, 0.0))
    lone.at(15 * MS, lambda _: ecu.ports[0].reset(10 * MS))
    lone.kernel.run_until(90 * MS)

    assert [at // MS for at, _, what in ecu.log if what == "start"] == [0]


def test_two_resets_of_one_instant_are_one():
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0))
    lone.at(15 * MS, lambda _: (ecu.ports[0].reset(10 * MS), ecu.ports[0].reset(10 * MS)))
    lone.kernel.run_until(90 * MS)

    assert [at // MS for at, _, what in ecu.log if what == "start"] == [0, 25]


def test_a_process_of_a_life_that_ends_in_its_first_instant_never_begins():
    """SimPy starts processes later in the instant; by then the life is over and its ports must not be used."""
    lone, log = world(), []

    class ShortLived:
        name = "A"
        lives = 0

        def start(self, ports):
            self.lives += 1
            life = self.lives

            def slow():
                log.append((life, "began"))
                ports.output("B0", "Out").start()
                yield ports.wait(1 * MS)

            ports.process(slow())
            if life == 1:
                ports.reset(20 * MS)

    supply(lone, house(ShortLived(), lone), (0, 12.0))
    frames = lone.frames(50 * MS, "Out")

    assert log == [(2, "began")]
    assert [f.release // MS for f in frames] == [20, 30, 40]


def test_what_waits_for_the_bus_goes_down_with_its_sender():
    """The mailbox is emptied; a frame that is on the wire already ends."""
    lone, ecu = world(), Busy()
    supply(lone, house(ecu, lone), (0, 12.0))
    high = lone.bus.slot("In", "X")
    lone.at(19 * MS + 990 * US, lambda now: lone.bus.send(high, now))
    lone.at(20 * MS + 10 * US, lambda _: ecu.ports[0].reset(50 * MS))
    frames = lone.frames(60 * MS, "Out")

    assert [f.release // MS for f in frames] == [0, 10]


@pytest.mark.parametrize("where", ["start", "task", "process", "reaction", "after"])
def test_an_exception_in_an_ecu_is_never_swallowed(where):
    lone = world()

    class Broken:
        name = "A"

        def start(self, ports):
            def fail(*_):
                raise BenchBug(f"broken in {where}")

            def slow():
                yield ports.wait(1 * MS)
                fail()

            match where:
                case "start":
                    fail()
                case "task":
                    ports.every(5 * MS, fail)
                case "process":
                    ports.process(slow())
                case "reaction":
                    ports.react("B0", "In", 1 * MS, fail)
                case "after":
                    ports.after(5 * MS, fail)

    supply(lone, house(Broken(), lone), (0, 12.0))
    with pytest.raises(BenchBug, match=f"broken in {where}"):
        lone.kernel.run_until(50 * MS)


def test_an_exception_while_a_process_is_interrupted_comes_out_too():
    lone = world()

    class Clumsy:
        name = "A"

        def start(self, ports):
            def slow():
                try:
                    yield ports.wait(100 * MS)
                finally:
                    raise BenchBug("broken while ending")

            ports.process(slow())

    supply(lone, house(Clumsy(), lone), (0, 12.0), (20, 0.0))
    with pytest.raises(BenchBug, match="broken while ending"):
        lone.kernel.run_until(50 * MS)
