"""cycle, counter, crc, silent."""

import pytest
from trace_builder import AGED, BOTH, CGW, EVENT, MESSAGES, SAFE, TCU, Tape, verdict

from bench.model.check import Counter, Crc, Cycle, CycleOf, Silent
from bench.model.instant import MS
from bench.model.verdict import Margin, Outcome
from bench.network.protection import protector

OF_TCU = (CycleOf("INFO", TCU.name, 100 * MS),)


def frames(*times: float, of=TCU) -> Tape:
    """Frames that end at these milliseconds."""
    tape = Tape()
    for at in times:
        tape.send(round(at * MS), of)
    return tape


def test_a_cycle_passes_at_its_limits_and_says_the_room():
    assert verdict(Cycle(OF_TCU, 0.1), frames(0, 110, 200), 300 * MS).margin == Margin(time=0, relative=0.0)
    found = verdict(Cycle(OF_TCU, 0.1), frames(0, 104, 202, 302), 400 * MS)

    assert (found.outcome, found.margin, found.at) == (Outcome.PASS, Margin(time=6 * MS, relative=0.6), 104 * MS)
    assert found.proof == (0, 2)


def test_a_gap_too_long_and_a_gap_too_short():
    long = verdict(Cycle(OF_TCU, 0.1), frames(0, 100, 211, 300), 400 * MS)
    assert (long.outcome, long.at, long.margin.time) == (Outcome.FAIL, 211 * MS, -1 * MS)
    assert long.why.startswith(
        "TCU_Status_01 came 111 ms after the frame before; allowed 100 ms +- 10 ms (records 2 and 3)"
    )

    short = verdict(Cycle(OF_TCU, 0.1), frames(0, 100, 189, 289), 389 * MS)
    assert (short.outcome, short.at, short.margin.time) == (Outcome.FAIL, 189 * MS, -1 * MS)


def test_the_first_violation_speaks_and_the_worst_gives_the_margin():
    found = verdict(Cycle(OF_TCU, 0.1), frames(0, 100, 185, 285, 500, 600), 700 * MS)

    assert (found.at, found.margin) == (185 * MS, Margin(time=-105 * MS, relative=-10.5))
    assert "the worst: came 215 ms" in found.why


def test_the_larger_of_share_and_time_is_allowed():
    tape = frames(0, 115, 200)

    assert verdict(Cycle(OF_TCU, 0.1), tape, 300 * MS).outcome is Outcome.FAIL
    assert verdict(Cycle(OF_TCU, 0.1, or_ns=15 * MS), tape, 300 * MS).outcome is Outcome.PASS


def test_events_do_not_shift_the_grid_so_only_the_long_side_is_bounded():
    of = (CycleOf("INFO", BOTH.name, 100 * MS, long_side_only=True),)

    assert verdict(Cycle(of, 0.1), frames(0, 30, 100, 200, of=BOTH), 300 * MS).outcome is Outcome.PASS
    assert verdict(Cycle(of, 0.1), frames(0, 30, 141, 200, of=BOTH), 300 * MS).outcome is Outcome.FAIL


def test_silence_at_the_edges_of_the_window_is_a_gap_too_long():
    head = verdict(Cycle(OF_TCU, 0.1), frames(111, 211), 300 * MS)
    assert (head.outcome, head.margin.time, head.at) == (Outcome.FAIL, -1 * MS, 110 * MS)
    tail = verdict(Cycle(OF_TCU, 0.1), frames(0, 100), 211 * MS)
    assert (tail.outcome, tail.margin.time, tail.at) == (Outcome.FAIL, -1 * MS, 210 * MS)

    assert verdict(Cycle(OF_TCU, 0.1), frames(110, 210), 320 * MS).outcome is Outcome.PASS


def test_a_gap_with_one_frame_outside_the_window_is_not_judged():
    tape = frames(0, 185, 285, 385).phase("drive", 100 * MS, 400 * MS)

    assert verdict(Cycle(OF_TCU, 0.1), tape, 400 * MS).outcome is Outcome.PASS


def test_the_first_frame_has_a_limit_of_its_own():
    tape = frames(150, 250)
    assert verdict(Cycle(OF_TCU, 0.1), tape, 300 * MS).outcome is Outcome.FAIL
    assert verdict(Cycle(OF_TCU, 0.1, first=150 * MS), tape, 300 * MS).margin == Margin(time=0, relative=0.0)
    assert verdict(Cycle(OF_TCU, 0.1, first=149 * MS), tape, 300 * MS).outcome is Outcome.FAIL


def test_the_mean_gap_has_a_tolerance_of_its_own():
    """Gaps of 104 ms each are within 10 %, but their mean is not within 2 %."""
    tape = frames(0, 104, 208, 312)

    assert verdict(Cycle(OF_TCU, 0.1, mean_tolerance=0.04), tape, 400 * MS).margin.time == 0
    found = verdict(Cycle(OF_TCU, 0.1, mean_tolerance=0.02), tape, 400 * MS)
    assert (found.outcome, found.margin) == (Outcome.FAIL, Margin(time=-2 * MS, relative=-1.0))


def test_of_many_messages_the_worst_speaks_and_the_others_are_named():
    tape = frames(0, 150, 250).send(0, CGW).send(220 * MS, CGW).cycle(0, 300 * MS, BOTH)
    of = tuple(CycleOf("INFO", m.name, 100 * MS) for m in (TCU, CGW, BOTH))
    found = verdict(Cycle(of, 0.1), tape, 300 * MS)

    assert found.outcome is Outcome.FAIL
    assert found.why.startswith("CGW_Veh_01 came 220 ms")
    assert found.why.endswith("broken by TCU_Status_01, CGW_Veh_01")
    assert found.at == 150 * MS


def test_a_window_shorter_than_a_cycle_exercises_nothing():
    assert verdict(Cycle(OF_TCU, 0.1), frames(0, 100).phase("drive", 0, 90 * MS), 200 * MS).outcome is Outcome.NONE


def counted(*counters: int, spoil: int | None = None) -> Tape:
    """Protected frames with these counters, 100 ms apart; the one at place `spoil` has a wrong CRC."""
    right = protector(SAFE.protection, 8)
    tape = Tape()
    for place, counter in enumerate(counters):
        payload = right(bytes(8), counter)
        tape.send(place * 100 * MS, SAFE, data=bytes([payload[0] ^ (place == spoil)]) + payload[1:])
    return tape


OF_SAFE = (("INFO", SAFE.name),)


def test_a_counter_goes_up_by_one_and_wraps():
    """Profile 1 counts from 0 to 14."""
    found = verdict(Counter(OF_SAFE), counted(12, 13, 14, 0, 1), 500 * MS)

    assert (found.outcome, found.why) == (Outcome.PASS, "TCU_Safe_01 counted right in 4 steps")
    assert verdict(Counter(OF_SAFE), counted(14, 15), 500 * MS).outcome is Outcome.FAIL
    assert verdict(Counter(OF_SAFE, modulo=16), counted(14, 15, 0), 500 * MS).outcome is Outcome.PASS


def test_a_frozen_counter_says_what_was_expected():
    found = verdict(Counter(OF_SAFE), counted(3, 4, 4, 4, 5), 500 * MS)

    assert (found.outcome, found.at, found.proof) == (Outcome.FAIL, 200 * MS, (2, 3))
    assert found.why == (
        "TCU_Safe_01 counted 4 after 4 at 200 ms; expected 5 (records 2 and 3); 2 of 4 steps were wrong"
    )


def test_a_wrong_crc_does_not_interrupt_the_counting():
    assert verdict(Counter(OF_SAFE), counted(3, 4, 5, spoil=1), 500 * MS).outcome is Outcome.PASS


def test_a_counter_is_not_compared_across_the_windows_edge():
    tape = counted(3, 3, 4, 5).phase("drive", 100 * MS, 400 * MS)

    assert verdict(Counter(OF_SAFE), tape, 400 * MS).outcome is Outcome.PASS


def test_a_crc_is_right_in_every_frame():
    assert verdict(Crc(OF_SAFE), counted(0, 1, 2), 500 * MS).outcome is Outcome.PASS
    found = verdict(Crc(OF_SAFE), counted(0, 1, 2, 3, spoil=2), 500 * MS)

    assert (found.outcome, found.at, found.proof) == (Outcome.FAIL, 200 * MS, (3,))
    assert "1 of 4 frames" in found.why


def test_a_frame_of_a_wrong_length_has_no_right_crc():
    found = verdict(Crc(OF_SAFE), counted(0).send(100 * MS, SAFE, data=b"\0\0"), 500 * MS)

    assert (found.outcome, "2 bytes instead of 8" in found.why) == (Outcome.FAIL, True)


@pytest.mark.parametrize("check", [Counter(OF_SAFE), Crc(OF_SAFE)])
def test_protection_without_frames_is_not_exercised(check):
    assert verdict(check, Tape()).outcome is Outcome.NONE


@pytest.mark.parametrize("kind", [Counter, Crc])
def test_a_message_without_protection_has_nothing_to_check(kind):
    assert verdict(kind((("INFO", TCU.name),)), frames(0, 100, 200)).outcome is Outcome.NONE


@pytest.mark.parametrize(
    "check", [Silent(node="TCU"), Silent(bus="INFO"), Silent(message="INFO.TCU_Status_01"), Silent(message=TCU.name)]
)
def test_silence_ends_with_the_first_frame_that_starts_in_the_window(check):
    """A frame that was on the wire when the window began belongs to what was before."""
    tape = frames(50, 100.1, 300.2).phase("drive", 100 * MS, 300 * MS)
    assert verdict(check, tape, 400 * MS).outcome is Outcome.PASS

    found = verdict(check, tape.send(250 * MS, TCU), 400 * MS)
    assert (found.outcome, found.proof) == (Outcome.FAIL, (3,))
    assert "TCU_Status_01 began at 249.8 ms (record 3)" in found.why


def test_the_silence_of_one_is_not_that_of_another():
    tape = frames(50, 100, of=CGW)

    assert verdict(Silent(node="TCU"), tape).outcome is Outcome.PASS
    assert verdict(Silent(message=AGED.name), tape).outcome is Outcome.PASS
    assert verdict(Silent(bus="INFO"), tape).outcome is Outcome.FAIL
    assert EVENT in MESSAGES
