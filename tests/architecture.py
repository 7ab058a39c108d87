"""The rules of the house as tables, and the breaches of them in a source file; nothing of the bench is imported."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# From the ground up. A room sees what lies on lower floors; rooms of one floor do not see each other.
FLOORS = (
    ("errors",),
    ("plugins", "places"),
    ("model",),
    ("network",),
    ("clock", "protocol"),
    ("judge",),
    ("wire", "lab", "vehicle"),
    ("ecu", "cloud"),
    ("scenario",),
    ("run",),
    ("campaign",),
    ("report", "evidence"),
    ("commands", "__main__", "conftest"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# A verdict needs nothing that moves, so judge sees less than its floor would allow.
JUDGE_SEES = {"judge", "errors", "model", "network", "protocol"}

# Third-party package -> where it may be imported: modules, or rooms with all that is in them.
DOORS = {
    "can": ("wire.port", "wire.recording", "wire.interfaces", "report.exports"),
    "cantools": ("network.parsing",),
    "isotp": ("protocol.isotp",),
    "pymeasure": ("lab.drivers.borrowed",),
    "pytest": ("conftest",),
    "pyvisa": ("lab",),
    "rich": ("commands", "report"),
    "robot": ("report.robot_",),  # robot_suite, robot_keywords, ...
    "simpy": ("clock",),
    "yaml": ("lab.profile_file", "scenario"),
}
# Standard library that would let the outside in by a back door -> where it may be imported.
_MOVES = ("clock", "wire", "lab", "cloud")
_FORKS = ("campaign", "lab.guardian", "network.reader", "run.process_ecu")
GUARDED = {
    **dict.fromkeys(("threading", "_thread", "socket", "socketserver", "selectors", "asyncio", "concurrent"), _MOVES),
    **dict.fromkeys(("multiprocessing", "subprocess", "pty"), _FORKS),
    **dict.fromkeys(("time", "sched", "timeit"), ("clock",)),
    **dict.fromkeys(("secrets", "uuid"), ()),
}
# Calls by name that no import betrays -> where they may stand.
CALLS = {
    **dict.fromkeys(("datetime.now", "datetime.utcnow", "datetime.today", "date.today"), ("clock",)),
    **dict.fromkeys(("os.fork", "os.system", "os.popen", "os.urandom", "os.times"), ()),
    **dict.fromkeys(("importlib.import_module", "import_module", "__import__"), ("__main__", "plugins")),
    **dict.fromkeys(("eval", "exec"), ("network",)),  # code generated from a checked database; never text of a scenario
}
NO_NOUN = {"base", "common", "factory", "helper", "helpers", "manager", "misc", "service", "util", "utils"}


@dataclass(frozen=True)
class Module:
    """A source file under its dotted name inside bench, such as `wire.simbus`; `wire` for a package itself."""

    name: str
    tree: ast.Module
    package: bool = False

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]


def modules(folder: Path) -> list[Module]:
    """Every module of a package's folder, in order of its name."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        found.append(Module(name, ast.parse(path.read_text(), str(path)), package))
    return found


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of all that a module imports, wherever in the file; `from a import b` gives a.b."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = ["bench", *filter(None, module.name.split("."))]
                kept = parts[: len(parts) - node.level + module.package]
                origin = ".".join([*kept, origin] if origin else kept)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of the places, or in one; a place that ends in `_` names all that begin so."""
    return any(name == p or name.startswith(f"{p}.") or (p.endswith("_") and name.startswith(p)) for p in places)


def breaches(module: Module, ecus: frozenset[str]) -> list[str]:
    """What a module does that the house forbids, each with its line; `ecus` are the folders in the room ecu."""
    found = []
    if module.name and module.room not in FLOOR_OF:
        found.append(f"{module.name}: the room {module.room!r} stands on no floor")
    if module.name.rpartition(".")[2] in NO_NOUN:
        found.append(f"{module.name}: a noun is missing from the name")
    for line, target in imports(module):
        found += [f"{module.name}:{line}: {what}" for what in _import_breaches(module, target, ecus)]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            found += [f"{module.name}:{node.lineno}: {what}" for what in _call_breaches(module, node)]
    return found


def _import_breaches(module: Module, target: str, ecus: frozenset[str]) -> Iterator[str]:
    top = target.partition(".")[0]
    if top == "bench":
        yield from _room_breaches(module, target, ecus)
    elif top in GUARDED:
        if not within(module.name, GUARDED[top]):
            yield f"imports {top}; allowed in {GUARDED[top] or 'no room'}"
    elif top == "random":
        if target not in ("random", "random.Random"):
            yield f"imports {target}; draw from a random.Random of a known seed"
    elif top not in sys.stdlib_module_names and not within(module.name, DOORS.get(top, ())):
        yield f"imports {top}; its door is {DOORS.get(top, 'not yet in the table')}"


def _room_breaches(module: Module, target: str, ecus: frozenset[str]) -> Iterator[str]:
    parts = target.split(".")[1:]
    if parts == ["__version__"]:  # a plain text, wanted everywhere
        return
    mine, theirs = module.room, parts[0] if parts else ""
    if theirs not in FLOOR_OF:
        yield f"imports {target}, the public face of the package; import from the room instead"
    elif theirs != mine and module.name and FLOOR_OF.get(mine, -1) <= FLOOR_OF[theirs]:
        yield f"imports {target}: {theirs} does not lie below {mine}"
    elif mine == "judge" and theirs not in JUDGE_SEES:
        yield f"imports {target}: judge sees only {sorted(JUDGE_SEES)}"
    own = module.name.split(".")
    involved = {*own[1:2], *parts[1:2]} & ecus
    if mine == theirs == "ecu" and len(involved) == 2:
        yield f"imports {target}: no ECU imports another"
    if "defects" in parts and mine in ("judge", "scenario", "report", "model", "network", "wire", "vehicle"):
        yield f"imports {target}: scenarios, checks and reports never read a defect switch"
    if "defects" in parts[2:] and mine == "ecu" and own[-1] == "behaviour":
        yield f"imports {target}: healthy code never mentions a defect"


def _call_breaches(module: Module, call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    short = ".".join(name.split(".")[-2:])
    if short in CALLS and not within(module.name, CALLS[short]):
        yield f"calls {name}; allowed in {CALLS[short] or 'no room'}"
    first, _, rest = name.partition(".")
    if first == "random" and rest and rest != "Random":
        yield f"calls {name}; draw from a random.Random of a known seed"
    unseeded = not call.args and not call.keywords
    if short in ("random.Random", "Random", "random.default_rng", "default_rng") and unseeded:
        yield f"calls {name} without a seed"
    if ".random." in name and short != "random.default_rng":
        yield f"calls {name}; draw from a generator of a known seed"


def cycles(package: list[Module]) -> list[list[str]]:
    """Circles of imports among modules, each as the names along it; imports inside functions count."""
    names = {module.name for module in package}
    edges = {module.name: sorted(_targets(module, names)) for module in package}
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for target in edges[name]:
                walk(target, [*path, name])
            done.add(name)

    for name in sorted(edges):
        walk(name, [])
    return found


def _targets(module: Module, names: set[str]) -> set[str]:
    """The modules that an import means: `bench.a.b` is the module a.b if there is one, else the name b in a."""
    targets = set()
    for _, full in imports(module):
        inside = full.removeprefix("bench.")
        if inside == full or inside == "__version__":
            continue
        targets.add(inside if inside in names else inside.rpartition(".")[0])
    return targets & names - {module.name}
