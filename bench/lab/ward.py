"""The one thread that talks to an instrument, and how it is switched off whatever that thread is doing.

An instrument that does not answer keeps only its own thread, so the others are switched off all the same.
"""

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Event, Thread

from bench.clock.pace import Stopwatch
from bench.errors import RigError
from bench.lab.custody import Custody, Opener
from bench.model.instant import MS, S
from bench.model.lab import InstrumentPlan

Job = Callable[[], object]
Done = Callable[[object, BaseException | None], None]

TRIES = 3
"""How often an instrument is told to switch off before it is left to whoever stands at the rack."""


BUDGET = 300 * MS
"""Within it every instrument was told to switch off, ns: those of one place have an equal share of it to answer."""

BUSY = 40 * MS
"""An instrument whose thread is still busy after so long is switched off past it, by a session of its own, ns."""

LAST = 10 * S
"""For so long the guardian goes on trying an instrument that does not answer, ns."""


class Ward:
    """An instrument in custody with its thread. `is_off` is set when it was switched off, and has said so.

    Nothing here waits for the instrument.
    """

    def __init__(self, plan: InstrumentPlan, opener: Opener) -> None:
        self.plan = plan
        self.custody = Custody(plan, opener)
        self.is_off = Event()
        self._opener = opener
        self._jobs: SimpleQueue[tuple[Job, Done]] = SimpleQueue()
        self._busy = False
        Thread(target=self._work, name=f"ward {plan.name}", daemon=True).start()

    def ask(self, job: Job, done: Done) -> None:
        """Do a job on the instrument's thread, after those that were asked for before; `done` is called there."""
        self._jobs.put((job, done))

    def switch_off(self) -> None:
        """Switch it off as soon as its thread is free; jobs that wait are dropped."""
        if not self.custody.ending:
            self.custody.ending = True
            self._jobs.put((self._powered_off, _nobody))

    def rescue(self) -> None:
        """Switch it off past a thread that waits for an answer, by a session of its own.

        Its own thread switches off too, when it is free: it may have been about to switch on.
        """
        if self._busy and not self.is_off.is_set():
            Thread(target=self._off_by_another, name=f"rescue {self.plan.name}", daemon=True).start()

    def _powered_off(self) -> None:
        for _ in range(TRIES if self.custody.opened else 0):
            try:
                self.custody.off()
            except Exception as failure:  # noqa: BLE001  # whatever a driver raises: it is tried again, and then told
                self.custody.remarks.append(f"{self.plan.name}: {failure}")
            else:
                self.is_off.set()
                return
        if not self.custody.opened:
            self.is_off.set()

    def _off_by_another(self) -> None:
        try:
            self._opener(self.plan).off()
        except Exception as failure:  # noqa: BLE001  # its own thread goes on trying
            self.custody.remarks.append(f"{self.plan.name}: {failure}")

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            if self.custody.ending and job != self._powered_off:
                done(None, RigError(f"{self.plan.name}: nothing more is done; the outputs are being switched off"))
                continue
            self._busy = True
            try:
                result = job()
            except Exception as failure:  # noqa: BLE001  # told to whoever asked
                done(None, failure)
            else:
                done(result, None)
            self._busy = False


def in_order(wards: Sequence[Ward]) -> list[list[Ward]]:
    """The wards in the order of switching off; those of one place together. Undeclared ones (0) come last."""
    places = sorted({ward.plan.off_first for ward in wards}, key=lambda place: (place == 0, place))
    return [[ward for ward in wards if ward.plan.off_first == place] for place in places]


def switched_off(wards: Sequence[Ward], clock: Stopwatch) -> list[str]:
    """Switch all off in the declared order, and give the names of those that may still be on.

    A place that does not answer holds up the next ones for its share of the budget, and is tried on meanwhile.
    """
    places = in_order(wards)
    began = clock.elapsed()
    for place in places:
        share, begin = BUDGET // len(places), clock.elapsed()
        for ward in place:
            ward.switch_off()
        _await(place, clock, begin + min(BUSY, share // 2))
        for ward in place:
            ward.rescue()
        _await(place, clock, begin + share)
    _await(wards, clock, began + LAST)
    return [ward.plan.name for ward in wards if not ward.is_off.is_set()]


def _await(wards: Sequence[Ward], clock: Stopwatch, until: int) -> None:
    for ward in wards:
        ward.is_off.wait(max(until - clock.elapsed(), 0) / S)


def _nobody(_: object, __: BaseException | None) -> None:
    """Nobody waits for it."""
