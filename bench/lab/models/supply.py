"""A model of a power supply: an output behind a SCPI front, with a readback of its own.

Numbers of `Parameters` are those of no particular instrument.
"""

from collections.abc import Callable
from random import Random

from bench.lab.dialect import Later
from bench.lab.front import Front
from bench.lab.models.output import Output
from bench.lab.models.supply_dialects import DIALECTS
from bench.lab.models.supply_features import features
from bench.lab.models.supply_settings import Parameters
from bench.lab.models.terminals import Load, mean
from bench.lab.scpi import Dialogue
from bench.model.waveform import Waveform

PARAMETERS = Parameters()


class Supply:
    """One output behind one front, by the number of its `channel` where the dialect has such.

    `changed` is called with the instant when what the output will do has changed.
    """

    def __init__(
        self,
        now: Callable[[], int],
        dialect: str = "generic",
        parameters: Parameters = PARAMETERS,
        serial: str = "SIM",
        seed: int = 0,
        channel: int = 1,
    ) -> None:
        self.changed: Callable[[int], None] | None = None
        keeps_last = dialect != "keysight"  # LIST:TERMinate:LAST is OFF after *RST there
        self.terminals = Output(now, parameters, keeps_last, self._tell)
        self._random = Random(seed)
        offered = features(self.terminals, self._reading, channel)
        self.front = Front(self.terminals, offered, DIALECTS[dialect], serial, now, channel)
        self._dialogue = Dialogue(self.front)

    def write(self, line: str) -> None:
        """Give it a line."""
        self._dialogue.write(line)

    def read(self) -> bytes:
        """Its oldest answer, with the line feed; empty while there is none."""
        return self._dialogue.read()

    def connect(self, load: Load) -> None:
        """Hang something on the terminals, in place of what hung there."""
        self.terminals.connect(load)

    def loaded(self, at: int) -> None:
        """What hangs on the terminals draws another current from now on."""
        self.terminals.loaded(at)

    def output(self, at: int) -> float:
        """Volts at the terminals; 0 where nothing is driven."""
        return self.terminals.volts(at)

    def amperes(self, at: int) -> float:
        """What the load draws."""
        return self.terminals.amperes(at)

    def waveform_from(self, at: int) -> Waveform | None:
        """What it will do from an instant on; None: it drives nothing. See `Output.waveform_from`."""
        return self.terminals.waveform_from(at)

    def recorded(self, begin: int, end: int) -> Waveform:
        """The voltage between two instants, the later not after now."""
        return self.terminals.recorded(begin, end)

    def recorded_amperes(self, begin: int, end: int) -> Waveform:
        """The current between two instants, as the load draws now at the voltages that there were then."""
        return self.terminals.recorded_amperes(begin, end)

    def due(self, at: int) -> int | None:
        """The next instant at which it changes by itself."""
        return self.terminals.due(at)

    def _reading(self, at: int, amperes: bool) -> Later:
        """A measurement that begins now: the mean over the readback time, with noise, in steps of the resolution."""
        end, p = at + self.terminals.parameters.readback, self.terminals.parameters

        def value(then: int) -> float:
            record = self.terminals.recorded_amperes(at, then) if amperes else self.terminals.recorded(at, then)
            noise, step = (p.noise_amperes, p.resolution_amperes) if amperes else (p.noise_volts, p.resolution_volts)
            return round((mean(record) + self._random.gauss(0, noise)) / step) * step

        return Later(lambda now: end, value)

    def _tell(self, at: int) -> None:
        if self.changed is not None:
            self.changed(at)
