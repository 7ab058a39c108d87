"""How fine the host's clock is."""

from time import monotonic_ns

READINGS = 1_000


def finest() -> int:
    """The smallest step of `CLOCK_MONOTONIC` between two readings, ns: what two instants can differ by at least."""
    steps = []
    for _ in range(READINGS):
        before = monotonic_ns()
        while (now := monotonic_ns()) == before:
            pass
        steps.append(now - before)
    return min(steps)
