"""Thin powertrain ECUs: each is a table of messages, each message a table from signals to sensor inputs.

They are awake while the key is not OFF. A value outside its signal's range is sent saturated, as COM layers do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bench.ecu.ecu import Output, Ports
from bench.model.expression import Value
from bench.model.instant import MS

BUS = "PT"
TASK = 10 * MS
"""The senders' task period, ns: that of the plant, so that a message never carries an older value than it could."""

DERIVED: Mapping[str, Callable[[Value], Value]] = MappingProxyType(
    {
        "BrakePedalPressed": lambda pedal: "ON" if not isinstance(pedal, str) and pedal > 0 else "OFF",
        "ParkLock": lambda gear: "ON" if gear == "P" else "OFF",
    }
)
"""Signals that are not the input's value itself but follow from it."""

CELL_GROUPS, CELLS_PER_GROUP = 8, 3


@dataclass(frozen=True)
class Sends:
    """One message and where its signals come from: inputs. Those of `on_change` also cause an event."""

    message: str
    signals: Mapping[str, str]
    constants: Mapping[str, Value] | None = None
    on_change: tuple[str, ...] = ()


class Sender:
    """One thin ECU. Its task runs every 10 ms, with the plant, and fills what is due until the next one."""

    def __init__(self, name: str, *messages: Sends) -> None:
        self.name = name
        self._messages = messages

    def start(self, ports: Ports) -> None:
        """Follow the key from the first task on."""
        running: list[_Transmission] = []

        def task(now: int) -> None:
            awake = ports.read("power_mode") != "OFF"
            if awake and not running:
                running.extend(_Transmission(ports, sends) for sends in self._messages)
            elif not awake:
                for transmission in running:
                    transmission.output.cancel()
                running.clear()
            for transmission in running:
                transmission.task(now)

        ports.every(TASK, task)


class _Transmission:
    """One message while its sender is awake."""

    def __init__(self, ports: Ports, sends: Sends) -> None:
        self.output = ports.output(BUS, sends.message)
        self.output.set(**(sends.constants or {}))
        self._slot = self.output.slot
        cells = sends.message == "BMS_Cells_01"
        self._fill = _cells(ports, self.output) if cells else _filling(ports, self.output, sends.signals)
        self._watched = [ports.input(name) for name in sends.on_change]
        self._seen = [read() for read in self._watched]
        # More than jitter takes a release away from its grid.
        self._astray = 0 if self._slot.sway is None else self._slot.cycle // 20
        self.output.start()

    def task(self, now: int) -> None:
        """Fill the message if it may go out before the next task, or if something changed that it announces."""
        if self._slot.next_release(now - self._astray) - self._astray < now + TASK:
            self._fill()
        if self._watched:
            fresh = [read() for read in self._watched]
            if fresh != self._seen:
                self._seen = fresh
                self._fill()
                self.output.send()


def _filling(ports: Ports, output: Output, signals: Mapping[str, str]) -> Callable[[], None]:
    limits = {signal.name: (signal.minimum, signal.maximum) for signal in output.slot.layout.signals}
    sources = [
        (signal, ports.input(source), DERIVED.get(signal), *limits[signal]) for signal, source in signals.items()
    ]
    put = output.slot.put

    def fill() -> None:
        for signal, read, derived, low, high in sources:
            value = read() if derived is None else derived(read())
            if not isinstance(value, str):
                if low is not None and value < low:
                    value = low
                elif high is not None and value > high:
                    value = high
            put(signal, value)

    return fill


def _cells(ports: Ports, output: Output) -> Callable[[], None]:
    group = 0
    cell = output.slot.layout.signal("CellV_00")
    low, high = cell.minimum or 0.0, cell.maximum or 0.0

    def fill() -> None:
        nonlocal group
        volts = float(ports.read("model.cell_voltage"))
        first = group * CELLS_PER_GROUP
        # A millivolt of spread between cells, so that a swapped cell shows.
        spread = {f"CellV_{n:02}": volts + 0.001 * (n % 5 - 2) for n in range(first, first + CELLS_PER_GROUP)}
        cells = {name: min(max(volts, low), high) for name, volts in spread.items()}
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
                    "ParkLock": "model.gear",
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
                    "BrakePedalPressed": "model.brake_pedal",
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
