"""A rack of two supplies, somebody who looks at it, and benches that are killed there; all of them processes."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import Thread
from time import monotonic_ns, sleep
from typing import Any, Self

HERE = Path(__file__).parent
MS = 1_000_000
SUPPLIES = 2
WATCHDOG_MS = 1500
"""That of the supplies, for benches that lose their guardian."""

GONE, HUNG = 500 * MS, 1500 * MS
"""Outputs are off so long after the bench was killed, and after it was stopped, ns."""

WATCHED = WATCHDOG_MS * MS + 200 * MS
"""And so long after nobody is left: the watchdog's own time, and by how much an onlooker at a busy host is late."""

PATIENCE_S = 20.0


def started(script: str, *words: str) -> "subprocess.Popen[str]":
    """A script of this folder."""
    return program(str(HERE / script), *words)


def program(*words: str) -> "subprocess.Popen[str]":
    """Python with these words, and the bench at hand."""
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def ended(process: "subprocess.Popen[str]") -> None:
    """End a process that was started here, by its own number."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


class Rack:
    """The supplies, and the onlooker who alone says how long an output was on."""

    def __init__(self) -> None:
        self._supplies = started("supplies_process.py", str(SUPPLIES))
        *self.ports, port = self._supplies.stdout.readline().split()
        self._line = socket.create_connection(("127.0.0.1", int(port)))
        self._said = self._line.makefile("r")
        self._onlooker = started("onlooker_process.py", port, *map(str, range(SUPPLIES)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        ended(self._onlooker)
        self._said.close()
        self._line.close()
        ended(self._supplies)

    def does(self, verb: str, number: int, *rest: object) -> dict[str, Any]:
        """What is done or seen at a supply."""
        self._line.sendall(" ".join(map(str, (verb, number, *rest))).encode() + b"\n")
        return json.loads(self._said.readline())

    def last_on(self) -> list[int]:
        """When each output was last seen on since this was asked before (monotonic ns; 0: never), by the onlooker."""
        self._onlooker.stdin.write("\n")
        self._onlooker.stdin.flush()
        told = self._onlooker.stdout.readline().split()
        return [int(at) for at in told[1::2]]

    def off_after(self, begun: int, numbers: tuple[int, ...] = tuple(range(SUPPLIES))) -> int:
        """How long after an instant the outputs were seen on, ns; looked at until they were off for 0.2 s."""
        seen = 0
        until = monotonic_ns() + int(PATIENCE_S * 1e9)
        while monotonic_ns() < until:
            sleep(0.02)
            latest = max(at for number, at in enumerate(self.last_on()) if number in numbers)
            seen = max(seen, latest)
            if monotonic_ns() - max(seen, begun) > 200 * MS and not any(
                self.does("look", one)["on"] for one in numbers
            ):
                return max(seen - begun, 0)
        raise AssertionError(f"still on {(seen - begun) / 1e9:.1f} s after it began")

    def off_at(self, number: int) -> int:
        """When a supply went off for the last time, as it says itself."""
        changes = self.does("look", number)["changes"]
        assert not changes[-1][1], changes[-3:]
        return changes[-1][0]


class Bench:
    """A bench process at a rack."""

    def __init__(self, rack: Rack, role: str, watchdog_ms: int = WATCHDOG_MS, places: tuple[int, ...] = (1, 2)) -> None:
        told = [f"{port}:{place}:{watchdog_ms}" for port, place in zip(rack.ports, places, strict=True)]
        self.begun = monotonic_ns()
        self.process = started("bench_process.py", role, *told)
        self.guardian = 0
        self.lines: SimpleQueue[tuple[int, str]] = SimpleQueue()
        self.said: list[str] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put((monotonic_ns(), line.strip()))
        self.lines.put((monotonic_ns(), "END"))

    def until(self, word: str) -> int:
        """When it said a line that begins with this word, ns."""
        while True:
            try:
                at, line = self.lines.get(timeout=PATIENCE_S)
            except Empty:
                raise AssertionError(f"no {word!r}; it said {self.said}") from None
            self.said.append(line)
            if line.startswith("guardian "):
                self.guardian = int(line.split()[1])
            if line.startswith(word):
                return at
            assert line != "END", f"no {word!r}; it said {self.said}"

    def signal(self, what: signal.Signals) -> int:
        """Send it a signal; when that began, ns."""
        begun = monotonic_ns()
        self.process.send_signal(what)
        return begun

    def close(self) -> None:
        """End it, however it stands."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        ended(self.process)


@dataclass
class Figures:
    """The longest time of each kind of trial, ns, and how many there were."""

    worst: dict[str, int] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)

    def add(self, what: str, took: int, allowed: int) -> None:
        self.worst[what] = max(self.worst.get(what, 0), took)
        self.count[what] = self.count.get(what, 0) + 1
        if took > allowed:
            self.over.append(f"{what}: {took / 1e6:.0f} ms, allowed {allowed / 1e6:.0f} ms")

    def rows(self) -> list[str]:
        return [
            f"{what}: {self.count[what]} times, at most {self.worst[what] / 1e6:.0f} ms" for what in sorted(self.worst)
        ]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def killed(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    figures.add("killed, off", rack.off_after(bench.signal(signal.SIGKILL)), GONE)


def killed_early(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """At any moment of opening and switching on."""
    bench.until("guardian")
    sleep(chance.uniform(0, 1.0))
    figures.add("killed while it began, off", rack.off_after(bench.signal(signal.SIGKILL)), GONE)


def stopped(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    figures.add("stopped, off", rack.off_after(bench.signal(signal.SIGSTOP)), HUNG)
    bench.signal(signal.SIGCONT)
    bench.until("lost the guardian has ended the run: the bench gave no sign of life")


def interrupted(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """In order: the run's end is told, and the second place goes off after the first."""
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    figures.add("Ctrl-C, off", rack.off_after(bench.signal(signal.SIGINT)), GONE)
    bench.until("closed")
    assert "interrupted" in bench.said
    assert rack.off_at(0) <= rack.off_at(1)


def interrupted_twice(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """A supply that says nothing keeps the orderly end waiting; the second Ctrl-C does not wait for it."""
    bench.until("on")
    rack.does("dead", 0)
    bench.signal(signal.SIGINT)
    bench.until("interrupted")
    sleep(chance.uniform(0.01, 0.3))
    begun = bench.signal(signal.SIGINT)
    figures.add("second Ctrl-C, bench gone", bench.until("left") - begun, GONE)
    figures.add("second Ctrl-C, off", rack.off_after(begun, (1,)), GONE)
    rack.does("undead", 0)
    rack.off_after(begun)


def silent(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """One supply does nothing any more: the other is off in time, and the first as soon as it heeds anything."""
    bench.until("on")
    number = chance.randrange(SUPPLIES)
    rack.does("dead", number)
    begun = bench.signal(signal.SIGKILL)
    figures.add("killed with one silent, the other off", rack.off_after(begun, (1 - number,)), GONE)
    rack.does("undead", number)
    rack.off_after(begun)


def stuck(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """The session of one supply waits for an answer for longer than there is time."""
    bench.until("on")
    rack.does("stuck", 0, 1.7)
    sleep(chance.uniform(0.05, 0.3))
    figures.add("killed with a session that waits, off", rack.off_after(bench.signal(signal.SIGKILL)), GONE)


def guardian_killed(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    begun = monotonic_ns()
    os.kill(bench.guardian, signal.SIGKILL)
    figures.add("guardian killed, bench knows", bench.until("lost") - begun, GONE)
    figures.add("guardian killed, off by the watchdog", rack.off_after(begun), WATCHED)
    assert "ended by itself" in bench.said[-1]


def both_killed(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    begun = monotonic_ns()
    for pid in chance.sample((bench.guardian, bench.process.pid), 2):
        os.kill(pid, signal.SIGKILL)
    figures.add("both killed, off by the watchdog", rack.off_after(begun), WATCHED)


def guardian_stopped(rack: Rack, bench: Bench, chance: Random, figures: Figures) -> None:
    """A guardian that hangs shows nobody to the watchdog."""
    bench.until("on")
    sleep(chance.uniform(0, 0.1))
    begun = monotonic_ns()
    os.kill(bench.guardian, signal.SIGSTOP)
    try:
        figures.add("guardian stopped, off by the watchdog", rack.off_after(begun), WATCHED)
    finally:
        os.kill(bench.guardian, signal.SIGCONT)


TRIALS = (
    killed, stopped, killed_early, interrupted, guardian_killed, stuck, killed, interrupted_twice, both_killed, silent,
    stopped, killed, guardian_stopped, stopped, killed, stopped,
)  # fmt: skip


def tried(rack: Rack, number: int, chance: Random, figures: Figures) -> None:
    """One trial, on supplies as from the box; every process is gone after it, and nothing is on."""
    trial = TRIALS[number % len(TRIALS)]
    for one in range(SUPPLIES):
        rack.does("fresh", one)
    role = "waits" if trial is stuck else chance.choice(("calm", "busy", "waits"))
    if trial is killed and chance.random() < 1 / 3:
        role = "parent"
    bench = Bench(rack, role)
    try:
        trial(rack, bench, chance, figures)
    finally:
        bench.close()
        until = monotonic_ns() + int(PATIENCE_S * 1e9)
        while bench.guardian and alive(bench.guardian) and monotonic_ns() < until:
            sleep(0.01)
    assert not alive(bench.guardian), "the guardian did not end"
    assert not any(rack.does("look", one)["on"] for one in range(SUPPLIES))
