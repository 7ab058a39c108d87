"""How far a reading may be from the truth: a share of the reading and a share of the range, or a fixed offset.

The figures are limits of error as makers state them (one year, 23 +- 5 degrees C), used as they are as the uncertainty.
Each table of a driver names its source; `confidence` is F (found in a public source), U (from memory: verify against
the data sheet before a verdict hangs on it) or B (the bench's own assumption, for any instrument of its kind).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A range up to `full`: error `reading` (share of the reading) + `of_range` (share of `full`) + `offset` (unit)."""

    full: float
    reading: float
    of_range: float = 0.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The ranges of one quantity, smallest first, and where their figures are from."""

    ranges: tuple[Range, ...]
    source: str
    confidence: str

    def at(self, value: float) -> float:
        """The error limit of a reading, in the range that an instrument would choose for it."""
        size = abs(value)
        one = next((one for one in self.ranges if size <= one.full), self.ranges[-1])
        return size * one.reading + one.full * one.of_range + one.offset

    @property
    def full(self) -> float:
        """The end of the largest range."""
        return self.ranges[-1].full


def product(first: float, first_error: float, second: float, second_error: float) -> float:
    """The largest error of a product of two readings."""
    return abs(first) * second_error + abs(second) * first_error + first_error * second_error
