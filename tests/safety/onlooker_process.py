"""Stands at the rack and looks whether the outputs are on, apart from the bench and from the guardian.

`python onlooker_process.py PORT NUMBER...`: a line "NUMBER LAST" for each line that it is given, LAST being the last
instant at which that output was seen on (the host's monotonic clock, ns; 0: never) since the line before.
"""

import json
import socket
import sys
from selectors import EVENT_READ, DefaultSelector
from time import monotonic_ns

LOOK_S = 0.002


def main() -> None:
    rack = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    answers = rack.makefile("r")
    last = {number: 0 for number in sys.argv[2:]}
    selector = DefaultSelector()
    selector.register(sys.stdin, EVENT_READ)
    while True:
        for number in last:
            rack.sendall(f"look {number}\n".encode())
            if json.loads(answers.readline())["on"]:
                last[number] = monotonic_ns()
        if selector.select(LOOK_S):
            if not sys.stdin.readline():
                return
            sys.stdout.write(" ".join(f"{number} {at}" for number, at in last.items()) + "\n")
            sys.stdout.flush()
            last = dict.fromkeys(last, 0)


if __name__ == "__main__":
    main()
