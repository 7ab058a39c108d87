"""The rig file: which bus is which, which ECU is modelled, which buttons there are, how the world around answers.

It is read as strictly as a scenario. What it asks for and this version cannot do is refused by name.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench.errors import RigError
from bench.model.expression import Value
from bench.model.instant import UNITS as TIMES
from bench.model.layout import BusLayout
from bench.model.plan import EcuPlan, RigPlan
from bench.network.database import load
from bench.places import shipped
from bench.scenario import values
from bench.scenario.findings import Findings, listed, suggestion, unknown
from bench.scenario.names import Names, Range
from bench.scenario.node import Broken, Node, Scalar, Table, described, short
from bench.scenario.read import read_into
from bench.scenario.schema import Shape, fields
from bench.scenario.units import UNITS, plain, quantity
from bench.vehicle.inputs import LIMITS, SETTABLE
from bench.vehicle.names import LABELS, NAMES

RIG = Shape(
    "a rig",
    required=("rig", "vehicle", "buses", "ecus"),
    optional=("absent", "ports", "environment", "limits"),
    later=("instruments", "inline"),
)
BUS = Shape("a bus", ("database", "bitrate"), ("data_bitrate", "interface"))
PORT = Shape("a port", optional=("virtual", "relay", "operator"))

DEFAULT = "virtual.yaml"
VEHICLES = ("ev", "ice")
_RATES = {"bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000}
_NEEDS_HARDWARE = "comes with real interfaces; this version simulates"


@dataclass(frozen=True, slots=True)
class Rig:
    """A rig, read: its name, its buses without what is absent, the modelled ECUs, and all names that it offers."""

    name: str
    vehicle: str
    ecus: tuple[str, ...]
    environment: tuple[tuple[str, Value], ...]
    names: Names

    @property
    def buses(self) -> tuple[BusLayout, ...]:
        """The buses with the messages of the nodes that are there."""
        return self.names.buses

    def plan(self) -> RigPlan:
        """The rig as a plan embeds it."""
        return RigPlan(self.name, self.vehicle, self.environment)

    def ecu_plans(self, dut: tuple[str, ...]) -> tuple[EcuPlan, ...]:
        """The modelled ECUs as a plan embeds them."""
        return tuple(EcuPlan(name, "virtual", name in dut) for name in self.ecus)


def load_rig(path: Path | None = None) -> Rig:
    """The rig of a file, by default the shipped all-virtual electric car.

    RigError tells all that is wrong with the file; ScenarioError what is wrong with a database it names.
    """
    path = shipped("rigs") / DEFAULT if path is None else path
    findings = Findings(str(path))
    root = read_into(path, findings)
    rig = None if isinstance(root, Broken) else _rig(root, path, findings)
    if findings.rows or rig is None:
        raise RigError("\n".join(findings.lines()))
    return rig


def _rig(root: Node, path: Path, findings: Findings) -> Rig | None:
    top = fields(root, RIG, findings)
    name = values.word(top["rig"], "the name of a rig", findings)
    vehicle = values.choice(top["vehicle"], "vehicle", VEHICLES, findings)
    buses = _buses(top["buses"], path, findings)
    whole = isinstance(top["buses"], Table) and len(buses) == len(top["buses"].entries)
    # Without all databases nobody can say which ECUs there are.
    nodes = list(dict.fromkeys(node for bus in buses for node in bus.nodes)) if whole else []
    ecus = _ecus(top["ecus"], nodes, findings)
    absent = _absent(top.get("absent"), nodes, ecus, findings)
    ports = _ports(top.get("ports"), findings)
    environment = _environment(top.get("environment"), findings)
    if isinstance(limits := top.get("limits"), Table) and limits.entries:
        findings.add(limits.entries[0][0], "limits come with instruments; this version has none; leave 'limits: {}'")
    if findings.rows or name is None or vehicle is None:
        return None
    present = tuple(
        replace(
            bus,
            nodes=tuple(node for node in bus.nodes if node not in absent),
            messages=tuple(message for message in bus.messages if message.sender not in absent),
        )
        for bus in buses
    )
    missing = tuple(message for bus in buses for message in bus.messages if message.sender in absent)
    names = Names(present, missing, ecus, ports, *plant_names(), vehicle=vehicle)
    return Rig(name, vehicle, ecus, environment, names)


def plant_names() -> tuple[dict[str, Range], dict[str, Range]]:
    """The readings and the inputs of the plant, each with the values it takes."""
    readings = {name: Range(unit, LABELS.get(name, ()), states=name in LABELS) for name, unit in NAMES}
    inputs = {
        name: Range(declared, (), False, *LIMITS[name][:2]) if isinstance(declared, str) else Range("", declared, True)
        for name, declared in SETTABLE.items()
    }
    return readings, inputs


def _table(node: Node | None, what: str, findings: Findings) -> tuple[tuple[Scalar, Node], ...]:
    if isinstance(node, Table):
        return node.entries
    if node is not None and not isinstance(node, Broken):
        findings.add(node, f"found {described(node)}; expected {what}")
    return ()


def _buses(node: Node, path: Path, findings: Findings) -> tuple[BusLayout, ...]:
    found = []
    for key, value in _table(node, "buses, such as INFO: {database: dbc/info.dbc, bitrate: 500 kbit/s}", findings):
        part = fields(value, BUS, findings)
        bitrate = _rate(part["bitrate"], findings)
        data_bitrate = _rate(part["data_bitrate"], findings) if "data_bitrate" in part else 0
        if "interface" in part:
            _simulated(part["interface"], "interface", "simulated", findings)
        layout = _database(part["database"], key.text, path, findings)
        if layout is not None and bitrate is not None and data_bitrate is not None:
            if not data_bitrate and any(message.fd for message in layout.messages):
                findings.add(value, f"{key.text} carries CAN FD messages; add data_bitrate, such as '2 Mbit/s'")
            found.append(replace(layout, bitrate=bitrate, data_bitrate=data_bitrate))
    return tuple(found)


def _database(node: Node, bus: str, path: Path, findings: Findings) -> BusLayout | None:
    named = values.scalar(node, "a database such as dbc/info.dbc", findings)
    if named is None:
        return None
    # Beside the rig file first: a project's own database wins over the shipped one of the same name.
    places = [path.parent / named.text, path.parent.parent / named.text, shipped("dbc") / Path(named.text).name]
    file = next((place for place in places if "\0" not in named.text and place.is_file()), None)
    if file is None:
        known = [f"dbc/{one.name}" for one in sorted(shipped("dbc").glob("*.dbc"))]
        findings.add(named, unknown("database", named.text, known))
        return None
    about = file.stat()
    return _layout(file, bus, about.st_size, about.st_mtime_ns)


@cache
def _layout(file: Path, bus: str, _size: int, _changed: int) -> BusLayout:
    """A database, read once in a process as long as the file does not change."""
    return load(file, bus)


def _rate(node: Node, findings: Findings) -> int | None:
    found = values.scalar(node, "a bit rate such as '500 kbit/s'", findings)
    if found is None:
        return None
    value = quantity(found.text)
    if value is None or value.unit not in _RATES:
        findings.add(found, f"'{short(found.text)}' is no bit rate; expected a number with one of {listed(_RATES)}")
        return None
    rate = value.number * _RATES[value.unit]
    if rate.denominator != 1 or not 1_000 <= rate <= 20_000_000:
        findings.add(found, f"'{short(found.text)}' is out of range; expected 1 kbit/s to 20 Mbit/s")
        return None
    return int(rate)


def _simulated(node: Node, what: str, only: str, findings: Findings) -> bool:
    if isinstance(node, Scalar) and node.text == only:
        return True
    if not isinstance(node, Broken):
        findings.add(node, f"{what} {described(node)} {_NEEDS_HARDWARE}; expected {only}")
    return False


def _ecus(node: Node, nodes: list[str], findings: Findings) -> tuple[str, ...]:
    found = []
    for key, value in _table(node, "ECUs, such as TCU: virtual", findings):
        if nodes and key.text not in nodes:
            findings.add(key, unknown("ECU", key.text, nodes, " in the databases"))
        elif _simulated(value, f"{key.text} as", "virtual", findings):
            found.append(key.text)
    return tuple(found)


def _absent(node: Node | None, nodes: list[str], ecus: tuple[str, ...], findings: Findings) -> tuple[str, ...]:
    found = []
    for item in values.items(node) if node is not None else ():
        name = values.choice(item, "ECU", nodes, findings) if nodes else None
        if name in ecus:
            findings.add(item, f"'{name}' is absent and an ECU of this rig; delete one of the two")
        elif name is not None:
            found.append(name)
    return tuple(found)


def _ports(node: Node | None, findings: Findings) -> tuple[str, ...]:
    found = []
    for key, value in _table(node, "ports, such as sos_button: {virtual: yes}", findings):
        part = fields(value, PORT, findings)
        virtual = values.yes(part["virtual"], findings) if "virtual" in part else False
        if virtual is False and not isinstance(value, Broken):
            findings.add(value, f"{key.text} without 'virtual: yes' {_NEEDS_HARDWARE}")
        found.append(key.text)
    return tuple(found)


def _environment(node: Node | None, findings: Findings, prefix: str = "") -> tuple[tuple[str, Value], ...]:
    found: list[tuple[str, Value]] = []
    for key, value in _table(node, "numbers of the world around, such as radio: {registration: 5 s}", findings):
        name = f"{prefix}{key.text}"
        if isinstance(value, Table):
            found.extend(_environment(value, findings, f"{name}."))
        elif (number := _around(value, name, findings)) is not None:
            found.append((name, number))
    return tuple(found)


def _around(node: Node, name: str, findings: Findings) -> Value | None:
    written = values.scalar(node, f"a duration or a number with its unit for {name}", findings)
    if written is None:
        return None
    value = quantity(written.text)
    if value is None:
        return values.word(written, f"a value of {name}", findings)
    if value.unit in TIMES:
        return values.time(written, name, findings)
    if value.unit not in UNITS and not plain(value.unit):
        text = f"unknown unit '{short(value.unit)}' for {name}; expected a duration or another known unit"
        findings.add(written, text + suggestion(value.unit, UNITS))
        return None
    whole = plain(value.unit) and value.number.denominator == 1
    return int(value.number) if whole else float(value.number)
