"""What a scenario does to the rig: phases with their stimuli and faults, resolved. Times are nanoseconds."""

from dataclasses import dataclass

from bench.model.expression import Expression, Reference, SignalRef, Value
from bench.model.lab import Interrupt, Measure, PlayProfile, SetInstrument


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


AtInstrument = SetInstrument | PlayProfile | Measure | Interrupt
Stimulus = SetModel | SetSignal | Ramp | Drive | SendMessage | SendFrame | Press | Power | AtInstrument


@dataclass(frozen=True, slots=True)
class Step:
    """One stimulus of a phase with its id, its start, and its place in the file ("line:column")."""

    id: str
    stimulus: Stimulus
    start: Start
    place: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on a message, a node or a bus. Its window is half open, [start, start + duration).

    `kind` is one of: drop, delay, duplicate, corrupt, dlc, counter_freeze, counter_jump, counter_random, crc_wrong,
    stuck, out_of_range, offset (on a message); node_off, bus_off (on a node); babble, bus_short, error_frames (on a
    bus). At most one of `duration` (ns) and `count` (frames) limits it; neither: to the end of the phase.

    `bits` are the payload bits that `corrupt` inverts, counted from bit 0 of byte 0; `signal` is what stuck,
    out_of_range and offset spoil; `value` is where it is stuck (None: where it stood); `by` is the offset in the
    signal's unit or the counter's jump; `lag` is the delay in ns; `length` the bytes that dlc leaves. `back` says how a
    counter goes on: "correct" (as if never frozen) or "continue". `identifier`, `extended` and `load` (0..1) are what
    a babbling node sends; `lines` is what is shorted: can_h, can_l (each to ground), both (to each other) or ground
    (both to it).
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
    signal: str = ""
    value: Value | None = None
    by: float = 0.0
    lag: int = 0
    length: int | None = None
    identifier: int | None = None
    extended: bool = False
    load: float = 0.0
    lines: str = ""


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
