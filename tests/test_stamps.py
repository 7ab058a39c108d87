"""Stamps of interfaces on the run's time line: what echoes say of a clock, against clocks that are known."""

from hypothesis import given
from hypothesis import strategies as st

from bench.model.instant import MS, US, S
from bench.wire.stamps import Stamps

EPOCH = 1_700_000_000 * S
"""Where the run begins on the host's clock, ns."""

GRAIN = 300
"""A stamp is a float of seconds since 1970: it tells no less than this many ns apart. Source: IEEE 754, 53 bits."""


def stamps() -> Stamps:
    """The clock of an interface on a host whose run began at EPOCH."""
    return Stamps(lambda epoch: epoch - EPOCH)


def stamped(at: int, ahead: int) -> float:
    """What an interface says whose clock is ahead of the host's."""
    return (EPOCH + at + ahead) / S


echoes = st.lists(
    st.tuples(st.integers(100 * US, 20 * MS), st.integers(1 * US, 2 * MS), st.integers(1 * US, 5 * MS)),
    min_size=3,
    max_size=40,
)
"""(pause before it, from the call to the wire, from the wire to its hearing)."""


@given(echoes)
def test_stamps_of_the_hosts_own_clock_are_taken_as_they_are(found: list[tuple[int, int, int]]) -> None:
    """Whatever the delays were; the uncertainty covers nothing that the echoes leave open."""
    clock, now = stamps(), 0
    for pause, out, back in found:
        called = now + pause
        at, now = called + out, called + out + back
        clock.echo(stamped(at, 0), called, now)
        assert abs(clock.of(stamped(at, 0), now) - at) <= GRAIN

    assert clock.offset == 0
    assert 0 <= clock.uncertainty() <= max(max(out, back) for _, out, back in found) + GRAIN


@given(echoes, st.integers(50 * MS, 3000 * S), st.booleans())
def test_a_clock_that_is_off_is_known_to_within_its_uncertainty(
    found: list[tuple[int, int, int]], away: int, behind: bool
) -> None:
    """After some echoes every stamp is right to within what the interface's clock is said to be uncertain by."""
    ahead = -away if behind else away
    clock, now = stamps(), 4000 * S
    for pause, out, back in found:
        called = now + pause
        at, now = called + out, called + out + back
        clock.echo(stamped(at, ahead), called, now)
    heard = now + 10 * S

    assert abs(clock.of(stamped(now, ahead), heard) - now) <= clock.uncertainty() + GRAIN


@given(st.integers(0, 10_000 * S), st.integers(0, 100 * S))
def test_a_clock_that_does_not_count_from_1970_counts_from_its_first_frame(uptime: int, later: int) -> None:
    """An adapter that tells the time since it was plugged in."""
    clock = stamps()

    first = clock.of((uptime + S) / S, 5 * S)

    assert first == 5 * S
    assert abs(clock.of((uptime + S + later) / S, 5 * S + later + MS) - (5 * S + later)) <= GRAIN


@given(st.integers(-10 * MS, 10 * S))
def test_nothing_is_heard_before_it_happens(ahead: int) -> None:
    """Whatever the stamp says."""
    assert stamps().of(stamped(1 * S, ahead), 1 * S) <= 1 * S


def test_what_has_no_stamp_has_that_of_its_hearing() -> None:
    """Some interfaces give zero."""
    assert stamps().of(0.0, 123) == 123
