"""How long `bench --help` takes, in multiples of an interpreter that does nothing; at most 5 are allowed.

Both are run in turn and the best of each counts, so that a busy machine slows neither alone. Bytecode is compiled
first.

    python benchmarks/start.py [rounds]
"""

import compileall
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 5
ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {"nothing": ["-c", "pass"], "bench --help": ["-m", "bench", "--help"]}


def seconds(words: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    compileall.compile_dir(str(ROOT / "bench"), quiet=1)
    best = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(rounds):
        for name, words in COMMANDS.items():
            best[name] = min(best[name], seconds(words))
    for name, took in best.items():
        print(f"{name:14} {took * 1e3:7.1f} ms")
    ratio = best["bench --help"] / best["nothing"]
    print(f"ratio          {ratio:7.2f} (limit {LIMIT}, best of {rounds} each)")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
