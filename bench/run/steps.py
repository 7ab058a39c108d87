"""What the stimuli of a scenario do to the rig. Each begins at an instant and says when it is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.clock.calendar import Calendar, Phase
from bench.errors import BenchBug
from bench.model.expression import SignalRef
from bench.model.frame import Frame
from bench.model.instant import MS, S
from bench.model.lab import Interrupt, Measure, PlayProfile, SetInstrument
from bench.model.stimulus import Drive, Power, Press, Ramp, SendFrame, SendMessage, SetModel, SetSignal, Stimulus
from bench.run.laboratory import Laboratory
from bench.vehicle.plant import Plant
from bench.vehicle.schedule import Schedule
from bench.wire.bus import Bus
from bench.wire.recorder import Recorder
from bench.wire.restbus import Restbus

RAMP_STEP = 10 * MS
"""How finely a ramp is drawn, ns: the plant's own step."""

STIMULUS_RANK = (1,)


@dataclass(frozen=True)
class Hands:
    """All that stimuli touch. `buttons` are read by the ECUs' ports."""

    calendar: Calendar
    recorder: Recorder
    plant: Plant
    buses: Mapping[str, Bus]
    restbus: Mapping[str, Restbus]
    buttons: dict[str, bool]
    laboratory: Laboratory | None = None

    def begin(self, stimulus: Stimulus, now: int, over: Callable[[int], None]) -> None:
        """Begin a stimulus; `over` is called at the instant at which it ends, which may be now."""
        match stimulus:
            case SetModel(name, value):
                self.plant.set(name, value)
                over(now)
            case SetSignal(signal, value):
                self.restbus[signal.bus].put(signal.message, signal.signal, value, now)
                over(now)
            case Power(mode):
                self.plant.set("model.power_mode", mode)
                self.recorder.occur(now, "port", "power", mode)
                over(now)
            case Press(port, hold):
                self._turn(port, "pressed", now)

                def let_go(at: int) -> None:
                    self._turn(port, "released", at)
                    over(at)

                self._later(now + hold, let_go)
            case Drive(name, times, speeds, repeat):
                schedule = Schedule(name, times, speeds).repeated(repeat)
                self.plant.drive(schedule, now)
                self._later(now + round(schedule.duration_s * S), over)
            case Ramp():
                self._ramp(stimulus, now, over)
            case SendMessage():
                self._send_message(stimulus, now, over)
            case SendFrame(bus, identifier, data, extended, fd, count, every):
                frame = Frame(identifier, data, extended, fd, fd)
                self._series(now, count, every, lambda at: self.buses[bus].send_frame(frame, at), 0, over)
            case SetInstrument() | Measure() | PlayProfile() | Interrupt():
                if self.laboratory is None:
                    raise BenchBug(
                        f"{stimulus.instrument} is to act, but this rig was put together without instruments"
                    )
                self.laboratory.begin(stimulus, now, over)

    def phase_ends(self) -> None:
        """What goes on as long as its phase ends now."""
        if self.laboratory is not None:
            self.laboratory.phase_ends()

    def _later(self, at: int, call: Callable[[int], None]) -> None:
        self.calendar.at(at, Phase.SCENARIO, STIMULUS_RANK, call)

    def _series(
        self, at: int, left: int, every: int, call: Callable[[int], None], rest: int, over: Callable[[int], None]
    ) -> None:
        """Call so many times, and `over` that long (`rest`) after the last one.

        Each books the next: tens of thousands of frames booked at once would hold up real time.
        """

        def turn(now: int) -> None:
            if left > 1:
                self._series(now + every, left - 1, every, call, rest, over)
            call(now)
            if left == 1:
                self._later(now + rest, over)

        self._later(at, turn)

    def _turn(self, port: str, state: str, now: int) -> None:
        self.buttons[port] = state == "pressed"
        self.recorder.occur(now, "port", port, state)

    def _ramp(self, ramp: Ramp, now: int, over: Callable[[int], None]) -> None:
        target = ramp.target
        begin: float
        if isinstance(target, SignalRef):
            value = self.restbus[target.bus].slots[target.message].get(target.signal)
        else:
            value = self.plant.read(target.name)
        if isinstance(value, str):
            raise BenchBug(f"a ramp of {target.path} began at '{value}', which is not a number")
        begin = value

        def draw(at: int) -> None:
            share = min((at - now) / ramp.over, 1.0) if ramp.over else 1.0
            level = begin + (ramp.to - begin) * share
            if isinstance(target, SignalRef):
                self.restbus[target.bus].put(target.message, target.signal, level, at)
            else:
                self.plant.set(target.name, level)
            if at >= now + ramp.over:
                over(at)
            else:
                self._later(min(at + RAMP_STEP, now + ramp.over), draw)

        draw(now)

    def _send_message(self, send: SendMessage, now: int, over: Callable[[int], None]) -> None:
        bus = self.buses[send.bus]
        slot = bus.slot_of(send.message)
        values = dict(send.signals)
        bus.override(slot, values)

        def give_back(at: int) -> None:
            slot.give_back(values)
            over(at)

        # Half open: the override ends one period after the last frame, or right after a single one.
        self._series(now, send.count, send.every, lambda at: bus.send_override(slot, at), send.every or 1, give_back)
