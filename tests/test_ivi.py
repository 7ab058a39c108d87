"""The infotainment unit: its pure steps, and what one whole scenario says of it with and without a defect."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.ecu.ivi import audio, boot, display, lockout, rearview, speed
from bench.ecu.ivi.boot import Progress, Timings
from bench.ecu.ivi.defects import DEFECTS
from bench.ecu.ivi.lockout import Limits, Lock
from bench.ecu.ivi.rearview import Backing, Linger, Picture
from bench.ecu.ivi.speed import Speed
from bench.model.expression import Value
from bench.model.instant import MS, S
from bench.model.run import Run
from bench.model.verdict import Outcome
from bench.places import shipped
from bench.run.execute import execute
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

TASK = 10 * MS


# ---- boot -------------------------------------------------------------------------------------------------------


def states(keys: list[tuple[int, bool]], end: int, timings: Timings = Timings()) -> list[tuple[str, int]]:  # noqa: B008  # frozen
    """Each new state and when it began, with the key turned at the given instants."""
    progress, found = Progress(), [("OFF", 0)]
    turns = dict(keys)
    key = False
    for now in range(0, end, TASK):
        key = turns.get(now, key)
        progress = boot.advanced(progress, timings, key, now)
        if progress.state != found[-1][0]:
            found.append((progress.state, now))
    return found


def test_a_cold_boot_goes_through_its_phases() -> None:
    assert states([(S, True)], 12 * S) == [
        ("OFF", 0),
        ("BOOT", 1 * S),
        ("EARLY_RVC", 1 * S + 800 * MS),
        ("HMI_READY", 9 * S),
    ]


def test_after_ten_minutes_without_key_it_shuts_down() -> None:
    assert states([(0, True), (10 * S, False)], 620 * S)[-3:] == [
        ("STANDBY", 10 * S),
        ("SHUTDOWN", 610 * S),
        ("OFF", 613 * S),
    ]


def test_from_standby_it_resumes_in_a_second() -> None:
    assert states([(0, True), (10 * S, False), (300 * S, True)], 310 * S)[-2:] == [
        ("STANDBY", 10 * S),
        ("HMI_READY", 301 * S),
    ]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 3000), st.booleans()), max_size=12))
def test_however_the_key_was_turned_it_is_ready_ten_seconds_after_it_was_last_turned_on(
    turns: list[tuple[int, bool]],
) -> None:
    """No dead state: whatever was interrupted, the unit comes up again."""
    end = max((turn * TASK for turn, _ in turns), default=0) + TASK
    found = states([*((turn * TASK, on) for turn, on in turns), (end, True)], end + 10 * S, Timings(standby=5 * S))

    assert found[-1][0] == "HMI_READY"


# ---- display and rear view --------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(display.PRIORITY)))
def test_the_rear_view_wins_over_everything(requests: set[str]) -> None:
    assert display.shown(sorted(requests | {"RVC"}), "HMI_READY") == "RVC"


@pytest.mark.parametrize(
    ("requests", "state", "source"),
    [
        ([], "HMI_READY", "HOME"),
        (["MEDIA", "PHONE"], "HMI_READY", "PHONE"),
        (["MEDIA", "SAFE"], "HMI_READY", "SAFE"),
        (["MEDIA"], "EARLY_RVC", "NONE"),
        (["RVC", "MEDIA"], "EARLY_RVC", "RVC"),
        (["RVC"], "BOOT", "NONE"),
        (["MEDIA"], "STANDBY", "NONE"),
    ],
)
def test_who_has_the_display(requests: list[str], state: str, source: str) -> None:
    assert display.shown(requests, state) == source


def backed(steps: list[tuple[int, str, float | None]], end: int) -> list[tuple[int, bool]]:
    """When the rear view comes and goes, with gear and speed set at the given instants."""
    state, found = Backing(), []
    gear, kmh = "P", 0.0
    for now in range(0, end, TASK):
        for at, *values in steps:
            if at == now:
                gear, kmh = values
        before, state = state, rearview.backing(state, Linger(), rearview.over, gear == "R", gear, kmh, now)
        if before.wanted is not state.wanted:
            found.append((now, state.wanted))
    return found


def test_in_p_the_rear_view_goes_at_once() -> None:
    assert backed([(S, "R", 0.0), (3 * S, "P", 0.0)], 20 * S) == [(S, True), (3 * S, False)]


def test_in_d_it_goes_by_time() -> None:
    assert backed([(S, "R", 0.0), (3 * S, "D", 0.0)], 20 * S) == [(S, True), (11 * S, False)]


def test_driving_off_it_goes_by_speed_before_10_mph() -> None:
    assert backed([(S, "R", 0.0), (3 * S, "D", 5.0), (5 * S, "D", 15.0)], 20 * S) == [(S, True), (5 * S, False)]


def test_backwards_no_speed_ends_it() -> None:
    assert backed([(S, "R", 0.0), (3 * S, "R", 30.0)], 20 * S) == [(S, True)]


def test_another_r_starts_anew() -> None:
    steps = [(S, "R", 0.0), (3 * S, "D", 0.0), (8 * S, "R", 0.0), (10 * S, "D", 0.0)]

    assert backed(steps, 30 * S) == [(S, True), (18 * S, False)]


def test_a_picture_lives_while_its_counter_moves() -> None:
    picture = Picture()
    alive = []
    for number, counter in enumerate([7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10]):
        picture = rearview.seen(picture, "STREAMING", counter, number * 50 * MS)
        alive.append(rearview.alive(picture, number * 50 * MS))

    assert alive == [False] + [True] * 9 + [False, True]


def test_a_camera_that_does_not_stream_has_no_living_picture() -> None:
    moving = rearview.seen(rearview.seen(Picture(), "STREAMING", 1, 0), "STREAMING", 2, 50 * MS)

    assert not rearview.alive(rearview.seen(moving, "FAULT", 3, 100 * MS), 100 * MS)


# ---- speed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "quality", "expected"),
    [(7.0, "VALID", 7.0), (7.0, "INVALID", None), (7.0, "DEGRADED", None), (7.0, "SNA", None), ("SNA", "VALID", None)],
)
def test_which_speed_counts(value: Value, quality: str, expected: float | None) -> None:
    assert lockout.usable(value, quality) == expected


@given(st.lists(st.one_of(st.none(), st.floats(0, 250)), min_size=1, max_size=40))
def test_the_lock_follows_the_guideline(speeds: list[float | None]) -> None:
    """Free at or below 7.5 km/h, locked 500 ms after 8.5 km/h was reached, and locked while the speed is unknown."""
    lock = Lock()
    for number, kmh in enumerate(speeds):
        for turn in range(50):
            lock = lockout.stepped(lock, Limits(), kmh, (number * 50 + turn) * TASK)
            assert lock.locked or kmh is not None
        if kmh is None or kmh >= 8.5:
            assert lock.locked
        elif kmh <= 7.5:
            assert not lock.locked


def test_the_speed_comes_back_after_ten_good_frames() -> None:
    shown = []
    state = speed.displayed(Speed(50.0), "SNA", "SNA", 0)
    for _ in range(11):
        state = speed.displayed(state, 50.0, "VALID", 1)
        shown.append(state.shown)

    assert shown == ["SNA"] * 9 + [50.0, 50.0]


def test_the_first_speed_is_shown_at_once() -> None:
    assert speed.displayed(speed.displayed(Speed(), "SNA", "SNA", 0), 12.5, "VALID", 1).shown == 12.5


@pytest.mark.parametrize("quality", ["INVALID", "SNA"])
def test_an_invalid_speed_is_shown_as_dashes(quality: str) -> None:
    assert speed.displayed(Speed(50.0), 50.0, quality, 1).shown == "SNA"


# ---- audio ------------------------------------------------------------------------------------------------------


@given(
    st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.booleans()), st.sampled_from(["power", "watchdog"])
)
def test_no_start_is_loud_whatever_the_memory_holds(stored: Value | None, cause: str) -> None:
    assert 0 <= audio.start_volume(stored, cause) <= 15


def test_a_quiet_volume_is_kept() -> None:
    assert [audio.start_volume(stored, "power") for stored in (0, 9, 15, 16, 40, 63, 64, -1)] == [
        0,
        9,
        15,
        15,
        15,
        15,
        0,
        0,
    ]


@given(st.lists(st.integers(0, 63), min_size=1, max_size=12))
def test_the_volume_never_jumps(targets: list[int]) -> None:
    """At most 6 dB in any 100 ms, up and down."""
    volume, levels = audio.Volume(), []
    for number, target in enumerate(targets):
        for turn in range(30):
            volume = audio.ramped(volume, target, (number * 30 + turn) * TASK)
            levels.append(volume.level)

    assert all(abs(later - level) <= 1 for level, later in pairwise(levels))
    assert all(abs(later - level) <= 6 for level, later in zip(levels, levels[10:], strict=False))


@pytest.mark.parametrize(
    ("requests", "source"),
    [
        ([], "RADIO"),
        (["VIDEO"], "USB"),
        (["VIDEO", "PHONE"], "PHONE"),
        (["PHONE", "CHIME"], "NONE"),
        (["CHIME", "ECALL", "VIDEO"], "ECALL"),
    ],
)
def test_who_is_heard(requests: list[str], source: str) -> None:
    assert audio.heard(requests) == source


# ---- the whole unit ---------------------------------------------------------------------------------------------


def run(name: str, *defects: str) -> Run:
    """A shipped infotainment scenario, executed and judged."""
    return execute(
        resolve(shipped("scenarios") / "infotainment" / f"{name}.scenario.yaml", load_rig(None), defects=defects)
    )


def failed(done: Run) -> dict[str, str]:
    """The checks that did not pass, and why."""
    return {verdict.id: verdict.why for verdict in done.verdicts if verdict.outcome is not Outcome.PASS}


def test_the_healthy_unit_shows_the_rear_view_in_time() -> None:
    assert failed(run("ivi_01_rear_view_cold")) == {}


def test_a_late_rear_view_fails_and_the_reason_says_by_how_much() -> None:
    reasons = failed(run("ivi_01_rear_view_cold", "IVI.M01@2.1s"))

    assert list(reasons) == ["image"]
    assert "allowed 2 s (" in reasons["image"]
    assert "ms late" in reasons["image"]


def test_a_rear_view_that_is_slow_but_in_time_passes() -> None:
    assert failed(run("ivi_01_rear_view_cold", "IVI.M01@1.9s")) == {}


def test_each_defect_names_a_scenario_that_exists_and_strengths_that_differ() -> None:
    names = [path.name.removesuffix(".scenario.yaml") for path in shipped("scenarios").rglob("*.scenario.yaml")]
    for defect in DEFECTS:
        strengths = (*defect.fails, *defect.passes)
        assert defect.caught_by in names
        assert len(defect.fails) >= 2 and len(set(strengths)) == len(strengths)
