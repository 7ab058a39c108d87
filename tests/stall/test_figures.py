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

MOST_ATTEMPTS = 3
"""So many runs are tried for each one that is wanted without stalls."""

CHECKS = 16
"""Expectations of the scenario."""

Job = tuple[str, list[Stall]]


def experiment(jobs: list[Job], lanes: int, enough: int) -> Count:
    """Do the runs, so many at a time, and count, until so many checks were clear of whatever disturbs."""
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

    count = Count()
    sentinel.start()
    try:
        with ThreadPoolExecutor(lanes) as pool:
            for place in range(0, len(jobs), lanes):
                for run in pool.map(do, jobs[place : place + lanes]):
                    weigh(count, plans[run.variant], told[run.variant], run)
                if count.clean >= enough:
                    break
    finally:
        sentinel.stop()
        for bench in benches:
            bench.close()
    return count


def test_simulated_time_says_what_is_true():
    """Of each variant exactly the checks fail that must find it."""
    failing = {variant: sorted(truth(variant).evidence) for variant in VARIANTS}

    assert failing["healthy"] == []
    assert failing["defect"] == ["no_call", "no_call_later"]
    assert {"cycle_gears", "counter_gears"} >= set(failing["dropped"]) >= {"cycle_gears"}
    assert failing["frozen"] == ["counter_button"]


def test_stalls_from_outside_are_never_blamed_on_an_ecu_and_hide_nothing(counts, capfd):
    chance = Random(20)
    jobs = [drawn(chance, number) for number in range(counts[0])]
    count = experiment(jobs, lanes=2, enough=CHECKS * len(jobs))
    with capfd.disabled():
        sys.stdout.write("\n".join(("", "with stalls:", *count.rows(), "")))

    assert not count.broken
    assert not count.false_fails
    assert not count.false_passes
    assert not count.unseen
    assert count.clean - count.kept <= allowed(count.clean)
    assert count.failed == count.failing
    if not count.failing:
        pytest.skip("the host itself stood still so often that no defect lay clear of all stalls")


def test_without_stalls_hardly_anything_is_undecided(counts, capfd):
    """A host that stands still by itself is a stall too: what it touched does not count, and more is done instead."""
    enough = CHECKS * counts[1] * 3 // 4
    jobs: list[Job] = [(VARIANTS[number % len(VARIANTS)], []) for number in range(MOST_ATTEMPTS * counts[1])]
    count = experiment(jobs, lanes=1, enough=enough)
    with capfd.disabled():
        sys.stdout.write("\n".join(("", "without stalls:", *count.rows(), "")))

    assert not count.broken
    assert not count.false_fails
    assert not count.false_passes
    assert count.clean - count.kept <= MOST_INCONCLUSIVE * count.clean
    if count.clean < enough:
        pytest.skip(
            f"the host itself stood still so often that only {count.clean} of {enough} checks were without stalls"
        )


def allowed(checks: int) -> int:
    """How many of so many clear checks may be undecided: one in a hundred, and one where there are not so many."""
    return max(1, round(MOST_INCONCLUSIVE * checks))
