"""Set-points one by one: what an output is, and what it is after a setting that the limits of its envelope allow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from sys import float_info

from bench.model.lab import Envelope

SWITCHES = {"supply": "output", "generator": "output", "load": "input"}
"""The attribute by which an instrument of a kind is switched on and off; these kinds have limits."""

Value = float | int | str | bool
Setting = tuple[str, Value]
"""An attribute of an instrument and what it is set to, in its own unit or as a word."""


class OverLimit(ValueError):
    """A set-point, waveform or interruption that the limits do not allow: finding; limit; remedy."""


@dataclass(frozen=True, slots=True)
class Output:
    """What an output is at this moment: whether it is on, its set-point (V), its current limit (A).

    `slew` is the edge that the instrument itself keeps to, V/s (inf: it keeps to none). `offset` and `amplitude` are
    those of a generator: V, and V from peak to peak. `edge` is how long an interruption takes from full to zero, ns.
    """

    on: bool = False
    volts: float = 0.0
    amperes: float = inf
    slew: float = inf
    offset: float = 0.0
    amplitude: float = 0.0
    edge: int = 0


def at_start(envelope: Envelope, edge: int = 0) -> Output:
    """An output as the guardian prepares it: off, its current limit and its slew those of the envelope."""
    return Output(amperes=envelope.amperes_max, slew=_most(envelope.slew), edge=edge)


def checked(envelope: Envelope, setting: Setting, output: Output) -> Output:
    """The output after a setting that the envelope allows; OverLimit if it does not.

    What is not governed (a range, a filter) passes; a governed one must be a finite number, or on and off of `output`.
    """
    name, value = setting
    rule = _RULES.get(name)
    return rule(envelope, value, output) if rule is not None else output


def _most(limit: float | None) -> float:
    return inf if limit is None else limit


def _number(name: str, value: Value) -> float:
    if isinstance(value, bool | str) or not abs(value) <= float_info.max:  # an int may be beyond all floats
        raise OverLimit(f"{name} is {str(value)[:40]!r}; expected a finite number; write one")
    return float(value)


def volts_allowed(envelope: Envelope) -> str:
    """The voltages of an envelope in words."""
    return f"{envelope.volts_min:g} to {envelope.volts_max:g} V"


def _voltage(envelope: Envelope, value: Value, output: Output) -> Output:
    volts = _number("voltage", value)
    if not envelope.volts_min <= volts <= envelope.volts_max:
        raise OverLimit(f"voltage is {volts:g} V; allowed are {volts_allowed(envelope)}; set one of those")
    return _switched(envelope, replace(output, volts=volts), output)


def _output(envelope: Envelope, value: Value, output: Output) -> Output:
    if value not in (True, False, "on", "off"):
        raise OverLimit(f"output is {value!r}; expected on or off; write one of them")
    on = value in (True, "on")
    if on:  # what was set before there were these limits is looked at once more
        if output.volts:  # at 0 V it is as good as off
            _voltage(envelope, output.volts, replace(output, on=False))
        _current(envelope, output.amperes, output)
        if output.offset or output.amplitude:
            _swung(envelope, replace(output, on=True))
    after = replace(output, on=on)
    return _switched(envelope, after, output) if on else after  # off is always allowed


def _input(envelope: Envelope, value: Value, output: Output) -> Output:
    if value not in (True, False, "on", "off"):
        raise OverLimit(f"input is {value!r}; expected on or off; write one of them")
    if value in (True, "on"):
        _current(envelope, output.amperes, output)
    return replace(output, on=value in (True, "on"))


def _switched(envelope: Envelope, after: Output, before: Output) -> Output:
    """The output after a jump, if the instrument itself makes it slow enough."""
    jumps = (after.volts if after.on else 0.0) != (before.volts if before.on else 0.0)
    if jumps and envelope.slew is not None and not after.slew <= envelope.slew:
        raise OverLimit(
            f"a step to {after.volts:g} V is as steep as {after.slew:g} V/s; allowed are {envelope.slew:g} V/s; "
            "set a lower slew first, or play a profile"
        )
    return after


def _current(envelope: Envelope, value: Value, output: Output) -> Output:
    amperes = _number("current", value)
    if not 0 <= amperes <= envelope.amperes_max:
        raise OverLimit(f"current is {amperes:g} A; allowed are 0 to {envelope.amperes_max:g} A; set one of those")
    return replace(output, amperes=amperes)


def _ovp(envelope: Envelope, value: Value, output: Output) -> Output:
    volts, most = _number("ovp", value), ovp(envelope)
    if not 0 <= volts <= most:
        raise OverLimit(f"ovp is {volts:g} V; allowed are 0 to {most:g} V; set one of those")
    return output


def ovp(envelope: Envelope) -> float:
    """The voltage at which the instrument's own protection is to switch off, V; of reverse polarity by its size."""
    return max(abs(envelope.volts_min), abs(envelope.volts_max))


def _ocp(envelope: Envelope, value: Value, output: Output) -> Output:
    amperes = _number("ocp", value)
    if not 0 <= amperes <= envelope.amperes_max:
        raise OverLimit(f"ocp is {amperes:g} A; allowed are 0 to {envelope.amperes_max:g} A; set one of those")
    return output


def _slew(envelope: Envelope, value: Value, output: Output) -> Output:
    slew, most = _number("slew", value), _most(envelope.slew)
    if not 0 < slew <= most:
        raise OverLimit(f"slew is {slew:g} V/s; allowed are more than 0 to {most:g} V/s; set one of those")
    return replace(output, slew=slew)


def _offset(envelope: Envelope, value: Value, output: Output) -> Output:
    return _swung(envelope, replace(output, offset=_number("offset", value)))


def _amplitude(envelope: Envelope, value: Value, output: Output) -> Output:
    return _swung(envelope, replace(output, amplitude=abs(_number("amplitude", value))))


def _swung(envelope: Envelope, output: Output) -> Output:
    """The output of a generator; off, either may be set before the other, and both are looked at when it goes on."""
    low, high = output.offset - output.amplitude / 2, output.offset + output.amplitude / 2
    if (output.on or output.amplitude > envelope.volts_max - envelope.volts_min) and not (
        envelope.volts_min <= low <= high <= envelope.volts_max
    ):
        raise OverLimit(
            f"offset and amplitude reach from {low:g} to {high:g} V; allowed are {volts_allowed(envelope)}; lower them"
        )
    if not envelope.volts_min <= output.offset <= envelope.volts_max and output.offset:
        raise OverLimit(f"offset is {output.offset:g} V; allowed are {volts_allowed(envelope)}; set one of those")
    return output


def _resistance(envelope: Envelope, value: Value, output: Output) -> Output:
    ohms = _number("resistance", value)
    if not ohms * envelope.amperes_max >= envelope.volts_max:
        raise OverLimit(
            f"resistance is {ohms:g} Ohm, which draws too much at {envelope.volts_max:g} V; allowed are "
            f"{envelope.amperes_max:g} A; set a higher one"
        )
    return output


def _power(envelope: Envelope, value: Value, output: Output) -> Output:
    watts, most = _number("power", value), envelope.volts_max * envelope.amperes_max
    if not 0 <= watts <= most:
        raise OverLimit(f"power is {watts:g} W; allowed are 0 to {most:g} W; set one of those")
    return output


_RULES: dict[str, Callable[[Envelope, Value, Output], Output]] = {
    "voltage": _voltage, "current_limit": _current, "output": _output, "ovp": _ovp, "ocp": _ocp, "slew": _slew,
    "current": _current, "input": _input, "resistance": _resistance, "power": _power,
    "offset": _offset, "amplitude": _amplitude,
}  # fmt: skip

GOVERNED = frozenset(_RULES)
"""What the limits say something about."""
