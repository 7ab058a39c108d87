"""What a supply's output has done: the courses that it left, as far back as they are kept."""

from collections import deque

from bench.lab.models.course import Course
from bench.model.waveform import Segment

KEPT = 1024
"""So many courses; what was before them is taken to be as the oldest begins."""


class History:
    """The courses in order, the present one last."""

    def __init__(self, first: Course) -> None:
        self._courses: deque[Course] = deque([first], maxlen=KEPT)

    def take(self, following: Course) -> None:
        """Another course begins; one that it replaces at the same instant has never been."""
        if self._courses[-1].begin >= following.begin:
            self._courses.pop()
        self._courses.append(following)

    def value(self, at: int) -> float:
        """Volts at an instant."""
        found = next((one for one in reversed(self._courses) if one.begin <= at), self._courses[0])
        return found.value(at)

    def record(self, begin: int, end: int) -> list[Segment]:
        """All of it between two instants."""
        found: list[Segment] = []
        courses = list(self._courses)
        for place, one in enumerate(courses):
            since = begin if place == 0 else max(begin, one.begin)
            until = end if place == len(courses) - 1 else min(end, courses[place + 1].begin)
            if since < until:
                found += one.record(since, until)
        return found
