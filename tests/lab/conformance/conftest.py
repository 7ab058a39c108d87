"""What the suite runs over: every driver's model within the process and over TCP, and an instrument that a user names.

`ECUBENCH_INSTRUMENT="supply/keysight@TCPIP0::10.0.0.7::5025::SOCKET" pytest tests/lab/conformance` adds a real one:
its kind, its driver and its VISA address, and after a blank options such as `channel=2`. What drives something is set
to low values only and is never switched on.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import pyvisa

from bench.lab.catalogue import DRIVERS, open_instrument
from bench.lab.drivers.instrument import Instrument
from bench.lab.models.desk import model, wire
from bench.lab.models.supply import Supply
from bench.lab.server import Server
from bench.lab.simvisa import SimVisa, Skipping, address
from bench.model.lab import InstrumentPlan

WAYS = ("library", "tcp")
NAMED = "ECUBENCH_INSTRUMENT"


@dataclass
class Subject:
    """An instrument under test, and what it is; `source` takes lines for the supply whose output it measures."""

    instrument: Instrument
    kind: str
    driver: str
    way: str
    source: "Source | None" = None
    model: Supply | None = None
    clock: Skipping | None = None

    def wait(self, quantity: str) -> None:
        """Let a measurement's time pass, where somebody else's clock must be moved."""
        if self.clock is not None:
            self.clock.wait_until(self.clock.now() + self.instrument.duration(quantity))


class Source:
    """A supply by a line of its own, beside the one of the instrument under test."""

    def __init__(self, resources: pyvisa.ResourceManager, where: str) -> None:
        self._line = resources.open_resource(where, read_termination="\n", write_termination="\n")

    def write(self, line: str) -> None:
        """Carry out a line; when this returns it is done."""
        self._line.query(f"{line};*OPC?")

    def close(self) -> None:
        """Let it go."""
        self._line.close()


def pytest_configure(config: pytest.Config) -> None:
    """The marker by which a test says for which kinds of instruments it is."""
    config.addinivalue_line("markers", "kinds(*names): the kinds of instruments that a test is for; all without it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test over each driver in each way, unless its marker `kinds` names some."""
    if "subject" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("kinds")
    kinds = marker.args if marker else tuple(dict.fromkeys(kind for kind, _ in DRIVERS))
    cases = [(way, kind, driver) for way in WAYS for kind, driver in DRIVERS if kind in kinds]
    named = [pytest.param(("named", *kinds), id="named")]
    metafunc.parametrize("subject", [pytest.param(case, id="-".join(case)) for case in cases] + named, indirect=True)


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """An instrument that has just been opened."""
    way, *rest = request.param
    with {"library": _library, "tcp": _tcp, "named": _named}[way](*rest) as one:
        yield one


def _desk(kind: str, driver: str, now) -> dict[str, object]:
    """The instrument, and a supply whose output it measures; that one feeds itself."""
    own = model(kind, driver, now, "SN-1", seed=1)
    models = {"it": own} if isinstance(own, Supply) else {"source": model("supply", "generic", now), "it": own}
    wire(models)
    return models


@contextmanager
def _library(kind: str, driver: str) -> Iterator[Subject]:
    clock = Skipping()
    models = _desk(kind, driver, clock.now)
    resources = pyvisa.ResourceManager(SimVisa(models, clock))
    plan = InstrumentPlan("it", kind, driver, address("it"), serial="SN-1")
    one = open_instrument(plan, resources)
    feeding = "source" if "source" in models else "it"
    source = Source(resources, address(feeding))
    try:
        yield Subject(one, kind, driver, "library", source, models[feeding], clock)
    finally:
        source.close()
        one.release()
        resources.close()


@contextmanager
def _tcp(kind: str, driver: str) -> Iterator[Subject]:
    resources = pyvisa.ResourceManager("@py")
    with Server(lambda now: _desk(kind, driver, now)) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        one = open_instrument(InstrumentPlan("it", kind, driver, serial="SN-1"), resources, server.address("it"))
        source = Source(resources, server.address("source" if "source" in server.instruments else "it"))
        try:
            yield Subject(one, kind, driver, "tcp", source)
        finally:
            source.close()
            one.release()
            server.stop()
            thread.join()


@contextmanager
def _named(*kinds: str) -> Iterator[Subject]:
    text = os.environ.get(NAMED, "")
    if not text:
        pytest.skip(f"no instrument named; set {NAMED} to KIND/DRIVER@ADDRESS to try a real one")
    what, _, rest = text.partition("@")
    kind, _, driver = what.partition("/")
    if kind not in kinds:
        pytest.skip(f"the instrument named by {NAMED} is a {kind}; this is for {', '.join(kinds)}")
    where, *words = rest.split()
    options = tuple(
        (name, int(value) if value.isdigit() else value) for name, _, value in (w.partition("=") for w in words)
    )
    resources = pyvisa.ResourceManager(os.environ.get("ECUBENCH_VISA", "@py"))
    one = open_instrument(InstrumentPlan("it", kind, driver or "generic", where, options=options), resources)
    try:
        yield Subject(one, kind, driver, "named")
    finally:
        one.off()
        one.release()
