"""Conditions while a run goes on: what signals and the plant say now, and a call when a condition first holds."""

from collections.abc import Callable, Iterator, Mapping

from bench.clock.calendar import FOREVER, Calendar, Phase
from bench.model.expression import (
    UNKNOWN,
    Expression,
    InstrumentRef,
    Known,
    ModelRef,
    Reference,
    SignalRef,
    evaluate,
    references,
)
from bench.model.layout import MessageLayout
from bench.model.plan import Plan
from bench.model.stimulus import When
from bench.network.codec import codec
from bench.network.protection import checker
from bench.wire.bus import Bus, Listening
from bench.wire.slot import Tap

STALE_AFTER = 3
"""Cycles after which a signal is unknown again; see the scenario language, what a verdict means."""


class Sight:
    """The latest valid frame of each message that a condition of the plan reads."""

    def __init__(
        self,
        plan: Plan,
        buses: Mapping[str, Bus],
        plant: Callable[[str], Known],
        measured: Callable[[InstrumentRef], Known],
    ) -> None:
        self._buses = buses
        self._plant = plant
        self._measured = measured
        self._taps: dict[tuple[str, str], Tap] = {}
        self._latest: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._layouts: dict[tuple[str, str], MessageLayout] = {}
        self._readers: dict[str, Callable[[bytes], Known | None]] = {}
        for condition in _conditions(plan):
            for reference in references(condition):
                if isinstance(reference, SignalRef):
                    key = (reference.bus, reference.message)
                    if key not in self._taps:
                        self._layouts[key] = plan.bus(reference.bus).message(reference.message)
                        self._taps[key] = buses[reference.bus].latch(reference.message, "")
                    self._readers[reference.path] = codec(self._layouts[key]).reader(reference.signal)

    def look(self, reference: Reference, now: int) -> Known:
        """The present value of a name; UNKNOWN before its first valid frame and three cycles after its last."""
        if isinstance(reference, ModelRef):
            return self._plant(reference.name)
        if isinstance(reference, InstrumentRef):
            return self._measured(reference)
        key = (reference.bus, reference.message)
        layout = self._layouts[key]
        for end, data in self._taps[key].drain():
            if layout.protection is None or checker(layout.protection, layout.length)(data) is not None:
                self._latest[key] = (end, data)
        if key not in self._latest:
            return UNKNOWN
        end, data = self._latest[key]
        if now - end >= (STALE_AFTER * layout.cycle or layout.max_age or FOREVER):
            return UNKNOWN
        value = self._readers[reference.path](data)
        return UNKNOWN if value is None else value


class Watch:
    """Calls once, in the scenario's phase, when a condition first holds."""

    def __init__(
        self,
        condition: Expression,
        sight: Sight,
        buses: Mapping[str, Bus],
        calendar: Calendar,
        call: Callable[[int], None],
    ) -> None:
        self._condition = condition
        self._sight = sight
        self._calendar = calendar
        self._call = call
        self._listeners: list[Listening] = []
        self.reads_plant = False
        """Whether it has to be looked at with each sample; what instruments measure is looked at then too."""
        heard: list[tuple[str, str]] = []
        for reference in references(condition):
            if not isinstance(reference, SignalRef):
                self.reads_plant = True
            elif (reference.bus, reference.message) not in heard:
                heard.append((reference.bus, reference.message))
                self._listeners.append(buses[reference.bus].live(reference.message, self._on_frame))

    def check(self, now: int) -> None:
        """Look now."""
        if evaluate(self._condition, lambda reference: self._sight.look(reference, now)) is True:
            call = self._call
            self.cancel()
            call(now)

    def cancel(self) -> None:
        """Do not look any more."""
        for listener in self._listeners:
            listener.cancel()
        self._listeners.clear()
        self._call = _nothing

    def _on_frame(self, now: int, _end: int, _data: bytes) -> None:
        self._calendar.at(now, Phase.SCENARIO, (2,), self.check)


def unmeasured(_: InstrumentRef) -> Known:
    """What a rig without instruments knows of them."""
    return UNKNOWN


def _nothing(_: int) -> None:
    """What a cancelled watch calls."""


def _conditions(plan: Plan) -> Iterator[Expression]:
    for phase in plan.phases:
        if phase.until is not None:
            yield phase.until
        starts = [step.start for step in phase.steps] + [fault.start for fault in phase.faults]
        yield from (start.condition for start in starts if isinstance(start, When))
