"""The infotainment unit: it boots with the key, shows the rear view, locks video while driving and limits its volume.

One task of 10 ms on latched inputs orders the pure steps of this folder; all that they need stands in `Parameters`. All
numbers are bench defaults [B] unless a source is named. Asleep, with the key off, it is silent.
"""

from dataclasses import dataclass

from bench.ecu.checked import Checked, Consumes, consumes
from bench.ecu.ecu import Output, Ports
from bench.ecu.electrical import Electrical
from bench.ecu.ivi import audio, boot, display, lockout, rearview, speed, vehicle_page
from bench.ecu.ivi.boot import DISPLAYS, DRAWS, KEY_ON, Progress, Timings
from bench.ecu.ivi.electrical import ELECTRICAL, FLUSH
from bench.ecu.ivi.lockout import Limits, Lock
from bench.ecu.ivi.rearview import Backing, Linger, Picture
from bench.ecu.ivi.speed import Speed
from bench.ecu.recovery import Pause, Pauses, Recovery, pause
from bench.ecu.voltage import Lasting
from bench.model.expression import Value
from bench.model.instant import MS, S

BUS = "INFO"
WATCHDOG = 5 * S
"""Time without a served task after which the watchdog resets the unit."""


@dataclass(frozen=True)
class Parameters:
    """Times in ns, and the pure steps.

    `speed_timeout` lies below the required 200 ms, so that with the task and the least delay between two event frames
    the dashes are on the bus 200 +- 20 ms after the last frame. `first_image` is how long the video path takes to open
    at the first R after a start.
    """

    task: int = 10 * MS
    timings: Timings = Timings()
    off_time: int = 300 * MS
    speed_timeout: int = 185 * MS
    status_timeout: int = 300 * MS
    first_image: int = 150 * MS
    linger: Linger = Linger()
    limits: Limits = Limits()
    accept: Consumes = consumes
    ends: rearview.Ends = rearview.over
    usable: lockout.Usable = lockout.usable
    start_volume: audio.StartVolume = audio.start_volume
    drawing: vehicle_page.Drawing = vehicle_page.drawing
    pauses: Pauses = Pauses()
    recovery: Pause = pause
    electrical: Electrical = ELECTRICAL
    voltage_flush: int = FLUSH
    counted: boot.Counted = boot.counted


class Ivi:
    """The infotainment unit."""

    name = "IVI"

    def __init__(self, parameters: Parameters = Parameters()) -> None:
        self._parameters = parameters

    @property
    def electrical(self) -> Electrical:
        """Its supply in numbers."""
        return self._parameters.electrical

    def start(self, ports: Ports) -> None:
        """Wait for the key."""
        _Unit(ports, self._parameters)


class _Unit:
    """One life of the unit, from power-up or reset on."""

    def __init__(self, ports: Ports, parameters: Parameters) -> None:
        self._ports = ports
        self._p = parameters
        self._timings = boot.varied(parameters.timings, ports.vary)
        self._progress = Progress(since=ports.now)
        self._bus = _Bus(ports, parameters)
        self._powered = self._woken = self._served = self._busy_until = ports.now
        # A button that is held down through the start does not count.
        self._reset_was = self._video_was = True
        self._video = False
        self._lock = Lock()
        self._backing = Backing()
        self._picture = Picture()
        self._speed = Speed()
        self._opened: int | None = None
        self._ending = False
        cause = str(ports.memory.pop("cause", "power"))
        self._resets = parameters.counted(int(ports.memory.get("resets", 0)), cause)
        ports.memory["resets"] = self._resets
        self._target = parameters.start_volume(ports.memory.setdefault("volume", audio.FACTORY), cause)
        self._volume = audio.Volume()
        Recovery(ports, BUS, parameters.pauses, parameters.recovery)
        ports.every(parameters.task, self._turn)
        ports.draws(DRAWS[self._progress.state])
        e = parameters.electrical
        Lasting(ports, e.warns_below, False, e.warning, self._shut_down)

    def _turn(self, now: int) -> None:
        if self._ending:
            return
        if self._pressed_reset() or now - self._served >= WATCHDOG:
            self._reset()
        elif now >= self._busy_until:
            self._served = now
            self._follow_key(now)
            if self._bus.awake:
                self._work(self._bus, now)

    def _pressed_reset(self) -> bool:
        down = self._ports.read("reset_button") is True
        pressed, self._reset_was = down and not self._reset_was, down
        return pressed

    def _reset(self) -> None:
        self._ports.memory["cause"] = "watchdog"
        self._ports.reset(self._p.off_time)

    def _shut_down(self, _: int) -> None:
        """In order, for want of voltage; the key does not matter."""
        self._ending = True
        if self._bus.awake:
            self._ports.draws("shutdown")
            self._bus.take_leave()
        self._ports.after(self._p.voltage_flush if self._bus.awake else 0, lambda _: self._ports.power_down())

    # ---- key and bus --------------------------------------------------------------------------------------------

    def _follow_key(self, now: int) -> None:
        mode = self._ports.read("power_mode")
        before, self._progress = (
            self._progress,
            boot.advanced(self._progress, self._timings, mode in KEY_ON, now),
        )
        if before.state != self._progress.state:
            self._ports.draws(DRAWS[self._progress.state])
        if before.state == "OFF" and self._progress.state == "BOOT":
            self._powered = now
            self._opened = None
        if mode == "OFF":
            self._woken = now
            if self._bus.awake:
                # The rest of the bus sleeps with the key too.
                self._bus.sleep()
                self._backing = Backing()
        elif now - self._woken >= self._timings.first_frame:
            self._bus.awake = True

    # ---- the application ----------------------------------------------------------------------------------------

    def _work(self, bus: "_Bus", now: int) -> None:
        p = self._p
        good = bus.update(now)
        vehicle = bus.vehicle
        gear, quality, told = vehicle.get("SelectedGear"), vehicle.get("VehSpeedQual"), vehicle.get("VehicleSpeed")
        speed_kmh = p.usable(told, quality)
        reverse = gear == "R" or vehicle.get("ReverseEngaged") == "ON"
        self._backing = rearview.backing(self._backing, p.linger, p.ends, reverse, gear, speed_kmh, now)
        self._lock = lockout.stepped(self._lock, p.limits, speed_kmh, now)
        self._speed = speed.displayed(self._speed, told, quality, good)
        self._watch_video()
        state = self._progress.state
        source = display.shown(self._display_requests(bus, now), state)
        heard = audio.heard(self._audio_requests(bus, source)) if self._audible(now) else "NONE"
        self._volume = audio.ramped(self._volume, self._target if self._audible(now) else 0, now)
        bus.tell(
            IviState=state,
            DisplaySource=source,
            VideoLock="LOCKED" if self._lock.locked else "FREE",
            AudioSource=heard,
            Volume=self._volume.level,
            SpeedShown=self._speed.shown,
            ResetCount=self._resets,
        )
        for doors, ambient in bus.pages(now):
            self._busy_until = now + p.drawing(doors, ambient)

    def _watch_video(self) -> None:
        down = self._ports.read("video_button") is True
        if down and not self._video_was:
            self._video = not self._video
        self._video_was = down
        # Video does not begin again by itself.
        self._video = self._video and not self._lock.locked

    def _display_requests(self, bus: "_Bus", now: int) -> list[str]:
        camera = bus.camera
        self._picture = rearview.seen(self._picture, camera.get("CamState"), camera.get("FrameCounter"), now)
        requests = ["MEDIA"] if self._video else []
        if bus.ecall.get("AudioRequest") == "ON":
            requests.append("PHONE")
        if self._backing.wanted and self._path_open(now):
            requests.append("RVC" if rearview.alive(self._picture, now) else "SAFE")
        return requests

    def _path_open(self, now: int) -> bool:
        """Whether the way of the picture is open; it opens at the first R after a start, and stays open."""
        if self._opened is None:
            self._opened = self._backing.since + self._p.first_image
        return now >= self._opened

    def _audible(self, now: int) -> bool:
        return now - self._powered >= self._timings.audio and self._progress.state in DISPLAYS

    def _audio_requests(self, bus: "_Bus", source: str) -> list[str]:
        requests = ["VIDEO"] if self._video and source == "MEDIA" else []
        if bus.ecall.get("AudioRequest") == "ON":
            requests.append("ECALL")
        if bus.amplifier.get("ChimePlaying") == "ON":
            requests.append("CHIME")
        return requests


class _Bus:
    """What the unit hears and, while it is awake on the bus, says."""

    def __init__(self, ports: Ports, p: Parameters) -> None:
        self.vehicle = Checked(ports, BUS, "CGW_Veh_01", p.speed_timeout, p.accept)
        self.ecall = Checked(ports, BUS, "TCU_eCall_01", p.status_timeout, p.accept)
        self.camera = Checked(ports, BUS, "RVC_Status_01", p.status_timeout)
        self.amplifier = Checked(ports, BUS, "AMP_Status_01", p.status_timeout)
        self._body = Checked(ports, BUS, "CGW_Body_01", p.status_timeout)
        self._status: Output = ports.output(BUS, "IVI_Status_01")
        self._told: dict[str, Value] = {}
        self.awake = False

    def update(self, now: int) -> int:
        """Take in what has arrived; tells how many good frames of CGW_Veh_01 were among it."""
        for checked in (self.ecall, self.camera, self.amplifier):
            checked.update(now)
        return sum(frame.consumed for frame in self.vehicle.update(now))

    def pages(self, now: int) -> list[tuple[Value, Value]]:
        """Doors and outside temperature, once for each frame that brought them."""
        read = self._body.read
        return [(read(frame.data, "DoorsOpen"), read(frame.data, "AmbientTemp")) for frame in self._body.update(now)]

    def tell(self, **values: Value) -> None:
        """Set the status. All but the figure of the speed is an event; that it comes or goes is one too."""
        if values == self._told:
            return
        self._status.set(**values)
        before = self._told
        self._told = values
        if not before:
            self._status.start()
        elif _without_figure(before) != _without_figure(values):
            self._status.send()

    def take_leave(self) -> None:
        """Tell once that the unit shuts down."""
        self._status.set(IviState="SHUTDOWN")
        self._status.send()

    def sleep(self) -> None:
        """Fall silent."""
        self.awake = False
        self._told = {}
        self._status.cancel()


def _without_figure(values: dict[str, Value]) -> dict[str, Value]:
    return {**values, "SpeedShown": "SNA" if values.get("SpeedShown") == "SNA" else ""}
