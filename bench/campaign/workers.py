"""Worker processes: plans in, results out in the order of the plans, whoever was first."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from signal import SIG_IGN, SIGINT, signal

from bench.campaign.plans import most
from bench.campaign.result import Result, broken, result
from bench.errors import BenchBug
from bench.model.plan import Plan
from bench.run.execute import execute

Finished = Callable[[Result], None]
"""Called for each result when it is there, in whatever order."""


def executed(plans: Sequence[Plan], workers: int, finished: Finished = lambda _: None) -> list[Result]:
    """Execute and judge each plan, as `bench run` does, on that many processes; gives their results in their order.

    The processes are new interpreters that inherit nothing, so a result cannot depend on what ran before in this one.
    BenchBug when one of them dies; what went wrong inside a run is a result.
    """
    found: dict[int, Result] = {}
    # The longest begin, so that none of them is left over for one process alone.
    waiting = sorted(enumerate(plans), key=lambda one: most(one[1]))
    busy: dict[Connection, int] = {}
    staff: dict[Connection, BaseProcess] = {}
    try:
        for _ in range(min(workers, len(plans))):
            connection, process = _hired()
            staff[connection] = process
            _assign(connection, waiting, busy)
        while busy:
            ready = wait(list(busy))
            for connection in [one for one in busy if one in ready]:
                number = busy.pop(connection)
                found[number] = _received(connection, staff[connection], plans[number])
                finished(found[number])
                _assign(connection, waiting, busy)
    finally:
        for connection, process in staff.items():
            connection.close()
            if connection in busy:
                process.terminate()
        for process in staff.values():
            process.join()
    return [found[number] for number in range(len(plans))]


def _hired() -> tuple[Connection, BaseProcess]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that the death of the worker ends the connection
    return ours, process


def _assign(connection: Connection, waiting: list[tuple[int, Plan]], busy: dict[Connection, int]) -> None:
    if waiting:
        number, plan = waiting.pop()
        busy[connection] = number
        with suppress(BrokenPipeError):  # it has died; that is told when its result does not come
            connection.send(plan)


def _received(connection: Connection, process: BaseProcess, plan: Plan) -> Result:
    try:
        answer = connection.recv()
    except (EOFError, ConnectionResetError) as error:
        process.join()
        told = f"the worker process for {plan.scenario} (seed {plan.seed}, defects {plan.defects}) died"
        raise BenchBug(f"{told} with exit code {process.exitcode}; -9 means that memory ran out") from error
    assert isinstance(answer, Result)
    return answer


def _work(connection: Connection) -> None:
    signal(SIGINT, SIG_IGN)  # Ctrl-C reaches the whole group; whoever gave the work ends it
    with suppress(EOFError):
        while True:
            plan: Plan = connection.recv()
            try:
                answer = result(execute(plan))
            except Exception as failure:  # noqa: BLE001  # a bench that breaks in one run of many is one bad result
                answer = broken(plan, failure)
            connection.send(answer)
