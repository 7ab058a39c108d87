"""The thin powertrain senders: every message of both vehicles, with the vehicle's values, while the key is on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_bus import Seen, counter, crc_right, seen

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.ecu.ecu import Ports
from bench.ecu.power import Housed
from bench.ecu.powertrain.behaviour import senders
from bench.model.instant import MS, S
from bench.network.codec import codec
from bench.network.database import load
from bench.places import shipped
from bench.vehicle.plant import NAMES, Plant
from bench.vehicle.schedule import Schedule
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus

EV = ("VCU", "BMS", "DCDC", "OBC", "TCM", "ESC", "EPS", "ACM")
ICE = ("ECM", "DCDC", "TCM", "ESC", "EPS", "ACM")
PT = replace(load(shipped("dbc") / "pt.dbc", "PT"), bitrate=500_000, data_bitrate=2_000_000)

TABLE = {
    "VCU_Drive_01": """
        AccelPedalPos accel_pedal
        DriveReady drive_ready
        MotorTorque motor_torque
        MotorSpeed motor_speed
    """,
    "VCU_Range_01": """
        Odometer odometer
        RangeTotal range
        AvgSpeed average_speed
    """,
    "ECM_Engine_01": """
        EngineSpeed engine_speed
        EngineTorque engine_torque
        EngineState engine_state
        ThrottlePos throttle
        FuelRate fuel_rate
    """,
    "ECM_Engine_02": """
        CoolantTemp coolant_temp
        OilTemp oil_temp
        Map intake_pressure
    """,
    "ECM_Fuel_01": """
        FuelLevel fuel_level
        FuelAvg fuel_average
        FuelRange range
    """,
    "TCM_Gear_01": """
        SelectedGear gear
        CurrentGear current_gear
        TransTemp transmission_temp
        OutputSpeed output_speed
    """,
    "ESC_WheelSpeed_01": """
        WhlSpdFL wheel_speed_fl
        WhlSpdFR wheel_speed_fr
        WhlSpdRL wheel_speed_rl
        WhlSpdRR wheel_speed_rr
    """,
    "ESC_Vehicle_01": """
        VehicleSpeed speed
        BrakePressure brake_pressure
        Standstill standstill
    """,
    "ESC_Inertial_01": """
        AccLong acceleration
        AccLat lateral_acceleration
        YawRate yaw_rate
    """,
    "ESC_ParkBrake_01": """
        EpbState park_brake
    """,
    "EPS_Steering_01": """
        SteerAngle steer_angle
        SteerRate steer_rate
    """,
    "ACM_Crash_01": """
        CrashDetected crash_detected
        CrashType crash_type
        DeltaV delta_v
        AirbagDeployed airbag_deployed
        BeltFastened belt_driver
        OccupantCount occupants
    """,
    "BMS_Pack_01": """
        PackVoltage pack_voltage
        PackCurrent pack_current
        Soc soc
        SocDisplayed soc_displayed
        ContactorState contactor_state
    """,
    "BMS_Pack_02": """
        Soh soh
        TempMin pack_temp_min
        TempMax pack_temp_max
        EnergyRemaining energy_remaining
    """,
    "BMS_Cells_01": """
    """,
    "DCDC_Status_01": """
        LvVoltage lv_voltage
        LvCurrent lv_current
        DcdcMode dcdc_mode
        DcdcTemp dcdc_temp
    """,
    "OBC_Charge_01": """
        PlugState plug_state
        ChargeState charge_state
        ChargePower charge_power
        TimeToFull time_to_full
    """,
}
"""Which signal shows which reading of the vehicle, written down independently of the sender's own tables."""

SIGNALS = {
    message: {pair.split()[0]: "model." + pair.split()[1] for pair in text.splitlines() if pair.strip()}
    for message, text in TABLE.items()
}


@dataclass
class World:
    """The senders of one vehicle on the powertrain bus."""

    nodes: tuple[str, ...] = EV
    jitter: Callable[[], int] | None = None
    kernel: Kernel = field(default_factory=Kernel)
    recorder: Recorder = field(default_factory=Recorder)
    inputs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sway = (lambda slot: self.jitter) if self.jitter else None
        self.bus = SimBus(PT, self.kernel.calendar, self.recorder, sway=sway)
        self.kernel.add(self.bus)
        self.inputs |= dict(zip((name for name, _ in NAMES), Plant("ev").values(), strict=True)) | {"power_mode": "RUN"}
        inputs = {name: (lambda name=name: self.inputs[name]) for name in self.inputs}
        self.houses = []
        for rank, sender in enumerate(one for one in senders() if one.name in self.nodes):

            def ports(restart: Callable[[int], None], name: str = sender.name, rank: int = rank) -> Ports:
                return Ports(
                    name,
                    rank,
                    self.kernel,
                    {"PT": self.bus},
                    inputs,
                    {},
                    self.recorder,
                    restart,
                    lambda _: self.kernel.event(),
                )

            self.houses.append(Housed(sender, self.kernel, rank, ports))
        self.at(0, lambda _: [house.supplied(12.0) for house in self.houses])

    def at(self, instant: int, call: Callable[[int], object]) -> None:
        self.kernel.calendar.at(instant, Phase.SCENARIO, (), call)

    def turn(self, instant: int, **inputs: Any) -> None:
        """Change inputs of the model, or `power_mode`."""
        named = {name if name == "power_mode" else f"model.{name}": value for name, value in inputs.items()}
        self.at(instant, lambda _: self.inputs.update(named))

    def frames(self, until: int, message: str = "") -> list[Seen]:
        self.kernel.run_until(until)
        return [f for f in seen(self.recorder.close(until, True), PT.messages) if message in ("", f.name)]


def saturated(message: str, signal: str, reading: Any) -> Any:
    """What a signal can say of a reading."""
    layout = PT.message(message).signal(signal)
    if isinstance(reading, str):
        return reading
    return min(max(reading, layout.minimum), layout.maximum)


def says(frame: Seen, signal: str, reading: Any) -> bool:
    """Whether a frame says a reading, within half a step of the signal."""
    got = codec(PT.message(frame.name)).reader(signal)(frame.data)
    expected = saturated(frame.name, signal, reading)
    if isinstance(expected, str):
        labels = [label for _, label in PT.message(frame.name).signal(signal).labels]
        return got == expected and (expected in labels or not labels)
    return abs(got - expected) <= PT.message(frame.name).signal(signal).factor * 0.5000001


@pytest.mark.parametrize("vehicle, nodes", [("ev", EV), ("ice", ICE)])
def test_every_message_goes_out_with_the_vehicles_values(vehicle, nodes):
    """A drive with steering, pedals and a gear; each signal within the 10 ms before the release, saturated."""
    world, plant, history = World(nodes), Plant(vehicle), []
    names = [name for name, _ in NAMES]
    plant.set("model.power_mode", "RUN")

    def move(now):
        if now == 200 * MS:
            plant.drive(Schedule("ramp", (0.0, 3.0, 6.0), (0.0, 12.0, 4.0)), now)
            plant.set("model.steer_angle", 90.0)
        if now == 4 * S:
            plant.set("model.low_beam", "ON")
            plant.set("model.occupants", 3)
        plant.step(now)
        values = dict(zip(names, plant.values(), strict=True))
        world.inputs.update(values)
        history.append(values)

    world.kernel.calendar.every(0, 10 * MS, Phase.PLANT, (), move)
    end = 6 * S
    frames = world.frames(end)

    expected = {
        message.name for message in PT.messages if message.sender in nodes and not message.name.startswith("NM_")
    }
    assert expected == {name for name in TABLE if PT.message(name).sender in nodes}
    assert {frame.name for frame in frames} == expected
    for name in expected:
        layout, own = PT.message(name), [frame for frame in frames if frame.name == name]
        due = list(range(layout.offset, end, layout.cycle))
        assert [frame.release for frame in own] == due[: len(own)]
        assert len(due) - len(own) <= 1
        for frame in own:
            readings = history[frame.release // (10 * MS)]
            for signal, reading in SIGNALS[name].items():
                assert says(frame, signal, readings[reading]), (name, signal, readings[reading])
        if layout.protection:
            assert [counter(layout.protection, f.data) for f in own] == [
                n % layout.protection.modulo for n in range(len(own))
            ]
            assert all(crc_right(layout.protection, frame.data) for frame in own)


NUMBERS = [name for name, unit in NAMES if unit]


@settings(max_examples=12)
@given(
    st.lists(
        st.sampled_from([-1e9, -1.0, 0.0, 0.5, 1e9]) | st.floats(-1e5, 1e5),
        min_size=len(NUMBERS),
        max_size=len(NUMBERS),
    )
)
def test_any_reading_goes_out_saturated_and_never_breaks_the_run(readings):
    world = World(tuple(dict.fromkeys(EV + ICE)))
    world.inputs.update(dict(zip(NUMBERS, readings, strict=True)))
    frames = world.frames(1100 * MS)

    assert {frame.name for frame in frames} == set(TABLE)
    cell = world.inputs["model.cell_voltage"]
    cells = [codec(PT.message(frame.name)).decode(frame.data) for frame in frames if frame.name == "BMS_Cells_01"]
    for volts in (volts for one in cells for name, volts in one.items() if name != "CellGroup"):
        assert abs(volts - saturated("BMS_Cells_01", "CellV_00", cell)) < 0.0021
    for frame in frames:
        for signal, reading in SIGNALS[frame.name].items():
            assert says(frame, signal, world.inputs[reading])


@pytest.mark.parametrize("jitter", [None, lambda: -2_400_000, lambda: 2_400_000])
def test_the_cells_come_group_by_group(jitter):
    """Eight groups of three in turn, each cell with its own voltage; jitter skips none."""
    world = World(("BMS",), jitter)
    world.inputs["model.cell_voltage"] = 3.7
    frames = world.frames(1750 * MS, "BMS_Cells_01")

    decoded = [codec(PT.message("BMS_Cells_01")).decode(frame.data) for frame in frames]
    assert [int(one["CellGroup"]) for one in decoded] == [n % 8 for n in range(len(frames))]
    assert len(frames) >= 16
    cells: dict[str, float] = {}
    for one in decoded:
        assert len(one) == 4
        cells |= one
    cells.pop("CellGroup")
    assert sorted(cells) == [f"CellV_{n:02}" for n in range(24)]
    assert all(3.69 < volts < 3.71 for volts in cells.values())
    assert len(set(cells.values())) > 1


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_they_follow_the_key(gaps):
    """Silent while it is OFF; from the next task on they send, with counters from zero."""
    world = World(("ESC",))
    world.inputs["power_mode"] = "OFF"
    instants = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    for n, at in enumerate(instants):
        world.turn(at * MS, power_mode="RUN" if n % 2 == 0 else "OFF")
    frames = world.frames(500 * MS, "ESC_Vehicle_01")

    layout = PT.message("ESC_Vehicle_01")
    expected = []
    awake = [False] * 50
    for task in range(50):
        turned = sum(at <= task * 10 for at in instants)
        awake[task] = turned % 2 == 1
    begin = None
    for task, on in enumerate([*awake, False]):
        if on and begin is None:
            begin = task * 10 * MS
        elif not on and begin is not None:
            expected += [
                (at, n % 15) for n, at in enumerate(range(begin + layout.offset, task * 10 * MS, layout.cycle))
            ]
            begin = None
    got = [(frame.release, counter(layout.protection, frame.data)) for frame in frames]
    assert got == [one for one in expected if one[0] < 499 * MS][: len(got)]
    assert len(expected) - len(got) <= 1


@given(st.integers(0, 99))
def test_a_crash_goes_out_within_a_task_and_leaves_the_grid(at):
    world = World(("ACM",))
    world.turn((500 + at) * MS, crash_detected="YES", crash_type="FRONT", delta_v=40.0)
    frames = world.frames(900 * MS)

    layout = PT.message("ACM_Crash_01")
    told = [frame for frame in frames if codec(layout).reader("CrashDetected")(frame.data) == "YES"]
    assert (500 + at) * MS <= told[0].release <= (510 + at) * MS
    assert codec(layout).reader("CrashType")(told[0].data) == "FRONT"
    grid = set(range(layout.offset, 899 * MS, layout.cycle))
    released = {frame.release for frame in frames}
    assert grid <= released
    assert len(released - grid) <= 1
    assert [counter(layout.protection, f.data) for f in frames] == [n % 16 for n in range(len(frames))]
