"""Fights for one lock, and takes down when it held it: "got" and "left" with its pid and the monotonic clock, ns.

`python lock_fighter.py NAME JOURNAL SEED`: until it is killed. The journal is opened for appending by all, so each line
is whole and the order is that of writing.
"""

import os
import sys
from random import Random
from time import monotonic_ns, sleep

from bench.errors import RigError
from bench.lab.lock import Lock


def main() -> None:
    name, chance = sys.argv[1], Random(int(sys.argv[3]))
    journal = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)

    def say(what: str) -> None:
        os.write(journal, f"{what} {os.getpid()} {monotonic_ns()}\n".encode())

    say("here")
    while True:
        try:
            with Lock(name):
                say("got")
                sleep(chance.uniform(0, 0.002))
                say("left")
        except RigError as refused:
            assert f"{name} is in use: held by " in str(refused), refused
        sleep(chance.uniform(0, 0.004))


if __name__ == "__main__":
    main()
