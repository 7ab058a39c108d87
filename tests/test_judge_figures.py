"""Load, latency and losses of a bus."""

import pytest
from trace_builder import CGW, FRAME_TIME, TCU, Tape, plan

from bench.judge.figures import figures
from bench.model.instant import MS, S

SLOT = FRAME_TIME + 6_000  # with three bits of intermission at 500 kbit/s


def test_load_counts_frames_and_intermission():
    tape = Tape().cycle(1 * MS, 2 * S, TCU)
    (found,) = figures(plan(), tape.trace(2 * S))

    assert (found.bus, found.frames) == ("INFO", 20)
    assert found.load == pytest.approx(20 * SLOT / (2 * S))
    assert found.peak == pytest.approx(10 * SLOT / S)


def test_the_peak_is_that_of_the_busiest_second():
    tape = Tape().cycle(1 * MS, 1 * S, TCU).cycle(1001 * MS, 2 * S, TCU, every=10 * MS)
    (found,) = figures(plan(), tape.trace(2500 * MS))

    assert found.peak == pytest.approx(100 * SLOT / S)


def test_a_frame_across_a_second_counts_in_both():
    (found,) = figures(plan(), Tape().send(1 * S + FRAME_TIME // 2, TCU).trace(2 * S))

    assert found.peak == pytest.approx((FRAME_TIME / 2 + 6_000) / S)


def test_latency_is_from_release_to_start_of_frame():
    tape = Tape()
    for number in range(100):
        end = (number + 1) * MS
        tape.send(end, CGW if number == 98 else TCU, release=end - FRAME_TIME - number * 1000)
    (found,) = figures(plan(), tape.trace(1 * S))
    assert (found.mean, found.p99, found.longest, found.slowest) == (49_500, 98_000, 99_000, "TCU_Status_01")


def test_releases_that_were_replaced_are_counted():
    tape = Tape().note(5, "overwritten", "INFO.TCU_Status_01").note(6, "overwritten", "PT.Other")

    assert figures(plan(), tape.trace(1 * S))[0].overwritten == 1


def test_a_trace_without_frames_has_figures_too():
    (found,) = figures(plan(), Tape().trace(0))

    assert (found.frames, found.load, found.peak, found.longest, found.slowest) == (0, 0.0, 0.0, 0, "")
