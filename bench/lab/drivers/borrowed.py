"""A driver of PyMeasure in place of ours: the few words that the bench needs, found among its properties.

It talks through our session, so its answers are marked, checked and bounded like all others. What is set is read back
through the same property; what is measured is measured twice.
Its properties have no common names; the usual ones are known, others are named by options of the rig file
(`set_voltage: voltage_setpoint`). A channel is one of its attributes (`channel: ch_1`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import RigError
from bench.lab.drivers.options import Value
from bench.lab.exchange import text
from bench.lab.forms import close
from bench.lab.identity import Identity
from bench.lab.session import Session
from bench.model.instant import S
from bench.model.waveform import Waveform
from bench.plugins import named

PREFIXES = ("pymeasure.", "pymeasure:")

SET: Mapping[str, tuple[str, ...]] = {
    "voltage": ("voltage_setpoint", "voltage_level", "source_voltage", "voltage"),
    "current_limit": ("current_limit", "current_setpoint", "source_current_compliance", "current"),
    "output": ("output_enabled", "output", "source_enabled"),
    "ovp": ("over_voltage_limit", "voltage_protection", "ovp", "overvoltage_protection"),
    "ocp": ("over_current_limit", "current_protection", "ocp"),
}
READ: Mapping[str, tuple[str, ...]] = {
    "voltage": ("voltage_dc", "measure_voltage", "measured_voltage", "voltage"),
    "current": ("current_dc", "measure_current", "measured_current", "current"),
    "resistance": ("resistance", "measure_resistance"),
    "power": ("power", "measure_power"),
}
OPTIONS: Mapping[str, Value] = {
    "channel": "",
    "duration": 0.2,
    "uncertainty": 0.01,
    **{f"set_{name}": "" for name in SET},
    **{f"read_{name}": "" for name in READ},
}
"""Besides names: how long two measurements take (s), and their uncertainty as a share of the reading."""

WITHIN = 0.01
"""How far what is read back may lie from what was set, in the unit of either."""


class Borrowed:
    """An instrument of PyMeasure."""

    __slots__ = ("_options", "_part", "_whole", "session")  # a name that it does not have cannot be set by mistake

    def __init__(self, session: Session, driver: str, options: Mapping[str, Value]) -> None:
        self.session = session
        self._options = options
        instrument: Any = _class_of(session.name, driver)(_adapter(session))
        channel = str(options["channel"])
        self._whole = instrument
        self._part: Any = getattr(instrument, channel) if channel else instrument

    @property
    def idn(self) -> Identity:
        """Who it says that it is."""
        return self.session.identity

    @property
    def voltage(self) -> float:
        """The voltage that is set, V."""
        return float(self._get("voltage"))

    @voltage.setter
    def voltage(self, volts: float) -> None:
        self._set("voltage", float(volts))

    @property
    def current_limit(self) -> float:
        """The current limit, A."""
        return float(self._get("current_limit"))

    @current_limit.setter
    def current_limit(self, amperes: float) -> None:
        self._set("current_limit", float(amperes))

    @property
    def output(self) -> bool:
        """Whether the output is on."""
        return bool(self._get("output"))

    @output.setter
    def output(self, on: bool | str) -> None:
        self._set("output", on in (True, "on"))

    @property
    def ovp(self) -> float:
        """The voltage at which the output goes off, V."""
        return float(self._get("ovp"))

    @ovp.setter
    def ovp(self, volts: float) -> None:
        self._set("ovp", float(volts))

    @property
    def ocp(self) -> float:
        """The current at which the output goes off, A."""
        return float(self._get("ocp"))

    @ocp.setter
    def ocp(self, amperes: float) -> None:
        self._set("ocp", float(amperes))

    def begin(self, quantity: str) -> None:
        """See that it measures this; a property measures when it is read."""
        self._property("read", quantity, READ)

    def fetch(self, quantity: str) -> tuple[float, float]:
        """The mean of two measurements, and an uncertainty that holds both."""
        name = self._property("read", quantity, READ)
        first, second = float(getattr(self._part, name)), float(getattr(self._part, name))
        share = float(self._options["uncertainty"])
        return (first + second) / 2, share * max(abs(first), abs(second)) + abs(first - second) / 2

    def duration(self, quantity: str) -> int:
        """What the rig file states, ns."""
        return round(float(self._options["duration"]) * S)

    def errors(self) -> tuple[str, ...]:
        """What its error queue holds, oldest first."""
        return self.session.errors()

    def play(self, waveform: Waveform) -> None:
        """Properties know no lists."""
        raise ValueError(f"{self.session.name}: a driver of PyMeasure plays nothing here; take one of the bench's own")

    def arm(self) -> None:
        """Nothing to arm."""

    def trigger(self) -> None:
        """Nothing to trigger."""

    def off(self) -> None:
        """Switch the output off, where there is one, and see that it is."""
        if self._found("set", "output", SET):
            self.output = False

    def release(self) -> None:
        """Let the resource go."""
        self.session.close()

    def _get(self, name: str) -> Any:
        found = self._property("set", name, SET)
        first, second = getattr(self._part, found), getattr(self._part, found)
        if first != second:
            raise RigError(
                f"{self.session.name}: {found} is {first!r} and then {second!r}; expected the same; check the line"
            )
        return first

    def _set(self, name: str, value: float | bool) -> None:
        setattr(self._part, self._property("set", name, SET), value)
        found = self._get(name)
        if not close(float(value), float(found), WITHIN):
            raise RigError(
                f"{self.session.name}: {name} is {found!r} after {value!r} was set; expected that; is it in range?"
            )

    def _property(self, verb: str, name: str, known: Mapping[str, Sequence[str]]) -> str:
        found = self._found(verb, name, known)
        if not found:
            tried = ", ".join(known.get(name, ())) or "none"
            raise RigError(
                f"{self.session.name}: {type(self._whole).__name__} of PyMeasure has no property for '{name}' (tried: "
                f"{tried}); name it by option '{verb}_{name}' in the rig file, and its channel by 'channel'"
            )
        return found

    def _found(self, verb: str, name: str, known: Mapping[str, Sequence[str]]) -> str:
        chosen = str(self._options.get(f"{verb}_{name}", ""))
        tried = (chosen,) if chosen else known.get(name, ())
        # Looked up on the class: asking the object would ask the instrument.
        return next((one for one in tried if hasattr(type(self._part), one)), "")


def _class_of(name: str, driver: str) -> Any:
    """`pymeasure.keysight.KeysightE36312A` -> that class of pymeasure.instruments.keysight."""
    family, _, kind = driver.removeprefix("pymeasure").lstrip(".:").rpartition(".")
    try:
        return named(f"pymeasure.instruments.{family}" if family else "pymeasure.instruments", kind)
    except (ImportError, AttributeError) as fault:
        raise RigError(
            f"{name}: no driver '{driver}': {fault}; expected pymeasure.MAKER.CLASS, such as "
            "pymeasure.keysight.KeysightE36312A; is PyMeasure installed?"
        ) from fault


def _adapter(session: Session) -> Any:
    """What PyMeasure calls an adapter: the way to an instrument."""
    from pymeasure.adapters import Adapter

    class SessionAdapter(Adapter):  # type: ignore[misc]  # so its classes are Any
        """Lines through our session."""

        def _write(self, command: str) -> None:
            if "?" in command:
                session.ask(command)
            else:
                session.write(command)

        def _read(self) -> str:
            return ";".join(map(text, session.answer()))

    return SessionAdapter()
