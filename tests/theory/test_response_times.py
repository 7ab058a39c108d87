"""The simulated bus against the theory of fixed-priority scheduling without preemption.

The analysis is that of R. I. Davis, A. Burns, R. J. Bril and J. J. Lukkien, "Controller Area Network (CAN)
schedulability analysis: refuted, revisited and revised", Real-Time Systems 35 (2007): blocking by the longest frame of
lower priority, interference by those of higher priority, every instance in the busy period. Frames are as long as
their bits, so the only slack is one bit time by which a frame may come after arbitration has begun and still win.
"""

from dataclasses import dataclass
from random import Random

import wire_oracle
from lone_bus import Lone, seen
from networks import message

from bench.model.frame import Frame
from bench.model.instant import MS
from bench.model.layout import MessageLayout
from bench.network.timing import duration_of

BIT = 2_000
GAP = 3 * BIT
CYCLES = [5, 7, 10, 13, 20, 25, 40, 50, 100]
ON_TIME = 0.95
"""Share of the bound that must be reached at the critical instant."""


@dataclass(frozen=True)
class Job:
    """One message as the analysis sees it: times in ns, `length` without intermission."""

    layout: MessageLayout
    number: int
    length: int

    @property
    def taken(self) -> int:
        """How long it keeps the bus."""
        return self.length + GAP


def random_set(chance: Random) -> list[Job]:
    """Messages by priority, classic and FD, which load the bus by at most 90 %."""
    jobs: list[Job] = []
    limit = chance.uniform(0.3, 0.9)
    load = 0.0
    mixed = chance.random() < 0.5
    ids = sorted(chance.sample(range(1, 0x7FF), 40))
    while len(jobs) < 40:
        fd = mixed and chance.random() < 0.4
        length = chance.choice([12, 24, 64] if fd else [5, 6, 8])
        cycle = chance.choice(CYCLES) * MS // chance.choice([1, 1, 2])
        number = chance.randrange(65536)
        content = bytes(3) + number.to_bytes(2, "little") + bytes(length - 5)
        identifier = ids[len(jobs)]
        time = duration_of(Frame(identifier, content, False, fd, fd), 500_000, 2_000_000)
        load += (time + GAP) / cycle
        if load > limit and len(jobs) >= 3:
            break
        if load > 0.95:
            return random_set(chance)
        layout = message("B0", f"M{len(jobs)}", identifier, length=length, cycle=cycle, fd=fd)
        jobs.append(Job(layout, number, time))
    return jobs


def bound(jobs: list[Job], place: int) -> int:
    """The worst response time of a message, from release to the end of EOF, ns."""
    own, higher = jobs[place], jobs[:place]
    blocking = max((job.taken for job in jobs[place + 1 :]), default=0)

    def settled(start: int, step) -> int:
        found = start
        while (following := step(found)) != found:
            found = following
        return found

    def instances(span: int, job: Job) -> int:
        return -(-span // job.layout.cycle)

    busy = settled(
        own.taken, lambda span: blocking + sum(instances(span, job) * job.taken for job in (*higher, own))
    )  # fmt: skip
    worst = wait = 0
    for instance in range(instances(busy, own)):
        wait = settled(
            max(wait, blocking + instance * own.taken),
            lambda span, instance=instance: (
                blocking + instance * own.taken + sum(instances(span + BIT, job) * job.taken for job in higher)
            ),
        )
        worst = max(worst, wait - instance * own.layout.cycle + own.length)
    return worst


def schedulable_set(chance: Random) -> list[Job]:
    """A random set in which no message can overtake itself, for a mailbox holds one frame: lowest ones left out."""
    jobs = random_set(chance)
    while any(bound(jobs, place) > job.layout.cycle for place, job in enumerate(jobs)):
        jobs.pop()
    return jobs


def worst_seen(jobs: list[Job], starts: dict[str, int], blocker: Job | None, until: int) -> dict[str, int]:
    """The longest response time of each message that is started; `blocker` is sent once, 1 ns before 1 ms."""
    lone = Lone([job.layout for job in jobs])
    slots = {job.layout.name: lone.slot(job.layout.name) for job in jobs}
    for job in jobs:
        slots[job.layout.name].put("Number", job.number)
    for name, at in starts.items():
        lone.at(at, lambda now, slot=slots[name]: lone.bus.start(slot, now))
    if blocker is not None:
        lone.send(slots[blocker.layout.name], 1 * MS - 1)
    trace = lone.run(until)
    assert not trace.occurrences
    worst: dict[str, int] = {}
    for frame in seen(trace, lone.layout.messages):
        worst[frame.name] = max(worst.get(frame.name, 0), frame.end - frame.release)
    return worst


def test_no_response_is_longer_than_the_bound_whatever_the_offsets(sets):
    """Random sets at random offsets: every frame of every message."""
    for seed in range(sets):
        chance = Random(seed)
        jobs = schedulable_set(chance)
        starts = {job.layout.name: chance.randrange(job.layout.cycle) for job in jobs}
        worst = worst_seen(jobs, starts, None, 400 * MS)
        for place, job in enumerate(jobs):
            assert worst.get(job.layout.name, 0) <= bound(jobs, place), (seed, job.layout.name)


def test_at_the_critical_instant_the_bound_is_reached_within_5_percent(sets):
    """All of higher priority are released together, 1 ns after the longest one of lower priority has started."""
    for seed in range(sets):
        chance = Random(seed)
        jobs = schedulable_set(chance)
        place = chance.randrange(len(jobs))
        limit = bound(jobs, place)
        blocker = max(jobs[place + 1 :], key=lambda job: job.taken, default=None)
        starts = {job.layout.name: 1 * MS for job in jobs[: place + 1]}
        worst = worst_seen(jobs, starts, blocker, 300 * MS)[jobs[place].layout.name]
        assert ON_TIME * limit <= worst <= limit, (seed, worst / limit)


def test_the_load_of_a_bus_is_what_a_bit_by_bit_encoder_says(sets):
    """Time on the wire of all frames, from the encoder of another hand."""
    for seed in range(sets // 10):
        jobs = random_set(Random(seed))
        lone = Lone([job.layout for job in jobs])
        for job in jobs:
            slot = lone.start(job.layout.name)
            slot.put("Number", job.number)
        ours = theirs = 0
        trace = lone.run(100 * MS)
        for frame, flags in zip(seen(trace, lone.layout.messages), trace.frames.flags, strict=True):
            wire = (
                wire_oracle.fd(frame.id, frame.data, brs=True) if flags else wire_oracle.classic(frame.id, frame.data)
            )
            ours += frame.end + GAP - frame.start
            theirs += wire.nominal * BIT + wire.fast * 500
        assert ours == theirs
        assert ours > 0
