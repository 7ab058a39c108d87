"""How well the bench itself kept time in a run: what disturbed it, how late each message went out, how good stamps are.

It stands beside trace and plan and is in neither digest; a run in simulated time has the empty one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disturbance:
    """The bench did not do its part in [start, end), ns on the run's time line.

    `kind` is "late" (it served later than intended: `late` ns at worst), "lost" (a frame was not taken down or not put
    on the wire), "skipped" (a release was left out because it would have come too close to the next one) or "gone"
    (an interface did not answer). An empty `bus` or `message` means that any may be concerned. `text` adds detail.
    """

    kind: str
    start: int
    end: int
    bus: str = ""
    message: str = ""
    late: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Punctuality:
    """One cyclic message that the bench sent: its cycle in ns, releases due, sent, skipped and lost, lateness in ns."""

    bus: str
    message: str
    cycle: int
    due: int
    sent: int
    skipped: int
    lost: int
    p50: int
    p99: int
    worst: int


@dataclass(frozen=True, slots=True)
class Health:
    """Disturbances in the order of their beginning, lateness by message, and the uncertainty of stamps by bus in ns.

    `closed` says that everything in the run was simulated: then lateness moved nothing in the trace, and nothing that
    is judged from it is in doubt.
    """

    disturbances: tuple[Disturbance, ...] = ()
    punctuality: tuple[Punctuality, ...] = ()
    uncertainty: tuple[tuple[str, int], ...] = ()
    closed: bool = False

    @property
    def told(self) -> bool:
        """Whether there is anything to tell; in simulated time there is not."""
        return self != UNDISTURBED

    @property
    def doubtful(self) -> bool:
        """Whether anything in it can bear on a verdict."""
        return not self.closed and bool(
            self.disturbances or self.punctuality or any(size for _, size in self.uncertainty)
        )


UNDISTURBED = Health()
"""That of a run in simulated time."""


def merged(*parts: Health) -> Health:
    """The health of a run from that of its clock and of each of its buses; closed only if all of them are."""
    disturbances = sorted((one for part in parts for one in part.disturbances), key=lambda one: (one.start, one.end))
    return Health(
        tuple(disturbances),
        tuple(one for part in parts for one in part.punctuality),
        tuple(one for part in parts for one in part.uncertainty),
        all(part.closed for part in parts),
    )
