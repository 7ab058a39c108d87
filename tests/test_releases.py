"""The order in which a bus gives out its releases, against one that is worked out plainly."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.clock.calendar import Calendar
from bench.model.instant import MS
from bench.model.layout import BusLayout, MessageLayout
from bench.wire.recorder import Recorder
from bench.wire.releases import Releases
from bench.wire.roster import Roster

END = 300 * MS

CYCLES = st.sampled_from([2, 5, 7, 10, 13, 100, 997, 100_000])
"""In ms. All of them in one table would have millions of rows, so some are too long for it."""


@settings(max_examples=15)
@given(st.lists(st.tuples(CYCLES, st.integers(0, 150)), min_size=1, max_size=8), st.integers(1, 100))
def test_every_release_is_given_out_once_in_order_whether_its_cycle_fits_the_table_or_not(shapes, step):
    messages = tuple(
        MessageLayout("B", f"M{n}", n, 0, "A", cycle=cycle * MS, offset=offset * MS)
        for n, (cycle, offset) in enumerate(shapes)
    )
    roster = Roster(BusLayout("B", 500_000, 0, ("A",), messages), Calendar(), Recorder(), 0, 0, None)
    releases = Releases(roster)
    for message in messages:
        releases.start(releases.slot(message.name, "A"), 0)

    found, at = [], 0
    while at < END:
        at = min(at + step * MS + 1, END)
        found += [(due, slot.id) for due, _, slot in releases.due(at)]

    expected = [(at, one.id) for one in messages for at in range(one.offset, END, one.cycle)]
    assert found == sorted(expected)


def test_one_that_is_too_long_for_the_table_is_not_tried_again_at_each_step():
    """A table of thousands of rows was made anew for each release."""
    messages = tuple(
        MessageLayout("B", f"M{cycle}", n, 0, "A", cycle=cycle * MS)
        for n, cycle in enumerate((10, 20, 30, 50, 1_500, 100_000))
    )
    roster = Roster(BusLayout("B", 500_000, 0, ("A",), messages), Calendar(), Recorder(), 0, 0, None)
    releases = Releases(roster)
    slots = [releases.slot(message.name, "A") for message in messages]
    for slot in slots:
        releases.start(slot, 0)
    releases.settle()
    table = releases.timetable

    for at in range(1 * MS, 200 * MS, MS):
        list(releases.due(at))

    assert not slots[-1].tabled
    assert releases.timetable is table
