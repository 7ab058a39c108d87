"""Assembly: the only place where a plan's parts are joined. A plan in, everything that moves out."""

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from bench.clock.calendar import Phase
from bench.clock.kernel import Event, Kernel
from bench.clock.pace import Free, Pace
from bench.ecu.cgw.behaviour import Cgw
from bench.ecu.cgw.behaviour import Parameters as CgwParameters
from bench.ecu.ecu import Ecu, Ports
from bench.ecu.ivi.behaviour import Ivi
from bench.ecu.ivi.behaviour import Parameters as IviParameters
from bench.ecu.power import Housed
from bench.ecu.powertrain.behaviour import senders
from bench.ecu.rvc.behaviour import Rvc
from bench.ecu.tcu.behaviour import Parameters as TcuParameters
from bench.ecu.tcu.behaviour import Tcu
from bench.errors import BenchBug
from bench.model.expression import ModelRef, Value
from bench.model.instant import MS, S
from bench.model.plan import Plan, reads
from bench.model.stimulus import Power, SetModel, SetSignal
from bench.run.defects import switched
from bench.run.fed import LINE, fed_by
from bench.run.laboratory import Laboratory
from bench.run.script import Script
from bench.run.steps import Hands
from bench.run.watch import Sight, unmeasured
from bench.run.wiring import Program, Wired, on_wire, ports, programs
from bench.vehicle.plant import NAMES, Plant
from bench.wire.bus import Bus
from bench.wire.recorder import Recorder
from bench.wire.restbus import Restbus
from bench.wire.simbus import SimBus
from bench.wire.slot import Slot

PLANT_STEP = 10 * MS
"""The plant's step and the spacing of its samples, ns."""

BUTTONS = ("sos_button", "video_button", "reset_button")

ALWAYS_SAMPLED = ("model.speed", "model.schedule_speed")
"""Values that every trace holds, because every overview shows them."""

SWAY = 0.025
"""Share of the cycle by which a release leaves its grid under jitter, either way."""


REHEARSED = 3 * S
"""Every virtual ECU has started by then, ns."""


@dataclass(frozen=True)
class Rig:
    """What an execution needs: the kernel to run, the recorder to close, and what is outside the simulation.

    Each of `wired` is begun before the first instant and closed after the last one, whatever happened; `programs` are
    those of them that are ECUs.
    """

    kernel: Kernel
    recorder: Recorder
    wired: tuple[Wired, ...] = ()
    programs: tuple[Program, ...] = ()
    laboratory: Laboratory | None = None


def assemble(plan: Plan, pace: Pace) -> Rig:
    """Join buses, plant, ECUs, restbus and script as the plan says; the first instant is booked, nothing has run.

    Programs are started and interfaces opened here: all of them, or RigError and none.
    """
    if plan.rig.pace == "wall":
        rehearse(plan)
    with ExitStack() as undo:
        rig = _assembled(plan, pace, undo)
        undo.pop_all()  # from here on the execution closes what was opened
    return rig


def rehearse(plan: Plan) -> None:
    """Play the beginning of a plan in simulated time, and forget it: code is generated and tables are made by that.

    In real time each of these would come while something else is due; starting the gateway alone took 14 ms.
    """
    silent = tuple(replace(ecu, kind="real") if ecu.kind == "process" else ecu for ecu in plan.ecus)
    simulated = replace(plan, rig=replace(plan.rig, pace="free", interfaces=()), ecus=silent)
    with ExitStack() as nothing:
        rig = _assembled(simulated, Free(), nothing)
        rig.kernel.run_until(REHEARSED)
        rig.kernel.close()


def _assembled(plan: Plan, pace: Pace, undo: ExitStack) -> Rig:
    chance = Random(plan.seed) if plan.jitter else None
    kernel = Kernel(pace)
    plant = Plant(plan.rig.vehicle, seed=plan.seed, noise=plan.jitter)
    recorder = Recorder(*zip(*sampled(plan), strict=True))
    started = programs(plan, kernel, undo)
    opened = ports(plan, pace, started, undo)
    buses: dict[str, Bus] = {}
    wired: list[Wired] = []
    offset = 0
    for rank, layout in enumerate(plan.buses):
        if layout.name in opened:
            bus = on_wire(*opened[layout.name], layout, kernel, recorder, rank, offset, sway(chance))
            kernel.add(bus)
            wired.append(bus)
            buses[layout.name] = bus
        else:
            simulated = SimBus(layout, kernel.calendar, recorder, rank, offset, sway(chance))
            kernel.add(simulated)
            buses[layout.name] = simulated
        offset += len(layout.messages)
    laboratory = Laboratory(plan, kernel, recorder) if plan.rig.instruments else None
    modelled = [ecu.name for ecu in plan.ecus]
    restbus = {layout.name: Restbus(buses[layout.name], layout, modelled) for layout in plan.buses}
    buttons = dict.fromkeys(BUTTONS, False)
    hands = Hands(kernel.calendar, recorder, plant, buses, restbus, buttons, laboratory)
    fed = fed_by(laboratory, kernel)

    def read(name: str) -> Value:
        """The plant's reading; where a supply feeds the net instead of the vehicle, its voltage is that of the line."""
        return fed.volts() if fed is not None and name == LINE else plant.read(name)

    volts = fed.volts if fed is not None else lambda: plant.lv_voltage
    houses = housed(plan, kernel, buses, read, volts, buttons, recorder, chance)
    if fed is not None:
        fed.join(houses)
    sight = Sight(plan, buses, read, laboratory.look if laboratory is not None else unmeasured)
    script = Script(plan, kernel, hands, sight)
    columns = [name for name, _ in sampled(plan)]

    def move(now: int) -> None:
        plant.step(now)
        recorder.sample(now, tuple(read(name) for name in columns))
        if fed is None:
            for house in houses:
                house.supplied(plant.lv_voltage)
        awake = plant.read("model.power_mode") != "OFF" and (fed is None or fed.awake())
        wake_or_sleep(restbus, awake, now)
        script.sampled(now)

    def begin(now: int) -> None:
        for setting in plan.background:
            match setting:
                case SetModel() | Power():
                    hands.begin(setting, now, lambda _: None)
                case SetSignal(signal, value):
                    restbus[signal.bus].put(signal.message, signal.signal, value, now)
        script.begin(now)

    kernel.calendar.at(0, Phase.SCENARIO, (), begin)
    kernel.calendar.every(0, PLANT_STEP, Phase.PLANT, (), move)
    return Rig(kernel, recorder, (*wired, *started), tuple(started), laboratory)


def wake_or_sleep(restbus: Mapping[str, Restbus], awake: bool, now: int) -> None:
    """The nodes that the restbus plays are awake while the key is not OFF."""
    for rest in restbus.values():
        if awake:
            rest.wake(now)
        else:
            rest.sleep()


def sampled(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Names and units of the plant's values in the trace: what the plan's checks read, and what overviews show."""
    read = {reference.name for reference in reads(plan.expectations) if isinstance(reference, ModelRef)}
    return tuple((name, unit) for name, unit in NAMES if name in read or name in ALWAYS_SAMPLED)


def sway(chance: Random | None) -> Callable[[Slot], Callable[[], int] | None]:
    """Gives each slot its deviation from the grid, or none without jitter."""

    def of(slot: Slot) -> Callable[[], int] | None:
        if chance is None or not slot.cycle:
            return None
        own = Random(chance.getrandbits(64))
        most = round(slot.cycle * SWAY)
        return lambda: own.randint(-most, most)

    return of


def housed(
    plan: Plan,
    kernel: Kernel,
    buses: Mapping[str, Bus],
    read: Callable[[str], Value],
    volts: Callable[[], float],
    buttons: Mapping[str, bool],
    recorder: Recorder,
    chance: Random | None,
) -> list[Housed]:
    """The plan's virtual ECUs in their housings. Under jitter the seed decides who comes first at one instant."""
    inputs: dict[str, Callable[[], Value]] = {name: partial(read, name) for name, _ in NAMES}
    inputs["supply"] = volts
    inputs["power_mode"] = inputs["model.power_mode"]
    for button in buttons:
        inputs[button] = partial(buttons.__getitem__, button)
    answers = {
        name.removeprefix("radio."): value for name, value in plan.rig.environment if name.startswith("radio.")
    }  # fmt: skip

    def radio(request: str) -> Event:
        delay = answers.get(request)
        if not isinstance(delay, int):
            raise BenchBug(f"the rig '{plan.rig.name}' does not say when the radio answers '{request}'")
        return kernel.timeout(delay)

    modelled = [ecu for ecu in plan.ecus if ecu.kind == "virtual"]
    ranks = list(range(len(modelled)))
    if chance is not None:
        chance.shuffle(ranks)
    houses: list[Housed] = []
    for rank, ecu in zip(ranks, modelled, strict=True):
        memory: dict[str, Value] = {}
        own = Random(chance.getrandbits(64)) if chance is not None else None
        houses.append(
            _house(virtual(ecu.name, plan.defects), rank, kernel, buses, inputs, memory, recorder, radio, own)
        )
    return [house for _, house in sorted(zip(ranks, houses, strict=True), key=lambda pair: pair[0])]


def _house(
    ecu: Ecu,
    rank: int,
    kernel: Kernel,
    buses: Mapping[str, Bus],
    inputs: Mapping[str, Callable[[], Value]],
    memory: MutableMapping[str, Value],
    recorder: Recorder,
    radio: Callable[[str], Event],
    chance: Random | None,
) -> Housed:
    def ports(restart: Callable[[int], None]) -> Ports:
        return Ports(ecu.name, rank, kernel, buses, inputs, memory, recorder, restart, radio, chance)

    return Housed(ecu, kernel, rank, ports, tuple(buses.values()))


def virtual(name: str, defects: tuple[str, ...]) -> Ecu:
    """The virtual ECU of that name, with its defects switched on."""
    if name == "IVI":
        return Ivi(with_defects(IviParameters(), defects, name))
    if name == "TCU":
        return Tcu(with_defects(TcuParameters(), defects, name))
    if name == "CGW":
        return Cgw(with_defects(CgwParameters(), defects, name))
    thin: tuple[Ecu, ...] = (Rvc(), *senders())
    for ecu in thin:
        if ecu.name == name:
            return ecu
    raise BenchBug(f"there is no virtual ECU '{name}'")


def with_defects(parameters: Any, defects: tuple[str, ...], ecu: str) -> Any:
    """An ECU's parameters after all the defects of it that are switched on."""
    for defect, strength in switched(defects, ecu):
        parameters = defect.apply(parameters, strength)
    return parameters
