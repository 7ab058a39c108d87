"""Which received frames may be used, and when a message is no longer valid."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.instant import MS
from bench.protocol.e2e import GOOD, Check, State, Status

CYCLE = 20 * MS
TIMEOUT = 10 * CYCLE


def statuses(check: Check, counters: list[int | None], start: int = CYCLE) -> list[Status]:
    """What the check says of frames that come one a cycle; None is a wrong CRC."""
    return [check.receive(counter, start + place * CYCLE) for place, counter in enumerate(counters)]


@pytest.mark.parametrize("modulo", [15, 16, 256])
def test_a_sender_that_counts_is_ok_for_ever(modulo: int) -> None:
    """Over the wrap of every profile: P01 after 14, P02 after 15, P05 after 255."""
    check = Check(modulo, timeout=TIMEOUT)

    seen = statuses(check, [place % modulo for place in range(3 * modulo)])

    assert seen == [Status.INITIAL] + [Status.OK] * (3 * modulo - 1)
    assert check.state is State.VALID
    assert check.entered == CYCLE


def test_one_wrong_crc_is_ignored_and_the_last_value_kept() -> None:
    """Not used, still valid; the next frame has lost one before it."""
    check = Check(15)

    assert statuses(check, [3, None]) == [Status.INITIAL, Status.WRONGCRC]
    assert not check.usable
    assert check.state is State.VALID
    assert check.receive(5, 3 * CYCLE) is Status.OKSOMELOST
    assert check.usable


def test_three_wrong_crcs_on_end_make_it_invalid_at_the_third() -> None:
    """The instant is that of the third bad frame, and later ones do not move it."""
    check = Check(15)
    statuses(check, [3, None, None])
    assert check.state is State.VALID

    statuses(check, [None] * 18, start=3 * CYCLE + CYCLE)

    assert (check.state, check.entered, check.usable) == (State.INVALID, 4 * CYCLE, False)


def test_two_bad_frames_a_good_one_and_two_bad_ones_stay_valid() -> None:
    """Only bad frames on end count."""
    check = Check(16)

    statuses(check, [0, None, 1, None, None, 2, None, None])

    assert check.state is State.VALID


def test_a_repeated_counter_is_never_used() -> None:
    """The first frame with it is; a frozen counter makes the message invalid and keeps it so, time-out or not."""
    check = Check(15, timeout=TIMEOUT)
    assert check.receive(7, CYCLE) is Status.INITIAL

    used = []
    for place in range(2, 100):
        check.tick(place * CYCLE - 1)
        assert check.receive(7, place * CYCLE) is Status.REPEATED
        used.append(check.usable)

    assert not any(used)
    assert (check.state, check.entered) == (State.INVALID, 4 * CYCLE)


def test_a_step_beyond_the_greatest_is_not_used_and_the_next_in_sequence_is() -> None:
    """MaxDelta 2: a step of 3 is a wrong sequence, from which the check goes on."""
    check = Check(15, max_delta=2)

    assert statuses(check, [14, 2, 3]) == [Status.INITIAL, Status.WRONGSEQUENCE, Status.OK]
    assert check.usable


def test_resynchronisation_may_take_more_frames() -> None:
    """With two sync frames the third in sequence is the first that is used; another break starts over."""
    check = Check(15, sync_frames=2)

    assert statuses(check, [0, 5, 6, 9, 10, 11, 12]) == [
        Status.INITIAL, Status.WRONGSEQUENCE, Status.SYNC, Status.WRONGSEQUENCE, Status.SYNC, Status.SYNC, Status.OK,
    ]  # fmt: skip
    assert (check.state, check.entered) == (State.VALID, 7 * CYCLE)


def test_a_counter_that_no_sender_has_is_a_wrong_sequence() -> None:
    """15 in P01: neither a repetition of 0, which it is modulo 15, nor something to follow."""
    check = Check(15)

    assert statuses(check, [0, 15, 1]) == [Status.INITIAL, Status.WRONGSEQUENCE, Status.OK]


def test_valid_again_may_take_more_than_one_good_frame() -> None:
    """Until then good frames are not used either."""
    check = Check(256, good_to_valid=3)
    used = []
    for place in range(4):
        check.receive(place, place * CYCLE)
        used.append(check.usable)

    assert used == [False, False, True, True]
    assert check.entered == 2 * CYCLE


def test_the_time_out_comes_at_its_very_instant() -> None:
    """Ten cycles after the last good frame, not when somebody looks; bad frames do not put it off."""
    check = Check(15, timeout=TIMEOUT)
    statuses(check, [0, 1, None])
    assert check.deadline() == 2 * CYCLE + TIMEOUT

    assert check.tick(2 * CYCLE + TIMEOUT - 1) is Status.NONEWDATA
    assert check.state is State.VALID
    assert check.tick(2 * CYCLE + TIMEOUT + 5 * MS) is Status.TIMEOUT

    assert (check.state, check.entered) == (State.INVALID, 2 * CYCLE + TIMEOUT)
    assert check.deadline() is None
    assert check.tick(1000 * CYCLE) is Status.NONEWDATA


def test_a_frame_at_the_deadline_is_in_time_and_a_later_one_is_not() -> None:
    """One later than the deadline finds the message invalid and makes it valid at its own instant."""
    in_time, late = Check(15, timeout=TIMEOUT), Check(15, timeout=TIMEOUT)
    in_time.receive(0, 0)
    late.receive(0, 0)

    assert in_time.receive(1, TIMEOUT) is Status.OK
    assert late.receive(1, TIMEOUT + 1) is Status.INITIAL

    assert in_time.entered == 0
    assert late.entered == TIMEOUT + 1


def test_a_message_that_never_came_is_invalid_after_the_time_out() -> None:
    """Counted from the receiver's own start; before that the start values hold."""
    check = Check(15, timeout=TIMEOUT, since=300 * MS)

    assert (check.state, check.deadline()) == (State.NODATA, 300 * MS + TIMEOUT)
    assert check.tick(300 * MS + TIMEOUT) is Status.TIMEOUT
    assert check.state is State.INVALID


def test_without_a_time_out_there_is_no_deadline() -> None:
    """And silence says nothing."""
    check = Check(15)
    check.receive(0, 0)

    assert check.deadline() is None
    assert check.tick(10**15) is Status.NONEWDATA
    assert check.state is State.VALID


def test_a_sender_that_was_silent_for_a_time_out_may_begin_anew() -> None:
    """After a reset its counter starts at 0, whatever it was; the first frame is used."""
    check = Check(15, timeout=TIMEOUT)
    statuses(check, [10, 11, 12])
    check.tick(3 * CYCLE + TIMEOUT)

    assert check.receive(12, 4 * CYCLE + TIMEOUT) is Status.INITIAL
    assert check.usable
    assert check.state is State.VALID


def test_after_a_silence_nothing_is_left_to_resynchronise() -> None:
    """The break was in the sequence before; the new one begins with a frame that is used."""
    check = Check(15, timeout=TIMEOUT, sync_frames=2)
    statuses(check, [0, 9])

    assert statuses(check, [0, 1], start=3 * TIMEOUT) == [Status.INITIAL, Status.OK]


def test_a_greatest_step_that_would_accept_anything_is_refused() -> None:
    """A step of the whole modulo is a repetition."""
    with pytest.raises(ValueError, match=r"step is 15; with modulo 15 take 1\.\.14"):
        Check(15, 15)


FRAMES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 15)), st.sampled_from((CYCLE, CYCLE, CYCLE, 3 * CYCLE, 15 * CYCLE))),
    max_size=60,
)


@given(
    FRAMES, st.sampled_from((15, 16)), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2),
    st.booleans(),
)  # fmt: skip
def test_the_check_says_what_the_whole_history_says(
    frames: list[tuple[int | None, int]], modulo: int, max_delta: int, bad: int, good: int, sync: int, ticks: bool
) -> None:
    """Status, state and its beginning for any parameters, whether or not somebody looked at each deadline."""
    check = Check(modulo, max_delta, timeout=TIMEOUT, bad_to_invalid=bad, good_to_valid=good, sync_frames=sync)
    now = 0
    heard: list[tuple[int, int | None]] = []
    fine: list[tuple[int, bool]] = []
    for counter, gap in frames:
        now += gap
        deadline = check.deadline()
        if ticks and deadline is not None and deadline < now:
            assert check.tick(deadline) is Status.TIMEOUT
            assert (check.state, check.usable) == (State.INVALID, False)

        status = check.receive(counter, now)

        assert status is judged(heard, counter, now, modulo, max_delta, sync)
        heard.append((now, counter))
        fine.append((now, status in GOOD))
        assert (check.state, check.entered) == state_of(fine, bad, good)
        assert check.usable == (status in GOOD and check.state is State.VALID)


def state_of(fine: list[tuple[int, bool]], bad: int, good: int) -> tuple[State, int]:
    """The state and since when, from which frames were good: the latest of all that decides, and the first like it."""
    times = [0, *(at for at, one in fine if one), fine[-1][0]]
    marks = [(one + TIMEOUT, State.INVALID) for one, other in pairwise(times) if other > one + TIMEOUT]
    for end in range(1, len(fine) + 1):
        at = fine[end - 1][0]
        lately = [one for _, one in fine[:end]]
        if end >= bad and not any(lately[-bad:]):
            marks.append((at, State.INVALID))
        run = [one for one, _ in fine[max(0, end - good) : end]]
        if len(run) == good and all(lately[-good:]) and all(other <= one + TIMEOUT for one, other in pairwise(run)):
            marks.append((at, State.VALID))
    state, since = State.NODATA, 0
    for at, mark in sorted(marks, key=lambda mark: mark[0]):
        if mark is not state:
            state, since = mark, at
    return state, since


def judged(
    before: list[tuple[int, int | None]], counter: int | None, now: int, modulo: int, max_delta: int, sync: int
) -> Status:
    """The status of a frame from all frames before it: the rule in words, with nothing kept from frame to frame."""
    if counter is None:
        return Status.WRONGCRC
    if counter >= modulo:
        return Status.WRONGSEQUENCE
    heard = [(at, seen) for at, seen in before if seen is not None and seen < modulo]
    if not heard or now - heard[-1][0] > TIMEOUT:
        return Status.INITIAL
    steps = []
    for (earlier, one), (later, other) in zip(heard, [*heard[1:], (now, counter)], strict=True):
        steps.append(None if later - earlier > TIMEOUT else (other - one) % modulo)
    if steps[-1] == 0:
        return Status.REPEATED
    if steps[-1] is not None and steps[-1] > max_delta:
        return Status.WRONGSEQUENCE
    in_sequence = 0  # frames in sequence since the latest break, this one included
    for step in reversed(steps):
        if step is None:
            return Status.OK if steps[-1] == 1 else Status.OKSOMELOST
        if step > max_delta:
            return Status.SYNC if in_sequence <= sync else Status.OK if steps[-1] == 1 else Status.OKSOMELOST
        in_sequence += step > 0
    return Status.OK if steps[-1] == 1 else Status.OKSOMELOST


@given(FRAMES)
def test_a_wrong_crc_is_never_used_and_three_bad_frames_are_invalid(frames: list[tuple[int | None, int]]) -> None:
    """With the defaults and no time-out: used are the first frame with the right CRC and those a step of 1 or 2 on."""
    check = Check(16)
    last: int | None = None
    bad = now = 0
    for counter, gap in frames:
        now += gap
        check.receive(counter, now)

        in_sequence = counter is not None and (last is None or (counter - last) % 16 in (1, 2))
        last = last if counter is None else counter
        bad = 0 if in_sequence else bad + 1
        assert check.usable == in_sequence
        assert (check.state is State.INVALID) == (bad >= 3)
