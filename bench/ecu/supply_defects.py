"""Defects that any ECU's supply may have, each as a change of its numbers; an ECU picks those that apply to it.

A strength in volts is an inner voltage, behind the input stage.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from bench.ecu.defect import Defect
from bench.ecu.electrical import NOMINAL, Electrical
from bench.model.instant import MS, S, duration

P = TypeVar("P")
Change = Callable[[Electrical, str], Electrical]
"""(sound numbers, strength) -> defective numbers."""

AMPERES = {"mA": 1e-3, "uA": 1e-6}


def volts(strength: str) -> float:
    """Volts of a strength such as "7.8V"."""
    return float(strength.removesuffix("V"))


def amperes(strength: str) -> float:
    """Amperes of a strength such as "120uA"."""
    return float(strength[:-2]) * AMPERES[strength[-2:]]


def _short_hold_up(e: Electrical, strength: str) -> Electrical:
    return replace(e, stage=e.stage.lasting(duration(strength), NOMINAL, e.watts("run"), e.dies_below))


def _dies_early(e: Electrical, strength: str) -> Electrical:
    dies = volts(strength)
    return replace(e, dies_below=dies, starts_above=max(e.starts_above, dies + 0.5))


def _warns_early(e: Electrical, strength: str) -> Electrical:
    warns = volts(strength)
    return replace(e, warns_below=warns, starts_above=max(e.starts_above, warns + 0.5))


def _loops(e: Electrical, strength: str) -> Electrical:
    return replace(e, stops_above=volts(strength), returns=500 * MS)


def _stops(e: Electrical, strength: str) -> Electrical:
    return replace(e, stops_above=volts(strength))


def _stays_off(e: Electrical, strength: str) -> Electrical:
    return replace(e, stops_above=volts(strength), returns=None)


def _after_jump(e: Electrical, variant: str) -> Electrical:
    """`latched`: off until the supply is taken away. `slow`: 3 s late. Else the voltage above which it stops."""
    if variant == "latched":
        return _stays_off(e, "20V")
    return replace(e, stops_above=20.0, power_on_reset=3 * S) if variant == "slow" else _stops(e, variant)


def _disorder(e: Electrical, variant: str) -> Electrical:
    """`no_hysteresis`: without its own load the voltage is enough for the next start. `unordered`: no warning."""
    if variant == "unordered":
        return replace(e, warns_below=0.0)
    return replace(e, starts_above=e.warns_below + 0.02)


def _slow_rise(e: Electrical, strength: str) -> Electrical:
    longest = duration(strength)
    return replace(e, hangs=lambda start: start.rise > longest)


def _short_outage(e: Electrical, strength: str) -> Electrical:
    shortest = duration(strength)
    return replace(e, hangs=lambda start: start.outage <= shortest)


def _cut_start(e: Electrical, strength: str) -> Electrical:
    shortest = duration(strength)
    return replace(e, hangs=lambda start: start.lived < shortest)


def _rail_on(e: Electrical, strength: str) -> Electrical:
    """The strength is what it draws asleep, beside the pages."""
    extra = amperes(strength) - dict(e.draws)["sleep"]
    return replace(e, draws=tuple((state, drawn + extra * (state == "sleep")) for state, drawn in e.draws))


@dataclass(frozen=True, slots=True)
class SupplyDefect:
    """A defect that several ECUs may have: its number, what it is, the scenario that is to catch it, and the change."""

    number: str
    summary: str
    caught_by: str
    change: Change


ALL = (
    SupplyDefect("M41", "the hold-up capacitor is too small", "el_08_micro_interruptions", _short_hold_up),
    SupplyDefect("M42", "brown-out at a voltage that a crank has", "el_11_cranking", _dies_early),
    SupplyDefect("M43", "shuts down inside the supply range", "el_01_supply_range", _warns_early),
    SupplyDefect("M44", "resets again and again at over-voltage", "el_02_long_overvoltage", _loops),
    SupplyDefect("M45", "after a jump start it comes back late or not at all", "el_03_jump_start", _after_jump),
    SupplyDefect("M46", "a transient over-voltage resets it", "el_04_transient_overvoltage", _stops),
    SupplyDefect("M47", "a slow discharge ends in disorder", "el_05_slow_discharge", _disorder),
    SupplyDefect("M48", "does not start when the supply rises slowly", "el_05_slow_discharge", _slow_rise),
    SupplyDefect("M49", "does not start when the supply rises within 0.4 s", "el_06_slow_down_fast_up", _slow_rise),
    SupplyDefect("M50", "a momentary drop to 4.5 V resets it", "el_07_momentary_drop", _dies_early),
    SupplyDefect("M51", "hangs when the supply was away for a short time", "el_08_micro_interruptions", _short_outage),
    SupplyDefect("M52", "hangs when a start was cut short", "el_09_interruptions_in_start", _cut_start),
    SupplyDefect("M53", "a load dump latches it off", "el_13_load_dump", _stays_off),
    SupplyDefect("M54", "a rail stays on asleep", "el_19_quiescent_current", _rail_on),
)

Strengths = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Number of a defect -> strengths that fail, and those that pass."""

ANY: Strengths = {
    "M41": (("10us", "90us"), ("120us",)),
    "M43": (("9.5V", "9V"), ("8.2V",)),
    "M44": (("17V", "17.5V"), ("18V",)),
    "M45": (("latched", "slow"), ("28V",)),
    "M46": (("17V", "17.5V"), ("18.2V",)),
    "M48": (("10s", "5min"), ("1h",)),
    "M49": (("50ms", "100ms"), ("300ms",)),
    "M51": (("20ms", "500ms"), ("1ms",)),
    "M52": (("100ms", "1s"), ("1ms",)),
    "M53": (("24V", "26.5V"), ("35.5V",)),
}
"""Those that are the same for all."""


def of(ecu: str, strengths: Strengths, lift: Callable[[P, Change, str], P]) -> tuple[Defect[P], ...]:
    """The defects of an ECU whose strengths are given; `lift` makes a change of its supply one of its parameters."""

    def applied(change: Change) -> Callable[[P, str], P]:
        return lambda parameters, strength: lift(parameters, change, strength)

    return tuple(
        Defect(f"{ecu}.{one.number}", one.summary, one.caught_by, fails, applied(one.change), passes)
        for one in ALL
        if one.number in strengths
        for fails, passes in [strengths[one.number]]
    )
