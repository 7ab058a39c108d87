"""200 messages at 10 ms in real time: the bench beside python-can's periodic sending, in turns, on one kind of bus.

Both send on the interface `virtual`, to one receiver that lets its queue fill; its stamps, put in by `send`, tell for
both sides alike when each frame was handed over. A message's grid begins at its first frame that was the least late:
lateness is how much later than that grid a frame came, so that nobody is charged for where a grid lies. What the bench
itself knows (lateness against the instant at which a frame was due) is printed beside it.
"""

import argparse
import gc
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time_ns, sleep
from uuid import uuid4

import can

from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, MessageLayout, SignalLayout
from bench.model.plan import InterfacePlan
from bench.wire.canbus import CanBus
from bench.wire.port import open_port
from bench.wire.recorder import Recorder

STALL = 5 * MS
"""A host that stands still for longer than this is told, ns."""


@dataclass(frozen=True)
class Block:
    """One block of one side: share of a core, lateness in ns, frames due and sent, the longest stall in ns."""

    side: str
    cpu: float
    p50: int
    p99: int
    worst: int
    due: int
    sent: int
    stall: int = 0
    own_p99: int = 0


def layout(count: int, cycle: int, grid: int) -> BusLayout:
    """So many messages of one cycle, spread over it on a grid, as no real bus begins all of them at one instant."""
    places = max(1, cycle // grid) if grid else 1
    messages = tuple(
        MessageLayout(
            "B0", f"M{number:03}", 0x100 + number, 8, "A", cycle=cycle, offset=number % places * grid,
            signals=(SignalLayout("Number", 0, 16),),
        )
        for number in range(count)
    )  # fmt: skip
    return BusLayout("B0", 500_000, 0, ("A", "B"), messages)


def bench(network: BusLayout, cycle: int, seconds: float) -> Block:
    """One block by the bench: kernel, bus, record and accounts, as in a run."""
    channel = str(uuid4())
    wall = Wall()
    kernel = Kernel(wall)
    recorder = Recorder()
    end = round(seconds * S)
    port = open_port(InterfacePlan("B0", "virtual", (channel,)), network)
    with can.Bus(interface="virtual", channel=channel) as receiver:
        bus = CanBus(network, kernel, wall, recorder, port)
        kernel.add(bus)
        for message in network.messages:
            bus.start(bus.slot(message.name, "A"), 0)
        used = process_time_ns()
        wall.begin()
        bus.begin()
        kernel.run_until(end)
        used = process_time_ns() - used
        wall.end()
        bus.close()
        health = bus.health(end)
        late, sent = lateness(receiver, cycle)
    due = sum(len(range(message.offset, end, cycle)) for message in network.messages)
    stall = max((one.late for one in wall.stalls()), default=0)
    own = max(one.p99 for one in health.punctuality)
    return block("bench", used, seconds, late, due, sent, stall, own)


def periodic(network: BusLayout, cycle: int, seconds: float) -> Block:
    """One block by `send_periodic`, which is a thread for each message."""
    channel = str(uuid4())
    with (
        can.Bus(interface="virtual", channel=channel) as receiver,
        can.Bus(interface="virtual", channel=channel) as bus,
    ):
        used = process_time_ns()
        tasks = [
            bus.send_periodic(can.Message(arbitration_id=one.id, data=bytes(8), is_extended_id=False), cycle / S)
            for one in network.messages
        ]
        sleep(seconds)
        for task in tasks:
            task.stop()
        used = process_time_ns() - used
        sleep(2 * cycle / S)  # each thread ends after its next turn
        late, sent = lateness(receiver, cycle)
    return block("periodic", used, seconds, late, round(seconds * S) // cycle * len(network.messages), sent)


def lateness(receiver: can.BusABC, cycle: int) -> tuple[list[int], int]:
    """How late each frame came, ns, by the receiver's stamps, and how many there were."""
    grids: dict[int, list[int]] = {}
    for message in drained(receiver):
        stamps = grids.setdefault(message.arbitration_id, [])
        stamps.append(round(message.timestamp * S) - len(stamps) * cycle)
    return [at - min(stamps) for stamps in grids.values() for at in stamps], sum(map(len, grids.values()))


def drained(receiver: can.BusABC) -> Iterator[can.Message]:
    """All that lies in a receiver's queue."""
    while (message := receiver.recv(0)) is not None:
        yield message


def block(
    side: str, used: int, seconds: float, late: list[int], due: int, sent: int, stall: int = 0, own: int = 0
) -> Block:
    """The figures of a block."""
    ordered = sorted(late)
    p50, p99 = (ordered[-(-share * len(ordered) // 100) - 1] for share in (50, 99))
    return Block(side, used / S / seconds, p50, p99, ordered[-1], due, sent, stall, own)


def told(one: Block) -> str:
    """A block in a line."""
    words = (
        f"{one.side:<9} {one.cpu:6.1%} of a core   late p50 {one.p50 / MS:8.3f}  p99 {one.p99 / MS:8.3f}  "
        f"max {one.worst / MS:8.3f} ms   sent {one.sent:>7} of {one.due}"
    )
    if one.side == "bench":
        words += f"   against due p99 {one.own_p99 / MS:.3f} ms"
        words += f"   host stood still {one.stall / MS:.1f} ms" if one.stall > STALL else ""
    return words


def main() -> int:
    """Blocks in turns, their medians, and 1 where a block without a stall has not sent exactly what was due."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=10, help="blocks of each side (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a block (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=200, help="messages (default: %(default)s)")
    parser.add_argument("--cycle", type=float, default=10, help="their cycle in ms (default: %(default)s)")
    parser.add_argument(
        "--grid", type=float, default=2, help="spacing of offsets in ms, 0: none (default: %(default)s)"
    )
    chosen = parser.parse_args()
    cycle = round(chosen.cycle * MS)
    network = layout(chosen.messages, cycle, round(chosen.grid * MS))
    blocks: list[Block] = []
    for _ in range(chosen.blocks):
        for side in (bench, periodic):
            gc.collect()
            blocks.append(side(network, cycle, chosen.seconds))
            print(told(blocks[-1]), flush=True)
    ours, theirs = ([one for one in blocks if one.side == side] for side in ("bench", "periodic"))
    for what in ("cpu", "p99"):
        mine, other = (statistics.median(getattr(one, what) for one in side) for side in (ours, theirs))
        print(f"median {what}: bench / periodic = {mine / other:.3f}")
    quiet = [one for one in ours if one.stall <= STALL]
    exact = [one for one in quiet if one.sent == one.due]
    print(
        f"blocks without a stall above 5 ms: {len(quiet)} of {len(ours)}; all due frames sent in {len(exact)} of them"
    )
    return int(len(exact) != len(quiet))


if __name__ == "__main__":
    raise SystemExit(main())
