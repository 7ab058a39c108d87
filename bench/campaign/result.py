"""What a campaign keeps of one run: enough to compare, to count and to say what decided it."""

from dataclasses import dataclass

from bench.model.plan import Plan
from bench.model.run import Run
from bench.model.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Result:
    """One run in short. `digest` is that of the trace; `simulated` and `wall` are times in ns.

    `decisive` is the verdict that made the outcome, `broken` the bench's own failure in one line, or empty.
    """

    scenario: str
    seed: int
    defects: tuple[str, ...]
    outcome: Outcome
    digest: str = ""
    simulated: int = 0
    wall: int = 0
    decisive: Verdict | None = None
    broken: str = ""


def result(run: Run) -> Result:
    """A run in short."""
    return Result(
        scenario=run.plan.scenario,
        seed=run.plan.seed,
        defects=run.plan.defects,
        outcome=run.outcome,
        digest=run.trace.digest(),
        simulated=run.trace.closed_at,
        wall=run.surroundings.wall,
        decisive=decisive(run.verdicts),
        broken=run.surroundings.broken,
    )


def broken(plan: Plan, failure: Exception) -> Result:
    """What is left of a run that the bench could not finish or judge."""
    words = f"{type(failure).__name__}: {failure}"
    return Result(plan.scenario, plan.seed, plan.defects, Outcome.ERROR, broken=words)


def closeness(verdict: Verdict) -> tuple[int, bool, float]:
    """Sorts verdicts: the worst first; of failures what came first, of passes what was closest to failing.

    What fails later may be a consequence. A pass exactly at the limit is no close call but a value that may only be the
    one that it is, such as no reset.
    """
    relative, at = verdict.margin.relative or 0.0, verdict.at
    if verdict.outcome is Outcome.PASS:
        return -verdict.outcome, relative == 0.0, relative
    return -verdict.outcome, at is None, at or 0


def decisive(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    """The verdict that made the outcome."""
    return min(verdicts, key=closeness, default=None)


def reason(found: Result) -> str:
    """What decided a run, in one sentence."""
    if found.broken or found.decisive is None:
        return found.broken or "no expectation was judged"
    return f"{found.decisive.id}: {found.decisive.why}"
