"""Made-up networks for laws about buses: a layout, and what is done on it at which instants."""

from dataclasses import dataclass

from hypothesis import strategies as st

from bench.model.instant import MS, US
from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout

PROTECTIONS = {
    "P01": Protection("P01", (0x3123,)),
    "P02": Protection("P02", tuple(range(7, 23))),
    "P05": Protection("P05", (0x1234,)),
}


def message(
    bus: str, name: str, identifier: int, *, length: int = 8, cycle: int = 0, offset: int = 0, min_delay: int = 0,
    send_type: SendType = SendType.CYCLIC, protection: str = "", fd: bool = False, extended: bool = False,
) -> MessageLayout:  # fmt: skip
    """A message with one 16-bit number behind the place of an E2E header."""
    return MessageLayout(
        bus=bus, name=name, id=identifier, length=length, sender="A", cycle=cycle, offset=offset, min_delay=min_delay,
        send_type=send_type, protection=PROTECTIONS.get(protection), fd=fd, brs=fd, extended=extended,
        signals=(SignalLayout("Number", 24, 16),),
    )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What an ECU's task does at an instant: set numbers, ask for events."""

    at: int
    bus: int
    message: int
    number: int
    send: bool


@dataclass(frozen=True)
class Network:
    """Buses, jobs, and reactions (bus heard, message heard, latency, bus sent on, message sent)."""

    buses: tuple[BusLayout, ...]
    starts: tuple[int, ...]
    jobs: tuple[Job, ...]
    reactions: tuple[tuple[int, int, int, int, int], ...]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """One or two buses of up to six messages, often overloaded, with tasks, events and reactions across buses."""
    buses = []
    for number in range(draw(st.integers(1, 2))):
        name = f"B{number}"
        ids = draw(st.lists(st.integers(1, 0x7FE), min_size=1, max_size=6, unique=True))
        messages = []
        for place, identifier in enumerate(sorted(ids)):
            kind = draw(st.sampled_from(list(SendType)))
            fd = draw(st.booleans())
            messages.append(
                message(
                    name,
                    f"M{place}",
                    identifier,
                    length=draw(st.sampled_from([12, 16, 24, 64] if fd else [5, 8])),
                    cycle=0
                    if kind is SendType.EVENT
                    else draw(st.sampled_from([1, 2, 3, 5, 10])) * MS // draw(st.sampled_from([1, 2])),
                    offset=draw(st.sampled_from([0, 0, 300 * US, 1 * MS, 7 * MS])),
                    min_delay=0 if kind is SendType.CYCLIC else draw(st.sampled_from([0, 1 * MS, 3 * MS])),
                    send_type=kind,
                    protection=draw(st.sampled_from(["", "P01", "P02", "P05"])),
                    fd=fd,
                )
            )
        buses.append(BusLayout(name, 500_000, 2_000_000, ("A", "L"), tuple(messages)))
    spots = [(b, m) for b, bus in enumerate(buses) for m in range(len(bus.messages))]
    spot = st.sampled_from(spots)
    instants = st.integers(0, 40).map(lambda n: n * 500 * US)
    jobs = draw(
        st.lists(
            st.builds(
                lambda at, s, n, send: Job(at, *s, n, send), instants, spot, st.integers(0, 65535), st.booleans()
            ),
            max_size=25,
        )
    )
    reactions = draw(
        st.lists(
            st.builds(lambda a, b, late: (*a, late, *b), spot, spot, st.sampled_from([100 * US, 700 * US, 2 * MS])),
            max_size=3,
        )
    )
    starts = draw(st.lists(st.sampled_from([0, 0, 500 * US, 4 * MS]), min_size=len(spots), max_size=len(spots)))
    ordered = sorted(jobs, key=lambda job: job.at)
    return Network(tuple(buses), tuple(starts), tuple(ordered), tuple(reactions))
