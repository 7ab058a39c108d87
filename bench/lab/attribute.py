"""One SCPI line is one attribute: typed, with its unit and range, and read back after it was set.

    class Supply:
        voltage = Attribute(Number("V", within=0.01), get="VOLT?", set="VOLT {value}")

`supply.voltage = 12.5` sends `VOLT 12.5;:VOLT?` and believes only what comes back. Lines may name the fields of their
instrument, such as `{channel}`.
"""

from collections.abc import Mapping
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from bench.errors import RigError
from bench.lab.forms import Form
from bench.lab.session import Session

V = TypeVar("V")


class Wired(Protocol):
    """What an attribute needs of its instrument: the session, and the fields that its lines name."""

    @property
    def session(self) -> Session: ...
    @property
    def fields(self) -> Mapping[str, str]: ...


class Attribute(Generic[V]):
    """A line that gets something (`get`, a query) and one that sets it (`set`, with `{value}`); one may be missing."""

    def __init__(self, form: Form[V], *, get: str = "", set: str = "") -> None:
        self.form = form
        self.getter = get
        self.setter = set
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Self: ...
    @overload
    def __get__(self, owner: Wired, kind: type[Any]) -> V: ...
    def __get__(self, owner: Wired | None, kind: type[Any]) -> "Self | V":
        if owner is None:
            return self
        if not self.getter:
            raise AttributeError(f"{owner.session.name}: {self.name} can be set, not read; remember what was set")
        line = self.getter.format_map(owner.fields)
        return self._read(owner, line, owner.session.query(line))

    def __set__(self, owner: Wired, value: V) -> None:
        who = owner.session.name
        if not self.setter:
            raise AttributeError(f"{who}: {self.name} can be read, not set; set something else")
        try:
            wanted = self.form.valid(value)
        except ValueError as expected:
            raise ValueError(f"{who}: {self.name} is {value!r}; expected {expected}; set one of those") from None
        line = self.setter.format_map({**owner.fields, "value": self.form.written(wanted)})
        if not self.getter:
            owner.session.write(line)
            return
        query = self.getter.format_map(owner.fields)
        found = self._read(owner, query, owner.session.change(line, query))
        if not self.form.agree(wanted, found):
            raise RigError(
                f"{who}: {line!r} was sent, and {query!r} then gave {found!r}; expected {wanted!r}; "
                "is that in the instrument's range, and is nobody else setting it?"
            )

    def _read(self, owner: Wired, line: str, answer: str) -> V:
        try:
            return self.form.read(answer.strip())
        except ValueError:
            raise RigError(
                f"{owner.session.name}: {line!r} was answered by {answer!r}, which is no {self.name}; "
                f"expected {type(self.form).__name__.lower()}; is the driver one for this instrument?"
            ) from None


def attributes(instrument: object) -> dict[str, "Attribute[Any]"]:
    """The attributes of an instrument by name, in the order of its class."""
    return {name: one for name, one in vars(type(instrument)).items() if isinstance(one, Attribute)}
