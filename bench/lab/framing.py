"""Messages between the bench and the guardian: JSON behind its length, so nothing that arrives is executed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.model.lab import Edges, Envelope, InstrumentPlan
from bench.model.waveform import Segment, Waveform

HEAD = 4
"""Bytes of the length, big-endian."""

MOST = 1 << 26
"""The longest message, bytes; a record of an oscilloscope with a million points has 20 MB as text."""

Message = dict[str, Any]  # JSON's own types


def framed(message: Mapping[str, object]) -> bytes:
    """A message as it goes over the wire."""
    body = json.dumps(message, separators=(",", ":")).encode()
    if len(body) > MOST:
        raise ValueError(f"a message of {len(body)} bytes; expected at most {MOST}")
    return len(body).to_bytes(HEAD) + body


class Frames:
    """Puts bytes together to messages. ValueError for what no peer of ours sends."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def receive(self, data: bytes) -> list[Message]:
        """The messages that are complete with these bytes."""
        self._rest += data
        found: list[Message] = []
        while len(self._rest) >= HEAD:
            end = HEAD + int.from_bytes(self._rest[:HEAD])
            if end > HEAD + MOST:
                raise ValueError(f"a message of {end - HEAD} bytes; expected at most {MOST}")
            if len(self._rest) < end:
                break
            message = json.loads(self._rest[HEAD:end])
            del self._rest[:end]
            if not isinstance(message, dict):
                raise ValueError(f"a message that is a {type(message).__name__}; expected an object")
            found.append(message)
        return found


def plan_told(plan: InstrumentPlan) -> Message:
    """An instrument's plan as JSON's own types."""
    return asdict(plan)


def plan_heard(told: Message) -> InstrumentPlan:
    """The plan again."""
    envelope, edges = told["envelope"], told["edges"]
    rest = {
        "envelope": None if envelope is None else Envelope(**envelope),
        "edges": Edges(**{**edges, "how": tuple(edges["how"])}),
        "options": tuple((name, value) for name, value in told["options"]),
    }
    return InstrumentPlan(**{**told, **rest})


def waveform_told(waveform: Waveform) -> list[list[float]]:
    """A waveform as rows of numbers."""
    return [[s.duration, s.begin, s.end, s.ripple_vpp, s.ripple_hz, s.ripple_turns] for s in waveform.segments]


def waveform_heard(told: Sequence[Sequence[float]]) -> Waveform:
    """The waveform again."""
    return Waveform(tuple(Segment(int(duration), *rest) for duration, *rest in told))
