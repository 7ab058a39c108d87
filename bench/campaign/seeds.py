"""Seeds: healthy ECUs under jitter, seed by seed. Nothing may fail, and no two traces may be the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.campaign.plans import is_long
from bench.campaign.result import Result, closeness, reason
from bench.model.plan import Plan
from bench.model.verdict import Outcome


def seeded(plans: Sequence[Plan], seeds: int, long_seeds: int) -> list[Plan]:
    """Each plan with jitter under the seeds 0, 1, 2 ...; the long ones under fewer of them."""
    return [
        replace(plan, seed=seed, jitter=True, defects=())
        for plan in plans
        for seed in range(long_seeds if is_long(plan) else seeds)
    ]


@dataclass(frozen=True)
class Figures:
    """One scenario over its seeds. `closest` is the run that failed worst, or was closest to failing; times in ns."""

    scenario: str
    runs: int
    passed: int
    distinct: int
    closest: Result
    simulated: int
    wall: int


def figures(results: Sequence[Result]) -> list[Figures]:
    """The figures of each scenario, in the order of the results."""
    found = []
    for scenario in dict.fromkeys(result.scenario for result in results):
        mine = [result for result in results if result.scenario == scenario]
        found.append(
            Figures(
                scenario=scenario,
                runs=len(mine),
                passed=sum(result.outcome is Outcome.PASS for result in mine),
                distinct=len({result.digest for result in mine}),
                closest=min(mine, key=_closeness),
                simulated=sum(result.simulated for result in mine),
                wall=sum(result.wall for result in mine),
            )
        )
    return found


def _closeness(result: Result) -> tuple[int, tuple[int, bool, float]]:
    return -result.outcome, (0, True, 0.0) if result.decisive is None else closeness(result.decisive)


def alarms(results: Sequence[Result]) -> list[str]:
    """One line for each run that did not pass, though the ECUs are healthy, and for each trace that came twice."""
    found = [
        f"{result.scenario} seed {result.seed}: {result.outcome.word}; {reason(result)}"
        for result in results
        if result.outcome is not Outcome.PASS
    ]
    seeds: dict[tuple[str, str], list[int]] = {}
    for result in results:
        if result.digest:
            seeds.setdefault((result.scenario, result.digest), []).append(result.seed)
    for (scenario, digest), same in seeds.items():
        if len(same) > 1:
            found.append(f"{scenario}: the seeds {', '.join(map(str, same))} gave the same trace, {digest[:12]}")
    return found
