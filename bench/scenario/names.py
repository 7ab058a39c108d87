"""Names that a scenario may use, looked up: messages, signals, VSS paths, plant values, readings, ECUs, buttons.

Everything a rig offers to a scenario is in one frozen value, so a name is unknown, ambiguous or found, and each
answer says which names were near.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bench.model.expression import InstrumentRef, ModelRef, Reference, SignalRef
from bench.model.lab import InstrumentPlan
from bench.model.layout import BusLayout, MessageLayout, SignalLayout
from bench.scenario.findings import asked, listed, nearest, suggestion, unknown
from bench.scenario.units import plain


class NoName(ValueError):
    """A name that does not stand for exactly one thing; the message says what would."""


@dataclass(frozen=True, slots=True)
class Range:
    """What values a name takes: its unit, its labels, whether they are all it takes, and its limits."""

    unit: str
    labels: tuple[str, ...] = ()
    states: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The names at hand. `model` is what the plant shows, `inputs` what may be set on it.

    `absent` are messages that the databases know but nobody in this vehicle sends; `unsent` are the full names of event
    messages that only a scenario would send, and this one does not. `readings` are what the instruments can measure
    ("psu.current"), `measured` those of them that this scenario measures. `excused` are pairs of an instrument and a
    capability that the rig has been found not to have, so that nothing more is said of them.
    """

    buses: tuple[BusLayout, ...]
    absent: tuple[MessageLayout, ...] = ()
    ecus: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    model: Mapping[str, Range] = field(default_factory=dict)
    inputs: Mapping[str, Range] = field(default_factory=dict)
    unsent: frozenset[str] = frozenset()
    vehicle: str = "ev"
    instruments: Mapping[str, InstrumentPlan] = field(default_factory=dict)
    readings: Mapping[str, Range] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()
    excused: frozenset[tuple[str, str]] = frozenset()

    @property
    def messages(self) -> tuple[MessageLayout, ...]:
        """All messages that somebody may send, bus by bus."""
        return tuple(message for bus in self.buses for message in bus.messages)

    def bus(self, name: str) -> BusLayout:
        """The bus of that name."""
        for bus in self.buses:
            if bus.name == name:
                return bus
        known = [bus.name for bus in self.buses]
        raise NoName(unknown("bus", name, known))

    def node(self, name: str) -> str:
        """The node of that name."""
        known = list(dict.fromkeys(node for bus in self.buses for node in bus.nodes))
        if name in known:
            return name
        raise NoName(unknown("node", name, known))

    def message(self, text: str) -> MessageLayout:
        """The message of a name such as "TCU_Status_01" or "INFO.TCU_Status_01"."""
        found = [message for message in self.messages if text in (message.name, message.path)]
        if len(found) == 1:
            if found[0].path in self.unsent:
                raise NoName(
                    f"nobody sends {found[0].path}: an event message, its sender {found[0].sender} is restbus, and no "
                    "step sends it; expected a message that is sent, or a step with 'send'"
                )
            return found[0]
        if found:
            raise NoName(f"'{text}' is on several buses; write {' or '.join(message.path for message in found)}")
        self._refuse_absent([message for message in self.absent if text in (message.name, message.path)])
        names = [message.path if "." in text else message.name for message in self.messages]
        where = listed((bus.name for bus in self.buses), most=4)
        close = suggestion(text, names) or self._near_signal(text)
        raise NoName(f"no message '{text}' on {where}; expected a message of the databases{close}")

    def matching(self, pattern: str) -> tuple[MessageLayout, ...]:
        """The messages whose name (with the bus, where the pattern has a dot) fits a pattern with `*`."""
        found = tuple(m for m in self.messages if fnmatchcase(m.path if "." in pattern else m.name, pattern))
        if not found:
            buses = listed(f"{bus.name}.*" for bus in self.buses)
            raise NoName(f"no message fits '{pattern}'; expected a pattern such as {buses}")
        return found

    def reference(self, text: str) -> Reference:
        """What a name stands for: `Message.Signal`, `Bus.Message.Signal`, a VSS path, `model.name` or `psu.current`."""
        parts = text.split(".")
        if parts[0] in self.instruments:
            return self._reading(text)
        if parts[0] == "model":
            if text in self.model:
                return ModelRef(text, self.model[text].unit)
            raise NoName(unknown("value", text, self.model, " of the plant"))
        if parts[0] == "Vehicle":
            return self._by_vss(text)
        if len(parts) not in (2, 3):
            raise NoName(f"'{text}' is no signal; expected Message.Signal or model.name{self._near_signal(text)}")
        if all(parts[0] not in (one.name, one.bus) for one in self.messages):
            close = nearest(parts[0], self.instruments, most=1)
            if close:
                guess = asked(f"{name}.{parts[-1]}" for name in close)
                raise NoName(f"no message or instrument '{parts[0]}'; expected Message.Signal or psu.current{guess}")
        message = self.message(".".join(parts[:-1]))
        for signal in message.signals:
            if signal.name == parts[-1]:
                return SignalRef(message.bus, message.name, signal.name, signal.unit)
        known = [signal.name for signal in message.signals]
        raise NoName(unknown("signal", parts[-1], known, f" in {message.path}"))

    def layout(self, ref: SignalRef) -> tuple[MessageLayout, SignalLayout]:
        """Message and signal of a reference that was looked up here."""
        message = self.bus(ref.bus).message(ref.message)
        return message, message.signal(ref.signal)

    def range(self, ref: Reference) -> Range:
        """What values a reference takes."""
        if isinstance(ref, InstrumentRef):
            return self.readings[ref.path]
        return self.model[ref.name] if isinstance(ref, ModelRef) else signal_range(self.layout(ref)[1])

    def _reading(self, text: str) -> Reference:
        """A reading that the scenario itself asks for: an instrument that nobody asks knows nothing."""
        name, _, quantity = text.partition(".")
        known = [path.partition(".")[2] for path in self.readings if path.startswith(f"{name}.")]
        if text not in self.readings:
            raise NoName(unknown("reading", quantity, known, f" of {name}"))
        if text not in self.measured:
            step = f"{{instrument: {name}, measure: {quantity}, every: 100 ms}}"
            raise NoName(f"nothing measures {text} in this scenario; expected a step such as '{step}'; add it")
        return InstrumentRef(name, quantity, self.readings[text].unit)

    def _by_vss(self, text: str) -> Reference:
        mapped = [(message, signal) for message in self.messages for signal in message.signals if signal.vss]
        found = [pair for pair in mapped if pair[1].vss == text]
        if len(found) == 1:
            message, signal = found[0]
            return SignalRef(message.bus, message.name, signal.name, signal.unit)
        if found:
            names = " or ".join(f"{message.path}.{signal.name}" for message, signal in found)
            raise NoName(f"'{text}' is carried by several signals; write {names}")
        self._refuse_absent([message for message in self.absent if any(s.vss == text for s in message.signals)])
        known = list(dict.fromkeys(signal.vss or "" for _, signal in mapped))
        raise NoName(f"no signal carries '{text}'; expected a VSS path that a database maps{suggestion(text, known)}")

    def _refuse_absent(self, found: list[MessageLayout]) -> None:
        if found:
            message = found[0]
            raise NoName(
                f"nobody sends {message.path}: {message.sender} is absent from this rig's vehicle ({self.vehicle}); "
                "expected a message of an ECU that is there, or another rig"
            )

    def _near_signal(self, text: str) -> str:
        """Names that end like the text: somebody left out the message, or wrote the plant's name without `model.`."""
        signals = {f"{message.name}.{one.name}": one.name for message in self.messages for one in message.signals}
        last = text.rpartition(".")[2]
        close = nearest(last, [*signals.values(), *(name.removeprefix("model.") for name in self.model)])
        full = [path for one in dict.fromkeys(close) for path, name in signals.items() if name == one]
        full += [name for name in self.model if name.removeprefix("model.") in close]
        return asked(full[:3])


def signal_range(signal: SignalLayout) -> Range:
    """The values of a signal: a state where its labels lie among its values; else they only say "not available"."""
    low, high = signal.minimum, signal.maximum
    if low is None or high is None:
        lowest = -(1 << signal.length - 1) if signal.signed else 0
        ends = [raw * signal.factor + signal.offset for raw in (lowest, lowest + (1 << signal.length) - 1)]
        low, high = (None, None) if signal.is_float else (min(ends), max(ends))
    physical = [raw * signal.factor + signal.offset for raw, _ in signal.labels]
    inside = any((low is None or low <= value) and (high is None or value <= high) for value in physical)
    states = plain(signal.unit) and inside
    return Range(signal.unit, tuple(label for _, label in signal.labels), states, low, high)
