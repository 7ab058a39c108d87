"""The page that shows doors and outside temperature: how long the unit is busy with drawing it."""

from collections.abc import Callable

from bench.model.expression import Value
from bench.model.instant import MS

Drawing = Callable[[Value, Value], int]
"""(DoorsOpen, AmbientTemp) -> time, ns."""


def drawing(_doors: Value, _ambient: Value) -> int:
    """The time does not depend on the content, and is less than a task's period."""
    return 4 * MS
