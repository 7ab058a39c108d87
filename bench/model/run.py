"""A finished run: everything that a report needs, and enough to judge the trace again."""

from dataclasses import dataclass

from bench.model.health import UNDISTURBED, Health
from bench.model.plan import Plan
from bench.model.trace import Trace
from bench.model.verdict import Outcome, Verdict, worst


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a run took place. Not part of any digest: two runs of one trace may differ here.

    `versions` are (package, version); `wall` is the wall time of the execution in ns; `interrupted` says that the
    user ended the run; `broken` is the bench's own failure in one line, or empty. `host` is what the host gave the
    bench, as (what, how much), and `warnings` say before the run what this host or these stamps cannot do.
    `programs` are the ECUs that were programs, as (ECU, the last of what it said).
    """

    versions: tuple[tuple[str, str], ...]
    pace: str
    wall: int
    interrupted: bool = False
    broken: str = ""
    host: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    programs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Run:
    """One scenario, executed and judged; `health` is how well the bench kept time, empty in simulated time."""

    plan: Plan
    trace: Trace
    verdicts: tuple[Verdict, ...]
    surroundings: Surroundings
    health: Health = UNDISTURBED

    @property
    def outcome(self) -> Outcome:
        """The worst verdict; ERROR when the bench broke, at best INCONCLUSIVE when the run was cut short."""
        if self.surroundings.broken:
            return Outcome.ERROR
        floor = Outcome.PASS if self.trace.complete else Outcome.INCONCLUSIVE
        return max(floor, worst(self.verdicts))
