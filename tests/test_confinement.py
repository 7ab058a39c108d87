"""Fault confinement: error counters, states, error frames and the way back from bus-off, held against single bits."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from bitwise import Controller, Faults, Frame, NotModelled, play
from hypothesis import Phase as Stage
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st
from lone_bus import Lone, seen
from networks import message

from bench.clock.calendar import Phase
from bench.model.frame import Frame as Raw
from bench.model.instant import MS, US
from bench.model.layout import SendType
from bench.model.stimulus import At, Fault
from bench.wire.disturbances import Babble, BusOff, BusShort, ErrorFrames

BIT = 2 * US
EVENT = SendType.EVENT
IDS = {"M0": 0x055, "M1": 0x2F0, "M2": 0x400, "M3": 0x7E1}
SENDER = {"M0": "A", "M1": "B", "M2": "A", "M3": "C"}
CONTENT = {name: bytes([0, 0, 0, number, number ^ 0xFF]) for number, name in enumerate(IDS)}


UNSHRUNK = (Stage.explicit, Stage.reuse, Stage.generate)
"""Finding the smallest counter-example bit by bit would take minutes."""


@dataclass
class Seen:
    """What happened, in bits: frames (start, end, id, data), errors (at, name, cause, TEC), states (at, node, ...)."""

    frames: list
    errors: list
    states: list
    counters: dict


def network() -> Lone:
    """Three senders and one who only listens."""
    messages = [message("B0", name, identifier, length=5, send_type=EVENT) for name, identifier in IDS.items()]
    return Lone(messages, nodes=("A", "B", "C", "L"))


def ours(releases, faults, end, extra=()) -> Seen:
    """The simulated bus: releases (bit, message, node), faults (Fault, begin, end)."""
    lone = network()
    slots = {}
    for _, name, node in releases:
        if (name, node) not in slots:
            slots[name, node] = lone.slot(name, node)
            slots[name, node].put("Number", number_of(name, node))
    for bit, name, node in releases:
        lone.at(bit * BIT, lambda now, slot=slots[name, node]: lone.bus.send(slot, now))
    for fault, begin, stop in faults:
        lay(lone, fault, begin * BIT, stop * BIT)
    for bit in extra:
        lone.at(bit * BIT + 700, lambda now: None)
    trace = lone.run(end * BIT)
    return Seen(
        [(f.start / BIT, f.end / BIT, f.id, f.data) for f in seen(trace, lone.layout.messages)],
        [(o.at / BIT, o.name[3:], o.text, o.number) for o in trace.occurrences if o.what == "error_frame"],
        [(o.at / BIT, o.name[3:], o.text, o.number) for o in trace.occurrences if o.what == "error_state"],
        {node: lone.bus.counters(node) for node in "ABCL"},
    )


def lay(lone, fault, begin, stop=None):
    """Book the beginning of a fault, and its end at an instant or when it has counted to its own."""
    ended = []

    def over(at):
        ended.append(at)
        lone.at(at, active.end, Phase.SCENARIO)

    kinds = {
        "bus_short": lambda: BusShort(fault, lone.bus),
        "error_frames": lambda: ErrorFrames(fault, lone.bus, over),
        "bus_off": lambda: BusOff(fault, [lone.bus], over),
        "babble": lambda: Babble(fault, lone.bus),
    }
    active = kinds[fault.kind]()
    lone.at(begin, active.begin, Phase.SCENARIO)
    if stop is not None:
        lone.at(stop, active.end, Phase.SCENARIO)
    return ended


def number_of(name, node):
    """A content for each slot."""
    return 256 * list(IDS).index(name) + ord(node) % 7


def theirs(releases, faults, end) -> Seen:
    """The controllers bit by bit."""
    found = Seen([], [], [], {})

    def log(bit, kind, name, *what):
        if kind == "sent":
            frame, start = what
            found.frames.append((start, bit + 1, frame.identifier, frame.data))
        elif kind == "error":
            cause, tec, frame = what
            found.errors.append((bit + 1, frame.name, cause, tec))
        else:
            found.states.append((bit + 1, name, *what))

    nodes = {name: Controller(name, log) for name in "ABCL"}
    booked = {}
    for bit, name, node in releases:
        data = bytes(3) + number_of(name, node).to_bytes(2, "little")
        booked.setdefault(bit, []).append((nodes[node], Frame(name, IDS[name], data, bit)))

    def spoils(controller, start):
        return any(
            fault.kind in ("error_frames", "bus_off")
            and begin <= start < stop
            and fault.message in ("", controller.frame.name)
            and fault.node in ("", controller.name)
            for fault, begin, stop in faults
        )

    shorts = tuple((begin, stop) for fault, begin, stop in faults if fault.kind == "bus_short")
    play(list(nodes.values()), Faults(spoils, shorts), booked, end)
    found.counters = {name: (node.tec, node.rec) for name, node in nodes.items()}
    return found


RELEASES = st.lists(
    st.tuples(st.integers(0, 4000), st.sampled_from(list(IDS))).map(lambda one: (*one, SENDER[one[1]])),
    min_size=1, max_size=12,
)  # fmt: skip
WINDOW = st.tuples(st.integers(0, 4000), st.integers(1, 2500)).map(lambda one: (one[0], sum(one)))
TARGETS = st.sampled_from([{}, {"message": "M0"}, {"message": "M1"}, {"node": "A"}, {"node": "C"}])


def fault(kind, **target) -> Fault:
    """A fault of the wire."""
    return Fault("F", kind, At(0), bus="B0", **target)


def agree(releases, faults, end, errors=True):
    """Frames, error frames with counters, states and recoveries of all nodes, to the bit."""
    one = ours(sorted(set(releases)), faults, end)
    try:
        other = theirs(sorted(set(releases)), faults, end)
    except NotModelled:
        reject()
    assert one.frames == other.frames
    assert one.errors == other.errors or not errors
    assert sorted(one.states) == sorted(other.states) or not errors
    for node in "ABCL":
        assert [state for _, name, state, _ in one.states if name == node] == [
            state for _, name, state, _ in other.states if name == node
        ]
    assert one.counters == other.counters


@settings(max_examples=8, phases=UNSHRUNK)
@given(RELEASES, st.lists(st.tuples(TARGETS, WINDOW), min_size=1, max_size=3))
def test_destroyed_frames_are_as_bit_by_bit_controllers_have_them(releases, windows):
    """Up to bus-off and back, others sending meanwhile; what is overwritten is not sent again."""
    agree(releases, [(fault("error_frames", **target), *window) for target, window in windows], 8000)


@settings(max_examples=10, phases=UNSHRUNK)
@example([(13, "M0", "A"), (196, "M1", "B"), (375, "M0", "A")], 288, 1500, "both")  # between CRC and ACK slot
@given(RELEASES, st.integers(0, 4000), st.integers(60, 3000), st.sampled_from(["both", "can_h", "ground"]))
def test_a_short_is_as_bit_by_bit_controllers_have_it(releases, begin, length, lines):
    """Each node by itself finds its dominant bits missing; afterwards they arbitrate again."""
    stop = begin + length
    # Who is in the middle of an error frame of its own when the lines are mended: its flag is heard by the others, or
    # it takes a frame of theirs for an error. The bus lets it neither be heard nor hear.
    assume(all(not stop - 40 < bit < stop for bit, _, _ in releases))
    agree(releases, [(fault("bus_short", lines=lines), begin, stop)], 9000, errors=False)


@settings(max_examples=4, phases=UNSHRUNK)
@given(st.integers(0, 3000), st.integers(1200, 2500))
def test_two_nodes_with_one_id_disturb_each_other_until_one_is_error_passive(first, apart):
    """Sixteen collisions; then the one that sends the dominant bit gets through, and the other one after it.

    The bus tells the errors of both at the bit where they differ; the winner's own comes up to six bits later.
    """
    releases = [(first + turn * apart, "M0", node) for turn in range(3) for node in "AB"]
    one, other = ours(releases, [], 9000), theirs(releases, [], 9000)

    assert one.frames == other.frames
    assert one.counters == other.counters
    for (at, *mine), (then, *its) in zip(one.errors, sorted(other.errors), strict=True):
        assert (mine, True) == (its, at <= then <= at + 6)
    assert [tec for _, _, _, tec in one.errors[:33]] == [8 * n for n in range(1, 17) for _ in "AB"] + [136]
    assert one.frames[0][3] < one.frames[1][3]


def test_two_nodes_that_send_the_same_do_not_notice_each_other():
    lone = network()
    for node in "AB":
        slot = lone.slot("M0", node)
        lone.send(slot, 1 * MS, 7)
    trace = lone.run(5 * MS)

    assert [f.number for f in seen(trace, lone.layout.messages)] == [7]
    assert trace.occurrences == ()


# ---- laws -----------------------------------------------------------------------------------------------------------


def told(trace, what="error_state"):
    """(instant, name without bus, text, TEC) of the occurrences of a kind."""
    return [(o.at, o.name[3:], o.text, o.number) for o in trace.occurrences if o.what == what]


def test_a_lone_node_stops_error_passive_at_128_and_sends_as_soon_as_somebody_hears_it():
    """Nobody acknowledges: TEC +8 sixteen times, then no more; never bus-off, and the frame is not given up."""
    lone = Lone([message("B0", "M", 0x10, send_type=EVENT)])
    lone.at(0, lambda _: lone.bus.detach("L"))
    lone.send(lone.slot("M"), 1 * MS, 5)
    lone.at(500 * MS, lambda _: lone.bus.attach("L"))
    trace = lone.run(600 * MS)

    assert told(trace)[0][1:] == ("A", "error-passive", 128)
    assert told(trace)[1][1:] == ("A", "error-active", 127)
    assert len(told(trace)) == 2
    assert [tec for *_, tec in told(trace, "error_frame")][:17] == [*range(8, 129, 8), 128]
    assert {cause for _, _, cause, _ in told(trace, "error_frame")} == {"acknowledgement"}
    (frame,) = seen(trace, lone.layout.messages)
    assert (frame.number, frame.release) == (5, 1 * MS)
    assert frame.start > 500 * MS - 200 * BIT
    assert lone.bus.counters("A") == (127, 0)


def test_a_lone_node_is_as_a_bit_by_bit_controller_has_it():
    found = []
    alone = Controller("A", lambda bit, kind, *what: found.append((bit + 1, kind, what[-2] if kind == "error" else "")))
    play([alone], Faults(), {10: [(alone, Frame("M0", 0x55, bytes(5), 10))]}, 9000)
    lone = network()
    for node in "BCL":
        lone.at(0, lambda _, node=node: lone.bus.detach(node))
    lone.send(lone.slot("M0"), 10 * BIT)
    trace = lone.run(9000 * BIT)

    assert [at / BIT for at, *_ in told(trace, "error_frame")] == [bit for bit, kind, _ in found if kind == "error"]
    assert lone.bus.counters("A") == (alone.tec, alone.rec) == (128, 0)


@pytest.mark.parametrize("fd", [False, True])
def test_32_failures_in_a_row_end_in_bus_off_and_1408_recessive_bits_in_recovery(fd):
    """128 x 11 bits after the last flag, 2.816 ms at 500 kbit/s; the receivers have counted 32 errors."""
    lone = Lone([message("B0", "M", 0x10, length=8, cycle=100 * MS, fd=fd)])
    lone.start("M")
    over = lay(lone, fault("bus_off", node="A", count=1), 0)
    trace = lone.run(150 * MS)

    errors = told(trace, "error_frame")
    assert [tec for *_, tec in errors] == list(range(8, 257, 8))
    assert [(text, tec) for _, _, text, tec in told(trace)] == [
        ("error-passive", 128), ("bus-off", 256), ("recovering", 256), ("error-active", 0)
    ]  # fmt: skip
    off, back = told(trace)[1][0], told(trace)[3][0]
    flags = back - 1408 * BIT - off
    assert 6 * BIT <= flags <= 12 * BIT
    assert over == [off + 1]
    (frame,) = seen(trace, lone.layout.messages)
    assert frame.release == 100 * MS
    assert lone.bus.counters("A") == (0, 0)
    assert lone.bus.counters("L") == (0, 31)


def recovery(load: float) -> int:
    """Bits from bus-off to recovery while another node loads the bus."""
    lone = Lone([message("B0", "M", 0x10, length=8, cycle=500 * MS)])
    lone.start("M")
    lay(lone, fault("bus_off", node="A", count=1), 0)
    if load:
        lay(lone, fault("babble", identifier=0x700, load=load), 0, 400 * MS)
    states = {text: at for at, _, text, _ in told(lone.run(450 * MS))}
    return (states["error-active"] - states["bus-off"]) // BIT


def test_recovery_takes_longer_on_a_busy_bus():
    """Without a gap each frame gives one sequence of eleven: ACK delimiter, EOF and intermission."""
    length = 47 + 64 + 21  # bits of a frame of zeros with its stuff bits, within a few
    idle, half, full = recovery(0), recovery(0.5), recovery(1.0)

    assert idle < 1408 + 20
    assert 1408 * 1.5 < half < full
    assert 128 * (length - 8) < full < 128 * (length + 8)


@settings(max_examples=20)
@given(st.integers(0, 40), st.integers(1, 40))
def test_a_window_is_half_open(begin, length):
    """What starts at its first instant is destroyed, what starts at its end is not; at most one frame comes late."""
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=4 * MS)])
    lone.start("M")
    lay(lone, fault("error_frames", message="M"), begin * MS, (begin + length) * MS)
    trace = lone.run(120 * MS)

    hit = {at - at % (4 * MS) for at, *_ in told(trace, "error_frame")}
    assert hit == {at for at in range(0, 100 * MS, 4 * MS) if begin * MS <= at < (begin + length) * MS} or length > 1
    late = [f for f in seen(trace, lone.layout.messages) if f.start != f.release and f.release >= (begin + length) * MS]
    assert late == [] or lone.bus.counters("A")[0] > 0


@pytest.mark.parametrize(("instant", "destroyed"), [(0, True), (1, False), (-1, True)])
def test_a_frame_that_starts_with_the_fault_is_destroyed_and_one_before_is_not(instant, destroyed):
    lone = Lone([message("B0", "M", 0x10, length=5, send_type=EVENT)])
    lone.send(lone.slot("M"), 10 * MS)
    lay(lone, fault("error_frames"), 10 * MS + instant, 10 * MS + 300 * US)

    assert bool(told(lone.run(20 * MS), "error_frame")) == destroyed


@pytest.mark.parametrize("count", [1, 2, 5, 31])
def test_a_count_of_error_frames_is_kept(count):
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=10 * MS, protection="P01")])
    lone.start("M")
    over = lay(lone, fault("error_frames", count=count), 5 * MS)
    trace = lone.run(100 * MS)

    errors = told(trace, "error_frame")
    assert len(errors) == count
    assert over == [errors[-1][0] + 1]
    assert [f.release // MS for f in seen(trace, lone.layout.messages)] == list(range(0, 100, 10))
    assert [f.data[1] & 15 for f in seen(trace, lone.layout.messages)] == list(range(10))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_count_of_bus_offs_is_kept(count):
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=10 * MS)])
    lone.start("M")
    over = lay(lone, fault("bus_off", node="A", count=count), 5 * MS)
    states = told(lone.run(200 * MS))

    offs = [at for at, _, text, _ in states if text == "bus-off"]
    assert len(offs) == count
    assert over == [offs[-1] + 1]


def test_a_retry_gives_way_to_a_newer_release_and_the_loss_is_told():
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=1 * MS)])
    slot = lone.start("M")
    for n in range(10):
        lone.at(n * MS, lambda _, n=n: slot.put("Number", n))
    lay(lone, fault("error_frames"), 0, 2500 * US)
    trace = lone.run(9 * MS)

    assert [f.number for f in seen(trace, lone.layout.messages)] == list(range(2, 9))
    assert [o.at // MS for o in trace.occurrences if o.what == "overwritten"] == [1, 2]


def test_raw_frames_that_fail_keep_their_order_and_none_is_lost():
    lone = Lone([message("B0", "M", 0x10)])
    for n in range(6):
        lone.at(1 * MS + n * 30 * US, lambda now, n=n: lone.bus.send_frame(Raw(0x123, bytes([n])), now))
    lay(lone, fault("error_frames", count=4), 1 * MS)

    assert [f.data[0] for f in seen(lone.run(9 * MS), lone.layout.messages)] == list(range(6))


@pytest.mark.parametrize("load", [0.1, 0.5, 0.9, 1.0])
def test_a_babbling_node_loads_the_bus_by_its_share(load):
    lone = Lone([message("B0", "M", 0x10)])
    lay(lone, fault("babble", identifier=0x6FF, load=load), 10 * MS, 510 * MS)
    frames = seen(lone.run(600 * MS), lone.layout.messages)

    assert {frame.id for frame in frames} == {0x6FF}
    assert all(other.start >= one.end + 3 * BIT for one, other in pairwise(frames))
    busy = sum(frame.end + 3 * BIT - frame.start for frame in frames)
    assert busy / (500 * MS) == pytest.approx(load, abs=0.001)
    assert frames[0].start >= 10 * MS
    assert frames[-1].start < 510 * MS


def test_can_l_at_ground_stops_nothing():
    lone = Lone([message("B0", "M", 0x10, cycle=10 * MS)])
    lone.start("M")
    lay(lone, fault("bus_short", lines="can_l"), 5 * MS, 25 * MS)
    trace = lone.run(40 * MS)

    assert [f.release // MS for f in seen(trace, lone.layout.messages)] == [0, 10, 20, 30]
    assert trace.occurrences == ()


def test_during_a_short_a_node_comes_back_and_fails_again():
    """It sees recessive bits, which is all that recovery asks for."""
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=1 * MS)])
    lone.start("M")
    lay(lone, fault("bus_short", lines="both"), 5 * MS, 30 * MS)
    states = told(lone.run(50 * MS))

    offs = [at for at, _, text, _ in states if text == "bus-off"]
    backs = [at for at, name, text, _ in states if (name, text) == ("A", "error-active")]
    assert len(offs) >= 5
    assert all(back - off == 1408 * BIT for off, back in zip(offs, backs, strict=False))


def test_frames_are_lost_to_a_short_only_as_long_as_something_dominant_is_to_come():
    """In the end of frame the bus is recessive anyway."""
    for bits, lost in ((-9, True), (-8, False), (-1, False)):
        lone = Lone([message("B0", "M", 0x10, length=5, send_type=EVENT)])
        slot = lone.slot("M")
        lone.send(slot, 1 * MS)
        end = 1 * MS + slot.duration(bytes(5))
        lay(lone, fault("bus_short", lines="ground"), end + bits * BIT, 3 * MS)
        trace = lone.run(20 * MS)
        assert [f.end for f in seen(trace, lone.layout.messages)] == ([] if lost else [end])
        assert [text for _, name, text, _ in told(trace) if name == "A"][1:2] == ["bus-off"] * lost


# ---- who is told ----------------------------------------------------------------------------------------------------


def test_a_node_with_an_ear_is_told_at_its_bus_off_and_comes_back_by_its_own_policy():
    lone, calls = Lone([message("B0", "M", 0x10, length=5, cycle=10 * MS)]), []
    lone.start("M")

    def off(now):
        calls.append(now)
        lone.at(now + 50 * MS, lambda _: lone.bus.recover("A"))

    lone.bus.on_bus_off("A", off)
    lay(lone, fault("bus_off", node="A"), 0, 200 * MS)
    states = told(lone.run(300 * MS))

    assert calls == [at for at, _, text, _ in states if text == "bus-off"]
    assert [at - 50 * MS for at, _, text, _ in states if text == "recovering"] == calls
    assert len(calls) == 4


def test_a_bus_off_in_the_ack_slot_is_told_in_time():
    """With TEC 248 a short that only swallows the acknowledgement is one error too many."""

    def played(short):
        lone, calls = Lone([message("B0", "M", 0x10, length=5, send_type=EVENT)]), []
        lone.bus.on_bus_off("A", calls.append)
        lone.send(lone.slot("M"), 1 * MS)
        lay(lone, fault("error_frames", count=31), 0)
        if short:
            lay(lone, fault("bus_short", lines="both"), short, short + 100 * US)
        trace = lone.run(10 * MS)
        return calls, told(trace, "error_frame")[-1], seen(trace, lone.layout.messages)

    _, _, (frame,) = played(0)
    calls, error, frames = played(frame.end - 9 * BIT)

    assert calls == [frame.end - 8 * BIT]
    assert error == (frame.end - 8 * BIT, "M", "acknowledgement", 256)
    assert frames == []


def test_without_an_ask_it_stays_off_and_neither_sends_nor_hears():
    lone = Lone([message("B0", "M", 0x10, cycle=10 * MS), message("B0", "N", 0x20, cycle=10 * MS)])
    lone.start("M")
    other = lone.bus.slot("N", "L")
    lone.at(0, lambda now: lone.bus.start(other, now))
    lone.bus.on_bus_off("A", lambda now: None)
    tap = lone.bus.latch("N", "A")
    lay(lone, fault("bus_off", node="A", count=1), 95 * MS)
    frames = lone.frames(500 * MS)

    assert [f.release // MS for f in frames if f.name == "M"] == list(range(0, 100, 10))
    assert len([f for f in frames if f.name == "N"]) < 50
    assert max(at for at, _ in tap.drain()) < 103 * MS
    # Nobody else is left who could acknowledge.
    assert lone.bus.counters("L")[0] == 128


def test_a_node_without_supply_does_not_acknowledge_and_starts_anew():
    lone = Lone([message("B0", "M", 0x10, send_type=EVENT)])
    lone.send(lone.slot("M"), 10 * MS)
    for at, on in ((5, False), (20, True)):
        lone.at(at * MS, lambda _, on=on: lone.bus.supply("L", on))
    (frame,) = lone.frames(40 * MS)

    assert frame.start > 20 * MS - 200 * BIT
    assert lone.bus.counters("A") == (127, 0)
    lone.bus.supply("A", False)
    lone.bus.supply("A", True)
    assert lone.bus.counters("A") == (0, 0)


def test_the_last_ear_that_leaves_during_a_frame_is_missed_at_the_ack_slot():
    for late, acknowledged in ((0, False), (1, True)):
        lone = Lone([message("B0", "M", 0x10, length=5, send_type=EVENT)])
        slot = lone.slot("M")
        lone.send(slot, 1 * MS)
        end = 1 * MS + slot.duration(bytes(5))
        lone.at(end - 8 * BIT - 1 + late, lambda _, lone=lone: lone.bus.detach("L"))
        assert bool(lone.frames(2 * MS)) == acknowledged


def test_a_database_without_nodes_does_not_say_that_a_node_is_alone():
    lone = Lone([message("B0", "M", 0x10, cycle=10 * MS)], nodes=())
    lone.start("M")
    assert len(lone.frames(95 * MS)) == 10


# ---- windows --------------------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(st.data())
def test_the_trace_is_the_same_however_small_the_steps(data):
    """Classic and FD in company, reactions, protected messages, faults of all kinds: steps of 7 us change nothing."""
    kinds = st.sampled_from([
        {"kind": "error_frames"}, {"kind": "error_frames", "message": "M1", "count": 3},
        {"kind": "bus_off", "node": "A"}, {"kind": "bus_off", "node": "B", "count": 1},
        {"kind": "bus_short", "lines": "both"},
        {"kind": "babble", "identifier": 0x200, "load": 0.6}, {"kind": "error_frames", "node": "B"},
    ])  # fmt: skip
    chosen = data.draw(st.lists(st.tuples(kinds, st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=3))
    twin = data.draw(st.booleans())
    fds = data.draw(st.lists(st.booleans(), min_size=3, max_size=3))

    def digest(step):
        lone = Lone([
            message("B0", f"M{n}", 0x100 * (n + 1), length=16 if fd else 8, cycle=(2 + n) * MS, offset=n * MS, fd=fd,
                    protection=("", "P01", "P05")[n])
            for n, fd in enumerate(fds)
        ], nodes=("A", "B", "L"))  # fmt: skip
        for n, node in enumerate("ABA"):
            slot = lone.bus.slot(f"M{n}", node)
            lone.at(0, lambda now, slot=slot: lone.bus.start(slot, now))
        if twin:
            slot = lone.bus.slot("M1", "L")
            slot.put("Number", 77)
            lone.at(0, lambda now: lone.bus.start(slot, now))
        heard = []
        lone.bus.react("M1", "L", 300 * US, lambda now, end, data: heard.append((now, end)))
        lone.bus.on_bus_off("B", lambda now: lone.at(now + 1 * MS, lambda _: lone.bus.recover("B")))
        for words, begin, length in chosen:
            lay(lone, fault(**words), begin * MS, None if "count" in words else (begin + length) * MS)
        if step:
            lone.kernel.calendar.every(0, step, Phase.PLANT, (), lambda now: None)
        return lone.run(30 * MS).digest(), heard

    assert digest(0) == digest(7 * US) == digest(0)
