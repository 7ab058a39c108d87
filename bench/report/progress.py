"""What a terminal shows while a scenario runs; it is gone when the scenario is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench.model.plan import Plan


@contextmanager
def shown(plan: Plan) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; the function takes the simulated instant in ns."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[instant]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(plan.scenario, total=length(plan), instant="")

        def progress(now: int) -> None:
            bar.update(task, completed=now, instant=f"{now // 1_000_000_000} s simulated")

        yield progress


def length(plan: Plan) -> int | None:
    """The length of the run in ns; None where a phase ends by a condition, so that nobody can tell."""
    lengths = [None if phase.duration is None else phase.duration * phase.repeat for phase in plan.phases]
    known = [one for one in lengths if one is not None]
    return sum(known) if len(known) == len(lengths) else None
