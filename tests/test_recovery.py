"""An ECU's way back from bus-off: quick tries, then slow ones; and its controllers' life with its supply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_bus import Lone
from networks import message
from test_confinement import fault, lay, told
from test_ecu_life import house, supply

from bench.ecu.recovery import BusOffs, Pauses, Recovery, counted, pause
from bench.model.instant import MS, S

PAUSES = Pauses(quick=50 * MS, tries=3, slow=400 * MS, well=1 * S)


@given(st.lists(st.integers(1, 3000), max_size=30))
def test_tries_are_counted_anew_after_a_time_without_bus_off(gaps):
    """By the gaps alone: a row ends where one of them is at least as long as `well`."""
    offs, at, row = BusOffs(), 0, 0
    for number, gap in enumerate(gaps, 1):
        at += gap * MS
        offs = counted(PAUSES, offs, at)
        row = row + 1 if number > 1 and gap < 1000 else 1
        assert (offs.total, offs.row, offs.last) == (number, row, at)
        assert pause(PAUSES, offs) == (50 * MS if row <= 3 else 400 * MS)


class Talker:
    """An ECU with one cyclic message and the policy."""

    name = "A"

    def __init__(self, wait=pause):
        self.wait = wait

    def start(self, ports):
        Recovery(ports, "B0", PAUSES, self.wait)
        ports.output("B0", "M").start()


def driven_off(until: int, wait=pause):
    """States of A while all it sends is destroyed: (instant in ms, state)."""
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=1 * MS)])
    supply(lone, house(Talker(wait), lone), (0, 12.0))
    lay(lone, fault("bus_off", node="A"), 0, until)
    return [(at // MS, text) for at, name, text, _ in told(lone.run(until + 600 * MS)) if name == "A"]


def test_the_first_tries_are_quick_and_the_further_ones_slow():
    states = driven_off(1200 * MS)

    offs = [at for at, text in states if text == "bus-off"]
    asked = [at for at, text in states if text == "recovering"]
    assert [ask - off for off, ask in zip(offs, asked, strict=True)] == [50, 50, 50, 400, 400, 400]
    assert states[-1][1] == "error-active"


def test_who_never_asks_stays_off():
    assert [text for _, text in driven_off(300 * MS, lambda pauses, offs: None)][-1] == "bus-off"


@pytest.mark.parametrize("off", [20, 30])
def test_a_controller_is_on_the_bus_as_long_as_its_ecu_lives(off):
    """Without supply it acknowledges nothing; with it again it begins with its counters at zero."""
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=100 * MS), message("B0", "N", 0x20, length=5, cycle=10 * MS)])
    other = lone.bus.slot("N", "L")
    lone.at(0, lambda now: lone.bus.start(other, now))
    supply(lone, house(Talker(), lone), (0, 12.0), (off + 5, 0.0), (65, 12.0))
    trace = lone.run(150 * MS)

    passive = [at for at, name, text, _ in told(trace) if (name, text) == ("L", "error-passive")]
    assert len(passive) == 1
    assert off + 10 <= passive[0] / MS < off + 15
    assert lone.bus.counters("A") == (0, 0)


def test_a_reset_ends_a_bus_off():
    """The controller starts anew with the unit."""
    lone = Lone([message("B0", "M", 0x10, length=5, cycle=10 * MS)])
    supply(lone, house(Talker(lambda pauses, offs: None), lone), (0, 12.0), (50, 0.0), (55, 12.0))
    lay(lone, fault("bus_off", node="A", count=1), 0)
    states = [text for _, name, text, _ in told(lone.run(100 * MS)) if name == "A"]

    assert states == ["error-passive", "bus-off", "error-active"]
    assert len(lone.frames(100 * MS)) >= 4
