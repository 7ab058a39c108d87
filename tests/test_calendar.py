"""The calendar: calls come in the order of instant, phase, rank and asking, whatever the order of booking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clock.calendar import FOREVER, Calendar, Phase

PHASES = st.sampled_from(list(Phase))
RANKS = st.lists(st.integers(0, 3), max_size=3).map(tuple)


def drained(calendar: Calendar, until: int = FOREVER) -> None:
    """Serve everything before an instant, as the kernel does."""
    while (at := calendar.next_at()) < until:
        calendar.take()(at)


@given(st.lists(st.tuples(st.integers(0, 5), PHASES, RANKS), max_size=30))
def test_calls_come_by_instant_phase_rank_and_asking(bookings):
    calendar, came = Calendar(), []
    for ordinal, (at, phase, rank) in enumerate(bookings):
        calendar.at(at, phase, rank, lambda now, key=(at, phase, rank, ordinal): came.append((now, key)))

    drained(calendar)

    keys = [(at, phase, rank, ordinal) for ordinal, (at, phase, rank) in enumerate(bookings)]
    assert [key for _, key in came] == sorted(keys)
    assert all(now == key[0] for now, key in came)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30))
def test_what_is_cancelled_is_never_called_and_everything_else_is(bookings):
    calendar, came = Calendar(), []
    entries = [
        calendar.at(at, Phase.TASK, (), lambda _, number=number: came.append(number))
        for number, (at, _) in enumerate(bookings)
    ]
    for entry, (_, cancelled) in zip(entries, bookings, strict=True):
        if cancelled:
            entry.cancel()

    drained(calendar)

    assert sorted(came) == [number for number, (_, cancelled) in enumerate(bookings) if not cancelled]


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 500))
def test_a_task_runs_on_its_grid_until_the_end(first, period, end):
    calendar, came = Calendar(), []
    calendar.every(first, period, Phase.TASK, (), came.append)

    drained(calendar, end)

    assert came == list(range(first, end, period))


def test_a_task_may_cancel_itself_while_it_runs():
    calendar, came = Calendar(), []

    def once(at):
        came.append(at)
        task.cancel()

    task = calendar.every(3, 10, Phase.TASK, (), once)
    drained(calendar)

    assert came == [3]
    assert calendar.next_at() == FOREVER


def test_a_cancelled_task_stays_cancelled_and_a_second_cancel_is_harmless():
    calendar, came = Calendar(), []
    task = calendar.every(0, 10, Phase.TASK, (), came.append)
    calendar.at(25, Phase.SCENARIO, (), lambda _: (task.cancel(), task.cancel()))

    drained(calendar, 100)

    assert came == [0, 10, 20]


def test_a_call_that_was_made_can_be_cancelled_without_harm_to_others():
    calendar, came = Calendar(), []
    first = calendar.at(1, Phase.TASK, (), came.append)
    calendar.at(2, Phase.TASK, (), lambda at: (first.cancel(), came.append(at)))
    calendar.at(3, Phase.TASK, (), came.append)

    drained(calendar)

    assert came == [1, 2, 3]


@pytest.mark.parametrize("period", [0, -5])
def test_a_period_that_is_not_above_zero_is_refused(period):
    with pytest.raises(ValueError, match=f"period is {period} ns"):
        Calendar().every(0, period, Phase.TASK, (), print)
