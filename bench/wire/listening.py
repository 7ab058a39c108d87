"""Listening to an interface without a run: what comes, as it comes."""

from collections.abc import Iterator

from bench.clock.pace import Stopwatch
from bench.errors import RigError
from bench.model.instant import S
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.wire.port import Failure, open_port, sole
from bench.wire.recording import Heard, heard


def listen(plan: InterfacePlan, layout: BusLayout, length: int, rest: int) -> Iterator[Heard | None]:
    """What is heard for `length` ns (0: until nobody asks any more), and None whenever `rest` ns have passed.

    RigError when the interface cannot be opened, and when it fails later on, after what came before.
    """
    port = open_port(plan, layout)
    try:
        watch = Stopwatch()
        due = rest
        while True:
            now = watch.elapsed()
            if length and now >= length:
                return
            if now >= due:
                yield None
                due = max(due + rest, now)
            ahead = min(due, length or due) - now
            try:
                message = port.recv(timeout=max(ahead, 0) / S)
            except Failure as failure:
                raise RigError(
                    f"{plan.interface} {sole(plan)} stopped answering after {now / S:.1f} s "
                    f"({type(failure).__name__}: {failure}); connect it and begin again"
                ) from failure
            if message is not None:
                yield heard(message)
    finally:
        port.close()
