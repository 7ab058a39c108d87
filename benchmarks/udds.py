"""The whole urban drive with reacting ECUs, as a factor of real time: `python benchmarks/udds.py [--profile]`.

With --profile also where the time goes, by room and file; the profiler slows the run by three times, so read
the shares.
"""

import argparse
import cProfile
import pstats
import time
from collections import defaultdict
from pathlib import Path

from bench.places import shipped
from bench.run.execute import execute
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

S = 1_000_000_000


def shares(profile: cProfile.Profile) -> list[tuple[str, float]]:
    """Share of the time spent in each file of the bench itself, and in each library or builtin, most first."""
    spent: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():
        parts = Path(file).parts
        place = "/".join(parts[parts.index("bench") + 1 :]) if "bench" in parts and "site-packages" not in parts else ""
        library = "simpy" if "simpy" in parts else "heapq" if "heapq" in name else "builtins"
        spent[place or library] += own
    whole = sum(spent.values())
    return sorted(((place, own / whole) for place, own in spent.items()), key=lambda row: -row[1])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--profile", action="store_true")
    chosen = options.parse_args()
    plan = resolve(shipped("scenarios") / "drive" / "udds.scenario.yaml", load_rig())
    profile = cProfile.Profile()
    begin = time.process_time()
    if chosen.profile:
        profile.enable()
    run = execute(plan)
    profile.disable()
    busy, wall, simulated = time.process_time() - begin, run.surroundings.wall / S, run.trace.closed_at / S
    print(f"{run.outcome.word}: {simulated:.0f} s simulated, {len(run.trace.frames)} frames")
    print(f"{simulated / wall:.1f} x real time on the wall; {simulated / busy:.1f} x by processor time, with verdicts")
    if chosen.profile:
        for place, share in shares(profile)[:20]:
            print(f"{share:6.1%}  {place}")


if __name__ == "__main__":
    main()
