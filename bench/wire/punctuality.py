"""How late each message of a bus was handed over, and which of its releases never were."""

from array import array

from bench.model.health import Disturbance, Health, Punctuality
from bench.model.instant import MS, US
from bench.wire.slot import Slot

LATE = 1 * MS
"""A release handed over more than this after its instant is told as a disturbance, ns."""

GRAVE = 5 * MS
"""A delay from which on any check may be touched, ns; as in the judge."""

ADJOINING = 20 * MS
"""Delays of one message belong together if less than this lies between them, ns."""

LONG = 200 * US
"""A hand-over that lasts longer is told as a disturbance of its own; the others make the uncertainty of stamps."""


NOTHING = -1
"""In place of an instant: no release is owed."""


class Ledger:
    """The accounts of one slot; `handed` is when its grid's latest frame, in `epoch`, had been.

    `owed` is the instant of a release that was put off because the one before it had been late.
    """

    __slots__ = ("begun", "epoch", "handed", "late", "lost", "owed", "served", "skipped", "slot", "spans", "worst")

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.late = array("q")
        self.handed = -(1 << 62)
        self.epoch = 0
        self.owed = NOTHING
        self.skipped = 0
        self.lost = 0
        self.begun = self.served = self.worst = 0
        self.spans: list[tuple[int, int, int]] = []

    def owes(self) -> bool:
        """Whether a release is put off, and its grid has not been stopped since."""
        return self.owed != NOTHING and self.epoch == self.slot.epoch

    def take_owed(self) -> int:
        """When what was put off had been due; from now on it is not owed any more."""
        owed, self.owed = self.owed, NOTHING
        return owed

    def was_late(self, at: int, handed: int, late: int) -> None:
        """Note a release that came late and had been handed over at `handed`; those of one spell are one disturbance.

        The time of the hand-over is in it, so that the frame's stamp lies inside. A grave delay does not join slight
        ones, nor one after a while in which nothing was late: what lies between would be in doubt for nothing.
        """
        if self.served and at - self.served < ADJOINING and (late < GRAVE) is (self.worst < GRAVE):
            self.served, self.worst = handed, max(self.worst, late)
            return
        self._close()
        self.begun, self.served, self.worst = at, handed, late

    def _close(self) -> None:
        if self.served:
            self.spans.append((self.begun, self.served, self.worst))
            self.served = 0

    def disturbances(self, bus: str) -> list[Disturbance]:
        """The spells in which its releases were late."""
        self._close()
        return [Disturbance("late", begun, end, bus, self.slot.layout.name, late) for begun, end, late in self.spans]

    def figures(self, bus: str) -> Punctuality:
        """What is told of it."""
        ordered = sorted(self.late)
        sent = len(ordered)

        def share(percent: int) -> int:
            return ordered[-(-percent * sent // 100) - 1] if ordered else 0

        due = sent + self.skipped
        return Punctuality(
            bus, self.slot.layout.name, self.slot.cycle, due, sent - self.lost, self.skipped, self.lost,
            share(50), share(99), ordered[-1] if ordered else 0,
        )  # fmt: skip


class Accounts:
    """All accounts of one bus."""

    def __init__(self, bus: str) -> None:
        self._bus = bus
        self.ledgers: dict[int, Ledger] = {}
        self._noted: list[Disturbance] = []
        self.longest = 0

    def of(self, slot: Slot) -> Ledger:
        """The accounts of a slot."""
        known = self.ledgers.get(slot.ordinal)
        if known is None:
            known = self.ledgers[slot.ordinal] = Ledger(slot)
        return known

    def note(self, kind: str, start: int, end: int, message: str = "", late: int = 0, text: str = "") -> None:
        """Take down a disturbance."""
        self._noted.append(Disturbance(kind, start, end, self._bus, message, late, text))

    def took(self, message: str, called: int, returned: int) -> None:
        """A hand-over lasted from `called` to `returned`: its stamp is no better than that."""
        if returned - called > LONG:
            self.note("late", called, returned, message, returned - called, "the hand-over to the interface took long")
        elif returned - called > self.longest:
            self.longest = returned - called

    def health(self, uncertainty: int) -> Health:
        """What the judge is told of this bus."""
        late = [one for ledger in self.ledgers.values() for one in ledger.disturbances(self._bus)]
        ordered = sorted((*self._noted, *late), key=lambda one: (one.start, one.end, one.kind, one.message))
        figures = tuple(
            ledger.figures(self._bus)
            for ledger in self.ledgers.values()
            if ledger.slot.cycle and (ledger.late or ledger.skipped)
        )
        return Health(tuple(ordered), figures, ((self._bus, uncertainty),))
