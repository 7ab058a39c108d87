"""The restbus: whatever nobody plays goes out at its cycle, and is encoded only when it changed."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Lone, counter, crc_right
from networks import message

from bench.model.instant import MS, S
from bench.model.layout import BusLayout, SendType
from bench.network.codec import codec
from bench.network.database import load
from bench.places import shipped
from bench.wire.restbus import Restbus


def shipped_bus(name: str) -> BusLayout:
    """A shipped database at the reference rates."""
    return replace(load(shipped("dbc") / f"{name.lower()}.dbc", name), bitrate=500_000, data_bitrate=2_000_000)


@settings(max_examples=12)
@given(st.sampled_from(["PT", "INFO"]), st.data())
def test_every_message_that_nobody_plays_goes_out_at_its_cycle(name, data):
    """The shipped databases, any set of modelled nodes: exact instants of release, right counters and CRCs."""
    layout = shipped_bus(name)
    modelled = data.draw(st.sets(st.sampled_from(layout.nodes)))
    wake = data.draw(st.integers(0, 50)) * MS
    lone = Lone(layout.messages)
    rest = Restbus(lone.bus, lone.layout, modelled)
    lone.at(wake, rest.wake)
    end = 3 * S
    frames = lone.frames(end)

    assert set(rest.slots) == {m.name for m in layout.messages if m.sender not in modelled}
    for one in lone.layout.messages:
        own = [frame for frame in frames if frame.name == one.name]
        if one.name not in rest.slots or not one.cycle or one.send_type is SendType.EVENT:
            assert own == []
            continue
        due = list(range(wake + one.offset, end, one.cycle))
        assert [frame.release for frame in own] == due[: len(own)]
        # Only what is released in the last milliseconds may still be on its way.
        assert all(at > end - 10 * MS for at in due[len(own) :])
        if one.protection:
            assert [counter(one.protection, f.data) for f in own] == [
                n % one.protection.modulo for n in range(len(own))
            ]
            assert all(crc_right(one.protection, frame.data) for frame in own)
        else:
            assert {frame.data for frame in own} == {codec(one).pack(codec(one).start)}


def small() -> tuple[Lone, Restbus]:
    """Three messages of one sender: cyclic, on events, and both."""
    lone = Lone([
        message("B0", "Cyclic", 0x100, cycle=10 * MS),
        message("B0", "Event", 0x101, send_type=SendType.EVENT),
        message("B0", "Both", 0x102, cycle=10 * MS, send_type=SendType.CYCLIC_EVENT),
    ])  # fmt: skip
    return lone, Restbus(lone.bus, lone.layout, ())


def sent(lone: Lone, until: int) -> dict[str, list[tuple[int, int]]]:
    """(release in ms, number) by message."""
    found: dict[str, list[tuple[int, int]]] = {"Cyclic": [], "Event": [], "Both": []}
    for frame in lone.frames(until):
        found[frame.name].append((frame.release // MS, frame.number))
    return found


def test_a_changed_signal_goes_out_with_the_cycle_or_at_once_by_send_type():
    lone, rest = small()
    lone.at(0, rest.wake)
    for name in rest.slots:
        lone.at(13 * MS, lambda now, name=name: rest.put(name, "Number", 5, now))
        lone.at(17 * MS, lambda now, name=name: rest.put(name, "Number", 5, now))

    assert sent(lone, 35 * MS) == {
        "Cyclic": [(0, 0), (10, 0), (20, 5), (30, 5)],
        "Event": [(13, 5)],
        "Both": [(0, 0), (10, 0), (13, 5), (20, 5), (30, 5)],
    }


def test_asleep_nothing_goes_out_and_what_was_set_is_kept():
    lone, rest = small()
    for name in rest.slots:
        lone.at(5 * MS, lambda now, name=name: rest.put(name, "Number", 5, now))
    lone.at(20 * MS, lambda now: (rest.wake(now), rest.wake(now)))
    lone.at(45 * MS, lambda _: (rest.sleep(), rest.sleep()))
    lone.at(60 * MS, rest.wake)

    found = sent(lone, 75 * MS)
    assert found["Event"] == []
    assert found["Cyclic"] == found["Both"] == [(20, 5), (30, 5), (40, 5), (60, 5), (70, 5)]


def test_a_message_or_signal_that_there_is_not_is_a_key_error():
    _, rest = small()
    with pytest.raises(KeyError):
        rest.put("Nothing", "Number", 1, 0)
    with pytest.raises(KeyError):
        rest.put("Cyclic", "Nothing", 1, 0)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3)), max_size=20), st.sampled_from(["", "P01", "P05"]))
def test_a_payload_is_encoded_once_for_each_change(writes, protection):
    """`_pack` is replaced by one that counts; a value that stays the same costs nothing, however often it is sent."""
    lone = Lone([message("B0", "M", 0x100, cycle=1 * MS, protection=protection)])
    rest = Restbus(lone.bus, lone.layout, ())
    slot = rest.slots["M"]
    pack, packed = slot._pack, []
    slot._pack = lambda values: packed.append(tuple(values)) or pack(values)
    lone.at(0, rest.wake)
    for at, number in writes:
        lone.at(at * MS, lambda now, number=number: rest.put("M", "Number", number, now))
    numbers = [frame.number for frame in lone.frames(150 * MS)]

    changes = 1 + sum(one != other for one, other in pairwise(numbers))
    # A value that goes and returns between two releases is packed once more at most.
    assert changes <= len(packed) <= changes + len(writes)
    if len({at for at, _ in writes}) == len(writes):
        assert len(packed) == changes
    assert len(numbers) == 150
