"""What a restbus sends: which messages, when for the first time, with what content; and what is refused before."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, MessageLayout, SendType, SignalLayout
from bench.network.codec import codec
from bench.network.database import load
from bench.run.rest import NO_CYCLE, WINDOW, rest_of

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data" / "dbc"

SPEED = SignalLayout("Speed", 0, 8, factor=0.5, minimum=0, maximum=100, unit="km/h", labels=((255, "SNA"),))


def message(name: str, identifier: int, cycle: int = 10 * MS, **rest: object) -> MessageLayout:
    return MessageLayout("B", name, identifier, 8, "ONE", cycle=cycle, signals=(SPEED,), **rest)


def bus(*messages: MessageLayout) -> BusLayout:
    return BusLayout("B", 500_000, 0, ("ONE", "TWO"), messages)


def content(rest, name):
    """The payload of the first release."""
    layout = rest.layout.message(name)
    return codec(layout).encode({signal: value for of, signal, value in rest.values if of == name})


def refusal(*arguments):
    with pytest.raises(ScenarioError) as refused:
        rest_of(*arguments)
    return str(refused.value)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 7, 10, 20, 100, 1000, 100_000]), st.sampled_from(["ONE", "TWO", ""])),
        min_size=1, max_size=40,
    ),
    st.sampled_from([0, 100 * MS]),
)  # fmt: skip
def test_every_message_is_either_sent_or_left_out_with_a_reason(shapes, default):
    messages = [replace(message(f"M{n}", n, cycle * MS), sender=sender) for n, (cycle, sender) in enumerate(shapes)]
    rest = rest_of(bus(*messages), ["TWO"], (), default)

    sent = {one.name for one in rest.sent}
    left = dict(rest.left_out)
    assert sent | left.keys() == {one.name for one in messages}
    assert not sent & left.keys()
    for before in messages:
        if before.sender == "TWO":
            assert left[before.name] == "node TWO is excepted"
        else:
            assert (before.name in sent) == bool(before.cycle or default)
    for one in rest.sent:
        assert one == rest.layout.message(one.name)
        assert 0 <= one.offset < min(one.cycle, WINDOW)


def test_first_releases_are_spread_so_that_no_millisecond_has_more_than_its_share():
    rest = rest_of(bus(*(message(f"M{n}", n, 100 * MS) for n in range(200))))

    places = [one.offset // MS for one in rest.sent]
    assert {places.count(place) for place in range(100)} == {2}


def test_an_offset_that_the_database_declares_is_kept():
    rest = rest_of(bus(message("A", 1, offset=7 * MS), message("B", 2)))

    assert [one.offset for one in rest.sent] == [7 * MS, 0]


def test_a_default_cycle_is_for_messages_without_one_and_makes_events_cyclic_too():
    event = message("E", 2, 0, send_type=SendType.EVENT)
    rest = rest_of(bus(message("A", 1), event, message("N", 3, 0)), (), (), 50 * MS)

    assert [(one.name, one.cycle, one.send_type) for one in rest.sent] == [
        ("A", 10 * MS, SendType.CYCLIC),
        ("E", 50 * MS, SendType.CYCLIC_EVENT),
        ("N", 50 * MS, SendType.CYCLIC),
    ]
    assert dict(rest_of(bus(message("A", 1), event)).left_out) == {"E": NO_CYCLE}


@pytest.mark.parametrize(("text", "byte"), [("12.5", 25), ("0x10", 32), ("SNA", 255), (" 3 ", 6)])
def test_a_signal_is_set_to_a_number_or_a_label(text, byte):
    rest = rest_of(bus(message("A", 1)), (), [f"A.Speed={text}"])

    assert content(rest, "A")[0] == byte


def test_the_load_is_that_of_the_exact_bits():
    lone = message("A", 0x555)  # 0x55 has no two equal bits in a row, so its stuff bits are those of the rest
    rest = rest_of(bus(lone), (), ["A.Speed=42.5"])

    # 111 bits with intermission and without stuff bits; at most one stuff bit in four of those that can be stuffed.
    assert 111 * 2_000 / (10 * MS) <= rest.load <= 135 * 2_000 / (10 * MS)
    assert rest.frames_per_second == S / (10 * MS)


MUX = MessageLayout(
    "B", "M", 1, 8, "ONE", cycle=10 * MS,
    signals=(
        SignalLayout("Which", 0, 8, is_multiplexer=True),
        SignalLayout("Two", 8, 8, mux="Which", mux_ids=(2,)),
        SignalLayout("Three", 8, 8, mux="Which", mux_ids=(3,)),
    ),
)  # fmt: skip


def test_setting_a_signal_sets_the_multiplexer_that_selects_it():
    assert content(rest_of(bus(MUX), (), ["M.Three=9"]), "M")[:2] == bytes((3, 9))


def test_signals_that_exclude_each_other_are_refused():
    assert "set signals that are sent together" in refusal(bus(MUX), (), ["M.Two=1", "M.Three=1"])


WRONG = {
    "a node": (["ONX"], [], "no node 'ONX' in B", "did you mean 'ONE'?"),
    "a message": ([], ["C.Speed=1"], "no message 'C' in B"),
    "a signal": ([], ["A.Sped=1"], "no signal 'Sped' in A", "did you mean 'Speed'?"),
    "out of range": ([], ["A.Speed=101"], "101 is outside 0 .. 100 km/h"),
    "no label": ([], ["A.Speed=FAST"], "no label 'FAST'; labels: SNA"),
    "no number": ([], ["A.Speed=nan"], "nan is outside"),
    "no value": ([], ["A.Speed"], "expected Message.Signal=VALUE"),
    "no signal at all": ([], ["A=1"], "expected Message.Signal=VALUE"),
    "nothing": ([], [""], "expected Message.Signal=VALUE"),
    "excepted": (["ONE"], ["A.Speed=1"], "the message is not sent: node ONE is excepted"),
    "without a cycle": ([], ["N.Speed=1"], "the message is not sent: no cycle; give one with --cycle-default"),
}


@pytest.mark.parametrize(("excepted", "settings", "told"), [(a, b, c) for a, b, *c in WRONG.values()], ids=list(WRONG))
def test_what_is_wrong_is_told_with_what_would_be_right(excepted, settings, told):
    words = refusal(bus(message("A", 1), message("N", 2, 0)), excepted, settings)

    assert len(words.splitlines()) == 1
    assert all(part in words for part in told)


def test_all_that_is_wrong_is_told_at_once():
    assert len(refusal(bus(message("A", 1)), ["X"], ["B.C=1", "A.Speed=1000"]).splitlines()) == 3


def test_counters_and_crcs_cannot_be_set():
    assert "each release writes E2eCrc anew" in refusal(load(ROOT / "dbc" / "info.dbc"), (), ["TCU_eCall_01.E2eCrc=1"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of databases is not beside the project")
def test_of_a_large_real_database_each_message_with_a_cycle_is_sent():
    layout = load(SHARED / "ford_lincoln_base_pt.dbc")
    rest = rest_of(layout)

    assert {one.name for one in rest.sent} == {one.name for one in layout.messages if one.cycle}
    assert 0.7 < rest.load < 0.8
