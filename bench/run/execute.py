"""Execution: a plan in, a judged run out. A failing ECU is data; only the bench's own failure is an error."""

from collections.abc import Callable
from importlib.metadata import version
from platform import python_version

from bench import __version__
from bench.clock.calendar import FOREVER
from bench.clock.host import measure
from bench.clock.kernel import Kernel
from bench.clock.pace import Free, Pace, Stopwatch
from bench.clock.wall import Wall
from bench.judge.judge import judge
from bench.model.health import UNDISTURBED, Health, merged
from bench.model.instant import S
from bench.model.plan import Plan
from bench.model.run import Run, Surroundings
from bench.run.before import doubts_before
from bench.run.rig import Rig, assemble

PROGRESS_EVERY = 1 * S
"""Time of the run between two calls of `progress`, ns."""


def execute(plan: Plan, progress: Callable[[int], None] | None = None) -> Run:
    """Execute a plan at the pace of its rig and judge what was recorded.

    Ctrl-C ends the run in order and keeps what was recorded. An exception inside the bench does the same, and is
    told in `surroundings.broken`; verdicts are still given for what was recorded. RigError before anything is begun
    where this host cannot keep a cycle at all.
    """
    pace: Pace = Wall() if plan.rig.pace == "wall" else Free()
    warnings = before(plan, pace) if isinstance(pace, Wall) else ()
    watch = Stopwatch()
    rig = assemble(plan, pace)
    interrupted, broken = _run(rig, progress)
    end = int(rig.kernel.now)
    trace = rig.recorder.close(end, complete=not interrupted and not broken)
    health = kept(plan, rig, pace, end) if isinstance(pace, Wall) else UNDISTURBED
    granted = pace.granted if isinstance(pace, Wall) else ()
    said = tuple((one.name, one.words) for one in rig.programs)
    surroundings = Surroundings(versions(), pace.name, watch.elapsed(), interrupted, broken, granted, warnings, said)
    return Run(plan, trace, judge(plan, trace, health), surroundings, health)


def before(plan: Plan, pace: Wall) -> tuple[str, ...]:
    """What this host and its stamps cannot do for a plan in real time, from a short measurement."""
    host = measure()
    # A reader is woken as late as any sleeper, and no stamp of the host is better than its clocks are known.
    return doubts_before(plan, [(one.bus, pace.skew + host.p50) for one in plan.rig.interfaces], host)


def kept(plan: Plan, rig: Rig, pace: Wall, end: int) -> Health:
    """How the bench kept time until `end`: its clock, and each bus on an interface."""
    clock = Health(pace.stalls(), closed=not plan.rig.interfaces)
    return merged(clock, *(bus.health(end) for bus in rig.wired))


def _run(rig: Rig, progress: Callable[[int], None] | None) -> tuple[bool, str]:
    kernel: Kernel = rig.kernel
    try:
        kernel.pace.begin()
        for bus in rig.wired:
            bus.begin()
        while not kernel.stopped:
            kernel.run_until(min(int(kernel.now) + PROGRESS_EVERY, FOREVER))
            if progress is not None:
                progress(int(kernel.now))
    except KeyboardInterrupt:
        return True, ""
    except Exception as failure:  # noqa: BLE001  # the bench broke: the run says so, with what was recorded until then
        return False, f"{type(failure).__name__}: {failure}"
    finally:
        kernel.pace.end()
        kernel.close()
        for bus in rig.wired:
            bus.close()
        if rig.laboratory is not None:
            rig.laboratory.close()
    return False, ""


def versions() -> tuple[tuple[str, str], ...]:
    """What was used: the bench, Python, and the libraries whose behaviour a result depends on."""
    libraries = tuple((name, version(name)) for name in ("simpy", "cantools"))
    return (("ecubench", __version__), ("python", python_version()), *libraries)
