"""Faults on messages and nodes, seen by a receiver that decodes for itself."""

from heapq import heapify, heappush
from types import SimpleNamespace

import pytest
import simpy
import test_wire_oracle as oracle
from event_driven import ARBITRATE, RELEASE, EventDrivenBus, later
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Lone, Seen, counter, crc_right
from networks import Network, message, networks

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.model.instant import MS, US
from bench.model.layout import SendType
from bench.model.stimulus import At, Fault
from bench.model.trace import Trace
from bench.network.timing import frame_timer
from bench.wire.faults import NodeOff, SlotFault
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus
from bench.wire.slot import Slot

BOTH = SendType.CYCLIC_EVENT


def lay(lone: Lone, kind: str, begin: int, **rest) -> list[int]:
    """Lay a fault on M as a scenario does, in the scenario's phase; gives a list that will hold its end."""
    fault = Fault("F", kind, At(0), "B0", "M", **rest)
    ended: list[int] = []
    calendar = lone.kernel.calendar

    def end(now: int) -> None:
        active.end(now)
        ended.append(now)

    def start(now: int) -> None:
        nonlocal active
        active = SlotFault(fault, lone.bus, lambda at: calendar.at(at, Phase.SCENARIO, (0,), end))
        active.begin(now)
        if fault.duration is not None:
            calendar.at(now + fault.duration, Phase.SCENARIO, (0,), end)

    active: SlotFault
    calendar.at(begin, Phase.SCENARIO, (1,), start)
    return ended


def one_message(protection: str = "P01", **rest) -> Lone:
    """M every 10 ms, and a little traffic beside it."""
    lone = Lone(
        [
            message("B0", "M", 0x100, cycle=10 * MS, protection=protection, **rest),
            message("B0", "N", 0x80, cycle=3 * MS),
        ]
    )
    lone.start("M")
    lone.start("N")
    return lone


def counters(frames: list[Seen], protection: str) -> list[int]:
    """Alive counters of frames."""
    return [frame.data[2] if protection == "P05" else frame.data[1] & 15 for frame in frames]


PROFILES = pytest.mark.parametrize("protection", ["P01", "P02", "P05"])
SPANS = st.tuples(st.integers(0, 80), st.integers(1, 60))

# ---- one fault --------------------------------------------------------------------------------------------------


@given(SPANS)
def test_a_window_is_half_open(span):
    """What is released in [begin, end) is dropped, nothing else; the sender counts on."""
    begin, length = span
    lone = one_message()
    lay(lone, "drop", begin * MS, duration=length * MS)
    frames = lone.frames(200 * MS, "M")

    grid = range(0, 200, 10)
    kept = [at for at in grid if not begin <= at < begin + length]
    assert [frame.release // MS for frame in frames] == kept
    assert counters(frames, "P01") == [at // 10 % 15 for at in kept]


@given(st.integers(0, 80), st.integers(1, 9), st.sampled_from(["drop", "corrupt", "crc_wrong", "counter_freeze"]))
def test_a_fault_with_a_count_hits_exactly_so_many_frames(begin, count, kind):
    """And ends 1 ns after the last of them: after its end on the wire, or after its release where it is dropped."""
    lone = one_message()
    bits = (30,) if kind == "corrupt" else ()
    ended = lay(lone, kind, begin * MS, count=count, bits=bits, back="correct")
    frames = lone.frames(250 * MS, "M")

    first = -(-begin // 10) * 10
    hit = range(first, first + 10 * count, 10)
    protection = lone.layout.message("M").protection
    healthy = {
        frame.release // MS
        for frame in frames
        if crc_right(protection, frame.data) and counter(protection, frame.data) == frame.release // (10 * MS) % 15
    }
    assert healthy | set(hit) == set(range(0, 250, 10))
    # A frozen counter shows only from the second frame on when it stands at the value of the first; here it never does,
    # except where nothing was sent before and the first value is the one that is due.
    shown = [at for at in hit if at not in healthy]
    assert shown == list(hit) if kind != "counter_freeze" or first else shown == list(hit)[1:]
    last = {frame.release // MS: frame.end for frame in frames}.get(hit[-1], hit[-1] * MS)
    assert ended == [last + 1]


@PROFILES
def test_corrupt_inverts_just_these_bits(protection):
    lone = one_message(protection)
    lay(lone, "corrupt", 20 * MS, duration=10 * MS, bits=(0, 25, 39))
    good, bad = lone.frames(35 * MS, "M")[1:3]

    assert protection == "P05" or crc_right(lone.layout.message("M").protection, good.data)
    sent = bytearray(bad.data)
    for bit in (0, 25, 39):
        sent[bit // 8] ^= 1 << bit % 8
    assert crc_right(lone.layout.message("M").protection, bytes(sent))
    assert not crc_right(lone.layout.message("M").protection, bad.data)
    assert counters([good, bad], protection) == [1, 2]


@PROFILES
def test_crc_wrong_leaves_content_and_counter(protection):
    lone = one_message(protection)
    lone.slot("M")
    slot = lone.start("M")
    slot.put("Number", 4711)
    lay(lone, "crc_wrong", 20 * MS, count=3)
    frames = lone.frames(75 * MS, "M")

    right = [crc_right(slot.layout.protection, frame.data) for frame in frames]
    assert right == [True, True, False, False, False, True, True, True]
    assert counters(frames, protection) == list(range(8))
    assert {frame.number for frame in frames} == {4711}


@PROFILES
@pytest.mark.parametrize("back, after", [("continue", [2, 3, 4]), ("correct", [5, 6, 7])])
def test_a_frozen_counter_stands_and_then_goes_on(protection, back, after):
    """`continue` counts on from where it stood, `correct` as if it had never stood; the CRC is right throughout."""
    lone = one_message(protection)
    lay(lone, "counter_freeze", 15 * MS, duration=30 * MS, back=back)
    frames = lone.frames(75 * MS, "M")

    assert counters(frames, protection) == [0, 1, 1, 1, 1, *after]
    assert all(crc_right(lone.layout.message("M").protection, frame.data) for frame in frames)


def test_content_still_changes_while_the_counter_is_frozen():
    lone = one_message()
    slot = lone.bus.slot_of("M")
    lay(lone, "counter_freeze", 15 * MS, duration=30 * MS)
    for n in range(6):
        lone.at(n * 10 * MS, lambda _, n=n: slot.put("Number", n))

    assert [frame.number for frame in lone.frames(59 * MS, "M")] == list(range(6))


def test_a_dropped_release_leaves_the_one_that_waits_as_it_was():
    """Its payload and its length on the wire: the two have different stuff bits."""
    lone = Lone([message("B0", "High", 0x10, length=8), message("B0", "M", 0x100, length=8)])
    high, slot = lone.slot("High"), lone.slot("M")
    lone.send(high, 1 * MS)
    lone.send(slot, 1 * MS, 0x5555)
    lay(lone, "drop", 1 * MS + 10 * US, duration=1 * MS)
    lone.send(slot, 1 * MS + 50 * US, 0)
    (frame,) = lone.frames(9 * MS, "M")

    assert (frame.release, frame.number) == (1 * MS, 0x5555)
    assert frame.end - frame.start == slot.duration(frame.data) != slot.duration(bytes(8))


def test_a_frame_released_before_the_fault_is_not_touched_by_it():
    lone = Lone([message("B0", "High", 0x10, length=8), message("B0", "M", 0x100, length=8, protection="P01")])
    lone.send(lone.slot("High"), 1 * MS)
    slot = lone.slot("M")
    lone.send(slot, 1 * MS)
    lay(lone, "crc_wrong", 1 * MS + 10 * US, duration=1 * MS)
    (frame,) = lone.frames(9 * MS, "M")

    assert frame.start > 1 * MS + 10 * US
    assert crc_right(slot.layout.protection, frame.data)


def test_a_drop_of_one_frame_takes_one_of_two_releases_of_an_instant():
    """An event and the grid at the same instant: the first is dropped, the second goes out."""
    lone = Lone([message("B0", "M", 0x100, cycle=10 * MS, send_type=BOTH)])
    slot = lone.start("M")
    lay(lone, "drop", 9 * MS, count=1)
    lone.send(slot, 10 * MS)

    assert [frame.release // MS for frame in lone.frames(35 * MS)] == [0, 10, 20, 30]


def test_a_fault_of_one_message_leaves_the_others_alone():
    lone = one_message()
    lay(lone, "drop", 0, duration=100 * MS)

    assert [frame.release // MS for frame in lone.frames(99 * MS)] == list(range(0, 99, 3))


# ---- two faults -------------------------------------------------------------------------------------------------


def test_two_corruptions_of_one_message_both_act_and_end_by_themselves():
    lone = one_message("")
    lay(lone, "corrupt", 10 * MS, duration=30 * MS, bits=(24,))
    lay(lone, "corrupt", 20 * MS, duration=40 * MS, bits=(25,))

    assert [frame.number for frame in lone.frames(79 * MS, "M")] == [0, 1, 3, 3, 2, 2, 0, 0]


def test_a_drop_over_a_corruption_wins_whichever_came_first():
    for first, second in (("drop", "corrupt"), ("corrupt", "drop")):
        lone = one_message("")
        lay(lone, first, 20 * MS, duration=20 * MS, bits=(24,))
        lay(lone, second, 20 * MS, duration=20 * MS, bits=(24,))
        assert [frame.release // MS for frame in lone.frames(59 * MS, "M")] == [0, 10, 40, 50]


def test_a_second_freeze_holds_the_value_that_is_on_the_wire():
    lone = one_message()
    lay(lone, "counter_freeze", 15 * MS, duration=50 * MS)
    lay(lone, "counter_freeze", 45 * MS, duration=50 * MS)

    assert counters(lone.frames(119 * MS, "M"), "P01") == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3]


def test_the_same_fault_twice_on_end():
    lone = one_message()
    lay(lone, "crc_wrong", 10 * MS, count=1)
    lay(lone, "crc_wrong", 20 * MS, count=1)
    right = [crc_right(lone.layout.message("M").protection, frame.data) for frame in lone.frames(49 * MS, "M")]

    assert right == [True, False, False, True, True]


# ---- faults and the life of a sender ----------------------------------------------------------------------------


def test_a_fault_outlives_a_reset_of_the_sender():
    lone = one_message()
    lay(lone, "crc_wrong", 15 * MS, duration=50 * MS)
    lone.at(35 * MS, lambda now: lone.bus.start(lone.bus.slot("M", "A"), now))
    frames = lone.frames(99 * MS, "M")

    right = [crc_right(lone.layout.message("M").protection, frame.data) for frame in frames]
    assert [frame.release // MS for frame in frames] == [0, 10, 20, 30, 35, 45, 55, 65, 75, 85, 95]
    assert right == [True, True] + [False] * 5 + [True] * 4
    assert counters(frames, "P01") == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]


def test_a_frozen_counter_stands_over_a_reset():
    lone = one_message()
    lay(lone, "counter_freeze", 15 * MS, duration=50 * MS, back="correct")
    lone.at(35 * MS, lambda now: lone.bus.start(lone.bus.slot("M", "A"), now))

    assert counters(lone.frames(89 * MS, "M"), "P01") == [0, 1, 1, 1, 1, 1, 1, 3, 4, 5]


@pytest.mark.parametrize("limit", [{"duration": 50 * MS}, {"count": 4}])
def test_a_fault_that_begins_before_its_sender_wakes_hits_its_first_frames(limit):
    """The sender opens its slot later; the fault waits on the wire."""
    lone = Lone([message("B0", "M", 0x100, cycle=10 * MS, protection="P01")])
    lay(lone, "drop", 5 * MS, **limit)
    lone.at(15 * MS, lambda now: lone.bus.start(lone.bus.slot("M", "A"), now))

    assert [frame.release // MS for frame in lone.frames(89 * MS)] == [55, 65, 75, 85]


def test_node_off_silences_and_deafens_the_node_on_all_its_buses():
    one = Lone([message("B0", "M", 0x100, cycle=10 * MS), message("B0", "X", 0x101, cycle=10 * MS)])
    other = Lone([message("B0", "M", 0x100, cycle=10 * MS)], kernel=one.kernel)
    for lone in (one, other):
        lone.start("M")
    stranger = one.bus.slot("X", "B")
    one.at(0, lambda now: one.bus.start(stranger, now))
    tap = one.bus.latch("X", "A")
    off = NodeOff(Fault("F", "node_off", At(0), node="A"), (one.bus, other.bus))
    one.at(15 * MS, off.begin, Phase.SCENARIO)
    one.at(40 * MS, off.end, Phase.SCENARIO)
    frames = one.frames(69 * MS)

    assert [f.release // MS for f in frames if f.name == "M"] == [0, 10, 40, 50, 60]
    assert [f.release // MS for f in frames if f.name == "X"] == list(range(0, 69, 10))
    assert [f.release // MS for f in other.frames(69 * MS)] == [0, 10, 40, 50, 60]
    assert len(tap.drain()) == 5


# ---- the oracle -------------------------------------------------------------------------------------------------


class Switchable(EventDrivenBus):
    """The plain build, with stop, and with faults on slots."""

    def slot_of(self, name):
        return next(slot for slot in self._slots if slot.layout.name == name)

    def slots_of(self, name):
        return [self.slot_of(name)]

    def live(self, name, call):
        """The fault is told at the end of a frame; here once its own listeners are done."""
        self.react(name, "", 0, call)
        return SimpleNamespace(cancel=lambda: self._reactions.remove((name, 0, call)))

    def send_copy(self, slot, data, at):
        """A slot of its own for every copy, made when it is due: whoever was made first wins among equal ids."""

        def timing(length):
            one, bus = slot.layout, self._layout
            return frame_timer(one.id, one.extended, one.fd, one.brs, length, bus.bitrate, bus.data_bitrate)

        def release(_):
            copy = Slot(slot.layout, slot.node, slot.message, len(self._slots), timing)
            copy.number = self._recorder.slot(copy.message, copy.id, copy.flags)
            copy.fault = lambda _, __: data
            self._slots.append(copy)
            self._release(copy)

        later(self._env, at - self._env.now, self._place(slot)).callbacks.append(release)

    def watch(self, slot):
        """It never runs ahead."""

    unwatch = watch

    def stop(self, slot):
        slot.cancel()
        self._ready = [entry for entry in self._ready if entry[1] is not slot]
        heapify(self._ready)

    def start(self, slot, now):
        if slot.running:
            self.stop(slot)
        slot.running = True
        super().start(slot, now)

    def _cyclic(self, slot, begin):
        epoch = slot.epoch
        for event in super()._cyclic(slot, begin):
            yield event
            if slot.epoch != epoch:
                return

    def _event(self, slot, at):
        epoch = slot.epoch
        for event in super()._event(slot, at):
            yield event
            if slot.epoch != epoch:
                return

    def _defer(self, slot, wait):
        epoch = slot.epoch

        def release(_):
            if slot.epoch == epoch:
                slot.deferred = False
                self._release(slot)

        if not slot.deferred:
            slot.deferred = True
            later(self._env, wait, self._place(slot)).callbacks.append(release)

    def _release(self, slot):
        if slot.fault is None:
            super()._release(slot)
            return
        now, waiting = self._env.now, slot.ready
        slot.last_release = now
        kept = slot.ready_data, slot.ready_duration
        slot.release()
        data = slot.fault(slot, now)
        if data is None:
            slot.ready_data, slot.ready_duration = kept
            return
        slot.ready_data, slot.ready_duration = data, slot.duration(data)
        if waiting:
            self._recorder.occur(now, "overwritten", slot.layout.path)
        else:
            heappush(self._ready, (slot.entry, slot))
        slot.ready, slot.released = True, now
        later(self._env, max(0, self._free_at - now), ARBITRATE).callbacks.append(self._arbitrate)


KINDS = st.sampled_from([
    "drop", "delay", "duplicate", "corrupt", "dlc", "counter_freeze", "counter_jump", "counter_random", "crc_wrong",
    "stuck", "out_of_range", "offset",
])  # fmt: skip
INSTANTS = st.integers(0, 40).map(lambda n: n * 500 * US)


@st.composite
def message_faults(draw: st.DrawFn, bus: str, name: str) -> Fault:
    """A fault of any kind on a message of tests/networks.py."""
    kind, count = draw(KINDS), draw(st.none() | st.integers(1, 4))
    by = draw(st.integers(2, 14)) if kind == "counter_jump" else draw(st.sampled_from([-300.0, -1.0, 2.0, 70.0]))
    value = draw(st.integers(0, 65535)) if kind == "out_of_range" or draw(st.booleans()) else None
    return Fault(
        "F", kind, At(0), bus, name, duration=draw(INSTANTS) + 100 * US if count is None else None, count=count,
        bits=(draw(st.integers(24, 39)),), back=draw(st.sampled_from(["continue", "correct"])), signal="Number",
        value=value, by=by, lag=draw(st.sampled_from([1 * US, 700 * US, 5 * MS])), length=draw(st.integers(4, 8)),
    )  # fmt: skip


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[Network, list[tuple[int, int, Fault]], list[tuple[int, int, int, bool]]]:
    """A network with faults (begin, bus, fault) and switches (instant, bus, message, on)."""
    network = draw(networks())
    spots = st.sampled_from([(b, m) for b, bus in enumerate(network.buses) for m in range(len(bus.messages))])
    faults = []
    for _ in range(draw(st.integers(0, 4))):
        bus, number = draw(spots)
        faults.append((draw(INSTANTS), bus, draw(message_faults(f"B{bus}", network.buses[bus].messages[number].name))))
    switches = draw(st.lists(st.tuples(INSTANTS, spots, st.booleans()).map(lambda s: (s[0], *s[1], s[2])), max_size=4))
    return network, faults, switches


def disturb(buses, case, book, open_end) -> None:
    """Book faults and switches on either build. `book(at, rank, call)` books in the scenario's phase."""
    _, faults, switches = case

    def begin(bus, fault):
        def start(now):
            done = []

            def end(at):
                if not done:
                    done.append(at)
                    active.end(at)

            active = SlotFault(fault, bus, lambda at: open_end(at, end))
            active.begin(now)
            if fault.duration is not None:
                book(now + fault.duration, 0, end)

        return start

    for at, bus, fault in faults:
        book(at, 1, begin(buses[bus], fault))

    def switch(bus, number, on):
        def call(now):
            slot = bus.slot_of(f"M{number}")
            if not on:
                bus.stop(slot)
            elif slot.cycle:
                bus.start(slot, now)

        return call

    for at, bus, number, on in switches:
        book(at, 1, switch(buses[bus], number, on))


def in_windows(case) -> Trace:
    network, kernel, recorder = case[0], Kernel(), Recorder()
    buses, offset = [], 0
    for rank, layout in enumerate(network.buses):
        buses.append(SimBus(layout, kernel.calendar, recorder, rank, offset))
        kernel.add(buses[-1])
        offset += len(layout.messages)
    ordinals = iter(range(10_000))

    def task(at, call):
        kernel.calendar.at(at, Phase.TASK, (-1, next(ordinals)), call)

    def scenario(at, rank, call):
        kernel.calendar.at(at, Phase.SCENARIO, (rank,), call)

    def run():
        disturb(buses, case, scenario, lambda at, call: scenario(at, 0, call))
        kernel.run_until(oracle.END)

    oracle.play(network, buses, task, run)
    return recorder.close(oracle.END, complete=True)


def event_driven(case) -> Trace:
    network, env, recorder = case[0], simpy.Environment(), Recorder()
    buses, offset = [], 0
    for rank, layout in enumerate(network.buses):
        buses.append(Switchable(layout, env, recorder, rank, offset))
        offset += len(layout.messages)

    def task(at, call):
        later(env, at, oracle.TASK - 1).callbacks.append(lambda _: call(env.now))

    def scenario(at, rank, call):
        later(env, at - env.now, 100 + rank).callbacks.append(lambda _: call(env.now))

    def run():
        disturb(buses, case, scenario, lambda at, call: scenario(at, 0, call))
        env.run(until=later(env, oracle.END, RELEASE))

    oracle.play(network, buses, task, run)
    return recorder.close(oracle.END, complete=True)


@settings(max_examples=200)
@given(disturbed())
def test_faults_and_stops_give_the_trace_of_the_event_driven_build(case):
    """Windows end where a fault with a count ends, and where grids come and go."""
    ours, theirs = in_windows(case), event_driven(case)

    assert list(ours.frames.end) == list(theirs.frames.end)
    assert ours.occurrences == theirs.occurrences
    assert ours.digest() == theirs.digest()
