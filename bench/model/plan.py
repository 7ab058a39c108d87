"""The Plan: a scenario with every name looked up, every duration in nanoseconds and every value in its own unit.

It is picklable and printable, has a digest, and leaves nothing to look up while a run goes on or is judged.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from bench.model.expression import Expression, ModelRef, Reference, SignalRef, Value
from bench.model.layout import BusLayout, MessageLayout

# ---- when something starts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class At:
    """So many nanoseconds after the phase began."""

    offset: int


@dataclass(frozen=True, slots=True)
class After:
    """When the step or fault of that id starts or ends; `edge` is "starts" or "ends"."""

    id: str
    edge: str


@dataclass(frozen=True, slots=True)
class When:
    """When a condition first holds in the phase."""

    condition: Expression


Start = At | After | When

# ---- stimuli --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetModel:
    """Set a settable value of the plant."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class SetSignal:
    """Set a signal of a restbus message."""

    signal: SignalRef
    value: Value


@dataclass(frozen=True, slots=True)
class Ramp:
    """Move a plant value or a restbus signal linearly from what it is to `to` within `over` ns."""

    target: Reference
    to: float
    over: int


@dataclass(frozen=True, slots=True)
class Drive:
    """Let the driver follow a schedule, from second `begin` to second `end` of it (None: its last), `repeat` times.

    `times_s` and `speeds_mps` are the schedule itself, so that a plan stands alone.
    """

    schedule: str
    times_s: tuple[float, ...]
    speeds_mps: tuple[float, ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message `count` times, `every` ns apart, with these signals over what its sender says.

    Counter and CRC go on as the sender's own; the sender's own transmissions of it are held meanwhile.
    """

    bus: str
    message: str
    signals: tuple[tuple[str, Value], ...]
    count: int = 1
    every: int = 0


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send a raw frame `count` times, `every` ns apart."""

    bus: str
    id: int
    data: bytes
    extended: bool = False
    fd: bool = False
    count: int = 1
    every: int = 0


@dataclass(frozen=True, slots=True)
class Press:
    """Hold a button down for `hold` ns."""

    port: str
    hold: int


@dataclass(frozen=True, slots=True)
class Power:
    """Turn the key: OFF, ACC, RUN, CRANK or POST_RUN."""

    mode: str


Stimulus = SetModel | SetSignal | Ramp | Drive | SendMessage | SendFrame | Press | Power


@dataclass(frozen=True, slots=True)
class Step:
    """One stimulus of a phase with its id, its start, and its place in the file ("line:column")."""

    id: str
    stimulus: Stimulus
    start: Start
    place: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on a message or a node. Its window is half open, [start, start + duration).

    `kind` is drop, corrupt, counter_freeze, crc_wrong or node_off. Exactly one of `duration` (ns) and `count`
    (frames) limits it, or neither: to the end of the phase. `bits` are the payload bits that `corrupt` inverts,
    counted from bit 0 of byte 0. `back` says how a counter goes on: "correct" (as if never frozen) or "continue".
    """

    id: str
    kind: str
    start: Start
    bus: str = ""
    message: str = ""
    node: str = ""
    duration: int | None = None
    count: int | None = None
    bits: tuple[int, ...] = ()
    back: str = "continue"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase. It ends after `duration` ns, or when `until` holds but at the latest after `at_most` ns.

    When `at_most` expires the phase fails, or is inconclusive if `otherwise` says so. It runs `repeat` times.
    """

    name: str
    duration: int | None
    until: Expression | None
    at_most: int | None
    otherwise: str = "fail"
    repeat: int = 1
    steps: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()
    place: str = ""


# ---- events that a check can be triggered by ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """A frame of the message ended."""

    bus: str
    message: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A fault, step or phase starts or ends; `of` is its kind ("fault", "step", "phase")."""

    of: str
    id: str
    edge: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The value of a signal or of the plant differs from the one before."""

    what: Reference


@dataclass(frozen=True, slots=True)
class Crosses:
    """A number rises above or falls below a limit; `direction` is "above" or "below"."""

    what: Reference
    direction: str
    limit: float


@dataclass(frozen=True, slots=True)
class Becomes:
    """A condition becomes true, having been false or unknown before."""

    condition: Expression


Event = Received | Edge | Changes | Crosses | Becomes

# ---- expectations ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Always:
    """The condition holds at every instant of the window."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Never:
    """The condition holds at no instant of the window."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Eventually:
    """The condition holds at some instant of the window, within `within` ns of its start if that is given."""

    condition: Expression
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """The condition becomes true in the window and is true from then to its end."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Responds:
    """After each trigger, `then` comes true (or happens) in [not_before, within] and stays for `hold` ns."""

    trigger: Event
    then: Event
    within: int
    not_before: int = 0
    hold: int = 0


@dataclass(frozen=True, slots=True)
class Settles:
    """A number enters to +- tolerance within `within` ns of the window's start and remains for `hold` ns."""

    signal: Reference
    to: float
    tolerance: float
    within: int
    hold: int


@dataclass(frozen=True, slots=True)
class Follows:
    """At each sample of `signal` at t some t' in [t - delay, t] has |signal(t) - reference(t')| <= tolerance."""

    signal: Reference
    reference: Reference
    tolerance: float
    delay: int


@dataclass(frozen=True, slots=True)
class CycleOf:
    """What one message must keep: its period in ns, and whether only the long side of a gap is bounded."""

    bus: str
    message: str
    period: int
    long_side_only: bool = False


@dataclass(frozen=True, slots=True)
class Cycle:
    """Each gap is within period +- max(tolerance * period, or_ns); the mean within +- mean_tolerance if given.

    `first` bounds the first frame's end, ns after the window's start. A missing frame is a gap too long.
    """

    messages: tuple[CycleOf, ...]
    tolerance: float
    or_ns: int = 0
    mean_tolerance: float | None = None
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """The alive counter of each message goes up by one, modulo its declared or given modulus, in every frame."""

    messages: tuple[tuple[str, str], ...]
    modulo: int | None = None


@dataclass(frozen=True, slots=True)
class Crc:
    """The checksum of each message is right in every frame."""

    messages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One state, and the most that may pass from the state before (the first: from the window's start)."""

    value: Value
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """The signal takes these values in this order; other values in between only with `allow_others`."""

    signal: Reference
    steps: tuple[SequenceStep, ...]
    allow_others: bool = False


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing is sent: by the node, on the bus, or of the message; the others are empty."""

    node: str = ""
    bus: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A value over the window: mean, min, max, change, count (of samples or frames) or at an event; in [low, high].

    `of` is a signal or plant value, or a message (bus, name) for `count`.
    """

    of: Reference | Received
    statistic: str
    low: float
    high: float
    at: Event | None = None


Check = (
    Always
    | Never
    | Eventually
    | Stays
    | Responds
    | Settles
    | Follows
    | Cycle
    | Counter
    | Crc
    | Sequence
    | Silent
    | Statistic
)


@dataclass(frozen=True, slots=True)
class Around:
    """What `except` takes out of a window: from `before` ns before to `after` ns after an edge of step, fault or phase.

    For a fault or step with a length, from its start - before to its end + after.
    """

    of: str
    id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """One check with its window: the phases of `during` (empty: the whole run) without what `apart` takes out.

    `text` is the condition as the author wrote it, in one line; `place` is "line:column" in the scenario file.
    """

    id: str
    check: Check
    text: str
    say: str = ""
    verifies: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    apart: tuple[Around, ...] = ()
    place: str = ""


# ---- the rig, resolved ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EcuPlan:
    """One ECU that is not restbus: its node name, its kind ("virtual"), and whether it is under test."""

    name: str
    kind: str
    dut: bool


@dataclass(frozen=True, slots=True)
class RigPlan:
    """The rig at hand: its name, the vehicle ("ev" or "ice") and the environment's numbers, (name, value) in order.

    Names of the environment are dotted, durations in ns: "radio.registration", "radio.dialling", "gnss.ttff".
    """

    name: str
    vehicle: str
    environment: tuple[tuple[str, Value], ...] = ()


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
    """Every signal and plant value that a part of a plan names, in its order; one named twice comes twice."""
    if isinstance(value, SignalRef | ModelRef):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from reads(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from reads(part)


def canonical(value: object) -> object:
    """A value of the model as lists, texts and numbers whose JSON is the same for equal values, with type names."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(canonical(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, tuple | list):
        return [canonical(part) for part in value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return ["float", value.hex()]
    return value
