"""Who an instrument says that it is: the answer to *IDN?, in four fields (IEEE 488.2-1992, 10.14)."""

from dataclasses import dataclass

from bench.lab.exchange import number


@dataclass(frozen=True, slots=True)
class Identity:
    """The four fields; what an instrument leaves out is empty."""

    maker: str
    model: str
    serial: str
    firmware: str

    def __str__(self) -> str:
        return ",".join((self.maker, self.model, self.serial, self.firmware))


def identity(told: bytes) -> Identity:
    """The identity that an answer tells; what comes after the third comma is all firmware."""
    fields = [field.strip() for field in told.decode("ascii", "replace").strip().split(",", 3)]
    return Identity(*(fields + [""] * 4)[:4])


def identified(message: bytes) -> tuple[int | None, int | None, bytes]:
    """Mark, status and identity of a message that asked for all three; an identity may have semicolons in it."""
    mark, status, told = (*message.strip().split(b";", 2), b"", b"")[:3]
    return number(mark), number(status), told
