"""The bus that runs ahead in windows gives the trace of the plain event-driven build, bit for bit."""

import simpy
from event_driven import RELEASE, TASK, EventDrivenBus, later
from hypothesis import given, settings
from networks import Network, networks

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.model.instant import MS
from bench.model.trace import Trace
from bench.wire.recorder import Recorder
from bench.wire.simbus import SimBus

END = 25 * MS


def play(network: Network, buses: list, book, run) -> None:
    """Do the same on either build: start grids, run jobs as tasks, wire reactions that set and send."""
    slots = [
        [bus.slot(message.name, "A") for message in layout.messages]
        for bus, layout in zip(buses, network.buses, strict=True)
    ]
    taps = [bus.latch(layout.messages[0].name, "L") for bus, layout in zip(buses, network.buses, strict=True)]

    def start(bus, slot):
        return lambda now: bus.start(slot, now)

    flat = [(bus, slot) for bus, row in zip(buses, slots, strict=True) for slot in row]
    for (bus, slot), at in zip(flat, network.starts, strict=True):
        if slot.cycle:
            book(at, start(bus, slot))

    def do(job):
        def call(now):
            slot = slots[job.bus][job.message]
            heard = sum(len(tap.drain()) for tap in taps)
            slot.put("Number", (job.number + heard) % 65536)
            if job.send:
                buses[job.bus].send(slot, now)

        return call

    for job in network.jobs:
        book(job.at, do(job))

    def reaction(out_bus, out_slot):
        def call(now, end, data):
            out_slot.put("Number", (end // 1000 + data[3]) % 65536)
            out_bus.send(out_slot, now)

        return call

    for heard_bus, heard, latency, bus, message in network.reactions:
        name = network.buses[heard_bus].messages[heard].name
        buses[heard_bus].react(name, "L", latency, reaction(buses[bus], slots[bus][message]))
    run()


def in_windows(network: Network) -> Trace:
    kernel, recorder = Kernel(), Recorder()
    buses, offset = [], 0
    for rank, layout in enumerate(network.buses):
        buses.append(SimBus(layout, kernel.calendar, recorder, rank, offset))
        kernel.add(buses[-1])
        offset += len(layout.messages)
    ordinals = iter(range(10_000))

    def book(at, call):
        # Tasks of one instant run in the order in which they were booked, before any reaction that is due then.
        kernel.calendar.at(at, Phase.TASK, (-1, next(ordinals)), call)

    play(network, buses, book, lambda: kernel.run_until(END))
    return recorder.close(END, complete=True)


def event_driven(network: Network) -> Trace:
    env, recorder = simpy.Environment(), Recorder()
    buses, offset = [], 0
    for rank, layout in enumerate(network.buses):
        buses.append(EventDrivenBus(layout, env, recorder, rank, offset))
        offset += len(layout.messages)

    def book(at, call):
        later(env, at, TASK - 1).callbacks.append(lambda _: call(env.now))

    play(network, buses, book, lambda: env.run(until=later(env, END, RELEASE)))
    return recorder.close(END, complete=True)


@settings(max_examples=250)
@given(networks())
def test_windows_give_the_trace_of_the_event_driven_build(network):
    """Arbitration, overwriting, events, minimum delays, reactions across buses: nothing depends on running ahead."""
    ours, theirs = in_windows(network), event_driven(network)

    assert list(ours.frames.end) == list(theirs.frames.end)
    assert ours.occurrences == theirs.occurrences
    assert ours.digest() == theirs.digest()
