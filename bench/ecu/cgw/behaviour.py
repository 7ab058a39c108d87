"""The connectivity gateway: signal routing with latency, power mode, and the crash fast path.

It routes by a task on latched inputs, so that a cyclic destination frame carries what had arrived one task period
before at the latest. The crash message alone is routed on arrival. Nothing that comes from the infotainment bus
reaches the powertrain. Source of the routes and limits: the reference network, docs/network.md.
"""

from dataclasses import dataclass

from bench.clock.kernel import Behaviour
from bench.ecu.cgw.electrical import ELECTRICAL
from bench.ecu.checked import Checked
from bench.ecu.ecu import Output, Ports
from bench.ecu.electrical import Electrical
from bench.ecu.voltage import Lasting
from bench.model.expression import Value
from bench.model.instant import MS, S

DOORS = ("model.door_fl", "model.door_fr", "model.door_rl", "model.door_rr", "model.trunk", "model.hood")
"""Bits of DoorsOpen, lowest first."""

ENERGY = {
    "BMS_Pack_01": ("Soc",),
    "VCU_Range_01": ("RangeTotal", "Odometer"),
    "OBC_Charge_01": ("ChargeState", "ChargePower", "TimeToFull"),
    "ECM_Fuel_01": ("FuelLevel",),
}
"""What CGW_Energy_01 takes from where; a vehicle that lacks a message has its signals "not available"."""

_ABSENT = {"ChargeState": "IDLE"}


@dataclass(frozen=True)
class Parameters:
    """Times in ns, bench defaults by engineering judgement."""

    boot: int = 80 * MS
    task: int = 5 * MS
    """Half of the routing latency that is allowed (10 ms), so that queueing on the bus still fits."""
    crash_latency: int = 1 * MS
    input_timeout: int = 200 * MS
    utc_at_start: int = 1_767_225_600
    """What the gateway's clock shows when a run begins, seconds since 1970: 2026-01-01 00:00:00 UTC."""
    electrical: Electrical = ELECTRICAL


class Cgw:
    """The gateway between powertrain and infotainment."""

    name = "CGW"

    def __init__(self, parameters: Parameters = Parameters()) -> None:
        self._p = parameters

    @property
    def electrical(self) -> Electrical:
        """Its supply in numbers."""
        return self._p.electrical

    def start(self, ports: Ports) -> None:
        """Wait for the key, then boot and route until it is turned off."""
        ports.draws("sleep")
        e = self._p.electrical
        Lasting(ports, e.warns_below, False, e.warning, lambda _: ports.power_down())
        ports.process(self._live(ports))

    def _live(self, ports: Ports) -> Behaviour:
        while ports.read("power_mode") == "OFF":
            yield ports.wait(10 * MS)
        ports.draws("boot")
        yield ports.wait(ports.vary(self._p.boot))
        ports.draws("run")
        _Routing(ports, self._p)


class _Routing:
    """The gateway awake. It falls asleep with the key, by a reset that waits for the key again."""

    def __init__(self, ports: Ports, parameters: Parameters) -> None:
        self._ports = ports
        self._p = parameters
        timeout = parameters.input_timeout
        self._speed = Checked(ports, "PT", "ESC_Vehicle_01", timeout)
        self._gear = Checked(ports, "PT", "TCM_Gear_01", timeout)
        self._energy_from = {
            message: Checked(ports, "PT", message, 10 * timeout) for message in ENERGY if ports.hears("PT", message)
        }
        self._crash_in = Checked(ports, "PT", "ACM_Crash_01", timeout)
        self._veh = ports.output("INFO", "CGW_Veh_01")
        self._mode = ports.output("INFO", "CGW_PowerMode_01")
        self._mode_pt = ports.output("PT", "CGW_PowerMode_PT")
        self._body = ports.output("INFO", "CGW_Body_01")
        self._energy = ports.output("INFO", "CGW_Energy_01")
        self._crash = ports.output("INFO", "CGW_Crash_01")
        self._clock = ports.output("INFO", "CGW_TimeSync_Info")
        self._task(ports.now)
        outputs = (self._veh, self._mode, self._mode_pt, self._body, self._energy, self._crash, self._clock)
        for output in outputs:
            output.start()
        ports.every(parameters.task, self._task)
        ports.every(100 * MS, self._slow_task)
        ports.react("PT", "ACM_Crash_01", parameters.crash_latency, self._on_crash)

    def _task(self, now: int) -> None:
        mode = self._ports.read("power_mode")
        if mode == "OFF":
            self._ports.reset(0)
            return
        self._route_motion(now)
        if self._crash_in.overdue(now):
            self._route_crash(now)
        self._announce(self._mode, PowerMode=mode, LoadShedLevel=self._ports.read("model.load_shed"))
        self._announce(
            self._mode_pt,
            PowerMode=mode,
            KeyValid=self._ports.read("model.key_valid"),
            StartRequest=self._ports.read("model.start_request"),
        )

    def _announce(self, output: Output, **values: Value) -> None:
        if output.set(**values):
            output.send()

    def _route_motion(self, now: int) -> None:
        self._speed.update(now)
        self._gear.update(now)
        gear = self._gear.get("SelectedGear")
        self._veh.set(
            VehicleSpeed=self._speed.get("VehicleSpeed"),
            VehSpeedQual=self._speed.get("VehSpeedQual"),
            Standstill=self._speed.get("Standstill"),
            SelectedGear=gear,
            ReverseEngaged="ON" if gear == "R" else "OFF",
        )

    def _on_crash(self, now: int, _end: int, _data: bytes) -> None:
        self._route_crash(now)

    def _route_crash(self, now: int) -> None:
        self._crash_in.update(now)
        signals = ("CrashDetected", "CrashType", "DeltaV", "BeltFastened", "OccupantCount")
        self._announce(self._crash, **{signal: self._crash_in.get(signal) for signal in signals})

    def _slow_task(self, now: int) -> None:
        read = self._ports.read
        left = read("model.shutdown_timer") if read("power_mode") == "POST_RUN" else "SNA"
        self._mode.set(ShutdownTimer=left if isinstance(left, str) else min(round(left), 254))
        self._body.set(
            DoorsOpen=sum(1 << bit for bit, door in enumerate(DOORS) if read(door) == "OPEN"),
            Locks=read("model.locks"),
            Turn=read("model.turn"),
            LowBeam=read("model.low_beam"),
            ParkBrake="OFF" if read("model.park_brake") == "RELEASED" else "ON",
            AmbientTemp=read("model.ambient_temp"),
        )
        for source in self._energy_from.values():
            source.update(now)
        self._energy.set(LvBattVoltage=read("model.lv_voltage"))
        for message, signals in ENERGY.items():
            for signal in signals:
                known = message in self._energy_from
                self._energy.set(
                    **{signal: self._energy_from[message].get(signal) if known else _ABSENT.get(signal, "SNA")}
                )
        since_start = now + self._p.utc_at_start * S
        self._clock.set(UtcSeconds=since_start // S, UtcMs=since_start % S // MS, TimeQual="RTC")
