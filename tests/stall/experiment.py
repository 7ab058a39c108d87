"""Runs in real time, disturbed from outside, and which of their verdicts are right; it knows no rule of the judge.

The truth is the run of the same variant in simulated time, where nothing can be late.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from time import monotonic_ns, sleep

from variants import VARIANTS, planned

from bench.model.instant import MS, S
from bench.model.plan import Plan
from bench.model.verdict import Verdict
from bench.run.execute import execute

HERE = Path(__file__).parent
FIRST, LAST = 1200 * MS, 4600 * MS
"""Stalls begin between these instants of a run, ns."""

EDGES = (1900, 2200, 2300, 2400, 2500, 3000, 3300, 3400, 3500, 3560, 3700, 4100)
"""Instants in ms at which something happens that a check looks at."""

HOST_LATE = 4 * MS
"""A bench whose clock was later than this by itself shows that the host stood still, ns; the sentinel sees less."""

SLACK = 40 * MS
"""How much longer than from signal to signal a bench may need to stop, wake up and catch up, ns."""

NEAR = 5 * MS
"""The same for what the host does by itself, which is seen to the millisecond, ns."""

AFTERMATH = 500 * MS
"""For so long after a stall no failure is held against an ECU, ns; docs/reports.md promises no more."""

PHASES = {"start": (0, 1900), "button": (1900, 3000), "gears": (3000, 4100), "rest": (4100, 5000)}
"""The phases of the scenario in ms."""

CYCLES = {
    "boots": 100,
    "no_call": 100,
    "no_call_later": 100,
    "cycle_button": 100,
    "cycle_gears": 100,
    "cycle_rest": 100,
}
"""The longest cycle that a check concerns, in ms; 20 ms for all others."""


@dataclass(frozen=True)
class Stall:
    """What was done to a run: "stop" or "hog", at an instant for a duration, ns of the run."""

    kind: str
    at: int
    length: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run: what the bench told, and when the stalls really were, as (kind, from, to) in ns of the run.

    `zero` is the run's first instant on the host's monotonic clock, `host` when the host stood still by itself.
    """

    variant: str
    told: dict[str, object]
    stalls: list[tuple[str, int, int]]
    zero: int
    host: list[tuple[int, int]]


@dataclass(frozen=True)
class Truth:
    """What simulated time says of a variant: outcome of each check, and from when to when the evidence lies (ns)."""

    outcomes: dict[str, str]
    evidence: dict[str, tuple[int, int]]


class Sentinel:
    """Sees when the host itself stands still: on each processor a process that sleeps, and goes before all others.

    It shares no code and no process with the bench, so what it did not see was not the host.
    """

    def __init__(self) -> None:
        self.late: list[tuple[int, int]] = []
        processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-S", str(HERE / "sentinel_process.py"), str(number)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in processors
        ]
        self._readers = [Thread(target=self._read, args=(process,), daemon=True) for process in self._processes]

    def start(self) -> None:
        """Begin to take down."""
        for reader in self._readers:
            reader.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for row in process.stdout:
            begin, end = map(int, row.split())
            self.late.append((begin, end))

    def saw(self, begin: int, end: int) -> list[tuple[int, int]]:
        """When the host stood still between two instants of its monotonic clock."""
        return sorted((start, stop) for start, stop in list(self.late) if start < end and begin < stop)

    def stop(self) -> None:
        """End it."""
        for process, reader in zip(self._processes, self._readers, strict=True):
            process.terminate()
            reader.join()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@dataclass
class Count:
    """What came of the checks of many runs."""

    runs: int = 0
    checks: int = 0
    inconclusive: int = 0
    false_fails: list[str] = field(default_factory=list)
    false_passes: list[str] = field(default_factory=list)
    clean: int = 0
    kept: int = 0
    excused: int = 0
    spoiled: list[str] = field(default_factory=list)
    failing: int = 0
    failed: int = 0
    unseen: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[str]:
        """The figures in words."""
        share = self.inconclusive / max(self.checks, 1)
        yield f"{self.runs} runs, {self.checks} checks: {self.inconclusive} inconclusive ({share:.2%})"
        yield f"false FAIL {len(self.false_fails)}, false PASS {len(self.false_passes)}, broken {len(self.broken)}"
        yield f"checks clear of every stall: {self.clean}, of which {self.kept} kept their verdict"
        yield f"    {self.excused} of the others lay where the host itself was late"
        yield f"defects with evidence clear of every stall: {self.failing}, of which {self.failed} failed"
        yield f"stalls that the bench did not notice: {len(self.unseen)}"
        for name in ("broken", "false_fails", "false_passes", "spoiled", "unseen"):
            yield from (f"  {name}: {row}" for row in getattr(self, name)[:20])


def truth(variant: str) -> Truth:
    """The verdicts of the simulated run."""
    run = execute(planned(variant, "free"))
    outcomes = {one.id: one.outcome.word for one in run.verdicts}
    evidence = {one.id: _evidence(one) for one in run.verdicts if one.outcome.word == "fail"}
    return Truth(outcomes, evidence)


def _evidence(verdict: Verdict) -> tuple[int, int]:
    """Where a failure shows in this scenario: around its first instant, by a reaction's allowed time."""
    at = verdict.at or 0
    return at - 150 * MS, at + 150 * MS


class Bench:
    """One bench process."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "bench_process.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    def run(self, variant: str, stalls: list[Stall]) -> Outcome:
        """One run, with these stalls done to it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(variant + "\n")
        stdin.flush()
        done: list[tuple[str, int, int]] = []
        zero = 0
        row = stdout.readline()
        if row.startswith("at "):
            _, at, when = row.split()
            zero = int(when) - int(at)
            for stall in sorted(stalls, key=lambda stall: stall.at):
                sleep(max(0, zero + stall.at - monotonic_ns()) / S)
                begin = monotonic_ns() - zero
                self._disturb(stall)
                done.append((stall.kind, begin, monotonic_ns() - zero))
            row = stdout.readline()
        return Outcome(variant, json.loads(row), done, zero, [])

    def _disturb(self, stall: Stall) -> None:
        if stall.kind == "stop":
            self._process.send_signal(signal.SIGSTOP)
            sleep(stall.length / S)
            self._process.send_signal(signal.SIGCONT)
            return
        spin = f"import time\nend = time.monotonic_ns() + {stall.length}\nwhile time.monotonic_ns() < end: pass"
        hogs = [subprocess.Popen([sys.executable, "-S", "-c", spin]) for _ in range(2 * (os.cpu_count() or 1))]
        for hog in hogs:
            hog.wait()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def drawn(chance: Random, number: int) -> tuple[str, list[Stall]]:
    """The variant and the stalls of a run: one of three lies on an edge, one of eight is of the CPU-hog kind."""
    variant = VARIANTS[number % len(VARIANTS)]
    stalls = []
    for _ in range(chance.choice((1, 1, 2))):
        length = chance.randint(20, 200) * MS
        at = chance.randint(FIRST, LAST)
        if chance.random() < 1 / 3:
            at = chance.choice(EDGES) * MS - chance.randint(0, length)
        stalls.append(Stall("hog" if chance.random() < 1 / 8 else "stop", max(at, FIRST), length))
    return variant, stalls


def weigh(count: Count, plan: Plan, truth: Truth, run: Outcome) -> None:
    """Add one run to the counts."""
    verdicts: dict[str, list[object]] = run.told["verdicts"]  # type: ignore[assignment]
    health: dict[str, list[dict[str, int]]] = run.told["health"]  # type: ignore[assignment]
    count.runs += 1
    if run.told["broken"]:
        count.broken.append(f"{run.variant}: {run.told['broken']}")
    late = [(one["start"], one["end"]) for one in health["disturbances"]]
    done = [(begin, end) for _, begin, end in run.stalls]
    # What the host did by itself: as the sentinel saw it, and as the bench's clock did; it cannot have made that up.
    clock = [
        (one["start"], one["end"]) for one in health["disturbances"] if not one["bus"] and one["late"] >= HOST_LATE
    ]
    own = [(begin - run.zero, end - run.zero) for begin, end in run.host]
    own += [(begin, end) for begin, end in clock if not any(begin < e + SLACK and s < end for s, e in done)]
    count.unseen += [
        f"{run.variant} {_shown([(begin, end)])}"
        for kind, begin, end in run.stalls
        # A bench that goes first at the host does not feel hogs, and one that is over feels nothing.
        if kind == "stop" and end < 4900 * MS and not any(s < end + SLACK and begin < e for s, e in late)
    ]
    for check in plan.expectations:
        outcome, at, why = verdicts[check.id]
        right = truth.outcomes[check.id]
        around = f"stalls {_shown(done)}, host {_shown(own)}"
        where = f"{run.variant} {check.id} {outcome}, truth {right}, {around}, at {at}: {why}"
        count.checks += 1
        count.inconclusive += outcome == "inconclusive"
        if outcome == "fail" and right != "fail":
            count.false_fails.append(where)
        if outcome == "pass" and right != "pass":
            count.false_passes.append(where)
        reach = CYCLES.get(check.id, 20) * MS
        windows = [(PHASES[name][0] * MS, PHASES[name][1] * MS) for name in check.during] or [(0, 5 * S)]
        after = 0
        if right == "fail":
            windows, after = [truth.evidence[check.id]], AFTERMATH
        if _clear(windows, done, reach + SLACK, reach + SLACK + after):
            if not _clear(windows, own, reach + NEAR, reach + NEAR + after):
                count.excused += 1
                continue
            count.clean += 1
            count.kept += outcome == right
            if right == "fail":
                count.failing += 1
                count.failed += outcome == "fail"
            if outcome != right:
                count.spoiled.append(where)


def _clear(windows: list[tuple[int, int]], spans: list[tuple[int, int]], before: int, after: int) -> bool:
    return not any(start < b + after and a - before < end for start, end in windows for a, b in spans)


def _shown(spans: list[tuple[int, int]]) -> str:
    return " ".join(f"{start / 1e9:.3f}..{end / 1e9:.3f}" for start, end in spans) or "none"
