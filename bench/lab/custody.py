"""An instrument in the guardian's custody, held within its envelope while it is used.

Whatever is set is looked at once more at that very moment; before an output goes on, the instrument's own protection is
set and read back; the energy is charged as it flows.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from bench.clock.pace import Stopwatch
from bench.errors import RigError
from bench.lab.drivers.instrument import Instrument
from bench.lab.energy import Account, volt_seconds
from bench.lab.envelope import at_start, checked, checked_waveform
from bench.lab.setpoint import GOVERNED, SWITCHES, Output, OverLimit, Setting, Value, ovp
from bench.model.instant import S, show
from bench.model.lab import Envelope, InstrumentPlan
from bench.model.waveform import Waveform

SETTABLE = {
    "supply": ("voltage", "current_limit", "slew", "output"),
    "generator": ("shape", "frequency", "amplitude", "offset", "output"),
    "load": ("current", "resistance", "power", "input"),
}
"""What may be set of a kind that has limits, so that no other attribute leads past them; see `GOVERNED` for others."""

RESOLUTION = 0.002
"""By how much of its size a level that is read back may differ from what was set.

Source: the programming resolution of 12 bits over a range that is used to an eighth, 8 / 4096.
"""

Opener = Callable[[InstrumentPlan], Instrument]


class Custody:
    """An instrument, what its output is at most doing, and what may still be delivered. `open` before all else.

    All but `overdrawn` and `ending` belong to one thread. With `ending` nothing is set any more, only switched off.
    """

    def __init__(self, plan: InstrumentPlan, opener: Opener) -> None:
        self.plan = plan
        self.ending = False
        self.remarks: list[str] = []
        self._opener = opener
        self._instrument: Instrument | None = None
        self._identity = ("", "", "", "")
        envelope = plan.envelope
        self._output = at_start(envelope, plan.edges.edge) if envelope else Output()
        self._account = Account(envelope.energy if envelope else None)
        self._watch = Stopwatch()
        self._settled = 0
        self._loaded: Waveform | None = None
        self._playing: tuple[Waveform, int] | None = None
        self._doubt = False
        self._state = Lock()

    @property
    def opened(self) -> bool:
        """Whether there is an instrument; without one nothing was done to any."""
        return self._instrument is not None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Maker, model, serial number and firmware, as it said when it was opened."""
        return self._identity

    @property
    def overdrawn(self) -> str:
        """That more energy was delivered than may be, in words; "" if it was not."""
        self._settle()
        if not self._account.overdrawn:
            return ""
        return (
            f"{self.plan.name}: up to {self._account.spent:g} J were delivered at its current limit of "
            f"{self._output.amperes:g} A; allowed are {self._account.limit:g} J in a run; lower the current limit, "
            "shorten the run or correct 'limits'"
        )

    # ---- what the bench asks for -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open it, switch off what is on, set its limits and arm its watchdog; each is read back."""
        self._instrument = self._opener(self.plan)
        idn = self._instrument.idn
        self._identity = (idn.maker, idn.model, idn.serial, idn.firmware)
        if self.plan.kind == "relay":
            self._driver.off()  # what a closed one connects nobody knows here
        switch = SWITCHES.get(self.plan.kind)
        if switch is None:
            return
        if self.get(switch):
            volts = f" ({float(self.get('voltage')):g} V)" if self.plan.kind == "supply" else ""
            self._driver.off()
            self.remarks.append(f"{self.plan.name} was on{volts} when it was opened; it was switched off")
            if self.get(switch):
                raise RigError(f"{self.plan.name}: its output stays on; expected off; switch it off at its front")
        if self.plan.kind == "supply" and self.plan.envelope is not None:
            self._assure("current_limit", self.plan.envelope.amperes_max)
            if self.plan.envelope.slew is not None:
                self._assure("slew", self.plan.envelope.slew)
        if self.plan.kind == "load":
            self._assure("current", 0.0)  # whatever it was left to draw, in whatever mode
        if self.plan.watchdog:
            self._assure("watchdog", self.plan.watchdog / S)

    def set(self, settings: Sequence[Setting]) -> None:
        """Set attributes in this order, each of them checked at that very moment."""
        for name, value in settings:
            self._set(name, value)

    def get(self, name: str) -> Value:
        """What an attribute is, as the instrument says."""
        value: Value = getattr(self._driver, self._known(name))
        return value

    def play(self, waveform: Waveform) -> None:
        """Load a waveform; it begins with `trigger`."""
        self._within(lambda envelope, output: checked_waveform(envelope, waveform, output))
        self._driver.play(waveform)
        self._loaded = waveform

    def arm(self) -> None:
        """Let the instrument wait for its trigger."""
        self._driver.arm()

    def trigger(self) -> None:
        """Begin the waveform that was loaded, if the step to its begin is still what may be."""
        waveform = self._loaded
        if waveform is None:
            self._driver.trigger()
            return
        after = self._within(lambda envelope, output: checked_waveform(envelope, waveform, output))
        self._settle()
        with self._state:
            self._playing = (waveform, self._watch.elapsed())
            self._output = replace(after, volts=waveform.segments[0].first)
        self._driver.trigger()

    def begin(self, quantity: str) -> None:
        """Begin a measurement."""
        self._driver.begin(quantity)

    def fetch(self, quantity: str) -> tuple[object, float]:
        """What it gave, and its uncertainty."""
        return self._driver.fetch(quantity)

    def duration(self, quantity: str) -> int:
        """How long a measurement takes, ns."""
        return self._driver.duration(quantity)

    def errors(self) -> tuple[str, ...]:
        """The errors that the instrument has queued."""
        return self._driver.errors()

    def off(self) -> None:
        """Switch it off, and look."""
        self._driver.off()
        self._settle()
        with self._state:
            self._playing = self._loaded = None
            self._output = replace(self._output, on=False)
        switch = SWITCHES.get(self.plan.kind)
        if switch is not None and self.get(switch):
            raise RigError(f"{self.plan.name}: its output stays on; expected off; switch it off at its front")

    def pet(self) -> None:
        """Show the instrument's watchdog that somebody is there, and see that it is still armed."""
        seconds = float(self.get("watchdog"))
        if not _near(seconds, self.plan.watchdog / S):
            raise RigError(
                f"{self.plan.name}: its watchdog is at {seconds:g} s; expected {show(self.plan.watchdog)} as set; "
                "leave the instrument's front alone during a run"
            )

    # ---- within -----------------------------------------------------------------------------------------------------

    @property
    def _driver(self) -> Instrument:
        if self._instrument is None:
            raise RigError(f"{self.plan.name} is not open; see what was said when it was opened")
        return self._instrument

    def _known(self, name: str) -> str:
        if name.startswith("_") or not hasattr(type(self._driver), name):
            raise RigError(
                f"{self.plan.name}: its driver '{self.plan.driver}' has no '{name}', which the bench needs of a "
                f"{self.plan.kind}; take another driver, or leave out what asks for it"
            )
        return name

    def _set(self, name: str, value: Value) -> None:
        self._known(name)
        allowed = SETTABLE.get(self.plan.kind)
        if name in GOVERNED if allowed is None else name not in allowed:
            raise RigError(
                f"{self.plan.name}: '{name}' of a {self.plan.kind} is not set by a scenario; expected "
                f"{' or '.join(allowed or ('what drives nothing',))}; the guardian sees to protection and programs"
            )
        switch = SWITCHES.get(self.plan.kind)
        if name == switch and value in (True, "on") and not self._output.on:
            self._protect()
        after = self._within(lambda envelope, output: checked(envelope, (name, value), output))
        self._settle()
        with self._state:
            if self.ending:
                raise RigError(f"{self.plan.name}: {name} was not set; the outputs are being switched off")
            # Before and not after: whatever fails on the way, it counts as done. A voltage that may be either is read.
            self._doubt = True
            if name == "voltage":
                self._playing = self._loaded = None
            self._output = after
        setattr(self._driver, name, value in (True, "on") if name == switch else value)
        self._doubt = False

    def _within(self, look: Callable[[Envelope, Output], Output]) -> Output:
        """What the output is after something that the envelope allows; RigError if it allows it not, or is missing."""
        envelope = self.plan.envelope
        if envelope is None:
            if self.plan.kind in SWITCHES:
                raise RigError(f"{self.plan.name} has no limits; expected them; add 'limits' in the rig file")
            return self._output
        try:
            return look(envelope, self._now())
        except OverLimit as finding:
            raise RigError(f"{self.plan.name}: {finding} or correct 'limits'; nothing was set") from finding

    def _now(self) -> Output:
        """What the output is now: in the middle of a waveform the voltage there, after a failure what is read."""
        if self._doubt and self.plan.kind == "supply":
            self._output = replace(self._output, volts=float(self.get("voltage")), on=bool(self.get("output")))
            self._doubt = False
        if self._playing is None:
            return self._output
        waveform, began = self._playing
        return replace(self._output, volts=waveform.value(self._watch.elapsed() - began))

    def _protect(self) -> None:
        """OVP and OCP set and read back, and what the instrument itself says it will put out or draw looked at."""
        envelope = self.plan.envelope
        if envelope is None:
            return
        volts, amperes = (envelope.volts_min, envelope.volts_max), (0.0, envelope.amperes_max)
        now = self._output
        match self.plan.kind:
            case "supply":
                self._assure("ovp", ovp(envelope))
                self._assure("ocp", envelope.amperes_max)
                now = replace(now, volts=self._seen("voltage", volts), amperes=self._seen("current_limit", amperes))
            case "load":
                now = replace(now, amperes=self._seen("current", amperes))
            case "generator":
                now = replace(now, offset=float(self.get("offset")), amplitude=abs(float(self.get("amplitude"))))
        # As it is and not as it was told: a set-point may be older than this run.
        self._output = now

    def _seen(self, name: str, allowed: tuple[float, float]) -> float:
        """What a level is, at the limit where it is over it by less than is resolved; RigError beyond that."""
        (low, high), value = allowed, float(self.get(name))
        if not low - RESOLUTION * abs(low) <= value <= high + RESOLUTION * abs(high):
            raise RigError(
                f"{self.plan.name}: its {name} is at {value:g}; allowed are {low:g} to {high:g}; it was not switched "
                f"on; set '{name}' first"
            )
        return min(max(value, low), high)

    def _assure(self, name: str, value: float) -> None:
        """Set a level and read it back; RigError if it is not there."""
        setattr(self._driver, self._known(name), value)
        found = float(self.get(name))
        if not _near(found, value):
            raise RigError(
                f"{self.plan.name}: {name} reads {found:g} after it was set to {value:g}; nothing was switched on; "
                "choose a level that the instrument has, or look whether its front is locked"
            )

    def _settle(self) -> None:
        """Charge the account for the time since it was charged last."""
        with self._state:
            before, now = self._settled, self._watch.elapsed()
            self._settled = now
            if self._account.limit is None or not self._output.on:
                return
            if self._playing is None:
                area = abs(self._output.volts) * (now - before) / S
            else:
                waveform, began = self._playing
                area = volt_seconds(waveform, max(before - began, 0), now - began)
            self._account = self._account.charged(area, self._output.amperes)


def _near(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= RESOLUTION * max(abs(wanted), 1.0)
