"""Execution: a plan in, a judged run out. A failing ECU is data; only the bench's own failure is an error."""

from collections.abc import Callable
from importlib.metadata import version
from platform import python_version

from bench import __version__
from bench.clock.calendar import FOREVER
from bench.clock.kernel import Kernel
from bench.clock.pace import Free, Stopwatch
from bench.judge.judge import judge
from bench.model.instant import S
from bench.model.plan import Plan
from bench.model.run import Run, Surroundings
from bench.run.rig import Rig, assemble

PROGRESS_EVERY = 1 * S
"""Simulated time between two calls of `progress`, ns."""


def execute(plan: Plan, progress: Callable[[int], None] | None = None) -> Run:
    """Execute a plan in simulated time and judge what was recorded.

    Ctrl-C ends the run in order and keeps what was recorded. An exception inside the bench does the same, and is
    told in `surroundings.broken`; verdicts are still given for what was recorded.
    """
    pace = Free()
    watch = Stopwatch()
    rig = assemble(plan, pace)
    interrupted, broken = _run(rig, progress)
    end = int(rig.kernel.now)
    trace = rig.recorder.close(end, complete=not interrupted and not broken)
    surroundings = Surroundings(versions(), pace.name, watch.elapsed(), interrupted, broken)
    return Run(plan, trace, judge(plan, trace), surroundings)


def _run(rig: Rig, progress: Callable[[int], None] | None) -> tuple[bool, str]:
    kernel: Kernel = rig.kernel
    try:
        while not kernel.stopped:
            kernel.run_until(min(int(kernel.now) + PROGRESS_EVERY, FOREVER))
            if progress is not None:
                progress(int(kernel.now))
    except KeyboardInterrupt:
        return True, ""
    except Exception as failure:  # noqa: BLE001  # the bench broke: the run says so, with what was recorded until then
        return False, f"{type(failure).__name__}: {failure}"
    finally:
        kernel.close()
    return False, ""


def versions() -> tuple[tuple[str, str], ...]:
    """What was used: the bench, Python, and the libraries whose behaviour a result depends on."""
    libraries = tuple((name, version(name)) for name in ("simpy", "cantools"))
    return (("ecubench", __version__), ("python", python_version()), *libraries)
