"""How long a database takes: read for the first time, read again, and by cantools alone, side by side.

Each measurement is a process of its own, the three in turn; of each the best and the median round are shown, for the
import of what is needed and the loading of the file. Allowed are 1.5 s at first and 20 ms again, by the best round.

    python benchmarks/dbc.py [FILE] [rounds]
"""

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
LARGE = ROOT.parent / "shared" / "data" / "dbc" / "ford_lincoln_base_pt.dbc"
COLD, WARM = 1.5, 0.020
BENCH = "from bench.network.database import load; from pathlib import Path; path = Path(sys.argv[1])"
CANTOOLS = "from cantools.database import load_file as load; path = sys.argv[1]"
PROGRAM = """
import sys
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

def spent():
    return sum(u.ru_utime + u.ru_stime for u in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))

begin = perf_counter()
{imports}
ready, computed = perf_counter(), spent()
bus = load(path)
print(ready - begin, perf_counter() - ready, spent() - computed, sum(len(message.signals) for message in bus.messages))
"""
SHOWN = ("import", "load", "processor time of it")


def measured(imports: str, file: Path, cache: str) -> tuple[float, ...]:
    """Seconds to import, to load, of processor time to load, and the number of signals."""
    words = [sys.executable, "-c", PROGRAM.format(imports=imports), str(file)]
    environment = {**os.environ, "BENCH_CACHE": cache}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return tuple(map(float, ended.stdout.split()))


def main() -> int:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    if not file.is_file():
        print(f"{file}: not there; name a DBC file")
        return 2
    compileall.compile_dir(str(ROOT / "bench"), quiet=1)
    rows: dict[str, list[tuple[float, ...]]] = {"cantools alone": [], "at first": [], "again": []}
    with tempfile.TemporaryDirectory() as cache:
        measured(BENCH, file, cache)
        for _ in range(rounds):
            rows["cantools alone"].append(measured(CANTOOLS, file, ""))
            rows["at first"].append(measured(BENCH, file, ""))
            rows["again"].append(measured(BENCH, file, cache))
    if len({signals for taken in rows.values() for *_, signals in taken}) != 1:
        print("the three do not find the same number of signals")
        return 1
    print(f"{file.name}: {file.stat().st_size >> 10} KiB, {rows['again'][0][3]:.0f} signals; best (median) of {rounds}")
    for name, taken in rows.items():
        columns = list(zip(*taken, strict=True))
        print(
            f"  {name:15} "
            + ", ".join(
                f"{what} {min(column) * 1e3:.1f} ms ({median(column) * 1e3:.1f})"
                for what, column in zip(SHOWN, columns, strict=False)
            )
        )
    first, again = (min(one[1] for one in rows[name]) for name in ("at first", "again"))
    alone = min(one[0] + one[1] for one in rows["cantools alone"])
    print(f"  of cantools with its import: at first {first / alone:.2f}, again {again / alone:.4f}")
    print(f"  allowed: at first {COLD} s, again {WARM * 1e3:.0f} ms")
    return 0 if first <= COLD and again <= WARM else 1


if __name__ == "__main__":
    sys.exit(main())
