"""Which keys each part of a scenario takes, and the reading of a mapping by such a table.

The table is chosen by the verb first and read key by key after, so one misspelt key gives one finding. A key that
looks like a missing one is taken for it once it has been reported, so that its value is checked as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.scenario.findings import Findings, listed, nearest, suggestion
from bench.scenario.node import Broken, Node, Scalar, Table, described, short


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of one kind of mapping. `what` names it in messages; `later` are keys of the language not built yet."""

    what: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that may stand."""
        return self.required + self.optional

    def plus(self, *optional: str, later: tuple[str, ...] = ()) -> "Shape":
        """The same with more optional keys."""
        return Shape(self.what, self.required, self.optional + optional, self.later + later)


Fields = Mapping[str, Node]

SCENARIO = Shape(
    "a scenario",
    required=("scenario", "title", "phases", "expect"),
    optional=("verifies", "tags", "needs", "limits", "seed", "background"),
    later=("params", "sweep", "finally", "guards", "include"),
)
NEEDS = Shape("needs", optional=("dut", "instruments"))
BACKGROUND = Shape("background", optional=("vehicle", "signals"))
PHASE = Shape("a phase", required=("name",), optional=("for", "until", "at_most", "else", "repeat", "do", "faults"))

_START = ("id", "at", "after", "when")
_STEP_LATER = ("as", "allow")
STIMULI = {
    "set": Shape("set", ("set", "to"), _START, _STEP_LATER),
    "ramp": Shape("ramp", ("ramp", "to", "over"), _START, _STEP_LATER),
    "drive": Shape("drive", ("drive",), ("from", "to", "repeat", *_START), _STEP_LATER),
    "send": Shape("send", ("send",), _START, _STEP_LATER),
    "press": Shape("press", ("press", "for"), _START, _STEP_LATER),
    "power": Shape("power", ("power",), _START, _STEP_LATER),
    "instrument": Shape("a step of an instrument", ("instrument",), _START, _STEP_LATER),
}
STIMULI_LATER = ("uds", "cloud", "replay", "step")
AT_INSTRUMENT = {
    "set": Shape("set of an instrument", ("instrument", "set"), _START, _STEP_LATER),
    "profile": Shape("profile", ("instrument", "profile"), ("cycles", *_START), _STEP_LATER),
    "measure": Shape("measure", ("instrument", "measure"), ("every", "count", *_START), _STEP_LATER),
    "interrupt": Shape("interrupt", ("instrument", "interrupt", "for"), _START, _STEP_LATER),
}
"""What may stand beside `instrument`; a profile takes its own parameters as well."""
INTERRUPT = Shape("interrupt", ("how",))
SEND_MESSAGE = Shape("send", ("message",), ("signals", "count", "every"))
SEND_FRAME = Shape("send of a raw frame", ("bus", "id", "data"), ("extended", "fd", "count", "every"))
_LIMITS = ("for", "count")
_FAULTY = {
    "drop": (("message",), _LIMITS),
    "delay": (("message", "by"), _LIMITS),
    "duplicate": (("message",), _LIMITS),
    "corrupt": (("message", "bits"), _LIMITS),
    "dlc": (("message", "length"), _LIMITS),
    "counter_freeze": (("message",), ("then", *_LIMITS)),
    "counter_jump": (("message", "by"), ("then", *_LIMITS)),
    "counter_random": (("message",), ("then", *_LIMITS)),
    "crc_wrong": (("message",), _LIMITS),
    "stuck": (("signal",), ("value", *_LIMITS)),
    "out_of_range": (("signal",), _LIMITS),
    "offset": (("signal", "by"), _LIMITS),
    "node_off": (("node",), ("for",)),
    "bus_off": (("node",), ("bus", *_LIMITS)),
    "babble": (("bus", "load"), ("can_id", "extended", "for")),
    "bus_short": (("bus",), ("lines", "for")),
    "error_frames": ((), ("message", "node", "bus", *_LIMITS)),
}
FAULTS = {
    kind: Shape(f"a fault {kind}", ("kind", *needed), (*optional, *_START))
    for kind, (needed, optional) in _FAULTY.items()
}
FAULT = Shape("a fault", ("kind",), tuple(dict.fromkeys(key for one in FAULTS.values() for key in one.keys[1:])))

_ABOUT = ("id", "say", "verifies", "during", "except")
EXPECTATIONS = {
    "always": Shape("always", ("always",), _ABOUT),
    "never": Shape("never", ("never",), _ABOUT),
    "when": Shape("when", ("when", "within", "then"), ("not_before", "for", *_ABOUT)),
    "eventually": Shape("eventually", ("eventually",), ("within", *_ABOUT)),
    **{
        verb: Shape(verb, (verb,), _ABOUT)
        for verb in ("stays", "settles", "follows", "cycle", "counter", "crc", "sequence", "value", "silent")
    },
}
EXPECTATIONS_LATER = ("dtc", "response", "stl")
SETTLES = Shape("settles", ("signal", "to", "tolerance", "within", "hold"))
FOLLOWS = Shape("follows", ("signal", "reference", "tolerance", "delay"))
CYCLE = Shape("cycle", ("message", "tolerance"), ("period", "or", "mean", "first"))
COUNTER = Shape("counter", ("message",), ("modulo",))
CRC = Shape("crc", ("message",))
SEQUENCE = Shape("sequence", ("signal", "steps"), ("allow_others",))
SEQUENCE_STEP = Shape("a state's limit", ("within",))
SILENT = Shape("silent", (), ("node", "bus", "message"))
VALUE = Shape("value", ("of", "statistic"), ("between", "to", "tolerance"))
EXCEPT = Shape("except", ("around",), ("before", "after"))


def fields(node: Node, shape: Shape, findings: Findings) -> dict[str, Node]:
    """The values of a mapping by key; what is required and not there, or not readable, is `Broken`."""
    if not isinstance(node, Table):
        if not isinstance(node, Broken):
            findings.add(node, f"found {described(node)} for {shape.what}; expected a mapping of {listed(shape.keys)}")
        return {key: Broken(node.line, node.column) for key in shape.required}
    found: dict[str, Node] = {}
    unknown: list[tuple[Scalar, Node]] = []
    for key, value in node.entries:
        if key.text in shape.keys:
            found[key.text] = value
        elif key.text in shape.later:
            findings.add(key, f"'{key.text}' is not in this version; {shape.what} takes {listed(shape.keys)}")
        else:
            unknown.append((key, value))
    absent = [key for key in shape.required if key not in found]
    for key, value in unknown:
        free = [name for name in shape.keys if name not in found]
        meant = next(iter(nearest(key.text, free, most=1)), None)
        guess = f"; did you mean '{meant}'?" if meant else ""
        if meant is not None:
            found[meant] = value
        elif absent:
            meant, guess = absent[0], f"; '{absent[0]}' is missing"
            found[meant] = Broken(value.line, value.column)
        findings.add(key, f"unknown key '{short(key.text)}' in {shape.what}; expected {listed(shape.keys)}{guess}")
        absent = [name for name in absent if name != meant]
    for name in absent:
        findings.add(node, f"{shape.what} without '{name}'; add it")
        found[name] = Broken(node.line, node.column)
    return found


def verb_of(node: Node, shapes: Mapping[str, Shape], later: Iterable[str], what: str, findings: Findings) -> str | None:
    """The one key that says what a mapping is; None and one finding where there is not exactly one."""
    verbs = tuple(shapes)
    if not isinstance(node, Table):
        if not isinstance(node, Broken):
            findings.add(node, f"found {described(node)} for {what}; expected a mapping with one of {listed(verbs)}")
        return None
    keys = [key for key, _ in node.entries]
    named = [key for key in keys if key.text in shapes]
    if len(named) == 1:
        return named[0].text
    if named:
        findings.add(named[1], f"'{named[1].text}' beside '{named[0].text}'; {what} does one thing; make two of it")
        return None
    if promised := [key for key in keys if key.text in later]:
        findings.add(promised[0], f"'{promised[0].text}' is not in this version; expected one of {listed(verbs)}")
        return None
    ordinary = {key for shape in shapes.values() for key in shape.keys}
    unlike = [key for key in keys if key.text not in ordinary]
    strange = next((key for key in unlike if nearest(key.text, verbs)), unlike[0] if unlike else None)
    if strange is not None:
        guess = suggestion(strange.text, verbs)
        findings.add(strange, f"unknown key '{short(strange.text)}' in {what}; expected one of {listed(verbs)}{guess}")
    else:
        findings.add(node, f"{what} that does nothing; expected one of {listed(verbs)}")
    return None
