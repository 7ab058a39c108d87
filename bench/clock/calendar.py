"""The calendar: every call that is due at a known instant, in one total order.

At one instant the order is that of `Phase`, then `rank` (a tuple such as (bus, ECU, id) that says who), then who asked
first. SimPy processes run between TIMEOUT and TASK, until they are quiet.
"""

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush

Call = Callable[[int], None]
"""What is called at its instant, with the instant in ns."""

FOREVER = 1 << 62
"""Later than any run, ns."""


class Phase(IntEnum):
    """What goes before what at one instant."""

    FRAME_END = 0
    SCENARIO = 1
    PLANT = 2
    TIMEOUT = 3
    PROCESS = 4
    TASK = 5
    RELEASE = 6
    ARBITRATION = 7


class Entry:
    """One call in the calendar; `cancel` takes it out."""

    __slots__ = ("call", "live")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.live = True

    def cancel(self) -> None:
        """Do not call any more. Harmless when it has been called already."""
        self.live = False


class Task:
    """A call at `first`, then every `period` ns, until cancelled."""

    __slots__ = ("_book", "_call", "_entry", "_period", "_phase", "_rank")

    def __init__(
        self, calendar: "Calendar", first: int, period: int, phase: Phase, rank: tuple[int, ...], call: Call
    ) -> None:
        if period <= 0:
            raise ValueError(f"a task's period is {period} ns; it must be above 0")
        self._book = calendar.book
        self._period = period
        self._phase = phase
        self._rank = rank
        self._call = call
        self._entry = Entry(self._run)
        self._book(first, phase, rank, self._entry)

    def _run(self, at: int) -> None:
        # The next turn is booked before the call, so that the call may cancel the task.
        self._entry.live = True
        self._book(at + self._period, self._phase, self._rank, self._entry)
        self._call(at)

    def cancel(self) -> None:
        """Do not run any more."""
        self._entry.cancel()


class Calendar:
    """Due calls in a heap. It knows no time of its own: the kernel asks what is next and serves it."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, tuple[int, ...], int, Entry]] = []
        self._ordinal = 0

    def at(self, at: int, phase: Phase, rank: tuple[int, ...], call: Call) -> Entry:
        """Book a call; an instant that has passed is the booker's mistake and found by the kernel."""
        entry = Entry(call)
        self.book(at, phase, rank, entry)
        return entry

    def book(self, at: int, phase: Phase, rank: tuple[int, ...], entry: Entry) -> None:
        """Book an entry that is not in the calendar at present."""
        self._ordinal += 1
        heappush(self._heap, (at, phase, rank, self._ordinal, entry))

    def every(self, first: int, period: int, phase: Phase, rank: tuple[int, ...], call: Call) -> Task:
        """Book a periodic call."""
        return Task(self, first, period, phase, rank, call)

    def next_at(self) -> int:
        """The instant of the next live call; FOREVER when there is none."""
        heap = self._heap
        while heap and not heap[0][4].live:
            heappop(heap)
        return heap[0][0] if heap else FOREVER

    def next_phase(self) -> int:
        """The phase of the next live call; to be asked only after `next_at` gave an instant."""
        return self._heap[0][1]

    def take(self) -> Call:
        """Take the next call out; to be asked only after `next_at` gave an instant."""
        entry = heappop(self._heap)[4]
        entry.live = False
        return entry.call
