"""Campaigns: worker processes, the table of defects, seeds and the verb, with one defect and one seed."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from busy_scenario import written

from bench.__main__ import main
from bench.campaign.plans import is_long, plans
from bench.campaign.result import Result, decisive, reason, result
from bench.campaign.seeds import alarms, figures, seeded
from bench.campaign.strength import Row, Scope, rows, surprises, trials
from bench.campaign.table import document, short, table
from bench.campaign.workers import executed
from bench.errors import BenchBug, ScenarioError
from bench.model.verdict import Margin, Outcome, Verdict
from bench.report.summary import margin
from bench.run.defects import catalogue
from bench.run.execute import execute

ROOT = Path(__file__).parents[1]
PASS, NONE, INCONCLUSIVE, FAIL, ERROR = Outcome


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A scenario of three seconds."""
    (found,) = plans([written(tmp_path_factory.mktemp("busy"))])
    return found


def verdict(outcome=PASS, relative=None, name="E1", at=None):
    """A verdict with a margin."""
    return Verdict(name, outcome, f"why {name}", f"expected | of {name}", margin=Margin(relative=relative), at=at)


def found(scenario="one", outcome=PASS, seed=0, digest="", defects=(), decided=None, broken=""):
    """A result that no run made."""
    return Result(scenario, seed, defects, outcome, digest, 10, 5, decided, broken)


# ---- worker processes -------------------------------------------------------------------------------------------


def test_a_worker_finds_what_the_same_plan_gives_here(plan):
    told = []
    mixed = [replace(plan, seed=seed, jitter=True) for seed in (3, 4)]
    ours = result(execute(mixed[0]))

    theirs = executed(mixed, 2, told.append)

    assert [one.seed for one in theirs] == [3, 4]
    assert sorted(told, key=lambda one: one.seed) == theirs
    assert replace(theirs[0], wall=0) == replace(ours, wall=0)
    assert theirs[0].digest != theirs[1].digest


def test_a_run_that_breaks_the_bench_is_one_result_and_the_others_go_on(plan):
    wrong = replace(plan, rig=replace(plan.rig, vehicle="hovercraft"))

    broke, fine = executed([wrong, plan], 1)

    assert (broke.outcome, fine.outcome) == (ERROR, PASS)
    assert "hovercraft" in broke.broken


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_is_told_with_what_it_had_to_do(plan):
    with pytest.raises(BenchBug, match=r"worker process for busy \(seed 77, defects \(\)\) died with exit code 9"):
        executed([replace(plan, title=Deadly()), plan], 2)


def test_no_plans_need_no_worker():
    assert executed([], 4) == []


# ---- results ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "name"),
    [
        ([(PASS, 0.5, "a"), (PASS, 0.1, "b")], "b"),
        ([(PASS, 0.0, "a"), (PASS, None, "b"), (PASS, 0.9, "c")], "c"),
        ([(PASS, 0.1, "a", 5), (FAIL, -0.5, "b", 20), (FAIL, -0.1, "c", 10)], "c"),
        ([(FAIL, -0.5, "a"), (FAIL, None, "b", 10)], "b"),
        ([(FAIL, None, "a"), (PASS, 0.1, "b"), (INCONCLUSIVE, None, "c")], "a"),
        ([(NONE, None, "a"), (PASS, 0.1, "b")], "a"),
    ],
)
def test_the_worst_verdict_decides_and_of_several_the_first_to_fail_or_the_closest_to_it(verdicts, name):
    assert decisive(tuple(verdict(*one) for one in verdicts)).id == name


def test_the_reason_of_a_run_is_its_verdicts_or_what_broke():
    assert reason(found(decided=verdict())) == "E1: why E1"
    assert reason(found(broken="it burns", decided=verdict())) == "it burns"
    assert reason(found()) == "no expectation was judged"


# ---- strength ---------------------------------------------------------------------------------------------------


@pytest.fixture
def scenarios(plan):
    """Three scenarios, of which one is long."""
    (last,) = plan.phases[-1:]
    long = replace(plan, scenario="long", phases=(replace(last, duration=901_000_000_000),))
    return [replace(plan, scenario="one"), replace(plan, scenario="two"), long]


CHOSEN = [Row("ECU.M1@2s", "one", FAIL), Row("ECU.M1@1s", "one", PASS), Row("ECU.M2@x", "long", FAIL)]


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (Scope.MEANT, ["one", "long", "one", "one", "long"]),
        (Scope.SHORT, ["one", "two", "long", "one", "two", "one", "two", "one", "two", "long"]),
        (Scope.ALL, ["one", "two", "long"] * 4),
    ],
)
def test_each_defect_is_tried_where_it_is_meant_and_elsewhere_as_asked(scenarios, scope, wanted):
    tried = trials(scenarios, CHOSEN, scope)

    assert [is_long(one) for one in scenarios] == [False, False, True]
    assert [trial.plan.scenario for trial in tried] == wanted
    assert all(trial.plan.defects == ((trial.switch,) if trial.switch else ()) for trial in tried)
    assert [(trial.switch, trial.expected) for trial in tried if trial.meant] == [
        ("ECU.M1@2s", FAIL), ("ECU.M1@1s", PASS), ("ECU.M2@x", FAIL)
    ]  # fmt: skip
    assert {trial.expected for trial in tried if not trial.switch} == {PASS}
    assert all(trial.expected is None for trial in tried if trial.switch and not trial.meant)


def test_a_defect_that_is_meant_for_no_scenario_is_refused(scenarios):
    with pytest.raises(ScenarioError, match=r"defect ECU\.M3@x is meant for the scenario 'three', which is not there"):
        trials(scenarios, [Row("ECU.M3@x", "three", FAIL)], Scope.MEANT)


def test_what_comes_out_otherwise_than_meant_is_told(scenarios):
    tried = trials(scenarios, CHOSEN, Scope.MEANT)
    outcomes = [PASS, INCONCLUSIVE, PASS, FAIL, ERROR]
    results = [found(one.plan.scenario, outcome) for one, outcome in zip(tried, outcomes, strict=True)]

    assert surprises(tried, results) == [
        "healthy in long: inconclusive, expected pass; no expectation was judged",
        "ECU.M1@2s in one: pass, expected fail; no expectation was judged",
        "ECU.M1@1s in one: fail, expected pass; no expectation was judged",
        "ECU.M2@x in long: error, expected fail; no expectation was judged",
    ]


def test_elsewhere_any_verdict_is_welcome_but_a_broken_bench_is_not(scenarios):
    tried = trials(scenarios, CHOSEN[:1], Scope.SHORT)
    elsewhere = [one for one in tried if one.switch and not one.meant]

    assert surprises(elsewhere, [found("two", FAIL)]) == []
    assert surprises(elsewhere, [found("two", ERROR, broken="it burns")]) == ["ECU.M1@2s in two: error; it burns"]


def test_all_strengths_of_all_defects_are_rows():
    everything = rows()
    first = rows(first_only=True)

    assert len(everything) == sum(len(defect.fails) + len(defect.passes) for defect in catalogue())
    assert all(sum(row.switch.startswith(f"{defect.id}@") for row in first) == 1 + len(defect.passes)
               for defect in catalogue())  # fmt: skip
    assert set(first) < set(everything)


def test_each_defect_has_two_strengths_that_fail():
    assert [defect.id for defect in catalogue() if len(set(defect.fails)) < 2] == []


def test_the_table_has_a_row_for_each_switch_and_a_bold_mark_where_it_is_meant(scenarios):
    tried = trials(scenarios, CHOSEN, Scope.SHORT)
    marks = [PASS, PASS, PASS, FAIL, PASS, PASS, PASS, NONE, INCONCLUSIVE, FAIL]
    results = [found(one.plan.scenario, outcome) for one, outcome in zip(tried, marks, strict=True)]

    assert table(tried, results) == [
        "| | one | two | long |",
        "|---|:-:|:-:|:-:|",
        "| healthy | . | . | . |",
        "| ECU.M1@2s | **F** | . |   |",
        "| (ECU.M1@1s) | **.** | . |   |",
        "| ECU.M2@x | n | i | **F** |",
    ]


def test_the_page_says_what_decided_and_what_was_left_out(scenarios):
    tried = trials(scenarios, CHOSEN[:1], Scope.MEANT)
    results = [found("one"), found("one", FAIL, decided=verdict(FAIL, -0.25))]

    page = document(tried, results, ["long"], margin)

    assert "Left out because they take long (`--all` includes them): long." in page
    assert r"| ECU.M1@2s | one | fail | E1: expected \| of E1 | 25 % beyond |" in page
    assert page.endswith("|\n")


def test_columns_are_short_where_that_is_enough():
    assert short(["ivi_01_rear_view", "nw_05_alive", "udds"]) == ["ivi 01", "nw 05", "udds"]
    assert short(["ivi_01_a", "ivi_01_b"]) == ["ivi_01_a", "ivi_01_b"]


def test_the_stored_table_is_of_these_defects_and_scenarios():
    """That its marks are right is for `tox run -e campaign` to say."""
    page = (ROOT / "docs" / "strength.md").read_text()
    switches = re.findall(r"^\| \(?(\w+\.\w+@[\w.]+)\)? \|(?: +[.FniE*]+ +\|| +\|)+$", page, re.MULTILINE)
    heads = re.search(r"^\| \|(.*)\|$", page, re.MULTILINE)[1]

    assert switches == [row.switch for row in rows()]
    assert [head.strip() for head in heads.split("|")] == short([one.scenario for one in plans() if not is_long(one)])


# ---- seeds ------------------------------------------------------------------------------------------------------


def test_long_scenarios_get_fewer_seeds(scenarios):
    chosen = seeded(scenarios, 3, 1)

    assert [(one.scenario, one.seed) for one in chosen] == [
        ("one", 0), ("one", 1), ("one", 2), ("two", 0), ("two", 1), ("two", 2), ("long", 0)
    ]  # fmt: skip
    assert all(one.jitter and not one.defects for one in chosen)


def test_an_alarm_is_any_verdict_but_a_pass_and_any_trace_that_comes_twice():
    results = [
        found("one", seed=0, digest="a"), found("one", seed=1, digest="b"), found("one", seed=2, digest="a"),
        found("two", seed=0, digest="a"), found("two", NONE, seed=1, digest="c", decided=verdict(NONE)),
    ]  # fmt: skip

    assert alarms(results) == ["two seed 1: none; E1: why E1", "one: the seeds 0, 2 gave the same trace, a"]
    assert alarms(results[:2]) == []


def test_the_figures_of_a_scenario_name_its_closest_run():
    results = [
        found("one", seed=0, digest="a", decided=verdict(PASS, 0.3)),
        found("one", seed=1, digest="b", decided=verdict(PASS, 0.1)),
        found("two", seed=0, digest="a", decided=verdict(PASS, 0.3)),
        found("two", FAIL, seed=1, digest="a", decided=verdict(FAIL, -0.1)),
    ]
    one, two = figures(results)

    assert (one.runs, one.passed, one.distinct, one.closest.seed, one.simulated, one.wall) == (2, 2, 2, 1, 20, 10)
    assert (two.runs, two.passed, two.distinct, two.closest.seed) == (2, 1, 1, 1)


# ---- the verb ---------------------------------------------------------------------------------------------------


def test_one_defect_in_the_scenario_that_is_meant_for_it(capsys, tmp_path):
    stored = tmp_path / "strength.md"

    words = ["--meant", "--only", "ivi_01*", "--defect", "IVI.M01", "--jobs", "2", "--write", str(stored)]
    code = main(["campaign", "strength", *words])
    said = capsys.readouterr().out

    assert code == 0, said
    for line in ("| healthy | . |", "| IVI.M01@2.6s | **F** |", "| (IVI.M01@1.9s) | **.** |"):
        assert line in said
        assert line in stored.read_text()
    assert re.search(r"^4 runs in \d+ s with 2 workers$", said, re.MULTILINE)


def test_one_seed_of_one_scenario(capsys):
    code = main(["campaign", "seeds", "--seeds", "1", "--only", "ivi_01*", "--jobs", "1"])
    said = capsys.readouterr().out

    assert code == 0, said
    assert re.match(r"ivi_01\w+ +1 of 1 pass, 1 distinct traces, ", said)


def test_an_alarm_gives_exit_code_1(capsys, tmp_path):
    file = written(tmp_path)
    file.write_text(file.read_text().replace('"model.speed > 45 km/h"', '"model.speed > 99 km/h"'))

    code = main(["campaign", "seeds", str(file), "--seeds", "1", "--jobs", "1"])
    said = capsys.readouterr().out

    assert code == 1
    assert "1 not as expected:" in said
    assert "busy seed 0: fail; moves: " in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["strength", "--only", "nobody"], "no scenario is called 'nobody'"),
        (["strength", "--defect", "IVI.M99"], "no defect is called IVI.M99"),
        (["seeds", "--jobs", "0"], "--jobs 0"),
        (["seeds", "nowhere"], "nowhere"),
    ],
)
def test_wrong_words_give_exit_code_2(capsys, words, told):
    assert main(["campaign", *words]) == 2
    assert told in capsys.readouterr().err
