"""A restbus by itself: no scenario, no judge, no record; only what is sent, and how well it is kept."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bench.clock.kernel import Kernel
from bench.clock.wall import Wall
from bench.model.health import Punctuality
from bench.model.instant import US, S
from bench.model.plan import InterfacePlan
from bench.network.timing import INTERMISSION_BITS
from bench.run.rest import Rest
from bench.wire.canbus import CanBus
from bench.wire.port import open_port
from bench.wire.punctuality import Ledger
from bench.wire.slot import Slot

if TYPE_CHECKING:
    from bench.wire.lane import FrameRow
from bench.wire.recorder import Recorder

LATELY = 2 * S
"""Over how long a rate is taken, ns: at least over this, and over three cycles."""

FINE = 10 * US
"""Latenesses are counted in classes of this, ns; a restbus may go on for days."""

Classes = dict[int, int]
"""How many latenesses there were in each class."""


class Tally:
    """Takes the place of a recorder: counts frames and the time that they took, and keeps none."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        """How many there were of each slot, by its number."""
        self.identifiers: list[int] = []
        self.busy = 0
        """Time on the wire of all frames, without intermissions, ns."""

    def lane(self, bus: int, ordered: bool = True) -> "Tally":
        """Where the frames of the bus are counted."""
        return self

    def take(self, row: "FrameRow") -> None:
        """Count a frame."""
        end, start, _, number, _ = row
        self.frames[number] += 1
        self.busy += end - start

    def settle(self) -> None:
        """Nothing waits."""

    def slot(self, message: int, identifier: int, flags: int) -> int:
        """The number under which frames of a slot are counted."""
        self.frames.append(0)
        self.identifiers.append(identifier)
        return len(self.frames) - 1

    def occur(self, at: int, what: str, name: str, text: str = "", number: int = 0) -> None:
        """Nothing else is counted."""


class Gauge:
    """How one message is kept. `late` is where its bus puts latenesses; they are taken out and counted in classes.

    `all_classes` are the classes of the whole bus.
    """

    def __init__(self, slot: Slot, ledger: Ledger, all_classes: Classes) -> None:
        self.slot = slot
        self.worst = 0
        self.released = 0
        self._ledger = ledger
        self._classes: Classes = {}
        self._all_classes = all_classes
        self._past: deque[tuple[int, int]] = deque(((0, 0),))
        self._window = max(LATELY, 3 * slot.cycle)

    def take(self, now: int) -> None:
        """Count what has come since the last time."""
        late = self._ledger.late
        mine, every = self._classes, self._all_classes
        for one in late:
            place = one // FINE
            mine[place] = mine.get(place, 0) + 1
            every[place] = every.get(place, 0) + 1
            if one > self.worst:
                self.worst = one
        self.released += len(late)
        del late[:]
        past = self._past
        past.append((now, self.released))
        while past[1][0] <= now - self._window:
            past.popleft()

    @property
    def skipped(self) -> int:
        """Releases left out."""
        return self._ledger.skipped

    @property
    def lost(self) -> int:
        """Frames that went out of the bench and not onto the wire."""
        return self._ledger.lost

    @property
    def rate(self) -> float:
        """Frames per second of late."""
        (begun, before), (now, after) = self._past[0], self._past[-1]
        return (after - before) * S / (now - begun) if now > begun else 0.0

    def figures(self, bus: str) -> Punctuality:
        """All of it since the beginning; p50 and p99 to within `FINE`."""
        p50, p99 = (min(share(self._classes, self.released, percent), self.worst) for percent in (50, 99))
        layout, sent = self.slot.layout, self.released - self.lost
        return Punctuality(
            bus, layout.name, self.slot.cycle, self.released + self.skipped, sent, self.skipped, self.lost,
            p50, p99, self.worst,
        )  # fmt: skip


Row = tuple[int, float, Punctuality]
"""A message: (id, frames per second of late, figures since the beginning)."""


@dataclass(frozen=True)
class Kept:
    """How a restbus is kept so far. Times in ns; latenesses to within `FINE`.

    `rows` are those that were asked for. `load` is the share of time that the bus was taken, by the exact bits of all
    frames, `load_lately` that since the last look. `missed` of the `messages` were not held; `foreign` are frames of
    others, `doubled` the messages that somebody else sends too.
    """

    elapsed: int
    messages: int
    missed: int
    sent: int
    skipped: int
    lost: int
    p50: int
    p99: int
    worst: int
    load: float
    load_lately: float
    foreign: int
    doubled: tuple[str, ...]
    rows: tuple[Row, ...]


class Restbus:
    """A restbus on an open interface; made by `opened`."""

    def __init__(self, rest: Rest, bus: CanBus, kernel: Kernel, tally: Tally) -> None:
        self._bus = bus
        self._kernel = kernel
        self._tally = tally
        self._intermission = INTERMISSION_BITS * S // rest.layout.bitrate
        self._looked = (0, 0)
        self._gauges: list[Gauge] = []
        self._classes: Classes = {}
        for message in rest.sent:
            slot = bus.slot(message.name, message.sender)
            slot.set({signal: value for name, signal, value in rest.values if name == message.name})
            slot.complete(0)  # the code that packs it is written now and not at the first release
            bus.start(slot, 0)
            self._gauges.append(Gauge(slot, bus.accounts.of(slot), self._classes))
        self._own = {gauge.slot.number for gauge in self._gauges}
        bus.settle()

    def run(self, length: int) -> None:
        """Keep it for `length` ns more."""
        self._kernel.run_until(int(self._kernel.now) + length)

    def take(self) -> None:
        """Count what has come; to be called now and then, so that nothing piles up."""
        now = int(self._kernel.now)
        for gauge in self._gauges:
            gauge.take(now)

    def kept(self, most: int, latest_first: bool = False) -> Kept:
        """How it is kept so far, with rows of so many messages: first those that were not held, then by id or lateness.

        Frames are released while this works, or rather are not: it must not take long.
        """
        self.take()
        now, frames, gauges = int(self._kernel.now), self._tally.frames, self._gauges
        released, lost = sum(gauge.released for gauge in gauges), sum(gauge.lost for gauge in gauges)
        missed = [gauge for gauge in gauges if gauge.skipped or gauge.lost]
        rest = [gauge for gauge in gauges if not (gauge.skipped or gauge.lost)]
        if latest_first:
            rest.sort(key=lambda gauge: -gauge.worst)
        busy = self._tally.busy + sum(frames) * self._intermission
        before, taken = self._looked
        self._looked = now, busy
        others = [number for number, count in enumerate(frames) if count and number not in self._own]
        strange = {self._tally.identifiers[number] for number in others}
        worst = max((gauge.worst for gauge in gauges), default=0)
        return Kept(
            elapsed=now,
            messages=len(gauges),
            missed=len(missed),
            sent=released - lost,
            skipped=sum(gauge.skipped for gauge in gauges),
            lost=lost,
            p50=min(share(self._classes, released, 50), worst),
            p99=min(share(self._classes, released, 99), worst),
            worst=worst,
            load=busy / now if now else 0.0,
            load_lately=(busy - taken) / (now - before) if now > before else 0.0,
            foreign=sum(frames[number] for number in others),
            doubled=tuple(gauge.slot.layout.name for gauge in gauges if gauge.slot.id in strange),
            rows=tuple((one.slot.id, one.rate, one.figures(self._bus.name)) for one in [*missed, *rest][:most]),
        )


@contextmanager
def opened(rest: Rest, plan: InterfacePlan) -> Iterator[Restbus]:
    """A restbus on its interface, from the first instant on. RigError when the interface cannot be opened."""
    wall = Wall()
    kernel = Kernel(wall)
    tally = Tally()
    port = open_port(plan, rest.layout)
    # It has what a bus asks of a recorder, and a recorder would fill the memory.
    bus = CanBus(rest.layout, kernel, wall, cast("Recorder", tally), port)
    try:
        kernel.add(bus)
        restbus = Restbus(rest, bus, kernel, tally)
        # The reader's thread takes a while to start. What it hears before the first instant only counts as foreign.
        bus.begin()
        wall.begin()
        yield restbus
    finally:
        wall.end()
        bus.close()
        kernel.close()


def share(classes: Classes, count: int, percent: int) -> int:
    """The lateness that so many percent of `count` do not exceed, ns: the upper end of its class."""
    wanted = -(-percent * count // 100)
    for one in sorted(classes):
        wanted -= classes[one]
        if wanted <= 0:
            return (one + 1) * FINE
    return 0
