"""What a scenario expects: temporal templates over the recorded trace, resolved. Times are nanoseconds."""

from dataclasses import dataclass

from bench.model.expression import Expression, Reference, Value


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
