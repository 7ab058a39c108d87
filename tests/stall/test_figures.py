"""The figures of the experiment: stalls from outside bring doubt, and neither a false FAIL nor a false PASS.

`tox run -e stall` takes a quarter of an hour; `tox run -e stall -- --slice` is what `.ci/run` calls. Both print.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import local
from time import monotonic_ns

import pytest
from experiment import Bench, Count, Sentinel, Stall, drawn, truth, weigh
from variants import VARIANTS, planned

MOST_INCONCLUSIVE = 0.01
"""Share of the checks that may be undecided though nobody disturbed the bench."""

MOST_ATTEMPTS = 4
"""So many runs are tried for each one that is wanted without stalls."""


Job = tuple[str, list[Stall]]


def experiment(jobs: list[Job], undisturbed: int = 0) -> tuple[Count, int]:
    """Do the runs, two at a time, and count.

    With `undisturbed` those count in which the host itself did not stand still, until there are so many; gives also
    how many were set aside because it did.
    """
    told = {variant: truth(variant) for variant in VARIANTS}
    plans = {variant: planned(variant, "free") for variant in VARIANTS}
    mine = local()
    benches: list[Bench] = []
    sentinel = Sentinel()

    def do(job: Job):
        if not hasattr(mine, "bench"):
            mine.bench = Bench()
            benches.append(mine.bench)
        begin = monotonic_ns()
        run = mine.bench.run(*job)
        return replace(run, host=sentinel.saw(begin, monotonic_ns()))

    count, aside = Count(), 0
    sentinel.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            for place in range(0, len(jobs), 2):
                for run in pool.map(do, jobs[place : place + 2]):
                    if undisturbed and run.host:
                        aside += 1
                    else:
                        weigh(count, plans[run.variant], told[run.variant], run)
                if 0 < undisturbed <= count.runs:
                    break
    finally:
        sentinel.stop()
        for bench in benches:
            bench.close()
    return count, aside


def test_simulated_time_says_what_is_true():
    """Of each variant exactly the checks fail that must find it."""
    failing = {variant: sorted(truth(variant).evidence) for variant in VARIANTS}

    assert failing["healthy"] == []
    assert failing["defect"] == ["no_call", "no_call_later"]
    assert {"cycle_gears", "counter_gears"} >= set(failing["dropped"]) >= {"cycle_gears"}
    assert failing["frozen"] == ["counter_button"]


def test_stalls_from_outside_are_never_blamed_on_an_ecu_and_hide_nothing(counts, capfd):
    chance = Random(20)
    count, _ = experiment([drawn(chance, number) for number in range(counts[0])])
    with capfd.disabled():
        sys.stdout.write("\n".join(("", "with stalls:", *count.rows(), "")))

    assert not count.broken
    assert not count.false_fails
    assert not count.false_passes
    assert not count.unseen
    assert count.clean - count.kept <= max(1, MOST_INCONCLUSIVE * count.clean)
    assert count.failed == count.failing > 0


def test_without_stalls_hardly_anything_is_undecided(counts, capfd):
    """A host that stands still by itself is a stall too, so such runs are set aside and others take their place."""
    jobs: list[Job] = [(VARIANTS[number % len(VARIANTS)], []) for number in range(MOST_ATTEMPTS * counts[1])]
    count, aside = experiment(jobs, counts[1])
    rows = ("", "without stalls:", f"{aside} runs set aside: the host itself stood still", *count.rows(), "")
    with capfd.disabled():
        sys.stdout.write("\n".join(rows))

    assert not count.broken
    assert not count.false_fails
    assert not count.false_passes
    assert count.inconclusive <= MOST_INCONCLUSIVE * count.checks
    if count.runs < counts[1]:
        pytest.skip(
            f"the host stood still in {aside} of {len(jobs)} runs, so that only {count.runs} were without stalls"
        )
