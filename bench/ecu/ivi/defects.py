"""Defects of the infotainment unit. Each is one realistic bug, off by default."""

from dataclasses import replace

from bench.clock.calendar import FOREVER
from bench.ecu import recovery, supply_defects
from bench.ecu.checked import consumes
from bench.ecu.defect import Defect
from bench.ecu.ivi import audio, boot, lockout, vehicle_page
from bench.ecu.ivi.behaviour import Parameters
from bench.ecu.ivi.vehicle_page import Drawing
from bench.ecu.recovery import BusOffs, Pauses
from bench.ecu.supply_defects import ANY, Change
from bench.model.expression import Value
from bench.model.instant import duration
from bench.protocol.e2e import Status


def _lingering(p: Parameters, strength: str) -> Parameters:
    if strength == "never":
        return replace(p, ends=lambda _linger, _gear, _speed_kmh, _lasted: False)
    return replace(p, linger=replace(p.linger, time=duration(strength)))


def _hangs(p: Parameters, variant: str) -> Parameters:
    """`trunk_open`: only the trunk stands open. `minus_10_degc`: that temperature outside."""
    bad: dict[str, Drawing] = {
        "trunk_open": lambda doors, ambient: FOREVER if doors == 16 else vehicle_page.drawing(doors, ambient),
        "minus_10_degc": lambda doors, ambient: FOREVER if ambient == -10 else vehicle_page.drawing(doors, ambient),
    }
    return replace(p, drawing=bad[variant])


def _loud(p: Parameters, strength: str) -> Parameters:
    def start_volume(stored: Value | None, cause: str) -> int:
        return int(strength) if cause == "watchdog" else audio.start_volume(stored, cause)

    return replace(p, start_volume=start_volume)


def _believed(p: Parameters, variant: str) -> Parameters:
    """`quality`: what its sender calls invalid counts. `timeout`: a speed that nobody tells counts as standstill."""

    def usable(speed: Value, quality: Value) -> float | None:
        if isinstance(speed, str):
            return 0.0 if variant == "timeout" else None
        return speed if variant == "quality" else lockout.usable(speed, quality)

    return replace(p, usable=usable)


def _off_for_good(p: Parameters, variant: str) -> Parameters:
    """`after_3rd`: none from the third bus-off on. Else that is the pause before it, however often it fails."""

    def wait(_: Pauses, offs: BusOffs) -> int | None:
        if variant == "after_3rd":
            return None if offs.total >= 3 else recovery.pause(p.pauses, offs)
        return duration(variant)

    return replace(p, recovery=wait)


def _miscounted(p: Parameters, variant: str) -> Parameters:
    """What the loss of supply does to the reset counter."""
    variants: dict[str, boot.Counted] = {
        "cleared": lambda resets, cause: 0 if cause == "brown_out" else boot.counted(resets, cause),
        "twice": lambda resets, cause: boot.counted(resets + (cause == "brown_out"), cause),
        "not_at_all": lambda resets, cause: resets if cause == "brown_out" else boot.counted(resets, cause),
    }
    return replace(p, counted=variants[variant])


def _lifted(p: Parameters, change: Change, strength: str) -> Parameters:
    return replace(p, electrical=change(p.electrical, strength))


DEFECTS: tuple[Defect[Parameters], ...] = (
    Defect(
        "IVI.M01",
        "the rear-view path waits for the media service at the first R",
        "ivi_01_rear_view_cold",
        ("2.6s", "2.1s"),
        lambda p, strength: replace(p, first_image=duration(strength)),
        passes=("1.9s",),
    ),
    Defect(
        "IVI.M02",
        "the rear view stays after R was left",
        "ivi_03_rear_view_linger",
        ("never", "10.5s"),
        _lingering,
        passes=("9.5s",),
    ),
    Defect(
        "IVI.M04",
        "one value of one CAN signal makes the unit hang until its watchdog resets it",
        "nw_01_cycle_times",
        ("trunk_open", "minus_10_degc"),
        _hangs,
    ),
    Defect(
        "IVI.M07",
        "a watchdog reset starts with another volume than the stored one within the limit",
        "ivi_09_volume",
        ("63", "16"),
        _loud,
        passes=("15",),
    ),
    Defect(
        "IVI.M28",
        "after bus-off there is no recovery from the third time on, or no pause before it",
        "nw_07_bus_off",
        ("after_3rd", "0ms", "20ms"),
        _off_for_good,
        passes=("60ms",),
    ),
    Defect(
        "IVI.M31",
        "the speed lock-out ignores that the speed is invalid",
        "ivi_07_speed_lockout",
        ("quality", "timeout"),
        _believed,
    ),
    Defect(
        "IVI.M32",
        "the speed shown is not taken away in time when CGW_Veh_01 stays away",
        "nw_03_receive_timeout",
        ("never", "250ms", "140ms"),
        # 0 means never, as in `Checked`.
        lambda p, strength: replace(p, speed_timeout=0 if strength == "never" else duration(strength)),
        passes=("188ms",),
    ),
    Defect(
        "IVI.M33",
        "frames whose E2E check fails are used",
        "nw_04_wrong_crc",
        ("crc", "all"),
        lambda p, variant: replace(
            p,
            accept=lambda status: (
                consumes(status)
                or status is Status.WRONGCRC
                or (variant == "all" and status in (Status.REPEATED, Status.WRONGSEQUENCE))
            ),
        ),
    ),
    Defect(
        "IVI.M34",
        "the speed lock-out locks late",
        "ivi_07_speed_lockout",
        ("600ms", "520ms"),
        lambda p, strength: replace(p, limits=replace(p.limits, delay=duration(strength))),
        passes=("400ms",),
    ),
)

SUPPLY: tuple[Defect[Parameters], ...] = (
    *supply_defects.of(
        "IVI",
        {
            **ANY,
            "M42": (("9V", "7.8V"), ("6.9V",)),
            "M47": (("unordered", "no_hysteresis"), ()),
            "M50": (("5V", "4.3V"), ("3.7V",)),
            "M54": (("120uA", "40mA"), ("95uA",)),
        },
        _lifted,
    ),
    Defect(
        "IVI.M55",
        "the reset counter is not plausible after a loss of supply",
        "el_10_reset_staircase",
        ("cleared", "twice", "not_at_all"),
        _miscounted,
    ),
)
