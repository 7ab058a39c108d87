"""The emergency call as pure steps: who triggers it, through which states it goes, what the car is told meanwhile.

Source for the order of states: EN 16072 and EN 16062 (derived from, not certified to). Times are bench defaults.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from bench.model.expression import Value


@dataclass(frozen=True, slots=True)
class Call:
    """The call as it stands: EcallState, EcallTrigger, how often the MSD was sent, and its number since power-up."""

    state: str = "IDLE"
    trigger: str = "NONE"
    attempts: int = 0
    number: int = 0


class Shown(NamedTuple):
    """What a state asks of the audio system and of the lamp in the SOS button."""

    audio: str
    telltale: str


SHOWN = {
    "IDLE": Shown("OFF", "GREEN"),
    "TRIGGERED": Shown("OFF", "FLASH"),
    "DIALLING": Shown("ON", "FLASH"),
    "MSD_SENDING": Shown("ON", "FLASH"),
    "MSD_ACKED": Shown("ON", "FLASH"),
    "VOICE": Shown("ON", "GREEN"),
    "CALLBACK_WAIT": Shown("OFF", "GREEN"),
}

ROUTE = (
    ("DIALLING", "dialling"),
    ("MSD_SENDING", "msd"),
    ("MSD_ACKED", ""),
    ("VOICE", "voice"),
    ("CALLBACK_WAIT", "callback"),
    ("IDLE", ""),
)
"""The states after TRIGGERED, each with the answer from outside that it waits for."""


def crashed(call: Call) -> Call:
    """What a reported crash makes of the call. It takes over a manual call that has not been dialled yet."""
    if call.state in ("IDLE", "CALLBACK_WAIT"):
        return Call("TRIGGERED", "AUTO", 0, call.number + 1)
    if call.state == "TRIGGERED":
        return replace(call, trigger="AUTO")
    return call


def called(call: Call) -> Call:
    """What a long press of the SOS button makes of the call: a new one, or no call where one is not dialled yet.

    An automatic call cannot be cancelled.
    """
    if call.state in ("IDLE", "CALLBACK_WAIT"):
        return Call("TRIGGERED", "MANUAL", 0, call.number + 1)
    if call.state == "TRIGGERED" and call.trigger == "MANUAL":
        return Call(number=call.number)
    return call


def entered(call: Call, state: str) -> Call:
    """The call in its next state."""
    if state == "IDLE":
        return Call(number=call.number)
    return replace(call, state=state, attempts=call.attempts + (state == "MSD_SENDING"))


@dataclass(frozen=True, slots=True)
class Button:
    """Since when the button is seen down, ns, and whether this press has counted. A press lasts until its release.

    It begins as counted, so that a button which is stuck at power-up calls nobody.
    """

    since: int | None = None
    counted: bool = True


def pressed(before: Button, down: bool, now: int, threshold: int) -> tuple[Button, bool]:
    """The button at `now`, and whether its press counts now, once, `threshold` ns after it was first seen down."""
    if not down:
        return Button(None, False), False
    if before.counted:
        return before, False
    since = now if before.since is None else before.since
    counts = now - since >= threshold
    return Button(since, counts), counts


@dataclass(frozen=True, slots=True)
class Crash:
    """Valid frames on end that said YES, and NO; whether this crash has been answered; end of the last frame, ns."""

    row: int = 0
    calm: int = 0
    answered: bool = False
    at: int = 0


def reported(before: Crash, value: Value | None, at: int, frames: int, gap: int) -> tuple[Crash, bool]:
    """The crash report after a frame that ended at `at`, and whether it triggers a call now.

    `value` is CrashDetected, None for a frame that must not be used. It takes `frames` valid YES on end, with at
    most `gap` ns in between, and triggers once: again only after as many NO.
    """
    alone = at - before.at > gap
    row = (0 if alone else before.row) + 1 if value == "YES" else 0
    calm = (0 if alone else before.calm) + 1 if value == "NO" else 0
    answered = before.answered and calm < frames
    triggers = row >= frames and not answered
    return Crash(row, calm, answered or triggers, at), triggers
