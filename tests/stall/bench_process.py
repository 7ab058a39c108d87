"""A bench of its own process, so that it can be stopped from outside: a variant a line in, its run as JSON out.

It says "at 1000000000 <monotonic ns>" when a run is about one second old, so that others know where it stands.
"""

import json
import sys
from dataclasses import asdict
from time import monotonic_ns

from variants import planned

from bench.model.instant import S
from bench.run.execute import execute


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def tell(now: int) -> None:
    if now == 1 * S:
        say(f"at {now} {monotonic_ns()}")


def main() -> None:
    for row in sys.stdin:
        run = execute(planned(row.strip(), "wall"), tell)
        told = {
            "verdicts": {one.id: [one.outcome.word, one.at, one.why] for one in run.verdicts},
            "health": asdict(run.health),
            "host": run.surroundings.host,
            "warnings": run.surroundings.warnings,
            "broken": run.surroundings.broken,
        }
        say(json.dumps(told))


if __name__ == "__main__":
    main()
