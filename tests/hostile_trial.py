"""Trying a file: it is taken or refused by one named error, and what that took is measured in this process."""

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bench.errors import RigError, ScenarioError

SECONDS = 2.0
"""Of processor time, here and in the child; all of it is computing, and on a busy host nothing else can be held."""
HANGS = 20.0
BYTES = 256 << 20


@dataclass
class Tally:
    """What became of the files tried so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    largest: int = 0
    wrong: list[str] = field(default_factory=list)

    def told(self, what: str) -> str:
        """The figures in a line."""
        seconds, name = self.slowest
        counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        return (
            f"{what}: {counts}; slowest {seconds:.2f} s of processor time ({name}), {self.longest:.2f} s on the clock; "
            f"at most {self.largest >> 20} MB here"
        )


def tried(files: Iterable[tuple[str, bytes]], path: Path, take: Callable[[Path], object]) -> Tally:
    """Each file written to the path and taken."""
    tally = Tally()
    for name, content in files:
        path.write_bytes(content)
        began, spent = perf_counter(), processor_time()
        _once(path, take, name, tally)
        tally.slowest = max(tally.slowest, (processor_time() - spent, name))
        tally.longest = max(tally.longest, perf_counter() - began)
        tally.largest = max(tally.largest, resident())
    return tally


def _once(path: Path, take: Callable[[Path], object], name: str, tally: Tally) -> None:
    try:
        take(path)
        outcome = "taken"
    except (ScenarioError, RigError) as refusal:
        outcome = "refused"
        told = str(refusal)
        if not told.startswith(str(path)) or "Traceback" in told:
            tally.wrong.append(f"{name}: says {told[:300]!r}")
    except Exception as error:  # noqa: BLE001 (what must not be, told of each file)
        outcome = "broken"
        tally.wrong.append(f"{name}: {type(error).__name__}: {str(error)[-600:]}")
    tally.outcomes[outcome] += 1


def processor_time() -> float:
    """Seconds that this process, its children that have ended and those that live have computed so far."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        total += int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) / 1e9
    return total


def resident() -> int:
    """Bytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
