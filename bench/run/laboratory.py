"""The instruments of a run, opened through PyVISA, and what stimuli do with them.

Models live on the run's own clock: what is written acts at once, a measurement is fetched when its time has passed. An
instrument does one thing at a time, as one with one session does: what comes while it measures waits for that.
"""

from collections import deque
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from bench.clock.calendar import Entry, Phase
from bench.clock.kernel import Kernel
from bench.errors import BenchBug, RigError
from bench.lab.setpoint import Output, OverLimit, at_start, checked
from bench.model.expression import UNKNOWN, InstrumentRef, Known
from bench.model.lab import InstrumentPlan, Interrupt, Measure, PlayProfile, Reading, SetInstrument
from bench.model.plan import Plan
from bench.model.stimulus import AtInstrument
from bench.scenario.instruments import QUANTITIES
from bench.vehicle.net import Line
from bench.wire.recorder import Recorder

if TYPE_CHECKING:
    from bench.lab.drivers.instrument import Instrument
    from bench.lab.models.meter import Meter
    from bench.lab.models.supply import Supply

STALE_AFTER = 3
"""Spacings of measurements after which a reading is unknown again, as for signals."""

RANK = (1,)
"""As stimuli: after phases, before what the plant does."""


class Laboratory:
    """All instruments of a plan. `line` is what the supply of the 12 V net feeds; None without such a supply."""

    def __init__(self, plan: Plan, kernel: Kernel, recorder: Recorder) -> None:
        # PyVISA takes most of a second to import; a run without instruments does not.
        from bench.lab.catalogue import open_instrument
        from bench.lab.models.desk import of_plan, wire
        from bench.lab.simvisa import Standing, address, resource_manager

        plans = plan.rig.instruments
        elsewhere = [one.name for one in plans if one.resource]
        if elsewhere:
            raise RigError(
                f"{', '.join(elsewhere)}: instruments at a VISA address cannot take part in a run yet; "
                "leave 'resource' out to use their models"
            )
        self._kernel = kernel
        self._recorder = recorder
        self._plans = {one.name: one for one in plans}
        models = {one.name: of_plan(one, self._now, plan.seed) for one in plans}
        wire(models)
        visa = resource_manager(models, Standing(self._now))
        self.instruments: dict[str, Instrument] = {
            one.name: open_instrument(one, visa, address(one.name)) for one in plans
        }
        self._outputs: dict[str, Output] = {
            one.name: at_start(one.envelope) for one in plans if one.envelope is not None
        }
        self._latest: dict[tuple[str, str], tuple[Reading, int]] = {}
        self._endless: list[Entry] = []
        self._due: Entry | None = None
        self._waiting: dict[str, deque[Callable[[int], None]]] = {}
        """Of each instrument that measures at present: what comes after that."""
        feeding = next((one.name for one in plans if one.feeds), None)
        self.supply: Supply | None = models[feeding] if feeding else None  # type: ignore[assignment]
        self.line = Line(self.supply) if self.supply is not None else None
        self.meters: list[Meter] = [models[one.name] for one in plans if one.kind == "meter"]  # type: ignore[misc]
        """They lie in the line of that supply."""
        self.renewed: Callable[[int], None] = lambda _: None
        """Called when the line does something else from now on."""
        if self.supply is not None:
            self.supply.changed = self._changed

    def begin(self, stimulus: AtInstrument, now: int, over: Callable[[int], None]) -> None:
        """Begin a stimulus as soon as its instrument is free; `over` is called when it ends, which may be now."""
        match stimulus:
            case SetInstrument(name, settings):

                def put(at: int) -> None:
                    self._set(self._plans[name], settings, at)
                    over(at)

                self._when_free(name, now, put)
            case Measure():
                self._when_free(stimulus.instrument, now, lambda at: self._measure(stimulus, at, over))
            case PlayProfile() if stimulus.interruptions:
                self._when_free(stimulus.instrument, now, lambda at: self._interruptions(stimulus, at, over))
            case PlayProfile():
                self._when_free(stimulus.instrument, now, lambda at: self._play(stimulus, at, over))
            case Interrupt(_, how, duration):  # a switch of its own
                self._cut(how, now, now + duration)
                self._later(now + duration, over)

    def phase_ends(self) -> None:
        """Measurements that go on to the end of their phase begin no more; one under way is still fetched."""
        for entry in self._endless:
            entry.cancel()
        self._endless.clear()

    def look(self, reference: InstrumentRef) -> Known:
        """What was last measured; UNKNOWN before the first reading and three spacings after the last."""
        found = self._latest.get((reference.name, reference.quantity))
        if found is None:
            return UNKNOWN
        reading, every = found
        return reading.value if not every or self._now() - reading.at <= STALE_AFTER * every else UNKNOWN

    def close(self) -> None:
        """Switch off what drives something, in the declared order, and let all resources go."""
        for name in sorted(self.instruments, key=lambda name: self._plans[name].off_first or inf):
            self.instruments[name].off()
            self.instruments[name].release()

    # ---- setting ------------------------------------------------------------------------------------------------

    def _set(self, plan: InstrumentPlan, settings: tuple[tuple[str, float | str | bool], ...], now: int) -> None:
        instrument = self.instruments[plan.name]
        for name, value in settings:
            if plan.envelope is not None:
                try:
                    self._outputs[plan.name] = checked(plan.envelope, (name, value), self._outputs[plan.name])
                except OverLimit as refusal:
                    raise RigError(f"{plan.name}: {refusal}") from refusal
            setattr(instrument, name, value)
        self._complaints(plan.name)
        self._recorder.occur(now, "instrument", plan.name, ", ".join(f"{name} {value}" for name, value in settings))

    def _complaints(self, name: str) -> None:
        found = self.instruments[name].errors()
        if found:
            raise RigError(f"{name}: the instrument refused a setting: {'; '.join(found)}; correct the scenario")

    # ---- measuring ----------------------------------------------------------------------------------------------

    def _measure(self, measure: Measure, now: int, over: Callable[[int], None], left: int | None = None) -> None:
        instrument = self.instruments[measure.instrument]
        duration = instrument.duration(measure.quantity)
        left = measure.count if left is None else left
        self._waiting[measure.instrument] = deque()
        instrument.begin(measure.quantity)

        def fetch(at: int) -> None:
            value, uncertainty = instrument.fetch(measure.quantity)
            unit = QUANTITIES[measure.quantity].unit
            reading = Reading(measure.instrument, measure.quantity, value, unit, at, uncertainty)
            self._recorder.measured(reading)
            self._latest[measure.instrument, measure.quantity] = (reading, measure.every)
            waiting = self._waiting.pop(measure.instrument)
            if left == 1:
                over(at)
            else:
                again = self._later(max(now + measure.every, at), start)
                if left is None:
                    self._endless.append(again)
            for call in waiting:
                self._when_free(measure.instrument, at, call)

        def start(at: int) -> None:
            rest = None if left is None else left - 1
            self._when_free(measure.instrument, at, lambda then: self._measure(measure, then, over, rest))

        self._later(now + duration, fetch)

    def _when_free(self, name: str, now: int, call: Callable[[int], None]) -> None:
        """Call now, or when the measurement is done that is under way, after whoever has waited longer."""
        if name in self._waiting:
            self._waiting[name].append(call)
        else:
            call(now)

    # ---- profiles and interruptions -----------------------------------------------------------------------------

    def _play(self, step: PlayProfile, now: int, over: Callable[[int], None]) -> None:
        instrument = self.instruments[step.instrument]
        try:
            instrument.play(step.waveform)
        except ValueError as refusal:
            raise RigError(f"{step.instrument} cannot play the profile '{step.profile}': {refusal}") from refusal
        instrument.arm()
        instrument.trigger()
        self._complaints(step.instrument)
        self._recorder.occur(now, "instrument", step.instrument, f"plays {step.profile}")
        self._later(now + step.waveform.duration, over)

    def _interruptions(self, step: PlayProfile, now: int, over: Callable[[int], None]) -> None:
        """A profile that interrupts the line leaves the supply where it begins, and the switch does the rest."""
        self._set(self._plans[step.instrument], (("voltage", step.waveform.segments[0].begin),), now)
        for begin, duration, how in step.interruptions:
            self._later(now + begin, lambda at, how=how, duration=duration: self._cut(how, at, at + duration))  # type: ignore[misc]
        self._later(now + step.waveform.duration, over)

    def _cut(self, how: str, now: int, until: int) -> None:
        if self.line is None:
            raise BenchBug("a line was interrupted that nothing feeds")
        self._turn(how, now)
        self._later(until, lambda at: self._turn("closed", at))

    def _turn(self, state: str, now: int) -> None:
        assert self.line is not None
        self.line.state = state
        self._recorder.occur(now, "line", "KL30", state)
        self.renewed(now)

    def _changed(self, at: int) -> None:
        """The supply does something else; what it will do by itself is booked, such as a watchdog that is not fed."""
        assert self.supply is not None
        self.renewed(at)
        if self._due is not None:
            self._due.cancel()
        due = self.supply.due(at)
        self._due = None if due is None else self._later(max(due, self._now()), self._look)

    def _look(self, now: int) -> None:
        assert self.supply is not None
        self._due = None
        self.supply.output(now)
        if self._due is None:
            self._changed(now)

    def _later(self, at: int, call: Callable[[int], None]) -> Entry:
        return self._kernel.calendar.at(at, Phase.SCENARIO, RANK, call)

    def _now(self) -> int:
        return int(self._kernel.now)
