"""Defects of the telematics unit. Each is one realistic bug, off by default."""

from dataclasses import replace

from bench.ecu import supply_defects
from bench.ecu.checked import Consumes, consumes
from bench.ecu.defect import Defect
from bench.ecu.supply_defects import ANY, Change, volts
from bench.ecu.tcu import gnss
from bench.ecu.tcu.behaviour import Parameters
from bench.ecu.tcu.gnss import Doubts, Position
from bench.model.instant import duration
from bench.protocol.e2e import Status


def _also(*statuses: Status) -> Consumes:
    return lambda status: consumes(status) or status in statuses


def _bad_crc(p: Parameters, variant: str) -> Parameters:
    """`one_frame`: a single frame is enough, right or wrong. `crc_ignored`: it takes the row, but not right CRCs."""
    frames = 1 if variant == "one_frame" else p.crash_frames
    return replace(p, accept=_also(Status.WRONGCRC), crash_frames=frames)


def _wrong_counter(p: Parameters, variant: str) -> Parameters:
    accepted = {"repeated": Status.REPEATED, "lost": Status.WRONGSEQUENCE}
    return replace(p, accept=_also(accepted[variant]))


def _no_fallback(p: Parameters, variant: str) -> Parameters:
    """`accuracy_frozen`: the error told is that of the last fix. `jump_believed`: any fix is. `fix_kept`: 3D stays."""
    if variant == "jump_believed":
        return replace(p, doubts=replace(p.doubts, jump_m=1e9))
    return replace(p, locate=_fix_kept if variant == "fix_kept" else _accuracy_frozen)


def _fix_kept(doubts: Doubts, before: Position, receiver: Position, speed_mps: float | None, dt_s: float) -> Position:
    found = gnss.locate(doubts, before, receiver, speed_mps, dt_s)
    return found._replace(fix="3D") if before.fix == "3D" else found


def _accuracy_frozen(
    doubts: Doubts, before: Position, receiver: Position, speed_mps: float | None, dt_s: float
) -> Position:
    found = gnss.locate(doubts, before, receiver, speed_mps, dt_s)
    return found if found.fix == "3D" else found._replace(accuracy_m=before.accuracy_m)


def _lifted(p: Parameters, change: Change, strength: str) -> Parameters:
    return replace(p, electrical=change(p.electrical, strength))


def _code(p: Parameters, variant: str) -> Parameters:
    beyond = {"never_set": replace(p.thresholds, over_voltage=99.0), "never_healed": replace(p.thresholds, healed=0.0)}
    return replace(p, thresholds=beyond[variant])


DEFECTS: tuple[Defect[Parameters], ...] = (
    Defect(
        "TCU.M20",
        "an automatic eCall is triggered by crash frames with a wrong CRC",
        "tcu_12_no_false_alarm",
        ("one_frame", "crc_ignored"),
        _bad_crc,
    ),
    Defect(
        "TCU.M31",
        "the SOS button counts after another time than 500 ms",
        "tcu_02_manual_ecall",
        ("0.1s", "0.4s", "0.6s"),
        lambda p, strength: replace(p, sos_hold=duration(strength)),
        passes=("0.48s",),
    ),
    Defect(
        "TCU.M32",
        "crash frames with a repeated alive counter, or after too many lost ones, are used",
        "nw_05_alive_counter",
        ("repeated", "lost"),
        _wrong_counter,
    ),
    Defect(
        "TCU.M33",
        "an automatic eCall is dialled late",
        "tcu_01_automatic_ecall",
        ("2.6s", "2.1s"),
        lambda p, strength: replace(p, confirm_auto=duration(strength)),
        passes=("1.9s",),
    ),
    Defect(
        "TCU.M34",
        "without a true fix the position looks better than it is",
        "tcu_08_no_gnss",
        ("accuracy_frozen", "jump_believed", "fix_kept"),
        _no_fallback,
    ),
)

SUPPLY: tuple[Defect[Parameters], ...] = (
    *supply_defects.of(
        "TCU",
        {
            **ANY,
            "M42": (("5V", "3V"), ("2.5V",)),
            "M47": (("unordered", "no_hysteresis"), ()),
            "M50": (("5V", "4.5V"), ("3.7V",)),
            "M54": (("3mA", "40mA"), ("1.9mA",)),
        },
        _lifted,
    ),
    Defect(
        "TCU.M56",
        "a crank makes the modem drop a call",
        "el_12_crank_in_call",
        ("9V", "8V"),
        lambda p, strength: replace(p, thresholds=replace(p.thresholds, modem_below=volts(strength))),
        passes=("6V",),
    ),
    Defect(
        "TCU.M57",
        "the trouble code for over-voltage is not set, or stays",
        "el_02_long_overvoltage",
        ("never_set", "never_healed"),
        _code,
    ),
)
