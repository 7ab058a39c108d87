"""Unknown is not the last value, and never exercised is not a pass."""

from dataclasses import replace

import pytest
from trace_builder import (
    AGED,
    BOTH,
    BUS,
    CGW,
    EVENT,
    MESSAGES,
    PLANT,
    SAFE,
    TCU,
    Tape,
    below,
    is_,
    plan,
    speed,
    state,
    verdict,
)

from bench.judge.signals import View
from bench.model.check import Always, Check, Cycle, CycleOf, Eventually, Follows, Never, Settles, Statistic, Stays
from bench.model.expression import UNKNOWN, AnyOf, SignalRef
from bench.model.instant import MS
from bench.model.layout import MessageLayout, SignalLayout
from bench.model.verdict import Outcome
from bench.network.protection import protector


def checks_of(of: MessageLayout) -> list[Check]:
    """Checks that all pass while the message says VOICE and 50 km/h."""
    return [
        Always(is_("VOICE", of)),
        Stays(is_("VOICE", of)),
        Follows(speed(of), PLANT, 2, 400 * MS),
        Settles(speed(of), 50, 1, 200 * MS, 500 * MS),
        Never(is_("IDLE", of)),
        Statistic(speed(of), "mean", 49, 51),
    ]


def tape_until(silence: int, of: MessageLayout) -> Tape:
    tape = Tape().cycle(0, silence, of, "VOICE", 50)
    for at in range(0, 2000 * MS, 10 * MS):
        tape.sample(at, 50.0)
    return tape


@pytest.mark.parametrize("check", checks_of(TCU), ids=lambda check: type(check).__name__)
def test_a_device_that_falls_silent_in_mid_window_fails(check):
    """Its last word was good, but three cycles after it nothing is known; only the device can be to blame."""
    assert verdict(check, tape_until(2000 * MS, TCU), 2000 * MS).outcome is Outcome.PASS
    found = verdict(check, tape_until(1000 * MS, TCU), 2000 * MS)

    assert found.outcome is Outcome.FAIL
    assert found.at == 1200 * MS
    assert found.margin.time == -800 * MS
    assert found.observer == "TCU"
    assert "was unknown from 1.2 s" in found.why
    assert "(record " in found.why
    assert len(found.proof) == 1


@pytest.mark.parametrize("check", checks_of(CGW), ids=lambda check: type(check).__name__)
def test_a_bench_that_falls_silent_in_mid_window_is_inconclusive(check):
    """What the bench itself did not send proves nothing about the device."""
    assert verdict(check, tape_until(2000 * MS, CGW), 2000 * MS).outcome is Outcome.PASS
    found = verdict(check, tape_until(1000 * MS, CGW), 2000 * MS)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.at == 1200 * MS
    assert found.observer == "bench"


def test_a_violation_before_the_silence_of_the_bench_is_still_a_violation():
    tape = Tape().send(0, CGW, "VOICE").send(100 * MS, CGW, "IDLE")

    assert verdict(Always(is_("VOICE", CGW)), tape).outcome is Outcome.FAIL


def test_a_signal_is_known_until_exactly_three_cycles_after_its_last_frame():
    """Frames 300 ms apart leave no hole, frames a nanosecond farther do."""
    whole = Tape().cycle(0, 1000 * MS, TCU, "VOICE", every=300 * MS)
    torn = Tape().cycle(0, 1000 * MS, TCU, "VOICE", every=300 * MS + 1)

    assert verdict(Always(is_("VOICE")), whole).outcome is Outcome.PASS
    assert verdict(Always(is_("VOICE")), torn).at == 300 * MS


def test_a_cyclic_message_with_events_expires_by_its_cycle():
    assert verdict(Always(is_("VOICE", BOTH)), Tape().send(0, BOTH, "VOICE")).at == 300 * MS


def test_an_event_message_expires_by_its_declared_age_or_never():
    """Without a declared age it is unknown only before its first frame."""
    assert verdict(Always(is_("VOICE", AGED)), Tape().send(0, AGED, "VOICE")).at == 250 * MS
    assert verdict(Always(is_("VOICE", EVENT)), Tape().send(0, EVENT, "VOICE")).outcome is Outcome.PASS
    assert verdict(Always(is_("VOICE", EVENT)), Tape().send(1, EVENT, "VOICE")).outcome is Outcome.FAIL


def test_a_plant_value_expires_three_sample_spacings_after_its_last_sample():
    tape = Tape()
    for at in range(0, 500 * MS, 10 * MS):
        tape.sample(at, 20.0)
    found = verdict(Always(below(50, PLANT)), tape)

    assert (found.outcome, found.at, found.observer) == (Outcome.INCONCLUSIVE, 520 * MS, "model")


def test_unknown_at_the_start_of_the_window_counts():
    tape = Tape().cycle(100 * MS, 1000 * MS, TCU, "VOICE")

    assert verdict(Always(is_("VOICE")), tape).outcome is Outcome.FAIL
    assert verdict(Stays(is_("VOICE")), tape).outcome is Outcome.FAIL
    assert verdict(Eventually(is_("VOICE")), tape).outcome is Outcome.PASS


def test_a_label_among_numbers_is_a_failure_of_the_device_that_sends_it():
    """ "Not available" is an answer, but not the one that the check asked for."""
    tape = Tape().cycle(0, 500 * MS, speed=30).cycle(500 * MS, 1000 * MS, speed=None)
    for check in (Always(below(50)), Never(below(20)), Settles(speed(), 30, 1, 0, 100 * MS)):
        found = verdict(check, tape)
        assert (found.outcome, found.at) == (Outcome.FAIL, 500 * MS)
        assert "SNA" in found.why


@pytest.mark.parametrize("of, outcome", [(TCU, Outcome.FAIL), (EVENT, Outcome.NONE), (CGW, Outcome.NONE)])
@pytest.mark.parametrize("kind", range(6))
def test_a_signal_that_was_never_seen(of, outcome, kind):
    """It fails the device that should send it by itself; otherwise nothing was exercised."""
    tape = Tape()
    for at in range(0, 1000 * MS, 10 * MS):
        tape.sample(at, 50.0)
    found = verdict(checks_of(of)[kind], tape)

    assert found.outcome is outcome
    assert "never seen" in found.why


def test_a_message_that_was_never_seen_breaks_its_cycle_only_if_the_device_sends_it():
    for of, outcome in ((TCU, Outcome.FAIL), (CGW, Outcome.NONE)):
        assert verdict(Cycle((CycleOf("INFO", of.name, 100 * MS),), 0.1), Tape()).outcome is outcome


def test_what_decides_without_the_unknown_part_is_decided():
    """Speed is unknown all the time, but state alone settles the question."""
    tape = Tape().cycle(0, 1000 * MS, TCU, "VOICE")
    assert verdict(Always(AnyOf((below(5, speed(CGW)), is_("VOICE")))), tape).outcome is Outcome.PASS


def test_frames_with_a_wrong_crc_say_nothing():
    """The device goes on sending, but nothing valid: three cycles later its state is unknown."""
    right = protector(SAFE.protection, 8)
    tape = Tape()
    for number, at in enumerate(range(0, 1000 * MS, 100 * MS)):
        payload = right(bytes([0, 0, 0, 5, 0, 0, 0, 0]), number)
        if at >= 400 * MS:
            payload = bytes([payload[0] ^ 1]) + payload[1:]
        tape.send(at, SAFE, data=payload)
    found = verdict(Always(is_("VOICE", SAFE)), tape)

    assert (found.outcome, found.at) == (Outcome.FAIL, 600 * MS)


def test_frames_of_a_wrong_length_say_nothing():
    tape = Tape().cycle(0, 400 * MS, TCU, "VOICE")
    for at in range(400 * MS, 1000 * MS, 100 * MS):
        tape.send(at, data=bytes([5, 0, 0, 0]))
    view = View(plan(), tape.trace(1000 * MS))

    assert view.track(state()).at == [0, 100 * MS, 200 * MS, 300 * MS, 600 * MS]


def test_a_multiplexed_signal_keeps_its_value_while_its_message_goes_on():
    """A frame under another id says nothing of it, but shows that its sender lives; it does not revive what expired."""
    signals = (
        SignalLayout("Index", 0, 8, is_multiplexer=True),
        SignalLayout("Pressure", 8, 8, mux="Index", mux_ids=(0,)),
    )
    layout = replace(TCU, signals=signals)
    bus = replace(BUS, messages=tuple(layout if message is TCU else message for message in MESSAGES))
    tape = Tape().send(0, data=bytes([0, 7, 0, 0, 0, 0, 0, 0]))
    for at in (100, 200, 300, 800, 900):
        tape.send(at * MS, data=bytes([1, 9, 0, 0, 0, 0, 0, 0]))
    track = View(replace(plan(), buses=(bus,)), tape.trace(1000 * MS)).track(SignalRef("INFO", TCU.name, "Pressure"))

    assert list(zip(track.at, track.values, strict=True)) == [(0, 7), (600 * MS, UNKNOWN)]


def test_an_fd_frame_is_as_long_as_the_wire_allows():
    """Eighteen bytes travel as twenty."""
    layout = replace(TCU, length=18, fd=True)
    bus = replace(BUS, messages=tuple(layout if message is TCU else message for message in MESSAGES))
    tape = Tape().send(0, data=bytes([5]) + bytes(17)).send(1, data=bytes([5]) + bytes(19))

    assert View(replace(plan(), buses=(bus,)), tape.trace(1000 * MS)).track(state()).at[0] == 1
