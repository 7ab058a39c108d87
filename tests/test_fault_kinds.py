"""Every kind of fault on a message: what its window does to the frames in it, and nothing to the others."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Lone, Seen, counter, crc_right
from networks import PROTECTIONS, message
from script_plan import BUS, phase, plan, step
from test_script import frames, played

from bench.clock.calendar import Phase
from bench.model.instant import MS, US
from bench.model.stimulus import At, Fault, SendMessage
from bench.wire.faults import SlotFault

CYCLE, END = 10, 200  # ms
KINDS = (
    "drop", "delay", "duplicate", "corrupt", "dlc", "counter_freeze", "counter_jump", "counter_random", "crc_wrong",
    "stuck", "out_of_range", "offset",
)  # fmt: skip
BIT, LENGTH, VALUE, LAG = 30, 3, 60_000, 23


@dataclass(frozen=True)
class Case:
    """A fault on M, which says n at n * 10 ms under a protection, with busy neighbours of lower and higher id."""

    fault: Fault
    protection: str
    begin: int
    step: int

    def frames(self, faulty: bool = True) -> list[Seen]:
        """The frames of the run, with the fault or without."""
        lone = Lone([
            message("B0", "High", 0x80, cycle=3 * MS),
            message("B0", "M", 0x100, cycle=CYCLE * MS, protection=self.protection),
            message("B0", "Low", 0x200, cycle=7 * MS),
        ])  # fmt: skip
        slots = [lone.start(name) for name in ("High", "M", "Low")]
        calendar = lone.kernel.calendar
        for n in range(END // CYCLE):
            calendar.at(n * CYCLE * MS, Phase.TASK, (), lambda _, n=n: slots[1].put("Number", n * self.step))
        ended: list[int] = []
        if faulty:
            lay(lone, self.fault, self.begin * MS, ended)
        return lone.frames(END * MS)


def lay(lone: Lone, fault: Fault, begin: int, ended: list[int]) -> None:
    """Lay a fault on a bus as a scenario does."""
    calendar = lone.kernel.calendar

    def start(now: int) -> None:
        def end(at: int) -> None:
            active.end(at)
            ended.append(at)

        active = SlotFault(fault, lone.bus, lambda at: calendar.at(at, Phase.SCENARIO, (0,), end))
        active.begin(now)
        if fault.duration is not None:
            calendar.at(now + fault.duration, Phase.SCENARIO, (0,), end)

    calendar.at(begin, Phase.SCENARIO, (1,), start)


def fault_of(kind: str, **limit: int) -> Fault:
    """A fault of that kind on M."""
    by = 3.0 if kind == "counter_jump" else -2.0
    back = "correct" if limit.pop("correct", 1) else "continue"
    value = VALUE if kind == "out_of_range" else None
    return Fault(
        "F", kind, At(0), "B0", "M", bits=(BIT,), back=back, signal="Number", value=value, by=by, lag=LAG * MS,
        length=LENGTH, **limit,
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any kind, window and profile."""
    kind = draw(st.sampled_from(KINDS))
    fault = fault_of(kind, duration=draw(st.integers(1, 80)) * MS)
    protection = draw(st.sampled_from(["P01", "P02", "P05"]))
    return Case(fault, protection, draw(st.integers(0, 90)), draw(st.integers(1, 9)))


def content(case: Case, frame: Seen) -> bytes:
    """A payload without CRC and counter."""
    if case.protection == "P05":
        return frame.data[3:]
    return bytes((frame.data[1] & 0xF0,)) + frame.data[2:]


# ---- the law ----------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(cases())
def test_a_window_is_half_open_and_what_is_outside_is_as_without_the_fault(case):
    """Released at its start: faulty. Released at its end: clean. Other messages: as ever."""
    protection, kind = PROTECTIONS[case.protection], case.fault.kind
    clean, spoiled = case.frames(False), case.frames()
    begin, end = case.begin * MS, case.begin * MS + (case.fault.duration or 0)

    # Each neighbour, and M outside the window, is released when it was and says what it said.
    for name in ("High", "Low"):
        assert said(spoiled, name) == said(clean, name)
    inside = [frame for frame in clean if frame.name == "M" and begin <= frame.release < end]
    outside = [pair for pair in said(clean, "M") if not begin <= pair[0] < end]
    got = [frame for frame in spoiled if frame.name == "M"]
    if kind == "delay":
        # What is delayed is released again that much later, perhaps after the end: nobody calls it back.
        late = [(frame.release + LAG * MS, frame.data) for frame in inside if frame.release + LAG * MS < END * MS - US]
        assert sorted(said(got, "M")) == sorted(outside + late)
        return
    assert [pair for pair in said(got, "M") if not begin <= pair[0] < end] == outside
    hit = [frame for frame in got if begin <= frame.release < end]

    if kind == "drop":
        assert hit == []
        return
    if kind == "duplicate":
        assert said(hit, "M") == [pair for pair in said(inside, "M") for _ in range(2)]
        return
    assert [frame.release for frame in hit] == [frame.release for frame in inside]
    if kind == "dlc":
        assert [frame.data for frame in hit] == [frame.data[:LENGTH] for frame in inside]
    elif kind == "corrupt":
        assert [frame.data for frame in hit] == [flipped(frame.data, BIT) for frame in inside]
        assert not any(crc_right(protection, frame.data) for frame in hit)
    elif kind == "crc_wrong":
        assert [content(case, frame) for frame in hit] == [content(case, frame) for frame in inside]
        assert [counter(protection, frame.data) for frame in hit] == [
            counter(protection, frame.data) for frame in inside
        ]
        assert not any(crc_right(protection, frame.data) for frame in hit)
    else:
        assert all(crc_right(protection, frame.data) for frame in hit)
        if kind.startswith("counter"):
            assert [content(case, frame) for frame in hit] == [content(case, frame) for frame in inside]
            check_counters(case, hit)
        else:
            assert [counter(protection, frame.data) for frame in hit] == [
                counter(protection, frame.data) for frame in inside
            ]
            check_numbers(case, inside, hit)


def said(frames: list[Seen], name: str) -> list[tuple[int, bytes]]:
    """Release and payload of a message's frames."""
    return [(frame.release, frame.data) for frame in frames if frame.name == name]


def flipped(data: bytes, bit: int) -> bytes:
    """A payload with one bit inverted, counted from bit 0 of byte 0."""
    return bytes(byte ^ (1 << bit % 8) * (place == bit // 8) for place, byte in enumerate(data))


def check_counters(case: Case, hit: list[Seen]) -> None:
    """Counters of the window's frames: all the same, by threes, or any but the one that follows."""
    protection = PROTECTIONS[case.protection]
    modulo = protection.modulo
    before = -(-case.begin // CYCLE) - 1  # number of the frame before the window
    shown = [before % modulo if before >= 0 else -1, *(counter(protection, frame.data) for frame in hit)]
    for last, now in pairwise(shown):
        match case.fault.kind:
            case "counter_freeze":
                assert now == max(last, 0)
            case "counter_jump":
                assert now == (last + 3) % modulo
            case _:
                assert now < modulo
                assert now != (last + 1) % modulo


def check_numbers(case: Case, inside: list[Seen], hit: list[Seen]) -> None:
    """Numbers of the window's frames: where it stood, out of range, or two less but not below nothing."""
    match case.fault.kind:
        case "stuck":
            # Where nothing had been sent yet it stands at the first number.
            stood = max(-(-case.begin // CYCLE) - 1, 0) * case.step
            assert {frame.number for frame in hit} <= {stood}
        case "out_of_range":
            assert {frame.number for frame in hit} <= {VALUE}
        case _:
            assert [frame.number for frame in hit] == [max(frame.number - 2, 0) for frame in inside]


# ---- counters afterwards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("protection", ["P01", "P02", "P05"])
@pytest.mark.parametrize("kind", ["counter_freeze", "counter_jump", "counter_random"])
@pytest.mark.parametrize("limit, hit", [({"duration": 35 * MS}, 3), ({"count": 4}, 4)])
@pytest.mark.parametrize("correct", [1, 0])
def test_the_way_back_is_correct_or_continues_from_the_last_one(kind, protection, limit, hit, correct):
    modulo = PROTECTIONS[protection].modulo
    case = Case(fault_of(kind, correct=correct, **limit), protection, 45, 1)
    shown = [counter(PROTECTIONS[protection], frame.data) for frame in case.frames() if frame.name == "M"]

    assert shown[:5] == [0, 1, 2, 3, 4]
    first = 5 + hit if correct else shown[4 + hit] + 1
    assert shown[5 + hit :] == [(first + n) % modulo for n in range(15 - hit)]


def test_a_random_counter_follows_from_seed_id_and_turn():
    """The same again for the same plan; another for another seed, id or turn."""

    def shown(seed: int, identifier: str, turns: int = 1) -> list[int]:
        fault = Fault(identifier, "counter_random", At(0), "B0", "M", duration=200 * MS)
        one = plan(phase("p", fault, duration=200 * MS, repeat=turns))
        object.__setattr__(one, "seed", seed)
        return [f.data[1] & 15 for f in frames(played(one), "M")]

    first = shown(1, "F")
    assert first == shown(1, "F")
    assert len({tuple(first), tuple(shown(2, "F")), tuple(shown(1, "G"))}) == 3
    twice = shown(1, "F", turns=2)
    assert twice[:20] == first
    assert twice[20:] != first


# ---- what is counted --------------------------------------------------------------------------------------------


def crowded(fault: Fault, ended: list[int], blocked: tuple[int, int], begin: int = 0) -> list[Seen]:
    """M every millisecond; while the bus is full of a higher id from .. to, ms, its mailbox is overwritten."""
    lone = Lone([
        message("B0", "High", 0x80, length=8),
        message("B0", "M", 0x100, cycle=1 * MS, protection="P01"),
    ])  # fmt: skip
    lone.start("M")
    high = lone.slot("High")
    for at in range(blocked[0] * MS, blocked[1] * MS, 100 * US):
        lone.send(high, at)
    lay(lone, fault, begin * MS, ended)
    return lone.frames(40 * MS)


@settings(max_examples=60)
@given(
    st.sampled_from(["corrupt", "crc_wrong", "counter_jump", "counter_random", "out_of_range", "dlc"]),
    st.integers(1, 6), st.integers(0, 8), st.integers(0, 12), st.integers(1, 9),
)  # fmt: skip
def test_exactly_so_many_faulty_frames_go_out_however_many_are_overwritten(kind, count, begin, blocked, length):
    ended: list[int] = []
    got = crowded(fault_of(kind, count=count), ended, (blocked, blocked + length), begin)
    right = PROTECTIONS["P01"]
    shown, faulty, last = [f for f in got if f.name == "M"], [], -1
    for frame in shown:
        bad = len(frame.data) != 8 or not crc_right(right, frame.data) or frame.number == VALUE
        if kind.startswith("counter"):
            follows = (last + 1) % 15
            bad = counter(right, frame.data) not in (follows, len([f for f in shown if f.end < frame.end]) % 15)
        if len(frame.data) == 8:
            last = counter(right, frame.data)
        faulty += [frame] * bad

    assert len(faulty) == count if not kind.startswith("counter") else len(faulty) <= count
    if not kind.startswith("counter"):
        assert ended == [faulty[-1].end + 1]


def test_copies_are_counted_when_they_have_gone_out():
    """On a full bus each of them waits for its turn; none replaces another, as the slot's own frames do."""
    for kind, releases in (("duplicate", [1, 2, 3]), ("delay", [24, 25, 26])):
        ended: list[int] = []
        got = [f for f in crowded(fault_of(kind, count=3), ended, (2, 30), 1) if f.name == "M"]
        copies = [f for f in got if f.release // MS in releases and (f.start > 30 * MS or f.release < 2 * MS)]
        copies = [f for f in copies if f is not got[1]]  # the frame that was copied at 1 ms

        assert [f.release // MS for f in copies] == releases
        assert ended == [copies[-1].end + 1]


def test_a_frame_that_a_reset_took_from_its_mailbox_is_not_counted():
    lone = Lone([message("B0", "High", 0x80, length=8), message("B0", "M", 0x100, cycle=10 * MS, protection="P01")])
    high, ended = lone.slot("High"), []
    lone.start("M")
    lay(lone, fault_of("crc_wrong", count=2), 5 * MS, ended)
    lone.send(high, 10 * MS)  # M is ready at 10 ms and waits behind it
    lone.at(10 * MS + 50 * US, lambda now: lone.bus.start(lone.bus.slot("M", "A"), now + 10 * MS))
    got = [f for f in lone.frames(80 * MS) if f.name == "M"]

    wrong = [f.release // MS for f in got if not crc_right(PROTECTIONS["P01"], f.data)]
    assert len(wrong) == 2
    assert wrong == [f.release // MS for f in got][1:3]


def test_a_frame_released_by_a_node_that_is_off_is_not_counted():
    """Nothing of what happens while the plug is out reaches anybody."""
    for kind in ("drop", "crc_wrong"):
        lone = Lone([message("B0", "M", 0x100, cycle=10 * MS, protection="P01")])
        lone.start("M")
        ended: list[int] = []
        lay(lone, fault_of(kind, count=2), 15 * MS, ended)
        lone.at(18 * MS, lambda _, lone=lone: lone.bus.detach("A"), Phase.SCENARIO)
        lone.at(55 * MS, lambda _, lone=lone: lone.bus.attach("A"), Phase.SCENARIO)
        got = lone.frames(100 * MS)
        bad = [f.release // MS for f in got if not crc_right(PROTECTIONS["P01"], f.data)]
        assert bad == ([60, 70] if kind == "crc_wrong" else [])
        assert [f.release // MS for f in got] == [0, 10, *([60, 70] if kind == "crc_wrong" else []), 80, 90]


# ---- in company -------------------------------------------------------------------------------------------------


def test_kinds_together_each_do_their_part():
    """Stuck and jumping and late and short: the content is spoiled first, then completed, then cut, then held back."""
    lone = Lone([message("B0", "M", 0x100, cycle=10 * MS, protection="P02")])
    slot = lone.start("M")
    lone.at(0, lambda _: slot.put("Number", 5))
    for kind in ("delay", "dlc", "counter_jump", "out_of_range"):
        fault = fault_of(kind, duration=20 * MS)
        object.__setattr__(fault, "length", 5)
        lay(lone, fault, 20 * MS, [])
    got = lone.frames(80 * MS, "M")
    late = [f for f in got if f.release % (10 * MS)]

    assert [(f.release // MS, len(f.data), f.number) for f in late] == [(43, 5, VALUE), (53, 5, VALUE)]
    assert [f.data[1] & 15 for f in late] == [4, 7]
    assert [f.release // MS for f in got if f not in late] == [0, 10, 40, 50, 60, 70]


def test_many_late_frames_overtake_nobody_and_take_no_more_slots_than_are_underway():
    """Ten are on their way at any time; afterwards the bus is no wider than that."""
    lone = Lone([message("B0", "M", 0x100, cycle=1 * MS, protection="P05")])
    slot = lone.start("M")
    fault = fault_of("delay", duration=900 * MS)
    object.__setattr__(fault, "lag", 10 * MS)
    lay(lone, fault, 0, [])
    for n in range(900):
        lone.at(n * MS, lambda _, n=n: slot.put("Number", n))
    got = lone.frames(1000 * MS, "M")

    assert [f.number for f in got if f.release < 900 * MS] == list(range(890))
    assert len(lone.bus.slots_of()) <= 32


# ---- frames of somebody else, on their way through the bench ------------------------------------------------------


def test_what_passes_through_is_spoiled_as_it_came():
    """A wrong CRC stays wrong and an odd length odd, unless the fault is about just that."""
    right = PROTECTIONS["P01"]
    lone = Lone([message("B0", "M", 0x100, protection="P01")])
    slot = lone.slot("M")
    good = slot.protected(bytes(8), 7)
    bad = bytes((good[0] ^ 1,)) + good[1:]

    def through(kind: str, data: bytes) -> bytes:
        active = SlotFault(fault_of(kind), lone.bus, lambda _: None)
        active.begin(0)
        slot.relay(data)
        spoiled = slot.fault(slot, 0)
        active.end(0)
        return spoiled

    assert through("duplicate", bad) == bad
    assert through("corrupt", bad) == flipped(bad, BIT)
    assert through("corrupt", bytes(2)) == bytes(2)
    assert through("stuck", bytes(12)) == bytes(12)
    assert through("crc_wrong", good)[1:] == good[1:]
    jumped = through("counter_jump", good)
    assert (counter(right, jumped), crc_right(right, jumped)) == (10, True)
    spoiled = through("out_of_range", good)
    assert (counter(right, spoiled), crc_right(right, spoiled)) == (7, True)


# ---- two sends of one message ------------------------------------------------------------------------------------


def test_two_sends_of_one_message_that_overlap_end_one_by_one():
    """The sender has its slot again after the second; what the first one says ends with it."""
    one = SendMessage("B0", "M", (("Number", 7),), count=4, every=20 * MS)
    two = SendMessage("B0", "M", (), count=3, every=30 * MS)
    trace = played(plan(phase("p", step("one", one, 15 * MS), step("two", two, 51 * MS), duration=200 * MS)))
    got = frames(trace, "M")

    assert [(f.release // MS, f.number) for f in got if 12 * MS < f.release < 145 * MS] == [
        (15, 7), (35, 7), (51, 7), (55, 7), (75, 7), (81, 7), (111, 0),
    ]  # fmt: skip
    assert [f.release // MS for f in got][-5:] == [150, 160, 170, 180, 190]
    ends = {o.name: o.at // MS for o in trace.occurrences if o.what == "step_ends"}
    assert ends == {"one": 95, "two": 141}
    assert all(crc_right(BUS.message("M").protection, f.data) for f in got)
