"""What a bus offers, whatever it is made of: slots to send, taps and reactions to listen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bench.clock.calendar import Call
from bench.model.expression import Value
from bench.model.frame import Frame
from bench.wire.slot import Slot, Tap

Reaction = Callable[[int, int, bytes], None]
"""Called with (now, end of the frame, payload), times in ns."""


class Listening(Protocol):
    """A reaction that can be given up."""

    def cancel(self) -> None:
        """Do not call any more."""


class Bus(Protocol):
    """One CAN bus. Names are those of its database; a message that it does not have is a KeyError."""

    name: str

    def has(self, message: str) -> bool:
        """Whether the bus has a message of that name."""

    def slot(self, message: str, node: str) -> Slot:
        """The slot of a message for the node that sends it; it is silent until started."""

    def start(self, slot: Slot, now: int) -> None:
        """Begin the cyclic grid: the first release comes after the slot's offset."""

    def stop(self, slot: Slot) -> None:
        """End the cyclic grid and cancel what is ready but not yet sent."""

    def send(self, slot: Slot, at: int) -> None:
        """Ask for one release at `at` (not before now), or as soon as the minimum delay allows."""

    def send_frame(self, frame: Frame, at: int) -> None:
        """Send a raw frame once."""

    def latch(self, message: str, node: str) -> Tap:
        """A mailbox of that message for a node; it wakes nobody."""

    def unlatch(self, tap: Tap) -> None:
        """Close a mailbox."""

    def react(self, message: str, node: str, latency: int, call: Reaction) -> Listening:
        """Call `latency` ns after the end of each frame of the message; what the call sets and sends counts from then.

        The smaller the latency, the shorter the steps in which the bus can be simulated.
        """

    def live(self, message: str, call: Reaction) -> Listening:
        """Call at the end of each frame of the message: the fallback, one frame at a time."""

    def supply(self, node: str, on: bool) -> None:
        """Tell that a node's controller runs from now on, or does not; without it it acknowledges nothing."""

    def on_bus_off(self, node: str, call: Call) -> Listening:
        """Call when the node goes bus-off. It comes back after `recover`; a node without such a call asks at once."""

    def recover(self, node: str) -> None:
        """Let a bus-off node begin to wait for 128 sequences of 11 recessive bits."""

    # ---- the bench's hand on the bus ----------------------------------------------------------------------------

    def slot_of(self, message: str) -> Slot:
        """The slot of a message, also where its sender has never been awake."""

    def slots_of(self, message: str = "", node: str = "") -> Sequence[Slot]:
        """The slots of a message, of a node, or of both."""

    def send_copy(self, slot: Slot, data: bytes, at: int) -> None:
        """Send a payload once as a frame of this slot's message, beside what its own mailbox holds."""

    def override(self, slot: Slot, values: Mapping[str, Value]) -> None:
        """Take a slot over: these signals instead of the sender's, and no release but by `send_override`."""

    def send_override(self, slot: Slot, at: int) -> None:
        """Release a slot that was taken over once, at `at`, whatever its minimum delay."""

    def detach(self, node: str) -> None:
        """Take a node off the bus, as if its connector were pulled: it neither sends nor hears."""

    def attach(self, node: str) -> None:
        """Put a node back that was detached; as often as it was detached."""

    def watch(self, slot: Slot) -> None:
        """Step from release to release of this slot, because what is booked at one of them is due at once."""

    def unwatch(self, slot: Slot) -> None:
        """End `watch`."""

    def refresh(self) -> None:
        """Work out anew who hears what."""

    # ---- time ---------------------------------------------------------------------------------------------------

    def advance(self, horizon: int) -> None:
        """Do all that happens before `horizon`; frame ends at `horizon` too. Never beyond it."""

    def window(self, now: int) -> int:
        """How far it may be advanced from `now` before something it causes could be due."""
