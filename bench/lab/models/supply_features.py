"""What can be asked of and told to the model of a supply, by name; its dialects reach these names by their headers."""

from collections.abc import Callable, Mapping
from typing import Any

from bench.lab.dialect import Feature, Later
from bench.lab.models.output import Output
from bench.lab.parameters import INFINITY, Limits
from bench.lab.status import Refused
from bench.model.instant import MS, S

LONGEST_WATCHDOG = 3600 * S


def features(supply: Output, reading: Callable[[int, bool], Later], channel: int) -> Mapping[str, Feature]:
    """The features of a supply's output; `reading` begins a measurement, of the current if it is told so."""
    p = supply.parameters
    volts = Limits(p.volts_min, p.volts_max, 0.0)
    amperes = Limits(0.0, p.amperes_max, p.amperes_max)
    dwell = Limits(p.shortest_dwell, p.longest_dwell, p.shortest_dwell)

    def setting(name: str, then: Callable[[int], None] | None = None, limits: Limits | None = None) -> Feature:
        def put(value: Any, at: int) -> None:
            setattr(supply.settings, name, value)
            if then is not None:
                then(at)

        return Feature(lambda at: getattr(supply.settings, name), put, limits)

    def listed(name: str, limits: Limits) -> Feature:
        def put(values: tuple[Any, ...], at: int) -> None:
            if len(values) > p.points:
                raise Refused(-223, f"{len(values)} points")
            setattr(supply.settings, name, values)

        return Feature(lambda at: getattr(supply.settings, name), put, limits)

    def arbitrary(values: tuple[float, ...], at: int) -> None:
        if len(values) % 3 or len(values) > 3 * p.points:
            raise Refused(-223 if len(values) % 3 == 0 else -226, f"{len(values)} numbers")
        steps = [(v, round(dwell * S)) for v, dwell in zip(values[::3], values[2::3], strict=True)]
        for v, ns in steps:
            if not (volts.low <= v <= volts.high and dwell.low <= ns <= dwell.high):
                raise Refused(-222, f"{v} V for {ns} ns")
        supply.settings.written, supply.settings.program = values, tuple(steps)

    def watchdog(ns: int, at: int) -> None:
        supply.settings.watched = ns > 0
        supply.settings.watchdog = ns or supply.settings.watchdog

    def start(on: bool, at: int) -> None:
        if not on:
            supply.go(at)
            return
        count = supply.settings.list_count
        supply.start(at, supply.settings.program, count or INFINITY)  # 0 repetitions stand for endless here

    def mode(word: str, at: int) -> None:
        supply.settings.listed = word == "LIST"
        if word != "LIST":
            supply.go(at)

    def select(number: float, at: int) -> None:
        pass  # the only one that may be named is selected

    def measured(amperes: bool) -> Feature:
        return Feature(lambda at: reading(at, amperes))

    def power(at: int) -> Later:
        first, second = reading(at, False), reading(at, True)
        return Later(first.due, lambda then: float(first.value(then)) * float(second.value(then)))  # type: ignore[arg-type]

    settings, own = supply.settings, Limits(channel, channel, channel)
    return {
        "voltage": setting("volts", supply.moved, volts),
        "current": setting("amperes", supply.limits_changed, amperes),
        "slew": setting("slew", limits=Limits(1e-3, p.slew, p.slew)),
        "output": Feature(supply.powered, lambda on, at: supply.switch(at, on, on)),
        "master": Feature(
            lambda at: supply.settings.master, lambda on, at: supply.switch(at, on, supply.settings.selected)
        ),
        "selected": Feature(
            lambda at: supply.settings.selected, lambda on, at: supply.switch(at, supply.settings.master, on)
        ),
        "ovp": setting("ovp", supply.limits_changed, Limits(0.0, p.volts_max * 1.1, settings.ovp)),
        "ovp_on": setting("ovp_on", supply.limits_changed),
        "ocp": setting("ocp", supply.limits_changed, Limits(0.0, p.amperes_max, settings.ocp)),
        "ocp_on": setting("ocp_on", supply.limits_changed),
        "ocp_delay": setting("ocp_delay", supply.limits_changed, Limits(0, 10 * S, 20 * MS)),
        "ovp_tripped": Feature(lambda at: supply.has_tripped(at, "ovp")),
        "ocp_tripped": Feature(lambda at: supply.has_tripped(at, "ocp")),
        "watchdog_tripped": Feature(lambda at: supply.has_tripped(at, "watchdog")),
        "clear": Feature(put=lambda _, at: supply.clear_trip(at)),
        "mode": Feature(lambda at: "LIST" if supply.settings.listed else "FIX", mode),
        "list_volts": listed("list_volts", volts),
        "list_dwell": listed("list_dwell", dwell),
        "list_points": Feature(lambda at: len(supply.settings.list_volts)),
        "list_count": setting("list_count", limits=Limits(1, INFINITY, 1)),
        "repetitions": setting("list_count", limits=Limits(0, 65535, 1)),
        "keep_last": setting("keep_last"),
        "hold": Feature(
            lambda at: "HOLD" if supply.settings.keep_last else "OFF",
            lambda word, at: setattr(supply.settings, "keep_last", word == "HOLD"),
        ),
        "source": Feature(
            lambda at: "IMM" if supply.settings.at_once else "BUS",
            lambda word, at: setattr(supply.settings, "at_once", word == "IMM"),
        ),
        "initiate": Feature(put=lambda _, at: supply.arm(at)),
        "abort": Feature(put=lambda _, at: supply.go(at)),
        "program": Feature(lambda at: supply.settings.written, arbitrary),
        "transfer": Feature(put=select, limits=own),
        "start": Feature(put=lambda _, at: start(True, at), limits=own),
        "stop": Feature(put=lambda _, at: start(False, at), limits=own),
        "channel": Feature(lambda at: channel, select, own),
        "watchdog": Feature(
            lambda at: supply.settings.watchdog if supply.settings.watched else 0,
            watchdog,
            Limits(0, LONGEST_WATCHDOG, 0),
        ),
        "watchdog_delay": setting("watchdog", limits=Limits(1 * S, LONGEST_WATCHDOG, 60 * S)),
        "watchdog_on": setting("watched"),
        "measured_volts": measured(False),
        "measured_amperes": measured(True),
        "measured_watts": Feature(power),
    }
