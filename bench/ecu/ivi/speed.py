"""The speed on the display as a pure step: dashes as soon as it is not to be relied on, and for a while after."""

from typing import NamedTuple

from bench.model.expression import Value

GOOD_FRAMES = 10
"""Good frames after which a speed that had gone is shown again [B]."""


class Speed(NamedTuple):
    """SpeedShown, SNA for dashes, and how many good frames have come since it went."""

    shown: Value = "SNA"
    good: int = GOOD_FRAMES


def displayed(before: Speed, speed: Value, quality: Value, frames: int) -> Speed:
    """SpeedShown after `frames` more good frames. An input that is not valid comes as SNA."""
    if isinstance(speed, str) or quality in ("INVALID", "SNA"):
        # Before the first speed there was none to lose, so it need not be earned again.
        return before if before == Speed() else Speed("SNA", 0)
    good = min(before.good + frames, GOOD_FRAMES)
    return Speed(speed if good == GOOD_FRAMES else "SNA", good)
