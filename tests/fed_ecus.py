"""Virtual ECUs on both buses and on a supply that is modelled; the supply's course is given by its corners."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.ecu.cgw.behaviour import Cgw
from bench.ecu.ecu import Ecu, Ports
from bench.ecu.feed import Feed
from bench.ecu.ivi.behaviour import Ivi
from bench.ecu.power import Housed
from bench.ecu.tcu.behaviour import Tcu
from bench.model.instant import MS, S
from bench.model.waveform import Segment, Waveform
from bench.network.codec import codec
from bench.network.database import load
from bench.places import shipped
from bench.vehicle.net import Line
from bench.vehicle.plant import NAMES, Plant
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus

LAYOUTS = {
    name: replace(load(shipped("dbc") / f"{name.lower()}.dbc", name), bitrate=500_000, data_bitrate=2_000_000)
    for name in ("PT", "INFO")
}
RADIO = {"registration": 3 * S, "dialling": 2 * S, "msd": S, "voice": 4 * S, "callback": 60 * S}


class Supply:
    """A source that plays a waveform from `begin` on."""

    def __init__(self, *segments: Segment) -> None:
        self.waveform = Waveform(segments)

    def output(self, at: int) -> float:
        return self.waveform.value(at)

    def waveform_from(self, at: int) -> Waveform:
        rest = []
        for begin, segment in self.waveform.placed():
            gone = at - begin
            if gone <= 0:
                rest.append(segment)
            elif gone < segment.duration:
                assert not segment.ripple_vpp
                rest.append(Segment(segment.duration - gone, segment.value(gone), segment.end))
        last = self.waveform.segments[-1].end
        return Waveform(tuple(rest) or (Segment(1, last, last),))


def steady(volts: float) -> Supply:
    return Supply(Segment(1, volts, volts))


def course(*corners: tuple[int, float]) -> Supply:
    """Straight lines between corners (ns, V); two corners at one instant are a step."""
    pairs = pairwise(corners)
    return Supply(*(Segment(to - at, volts, end) for (at, volts), (to, end) in pairs if to > at))


@dataclass
class World:
    """The three units (or others) on both buses and on a source; the key is on from the start."""

    source: Any
    ecus: list[Any] = field(default_factory=lambda: [Cgw(), Ivi(), Tcu()])
    key: str = "RUN"

    def __post_init__(self) -> None:
        self.kernel, self.recorder = Kernel(), Recorder()
        self.buses = {}
        offset = 0
        for rank, (name, layout) in enumerate(LAYOUTS.items()):
            self.buses[name] = SimBus(layout, self.kernel.calendar, self.recorder, rank, offset)
            self.kernel.add(self.buses[name])
            offset += len(layout.messages)
        self.inputs = dict(zip((name for name, _ in NAMES), Plant("ev").values(), strict=True)) | {
            "power_mode": self.key, "sos_button": False, "video_button": False, "reset_button": False,
        }  # fmt: skip
        self.memory: dict[str, dict[str, Any]] = {ecu.name: {} for ecu in self.ecus}
        self.line = Line(self.source)
        self.feed = Feed(
            self.line, self.kernel, [self.house(ecu, rank) for rank, ecu in enumerate(self.ecus)]
        )  # fmt: skip
        self.net = self.feed.net

    def house(self, ecu: Ecu, rank: int) -> Housed:
        inputs = {name: (lambda name=name: self.inputs[name]) for name in self.inputs}

        def ports(restart: Callable[[int], None]) -> Ports:
            return Ports(
                ecu.name, rank, self.kernel, self.buses, inputs, self.memory[ecu.name], self.recorder, restart,
                lambda request: self.kernel.timeout(RADIO[request]),
            )  # fmt: skip

        return Housed(ecu, self.kernel, rank, ports, tuple(self.buses.values()))

    def at(self, instant: int, call: Callable[[int], object]) -> None:
        self.kernel.calendar.at(instant, Phase.SCENARIO, (), call)

    def interrupt(self, at: int, duration: int, how: str = "open") -> None:
        """Open the line, or short it, for a time."""

        def switched(state: str) -> Callable[[int], None]:
            def do(now: int) -> None:
                self.line.state = state
                self.feed.renew(now)

            return do

        self.at(at, switched(how))
        self.at(at + duration, switched("closed"))

    def put(self, at: int, **inputs: Any) -> None:
        self.at(at, lambda _: self.inputs.update(inputs))

    def run(self, until: int) -> "World":
        self.kernel.run_until(until)
        return self

    def state(self, name: str) -> str:
        return self.feed.inlets[name].state

    def seen(self, message: str, signal: str) -> list[tuple[int, Any]]:
        """(end, value) of each frame so far."""
        layout = LAYOUTS["INFO"].message(message)
        read = codec(layout).reader(signal)
        frames = self.recorder.close(int(self.kernel.now), True).frames
        return [
            (end, read(data))
            for end, identifier, data in zip(frames.end, frames.id, frames.data, strict=True)
            if identifier == layout.id
        ]

    def changes(self, message: str, signal: str) -> list[Any]:
        """The values one after the other."""
        found: list[Any] = []
        for _, value in self.seen(message, signal):
            if not found or found[-1] != value:
                found.append(value)
        return found


def crank(lowest: float, then: float, duration: int, rise: int) -> Supply:
    """A crank of ISO 16750-2:2023, 4.6.3, at the lower end of its tolerance (-0.2 V): fall, dip, rise, ripple, back."""
    return Supply(
        Segment(14 * S, 12.0, 12.0),
        Segment(5 * MS, 12.0, lowest - 0.2),
        Segment(15 * MS, lowest - 0.2, lowest - 0.2),
        Segment(50 * MS, lowest - 0.2, then - 0.2),
        Segment(duration, then - 0.2, then - 0.2, 2.0, 2.0),
        Segment(rise, then - 0.2, 12.0),
        Segment(S, 12.0, 12.0),
    )


CRANKS = {
    "I": crank(8.0, 9.5, S, 40 * MS),
    "II": crank(4.5, 6.5, 10 * S, 100 * MS),
    "III": crank(3.0, 5.0, S, 100 * MS),
    "IV": crank(6.0, 6.5, 10 * S, 100 * MS),
}


def resets(world: World) -> int:
    """The last ResetCount."""
    return int(world.seen("IVI_Status_01", "ResetCount")[-1][1])
