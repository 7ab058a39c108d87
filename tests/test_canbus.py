"""A bus on an interface where things go wrong: the host stands still, there is no room, the interface goes away."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import sleep
from uuid import uuid4

import can
import pytest
from can.interfaces import BACKENDS
from lone_bus import seen
from networks import message

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.errors import RigError
from bench.model.health import Health
from bench.model.instant import MS
from bench.model.layout import BusLayout, MessageLayout, SendType
from bench.model.plan import InterfacePlan
from bench.model.trace import Trace
from bench.wire.canbus import CanBus
from bench.wire.inline import Crossing
from bench.wire.port import Port, interfaces, open_port, options
from bench.wire.recorder import Recorder

FAST = message("B0", "Fast", 0x100, cycle=10 * MS, protection="P01")
MIXED = message("B0", "Mixed", 0x102, cycle=60 * MS, offset=30 * MS, send_type=SendType.CYCLIC_EVENT, min_delay=18 * MS)
SLOW = message("B0", "Slow", 0x101, cycle=120 * MS, offset=5 * MS)
EVENT = message("B0", "Event", 0x102)


class Bench:
    """A kernel in real time with one bus on an interface of python-can."""

    def __init__(self, *messages: MessageLayout, interface: str = "virtual", channels: tuple[str, ...] = ()) -> None:
        self.layout = BusLayout("B0", 500_000, 2_000_000, ("A", "B"), messages)
        self.channels = channels or (str(uuid4()),)
        plan = InterfacePlan("B0", interface, self.channels)
        self.ports = [open_port(plan, self.layout, channel) for channel in self.channels]
        self.wall = Wall()
        self.kernel = Kernel(self.wall)
        self.recorder = Recorder()
        self.broken: Exception | None = None
        self.listen_only = False

    def open(self) -> CanBus:
        """The bus."""
        port: Port | Crossing = Crossing(*self.ports) if len(self.ports) > 1 else self.ports[0]
        self.bus = CanBus(self.layout, self.kernel, self.wall, self.recorder, port, listen_only=self.listen_only)
        self.kernel.add(self.bus)
        return self.bus

    def at(self, instant: int, call: object) -> None:
        """Book a call."""
        self.kernel.calendar.at(instant, Phase.TASK, (), call)  # type: ignore[arg-type]

    def run(self, until: int) -> tuple[Trace, Health]:
        """Run, and close everything whatever happens."""
        self.wall.begin()
        self.bus.begin()
        try:
            self.kernel.run_until(until)
        except (RigError, ZeroDivisionError) as failure:
            self.broken = failure
        finally:
            self.wall.end()
            self.bus.close()
        end = int(self.kernel.now)
        return self.recorder.close(end, not self.broken), self.bus.health(end)


def test_a_host_that_stands_still_skips_releases_and_counts_them() -> None:
    """No burst afterwards; what was due is sent or skipped; the counter knows nothing of skipped releases."""
    bench = Bench(FAST, SLOW)
    bus = bench.open()
    for name in ("Fast", "Slow"):
        bus.start(bus.slot(name, "A"), 0)
    bench.at(101 * MS, lambda _: sleep(0.060))  # the host stands still

    trace, health = bench.run(300 * MS)

    fast = [one for one in seen(trace, bench.layout.messages) if one.name == "Fast"]
    of = {one.message: one for one in health.punctuality}
    assert of["Fast"].skipped >= 5
    assert of["Fast"].due == 30 == of["Fast"].sent + of["Fast"].skipped == len(fast) + of["Fast"].skipped
    assert (of["Slow"].due, of["Slow"].skipped) == (3, 0)
    assert all(after.end - before.end >= FAST.cycle // 2 for before, after in pairwise(fast))
    assert [one.data[1] & 15 for one in fast] == [n % 15 for n in range(len(fast))]
    skipped = [one for one in health.disturbances if one.kind == "skipped"]
    assert {one.message for one in skipped} == {"Fast"}
    assert any(one.start == 110 * MS and one.end == 120 * MS for one in skipped)


def test_a_release_that_is_late_by_less_than_its_cycle_is_sent_and_the_next_is_put_off() -> None:
    """Nothing is left out, no two frames are closer than half the cycle, and both delays are in the accounts."""
    bench = Bench(SLOW)
    bus = bench.open()
    bus.start(bus.slot("Slow", "A"), 0)
    bench.at(244 * MS, lambda _: sleep(0.086))  # so that the release at 245 ms comes at 330 ms

    trace, health = bench.run(500 * MS)

    slow = seen(trace, bench.layout.messages)
    (kept,) = health.punctuality
    assert (kept.due, kept.sent, kept.skipped) == (5, 5, 0)
    assert [one.release for one in slow] == [5 * MS, 125 * MS, 245 * MS, 365 * MS, 485 * MS]
    assert slow[2].end >= 330 * MS
    assert all(after.end - before.end >= SLOW.cycle // 2 for before, after in pairwise(slow))
    assert any(one.kind == "late" and one.start == 365 * MS and one.late >= 25 * MS for one in health.disturbances)


def test_a_release_that_was_put_off_keeps_the_minimum_delay() -> None:
    """It counts from when the late one really went out, and the one put off is not held to its old instant."""
    bench = Bench(MIXED, FAST)
    bus = bench.open()
    for name in ("Mixed", "Fast"):
        bus.start(bus.slot(name, "A"), 0)
    bench.at(149 * MS, lambda _: sleep(0.050))  # so that the release at 150 ms comes at 199 ms

    trace, health = bench.run(400 * MS)

    mixed = [one for one in seen(trace, bench.layout.messages) if one.name == "Mixed"]
    (kept,) = (one for one in health.punctuality if one.message == "Mixed")
    assert (kept.due, kept.skipped) == (len(mixed), 0)
    assert all(after.end - before.end >= MIXED.min_delay for before, after in pairwise(mixed))


def test_an_interface_that_goes_away_ends_the_run_with_its_name_and_a_remedy() -> None:
    """What was recorded until then is kept."""
    bench = Bench(FAST)
    bus = bench.open()
    bus.start(bus.slot("Fast", "A"), 0)
    bench.at(55 * MS, lambda _: bench.ports[0].close())

    trace, health = bench.run(2000 * MS)

    assert isinstance(bench.broken, RigError)
    assert f"B0: the interface virtual {bench.channels[0]} is gone" in str(bench.broken)
    assert "connect it" in str(bench.broken)
    assert bench.kernel.now < 2000 * MS
    assert len(trace.frames) >= 1
    assert [one.kind for one in health.disturbances].count("gone") == 1


def test_what_the_reader_raises_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in the thread is raised on the kernel, with the traceback of the thread."""
    bench = Bench(FAST)
    bench.ports[0].recv = lambda _: 1 / 0  # type: ignore[method-assign,assignment]
    bus = bench.open()
    bus.start(bus.slot("Fast", "A"), 0)

    bench.run(2000 * MS)

    assert isinstance(bench.broken, ZeroDivisionError)
    assert bench.kernel.now < 2000 * MS


def test_an_error_frame_is_recorded_with_its_cause() -> None:
    """As a socket tells it: the class of the error in the id, its details in the bytes."""
    bench = Bench(FAST)
    bench.open()
    other = can.Bus(interface="virtual", channel=bench.channels[0])
    told = [
        (0x20, bytes(8)),
        (0x08, b"\0\0\x04\0\0\0\0\0"),
        (0x08, b"\0\0\0\x08\0\0\0\0"),
        (0x04, b"\0\x20\0\0\0\0\0\0"),
        (0x40, bytes(8)),
    ]

    def tell(_: int) -> None:
        for kind, data in told:
            other.send(can.Message(arbitration_id=kind, data=data, is_error_frame=True, is_extended_id=False))

    bench.at(20 * MS, tell)
    trace, _ = bench.run(60 * MS)
    other.shutdown()

    assert [(one.what, one.name, one.text) for one in trace.occurrences] == [
        ("error_frame", "B0", "acknowledgement"),
        ("error_frame", "B0", "stuff"),
        ("error_frame", "B0", "crc"),
        ("error_state", "B0", "error-passive"),
        ("error_state", "B0", "bus-off"),
    ]
    assert len(trace.frames) == 0


def test_where_the_bench_only_listens_it_sends_nothing() -> None:
    """A release there is a mistake in the rig and ends the run."""
    bench = Bench(EVENT)
    bench.listen_only = True
    bus = bench.open()
    other = can.Bus(interface="virtual", channel=bench.channels[0])
    bench.at(10 * MS, lambda now: bus.send(bus.slot("Event", "A"), now))

    bench.run(2000 * MS)
    heard = other.recv(0)
    other.shutdown()

    assert heard is None
    assert "only listens" in str(bench.broken)


# ---- an interface of somebody else -----------------------------------------------------------------------------------


class Crowded(can.BusABC):
    """A plug-in's interface that has no room for a while: `full` sends fail, then all go through, then none."""

    full = 3

    def __init__(self, channel: str, patience: int = 0) -> None:
        super().__init__(channel=channel)
        self.sent: list[bytes] = []
        self.left = int(patience) or self.full

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Take one or say that there is no room."""
        if self.left:
            self.left -= 1
            raise can.CanOperationError("Transmit buffer full")
        self.sent.append(bytes(msg.data))

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        sleep(0.005)
        return None, False


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its name, as a plug-in would bring it."""
    monkeypatch.setitem(BACKENDS, "crowded", (__name__, "Crowded"))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    yield "crowded"


def test_what_has_no_room_is_offered_again(crowded: str) -> None:
    """Three refusals, and the frame still goes out once."""
    bench = Bench(EVENT, interface=crowded)
    bus = bench.open()
    bench.at(10 * MS, lambda now: bus.send(bus.slot("Event", "A"), now))

    trace, health = bench.run(100 * MS)

    assert len(trace.frames) == 1
    assert [one for one in health.disturbances if one.kind == "lost"] == []


def test_what_never_finds_room_is_lost_and_told(crowded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each release that did not go out is counted, and none stays in a queue."""
    monkeypatch.setattr(Crowded, "full", 10_000)
    bench = Bench(FAST, interface=crowded)
    bus = bench.open()
    bus.start(bus.slot("Fast", "A"), 0)

    trace, health = bench.run(95 * MS)

    (fast,) = health.punctuality
    lost = [one for one in health.disturbances if one.kind == "lost"]
    assert len(trace.frames) == 0
    assert (fast.due, fast.sent) == (10, 0)
    assert fast.skipped + fast.lost == 10
    assert len(lost) == fast.lost
    assert all("Transmit buffer full" in one.text or "had no room for it" in one.text for one in lost)


def test_a_plug_in_is_an_interface_like_any_other(crowded: str) -> None:
    """By its name and its own options."""
    assert "crowded" in interfaces()
    assert options("crowded") == ("patience",)


def test_an_unknown_interface_is_told_with_those_that_there_are() -> None:
    """One error, before anything runs."""
    with pytest.raises(RigError, match=r"no interface 'cantastic'; it has .*socketcan.*virtual"):
        options("cantastic")


def test_an_interface_that_cannot_be_opened_is_told() -> None:
    """Its name, the reason and a remedy; python-can's own words stay behind it."""
    plan = InterfacePlan("B0", "slcan", (str(Path("/no/such/tty")),))

    with pytest.raises(RigError, match=r"B0: the interface slcan /no/such/tty cannot be opened .* the rig file"):
        open_port(plan, BusLayout("B0", 500_000, 0, ("A",), ()))


# ---- in between -----------------------------------------------------------------------------------------------------


def test_in_between_every_frame_goes_over_once_with_the_faults_on_it() -> None:
    """From either half to the other; what the bench sends goes to both; a fault lies on the way."""
    bench = Bench(FAST, EVENT, channels=(str(uuid4()), str(uuid4())))
    bus = bench.open()
    left, right = (can.Bus(interface="virtual", channel=channel) for channel in bench.channels)
    from bench.network.protection import protector

    assert FAST.protection is not None
    protect = protector(FAST.protection, FAST.length)
    for turn in range(20):
        data = protect(bytes(8), turn % 15)
        bench.at((10 + 10 * turn) * MS, lambda _, data=data: left.send(can.Message(arbitration_id=0x100, data=data, is_extended_id=False)))  # fmt: skip  # noqa: E501
    bench.at(15 * MS, lambda _: right.send(can.Message(arbitration_id=0x1F0, data=b"\x07", is_extended_id=True)))
    bench.at(25 * MS, lambda now: bus.send(bus.slot("Event", "A"), now))
    slot = bus.slot_of("Fast")
    bench.at(105 * MS, lambda _: setattr(slot, "fault", lambda one, _: None))
    bench.at(155 * MS, lambda _: setattr(slot, "fault", lambda one, _: one.complete(one.counter)[0][:-1] + b"\x55"))
    bench.at(185 * MS, lambda _: setattr(slot, "fault", None))
    trace, health = bench.run(250 * MS)

    to_right, to_left = (drained(one) for one in (right, left))
    crossed = [bytes(one.data) for one in to_right if one.arbitration_id == 0x100]
    whole = [protect(bytes(8), turn % 15) for turn in range(20)]
    expected = [*whole[:10], *(data[:-1] + b"\x55" for data in whole[15:18]), *whole[18:]]
    assert crossed == expected
    assert [bytes(one.data) for one in to_left if one.arbitration_id == 0x1F0] == [b"\x07"]
    assert [one.arbitration_id for one in (*to_left, *to_right)].count(0x102) == 2
    rows = seen(trace, bench.layout.messages)
    assert [one.data for one in rows if one.name == "Fast"] == expected
    assert all(one.end > one.release for one in rows)
    (fast,) = (one for one in health.punctuality if one.message == "Fast")
    assert fast.due == 20
    assert fast.p50 > 0  # the latency of the bench in between


def drained(bus: can.BusABC) -> list[can.Message]:
    """What lies in a receiver's queue; closes it."""
    messages = []
    while (one := bus.recv(0)) is not None:
        messages.append(one)
    bus.shutdown()
    return messages
