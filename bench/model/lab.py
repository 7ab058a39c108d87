"""Instruments of a rig as a plan holds them: what each is, where it is, and what it must never exceed."""

from dataclasses import dataclass, field

from bench.model.waveform import Waveform


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an instrument's output must never exceed: V, A, V/s, J; None where the rig sets no limit.

    `volts_min` is the lowest voltage (a supply for reverse polarity goes below zero), `slew` the steepest edge,
    `energy` what may be delivered in one run.
    """

    volts_max: float
    amperes_max: float
    volts_min: float = 0.0
    slew: float | None = None
    energy: float | None = None


@dataclass(frozen=True, slots=True)
class Edges:
    """What the rig states about fast interruptions: the shortest (ns), the edge (ns) and the jitter (ns).

    `how` is what can be done by hardware: "open", "to_ground", both or none.
    """

    how: tuple[str, ...] = ()
    shortest: int = 0
    edge: int = 0
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class InstrumentPlan:
    """One instrument: its name in scenarios, its kind (supply, meter, load, scope, relay, generator), its driver.

    `resource` is the VISA address; "" means simulated, within the run. `feeds` is the line that a supply feeds: "KL30"
    for the vehicle's 12 V net. `watchdog` (ns, 0: none) is the supply's own, `interlock` names one outside; `off_first`
    is its place in the order of switching off. `options` go to the driver by its own names.
    """

    name: str
    kind: str
    driver: str
    resource: str = ""
    serial: str = ""
    calibrated_until: str = ""
    envelope: Envelope | None = None
    edges: Edges = Edges()
    feeds: str = ""
    watchdog: int = 0
    interlock: str = ""
    off_first: int = 0
    options: tuple[tuple[str, float | int | str | bool], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SetInstrument:
    """Set attributes of an instrument, in this order: (attribute, value in its own unit or a word)."""

    instrument: str
    settings: tuple[tuple[str, float | str | bool], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure a quantity (voltage, current, power, resistance) `count` times, `every` ns apart (0: once).

    `count` None: until the phase ends.
    """

    instrument: str
    quantity: str
    every: int = 0
    count: int | None = 1


@dataclass(frozen=True, slots=True)
class PlayProfile:
    """Let a supply follow a waveform. `profile` and `parameters` say where it comes from; `waveform` is all of it.

    Where the profile interrupts the line, the waveform is at 0 V; `interruptions` say how that is meant, each by its
    begin and duration (ns) and "open" or "to_ground".
    """

    instrument: str
    profile: str
    waveform: Waveform
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    interruptions: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Interrupt the supply for `duration` ns: `how` is "open" (nothing drives the line) or "to_ground"."""

    instrument: str
    how: str
    duration: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What an instrument measured: `value` in `unit` at `at` (ns, when the measurement ended), +- `uncertainty`."""

    instrument: str
    quantity: str
    value: float
    unit: str
    at: int
    uncertainty: float
