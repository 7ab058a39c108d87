"""always, never, eventually, stays."""

from trace_builder import CGW, PLANT, TCU, Tape, below, is_, speed, state, verdict

from bench.model.check import Always, Eventually, Never, Stays
from bench.model.expression import AllOf, AnyOf, Apply, Arithmetic, Compare, Constant, Not, OneOf
from bench.model.instant import MS
from bench.model.verdict import Margin, Outcome


def ramp() -> Tape:
    """10, 20, ... 100 km/h, one step each 100 ms."""
    tape = Tape()
    for step in range(10):
        tape.send(step * 100 * MS, TCU, "VOICE", 10 * (step + 1))
    return tape


def test_always_passes_at_its_limit_with_no_room_left():
    found = verdict(Always(below(100)), ramp())

    assert (found.outcome, found.margin) == (Outcome.PASS, Margin(0.0, "km/h", None, 0.0))
    assert found.at == 900 * MS


def test_always_says_how_far_inside_the_limit_it_stayed():
    found = verdict(Always(below(125)), ramp())

    assert found.margin == Margin(25.0, "km/h", None, 0.2)
    assert found.expected == "always TCU_Status_01.Speed <= 125 km/h"
    assert found.proof == (10,)


def test_always_fails_at_the_first_instant_and_tells_the_worst_and_the_time():
    found = verdict(Always(below(80)), ramp())

    assert (found.outcome, found.at) == (Outcome.FAIL, 800 * MS)
    assert found.margin == Margin(-20.0, "km/h", -200 * MS, -0.25)
    assert found.why == (
        "'TCU_Status_01.Speed <= 80 km/h' did not hold at 800 ms: TCU_Status_01.Speed was 90 km/h (record 9), "
        "for 200 ms in all"
    )
    assert found.seen == "TCU_Status_01.Speed was 90 km/h"
    assert found.proof == (9,)


def test_a_comparison_that_excludes_its_limit_fails_at_it():
    strict = Compare("<", speed(), Constant(100), "km/h")
    found = verdict(Always(strict), ramp())

    assert (found.outcome, found.margin.value) == (Outcome.FAIL, 0.0)


def test_labels_have_no_margin_in_value():
    found = verdict(Always(is_("VOICE")), ramp())

    assert (found.outcome, found.margin) == (Outcome.PASS, Margin())


def test_never_is_the_opposite_of_always():
    assert verdict(Never(below(9)), ramp()).margin.value == 1.0
    found = verdict(Never(below(10)), ramp())

    assert (found.outcome, found.at, found.margin.time) == (Outcome.FAIL, 0, -100 * MS)
    assert "held at 0 s" in found.why


def test_of_and_the_tightest_part_counts_and_of_or_the_roomiest():
    low = Compare(">=", speed(), Constant(5), "km/h")
    assert verdict(Always(AllOf((low, below(200)))), ramp()).margin.value == 5.0
    assert verdict(Always(AnyOf((low, below(200)))), ramp()).margin.value == 100.0
    assert verdict(Always(AllOf((is_("VOICE"), below(150)))), ramp()).margin.value == 50.0


def test_shares_of_the_limits_compare_where_the_units_differ():
    volts = Compare("<=", speed(CGW), Constant(20), "V")
    tape = ramp().cycle(0, 1000 * MS, CGW, speed=15)
    found = verdict(Always(AllOf((below(110), volts))), tape)

    assert found.margin == Margin(10.0, "km/h", None, 10 / 110)


def test_arithmetic_and_membership():
    off = Apply("abs", (Arithmetic("-", speed(), Constant(50)),))
    found = verdict(Always(Compare("<=", off, Constant(55), "km/h")), ramp())
    assert (found.outcome, found.margin.value) == (Outcome.PASS, 5.0)

    known = OneOf(state(), (Constant("VOICE"), Constant("IDLE")))
    assert verdict(Always(known), ramp()).outcome is Outcome.PASS
    assert verdict(Always(Not(known)), ramp()).outcome is Outcome.FAIL


def test_an_instant_at_the_windows_end_does_not_belong_to_it():
    tape = ramp().phase("drive", 0, 900 * MS)
    assert verdict(Always(below(90)), tape).outcome is Outcome.PASS

    tape = ramp().phase("drive", 0, 900 * MS + 1)
    assert verdict(Always(below(90)), tape).outcome is Outcome.FAIL


def test_eventually_passes_in_time_and_its_limit_is_inclusive():
    reached = Not(below(40))
    found = verdict(Eventually(reached, 500 * MS), ramp())
    assert (found.outcome, found.at, found.margin.time) == (Outcome.PASS, 400 * MS, 100 * MS)
    assert found.margin.relative == 0.2

    assert verdict(Eventually(reached, 400 * MS), ramp()).outcome is Outcome.PASS
    late = verdict(Eventually(reached, 399 * MS), ramp())
    assert (late.outcome, late.at, late.margin.time) == (Outcome.FAIL, 400 * MS, -1 * MS)
    assert "allowed 399 ms (1 ms late, record 5)" in late.why


def test_eventually_fails_where_it_never_holds_and_says_how_near_it_came():
    found = verdict(Eventually(Not(below(120))), ramp())

    assert (found.outcome, found.margin.value) == (Outcome.FAIL, -20.0)
    assert "nearest at 900 ms, 20 km/h away" in found.why


def test_eventually_cannot_be_denied_while_the_bench_hides_the_signal():
    tape = Tape().cycle(0, 200 * MS, CGW, "IDLE")

    assert verdict(Eventually(is_("VOICE", CGW)), tape).outcome is Outcome.INCONCLUSIVE


def test_eventually_in_an_empty_trace_of_an_event_message_is_not_exercised():
    from trace_builder import EVENT

    assert verdict(Eventually(is_("VOICE", EVENT)), Tape()).outcome is Outcome.NONE


def test_stays_wants_the_condition_to_come_and_never_to_leave():
    tape = Tape().cycle(0, 300 * MS).cycle(300 * MS, 1000 * MS, TCU, "VOICE")
    found = verdict(Stays(is_("VOICE")), tape)
    assert (found.outcome, found.at, found.margin.time, found.margin.relative) == (
        Outcome.PASS,
        300 * MS,
        700 * MS,
        0.7,
    )

    tape.frames = [frame for frame in tape.frames if frame[0] != 700 * MS]
    tape.send(700 * MS, TCU, "IDLE")
    found = verdict(Stays(is_("VOICE")), tape)
    assert (found.outcome, found.at, found.margin.time) == (Outcome.FAIL, 700 * MS, -100 * MS)


def test_stays_fails_if_the_condition_never_comes():
    found = verdict(Stays(is_("VOICE")), Tape().cycle(0, 1000 * MS))

    assert (found.outcome, found.margin.relative) == (Outcome.FAIL, -1.0)
    assert "never held" in found.why


def test_the_plant_observes_what_it_records():
    tape = Tape()
    for at in range(0, 1000 * MS, 10 * MS):
        tape.sample(at, 20.0)
    found = verdict(Always(below(25, PLANT)), tape)

    assert (found.outcome, found.observer, found.margin.value) == (Outcome.PASS, "model", 5.0)
    assert found.proof == (0,)
