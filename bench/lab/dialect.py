"""A dialect is a table, header -> feature: the words differ from maker to maker, what lies behind them does not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bench.lab.parameters import Kind, Limits, Value


@dataclass(frozen=True, slots=True)
class Later:
    """A value that is there only at an instant: what a measurement gives. `value` is asked then, not before.

    `due(now)` is that instant, or None as long as nobody knows it, as when a trigger is waited for.
    """

    due: Callable[[int], int | None]
    value: Callable[[int], Value]


@dataclass(frozen=True, slots=True)
class Feature:
    """Something of an instrument that can be asked, set or done, at an instant (ns); each may raise `Refused`.

    `ask` is in place of `get` where the question has a parameter: which channel.
    """

    get: Callable[[int], Value | Later] | None = None
    put: Callable[[Any, int], None] | None = None
    limits: Limits | None = None
    ask: Callable[[Any, int], Value | Later] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a dialect: the header as the manual prints it, the feature that it reaches, what its parameter is.

    With `channel` the list of the one channel may follow, such as `(@1)`.
    """

    header: str
    feature: str
    kind: Kind
    channel: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of instruments speaks: its identity, its table, and how it writes numbers."""

    name: str
    maker: str
    model: str
    rows: tuple[Row, ...]
    digits: str = ".6E"


class Device(Protocol):
    """What lies behind a front, besides its features."""

    def heard(self, at: int) -> None:
        """A line came in."""

    def reset(self, at: int) -> None:
        """Be as after *RST."""

    def trigger(self, at: int) -> None:
        """*TRG; raises `Refused` when nothing waits for it."""

    def busy_until(self, at: int) -> int | None:
        """When all that was begun is done, not after `at` if it is; None while a trigger is waited for."""

    def conditions(self, at: int) -> tuple[int, int]:
        """The operation and the questionable condition register."""
