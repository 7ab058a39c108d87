"""The output of a supply: set-point, slew, list programs, current limit, protections, watchdog.

Between two writings its output is a function of time that is known beforehand (`waveform_from`), unless the current
limit holds it: then the load decides. Numbers of `Parameters` are those of no particular instrument.
"""

from collections.abc import Callable

from bench.lab.models.course import Amplifier, Course, course, stairs
from bench.lab.models.history import History
from bench.lab.models.limiting import Operating, operating
from bench.lab.models.overload import Overload
from bench.lab.models.supply_settings import Parameters, Settings
from bench.lab.models.terminals import NOTHING, Load, constant
from bench.lab.status import Refused
from bench.model.instant import S
from bench.model.waveform import Segment, Waveform

LONGEST_PROGRAM = 100_000
"""A list program with more edges and holds than this, all of its repetitions counted, is refused."""

TOLD = 60 * S
"""So much of a list without end is told in advance, ns."""

SETTLING, SWEEPING, WAITING, CONSTANT_VOLTAGE, CONSTANT_CURRENT = 1 << 1, 1 << 3, 1 << 5, 1 << 8, 1 << 10
OVER_VOLTAGE, OVER_CURRENT, SILENT = 1 << 0, 1 << 1, 1 << 2
"""Bits of the operation and of the questionable register: SCPI-99 volume 1, 9.3 and 9.4; 8 and 10 are device bits."""


class Output:
    """One output of a supply. `changed` is called with the instant when what it will do has changed."""

    def __init__(
        self, now: Callable[[], int], parameters: Parameters, keeps_last: bool, changed: Callable[[int], None]
    ) -> None:
        self.parameters = parameters
        self._keeps_last = keeps_last
        self._changed = changed
        self._now = now
        self.settings = self._defaults()
        self.tripped = ""
        self._amplifier = Amplifier(parameters.slew, parameters.settling)
        self._load = NOTHING
        self._course = course(0, (), 0.0)
        self._history = History(self._course)
        self._overload = Overload()
        self._ovp_at: int | None = None
        self._told_until: int | None = None
        self._latest = self._heard = 0
        self._waiting = self._listing = False

    # ---- terminals --------------------------------------------------------------------------------------------------

    def connect(self, load: Load) -> None:
        """Hang something on the terminals, in place of what hung there."""
        self._load = load
        self.loaded(self._latest)

    def loaded(self, at: int) -> None:
        """What hangs on the terminals draws another current from now on."""
        self.settle(at)
        self._watch(at)

    def volts(self, at: int) -> float:
        """Volts at the terminals; 0 where nothing is driven. An earlier instant than the latest is looked up."""
        if at < self._latest:
            return self._history.value(at)
        return self.point(at).volts

    def amperes(self, at: int) -> float:
        """What the load draws."""
        return self.point(at).amperes

    def driven(self, at: int) -> bool:
        """Whether the output drives its terminals at all: off it is open, or pulls them to 0 V."""
        self.settle(at)
        return self.on or not self.parameters.opens

    def waveform_from(self, at: int) -> Waveform | None:
        """What it will do from an instant on, its last voltage held, as long as nobody changes it.

        None: it drives nothing. While the load decides it is what the load leaves now. Trips of over-voltage and
        over-current protection that can be foreseen are in it; the watchdog is taken to be fed. Of a list without end
        it is a part; `due` says when there is more, and `changed` is called then.
        """
        point = self.point(at)
        if not self.driven(at):
            return None
        if point.limited:
            return constant(point.volts, 1)
        trip = min((t for t in (self._ovp_at, self._overload.trip_at) if t is not None), default=None)
        if trip is None:
            self._told_until = at + TOLD if self._course.end is None else None
            return self._course.rest(at, TOLD)
        return Waveform((*self._course.record(at, max(trip, at)), Segment(1, 0.0, 0.0)))

    def recorded(self, begin: int, end: int) -> Waveform:
        """The voltage between two instants, the later not after now."""
        self.settle(end)
        if end >= self._latest and self.point(end).limited:
            return constant(self.point(end).volts, end - begin)
        found = self._history.record(begin, end)
        return Waveform(tuple(found)) if found else constant(self.volts(end), 1)

    def recorded_amperes(self, begin: int, end: int) -> Waveform:
        """The current between two instants, as the load draws now at the voltages that there were then."""
        if self.point(end).limited:
            return constant(self.point(end).amperes, end - begin)
        volts = self.recorded(begin, end).segments
        if len(volts) > 256 or not self.on:
            return constant(self.point(end).amperes, end - begin)
        at = self._asked_at
        drawn = [(self._load.amperes(s.begin, at), self._load.amperes(s.end, at)) for s in volts]
        return Waveform(tuple(Segment(s.duration, i, j) for s, (i, j) in zip(volts, drawn, strict=True)))

    def due(self, at: int) -> int | None:
        """The next instant at which it changes by itself: a trip, the watchdog, the end of a course."""
        self.settle(at)
        known = (self._ovp_at, self._overload.trip_at, self._silent_at, self._course.end, self._told_until)
        return min((t for t in known if t is not None and t > at), default=None)

    def point(self, at: int) -> Operating:
        """Where its terminals are now."""
        self.settle(at)
        at = self._latest
        if not self.on and self.parameters.opens:
            return Operating(0.0, 0.0)
        found = self._operating(at)
        guard = self._guard
        over = guard is not None and abs(found.wanted) > guard
        if self._overload.seen(at, over, self.settings.ocp_delay):
            self._watch(at)
            self.settle(at)
            return self._operating(at) if self.on or not self.parameters.opens else Operating(0.0, 0.0)
        return found

    # ---- what a front needs -----------------------------------------------------------------------------------------

    def heard(self, at: int) -> None:
        """A line came in: the watchdog begins anew."""
        self.settle(at)
        self._heard = max(at, self._heard)

    def reset(self, at: int) -> None:
        """Be as after *RST: off, no protection tripped."""
        self.settings = self._defaults()
        self.tripped = ""
        self._waiting = False
        self.go(at)

    def trigger(self, at: int) -> None:
        """Start the list that waits for it."""
        if not self._waiting:
            raise Refused(-211)
        self.start(at, tuple(self._steps()), self.settings.list_count)

    def busy_until(self, at: int) -> int | None:
        """The end of the edge or of the list; None for one without end, or while it waits for its trigger."""
        self.settle(at)
        return None if self._waiting else self._course.end

    def conditions(self, at: int) -> tuple[int, int]:
        """Operation and questionable condition."""
        point, end = self.point(at), self._course.end
        moving = end is None or end > at
        operation = (
            SETTLING * (moving and not self._listing)
            | SWEEPING * (moving and self._listing)
            | WAITING * self._waiting
            | CONSTANT_CURRENT * point.limited
            | CONSTANT_VOLTAGE * (self.on and not point.limited)
        )
        return operation, {"": 0, "ovp": OVER_VOLTAGE, "ocp": OVER_CURRENT, "watchdog": SILENT}[self.tripped]

    # ---- what its features do ---------------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Whether the output is on."""
        return self.settings.master and self.settings.selected and not self.tripped

    def powered(self, at: int) -> bool:
        """Whether the output is on at an instant."""
        self.settle(at)
        return self.on

    def has_tripped(self, at: int, what: str) -> bool:
        """Whether this protection has switched the output off."""
        self.settle(at)
        return self.tripped == what

    def switch(self, at: int, master: bool, selected: bool) -> None:
        """Switch; a supply whose protection has tripped stays off until that was cleared."""
        if self.tripped and master and selected:
            raise Refused(-221, f"{self.tripped} has tripped")
        before, self.settings.master, self.settings.selected = self.on, master, selected
        if before != self.on:
            self.go(at)

    def clear_trip(self, at: int) -> None:
        """Forget what tripped; the output stays off until it is switched on again."""
        if self.tripped:
            self.tripped = ""
            self.settings.master = False
            self.go(at)

    def arm(self, at: int) -> None:
        """INITiate: wait for the trigger, or begin at once."""
        self.settle(at)
        end = self._course.end
        if self._waiting or (self._listing and (end is None or end > at)):
            raise Refused(-213)
        if not self.settings.listed:
            raise Refused(-221, "the voltage mode is not LIST")
        self._steps()
        self._waiting = True
        if self.settings.at_once:
            self.trigger(at)

    def start(self, at: int, steps: tuple[tuple[float, int], ...], count: float) -> None:
        """Begin a list program: (volts, ns) each, so many times; more than 65535 mean for ever."""
        if not self.on:
            raise Refused(-221, "the output is off")
        if not steps:
            raise Refused(-221, "the list is empty")
        self._waiting = False
        settings, endless = self.settings, count > 65535
        passed, volts = stairs(steps, self._course.value(at), self._amplifier, settings.slew)
        again, volts = stairs(steps, volts, self._amplifier, settings.slew) if endless or count > 1 else ([], volts)
        if not endless:
            if len(passed) + len(again) * (count - 1) > LONGEST_PROGRAM:
                raise Refused(-223)
            passed, again = passed + again * (int(count) - 1), []
            if settings.keep_last:
                settings.volts = volts
            passed += self._amplifier.edge(volts, settings.volts, settings.slew)
        self._take(course(at, passed, settings.volts, again), at, listing=True)

    def go(self, at: int) -> None:
        """Leave whatever was under way, for the set-point or for 0 V."""
        self._waiting = False
        target = self.settings.volts if self.on else 0.0
        edge = self._amplifier.edge(self._course.value(at), target, self.settings.slew)
        self._take(course(at, edge if self.on or not self.parameters.opens else (), target), at)

    def moved(self, at: int) -> None:
        """The set-point is another one; a list that runs goes on."""
        end = self._course.end
        if self.on and not self._waiting and not (self._listing and (end is None or end > at)):
            self.go(at)

    def limits_changed(self, at: int) -> None:
        """The current limit or a protection is another one."""
        self._watch(at)
        self._changed(at)

    def settle(self, at: int) -> None:
        """Let all trips happen that are due, each at its instant."""
        while True:
            causes = ((self._ovp_at, "ovp"), (self._overload.trip_at, "ocp"), (self._silent_at, "watchdog"))
            due, what = min(((t, cause) for t, cause in causes if t is not None), default=(at + 1, ""))
            if due > at:
                break
            self.tripped = what
            self.go(max(due, self._course.begin))
        self._latest = max(self._latest, at)
        if self._told_until is not None and at >= self._told_until:
            self._told_until = None
            self._changed(at)

    @property
    def _asked_at(self) -> int:
        """The instant for which a load is asked: never one that it may have left behind."""
        return max(self._latest, self._now())

    @property
    def _silent_at(self) -> int | None:
        return self._heard + self.settings.watchdog if self.settings.watched and self.on else None

    def _steps(self) -> list[tuple[float, int]]:
        volts, dwell = self.settings.list_volts, self.settings.list_dwell
        if len(dwell) == 1:  # one dwell stands for all (SCPI-99 volume 2, LIST subsystem)
            dwell = dwell * len(volts)
        if len(volts) != len(dwell):
            raise Refused(-226, f"{len(volts)} voltages, {len(dwell)} dwells")
        if not volts:
            raise Refused(-221, "the list is empty")
        return list(zip(volts, dwell, strict=True))

    def _take(self, following: Course, at: int, listing: bool = False) -> None:
        self._history.take(following)
        self._course, self._listing = following, listing
        self._watch(at)
        self._changed(at)

    def _watch(self, at: int) -> None:
        """See which trips are ahead."""
        s = self.settings
        self._ovp_at = self._course.beyond(s.ovp, max(at, self._course.begin)) if self.on and s.ovp_on else None
        guard, since = self._guard, max(at, self._course.begin)
        course = self._course if guard is not None else None
        self._overload.foresee(course, self._load, guard or 0.0, s.ocp_delay, since, self._asked_at)

    @property
    def _guard(self) -> float | None:
        """The current (A) beyond which over-current protection switches off, if it lasts; None: none does."""
        s = self.settings
        if not self.on or not (s.ocp_on or s.ocp < s.amperes):
            return None
        return min(s.amperes, s.ocp) if s.ocp_on else s.ocp

    def _operating(self, at: int) -> Operating:
        return operating(
            self._course.value(at), self.settings.amperes, self.parameters.foldback, self._load, self._asked_at
        )

    def _defaults(self) -> Settings:
        p = self.parameters
        return Settings(
            0.0, p.amperes_max, p.slew, p.volts_max * 1.1, p.amperes_max, p.ocp_delay, keep_last=self._keeps_last
        )
