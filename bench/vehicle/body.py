"""Key position and power modes, door locks, crash. Pure; times in s, speeds in km/h."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class BodyParameters:
    """Times and thresholds of the body [B]."""

    acc_timeout_s: float = 600.0
    crank_timeout_s: float = 10.0
    post_run_s: float = 5.0
    auto_lock_kmh: float = 15.0
    relock_s: float = 45.0
    crash_unlock_s: float = 0.1
    airbag_kmh: float = 20.0


class Power(NamedTuple):
    """The power mode and how long it has lasted."""

    mode: str = "OFF"
    lasted_s: float = 0.0


class Locks(NamedTuple):
    """Lock state of all doors; `unlocked_s` counts since the fob unlocked and no door has opened, -1 otherwise."""

    state: str = "UNLOCKED"
    unlocked_s: float = -1.0


class Crash(NamedTuple):
    """What the crash sensing says. `since_s` is -1 without a crash."""

    detected: str = "NO"
    type: str = "NONE"
    airbag: str = "OFF"
    since_s: float = -1.0


def turn_key(power: Power, position: str) -> Power:
    """The power mode right after the key (or start button) went to a position.

    Leaving RUN for OFF passes through POST_RUN, which ends by itself; a position that is in force already is no event.
    """
    if position == "OFF" and power.mode in ("RUN", "CRANK"):
        return Power("POST_RUN")
    if position == power.mode or (position == "OFF" and power.mode == "POST_RUN"):
        return power
    return Power(position)


def power_step(p: BodyParameters, power: Power, running: bool, dt_s: float) -> Power:
    """The power mode one step later; `running`: the engine turns by itself, or the motor is ready."""
    mode, lasted_s = power.mode, power.lasted_s + dt_s
    if mode == "CRANK" and (running or lasted_s >= p.crank_timeout_s):
        return Power("RUN")
    if (mode == "ACC" and lasted_s >= p.acc_timeout_s) or (mode == "POST_RUN" and lasted_s >= p.post_run_s):
        return Power("OFF")
    return Power(mode, lasted_s)


def lock_step(p: BodyParameters, locks: Locks, crash: Crash, speed_kmh: float, door_open: bool, dt_s: float) -> Locks:
    """The locks one step later: locked by driving off, unlocked by a crash, relocked if nobody opens a door."""
    if crash.since_s >= 0:
        return Locks() if crash.since_s >= p.crash_unlock_s else locks
    if speed_kmh > p.auto_lock_kmh and not door_open:
        return locks if locks.state == "LOCKED" else Locks("LOCKED")
    if locks.unlocked_s < 0:
        return locks
    if door_open:
        return Locks(locks.state)
    waited_s = locks.unlocked_s + dt_s
    return Locks("LOCKED") if waited_s >= p.relock_s else Locks(locks.state, waited_s)


def crashed(p: BodyParameters, kind: str, delta_v_kmh: float) -> Crash:
    """The crash sensing right after an impact of this kind; NONE resets it. A roll-over fires at any delta-v."""
    if kind == "NONE":
        return Crash()
    fires = kind == "ROLLOVER" or (kind != "REAR" and delta_v_kmh >= p.airbag_kmh)
    return Crash("YES", kind, "ON" if fires else "OFF", 0.0)
