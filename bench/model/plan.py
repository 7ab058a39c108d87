"""The Plan: a scenario with every name looked up, every duration in nanoseconds and every value in its own unit.

It is picklable and printable, has a digest, and leaves nothing to look up while a run goes on or is judged.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields, is_dataclass
from enum import Enum

from bench.model.check import Expectation
from bench.model.expression import InstrumentRef, ModelRef, Reference, SignalRef, Value
from bench.model.lab import InstrumentPlan
from bench.model.layout import BusLayout, MessageLayout
from bench.model.stimulus import Phase, Power, SetModel, SetSignal

LATER = {"later": True}
"""Metadata of a field that is left out of the canonical text while it has its default.

So plans that do not use what was added keep the digests that they had before.
"""

HERE = {"here": True}
"""Metadata of a field that is never in the canonical text, because it says where the project lies on this machine."""


@dataclass(frozen=True, slots=True)
class EcuPlan:
    """One ECU that is not restbus: its node name, its kind, and whether it is under test.

    `kind` is "virtual" (simulated), "real" (it is on the wire) or "process" (on the wire too, and started by the bench
    with `command`, in the folder `place`).
    """

    name: str
    kind: str
    dut: bool
    command: tuple[str, ...] = field(default=(), metadata=LATER)
    place: str = field(default="", metadata=HERE)


@dataclass(frozen=True, slots=True)
class InterfacePlan:
    """Where a bus is: python-can's name of an interface, its channel, and options by python-can's own names.

    Two channels: the bench stands between two halves of the bus. `listen_only`: the bench sends nothing there.
    """

    bus: str
    interface: str
    channels: tuple[str, ...]
    options: tuple[tuple[str, Value], ...] = ()
    listen_only: bool = False


@dataclass(frozen=True, slots=True)
class RigPlan:
    """The rig at hand: its name, the vehicle ("ev" or "ice") and the environment's numbers, (name, value) in order.

    Names of the environment are dotted, durations in ns: "radio.registration", "radio.dialling", "gnss.ttff".
    `pace` is "free" or "wall"; a bus that is not in `interfaces` is simulated. The envelopes of `instruments` are what
    the rig allows and the scenario has not tightened.
    """

    name: str
    vehicle: str
    environment: tuple[tuple[str, Value], ...] = ()
    pace: str = field(default="free", metadata=LATER)
    interfaces: tuple[InterfacePlan, ...] = field(default=(), metadata=LATER)
    instruments: tuple[InstrumentPlan, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run and its judgement need. `background` is set before the first instant.

    `defects` are switches of virtual ECUs ("IVI.M01@2.6s"); only the assembly reads them. `jitter` varies send
    times, boot phases, sensor noise and arrival order by the seed, within what a healthy network may do.
    """

    scenario: str
    title: str
    file: str
    seed: int
    verifies: tuple[str, ...]
    tags: tuple[str, ...]
    buses: tuple[BusLayout, ...]
    ecus: tuple[EcuPlan, ...]
    rig: RigPlan
    background: tuple[SetModel | SetSignal | Power, ...]
    phases: tuple[Phase, ...]
    expectations: tuple[Expectation, ...]
    defects: tuple[str, ...] = ()
    jitter: bool = False

    def bus(self, name: str) -> BusLayout:
        """The bus of that name; KeyError if there is none."""
        for bus in self.buses:
            if bus.name == name:
                return bus
        raise KeyError(name)

    def messages(self) -> tuple[MessageLayout, ...]:
        """All messages, bus by bus; a message's place here is its number in the trace."""
        return tuple(message for bus in self.buses for message in bus.messages)

    def digest(self) -> str:
        """SHA-256 of the plan in a canonical text, as hexadecimal digits."""
        return hashlib.sha256(json.dumps(canonical(self), separators=(",", ":")).encode()).hexdigest()


def reads(value: object) -> Iterator[Reference]:
    """Every signal, plant value and reading that a part of a plan names, in its order; one named twice comes twice."""
    if isinstance(value, SignalRef | ModelRef | InstrumentRef):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from reads(getattr(value, one.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from reads(part)


def canonical(value: object) -> object:
    """A value of the model as lists, texts and numbers whose JSON is the same for equal values, with type names."""
    if is_dataclass(value) and not isinstance(value, type):
        return [
            type(value).__name__,
            *(canonical(getattr(value, one.name)) for one in fields(value) if _told(one, value)),
        ]
    if isinstance(value, tuple | list):
        return [canonical(part) for part in value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return ["float", value.hex()]
    return value


def _told(one: "Field[object]", value: object) -> bool:
    if one.metadata.get("here"):
        return False
    return not one.metadata.get("later") or getattr(value, one.name) != one.default
