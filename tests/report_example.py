"""A run made by hand: a plan, a trace that was never simulated, and the verdicts that the judge gives on them.

Titles, words and messages can be hostile, since whatever a file, a database or an ECU says ends up in a report.
"""

from array import array
from dataclasses import replace

from bench.judge.judge import judge
from bench.model.check import Always, Becomes, Cycle, CycleOf, Expectation, Follows, Never, Responds, Settles
from bench.model.expression import Compare, Constant, ModelRef, SignalRef
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, MessageLayout, SendType, SignalLayout
from bench.model.plan import EcuPlan, Plan, RigPlan
from bench.model.run import Run, Surroundings
from bench.model.stimulus import At, Fault, Phase, Press, Step
from bench.model.trace import Frames, Occurrence, Samples, Trace
from bench.network.codec import codec

STATUS = MessageLayout(
    "INFO",
    "TCU_Status_01",
    0x300,
    4,
    "TCU",
    cycle=100 * MS,
    signals=(
        SignalLayout("NadState", 0, 8, labels=((0, "OFF"), (1, "SEARCHING"), (2, "REGISTERED"), (3, "ROAMING"))),
        SignalLayout("SignalLevel", 8, 8, offset=-120, unit="dBm"),
        SignalLayout("Speed", 16, 16, factor=0.01, unit="km/h"),
    ),
)
CAMERA = MessageLayout(
    "INFO",
    "IVI_Camera_01",
    0x210,
    1,
    "IVI",
    send_type=SendType.EVENT,
    signals=(SignalLayout("View", 0, 8, labels=((0, "OFF"), (1, "REAR"))),),
)
BUS = BusLayout("INFO", 500_000, 2_000_000, ("TCU", "IVI"), (CAMERA, STATUS))
STATE = SignalRef("INFO", "TCU_Status_01", "NadState")
LEVEL = SignalRef("INFO", "TCU_Status_01", "SignalLevel", "dBm")
SPEED = SignalRef("INFO", "TCU_Status_01", "Speed", "km/h")
VIEW = SignalRef("INFO", "IVI_Camera_01", "View")
TRUE_SPEED = ModelRef("model.speed", "km/h")
GEAR = ModelRef("model.gear")

PHASES = (
    Phase("start", 4 * S, None, None),
    Phase("call", 12 * S, None, None, steps=(Step("press", Press("sos_button", 600 * MS), At(1 * S)),)),
    Phase("recover", 4 * S, None, None, faults=(Fault("F1", "drop", At(0), duration=900 * MS),)),
)


def is_(reference: SignalRef | ModelRef, label: str) -> Compare:
    """The condition that a signal shows a label."""
    return Compare("==", reference, Constant(label))


EXPECTATIONS = (
    Expectation(
        "E1",
        Always(is_(STATE, "REGISTERED")),
        "NadState == REGISTERED",
        "the unit stays registered",
        during=("call", "recover"),
    ),
    Expectation(
        "E2",
        Responds(Becomes(is_(GEAR, "R")), Becomes(is_(VIEW, "REAR")), within=2 * S),
        "when gear R within 2 s View == REAR",
        "the camera picture is there in time",
        verifies=("IVI-REQ-021",),
    ),
    Expectation(
        "E3", Follows(SPEED, TRUE_SPEED, 2.0, 400 * MS), "follows", "the reported speed follows", during=("call",)
    ),
    Expectation("E4", Cycle((CycleOf("INFO", "TCU_Status_01", 100 * MS),), 0.1), "cycle", "status comes every 100 ms"),
    Expectation("E5", Settles(LEVEL, -80.0, 5.0, 4 * S, 2 * S), "settles", during=("call",)),
    Expectation("E6", Never(Compare(">", TRUE_SPEED, Constant(45.0, "45 km/h"), "km/h")), "model.speed > 45 km/h"),
    Expectation("E7", Responds(Becomes(is_(STATE, "ROAMING")), Becomes(is_(VIEW, "OFF")), within=S), "when ROAMING"),
)
"""One of each kind of answer: E1 to E4 fail, E5 and E6 pass, E7 is never exercised."""


def speed(at: int) -> float:
    """The true speed in km/h: up in 8 s, steady, down again."""
    return max(0.0, min(40.0, 5.0 * at / S, 40.0 - 8.0 * (at / S - 15)))


def recorded(late: int = 2600 * MS) -> Trace:
    """20 s in which the unit falls silent at 17 s for 0.9 s and the camera comes `late` ns after the gear."""
    sent: list[tuple[int, int, bytes]] = []
    for at in range(3 * MS, 20 * S, 100 * MS):
        if 17 * S <= at < 17 * S + 900 * MS:
            continue
        state = "SEARCHING" if at < 3 * S else "REGISTERED"
        lag = 300 * MS if at < 9 * S else 900 * MS
        level, told = round(-80 - 20 * max(0, 2 * S - at) / S), round(speed(max(0, at - lag)), 2)
        sent.append((at, 1, codec(STATUS).encode({"NadState": state, "SignalLevel": level, "Speed": told})))
    sent.append((10 * MS, 0, codec(CAMERA).encode({"View": "OFF"})))
    sent.append((12 * S + late, 0, codec(CAMERA).encode({"View": "REAR"})))
    sent.sort()
    ends = [at for at, _, _ in sent]
    frames = Frames(
        array("q", ends),
        array("q", [at - 230_000 for at in ends]),
        array("q", [at - 240_000 for at in ends]),
        array("q", [0] * len(sent)),
        array("q", [message for _, message, _ in sent]),
        array("q", [BUS.messages[message].id for _, message, _ in sent]),
        array("q", [0] * len(sent)),
        [data for _, _, data in sent],
    )
    instants = range(0, 20 * S, 10 * MS)
    rows = [(speed(at), "R" if at >= 12 * S else "D", at >= 5 * S, at // S) for at in instants]
    samples = Samples(
        ("model.speed", "model.gear", "model.belt", "model.odometer"), ("km/h", "", "", "m"), array("q", instants), rows
    )
    happened = (
        Occurrence(0, "phase_starts", "start"),
        Occurrence(4 * S, "phase_ends", "start"),
        Occurrence(4 * S, "phase_starts", "call"),
        Occurrence(5 * S, "step_starts", "press", "sos_button"),
        Occurrence(5 * S + 600 * MS, "step_ends", "press"),
        Occurrence(16 * S, "phase_ends", "call"),
        Occurrence(16 * S, "phase_starts", "recover"),
        Occurrence(17 * S, "fault_starts", "F1"),
        Occurrence(17 * S + 900 * MS, "fault_ends", "F1"),
        Occurrence(20 * S, "phase_ends", "recover"),
    )
    return Trace(frames, samples, happened, 20 * S)


def plan(**changes: object) -> Plan:
    """The plan of the example, with changes by field."""
    made = Plan(
        "tcu_example",
        "Telematics unit keeps its registration",
        "scenarios/telematics/tcu_example.scenario.yaml",
        4711,
        ("TCU-REQ-112",),
        ("telematics", "power"),
        (BUS,),
        (EcuPlan("TCU", "virtual", True), EcuPlan("IVI", "virtual", True)),
        RigPlan("virtual", "ev"),
        (),
        PHASES,
        EXPECTATIONS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def judged(plan: Plan, trace: Trace, **surroundings: object) -> Run:
    """The run of a plan and a trace, with its verdicts."""
    around = Surroundings((("ecubench", "0.1.0"), ("python", "3.11")), "free", 400 * MS)
    return Run(plan, trace, judge(plan, trace), replace(around, **surroundings))  # type: ignore[arg-type]


def example() -> Run:
    """The example with all its failures."""
    return judged(plan(), recorded())


def healthy(**changes: object) -> Run:
    """A run in which every expectation passes."""
    return judged(plan(expectations=EXPECTATIONS[4:6], **changes), recorded())
