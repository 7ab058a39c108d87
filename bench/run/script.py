"""The scenario as it is played: phases in order, their steps and faults, and what starts after what."""

from collections.abc import Callable, Mapping

from bench.clock.calendar import Calendar, Entry, Phase
from bench.clock.kernel import Kernel
from bench.model.expression import Expression
from bench.model.plan import Plan
from bench.model.stimulus import After, At, Fault, Start, Step, When
from bench.run.disturb import ActiveFault, active
from bench.run.steps import Hands
from bench.run.watch import Sight, Watch
from bench.wire.bus import Bus

END_RANK, BEGIN_RANK = (0,), (1,)
"""At one instant a phase ends before anything of the next one begins: windows are half open."""


class Script:
    """Plays a plan on a rig; stops the kernel after the last phase."""

    def __init__(self, plan: Plan, kernel: Kernel, hands: Hands, sight: Sight) -> None:
        self._plan = plan
        self._kernel = kernel
        self._calendar: Calendar = kernel.calendar
        self._buses: Mapping[str, Bus] = hands.buses
        self._recorder = hands.recorder
        self._hands = hands
        self._sight = sight
        self._turns = [(phase, turn) for phase in plan.phases for turn in range(phase.repeat)]
        self._place = -1
        self._waiting: dict[tuple[str, str], list[Callable[[int], None]]] = {}
        self._watches: list[Watch] = []
        self._ends: list[Entry] = []
        self._open_faults: list[tuple[Fault, ActiveFault]] = []

    def begin(self, now: int) -> None:
        """Begin the first phase."""
        self._next_phase(now)

    def sampled(self, now: int) -> None:
        """The plant has moved: look at the conditions that read it."""
        for watch in tuple(self._watches):
            if watch.reads_plant:
                self._calendar.at(now, Phase.SCENARIO, (2,), watch.check)

    # ---- phases -------------------------------------------------------------------------------------------------

    def _next_phase(self, now: int) -> None:
        self._place += 1
        if self._place == len(self._turns):
            self._kernel.stop()
            return
        phase, turn = self._turns[self._place]
        self._note("phase", phase.name, "starts", now, turn)
        for step in phase.steps:
            self._book(step.start, now, lambda at, step=step: self._begin_step(step, at))  # type: ignore[misc]
        for fault in phase.faults:
            self._book(fault.start, now, lambda at, fault=fault: self._begin_fault(fault, at))  # type: ignore[misc]
        if phase.duration is not None:
            self._ends.append(self._calendar.at(now + phase.duration, Phase.SCENARIO, END_RANK, self._end_phase))
        if phase.until is not None:
            self._watch(phase.until, now, self._end_phase)
        if phase.at_most is not None:
            self._ends.append(self._calendar.at(now + phase.at_most, Phase.SCENARIO, END_RANK, self._expire))

    def _expire(self, now: int) -> None:
        phase, turn = self._turns[self._place]
        self._recorder.occur(now, "phase_expires", phase.name, number=turn)
        self._end_phase(now)

    def _end_phase(self, now: int) -> None:
        phase, turn = self._turns[self._place]
        for entry in self._ends:
            entry.cancel()
        for watch in self._watches:
            watch.cancel()
        self._ends.clear()
        self._watches.clear()
        self._waiting.clear()
        for fault, played in tuple(self._open_faults):
            if fault.duration is None:
                self._end_fault(fault, played, now)
        self._hands.phase_ends()
        self._note("phase", phase.name, "ends", now, turn)
        self._next_phase(now)

    # ---- starts -------------------------------------------------------------------------------------------------

    def _book(self, start: Start, now: int, call: Callable[[int], None]) -> None:
        match start:
            case At(offset):
                entry = self._calendar.at(now + offset, Phase.SCENARIO, BEGIN_RANK, call)
                self._ends.append(entry)
            case After(identifier, edge):
                self._waiting.setdefault((identifier, edge), []).append(call)
            case When(condition):
                self._watch(condition, now, call)

    def _watch(self, condition: Expression, now: int, call: Callable[[int], None]) -> None:
        watch = Watch(condition, self._sight, self._buses, self._calendar, call)
        self._watches.append(watch)
        self._calendar.at(now, Phase.SCENARIO, (2,), watch.check)

    def _note(self, kind: str, identifier: str, edge: str, now: int, number: int = 0) -> None:
        self._recorder.occur(now, f"{kind}_{edge}", identifier, number=number)
        for call in self._waiting.pop((identifier, edge), []):
            self._ends.append(self._calendar.at(now, Phase.SCENARIO, BEGIN_RANK, call))

    # ---- steps and faults ---------------------------------------------------------------------------------------

    def _begin_step(self, step: Step, now: int) -> None:
        self._note("step", step.id, "starts", now)
        self._hands.begin(step.stimulus, now, lambda at: self._note("step", step.id, "ends", at))

    def _begin_fault(self, fault: Fault, now: int) -> None:
        def over(at: int) -> None:
            self._calendar.at(at, Phase.SCENARIO, END_RANK, lambda now: self._end_fault(fault, played, now))

        played = active(fault, self._plan, self._place, self._buses, over)
        self._note("fault", fault.id, "starts", now)
        played.begin(now)
        self._open_faults.append((fault, played))
        if fault.duration is not None:
            over(now + fault.duration)

    def _end_fault(self, fault: Fault, played: ActiveFault, now: int) -> None:
        if (fault, played) in self._open_faults:
            self._open_faults.remove((fault, played))
            played.end(now)
            self._note("fault", fault.id, "ends", now)
