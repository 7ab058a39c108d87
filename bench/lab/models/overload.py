"""When an over-current protection will trip: foreseen along a course, and corrected by what is seen."""

from collections.abc import Callable
from itertools import islice

from bench.lab.models.course import Course
from bench.lab.models.terminals import Load

LOOKAHEAD = 5_000
"""So many pieces of a course are looked at in advance."""


class Overload:
    """`since` is when too much began, or will begin, to be drawn; `trip_at` when it has lasted long enough (ns)."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.trip_at: int | None = None

    def foresee(self, course: Course | None, load: Load, limit: float, delay: int, at: int, asked_at: int) -> None:
        """Look along a course (None: nothing is guarded) from `at` on, with the load as it is at `asked_at`.

        `limit` in A. Between two corners the load is taken to cross the limit once at most.
        """

        def over(instant: int) -> bool:
            return abs(load.amperes(course.value(instant), asked_at)) > limit if course is not None else False

        known = self.since
        self.since = self.trip_at = None
        if course is None:
            return
        began = None
        if over(at):
            began = known if known is not None and known <= at else at
        before = at
        for instant in _corners(course, at):
            if over(instant) is (began is None):
                turn = _turn(before, instant, began is None, over)
                if began is not None and turn - began >= delay:
                    break
                began = turn if began is None else None
            before = instant
        if began is not None:
            self.since, self.trip_at = began, began + delay

    def seen(self, at: int, over: bool, delay: int) -> bool:
        """Somebody looked: True if that is not what was foreseen, so that it must be foreseen anew."""
        expected = self.since is not None and self.since <= at
        if over and not expected:
            self.since, self.trip_at = at, at + delay
            return delay == 0
        return expected and not over


def _corners(course: Course, at: int) -> list[int]:
    found = []
    for segment in islice(course.pieces(at, None), LOOKAHEAD):
        found += [at, at + segment.duration - 1]
        at += segment.duration
    return [*found, at]


def _turn(before: int, after: int, to: bool, over: Callable[[int], bool]) -> int:
    """The first instant after `before`, up to `after`, at which it is (`to`) or is no longer too much."""
    while after - before > 1:
        middle = (before + after) // 2
        if over(middle) is to:
            after = middle
        else:
            before = middle
    return after
