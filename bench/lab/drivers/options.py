"""Options of an instrument in a rig file: names that its driver knows, each in the type of its default."""

from collections.abc import Mapping

from bench.errors import RigError
from bench.model.lab import InstrumentPlan

Value = float | int | str | bool

SESSION: Mapping[str, Value] = {"timeout": 2.0, "compound": True}
"""What every driver takes: how long an answer may take (s), and whether several units may stand in one message."""


def options(plan: InstrumentPlan, own: Mapping[str, Value]) -> dict[str, Value]:
    """All options of a driver, with the values of the plan; RigError for one that it does not know or cannot use."""
    found = dict(SESSION) | dict(own)
    for name, value in plan.options:
        if name not in found:
            raise RigError(f"{plan.name}: no option '{name}'; its driver has {', '.join(found)}; correct the rig file")
        default = found[name]
        expected = float if isinstance(default, float) else type(default)
        number = expected is float and isinstance(value, int) and not isinstance(value, bool)
        if not number and type(value) is not expected:
            raise RigError(f"{plan.name}: option '{name}' is {value!r}; expected something like {default!r}")
        found[name] = float(value) if number else value
    return found
