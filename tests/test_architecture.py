"""Rooms, the direction of imports and the doors of third-party packages hold in every source file."""

import ast
from pathlib import Path

import pytest
from architecture import FLOOR_OF, Module, breaches, cycles, modules

ROOT = Path(__file__).parents[1]
BENCH = modules(ROOT / "bench")
ECUS = frozenset(path.parent.name for path in (ROOT / "bench" / "ecu").glob("*/__init__.py"))


def module(name: str, source: str, package: bool = False) -> Module:
    return Module(name, ast.parse(source), package)


@pytest.mark.parametrize("subject", BENCH, ids=lambda subject: subject.name or "bench")
def test_a_module_keeps_the_rules_of_the_house(subject):
    assert breaches(subject, ECUS) == []


def test_the_root_conftest_keeps_the_rules_of_the_house():
    assert breaches(module("conftest", (ROOT / "conftest.py").read_text()), ECUS) == []


def test_no_imports_in_a_circle():
    assert cycles(BENCH) == []


def test_the_walk_sees_the_whole_package():
    """A walk that finds nothing to walk would hold every rule."""
    rooms = {subject.room for subject in BENCH}

    assert {"errors", "places", "model", "network", "clock", "wire"} <= rooms <= {"", *FLOOR_OF}


def test_every_folder_of_sources_is_a_package():
    """A namespace package would be found, but nothing would say what its room is for."""
    folders = {path.parent for path in (ROOT / "bench").rglob("*.py")}

    assert sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()) == []


@pytest.mark.parametrize(
    ("name", "source", "word"),
    [
        ("wire.simbus", "from bench.run.rig import Rig", "does not lie below"),
        ("wire.simbus", "from bench.vehicle import plant", "does not lie below"),
        ("wire.simbus", "def late():\n    import bench.ecu", "does not lie below"),
        ("wire.simbus", "from ..run import rig", "does not lie below"),
        ("model.plan", "from bench import Scenario", "public face"),
        ("judge.checks", "from bench.clock import kernel", "judge sees only"),
        ("ecu.tcu.behaviour", "from bench.ecu.ivi.behaviour import Ivi", "no ECU imports another"),
        ("ecu.tcu.behaviour", "from bench.ecu.tcu.defects import M20", "healthy code"),
        ("report.folder", "from bench.ecu.tcu.defects import M20", "never read a defect switch"),
        ("wire.simbus", "import can", "its door is"),
        ("model.plan", "import cantools.database", "its door is"),
        ("report.folder", "import robot", "its door is"),
        ("run.rig", "import pandas", "not yet in the table"),
        ("model.trace", "import threading", "allowed in"),
        ("run.execute", "from concurrent.futures import Future", "allowed in"),
        ("wire.canbus", "import subprocess", "allowed in"),
        ("lab.supply", "import subprocess", "allowed in"),
        ("run.execute", "from time import monotonic_ns", "allowed in"),
        ("report.folder", "from datetime import datetime\ndatetime.now()", "calls datetime.now"),
        ("report.folder", "import datetime\ndatetime.datetime.now(tz)", "calls datetime.datetime.now"),
        ("vehicle.plant", "import random\nrandom.gauss(0, 1)", "known seed"),
        ("vehicle.plant", "from random import gauss", "known seed"),
        ("vehicle.plant", "import random\nrandom.Random()", "without a seed"),
        ("vehicle.plant", "import numpy as np\nnp.random.normal()", "known seed"),
        ("vehicle.plant", "import numpy as np\nnp.random.default_rng()", "without a seed"),
        ("scenario.read", "eval(text)", "calls eval"),
        ("wire.utils", "", "noun is missing"),
        ("helpers", "", "stands on no floor"),
    ],
)
def test_a_breach_is_found(name, source, word):
    found = breaches(module(name, source), frozenset({"ivi", "tcu"}))

    assert any(word in line for line in found), found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("wire.simbus", "from bench.model.frame import Frame\nfrom bench.wire import slot\nimport threading"),
        ("wire.port", "import can"),
        ("report.robot_suite", "from robot.api import TestSuite"),
        ("run.process_ecu", "import subprocess"),
        ("ecu.tcu.behaviour", "from bench.ecu.ports import Ports\nfrom bench.ecu.tcu import states"),
        ("ecu.tcu.defects", "from bench.ecu.tcu.behaviour import PARAMETERS"),
        ("vehicle.plant", "from random import Random\nRandom(seed)"),
        ("report.folder", "from bench import __version__"),
    ],
)
def test_what_is_allowed_is_left_alone(name, source):
    assert breaches(module(name, source), frozenset({"ivi", "tcu"})) == []


def test_a_circle_of_imports_is_found():
    circle = [
        module("wire.a", "from bench.wire import b"),
        module("wire.b", "from bench.wire.c import thing"),
        module("wire.c", "def late():\n    from .a import other"),
        module("wire.d", "from bench.wire import a"),
    ]

    assert cycles(circle) == [["wire.a", "wire.b", "wire.c", "wire.a"]]
