"""The 12 V net: exact crossings, who dies first, what a source has to deliver, and what a switch in the line does."""

from dataclasses import dataclass, field
from math import floor, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchBug
from bench.model.instant import MS, US, S
from bench.model.waveform import Segment, Waveform
from bench.vehicle.input_stage import InputStage
from bench.vehicle.net import Line, Net, Terminals

STAGE = InputStage(farad=330e-6, ohm=0.05, drop=0.3)


@dataclass
class Supply:
    """A source that plays one waveform after the other: (begin, waveform or None while it is open)."""

    plays: list[tuple[int, Waveform | None]]

    def _playing(self, at: int) -> tuple[int, Waveform | None]:
        return [play for play in self.plays if play[0] <= at][-1]

    def output(self, at: int) -> float:
        begin, waveform = self._playing(at)
        return 0.0 if waveform is None else waveform.value(at - begin)

    def waveform_from(self, at: int) -> Waveform | None:
        begin, waveform = self._playing(at)
        if waveform is None:
            return None
        rest = []
        for offset, segment in waveform.placed():
            gone = at - begin - offset
            if gone <= 0:
                rest.append(segment)
            elif gone < segment.duration:
                assert not segment.ripple_vpp
                rest.append(Segment(segment.duration - gone, segment.value(gone), segment.end))
        return Waveform(tuple(rest) or (Segment(1, waveform.segments[-1].end, waveform.segments[-1].end),))


def steady(volts: float) -> Waveform:
    """That voltage for good."""
    return Waveform((Segment(1, volts, volts),))


def net(*plays: tuple[int, Waveform | None], **stages: InputStage) -> Net:
    return Net(Supply(list(plays)), stages or {"A": STAGE})


def crossings(one: Net, until: int) -> list[tuple[int, str]]:
    """All crossings up to an instant, each told at once."""
    found = []
    due = one.next_crossing(0)
    while due is not None and due[0] < until:
        found.append(due)
        one.told(due[1], due[0])
        due = one.next_crossing(due[0])
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            Segment, st.integers(10 * US, 40 * MS), st.floats(0.0, 16.0), st.floats(0.0, 16.0),
            st.sampled_from([0.0, 2.0]), st.floats(2.0, 400.0), st.floats(-0.5, 0.5),
        ),
        min_size=1, max_size=5,
    ),
    st.sampled_from([0.0, 1e-3, 3.0, 15.0]),
    st.floats(0.5, 15.0),
)  # fmt: skip
def test_a_crossing_is_the_first_instant_on_the_other_side(parts, watts, level):
    """One nanosecond before it is not there yet, and nowhere before either, as far as samples tell."""
    waveform = Waveform(tuple(parts))
    one, looking = net((0, waveform)), net((0, waveform))
    for each in (one, looking):
        each.draw("A", watts, 0)
        each.watch("A", (level,))
    above, begin = False, 0
    for at, _ in [*crossings(one, waveform.duration), (waveform.duration, "")]:
        assert all((looking.inner("A", t) >= level) is above for t in range(begin, at, 250 * US))
        if at < waveform.duration:
            assert (looking.inner("A", at) >= level) is not above
            assert at == 0 or (looking.inner("A", at - 1) >= level) is above
        above, begin = not above, at


@given(st.floats(7.0, 16.0), st.floats(0.1, 30.0), st.floats(1.0, 6.0), st.integers(1, 10 * S))
def test_an_open_line_kills_exactly_when_the_equation_says(volts, watts, level, opened):
    one = net((0, steady(volts)), (opened, None))
    one.draw("A", watts, 0)
    one.watch("A", (level,))
    one.told("A", opened)
    one.renew(opened)

    at, _ = one.next_crossing(opened)
    exact = STAGE.hold_up(STAGE.level(volts, watts), watts, level)
    assert abs(at - opened - (floor(exact) + 1)) <= 1 + exact * 1e-12


@given(st.lists(st.tuples(st.floats(1e-5, 3e-3), st.floats(0.1, 30.0)), min_size=2, max_size=5, unique=True))
def test_those_with_less_behind_them_die_first(made):
    stages = {f"E{n}": InputStage(farad, 0.05, 0.3) for n, (farad, _) in enumerate(made)}
    one = net((0, steady(12.0)), (S, None), **stages)
    for name, (_, watts) in zip(stages, made, strict=True):
        one.draw(name, watts, 0)
        one.watch(name, (6.0,))
        one.told(name, 0)
    one.renew(S)

    order, due = [], one.next_crossing(S)
    while due is not None:
        order.append(due)
        one.told(due[1], due[0])
        due = one.next_crossing(due[0])
    lasts = {
        name: stage.hold_up(stage.level(12.0, watts), watts, 6.0)
        for (name, stage), (_, watts) in zip(stages.items(), made, strict=True)
    }
    assert [at for at, _ in order] == sorted(at for at, _ in order)
    assert {name: at - S for at, name in order} == {name: pytest.approx(lasts[name], abs=2) for name in stages}


def test_of_two_that_die_at_one_instant_the_first_on_the_net_is_first():
    one = net((0, steady(12.0)), (S, steady(0.0)), B=STAGE, A=STAGE)
    for name in ("A", "B"):
        one.watch(name, (6.0,))
        one.draw(name, 3.0, 0)
        one.told(name, 0)
    one.renew(S)
    at, name = one.next_crossing(S)
    one.told(name, at)
    assert (name, one.next_crossing(at)) == ("B", (at, "A"))


def test_a_voltage_that_was_set_and_taken_back_at_one_instant_charges_nothing():
    source = Supply([(0, steady(0.0)), (S, steady(12.0))])
    one = Net(source, {"A": STAGE})
    one.renew(S)
    assert one.inner("A", S) > 11
    source.plays.append((S, steady(0.0)))
    one.renew(S)
    assert one.inner("A", S) == 0.0


def test_what_it_delivers_is_what_the_loads_take_and_what_charges_capacitors():
    ramp = Waveform((Segment(S, 10.0, 10.0), Segment(10 * MS, 10.0, 14.0), Segment(S, 14.0, 14.0)))
    bare = InputStage(farad=330e-6, ohm=0.0, drop=0.0)
    one = net((0, ramp), A=bare, B=bare)
    one.draw("A", 5.0, 0)
    one.draw("B", 2.0, 0)

    assert isclose(one.amperes(S // 2), 0.7)
    # 4 V in 10 ms is 400 V/s, so 0.132 A into each capacitor.
    assert isclose(one.amperes(S + 5 * MS), 7 / 12 + 2 * 330e-6 * 400)
    assert isclose(one.amperes(2 * S), 0.5)
    assert isclose(one.volts(S + 5 * MS), 12.0)


def test_what_a_supply_is_told_that_the_loads_draw():
    """At its own voltage what they do; elsewhere what they would come to."""
    source = Supply([(0, steady(12.0)), (2 * S, steady(8.0))])
    line = Line(source)
    terminals = Terminals()
    assert terminals.amperes(12.0, 0) == 0.0  # no net yet
    one = terminals.net = Net(line, {"A": STAGE})
    one.draw("A", 3.0, 0)

    assert isclose(terminals.amperes(12.0, S), one.amperes(S))
    assert terminals.amperes(14.0, S) < terminals.amperes(12.0, S) < terminals.amperes(11.0, S)
    one.renew(2 * S)
    assert terminals.amperes(8.0, 2 * S) == 0.0 < terminals.amperes(8.5, 2 * S)  # the capacitor is still above it
    assert isclose(terminals.amperes(8.0, 3 * S), one.amperes(3 * S))
    line.state = "open"
    assert terminals.amperes(12.0, S) == 0.0


@pytest.mark.parametrize(("how", "left"), [("open", 11.0), ("to_ground", 0.0)])
def test_an_interruption_behind_a_switch(how, left):
    """With a diode both are the same; without one a short takes the charge, an open line leaves it."""
    line = Line(Supply([(0, steady(12.0))]))
    one = Net(line, {"A": STAGE, "bare": InputStage(330e-6, 0.05, None)})
    for name in ("A", "bare"):
        one.draw(name, 3.0, 0)
    line.state = how
    one.renew(S)

    assert line.output(S) == one.volts(S) == one.amperes(S + 1) == 0.0
    assert one.inner("A", S + 100 * US) == STAGE.held(STAGE.level(12.0, 3.0), 3.0, 100 * US) > 11.0
    assert (one.inner("bare", S + 100 * US) > 11.0) is (left > 0)
    line.state = "closed"
    one.renew(S + 200 * US)
    assert one.inner("A", S + 200 * US) == STAGE.level(12.0, 3.0)
    assert line.output(S) == 12.0


@dataclass
class Limited:
    """A source that gives 12 V, or what its current limit of 1 A leaves by its inner resistance."""

    terminals: Terminals = field(default_factory=Terminals)
    asked: int = 0

    def output(self, at: int) -> float:
        return 12.0 if self.terminals.amperes(12.0, at) <= 1.0 else 9.0

    def waveform_from(self, at: int) -> Waveform:
        self.asked += 1
        return steady(self.output(at))


def test_a_source_that_limits_its_current_is_asked_again_when_the_load_changes():
    source, told = Limited(), []
    one = source.terminals.net = Net(Line(source), {"A": STAGE})
    one.on_draw = told.append
    one.draw("A", 3.0, S)
    assert (one.volts(S), source.asked) == (12.0, 1)
    one.draw("A", 15.0, 2 * S)
    assert (one.volts(2 * S), source.asked) == (9.0, 2)
    assert told == [S, 2 * S]


@given(st.lists(st.tuples(st.integers(1, 400 * MS), st.floats(0.0, 12.0)), min_size=1, max_size=6), st.data())
def test_a_record_of_the_current_holds_all_charge(changes, data):
    """Steady line: the loads' currents, less what a capacitor gives while it settles to a heavier load."""
    one, at, watts, charge = net((0, steady(12.0)), A=InputStage(10e-6, 0.0, 0.3), B=STAGE), 0, 0.0, 0.0
    begin = data.draw(st.integers(0, changes[0][0]))
    for lasts, after in changes:
        charge += watts / 11.7 * (lasts - (begin if at == 0 else 0)) / S
        at, watts = at + lasts, after
        one.draw("A", after, at)
    end = at + MS
    record = one.recorded(begin, end)
    assert record.duration == end - begin
    area = sum((part.begin + part.end) / 2 * part.duration / S for part in record.segments)
    assert isclose(area, charge + watts / 11.7 * 1e-3, rel_tol=1e-6, abs_tol=1e-9)


def test_a_record_on_a_slope_is_near_what_was_drawn():
    one = net((0, Waveform((Segment(S, 8.0, 16.0), Segment(S, 16.0, 16.0)))))
    one.draw("A", 3.0, 0)
    record = one.recorded(S // 2, 2 * S)
    assert isclose(record.value(0), one.amperes(S // 2))
    assert isclose(record.value(S), one.amperes(3 * S // 2))


def test_levels_that_come_and_go_keep_what_was_told_of_the_others():
    one = net((0, Waveform((Segment(12 * S, 12.0, 0.0),))))
    one.draw("A", 3.0, 0)
    one.watch("A", (6.0,))
    one.told("A", 0)
    one.watch("A", (6.0, 9.0))

    assert one.next_crossing(0) == (0, "A")  # a new level has been seen from below only
    one.told("A", 0)
    at, _ = one.next_crossing(0)
    assert one.inner("A", at) < 9.0 <= one.inner("A", at - 1)
    one.watch("A", (6.0,))
    at, _ = one.next_crossing(at)
    assert one.inner("A", at) < 6.0 <= one.inner("A", at - 1)


def test_the_past_is_gone():
    one = net((0, steady(12.0)))
    one.draw("A", 1.0, S)
    with pytest.raises(BenchBug, match="has changed at 1000000000 ns"):
        one.inner("A", S - 1)
