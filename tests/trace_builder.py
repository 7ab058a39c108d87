"""Plans and traces made by hand for the tests of the judge, on one small bus with one device under test.

Payloads are put together here byte by byte, so that the judge's decoding is not its own witness.
"""

from array import array
from dataclasses import dataclass, field
from typing import Self

from bench.judge.judge import judge
from bench.model.check import Around, Check, Expectation
from bench.model.expression import Compare, Constant, Expression, ModelRef, SignalRef, Value
from bench.model.instant import MS
from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout
from bench.model.plan import EcuPlan, Plan, RigPlan
from bench.model.stimulus import Phase, Step
from bench.model.trace import Frames, Occurrence, Samples, Trace
from bench.model.verdict import Verdict

STATES = {"IDLE": 0, "TRIGGERED": 1, "DIALLING": 2, "VOICE": 5, "FAILED": 8}
NOT_AVAILABLE = 0xFFFF
FRAME_TIME = 200_000
"""Nanoseconds that every frame made here takes."""

_STATE = SignalLayout("State", 0, 8, labels=tuple((raw, label) for label, raw in STATES.items()))
_SPEED = SignalLayout("Speed", 16, 16, factor=0.1, unit="km/h", labels=((NOT_AVAILABLE, "SNA"),))


def message(name: str, id: int, sender: str, cycle: int = 100 * MS, **rest: object) -> MessageLayout:
    """A message of 8 bytes with the signals State (byte 0) and Speed (bytes 2 and 3, 0.1 km/h)."""
    return MessageLayout("INFO", name, id, 8, sender, cycle=cycle, signals=(_STATE, _SPEED), **rest)  # type: ignore[arg-type]


TCU = message("TCU_Status_01", 0x324, "TCU")
"""Cyclic, 100 ms, from the device under test."""
CGW = message("CGW_Veh_01", 0x300, "CGW")
"""Cyclic, 100 ms, from the restbus."""
EVENT = message("TCU_Event_01", 0x318, "TCU", cycle=0, send_type=SendType.EVENT)
"""Sent by the device under test on an event, without a maximum age."""
AGED = message("TCU_Aged_01", 0x31A, "TCU", cycle=0, send_type=SendType.EVENT, max_age=250 * MS)
"""Sent by the device under test on an event, believed for 250 ms."""
BOTH = message("TCU_Both_01", 0x330, "TCU", send_type=SendType.CYCLIC_EVENT)
"""Sent by the device under test every 100 ms and on an event."""
SAFE = MessageLayout(
    "INFO",
    "TCU_Safe_01",
    0x328,
    8,
    "TCU",
    cycle=100 * MS,
    protection=Protection("P01", (0x1328,)),
    signals=(SignalLayout("State", 24, 8, labels=_STATE.labels),),
)
"""Cyclic from the device under test, with E2E profile 1; State is byte 3."""
MESSAGES = (CGW, EVENT, AGED, TCU, SAFE, BOTH)
BUS = BusLayout("INFO", 500_000, 2_000_000, ("TCU", "CGW"), MESSAGES)


def state(of: MessageLayout = TCU) -> SignalRef:
    """The signal State of a message."""
    return SignalRef("INFO", of.name, "State")


def speed(of: MessageLayout = TCU) -> SignalRef:
    """The signal Speed of a message."""
    return SignalRef("INFO", of.name, "Speed", "km/h")


PLANT = ModelRef("model.speed", "km/h")


def is_(value: str, of: MessageLayout = TCU) -> Expression:
    """State == value."""
    return Compare("==", state(of), Constant(value))


def below(limit: float, of: SignalRef | ModelRef | None = None) -> Expression:
    """Speed <= limit."""
    return Compare("<=", of or speed(), Constant(limit, f"{limit:g} km/h"), "km/h")


@dataclass
class Tape:
    """A trace in the making. Times are nanoseconds; everything may be written in any order."""

    frames: list[tuple[int, int, bytes, int]] = field(default_factory=list)
    samples: list[tuple[int, Value]] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)

    def send(
        self,
        at: int,
        of: MessageLayout = TCU,
        state: str = "IDLE",
        speed: float | None = 0,
        data: bytes | None = None,
        release: int | None = None,
    ) -> Self:
        """A frame that ends at an instant; a speed of None says "not available"."""
        raw = NOT_AVAILABLE if speed is None else round(speed * 10)
        payload = bytes([STATES[state], 0]) + raw.to_bytes(2, "little") + bytes(4) if data is None else data
        self.frames.append((at, MESSAGES.index(of), payload, at - FRAME_TIME if release is None else release))
        return self

    def cycle(
        self,
        start: int,
        end: int,
        of: MessageLayout = TCU,
        state: str = "IDLE",
        speed: float | None = 0,
        every: int = 0,
    ) -> Self:
        """Frames that end at start, start + cycle and so on, before end."""
        for at in range(start, end, every or of.cycle):
            self.send(at, of, state, speed)
        return self

    def sample(self, at: int, value: Value) -> Self:
        """A sample of model.speed."""
        self.samples.append((at, value))
        return self

    def note(self, at: int, what: str, name: str, number: int = 0) -> Self:
        """An occurrence."""
        self.occurrences.append(Occurrence(at, what, name, number=number))
        return self

    def phase(self, name: str, start: int, end: int, number: int = 0) -> Self:
        """A phase from start to end."""
        return self.note(start, "phase_starts", name, number).note(end, "phase_ends", name, number)

    def trace(self, closed_at: int, complete: bool = True, later: int = 0) -> Trace:
        """The trace, with every time shifted by `later`."""
        frames = sorted(self.frames, key=lambda frame: frame[0])
        samples = sorted(self.samples, key=lambda sample: sample[0])
        occurrences = sorted(self.occurrences, key=lambda occurrence: occurrence.at)
        numbers = [number for _, number, _, _ in frames]
        return Trace(
            Frames(
                end=array("q", [at + later for at, *_ in frames]),
                start=array("q", [at - FRAME_TIME + later for at, *_ in frames]),
                release=array("q", [release + later for *_, release in frames]),
                bus=array("i", [0] * len(frames)),
                message=array("i", numbers),
                id=array("q", [MESSAGES[number].id for number in numbers]),
                flags=array("i", [0] * len(frames)),
                data=[data for _, _, data, _ in frames],
            ),
            Samples(
                ("model.speed",), ("km/h",), array("q", [at + later for at, _ in samples]), [(v,) for _, v in samples]
            ),
            tuple(Occurrence(o.at + later, o.what, o.name, o.text, o.number) for o in occurrences),
            closed_at + later,
            complete,
        )


def plan(
    *checks: Check, during: tuple[str, ...] = ("drive",), apart: tuple[Around, ...] = (), phases: tuple[Phase, ...] = ()
) -> Plan:
    """A plan with these checks as E1, E2 and so on; TCU is the device under test, CGW is restbus."""
    expectations = tuple(
        Expectation(f"E{number}", check, "", during=during, apart=apart) for number, check in enumerate(checks, 1)
    )
    phases = phases or (Phase("drive", 1, None, None),)
    ecus = (EcuPlan("TCU", "virtual", dut=True),)
    rig = RigPlan("default", "ev")
    return Plan("s", "", "s.scenario.yaml", 1, (), (), (BUS,), ecus, rig, (), phases, expectations)


def repeated(name: str, times: int, steps: tuple[Step, ...] = ()) -> Phase:
    """A phase that runs several times."""
    return Phase(name, 1, None, None, repeat=times, steps=steps)


def verdict(check: Check, tape: Tape, closed_at: int = 1000 * MS, complete: bool = True, later: int = 0) -> Verdict:
    """The verdict of one check in the phase "drive"; without that phase on the tape it is the whole trace."""
    if not any(occurrence.what.startswith("phase") for occurrence in tape.occurrences):
        tape.phase("drive", 0, closed_at)
    return judge(plan(check), tape.trace(closed_at, complete, later))[0]
