"""The table defect x scenario as Markdown."""

from collections.abc import Callable, Sequence

from bench.campaign.result import Result
from bench.campaign.strength import Trial
from bench.model.verdict import Margin, Outcome

MARKS = {Outcome.PASS: ".", Outcome.NONE: "n", Outcome.INCONCLUSIVE: "i", Outcome.FAIL: "F", Outcome.ERROR: "E"}
HEALTHY = "healthy"

HEAD = """\
# What the scenarios catch

Each row is one defect of a virtual ECU at one strength, each column one scenario. **F** fails, **.** passes, **i** is
inconclusive, **n** was never exercised; the bold mark stands where the defect is meant to be caught. A strength in
brackets lies inside its requirement's limit, so the bold mark there has to be a pass. Every mark is a run of its own,
executed and judged as `bench run --defect` does.

Written by `bench campaign strength --write docs/strength.md`; `bench defects` says what each defect is.
"""


def document(
    tried: Sequence[Trial], results: Sequence[Result], left_out: Sequence[str], in_words: Callable[[Margin], str]
) -> str:
    """The page: the table, and what decided each run in the scenario that the defect is meant for."""
    rows = [HEAD]
    if left_out:
        rows.append(f"Left out because they take long (`--all` includes them): {', '.join(left_out)}.\n")
    rows += table(tried, results)
    rows += ["", "## What the scenario that is meant says", ""]
    rows += decided(tried, results, in_words)
    return "\n".join(rows) + "\n"


def table(tried: Sequence[Trial], results: Sequence[Result]) -> list[str]:
    """Rows of marks, the healthy ECUs first; an empty cell was not executed."""
    scenarios = list(dict.fromkeys(result.scenario for result in results))
    cells: dict[str, dict[str, str]] = {}
    for trial, result in zip(tried, results, strict=True):
        mark = MARKS[result.outcome]
        cells.setdefault(_name(trial, tried), {})[result.scenario] = f"**{mark}**" if trial.meant else mark
    heads = short(scenarios)
    lines = [f"| | {' | '.join(heads)} |", f"|---|{':-:|' * len(heads)}"]
    for name, marks in cells.items():
        lines.append(f"| {name} | {' | '.join(marks.get(scenario, ' ') for scenario in scenarios)} |")
    return lines


def decided(tried: Sequence[Trial], results: Sequence[Result], in_words: Callable[[Margin], str]) -> list[str]:
    """A row for each defect in the scenario meant for it: outcome, the expectation that decided, and its margin."""
    lines = ["| | scenario | outcome | expectation | margin |", "|---|---|---|---|---|"]
    for trial, result in zip(tried, results, strict=True):
        if trial.meant:
            verdict = result.decisive
            words = "" if verdict is None else f"{verdict.id}: {verdict.say or verdict.expected}"
            distance = "" if verdict is None else in_words(verdict.margin)
            cells = (_name(trial, tried), result.scenario, result.outcome.word, result.broken or words, distance)
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return lines


def short(scenarios: Sequence[str]) -> list[str]:
    """Names for columns: the first two words of each scenario's, where that tells them apart."""
    heads = [" ".join(name.split("_")[:2]) for name in scenarios]
    return heads if len(set(heads)) == len(heads) else list(scenarios)


def _name(trial: Trial, tried: Sequence[Trial]) -> str:
    if not trial.switch:
        return HEALTHY
    passes = any(one.switch == trial.switch and one.meant and one.expected is Outcome.PASS for one in tried)
    return f"({trial.switch})" if passes else trial.switch


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
