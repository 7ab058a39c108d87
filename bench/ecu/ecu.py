"""What every virtual ECU is and what it can touch: its ports, and one life from power-up to power-down.

An ECU knows its ports and nothing else. A real one in its place is wired to the same ports.
"""

from collections.abc import Callable, Mapping, MutableMapping
from random import Random
from typing import Protocol

from bench.clock.calendar import Call, Phase
from bench.clock.kernel import Behaviour, Event, Interrupted, Kernel, Running
from bench.model.expression import Value
from bench.wire.bus import Bus, Reaction
from bench.wire.recorder import Recorder
from bench.wire.slot import Slot, Tap


class Ecu(Protocol):
    """A virtual ECU. `start` is called at each power-up and each reset, with fresh ports; it returns at once."""

    name: str

    def start(self, ports: "Ports") -> None:
        """Open taps and outputs, begin tasks and processes."""


class Cancels(Protocol):
    """Anything that a life ends."""

    def cancel(self) -> None:
        """End it."""


class Output:
    """One message that an ECU sends."""

    __slots__ = ("_bus", "_kernel", "slot")

    def __init__(self, bus: Bus, slot: Slot, kernel: Kernel) -> None:
        self._bus = bus
        self.slot = slot
        self._kernel = kernel

    def set(self, **values: Value) -> bool:
        """Set signals, physical or label; says whether that changed anything. They go out with the next release."""
        return self.slot.set(values)

    def start(self) -> None:
        """Begin the cyclic transmission, by the database's cycle and offset."""
        self._bus.start(self.slot, int(self._kernel.now))

    def send(self) -> None:
        """Ask for one transmission now, or as soon as the minimum delay allows."""
        self._bus.send(self.slot, int(self._kernel.now))

    def cancel(self) -> None:
        """End cyclic transmission and what is still waiting to be sent."""
        self._bus.stop(self.slot)


class Housing(Protocol):
    """What an ECU can do with its supply, where the bench models it."""

    def draw(self, state: str) -> None:
        """Draw what that state draws."""

    def on_voltage(self, volts: float, call: Callable[[int, bool], None]) -> None:
        """Call with (now, above or not) at once and whenever the inner voltage crosses `volts`."""

    def power_down(self) -> None:
        """End the life in order."""


class Ports:
    """What one ECU can touch during one life.

    `memory` is kept without power. `radio(request)` asks the network or the PSAP ("registration", "dialling", ...) and
    gives the event of the answer. `housing` is there while something feeds the ECU through its input stage.
    """

    def __init__(
        self,
        name: str,
        rank: int,
        kernel: Kernel,
        buses: Mapping[str, Bus],
        inputs: Mapping[str, Callable[[], Value]],
        memory: MutableMapping[str, Value],
        recorder: Recorder,
        restart: Callable[[int], None],
        radio: Callable[[str], Event],
        chance: Random | None = None,
    ) -> None:
        self.name = name
        self.memory = memory
        self._rank = (rank,)
        self._kernel = kernel
        self._buses = buses
        self._inputs = inputs
        self._recorder = recorder
        self._restart = restart
        self.radio = radio
        self._chance = chance
        self._things: list[Cancels] = []
        self._processes: list[Running] = []
        self._over = False
        self.housing: Housing | None = None

    @property
    def now(self) -> int:
        """Nanoseconds since the run began."""
        return int(self._kernel.now)

    def read(self, name: str) -> Value:
        """The present value of a named input: "supply" in V, "power_mode", "sos_button", "gnss.latitude" ..."""
        return self._inputs[name]()

    def input(self, name: str) -> Callable[[], Value]:
        """A named input as a function that reads it, for those who read it often."""
        return self._inputs[name]

    def output(self, bus: str, message: str) -> Output:
        """A message that this ECU sends."""
        output = Output(self._buses[bus], self._buses[bus].slot(message, self.name), self._kernel)
        self._things.append(output)
        return output

    def tap(self, bus: str, message: str) -> Tap:
        """A mailbox for a message that this ECU receives."""
        tap = self._buses[bus].latch(message, self.name)
        self._things.append(_Closing(self._buses[bus], tap))
        return tap

    def hears(self, bus: str, message: str) -> bool:
        """Whether the vehicle at hand has that message at all."""
        return self._buses[bus].has(message)

    def react(self, bus: str, message: str, latency: int, call: Reaction) -> None:
        """A fast path: call `latency` ns after the end of each frame of the message."""
        self._things.append(self._buses[bus].react(message, self.name, latency, call))

    def on_bus_off(self, bus: str, call: Call) -> None:
        """Call when this ECU's controller goes bus-off on a bus; it stays off until `recover` was asked for."""
        self._things.append(self._buses[bus].on_bus_off(self.name, call))

    def recover(self, bus: str) -> None:
        """Let a controller that is bus-off begin its way back: 128 sequences of 11 recessive bits."""
        self._buses[bus].recover(self.name)

    def every(self, period: int, call: Call, first: int = 0) -> Cancels:
        """A periodic task, its first turn `first` ns from now."""
        task = self._kernel.calendar.every(self.now + first, period, Phase.TASK, self._rank, call)
        self._things.append(task)
        return task

    def after(self, delay: int, call: Call) -> Cancels:
        """One call `delay` ns from now."""
        entry = self._kernel.calendar.at(self.now + delay, Phase.TIMEOUT, self._rank, call)
        self._things.append(entry)
        return entry

    def process(self, behaviour: Behaviour) -> None:
        """Run slow behaviour beside the tasks; it is interrupted when the life ends."""
        self._processes.append(self._kernel.process(self._until_interrupted(behaviour)))

    def wait(self, delay: int) -> Event:
        """An event `delay` ns from now."""
        return self._kernel.timeout(delay)

    def event(self) -> Event:
        """An event that somebody will `succeed`."""
        return self._kernel.event()

    def vary(self, nominal: int, share: float = 0.2) -> int:
        """A duration of this ECU's own, ns: the nominal one, or within +- share of it where a run asks for jitter."""
        return nominal if self._chance is None else round(nominal * self._chance.uniform(1 - share, 1 + share))

    def reset(self, off: int) -> None:
        """Restart this ECU, `off` ns from now; it is silent from now on."""
        self._restart(off)

    def draws(self, state: str) -> None:
        """Tell what this ECU does from now on, which decides what it draws: "boot", "run", "sleep" ..."""
        if self.housing is not None and not self._over:
            self.housing.draw(state)

    def on_voltage(self, volts: float, call: Callable[[int, bool], None]) -> None:
        """Call with (now, above or not) at once and at the instant of each crossing of this inner voltage."""
        if self.housing is not None and not self._over:
            self.housing.on_voltage(volts, call)

    def power_down(self) -> None:
        """End this life in order, for want of voltage; another begins when that has come back."""
        if self.housing is not None and not self._over:
            self.housing.power_down()

    def note(self, text: str) -> None:
        """A remark in the trace; no verdict reads it."""
        self._recorder.occur(self.now, "note", self.name, text)

    def end(self) -> None:
        """End this life: interrupt processes, close taps, cancel tasks and transmissions."""
        for thing in self._things:
            thing.cancel()
        for process in self._processes:
            if process.is_alive and process is not self._kernel.active_process:
                process.interrupt("power")
        self._things.clear()
        self._processes.clear()
        self._over = True

    def _until_interrupted(self, behaviour: Behaviour) -> Behaviour:
        # SimPy begins a process later in the instant, by when the life may be over; an interrupt would come too late.
        if self._over:
            behaviour.close()
            return
        try:
            yield from behaviour
        except Interrupted:
            return


class _Closing:
    def __init__(self, bus: Bus, tap: Tap) -> None:
        self._bus = bus
        self._tap = tap

    def cancel(self) -> None:
        self._bus.unlatch(self._tap)
