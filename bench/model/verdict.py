"""What a check says: one outcome, how far from the limit, and the records that prove it."""

from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """Ordered from good to bad: the worst of several is the outcome of them all."""

    PASS = 0
    NONE = 1
    INCONCLUSIVE = 2
    FAIL = 3
    ERROR = 4

    @property
    def word(self) -> str:
        """The outcome in lower case, as reports write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Margin:
    """Distance to the limit, negative beyond it, in value (with unit) and in time (ns); None where it has no meaning.

    `relative` is the distance as a share of the limit; it alone is compared between checks of different units.
    `uncertainty` (ns) is that of the stamps from which `time` was worked out; 0 in simulated time.
    """

    value: float | None = None
    unit: str = ""
    time: int | None = None
    relative: float | None = None
    uncertainty: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's answer. `why` is one sentence with numbers; `at` the first violating (else the tightest) instant, ns.

    `expected` says the requirement in words, `seen` what was there instead (empty for a pass), `proof` are record
    numbers of the trace, and `observer` is who reported what was judged: an ECU, the plant ("model") or the bench.
    """

    id: str
    outcome: Outcome
    why: str
    expected: str
    seen: str = ""
    say: str = ""
    margin: Margin = Margin()
    at: int | None = None
    proof: tuple[int, ...] = ()
    observer: str = ""
    verifies: tuple[str, ...] = ()
    place: str = ""


def worst(verdicts: tuple[Verdict, ...]) -> Outcome:
    """The outcome of a run: the worst of its verdicts; `NONE` when there is none at all."""
    return max((verdict.outcome for verdict in verdicts), default=Outcome.NONE)


def tightest(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    """The verdict of the worst outcome with the smallest relative margin; None where no margin is known."""
    known = [verdict for verdict in verdicts if verdict.margin.relative is not None]
    return min(known, key=lambda v: (-v.outcome, v.margin.relative or 0.0), default=None)
