"""Each defect of a supply shows in the situation that is to catch it, and one inside the limit does not."""

from collections.abc import Callable
from typing import Any

import pytest
from fed_ecus import CRANKS, World, course, resets, steady

from bench.ecu.cgw.behaviour import Cgw
from bench.ecu.cgw.behaviour import Parameters as CgwParameters
from bench.ecu.cgw.defects import SUPPLY as CGW
from bench.ecu.defect import Defect
from bench.ecu.ivi.behaviour import Ivi
from bench.ecu.ivi.behaviour import Parameters as IviParameters
from bench.ecu.ivi.defects import SUPPLY as IVI
from bench.ecu.tcu.behaviour import Parameters as TcuParameters
from bench.ecu.tcu.behaviour import Tcu
from bench.ecu.tcu.defects import SUPPLY as TCU
from bench.model.instant import MS, US, S

UP = 10 * S
"""By then all draw what they draw at work."""

END = 40 * S

PARTS: dict[str, tuple[Callable[[Any], Any], Any, tuple[Defect[Any], ...]]] = {
    "CGW": (Cgw, CgwParameters(), CGW),
    "IVI": (Ivi, IviParameters(), IVI),
    "TCU": (Tcu, TcuParameters(), TCU),
}


def unit(name: str, identifier: str = "", strength: str = "") -> Any:
    """One unit alone, sound or with a defect."""
    made, parameters, defects = PARTS[name]
    for defect in defects:
        if defect.id == identifier:
            parameters = defect.apply(parameters, strength)
    return made(parameters)


def inlet(world: World) -> Any:
    """That of the only unit."""
    (one,) = world.feed.inlets.values()
    return one


def calm(world: World) -> bool:
    """Whether a unit is on, and has been since the start."""
    return inlet(world).state == "ON" and inlet(world).starts == 1


def micro(ecu: Any) -> bool:
    """EL-08: nothing up to 100 us; back after the longer ones."""
    world = World(steady(12.0), [ecu])
    world.interrupt(UP, 10 * US)
    world.interrupt(UP + S, 100 * US)
    if not calm(world.run(UP + 2 * S)):
        return False
    for n, longer in enumerate((10 * MS, 100 * MS, S)):
        world.interrupt(UP + (3 + n * 3) * S, longer)
        if inlet(world.run(UP + (6 + n * 3) * S)).state != "ON":
            return False
    return True


def through(source: Any, until: int) -> Callable[[Any], bool]:
    return lambda ecu: calm(World(source, [ecu]).run(until))


def jump(volts: float, back: int) -> Callable[[Any], bool]:
    """On within 2 s after an over-voltage, and without a loop of resets during it."""

    def holds(ecu: Any) -> bool:
        world = World(course((0, 12.0), (UP, 12.0), (UP, volts), (UP + 2 * S, volts), (UP + 2 * S, 12.0),
                             (END, 12.0)), [ecu])  # fmt: skip
        world.run(UP + 2 * S + back)
        return inlet(world).state == "ON" and inlet(world).starts <= 2

    return holds


def staircase(ecu: Any) -> bool:
    """EL-10 in short: two losses of supply are two resets."""
    world = World(steady(12.0), [ecu])
    world.interrupt(UP, S)
    world.interrupt(UP + 5 * S, S)
    return resets(world.run(UP + 10 * S)) == 2


def slowly_down(ecu: Any) -> bool:
    """EL-05 eight times as fast: one ordered shutdown, one ordered boot."""
    slow = course((0, 12.0), (UP, 12.0), (UP, 8.0), (UP + 90 * S, 2.0), (UP + 91 * S, 12.0), (UP + 101 * S, 12.0))
    world = World(slow, [ecu]).run(UP + 101 * S)
    if ecu.name == "TCU":
        return world.changes("TCU_Status_01", "NadState").count("OFF") == 1
    return world.changes("IVI_Status_01", "IviState").count("SHUTDOWN") == 1 and resets(world) == 0


def slowly_up(ecu: Any) -> bool:
    """EL-05 twice as fast, from nothing."""
    return inlet(World(course((0, 0.0), (480 * S, 8.0), (482 * S, 12.0)), [ecu]).run(482 * S)).state == "ON"


def in_start(ecu: Any) -> bool:
    """EL-09: the supply comes back for a while, again and again."""
    world = World(steady(12.0), [ecu])
    at = UP
    for recovery in (100 * US, MS, 10 * MS, 100 * MS, S):
        world.interrupt(at, 500 * MS)
        at += 500 * MS + recovery
    world.interrupt(at, 500 * MS)
    return inlet(world.run(at + 5 * S)).state == "ON"


def asleep(ecu: Any) -> bool:
    """EL-19: the sleeping current, with what pages come to."""
    base = World(steady(12.0), [ecu], key="OFF").run(1280 * MS).net.taken(ecu.name, 1280 * MS)
    return base <= 1e-4 if ecu.name != "TCU" else base + 60e-3 * 20 / 1280 <= 3e-3


def in_call(ecu: Any) -> bool:
    """EL-12: a call during a warm start."""
    world = World(CRANKS["I"], [ecu])
    world.put(UP, sos_button=True)
    return world.run(30 * S).changes("TCU_eCall_01", "EcallState")[-1] == "CALLBACK_WAIT"


def code(ecu: Any) -> bool:
    long = course((0, 12.0), (UP, 12.0), (UP, 18.0), (20 * S, 18.0), (20 * S, 12.0), (25 * S, 12.0))
    return World(long, [ecu]).run(25 * S).changes("TCU_Status_01", "TcuDtcCount") == [0, 1, 0]


SLOW_DOWN_FAST_UP = course((0, 16.0), (UP, 16.0), (UP, 6.0), (20 * S, 6.0), (25 * S, 0.0), (85 * S, 0.0),
                           (85 * S + 400 * MS, 16.0), (90 * S, 16.0))  # fmt: skip
DROP = course((0, 12.0), (UP, 12.0), (UP, 9.0), (20 * S, 9.0), (20 * S + 10 * MS, 4.5), (20 * S + 110 * MS, 4.5),
              (20 * S + 120 * MS, 9.0), (25 * S, 9.0))  # fmt: skip

SITUATIONS: dict[str, Callable[[Any], bool]] = {
    "M41": micro,
    "M42": through(CRANKS["I"], 20 * S),  # of the others III
    "M43": through(course((0, 12.0), (UP, 12.0), (UP + 3 * S, 9.0), (30 * S, 9.0)), 30 * S),
    "M44": jump(18.0, 2 * S),
    "M45": jump(26.0, 2 * S),
    "M46": through(course((0, 12.0), (UP, 12.0), (UP, 18.0), (UP + 400 * MS, 18.0), (UP + 400 * MS, 12.0), (END, 12.0)),
                   30 * S),
    "M47": slowly_down,
    "M48": slowly_up,
    "M49": lambda ecu: inlet(World(SLOW_DOWN_FAST_UP, [ecu]).run(90 * S)).state == "ON",
    "M50": through(DROP, 25 * S),
    "M51": micro,
    "M52": in_start,
    "M53": jump(27.0, 2 * S),
    "M54": asleep,
    "M55": staircase,
    "M56": in_call,
    "M57": code,
}  # fmt: skip
ROWS = [
    (f"{defect.id}@{strength}", passes)
    for defect in (*CGW, *IVI, *TCU)
    for strengths, passes in ((defect.fails, False), (defect.passes, True))
    for strength in strengths
]


def situation(name: str, number: str) -> Callable[[Any], bool]:
    return through(CRANKS["III"], 20 * S) if number == "M42" and name != "IVI" else SITUATIONS[number]


@pytest.mark.parametrize("name", PARTS)
def test_sound_units_hold_in_every_situation_that_is_to_catch_a_defect_of_theirs(name):
    for number in sorted({defect.id.split(".")[1] for defect in PARTS[name][2]}):
        assert situation(name, number)(unit(name)), number


@pytest.mark.parametrize(("switch", "passes"), ROWS)
def test_each_defect_shows_and_one_inside_the_limit_does_not(switch, passes):
    identifier, _, strength = switch.partition("@")
    name, _, number = identifier.partition(".")
    assert situation(name, number)(unit(name, identifier, strength)) is passes


def test_each_defect_has_two_strengths_and_a_name_of_its_own():
    defects = (*CGW, *IVI, *TCU)
    assert len({defect.id for defect in defects}) == len(defects)
    for defect in defects:
        strengths = (*defect.fails, *defect.passes)
        assert len(defect.fails) >= 2 and len(set(strengths)) == len(strengths)
