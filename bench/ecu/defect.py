"""A defect: one realistic bug as a named override of an ECU's parameters, off by default.

Parameters hold numbers and pure step functions; a defect gives a copy with one of them replaced. Healthy code knows
none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Defect(Generic[P]):
    """One defect of one ECU. `apply(parameters, strength)` gives the defective parameters.

    `fails` are strengths (or variants) with which the scenario `caught_by` must fail, `passes` those inside the
    requirement's limit, with which it must still pass. The first of `fails` is used when none is named.
    """

    id: str
    summary: str
    caught_by: str
    fails: tuple[str, ...]
    apply: Callable[[P, str], P]
    passes: tuple[str, ...] = ()
