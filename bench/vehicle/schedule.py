"""Drive schedules: speed over time, by name or from a CSV file, linear between samples."""

import csv
from bisect import bisect_right
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from bench.errors import ScenarioError

NAMED = ("udds", "hwfet")
"""Schedules that travel with the package. Source: 40 CFR 86 appendix I and 40 CFR 600 appendix I, public domain."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Speeds in m/s at rising times in s. Before its start and after its end a schedule asks for its outer speeds."""

    name: str
    times_s: tuple[float, ...]
    speeds_mps: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.speeds_mps) or len(self.times_s) < 2:
            raise ValueError(f"schedule {self.name}: needs two samples or more, and as many speeds as times")
        if any(late <= early for early, late in pairwise(self.times_s)):
            raise ValueError(f"schedule {self.name}: times must rise")
        if min(self.speeds_mps) < 0:
            raise ValueError(f"schedule {self.name}: speeds must not be negative")

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the last."""
        return self.times_s[-1] - self.times_s[0]

    def at(self, time_s: float) -> tuple[float, float]:
        """Speed in m/s and its slope in m/s2 at `time_s` after the schedule's start; at a corner, the slope ahead."""
        times, speeds = self.times_s, self.speeds_mps
        time_s += times[0]
        if time_s < times[0]:
            return speeds[0], 0.0
        after = bisect_right(times, time_s)
        if after == len(times):
            return speeds[-1], 0.0
        slope = (speeds[after] - speeds[after - 1]) / (times[after] - times[after - 1])
        return speeds[after - 1] + slope * (time_s - times[after - 1]), slope

    def cut(self, start_s: float = 0.0, end_s: float | None = None) -> "Schedule":
        """The part between two times of the schedule; ValueError unless 0 <= start < end <= duration."""
        end_s = self.duration_s if end_s is None else end_s
        if not 0 <= start_s < end_s <= self.duration_s:
            raise ValueError(f"schedule {self.name} lasts {self.duration_s:g} s; {start_s:g}..{end_s:g} s is not in it")
        begin = self.times_s[0]
        inner = [t - begin for t in self.times_s if start_s < t - begin < end_s]
        times = (start_s, *inner, end_s)
        return Schedule(self.name, tuple(t - start_s for t in times), tuple(self.at(t)[0] for t in times))

    def repeated(self, count: int) -> "Schedule":
        """The schedule `count` times end to end, `count` times as long.

        Where its first speed is not its last, the speed moves from the last to the second sample of the next turn.
        """
        if count < 1:
            raise ValueError(f"schedule {self.name}: cannot repeat {count} times")
        begin = self.times_s[0]
        later = tuple(t - begin + self.duration_s * turn for turn in range(1, count) for t in self.times_s[1:])
        times = tuple(t - begin for t in self.times_s) + later
        return Schedule(self.name, times, self.speeds_mps + self.speeds_mps[1:] * (count - 1))


def load(name: str, folder: Path = Path()) -> Schedule:
    """The schedule of that name ("udds", "hwfet") or of that CSV file, looked up beside `folder`.

    A file has the header `time_s,speed_mps`. ScenarioError names file and line of what is wrong.
    """
    if name.lower() in NAMED:
        text = (files("bench.vehicle") / "cycles" / f"{name.lower()}.csv").read_text("ascii")
        return parse(name.lower(), text)
    path = folder / name
    if path.suffix.lower() != ".csv":
        raise ScenarioError(f"no schedule '{name}'; expected one of {', '.join(NAMED)} or a file that ends in .csv")
    try:
        return parse(name, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: the schedule cannot be read ({error}); name an existing CSV file") from error


def parse(name: str, text: str) -> Schedule:
    """The schedule that a CSV text holds; ScenarioError with the line where it does not."""
    rows = list(csv.reader(text.splitlines()))
    if not rows or [cell.strip() for cell in rows[0]] != ["time_s", "speed_mps"]:
        raise ScenarioError(f"{name}:1: a schedule begins with the header 'time_s,speed_mps'")
    samples: list[tuple[float, float]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        try:
            time_s, speed_mps = (float(cell) for cell in row)
        except ValueError:
            raise ScenarioError(f"{name}:{line}: found '{','.join(row)}'; expected two numbers, s and m/s") from None
        if not (0 <= speed_mps < 150 and abs(time_s) < 1e7):
            raise ScenarioError(f"{name}:{line}: {speed_mps} m/s at {time_s} s is no road speed; expected 0..150 m/s")
        samples.append((time_s, speed_mps))
    try:
        return Schedule(name, tuple(t for t, _ in samples), tuple(v for _, v in samples))
    except ValueError as error:
        raise ScenarioError(f"{name}: {error}; correct the file") from error
