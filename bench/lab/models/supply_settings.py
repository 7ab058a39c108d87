"""What the model of a supply can do, and what was written to it."""

from dataclasses import dataclass

from bench.model.instant import MS, US, S


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a supply can do: V, A, V/s, ns. `foldback` see `limiting`; `opens`: an output that is off drives nothing."""

    volts_min: float = 0.0
    volts_max: float = 60.0
    amperes_max: float = 50.0
    slew: float = 1e7
    settling: int = 10 * US
    foldback: float = 1.0
    opens: bool = True
    readback: int = 20 * MS
    noise_volts: float = 0.0005
    noise_amperes: float = 0.0005
    resolution_volts: float = 0.0001
    resolution_amperes: float = 0.0001
    points: int = 4096
    shortest_dwell: int = 1 * US
    longest_dwell: int = 3600 * S
    ocp_delay: int = 20 * MS


@dataclass(slots=True)
class Settings:
    """What was written to a supply; as built, what holds after *RST."""

    volts: float
    amperes: float
    slew: float
    ovp: float
    ocp: float
    ocp_delay: int
    master: bool = False
    selected: bool = False
    ovp_on: bool = True
    ocp_on: bool = False
    listed: bool = False
    list_volts: tuple[float, ...] = ()
    list_dwell: tuple[int, ...] = ()
    list_count: float = 1.0
    keep_last: bool = True
    at_once: bool = False
    watchdog: int = 60 * S
    watched: bool = False
    program: tuple[tuple[float, int], ...] = ()
    written: tuple[float, ...] = ()
