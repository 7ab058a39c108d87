"""What is said before a run in real time: limits within the uncertainty, and cycles that the host cannot keep."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trace_builder import BUS, CGW, TCU, below, is_, plan, state

from bench.clock.host import HostTimer
from bench.errors import RigError
from bench.model.check import (
    Always,
    Becomes,
    Check,
    Counter,
    Cycle,
    CycleOf,
    Eventually,
    Follows,
    Responds,
    Sequence,
    SequenceStep,
    Settles,
)
from bench.model.instant import MS, US
from bench.model.plan import EcuPlan, InterfacePlan, Plan
from bench.run.before import doubts_before

GOOD = HostTimer(50 * US, 200 * US, 900 * US)


def wired(*checks: Check, cycle: int = 100 * MS, **changes: object) -> Plan:
    """The plan of some checks with its bus on an interface and the restbus message at this cycle."""
    the_plan = plan(*checks)
    messages = tuple(replace(one, cycle=cycle) if one is CGW else one for one in BUS.messages)
    rig = replace(the_plan.rig, pace="wall", interfaces=(InterfacePlan("INFO", "virtual", ("INFO",)),))
    return replace(the_plan, buses=(replace(BUS, messages=messages),), rig=rig, **changes)  # type: ignore[arg-type]


LIMITED: list[tuple[Check, str]] = [
    (Responds(Becomes(is_("VOICE", CGW)), Becomes(is_("VOICE")), 5 * MS), "the limit of 5 ms"),
    (Responds(Becomes(is_("VOICE", CGW)), Becomes(is_("VOICE")), 1000 * MS, 5 * MS), "the earliest reaction of 5 ms"),
    (Eventually(is_("VOICE"), 5 * MS), "the limit of 5 ms"),
    (Settles(below(10).left, 5, 1, 1000 * MS, 5 * MS), "the hold time of 5 ms"),
    (Follows(below(10).left, below(10).left, 1, 5 * MS), "the delay of 5 ms"),
    (Cycle((CycleOf("INFO", TCU.name, 50 * MS),), 0.1), "the tolerance of 5 ms"),
    (Cycle((CycleOf("INFO", TCU.name, 10 * MS),), 0.1, 5 * MS), "the tolerance of 5 ms"),
    (Sequence(state(), (SequenceStep("VOICE", 5 * MS),)), "the limit of a step of 5 ms"),
]


@pytest.mark.parametrize(("check", "words"), LIMITED)
def test_a_limit_within_the_uncertainty_is_said(check, words):
    for size, told in ((4 * MS, 0), (5 * MS, 1)):
        doubts = doubts_before(wired(check), [("INFO", size)], GOOD)

        assert len(doubts) == told
        assert all(doubt.startswith(f"E1: {words} lies within the uncertainty") for doubt in doubts)
    assert doubts_before(wired(check), [("PT", 1000 * MS)], GOOD) == ()


def test_what_has_no_limit_in_time_is_never_in_doubt():
    checks = (Always(is_("IDLE")), Counter((("INFO", TCU.name),)), Eventually(is_("VOICE")))

    assert doubts_before(wired(*checks), [("INFO", 1000 * MS)], GOOD) == ()


@given(cycle=st.integers(1, 100), p50=st.integers(0, 100), more=st.integers(0, 100))
def test_a_cycle_is_kept_or_warned_of_or_refused(cycle, p50, more):
    """Refused only where half of all sleeps are later than it."""
    host = HostTimer(p50 * MS, (p50 + more) * MS, 1000 * MS)
    ours = wired(cycle=cycle * MS, ecus=tuple(EcuPlan(name, "real", True) for name in ("TCU",)))
    if cycle < p50:
        with pytest.raises(RigError, match=rf"INFO\.CGW_Veh_01 every {cycle} ms: this host wakes up"):
            doubts_before(ours, (), host)
    else:
        doubts = doubts_before(ours, (), host)
        assert len(doubts) == (cycle < 2 * (p50 + more))
        assert all("frames of them will be put off or left out" in doubt for doubt in doubts)


def test_only_what_the_bench_itself_sends_on_an_interface_has_to_be_kept():
    slow = HostTimer(500 * MS, 600 * MS, 1000 * MS)
    ours = wired()
    with pytest.raises(RigError, match="every 100 ms"):
        doubts_before(ours, (), slow)

    assert doubts_before(replace(ours, rig=replace(ours.rig, interfaces=())), (), slow) == ()
    listening = (replace(ours.rig.interfaces[0], listen_only=True),)
    assert doubts_before(replace(ours, rig=replace(ours.rig, interfaces=listening)), (), slow) == ()
    outside = tuple(EcuPlan(name, kind, True) for name, kind in (("TCU", "real"), ("CGW", "process")))
    assert doubts_before(replace(ours, ecus=outside), (), slow) == ()
