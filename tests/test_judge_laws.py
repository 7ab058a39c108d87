"""Laws of judging on random traces, and a second judge that looks at each millisecond by itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st
from trace_builder import CGW, PLANT, TCU, Tape, below, is_, plan, speed, state, verdict

from bench.judge.judge import judge
from bench.judge.robustness import measure
from bench.model.check import (
    Always,
    Becomes,
    Check,
    Cycle,
    CycleOf,
    Eventually,
    Follows,
    Never,
    Responds,
    Sequence,
    SequenceStep,
    Settles,
    Statistic,
    Stays,
)
from bench.model.expression import (
    UNKNOWN,
    AllOf,
    AnyOf,
    Apply,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Not,
    OneOf,
    evaluate,
)
from bench.model.instant import MS
from bench.model.verdict import Outcome

END = 1000
"""Milliseconds of every trace here."""
EXPIRY = 300

times = st.lists(st.integers(0, END - 1), max_size=12, unique=True)
grid = st.just(list(range(0, END, 100)))
speeds = st.sampled_from([0.0, 10.0, 20.0, 30.0, None])


@dataclass(frozen=True)
class Happening:
    """Frames of device and restbus as (ms, state, speed), plant values that repeat each 10 ms, and the window."""

    device: tuple[tuple[int, str, float | None], ...]
    restbus: tuple[tuple[int, str, float | None], ...]
    plant: tuple[float, ...]
    start: int
    end: int

    def tape(self) -> Tape:
        tape = Tape().phase("drive", self.start * MS, self.end * MS)
        for of, frames in ((TCU, self.device), (CGW, self.restbus)):
            for at, word, number in frames:
                tape.send(at * MS, of, word, number)
        for step in range(END // 10):
            tape.sample(step * 10 * MS, self.plant[step % len(self.plant)])
        return tape


@st.composite
def frames(draw: st.DrawFn) -> tuple[tuple[int, str, float | None], ...]:
    words = st.sampled_from(["IDLE", "VOICE", "VOICE", "TRIGGERED"])
    return tuple((at, draw(words), draw(speeds)) for at in sorted(draw(times | grid)))


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    start = draw(st.integers(0, END - 1))
    pattern = draw(st.lists(st.sampled_from([0.0, 10.0, 20.0]), min_size=1, max_size=7))
    return Happening(draw(frames()), draw(frames()), tuple(pattern), start, draw(st.integers(start + 1, END)))


# ---- the second judge ------------------------------------------------------------------------------------------

Truth = bool | None


def last(frames: tuple[tuple[int, str, float | None], ...], at: int) -> tuple[str, float | None] | None:
    """What the last frame said, unless it is too old."""
    known = [(word, number) for then, word, number in frames if then <= at < then + EXPIRY]
    return known[-1] if known else None


def said(what: Happening, who: str, at: int) -> str | None:
    found = last(what.device if who == "device" else what.restbus, at)
    return found[0] if found else None


def number(what: Happening, who: str, at: int) -> float | None:
    if who == "plant":
        return what.plant[at // 10 % len(what.plant)]
    found = last(what.device if who == "device" else what.restbus, at)
    return found[1] if found else None


def equal(left: object, right: object) -> Truth:
    return None if left is None else left == right


def at_most(left: float | None, right: float) -> Truth:
    return None if left is None else left <= right


def both(*parts: Truth) -> Truth:
    return False if False in parts else None if None in parts else True


def either(*parts: Truth) -> Truth:
    return True if True in parts else None if None in parts else False


def opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


Oracle = Callable[[Happening, int], Truth]
Source = tuple[str, Callable[[Happening, str, int], object]]
CONDITIONS: list[tuple[Expression, Oracle, tuple[Source, ...]]] = [
    (is_("VOICE"), lambda h, t: equal(said(h, "device", t), "VOICE"), (("device", said),)),
    (is_("VOICE", CGW), lambda h, t: equal(said(h, "restbus", t), "VOICE"), (("restbus", said),)),
    (below(10), lambda h, t: at_most(number(h, "device", t), 10), (("device", number),)),
    (below(10, PLANT), lambda h, t: at_most(number(h, "plant", t), 10), (("plant", number),)),
    (
        AnyOf((is_("VOICE"), below(10, speed(CGW)))),
        lambda h, t: either(equal(said(h, "device", t), "VOICE"), at_most(number(h, "restbus", t), 10)),
        (("device", said), ("restbus", number)),
    ),
    (
        AllOf((Not(is_("IDLE", CGW)), below(10, PLANT))),
        lambda h, t: both(opposite(equal(said(h, "restbus", t), "IDLE")), at_most(number(h, "plant", t), 10)),
        (("restbus", said), ("plant", number)),
    ),
]


def blamed(what: Happening, at: int, sources: tuple[Source, ...]) -> Outcome:
    """The outcome of an instant at which the condition cannot be said."""
    missing = [who for who, read in sources if read(what, who, at) is None]
    if "device" in missing:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if what.restbus else Outcome.NONE


@given(what=happenings(), case=st.sampled_from(CONDITIONS))
def test_always_and_never_agree_with_a_look_at_every_millisecond(what, case):
    condition, oracle, sources = case
    truths = [oracle(what, at) for at in range(what.start, what.end)]
    for check, wrong in ((Always(condition), False), (Never(condition), True)):
        outcomes = [
            Outcome.FAIL if truth is wrong else blamed(what, at, sources) if truth is None else Outcome.PASS
            for at, truth in enumerate(truths, what.start)
        ]
        found = verdict(check, what.tape(), END * MS)

        assert found.outcome is max(outcomes)
        if found.outcome is not Outcome.PASS:
            assert found.at == (what.start + outcomes.index(found.outcome)) * MS


@given(
    what=happenings(),
    within=st.integers(0, 400),
    not_before=st.integers(0, 50),
    hold=st.integers(0, 200),
    swap=st.booleans(),
)
def test_responds_agrees_with_a_look_at_every_millisecond(what, within, not_before, hold, swap):
    if swap:
        trigger, then, cause, effect = is_("VOICE"), is_("VOICE", CGW), "device", "restbus"
    else:
        trigger, then, cause, effect = is_("VOICE", CGW), is_("VOICE"), "restbus", "device"
    fired = [equal(said(what, cause, at), "VOICE") for at in range(END)]
    state = [equal(said(what, effect, at), "VOICE") for at in range(END)]
    triggers = [at for at in range(max(1, what.start), what.end) if fired[at] and fired[at - 1] is not True]
    ours = effect == "device"
    unproven = Outcome.INCONCLUSIVE if (what.device if ours else what.restbus) else Outcome.NONE
    outcomes = []
    for begin in triggers:
        first = next((at for at in range(begin, END) if state[at]), None)
        if first is None and begin + within >= END:
            outcomes.append(Outcome.INCONCLUSIVE)
        elif first is None or first > begin + within:
            hidden = None in state[begin : begin + within + 1]
            outcomes.append(unproven if hidden and not ours else Outcome.FAIL)
        elif first - begin < not_before:
            outcomes.append(Outcome.FAIL)
        else:
            kept = state[first : first + hold]
            stop = next((truth for truth in kept if truth is not True), True)
            if stop is None and not ours:
                outcomes.append(Outcome.INCONCLUSIVE)
            elif stop is not True:
                outcomes.append(Outcome.FAIL)
            else:
                outcomes.append(Outcome.PASS if first + hold <= END else Outcome.INCONCLUSIVE)
    check = Responds(Becomes(trigger), Becomes(then), within * MS, not_before * MS, hold * MS)

    assert verdict(check, what.tape(), END * MS).outcome is max(outcomes, default=Outcome.NONE)


@given(what=happenings(), tolerance=st.sampled_from([0.0, 5.0, 10.0]), delay=st.integers(0, 350), plant=st.booleans())
def test_follows_agrees_with_a_look_at_every_millisecond(what, tolerance, delay, plant):
    who = "plant" if plant else "restbus"
    reference = PLANT if plant else speed(CGW)
    numbers = [number(what, who, at) for at in range(END)]
    begun = min((at for at, *_ in what.restbus), default=END) if not plant else 0
    lost = any(number(what, "device", at) is None for at in range(what.start, what.end))
    outcomes = [Outcome.FAIL] if lost else []
    for at, _, value in what.device:
        if value is None or not what.start <= at < what.end:
            continue
        recent = range(max(0, at - delay), at + 1)
        known = [numbers[then] for then in recent if numbers[then] is not None]
        hidden = any(numbers[then] is None for then in recent if then >= begun)
        if any(abs(value - other) <= tolerance for other in known):
            outcomes.append(Outcome.PASS)
        elif hidden or not known:
            outcomes.append(Outcome.INCONCLUSIVE if what.restbus else Outcome.NONE)
        else:
            outcomes.append(Outcome.FAIL)
    check = Follows(speed(), reference, tolerance, delay * MS)

    assert verdict(check, what.tape(), END * MS).outcome is max(outcomes, default=Outcome.NONE)


names = st.sampled_from([state(), speed(), state(CGW), speed(CGW), PLANT])
constants = st.sampled_from(["VOICE", "SNA", 0, 1, 10.0, 20.0]).map(Constant)
amounts = st.recursive(
    names | constants,
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner)
        | st.builds(lambda part: Apply("abs", (part,)), inner)
        | st.builds(lambda one, other: Apply("max", (one, other)), inner, inner)
    ),
    max_leaves=4,
)
conditions = st.recursive(
    st.builds(
        Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), amounts, amounts, st.sampled_from(["", "V"])
    )
    | st.builds(lambda left, options: OneOf(left, tuple(options)), names, st.lists(constants, min_size=1, max_size=3))
    | names,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda parts: AllOf(tuple(parts)), st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=5,
)
known = st.sampled_from([UNKNOWN, "VOICE", "SNA", 0, 1, 10.0, 20.0, -10.0])


@given(condition=conditions, values=st.lists(known, min_size=5, max_size=5))
def test_a_measured_condition_has_the_truth_that_the_evaluator_gives_it(condition, values):
    """And its room has the sign of its truth."""
    places = {name: place for place, name in enumerate([state(), speed(), state(CGW), speed(CGW), PLANT])}
    truth, room = measure(condition, places)(values, 0)
    expected = evaluate(condition, lambda reference: values[places[reference]])

    assert (truth if truth is UNKNOWN else bool(truth)) is (expected if expected is UNKNOWN else bool(expected))
    if room is not None and truth is not UNKNOWN:
        assert room.value >= 0 if truth else room.value <= 0


# ---- laws ------------------------------------------------------------------------------------------------------

CHECKS: list[Check] = [
    *[kind(condition) for condition, *_ in CONDITIONS for kind in (Always, Never, Eventually, Stays)],
    Eventually(is_("VOICE"), 100 * MS),
    Responds(Becomes(is_("VOICE", CGW)), Becomes(is_("VOICE")), 100 * MS, 5 * MS, 50 * MS),
    Settles(speed(), 10, 5, 200 * MS, 300 * MS),
    Follows(speed(), PLANT, 5, 50 * MS),
    Follows(speed(), speed(CGW), 5, 150 * MS),
    Cycle((CycleOf("INFO", TCU.name, 100 * MS),), 0.1, mean_tolerance=0.02),
    Sequence(state(), (SequenceStep("IDLE"), SequenceStep("VOICE", 150 * MS)), allow_others=True),
    Statistic(speed(CGW), "mean", 5, 25),
    Statistic(PLANT, "change", -5, 5),
]


@given(what=happenings(), later=st.integers(1, 10**12))
def test_a_shift_of_all_times_changes_nothing_but_the_instants(what, later):
    """From the second nanosecond on: what is true in the first has not become so."""
    the_plan = plan(*CHECKS)
    before = judge(the_plan, what.tape().trace(END * MS, later=1))
    after = judge(the_plan, what.tape().trace(END * MS, later=1 + later))

    for one, other in zip(before, after, strict=True):
        assert (one.outcome, one.margin, one.proof) == (other.outcome, other.margin, other.proof)
        assert other.at == (None if one.at is None else one.at + later)


def wider(check: Check, more: int) -> list[Check]:
    """The check with each of its limits widened by so many ms or km/h, one at a time."""
    match check:
        case Always() | Never():
            return [replace(check, condition=_wider(check.condition, more, isinstance(check, Never)))]
        case Eventually(within=int(within)):
            return [replace(check, within=within + more * MS)]
        case Responds():
            shorter = [replace(check, not_before=max(0, check.not_before - more * MS))]
            shorter.append(replace(check, hold=max(0, check.hold - more * MS)))
            return [*shorter, replace(check, within=check.within + more * MS)]
        case Settles():
            shorter = [
                replace(check, hold=max(0, check.hold - more * MS)),
                replace(check, tolerance=check.tolerance + more),
            ]
            return [*shorter, replace(check, within=check.within + more * MS)]
        case Follows():
            return [replace(check, tolerance=check.tolerance + more), replace(check, delay=check.delay + more * MS)]
        case Cycle():
            return [
                replace(check, tolerance=check.tolerance + more / 100),
                replace(check, or_ns=more * MS),
                replace(check, mean_tolerance=0.02 + more / 100),
            ]
        case Sequence():
            return [replace(check, steps=(SequenceStep("IDLE"), SequenceStep("VOICE", (150 + more) * MS)))]
        case Statistic():
            return [replace(check, low=check.low - more), replace(check, high=check.high + more)]
        case _:
            return []


def _wider(condition: Expression, more: int, negated: bool) -> Expression:
    if condition == below(10) or condition == below(10, PLANT):
        return below(10 - more if negated else 10 + more, PLANT if condition == below(10, PLANT) else None)
    return condition


@given(what=happenings(), more=st.integers(1, 500))
def test_a_wider_limit_never_turns_a_pass_into_a_fail(what, more):
    trace = what.tape().trace(END * MS)
    pairs = [(check, easier) for check in CHECKS for easier in wider(check, more)]
    strict = judge(plan(*[check for check, _ in pairs]), trace)
    loose = judge(plan(*[easier for _, easier in pairs]), trace)

    for one, other in zip(strict, loose, strict=True):
        assert not (one.outcome is Outcome.PASS and other.outcome is Outcome.FAIL), (one, other)
        assert one.outcome is Outcome.FAIL or other.outcome is not Outcome.FAIL, (one, other)


@given(what=happenings())
def test_the_sign_of_a_margin_is_that_of_the_outcome(what):
    for found in judge(plan(*CHECKS), what.tape().trace(END * MS)):
        margins = [
            number for number in (found.margin.value, found.margin.time, found.margin.relative) if number is not None
        ]
        if found.outcome is Outcome.PASS:
            assert min(margins, default=0) >= 0
        if found.outcome is Outcome.FAIL:
            assert max(margins, default=0) <= 0
        assert found.why
        assert found.expected
        assert (found.seen == "") is (found.outcome is Outcome.PASS)
