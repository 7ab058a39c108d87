"""Thin powertrain ECUs: each is a table of messages, each message a table from signals to sensor inputs.

They are awake while the key is not OFF. A value outside its signal's range is sent saturated, as COM layers do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.ecu.ecu import Cancels, Output, Ports
from bench.model.expression import Value
from bench.model.instant import MS

BUS = "PT"
CELL_GROUPS, CELLS_PER_GROUP = 8, 3


@dataclass(frozen=True)
class Sends:
    """One message and where its signals come from: an input's name. `on_change` names inputs that also cause an event."""

    message: str
    signals: Mapping[str, str]
    constants: Mapping[str, Value] | None = None
    on_change: tuple[str, ...] = ()


class Sender:
    """One thin ECU."""

    def __init__(self, name: str, *messages: Sends) -> None:
        self.name = name
        self._messages = messages

    def start(self, ports: Ports) -> None:
        """Follow the key from the first task on."""
        running: list[Cancels] = []

        def follow_key(_: int) -> None:
            awake = ports.read("power_mode") != "OFF"
            if awake and not running:
                for sends in self._messages:
                    running.extend(_transmit(ports, sends))
            elif not awake:
                for thing in running:
                    thing.cancel()
                running.clear()

        ports.every(10 * MS, follow_key)


def _transmit(ports: Ports, sends: Sends) -> list[Cancels]:
    output = ports.output(BUS, sends.message)
    output.set(**(sends.constants or {}))
    fill = _cells(ports, output) if sends.message == "BMS_Cells_01" else _filling(ports, output, sends.signals)
    layout = output.slot.layout
    tasks: list[Cancels] = [output, ports.every(layout.cycle, fill, first=layout.offset)]
    if sends.on_change:
        seen = [ports.read(name) for name in sends.on_change]

        def on_change(now: int) -> None:
            fresh = [ports.read(name) for name in sends.on_change]
            if fresh != seen:
                seen[:] = fresh
                fill(now)
                output.send()

        tasks.append(ports.every(10 * MS, on_change))
    output.start()
    return tasks


def _filling(ports: Ports, output: Output, signals: Mapping[str, str]) -> Callable[[int], None]:
    limits = {signal.name: (signal.minimum, signal.maximum) for signal in output.slot.layout.signals}
    sources = [(signal, source, *limits[signal]) for signal, source in signals.items()]
    put = output.slot.put
    read = ports.read

    def fill(_: int) -> None:
        for signal, source, low, high in sources:
            value = read(source)
            if not isinstance(value, str):
                if low is not None and value < low:
                    value = low
                elif high is not None and value > high:
                    value = high
            put(signal, value)

    return fill


def _cells(ports: Ports, output: Output) -> Callable[[int], None]:
    group = 0

    def fill(_: int) -> None:
        nonlocal group
        volts = ports.read("model.cell_voltage")
        first = group * CELLS_PER_GROUP
        # A millivolt of spread between cells, so that a swapped cell shows.
        cells = {f"CellV_{n:02}": float(volts) + 0.001 * (n % 5 - 2) for n in range(first, first + CELLS_PER_GROUP)}
        output.set(CellGroup=group, **cells)
        group = (group + 1) % CELL_GROUPS

    return fill


def senders() -> tuple[Sender, ...]:
    """All powertrain nodes; a rig takes those of its vehicle."""
    return (
        Sender(
            "VCU",
            Sends(
                "VCU_Drive_01",
                {
                    "AccelPedalPos": "model.accel_pedal",
                    "DriveReady": "model.drive_ready",
                    "MotorTorque": "model.motor_torque",
                    "MotorSpeed": "model.motor_speed",
                },
            ),
            Sends(
                "VCU_Range_01",
                {"Odometer": "model.odometer", "RangeTotal": "model.range", "AvgSpeed": "model.average_speed"},
            ),
        ),
        Sender(
            "ECM",
            Sends(
                "ECM_Engine_01",
                {
                    "EngineSpeed": "model.engine_speed",
                    "EngineTorque": "model.engine_torque",
                    "EngineState": "model.engine_state",
                    "ThrottlePos": "model.throttle",
                    "FuelRate": "model.fuel_rate",
                },
            ),
            Sends(
                "ECM_Engine_02",
                {"CoolantTemp": "model.coolant_temp", "OilTemp": "model.oil_temp", "Map": "model.intake_pressure"},
            ),
            Sends(
                "ECM_Fuel_01",
                {"FuelLevel": "model.fuel_level", "FuelAvg": "model.fuel_average", "FuelRange": "model.range"},
            ),
        ),
        Sender(
            "TCM",
            Sends(
                "TCM_Gear_01",
                {
                    "SelectedGear": "model.gear",
                    "CurrentGear": "model.current_gear",
                    "TransTemp": "model.transmission_temp",
                    "OutputSpeed": "model.output_speed",
                },
            ),
        ),
        Sender(
            "ESC",
            Sends(
                "ESC_WheelSpeed_01",
                {
                    "WhlSpdFL": "model.wheel_speed_fl",
                    "WhlSpdFR": "model.wheel_speed_fr",
                    "WhlSpdRL": "model.wheel_speed_rl",
                    "WhlSpdRR": "model.wheel_speed_rr",
                },
                {"WhlValid": 15},
            ),
            Sends(
                "ESC_Vehicle_01",
                {
                    "VehicleSpeed": "model.speed",
                    "BrakePressure": "model.brake_pressure",
                    "Standstill": "model.standstill",
                },
                {"VehSpeedQual": "VALID"},
            ),
            Sends(
                "ESC_Inertial_01",
                {"AccLong": "model.acceleration", "AccLat": "model.lateral_acceleration", "YawRate": "model.yaw_rate"},
            ),
            Sends("ESC_ParkBrake_01", {"EpbState": "model.park_brake"}),
        ),
        Sender("EPS", Sends("EPS_Steering_01", {"SteerAngle": "model.steer_angle", "SteerRate": "model.steer_rate"})),
        Sender(
            "ACM",
            Sends(
                "ACM_Crash_01",
                {
                    "CrashDetected": "model.crash_detected",
                    "CrashType": "model.crash_type",
                    "DeltaV": "model.delta_v",
                    "AirbagDeployed": "model.airbag_deployed",
                    "BeltFastened": "model.belt_driver",
                    "OccupantCount": "model.occupants",
                },
                on_change=("model.crash_detected",),
            ),
        ),
        Sender(
            "BMS",
            Sends(
                "BMS_Pack_01",
                {
                    "PackVoltage": "model.pack_voltage",
                    "PackCurrent": "model.pack_current",
                    "Soc": "model.soc",
                    "SocDisplayed": "model.soc_displayed",
                    "ContactorState": "model.contactor_state",
                },
            ),
            Sends(
                "BMS_Pack_02",
                {
                    "Soh": "model.soh",
                    "TempMin": "model.pack_temp_min",
                    "TempMax": "model.pack_temp_max",
                    "EnergyRemaining": "model.energy_remaining",
                },
            ),
            Sends("BMS_Cells_01", {}),
        ),
        Sender(
            "DCDC",
            Sends(
                "DCDC_Status_01",
                {
                    "LvVoltage": "model.lv_voltage",
                    "LvCurrent": "model.lv_current",
                    "DcdcMode": "model.dcdc_mode",
                    "DcdcTemp": "model.dcdc_temp",
                },
            ),
        ),
        Sender(
            "OBC",
            Sends(
                "OBC_Charge_01",
                {
                    "PlugState": "model.plug_state",
                    "ChargeState": "model.charge_state",
                    "ChargePower": "model.charge_power",
                    "TimeToFull": "model.time_to_full",
                },
            ),
        ),
    )
