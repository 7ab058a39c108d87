"""Whatever the line to an instrument does: never a wrong value, never a call longer than twice the time-out."""

import struct
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from time import monotonic

import pytest
import pyvisa
from proxy import KINDS, TO_BENCH, Fault, drawn, line_to
from pyvisa.errors import Error
from scripted_instrument import IDENTITY, Instrument, address, serving

from bench.errors import RigError
from bench.lab.drivers import meter
from bench.lab.drivers.supply import GenericSupply
from bench.lab.session import Session
from bench.model.instant import MS, S

TIMEOUT = 400 * MS
AT_ONCE = 4
"""So many conversations at a time: they wait more than they work, but a cut line keeps pyvisa-py busy."""

VOLTS = (0.0, 3.25, 7.5, 9.125, 11.0, 12.5, 13.75, 14.0, 16.25, 18.0)
SAMPLES = struct.pack("<40f", *(11.5 + index / 7 for index in range(40)))
MEASURED = "13.847123"
READ = "0.250417"


def an_instrument() -> Instrument:
    """A supply, a meter and a scope in one, so that one conversation shows all that can be asked."""
    return Instrument(
        {"VOLT": "0", "CURR": "1", "OUTP": "OFF", "LIST:VOLT": "0", "LIST:DWEL": "1"},
        {"MEAS:VOLT?": lambda: MEASURED, "READ?": lambda: READ, "FETC?": lambda: READ},
        {"WAV:DATA?": SAMPLES},
        ("CONF:CURR:DC", "CONF:VOLT:DC"),
    )


@dataclass
class Outcome:
    """What came of one conversation: calls that gave something, that raised RigError; and what must not be."""

    believed: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


@dataclass
class Conversation:
    """Calls one after the other, each measured and each compared with what the instrument really holds."""

    instrument: Instrument
    session: Session
    random: Random
    outcome: Outcome = field(default_factory=Outcome)

    def whole(self) -> Outcome:
        """Everything that can be asked, and some of it again."""
        supply = GenericSupply(self.session, GenericSupply.options)
        amperes = meter.generic(self.session, {})

        def setting(name: str, header: str, value: object, text: str) -> None:
            def call() -> list[str]:
                setattr(supply, name, value)
                return [text]

            self._call(f"set {name} = {value}", call, header)

        def getting(name: str, header: str) -> None:
            self._call(f"get {name}", lambda: [_plain(getattr(supply, name))], header)

        def measuring(kind: object, quantity: str, truth: str) -> None:
            def call() -> list[str]:
                kind.begin(quantity)
                value, uncertainty = kind.fetch(quantity)
                near = abs(value - float(truth)) <= uncertainty
                return [] if near else [f"{quantity} = {value} +- {uncertainty}"]

            self._call(quantity, call)

        self._call("identity", lambda: [] if str(self.session.identity) == IDENTITY else [str(self.session.identity)])
        for _ in range(2):
            volts = self.random.choice(VOLTS)
            setting("voltage", "VOLT", volts, _plain(volts))
            getting("voltage", "VOLT")
            measuring(supply, "voltage", MEASURED)
            setting("output", "OUTP", True, "ON")
            steps = tuple(self.random.choice(VOLTS) for _ in range(3))
            setting("list_voltage", "LIST:VOLT", steps, ",".join(map(_plain, steps)))
            measuring(amperes, "current", READ)
            self._call("samples", lambda: [] if self.session.query_block("WAV:DATA?") == SAMPLES else ["other samples"])
            getting("current_limit", "CURR")
            setting("output", "OUTP", False, "OFF")
        return self.outcome

    def _call(self, what: str, call, header: str = "") -> None:
        begun = monotonic()
        try:
            found = call()
        except RigError:
            found = None
            self.outcome.refused += 1
        ended = monotonic()
        # One call of an instrument may be two of its session: begin and fetch.
        calls = 2 if what in ("voltage", "current") else 1
        self.outcome.slowest = max(self.outcome.slowest, (ended - begun) / calls)
        if found is None:
            return
        self.outcome.believed += 1
        if header:
            held = self.instrument.held(header, begun, ended)
            self.outcome.wrong += [f"{what}: {one}, held {held}" for one in found if one not in held]
        else:
            self.outcome.wrong += [f"{what}: {one}" for one in found]


def _plain(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


@pytest.fixture(scope="module")
def resources():
    """One resource manager for all."""
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


@pytest.fixture(scope="module")
def lengths(resources) -> dict[str, int]:
    """How many bytes a conversation over a sound line has."""
    instrument = an_instrument()
    with serving(instrument) as port, line_to(port) as (near, line):
        session = Session(resources, address(near), "psu", TIMEOUT)
        outcome = Conversation(instrument, session, Random(0)).whole()
        session.close()
        assert outcome.refused == 0
        return dict(line.passed)


def one_case(resources, seed: int, lengths: dict[str, int]) -> tuple[Fault, Outcome]:
    """One conversation over a line with one fault."""
    fault = drawn(seed, lengths, TIMEOUT / S)
    instrument = an_instrument()
    with serving(instrument) as port, line_to(port, fault) as (near, _):
        session = Session(resources, address(near), "psu", TIMEOUT)
        try:
            return fault, Conversation(instrument, session, Random(seed)).whole()
        finally:
            session.close()


def test_no_fault_of_the_line_makes_a_value_wrong_or_a_call_hang(resources, lengths, pytestconfig, capfd):
    """The law, over faults drawn at any byte of either direction; `--cases 2000` is all of it."""
    cases = pytestconfig.getoption("--cases", 60) or 60

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda seed: one_case(resources, seed, lengths), range(cases)))

    wrong = [f"seed {seed}: {fault}: {one}" for seed, (fault, each) in enumerate(found) for one in each.wrong]
    slow = [
        f"seed {seed}: {each.slowest:.3f} s: {fault}"
        for seed, (fault, each) in enumerate(found)
        if each.slowest > 2 * TIMEOUT / S
    ]
    kinds = Counter(fault.kind for fault, _ in found)
    refused = sum(each.refused for _, each in found)
    with capfd.disabled():
        print(  # noqa: T201
            f"\n{cases} faults ({', '.join(f'{kind} {kinds[kind]}' for kind in KINDS)}): "
            f"{sum(each.believed for _, each in found)} values believed, {refused} calls refused, "
            f"slowest {max(each.slowest for _, each in found):.3f} s at a time-out of {TIMEOUT / S:g} s"
        )
    assert (wrong, slow) == ([], [])
    assert set(kinds) == set(KINDS)
    assert refused > 0


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_fault_the_conversation_goes_on(resources, lengths, kind):
    """One fault costs a few calls, not the instrument."""
    fault = Fault(kind, TO_BENCH, lengths[TO_BENCH] // 3, 2, seconds=0.6)
    instrument = an_instrument()
    with serving(instrument) as port, line_to(port, fault) as (near, _):
        session = Session(resources, address(near), "psu", TIMEOUT)
        outcome = Conversation(instrument, session, Random(1)).whole()
        session.close()

    assert outcome.wrong == []
    assert outcome.refused <= 3
    assert outcome.believed >= 12


def test_a_plain_query_is_deceived_by_the_same_line(resources):
    """What the marks and the second answer are for: PyVISA alone takes a garbled or an older answer for the truth."""
    deceived = Counter()
    for kind, size, flavour in (("garble", 2, "digits"), ("duplicate", 40, "any")):
        instrument = an_instrument()
        instrument.settings["VOLT"] = "12.5"
        with serving(instrument) as port, line_to(port, Fault(kind, TO_BENCH, 0, size, 0.0, flavour)) as (near, _):
            plain = resources.open_resource(address(near), read_termination="\n", write_termination="\n", timeout=400)
            try:
                answers = [(plain.query("VOLT?"), "12.5"), (plain.query("CURR?"), "1")]
            except Error:
                answers = []
            deceived[kind] = sum(told != truth for told, truth in answers)
            plain.close()

    assert deceived["garble"] >= 1
    assert deceived["duplicate"] >= 1


def test_a_line_that_drips_is_given_up_in_time(resources):
    """A byte now and then keeps the read of a VISA library alive; it does not keep a call alive."""
    instrument = an_instrument()
    with serving(instrument) as port, line_to(port, Fault("drip", TO_BENCH, 3, seconds=0.1)) as (near, _):
        session = Session(resources, address(near), "psu", TIMEOUT)
        begun = monotonic()
        with pytest.raises(RigError, match="no end of the message"):
            session.query("VOLT?")
        lasted = monotonic() - begun
        session.close()

    assert lasted <= 2 * TIMEOUT / S
