"""A received message as an ECU uses it: what counts, when it times out, what stands in its place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_bus import Lone
from networks import message

from bench.clock.kernel import Kernel
from bench.ecu.checked import Checked, Reception
from bench.ecu.ecu import Ports
from bench.model.frame import Frame
from bench.model.instant import MS
from bench.network.codec import codec
from bench.network.protection import protector
from bench.protocol.e2e import Status

TIMEOUT = 50 * MS
LABELS = ((65535, "SNA"), (65534, "FAULT"))


def world(protection: str = "P01", substitute: int | None = 65535, start: int = 7) -> tuple[Lone, Ports]:
    """A bus with message M and the ports of a listener L."""
    layout = message("B0", "M", 0x100, length=8, cycle=10 * MS, protection=protection)
    signal = replace(layout.signals[0], labels=LABELS, substitute_raw=substitute, start_raw=start)
    lone = Lone([replace(layout, signals=(signal,))])
    ports = Ports(
        "L", 0, lone.kernel, {"B0": lone.bus}, {}, {}, lone.recorder, lambda off: None, lambda what: Kernel().event()
    )  # fmt: skip
    return lone, ports


def feed(lone: Lone, at: int, number: int, counter: int, wrong: bool = False) -> None:
    """Put a frame on the wire by hand."""
    layout = lone.layout.messages[0]
    data = codec(layout).encode({"Number": number})
    if layout.protection:
        data = protector(layout.protection, 8)(data, counter)
        data = bytes((data[0] ^ wrong, *data[1:]))
    lone.at(at, lambda now: lone.bus.send_frame(Frame(0x100, data), now))


def updated(lone: Lone, checked: Checked, at: int) -> list[Reception]:
    """Run to an instant and update there."""
    lone.kernel.run_until(at)
    return checked.update(at)


def test_before_the_first_frame_the_substitute_stands_and_nothing_is_valid():
    lone, ports = world()
    checked = Checked(ports, "B0", "M", TIMEOUT)

    assert updated(lone, checked, 10 * MS) == []
    assert (checked.valid, checked.get("Number")) == (False, "SNA")


def test_without_a_substitute_the_start_value_stands():
    lone, ports = world(substitute=None)
    checked = Checked(ports, "B0", "M", TIMEOUT)

    updated(lone, checked, 10 * MS)
    assert checked.get("Number") == 7


@pytest.mark.parametrize("protection", ["P01", "P02", "P05", ""])
def test_a_right_frame_counts_and_holds_until_the_time_out(protection):
    lone, ports = world(protection)
    checked = Checked(ports, "B0", "M", TIMEOUT)
    feed(lone, 1 * MS, 42, 3)
    (reception,) = updated(lone, checked, 5 * MS)

    assert reception.consumed
    assert 1 * MS < reception.at < 2 * MS
    assert (checked.valid, checked.get("Number")) == (True, 42)
    for at, valid in ((reception.at + TIMEOUT - 1, True), (reception.at + TIMEOUT, False)):
        assert checked.overdue(at) is not valid
        updated(lone, checked, at)
        assert checked.valid is valid
        assert checked.get("Number") == (42 if valid else "SNA")
    assert not checked.overdue(reception.at + TIMEOUT)


FRAMES = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from(["next", "same", "lost two", "wrong"]), st.integers(0, 60000)),
    max_size=25,
)


@given(FRAMES, st.sampled_from(["P01", "P02", "P05"]))
def test_only_frames_that_are_right_and_new_are_ever_used(frames, protection):
    """An oracle by the rules: CRC right and counter 1 or 2 on; three bad on end or a silence make it invalid."""
    lone, ports = world(protection)
    checked = Checked(ports, "B0", "M", TIMEOUT)
    modulo = lone.layout.messages[0].protection.modulo
    at, counter, last = 0, 5, None
    good_at = heard_at = 0
    bad, valid, content = 0, False, "SNA"
    for gap, kind, number in frames:
        at += gap * MS
        counter = (counter + {"next": 1, "same": 0, "lost two": 3, "wrong": 1}[kind]) % modulo
        feed(lone, at, number, counter, wrong=kind == "wrong")
        (reception,) = updated(lone, checked, at + 500_000)
        if valid and reception.at > good_at + TIMEOUT:
            valid = False
        if kind == "wrong":
            good = False
        else:
            fresh = last is None or reception.at - heard_at > TIMEOUT
            good = fresh or (counter - last) % modulo in (1, 2)
            last, heard_at = counter, reception.at
        assert reception.consumed is good
        if good:
            bad, valid, content, good_at = 0, True, number, reception.at
        else:
            bad += 1
            valid &= bad < 3
        valid &= at + 500_000 < good_at + TIMEOUT
        assert checked.valid is valid
        assert checked.get("Number") == (content if valid else "SNA")


def test_frames_that_came_together_are_judged_one_by_one_in_order():
    lone, ports = world()
    checked = Checked(ports, "B0", "M", TIMEOUT)
    for n, counter in enumerate((3, 4, 4, 9, 10)):
        feed(lone, (n + 1) * MS, 100 + n, counter)
    receptions = updated(lone, checked, 9 * MS)

    states = [one.status for one in receptions]
    assert states == [Status.INITIAL, Status.OK, Status.REPEATED, Status.WRONGSEQUENCE, Status.OK]
    assert [one.consumed for one in receptions] == [True, True, False, False, True]
    assert checked.get("Number") == 104
    assert [checked.read(one.data, "Number") for one in receptions] == [100, 101, 102, 103, 104]


def test_who_accepts_more_consumes_more():
    """A receiver that takes repeated frames uses their content, as a wrong one would."""
    lone, ports = world()
    checked = Checked(ports, "B0", "M", TIMEOUT, accept=lambda status: status is not Status.WRONGCRC)
    feed(lone, 1 * MS, 1, 3)
    feed(lone, 2 * MS, 2, 3)
    receptions = updated(lone, checked, 5 * MS)

    assert [one.consumed for one in receptions] == [True, True]
    assert checked.get("Number") == 2


def test_a_label_on_the_wire_is_given_as_a_label():
    lone, ports = world()
    checked = Checked(ports, "B0", "M", TIMEOUT)
    feed(lone, 1 * MS, 65534, 3)
    updated(lone, checked, 5 * MS)

    assert checked.get("Number") == "FAULT"


@pytest.mark.parametrize("data", [b"", b"\1", bytes(7)])
@pytest.mark.parametrize("protection", ["P01", ""])
def test_a_frame_of_another_length_breaks_nothing(data, protection):
    """With protection it is wrong; without, a signal that does not fit has its start value."""
    lone, ports = world(protection)
    checked = Checked(ports, "B0", "M", TIMEOUT)
    lone.at(1 * MS, lambda now: lone.bus.send_frame(Frame(0x100, data), now))
    (reception,) = updated(lone, checked, 5 * MS)

    assert reception.consumed is not bool(protection)
    assert checked.get("Number") == ("SNA" if protection else 7 if len(data) < 5 else 0)


def test_an_unprotected_message_is_never_wrong_only_late():
    lone, ports = world("")
    checked = Checked(ports, "B0", "M", TIMEOUT)
    for n in range(9):
        feed(lone, (n + 1) * 2 * MS, 5, 0)
    receptions = updated(lone, checked, 30 * MS)

    assert all(one.consumed for one in receptions)
    assert checked.valid
    updated(lone, checked, 80 * MS)
    assert not checked.valid
    feed(lone, 90 * MS, 6, 0)
    updated(lone, checked, 95 * MS)
    assert (checked.valid, checked.get("Number")) == (True, 6)
