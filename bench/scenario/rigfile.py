"""The rig file: where each bus is, which ECU is real, which buttons and instruments there are, how the world answers.

It is read as strictly as a scenario. What it asks for and this version cannot do is refused by name.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench.errors import RigError
from bench.model.expression import Value
from bench.model.instant import UNITS as TIMES
from bench.model.lab import InstrumentPlan
from bench.model.layout import BusLayout
from bench.model.plan import EcuPlan, InterfacePlan, RigPlan
from bench.network.database import load
from bench.places import shipped
from bench.scenario import values
from bench.scenario.findings import Findings, listed, suggestion, unknown
from bench.scenario.instruments import readings
from bench.scenario.interface import SIMULATED, heard_only, interface, shared
from bench.scenario.names import Names, Range
from bench.scenario.node import Broken, Node, Scalar, Table, described, short
from bench.scenario.rack import instruments
from bench.scenario.read import read_into
from bench.scenario.schema import Shape, fields
from bench.scenario.units import UNITS, plain, quantity
from bench.vehicle.inputs import LIMITS, SETTABLE
from bench.vehicle.names import LABELS, NAMES

RIG = Shape(
    "a rig",
    required=("rig", "vehicle", "buses", "ecus"),
    optional=("absent", "ports", "environment", "instruments", "limits", "pace"),
)
BUS = Shape(
    "a bus", ("database", "bitrate"), ("data_bitrate", "interface", "channel", "inline", "options", "listen_only")
)
PROCESS = Shape("an ECU that is a program", ("process",))
PORT = Shape("a port", optional=("virtual", "relay", "operator"))

DEFAULT = "virtual.yaml"
VEHICLES = ("ev", "ice")
_RATES = {"bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000}
PACES = ("free", "wall")
KINDS = ("virtual", "real")
_LONGEST_COMMAND = 64
_NEEDS_HARDWARE = "needs a relay or an operator, which this version has not"


@dataclass(frozen=True, slots=True)
class Rig:
    """A rig, read: its name, its buses without what is absent, the ECUs that are not restbus, all names that it offers.

    `units` are those ECUs as a plan has them, none of them under test yet; a bus that is not in `interfaces` is
    simulated.
    """

    name: str
    vehicle: str
    units: tuple[EcuPlan, ...]
    environment: tuple[tuple[str, Value], ...]
    names: Names
    pace: str = "free"
    interfaces: tuple[InterfacePlan, ...] = ()

    @property
    def ecus(self) -> tuple[str, ...]:
        """The names of the ECUs that are not restbus."""
        return tuple(unit.name for unit in self.units)

    @property
    def buses(self) -> tuple[BusLayout, ...]:
        """The buses with the messages of the nodes that are there."""
        return self.names.buses

    @property
    def instruments(self) -> tuple[InstrumentPlan, ...]:
        """The instruments in the order of the file."""
        return tuple(self.names.instruments.values())

    def plan(self) -> RigPlan:
        """The rig as a plan embeds it."""
        return RigPlan(self.name, self.vehicle, self.environment, self.pace, self.interfaces, self.instruments)

    def ecu_plans(self, dut: tuple[str, ...]) -> tuple[EcuPlan, ...]:
        """The ECUs that are not restbus as a plan embeds them."""
        return tuple(replace(unit, dut=unit.name in dut) for unit in self.units)


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
    buses, interfaces = _buses(top["buses"], path, findings)
    whole = isinstance(top["buses"], Table) and len(buses) == len(top["buses"].entries)
    # Without all databases nobody can say which ECUs there are.
    nodes = list(dict.fromkeys(node for bus in buses for node in bus.nodes)) if whole else []
    units = _ecus(top["ecus"], nodes, path, findings)
    ecus = tuple(unit.name for _, unit in units)
    absent = _absent(top.get("absent"), nodes, ecus, findings)
    ports = _ports(top.get("ports"), findings)
    environment = _environment(top.get("environment"), findings)
    taken = {name for bus in buses for name in (bus.name, *(message.name for message in bus.messages))}
    rack = instruments(top.get("instruments"), top.get("limits"), taken, findings)
    real = "an interface" if interfaces else "a real instrument" if any(one.resource for one in rack) else ""
    pace = _pace(top.get("pace"), real, findings)
    if whole:
        _check_wires(units, buses, interfaces, absent, findings)
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
    names = Names(
        present, missing, ecus, ports, *plant_names(), vehicle=vehicle,
        instruments={one.name: one for one in rack}, readings=readings(rack),
    )  # fmt: skip
    return Rig(
        name, vehicle, tuple(unit for _, unit in units), environment, names, pace, tuple(one for _, one in interfaces)
    )  # fmt: skip


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


def _buses(
    node: Node, path: Path, findings: Findings
) -> tuple[tuple[BusLayout, ...], tuple[tuple[Node, InterfacePlan], ...]]:
    found = []
    interfaces: list[tuple[Node, InterfacePlan]] = []
    for key, value in _table(node, "buses, such as INFO: {database: dbc/info.dbc, bitrate: 500 kbit/s}", findings):
        part = fields(value, BUS, findings)
        bitrate = _rate(part["bitrate"], findings)
        data_bitrate = _rate(part["data_bitrate"], findings) if "data_bitrate" in part else 0
        named = part if "interface" in part else {**part, "interface": Scalar(SIMULATED, value.line, value.column)}
        plan = interface(key.text, named, value, findings)
        if plan is not None:
            interfaces.append((value, plan))
        layout = _database(part["database"], key.text, path, findings)
        if layout is not None and bitrate is not None and data_bitrate is not None:
            if not data_bitrate and any(message.fd for message in layout.messages):
                findings.add(value, f"{key.text} carries CAN FD messages; add data_bitrate, such as '2 Mbit/s'")
            found.append(replace(layout, bitrate=bitrate, data_bitrate=data_bitrate))
    shared(interfaces, findings)
    return tuple(found), tuple(interfaces)


def _pace(node: Node | None, real: str, findings: Findings) -> str:
    """The pace: as fast as possible, unless the rig file or something real (empty: nothing) wants the wall clock."""
    pace = values.choice(node, "pace", PACES, findings) if node is not None else None
    if node is not None and pace == "free" and real:
        findings.add(node, f"'pace: free' beside {real}, which lives in real time; delete it, or simulate everything")
    return "wall" if real else pace or "free"


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


def _ecus(node: Node, nodes: list[str], path: Path, findings: Findings) -> tuple[tuple[Scalar, EcuPlan], ...]:
    found = []
    for key, value in _table(node, "ECUs, such as TCU: virtual", findings):
        if nodes and key.text not in nodes:
            findings.add(key, unknown("ECU", key.text, nodes, " in the databases"))
        elif isinstance(value, Table):
            if (command := _command(fields(value, PROCESS, findings)["process"], findings)) is not None:
                found.append((key, EcuPlan(key.text, "process", False, command, str(_project(path)))))
        elif (kind := values.choice(value, f"kind of {key.text}", KINDS, findings)) is not None:
            found.append((key, EcuPlan(key.text, kind, False)))
    return tuple(found)


def _project(path: Path) -> Path:
    """The folder from which the paths of a rig file's programs count: above `rigs`, else its own."""
    return path.parent.parent if path.parent.name == "rigs" else path.parent


def _command(node: Node, findings: Findings) -> tuple[str, ...] | None:
    if isinstance(node, Broken):
        return None
    words = [part.text for part in values.items(node) if isinstance(part, Scalar) and (part.text or part.quoted)]
    if len(words) != len(values.items(node)) or not words or not words[0] or len(words) > _LONGEST_COMMAND:
        findings.add(node, f"found {described(node)}; expected a command such as [./telematics, --can, vcan0]")
        return None
    return tuple(words)


def _check_wires(
    units: Collection[tuple[Scalar, EcuPlan]],
    buses: Collection[BusLayout],
    interfaces: Collection[tuple[Node, InterfacePlan]],
    absent: Collection[str],
    findings: Findings,
) -> None:
    """A real ECU needs its buses on interfaces; on a bus that is only listened to the bench must not have to send."""
    wired = {plan.bus for _, plan in interfaces}
    elsewhere = [unit.name for _, unit in units if unit.kind != "virtual"]
    for key, unit in units:
        missing = [bus.name for bus in buses if unit.name in bus.nodes and bus.name not in wired]
        if unit.kind != "virtual" and missing:
            text = f"{unit.name} is {unit.kind}, but {listed(missing)} is simulated; give it an interface and a channel"
            findings.add(key, text)
    for node, plan in interfaces:
        layout = next(bus for bus in buses if bus.name == plan.bus)
        senders = heard_only(plan, layout, (*elsewhere, *absent))
        if senders:
            text = (
                f"the bench only listens on {plan.bus}, but would send for {listed(senders)}; make them real or absent"
            )
            findings.add(node, text)


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
