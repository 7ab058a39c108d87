"""What is heard on an interface becomes rows of the record and goes to those who listen; on the kernel's thread."""

from collections.abc import Callable
from functools import partial

from bench.clock.calendar import Calendar, Phase
from bench.wire.awaited import Awaited
from bench.wire.lane import FrameRow
from bench.wire.port import Message, error_of, flags_of
from bench.wire.recorder import Recorder
from bench.wire.roster import Roster
from bench.wire.slot import Slot
from bench.wire.stamps import Stamps


class Hearing:
    """The ear of one bus. `awaited` are the echoes that it waits for; None where own frames do not come back."""

    def __init__(
        self,
        roster: Roster,
        calendar: Calendar,
        recorder: Recorder,
        record: Callable[[FrameRow], None],
        awaited: Awaited | None,
    ) -> None:
        self._name = roster.layout.name
        self._roster = roster
        self._calendar = calendar
        self._recorder = recorder
        self._record = record
        self._awaited = awaited
        self._foreign: dict[tuple[int, int], Slot] = {}

    def hear(self, stamps: Stamps, message: Message, heard: int, now: int) -> None:
        """One thing that a reader got at `heard`, by the stamps of its interface."""
        end = stamps.of(message.timestamp, heard)
        if end < 0 or self.is_error(message, end):
            return  # what is from before the run is no part of it
        data = bytes(message.data)
        echo = self._awaited.match(message, data) if self._awaited is not None else None
        if echo is None:
            slot = self.stranger(message.arbitration_id, flags_of(message), len(data))
            release = end - slot.duration(data)
        else:
            slot, release, called = echo
            stamps.echo(message.timestamp, called, heard)
        self._record((end, end - slot.duration(data), release, slot.number, data))
        if slot.heard:
            if end > now:
                self.later(slot, end, data)
            else:
                _deliver(slot, end, data, now)

    def is_error(self, message: Message, at: int) -> bool:
        """Take down what the interface tells of errors on the bus; says whether the message was that."""
        if message.is_error_frame:
            what, text = error_of(message)
            self._recorder.occur(at, what, self._name, text)
        return message.is_error_frame

    def stranger(self, identifier: int, flags: int, length: int) -> Slot:
        """The slot that stands for frames of others with this id and format."""
        known = self._foreign.get((identifier, flags))
        if known is None:
            known = self._foreign[identifier, flags] = self._roster.foreign(identifier, flags, length)
        return known

    def later(self, slot: Slot, end: int, data: bytes) -> None:
        """Let those who listen have a frame at its end, which is still to come on the kernel."""
        self._calendar.at(end, Phase.FRAME_END, (), partial(_deliver, slot, end, data))


def _deliver(slot: Slot, end: int, data: bytes, now: int) -> None:
    for box in slot.boxes:
        box.append((end, data))
    for reaction in slot.reactions:
        reaction.hear(end, data, now)
