"""The telematics unit: it follows the key, boots, registers, reports its position and makes the emergency call.

All numbers of `Parameters` are bench defaults [B] unless a source is named. Asleep it is silent; a call keeps it awake.
"""

from dataclasses import dataclass

from bench.clock.kernel import Behaviour
from bench.ecu.checked import Checked, Consumes, consumes
from bench.ecu.ecu import Output, Ports
from bench.ecu.electrical import Electrical
from bench.ecu.recovery import Pause, Pauses, Recovery, pause
from bench.ecu.tcu import ecall, gnss
from bench.ecu.tcu.ecall import ROUTE, SHOWN, Button, Call, Crash
from bench.ecu.tcu.electrical import ELECTRICAL, FLUSH, PAGING_EVERY, PAGING_FOR, Thresholds
from bench.ecu.tcu.gnss import Doubts, Locate, Position
from bench.ecu.voltage import Lasting
from bench.model.instant import MS, S

BUS = "INFO"
MESSAGES = ("TCU_Status_01", "TCU_Gnss_01", "TCU_Gnss_02", "TCU_eCall_01", "TCU_Cloud_01", "TCU_Ota_01")
SPEED_PER_KMH = 1 / 3.6


@dataclass(frozen=True)
class Parameters:
    """Times in ns, and the pure steps. `sos_hold`: 500 ms is the default of ERA-GLONASS units."""

    task: int = 10 * MS
    positioning: int = 50 * MS
    first_frames: int = 150 * MS
    boot: int = 1500 * MS
    sos_hold: int = 500 * MS
    crash_frames: int = 3
    crash_timeout: int = 100 * MS
    speed_timeout: int = 200 * MS
    confirm_manual: int = 1500 * MS
    confirm_auto: int = 200 * MS
    voice_path: int = 500 * MS
    signal_dbm: int = -85
    doubts: Doubts = Doubts()
    accept: Consumes = consumes
    locate: Locate = gnss.locate
    pauses: Pauses = Pauses()
    recovery: Pause = pause
    electrical: Electrical = ELECTRICAL
    flush: int = FLUSH
    thresholds: Thresholds = Thresholds()


class Tcu:
    """The telematics unit."""

    name = "TCU"

    def __init__(self, parameters: Parameters = Parameters()) -> None:
        self._parameters = parameters

    @property
    def electrical(self) -> Electrical:
        """Its supply in numbers."""
        return self._parameters.electrical

    def start(self, ports: Ports) -> None:
        """Sleep until the key wakes it."""
        _Life(ports, self._parameters)


class _Life:
    """One life from power-up or falling asleep to the next: it waits for the key, then works until the key is off."""

    def __init__(self, ports: Ports, parameters: Parameters) -> None:
        self._ports = ports
        self._p = parameters
        self._outputs: dict[str, Output] = {}
        self._call = Call()
        self._button = Button()
        self._crash = Crash()
        self._position = Position()
        self._crashes: Checked | None = None
        self._speed: Checked | None = None
        self._ending = False
        Recovery(ports, BUS, parameters.pauses, parameters.recovery)
        ports.every(parameters.task, self._turn)
        ports.draws("sleep")
        self._paging = ports.every(PAGING_EVERY, self._page, first=PAGING_EVERY)
        e = parameters.electrical
        Lasting(ports, e.warns_below, False, e.warning, self._shut_down)
        ports.on_voltage(parameters.thresholds.modem_below, self._dip)

    def _turn(self, now: int) -> None:
        key_off = self._ports.read("power_mode") == "OFF"
        if self._ending:
            return
        if not self._outputs:
            if not key_off:
                self._wake()
        elif key_off and self._call.state == "IDLE":
            # Asleep it keeps nothing but `memory`, so it may as well begin anew.
            self._ports.reset(self._p.task)
        elif self._crashes is not None:
            self._watch_crash(self._crashes, now)
            self._watch_button(now)

    # ---- boot and network ---------------------------------------------------------------------------------------

    def _wake(self) -> None:
        ports, p = self._ports, self._p
        self._paging.cancel()
        ports.draws("boot")
        self._outputs = {message: ports.output(BUS, message) for message in MESSAGES}
        self._outputs["TCU_Status_01"].set(NadState="BOOT")
        self._watch_over_voltage(self._outputs["TCU_Status_01"])
        ports.after(p.first_frames, self._speak)
        ports.process(self._connect())

    def _speak(self, _: int) -> None:
        for output in self._outputs.values():
            output.start()

    def _connect(self) -> Behaviour:
        ports, p = self._ports, self._p
        yield ports.wait(ports.vary(p.boot))
        self._crashes = Checked(ports, BUS, "CGW_Crash_01", p.crash_timeout, p.accept)
        self._speed = Checked(ports, BUS, "CGW_Veh_01", p.speed_timeout, p.accept)
        ports.every(p.positioning, self._find)
        status = self._outputs["TCU_Status_01"]
        status.set(NadState="SEARCH", SimState="READY")
        self._tell()
        yield ports.radio("registration")
        status.set(NadState="REGISTERED", Rat="LTE", SignalDbm=p.signal_dbm)

    # ---- emergency call -----------------------------------------------------------------------------------------

    def _watch_crash(self, crashes: Checked, now: int) -> None:
        for frame in crashes.update(now):
            value = crashes.read(frame.data, "CrashDetected") if frame.consumed else None
            self._crash, triggers = ecall.reported(
                self._crash, value, frame.at, self._p.crash_frames, self._p.crash_timeout
            )
            if triggers:
                self._become(ecall.crashed(self._call))

    def _watch_button(self, now: int) -> None:
        down = self._ports.read("sos_button") is True
        self._button, counts = ecall.pressed(self._button, down, now, self._p.sos_hold)
        if counts:
            self._become(ecall.called(self._call))

    def _become(self, call: Call) -> None:
        fresh = call.number != self._call.number
        self._call = call
        self._tell()
        if fresh:
            self._ports.process(self._progress(call))

    def _progress(self, call: Call) -> Behaviour:
        ports, p = self._ports, self._p
        yield ports.wait(p.confirm_auto if call.trigger == "AUTO" else p.confirm_manual)
        for state, request in ROUTE:
            # Cancelled, or another call has begun since.
            if self._call.number != call.number or self._call.state == "IDLE":
                return
            self._call = ecall.entered(self._call, state)
            self._tell()
            if state != "IDLE":
                yield ports.radio(request) if request else ports.wait(p.voice_path)

    def _tell(self) -> None:
        call, shown = self._call, SHOWN[self._call.state]
        self._ports.draws("call" if shown.audio == "ON" else "run")
        changed = self._outputs["TCU_eCall_01"].set(
            EcallState=call.state,
            EcallTrigger=call.trigger,
            MsdAttempts=call.attempts,
            AudioRequest=shown.audio,
            SosTelltale=shown.telltale,
        )
        if changed:
            self._outputs["TCU_eCall_01"].send()

    # ---- supply -------------------------------------------------------------------------------------------------

    def _page(self, _: int) -> None:
        """Asleep, listen for a page."""
        self._ports.draws("paging")
        self._ports.after(PAGING_FOR, self._sleep_on)

    def _sleep_on(self, _: int) -> None:
        if not self._outputs:
            self._ports.draws("sleep")

    def _shut_down(self, _: int) -> None:
        """For want of voltage; an emergency call goes on as long as the voltage lasts."""
        if self._call.state != "IDLE":
            return
        self._ending = True
        if self._outputs:
            self._outputs["TCU_Status_01"].set(NadState="OFF")
        self._ports.after(self._p.flush if self._outputs else 0, lambda _: self._ports.power_down())

    def _dip(self, _: int, above: bool) -> None:
        if not above and self._call.state != "IDLE":
            self._become(Call(number=self._call.number))

    def _watch_over_voltage(self, status: Output) -> None:
        t = self._p.thresholds
        Lasting(self._ports, t.over_voltage, True, t.over_voltage_for, lambda _: _count(status, 1))
        self._ports.on_voltage(t.healed, lambda _, above: None if above else _count(status, 0))

    # ---- position -----------------------------------------------------------------------------------------------

    def _find(self, now: int) -> None:
        p = self._p
        elapsed_s = p.positioning / S
        self._position = p.locate(p.doubts, self._position, self._receiver(), self._bus_speed(now), elapsed_s)
        self._outputs["TCU_Gnss_01"].set(**gnss.place(p.doubts, self._position))
        self._outputs["TCU_Gnss_02"].set(**gnss.satellites(self._position))

    def _bus_speed(self, now: int) -> float | None:
        speed = self._speed
        if speed is None:
            return None
        speed.update(now)
        value = speed.get("VehicleSpeed")
        if isinstance(value, str) or speed.get("VehSpeedQual") != "VALID":
            return None
        return value * SPEED_PER_KMH

    def _receiver(self) -> Position:
        read = self._ports.read
        return Position(
            str(read("model.gnss_fix")),
            float(read("model.gnss_latitude")),
            float(read("model.gnss_longitude")),
            float(read("model.gnss_altitude")),
            float(read("model.gnss_heading")),
            float(read("model.gnss_speed")) * SPEED_PER_KMH,
            float(read("model.gnss_accuracy")),
            int(read("model.gnss_satellites")),
            float(read("model.gnss_hdop")),
            int(read("model.gnss_utc")),
        )


def _count(status: Output, codes: int) -> None:
    """Tell the number of trouble codes; the over-voltage is the only one."""
    status.set(TcuDtcCount=codes)
