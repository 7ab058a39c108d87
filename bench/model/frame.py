"""A CAN frame as a value: what is on the wire, without a time or a place."""

from dataclasses import dataclass

FD_LENGTHS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64)
"""Payload bytes by DLC, CAN FD. Source: ISO 11898-1, DLC coding."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One data or remote frame, equal by value. ValueError when the wire could not carry it."""

    id: int
    data: bytes = b""
    extended: bool = False
    fd: bool = False
    brs: bool = False
    remote: bool = False

    def __post_init__(self) -> None:
        top = 0x1FFF_FFFF if self.extended else 0x7FF
        if not 0 <= self.id <= top:
            raise ValueError(f"id {self.id:#x} does not fit {'29' if self.extended else '11'} bits")
        if self.fd:
            if self.remote:
                raise ValueError("CAN FD has no remote frames")
            if len(self.data) not in FD_LENGTHS:
                raise ValueError(f"{len(self.data)} bytes is not a CAN FD length; allowed: {FD_LENGTHS}")
        elif self.brs:
            raise ValueError("bit-rate switch needs an FD frame")
        elif len(self.data) > 8:
            raise ValueError(f"{len(self.data)} bytes do not fit a classic frame; the most is 8")
