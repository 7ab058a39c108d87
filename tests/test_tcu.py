"""The virtual telematics unit: its pure steps as laws, and the unit alive on a bus of its own, driven by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import asin, cos, degrees, hypot, inf, radians, sin, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.ecu.ecu import Ports
from bench.ecu.power import Housed
from bench.ecu.tcu import ecall, gnss
from bench.ecu.tcu.behaviour import Parameters, Tcu
from bench.ecu.tcu.defects import DEFECTS
from bench.ecu.tcu.ecall import Button, Call, Crash
from bench.ecu.tcu.gnss import Doubts, Position
from bench.model.instant import MS, S
from bench.network.codec import codec
from bench.network.database import load
from bench.network.protection import protector
from bench.places import shipped
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus

# ---- the call ---------------------------------------------------------------------------------------------------


def test_an_automatic_call_cannot_be_cancelled_and_a_manual_one_only_before_it_is_dialled():
    automatic = ecall.crashed(Call())
    manual = ecall.called(Call())

    assert ecall.called(automatic) == automatic
    assert ecall.called(manual).state == "IDLE"
    assert ecall.called(ecall.entered(manual, "DIALLING")).state == "DIALLING"


def test_a_crash_takes_over_a_manual_call_that_is_not_dialled_yet():
    both = ecall.crashed(ecall.called(Call()))

    assert (both.state, both.trigger, both.number) == ("TRIGGERED", "AUTO", 1)
    assert ecall.called(both) == both


def test_a_crash_while_people_talk_changes_nothing_and_after_the_call_makes_another():
    talking = Call("VOICE", "MANUAL", 1, 1)

    assert ecall.crashed(talking) == talking
    assert ecall.crashed(replace(talking, state="CALLBACK_WAIT")) == Call("TRIGGERED", "AUTO", 0, 2)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 120)), max_size=12))
def test_a_press_counts_once_and_only_when_it_is_long_enough(presses):
    """`presses` are spans of 10 ms looks at the button, down or up."""
    looks = [down for down, length in presses for _ in range(length)]
    button, counted = Button(), []
    for number, down in enumerate(looks):
        button, counts = ecall.pressed(button, down, number * 10 * MS, 500 * MS)
        if counts:
            counted.append(number)

    expected, begun = [], None
    released = False  # what is down from the first look on is stuck, not pressed
    for number, down in enumerate(looks):
        released |= not down
        begun = None if not down or not released else number if begun is None else begun
        if begun is not None and number - begun == 50:
            expected.append(number)
    assert counted == expected


VALUES = st.sampled_from(["YES", "NO", "FAULT", "SNA", None])


@given(st.lists(VALUES, max_size=40))
def test_three_valid_yes_on_end_trigger_and_nothing_else_does(values):
    crash, triggered = Crash(), []
    for number, value in enumerate(values):
        crash, triggers = ecall.reported(crash, value, (number + 1) * 20 * MS, 3, 100 * MS)
        if triggers:
            triggered.append(number)

    for number in triggered:
        assert values[number - 2 : number + 1] == ["YES"] * 3
    rows = [n for n in range(2, len(values)) if values[n - 2 : n + 1] == ["YES"] * 3]
    assert triggered[:1] == rows[:1]
    for one, other in pairwise(triggered):
        between = values[one + 1 : other - 2]
        assert any(between[n : n + 3] == ["NO"] * 3 for n in range(len(between)))


def test_a_silence_longer_than_the_time_out_ends_the_row():
    crash = Crash()
    for at in (20 * MS, 40 * MS, 141 * MS):
        crash, triggers = ecall.reported(crash, "YES", at, 3, 100 * MS)
        assert not triggers
    assert crash.row == 1


# ---- the position -----------------------------------------------------------------------------------------------

HOME = Position("3D", 52.0, 10.0, 100.0, 0.0, 10.0, 7.4, 12, 0.9, 1_767_225_600)
LOST = Position("NONE", 52.0, 10.0, 100.0, 0.0, 0.0, 7.4)


def great_circle_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Haversine on a sphere of the mean radius: an oracle that shares nothing with the unit's plane."""
    north, east = radians(other[0] - one[0]) / 2, radians(other[1] - one[1]) / 2
    square = sin(north) ** 2 + cos(radians(one[0])) * cos(radians(other[0])) * sin(east) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(square))


@given(
    st.lists(st.tuples(st.floats(0, 40), st.floats(-180, 180), st.integers(1, 200)), min_size=1, max_size=12),
    st.floats(-60, 60),
    st.floats(0.95, 1.05),
)
def test_the_accuracy_is_never_below_the_error_however_the_vehicle_turns(legs, latitude, tyre):
    """Legs of (true speed in m/s, turn in degrees, steps of 50 ms) without a fix; the wheels tell up to 5 % wrong."""
    north = east = 0.0
    heading = 30.0
    position = HOME._replace(latitude_deg=latitude, heading_deg=heading)
    for speed, turn, steps in legs:
        heading += turn
        for _ in range(steps):
            north += speed * 0.05 * cos(radians(heading))
            east += speed * 0.05 * sin(radians(heading))
            position = gnss.locate(Doubts(), position, LOST, speed / tyre, 0.05)
            truth = (
                latitude + degrees(north / 6_371_008.8),
                10.0 + degrees(east / 6_371_008.8 / cos(radians(latitude))),
            )
            error = great_circle_m((position.latitude_deg, position.longitude_deg), truth)
            assert error <= position.accuracy_m
            if position.fix == "DR":
                assert error <= Doubts().reckoning_m


def test_dead_reckoning_goes_on_straight_ahead_and_ends_at_its_limit():
    position = HOME
    driven = 0.0
    while (position := gnss.locate(Doubts(), position, LOST, 20.0, 0.05)).fix == "DR":
        driven += 1.0
        assert position.latitude_deg == pytest.approx(52.0 + driven / gnss.METRES_PER_DEGREE)
        assert position.speed_mps == 20.0

    assert position.fix == "NONE"
    assert 100 < driven <= 300


def test_without_a_speed_there_is_no_dead_reckoning():
    position = gnss.locate(Doubts(), HOME, LOST, None, 1.0)

    assert (position.fix, position.speed_mps) == ("NONE", None)
    assert position.accuracy_m == HOME.accuracy_m + Doubts().top_speed_mps


def test_a_receiver_that_jumps_is_not_believed_until_it_returns():
    spoofed = HOME._replace(latitude_deg=52.9)
    position = gnss.locate(Doubts(), HOME, spoofed, 10.0, 0.05)

    assert position.fix == "DR"
    assert hypot(position.latitude_deg - 52.0, position.longitude_deg - 10.0) < 1e-4
    assert gnss.locate(Doubts(), position, HOME, 10.0, 0.05) == HOME


def test_the_first_fix_is_believed_wherever_it_is():
    assert gnss.locate(Doubts(), Position(), HOME, None, 0.05) == HOME


def test_what_is_unknown_or_too_large_is_told_as_not_available():
    assert set(gnss.place(Doubts(), Position()).values()) == {"SNA"}
    assert gnss.place(Doubts(), HOME._replace(accuracy_m=7000.0))["HorizAcc"] == "SNA"
    assert gnss.place(Doubts(), HOME._replace(heading_deg=359.999))["Heading"] == 0.0
    assert gnss.satellites(Position()) == {"FixType": "NONE", "SatsUsed": 0, "Hdop": "SNA", "UtcSeconds": "SNA"}


def test_the_accuracy_on_the_bus_covers_the_age_of_a_report():
    told = gnss.place(Doubts(), HOME)["HorizAcc"]

    assert HOME.accuracy_m + 10.0 * Doubts().age_s <= told <= HOME.accuracy_m + 10.0 * Doubts().age_s + 0.2


# ---- the unit alive ---------------------------------------------------------------------------------------------


@dataclass
class World:
    """One telematics unit on the infotainment bus, with the gateway's crash frames sent by hand."""

    kernel: Kernel = field(default_factory=Kernel)
    recorder: Recorder = field(default_factory=Recorder)
    inputs: dict[str, Any] = field(
        default_factory=lambda: {
            "power_mode": "OFF",
            "sos_button": False,
            "model.gnss_fix": "3D",
            "model.gnss_latitude": 52.0,
            "model.gnss_longitude": 10.0,
            "model.gnss_altitude": 100.0,
            "model.gnss_heading": 90.0,
            "model.gnss_speed": 36.0,
            "model.gnss_accuracy": 7.4,
            "model.gnss_satellites": 12,
            "model.gnss_hdop": 0.9,
            "model.gnss_utc": 1_767_225_600.0,
        }
    )
    answers: dict[str, int] = field(
        default_factory=lambda: {"registration": 3 * S, "dialling": 2 * S, "msd": S, "voice": 4 * S, "callback": 5 * S}
    )

    counter: int = 0
    payloads: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.layout = replace(load(shipped("dbc") / "info.dbc", "INFO"), bitrate=500_000, data_bitrate=2_000_000)
        self.bus = SimBus(self.layout, self.kernel.calendar, self.recorder)
        self.kernel.add(self.bus)
        self.crash = self.bus.slot("CGW_Crash_01", "CGW")
        self.crash.fault = lambda _, at: self.payloads[at]

    def live(self, parameters: Parameters = Parameters()) -> None:  # noqa: B008  # frozen
        """Give the unit its supply."""

        def ports(restart: Callable[[int], None]) -> Ports:
            inputs = {name: (lambda name=name: self.inputs[name]) for name in self.inputs}
            radio = lambda request: self.kernel.timeout(self.answers[request])  # noqa: E731
            return Ports("TCU", 0, self.kernel, {"INFO": self.bus}, inputs, {}, self.recorder, restart, radio)

        Housed(Tcu(parameters), self.kernel, 0, ports).supplied(12.0)

    def at(self, instant: int, **inputs: Any) -> None:
        """Change inputs at an instant."""
        names = {name.replace("__", "."): value for name, value in inputs.items()}
        self.kernel.calendar.at(instant, Phase.SCENARIO, (), lambda _: self.inputs.update(names))

    def report(self, instant: int, *values: str | None, counters: tuple[int, ...] | None = None) -> None:
        """Crash frames 20 ms apart from an instant on; None is a YES with a wrong CRC."""
        layout = self.layout.message("CGW_Crash_01")
        complete = protector(layout.protection, layout.length)
        for turn, value in enumerate(values):
            self.counter = (self.counter + 1) % 16 if counters is None else counters[turn]
            data = complete(codec(layout).encode({"CrashDetected": value or "YES"}), self.counter)
            self.payloads[instant + turn * 20 * MS] = bytes((data[0] ^ (value is None), *data[1:]))
            self.bus.send(self.crash, instant + turn * 20 * MS)

    def seen(self, message: str, signal: str, until: int) -> list[tuple[int, Any]]:
        """(ms, value) of each change of a signal, from a run until an instant."""
        self.kernel.run_until(until)
        layout = self.layout.message(message)
        read = codec(layout).reader(signal)
        changes: list[tuple[int, Any]] = []
        frames = self.recorder.close(until, True).frames
        for end, identifier, data in zip(frames.end, frames.id, frames.data, strict=True):
            if identifier == layout.id and (not changes or changes[-1][1] != read(data)):
                changes.append((end // MS, read(data)))
        return changes

    def states(self, until: int) -> list[str]:
        """The states of the call in their order."""
        return [value for _, value in self.seen("TCU_eCall_01", "EcallState", until)]


AFTER_BOOT = 2 * S


@pytest.fixture
def world() -> World:
    """A unit that was woken at the first instant; it listens from 1.5 s on."""
    world = World()
    world.inputs["power_mode"] = "RUN"
    world.live()
    return world


def test_it_is_silent_until_the_key_wakes_it_and_boots_in_order():
    world = World()
    world.live()
    world.at(1 * S, power_mode="ACC")

    states = world.seen("TCU_Status_01", "NadState", 7 * S)

    # Awake at 1 s, first frames 150 ms later with the offset of 7 ms, then on the grid of 100 ms.
    assert states == [(1157, "BOOT"), (2557, "SEARCH"), (5557, "REGISTERED")]
    frames = world.recorder.close(7 * S, True).frames
    assert min(frames.start) >= 1150 * MS


def test_it_falls_asleep_with_the_key_and_wakes_again(world):
    world.at(3 * S, power_mode="OFF")
    world.at(5 * S, power_mode="RUN")
    world.kernel.run_until(7 * S)

    starts = list(world.recorder.close(7 * S, True).frames.start)
    assert not [at for at in starts if 3010 * MS < at < 5150 * MS]
    assert [at for at in starts if at > 5150 * MS]


def test_a_call_keeps_it_awake(world):
    world.report(AFTER_BOOT, "YES", "YES", "YES")
    world.at(3 * S, power_mode="OFF")

    assert world.states(10 * S)[-1] == "CALLBACK_WAIT"
    world.kernel.run_until(20 * S)
    assert max(world.recorder.close(20 * S, True).frames.end) < 16 * S


def test_three_valid_frames_make_an_automatic_call_within_100_ms(world):
    world.report(AFTER_BOOT, "NO", "YES", "YES", "YES", "NO")

    first_yes = AFTER_BOOT // MS + 20
    changes = world.seen("TCU_eCall_01", "EcallState", 16 * S)
    route = ["IDLE", "TRIGGERED", "DIALLING", "MSD_SENDING", "MSD_ACKED", "VOICE", "CALLBACK_WAIT", "IDLE"]
    assert [state for _, state in changes] == route
    at = {state: ms for ms, state in changes[1:]}
    assert at["TRIGGERED"] - first_yes <= 100
    assert at["DIALLING"] - first_yes <= 2000
    assert at["MSD_SENDING"] - at["DIALLING"] == pytest.approx(2000, abs=25)
    triggers = [value for _, value in world.seen("TCU_eCall_01", "EcallTrigger", 16 * S)]
    assert triggers == ["NONE", "AUTO", "NONE"]
    audio = world.seen("TCU_eCall_01", "AudioRequest", 16 * S)
    assert audio[1:] == [(at["DIALLING"], "ON"), (at["CALLBACK_WAIT"], "OFF")]


@pytest.mark.parametrize(
    ("values", "counters"),
    [
        (("YES", "NO", "YES", "NO", "YES", "NO"), None),
        (("YES", "YES", "NO", "YES", "YES", "NO"), None),
        ((None,) * 10, None),
        (("YES", "YES", None, "YES", "YES", "NO"), None),
        (("FAULT",) * 10, None),
        (("SNA",) * 10, None),
        (("YES",) * 10, (4,) * 10),
        (("YES",) * 10, tuple(3 * turn % 16 for turn in range(10))),
        (("YES", "YES", "FAULT", "YES", "YES"), None),
    ],
    ids=["single", "pairs", "bad crc", "one bad in a row", "fault", "sna", "repeated", "lost", "fault between"],
)
def test_what_is_no_crash_calls_nobody_and_a_crash_after_it_does(world, values, counters):
    world.report(AFTER_BOOT, "NO", "NO")
    world.report(AFTER_BOOT + 40 * MS, *values, counters=counters)
    world.report(3 * S, "NO", "YES", "YES", "YES")

    changes = world.seen("TCU_eCall_01", "EcallState", 4 * S)
    assert [state for _, state in changes][:2] == ["IDLE", "TRIGGERED"]
    assert changes[1][0] > 3000


def test_yes_before_it_listens_counts_only_from_then_on(world):
    """A crash flag that is there at power-up still needs its three frames."""
    world.report(1440 * MS, *("YES",) * 20)

    at = world.seen("TCU_eCall_01", "EcallState", 3 * S)[1][0]
    assert 1540 <= at <= 1600


def test_a_flag_that_stays_calls_once_until_it_was_gone(world):
    world.answers.update(voice=S, callback=S)
    world.report(AFTER_BOOT, *("YES",) * 500)
    world.report(13 * S, "NO", "NO", "NO", "YES", "YES", "YES")

    assert world.states(12 * S).count("TRIGGERED") == 1
    assert world.states(15 * S).count("TRIGGERED") == 2


def press(world: World, at: int, hold: int) -> None:
    world.at(at, sos_button=True)
    world.at(at + hold, sos_button=False)


@pytest.mark.parametrize(("hold", "calls"), [(300, 0), (450, 0), (490, 0), (510, 1), (550, 1), (3000, 1), (9000, 1)])
def test_the_sos_button_calls_once_from_half_a_second_on(world, hold, calls):
    press(world, AFTER_BOOT, hold * MS)

    assert world.states(12 * S).count("TRIGGERED") == calls
    triggers = {value for _, value in world.seen("TCU_eCall_01", "EcallTrigger", 12 * S)}
    assert triggers == ({"NONE", "MANUAL"} if calls else {"NONE"})


def test_a_second_long_press_cancels_a_manual_call_before_it_is_dialled(world):
    press(world, AFTER_BOOT, 550 * MS)
    press(world, AFTER_BOOT + 700 * MS, 550 * MS)
    press(world, AFTER_BOOT + 1350 * MS, 550 * MS)

    changes = world.seen("TCU_eCall_01", "EcallState", 6 * S)
    assert [state for _, state in changes] == ["IDLE", "TRIGGERED", "IDLE", "TRIGGERED", "DIALLING"]
    # The third press counts after 1.85 s, and its call is not dialled by what is left of the first one.
    assert changes[-1][0] >= 2000 + 1850 + 1500


def test_a_crash_during_a_manual_call_makes_it_automatic_and_final(world):
    press(world, AFTER_BOOT, 550 * MS)
    world.report(AFTER_BOOT + 600 * MS, "YES", "YES", "YES")
    press(world, AFTER_BOOT + 800 * MS, 550 * MS)

    assert world.states(5 * S) == ["IDLE", "TRIGGERED", "DIALLING"]
    triggers = [value for _, value in world.seen("TCU_eCall_01", "EcallTrigger", 5 * S)]
    assert triggers == ["NONE", "MANUAL", "AUTO"]


def test_a_press_after_the_call_makes_a_new_one_and_the_old_one_ends_nothing(world):
    press(world, AFTER_BOOT, 550 * MS)
    press(world, 13 * S, 600 * MS)

    expected = ["TRIGGERED", "DIALLING", "MSD_SENDING", "MSD_ACKED", "VOICE", "CALLBACK_WAIT"]
    assert world.states(22 * S) == ["IDLE", *expected, *expected[:5]]
    assert world.seen("TCU_eCall_01", "MsdAttempts", 22 * S)[-1][1] == 1


def test_a_button_that_is_stuck_at_power_up_calls_nobody(world):
    world.inputs["sos_button"] = True

    assert world.states(6 * S) == ["IDLE"]


def test_the_position_is_told_from_the_first_fix_on(world):
    latitudes = world.seen("TCU_Gnss_01", "Latitude", 4 * S)
    fixes = [value for _, value in world.seen("TCU_Gnss_02", "FixType", 4 * S)]

    assert [value for _, value in latitudes] == ["SNA", pytest.approx(52.0)]
    assert fixes == ["NONE", "3D"]
    assert world.seen("TCU_Gnss_01", "GnssSpeed", 4 * S)[-1][1] == pytest.approx(36.0)


def test_every_protected_frame_counts_on_and_every_message_keeps_its_grid(world):
    world.kernel.run_until(8 * S)
    frames = world.recorder.close(8 * S, True).frames
    for message in world.layout.messages:
        if message.sender != "TCU" or not message.cycle or message.name.startswith("NM_"):
            continue
        rows = [row for row, identifier in enumerate(frames.id) if identifier == message.id]
        gaps = {round((frames.release[b] - frames.release[a]) / MS) for a, b in pairwise(rows)}
        assert message.cycle // MS in gaps
        assert gaps <= {message.cycle // MS} or message.name == "TCU_eCall_01"
        if message.protection is not None:
            read = codec(message).reader("E2eCounter")
            counters = [read(frames.data[row]) for row in rows]
            assert counters == [number % message.protection.modulo for number in range(len(rows))]


# ---- defects ----------------------------------------------------------------------------------------------------


def test_each_defect_names_a_shipped_scenario_and_two_ways_to_fail():
    shipped_names = {file.name.removesuffix(".scenario.yaml") for file in shipped("scenarios").rglob("*.scenario.yaml")}

    assert len({defect.id for defect in DEFECTS}) == len(DEFECTS)
    for defect in DEFECTS:
        assert defect.caught_by in shipped_names
        assert len(defect.fails) >= 2
        for strength in (*defect.fails, *defect.passes):
            assert defect.apply(Parameters(), strength) != Parameters()


def test_healthy_parameters_meet_the_limits():
    """The limits of TCU-01 and TCU-02, with the task and the message's minimum delay on top."""
    p = Parameters()

    assert max(p.confirm_auto, p.confirm_manual) + p.task + 20 * MS < 2 * S
    assert 450 * MS < p.sos_hold < 550 * MS
    assert (p.crash_frames - 1) * 20 * MS + p.task + 20 * MS < 100 * MS
    assert gnss.reckon(p.doubts, Position(), 10.0, 1.0).accuracy_m == inf
