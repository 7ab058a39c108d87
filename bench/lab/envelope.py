"""What an output must never exceed, proved for a whole plan before anything is energised and checked at every set.

A set-point is refused by whoever looks first; nothing is ever cut to fit, because a run that did less than it says is
worth nothing. What a supply does by itself when it goes wrong is left to its own OVP and OCP; see `bench.lab.custody`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf, isfinite, pi

from bench.errors import ScenarioError
from bench.lab.energy import Account, volt_seconds
from bench.lab.setpoint import SWITCHES, Output, OverLimit, at_start, checked, volts_allowed
from bench.model.instant import S
from bench.model.lab import Envelope, InstrumentPlan, Interrupt, PlayProfile, SetInstrument
from bench.model.stimulus import Phase
from bench.model.waveform import Segment, Waveform

__all__ = [
    "STEP", "Move", "OverLimit", "at_start", "checked", "checked_interrupt", "checked_waveform", "proved",
    "proved_phases", "tightened",
]  # fmt: skip

Move = SetInstrument | PlayProfile | Interrupt
"""Whatever a step can do to an output."""

STEP = 1e-6
"""Voltages that lie no further apart are one, V: no supply resolves it, and a sine that ends at its zero misses it."""


def tightened(rig: Envelope, scenario: Envelope | None) -> Envelope:
    """The narrower of both in each limit, so that a scenario can tighten a rig's limits and never widen them.

    OverLimit if no voltage is left.
    """
    if scenario is None:
        return rig
    lowest, highest = max(rig.volts_min, scenario.volts_min), min(rig.volts_max, scenario.volts_max)
    if lowest > highest:
        raise OverLimit(
            f"the rig allows {rig.volts_min:g} to {rig.volts_max:g} V and the scenario {scenario.volts_min:g} to "
            f"{scenario.volts_max:g} V; expected a voltage that both allow; correct 'limits' of the scenario"
        )
    return Envelope(
        volts_max=highest,
        amperes_max=min(rig.amperes_max, scenario.amperes_max),
        volts_min=lowest,
        slew=_lower(rig.slew, scenario.slew),
        energy=_lower(rig.energy, scenario.energy),
    )


def _lower(one: float | None, other: float | None) -> float | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def checked_waveform(envelope: Envelope, waveform: Waveform, output: Output) -> Output:
    """The output after a waveform that the envelope allows, from the voltage that the output has now.

    A jump counts as infinitely steep, also the one from now to the waveform's begin and where the instrument has a
    slew of its own: makers differ in whether a list program keeps to it.
    """
    if not waveform.segments or not all(map(_sound, waveform.segments)):
        raise OverLimit("the waveform is empty, or a number of it is not finite; expected volts over time; correct it,")
    low, high = waveform.bounds
    if not envelope.volts_min <= low <= high <= envelope.volts_max:
        allowed = volts_allowed(envelope)
        raise OverLimit(f"the waveform reaches from {low:g} to {high:g} V; allowed are {allowed}; choose a lower one")
    if envelope.slew is not None:
        first = waveform.segments[0].first
        steepest = inf if output.on and abs(first - output.volts) > STEP else _steepest(waveform)
        if not steepest <= envelope.slew:
            raise OverLimit(
                f"the waveform is as steep as {steepest:g} V/s, with the step from {output.volts:g} V to its begin; "
                f"allowed are {envelope.slew:g} V/s; make its edges longer and begin it where the output is"
            )
    return replace(output, volts=waveform.segments[-1].last)


def checked_interrupt(envelope: Envelope, output: Output) -> Output:
    """The output after an interruption, the same as before; OverLimit if its two edges are too steep."""
    slope = abs(output.volts) / output.edge * S if output.edge else inf
    if envelope.slew is not None and output.on and not slope <= envelope.slew:
        raise OverLimit(
            f"an interruption at {output.volts:g} V is as steep as {slope:g} V/s; allowed are {envelope.slew:g} V/s; "
            "leave it out, or play a profile with longer edges"
        )
    return output


def proved(
    envelope: Envelope, own: Envelope | None, steps: Iterable[tuple[str, Move]], output: Output | None = None
) -> None:
    """Prove that no step of one instrument leaves the rig's `envelope` or the scenario's `own` limits.

    A step is where it stands ("crank.scenario.yaml:12:5: step 'dip'") and what it does, in the plan's order. Volts,
    amperes, the slew of waveforms and the energy of all waveforms do not depend on that order; what an edge begins
    from does, and is looked at again when it is set. ScenarioError with all findings, one a line.
    """
    limits = [("rig", envelope)] + ([] if own is None else [("scenario", own)])
    findings: list[str] = []
    states = [output or at_start(one) for _, one in limits]
    accounts = [Account(one.energy) for _, one in limits]
    for where, move in steps:
        for number, (whose, one) in enumerate(limits):
            try:
                accounts[number] = _afforded(accounts[number], move, states[number])
                states[number] = _moved(one, move, states[number])
            except OverLimit as finding:
                findings.append(f"{where}: {move.instrument}: {finding} or correct 'limits' of the {whose}")
                break  # what breaks the rig's limits need not be told of the scenario's too
    if findings:
        raise ScenarioError("\n".join(findings))


def proved_phases(instruments: Iterable[InstrumentPlan], phases: Sequence[Phase], file: str = "") -> None:
    """Prove all steps of a plan at all its instruments, whose envelopes are those that the scenario has tightened.

    A phase that is repeated is gone through twice, so that its first step follows its last one too. ScenarioError with
    all findings, one a line, each at its place in the `file`.
    """
    steps = [step for phase in phases for step in phase.steps * min(phase.repeat, 2)]
    findings: list[str] = []
    for plan in instruments:
        own = [
            (f"{file}:{step.place}: step '{step.id}'", step.stimulus)
            for step in steps
            if isinstance(step.stimulus, SetInstrument | PlayProfile | Interrupt)
            and step.stimulus.instrument == plan.name
        ]
        if plan.envelope is None:
            missing = f"{plan.name}: it has no limits; expected some for a {plan.kind}; add 'limits' in the rig file"
            findings += [f"{where}: {missing}" for where, _ in own if plan.kind in SWITCHES]
            continue
        try:
            proved(plan.envelope, None, own, at_start(plan.envelope, plan.edges.edge))
        except ScenarioError as refused:
            findings += str(refused).splitlines()
    if findings:
        raise ScenarioError("\n".join(dict.fromkeys(findings)))


def _moved(envelope: Envelope, move: Move, output: Output) -> Output:
    if isinstance(move, PlayProfile):
        return checked_waveform(envelope, move.waveform, output)
    if isinstance(move, Interrupt):
        return checked_interrupt(envelope, output)
    for setting in move.settings:
        output = checked(envelope, setting, output)
    return output


def _afforded(account: Account, move: Move, output: Output) -> Account:
    if not isinstance(move, PlayProfile) or account.limit is None:
        return account
    account = account.charged(volt_seconds(move.waveform), output.amperes)
    if account.overdrawn:
        raise OverLimit(
            f"with its waveform up to {account.spent:g} J are delivered at a current limit of {output.amperes:g} A; "
            f"allowed are {account.limit:g} J in a run; lower the current limit, shorten the waveform,"
        )
    return account


def _sound(segment: Segment) -> bool:
    numbers = (segment.begin, segment.end, segment.ripple_vpp, segment.ripple_hz, segment.ripple_turns)
    return segment.duration > 0 and all(map(isfinite, numbers)) and min(segment.ripple_vpp, segment.ripple_hz) >= 0


def _steepest(waveform: Waveform) -> float:
    """The steepest slope, V/s, that of the ripple added to that of the line; infinite where there is a step."""
    if any(abs(after.first - before.last) > STEP for before, after in pairwise(waveform.segments)):
        return inf
    return max(abs(s.end - s.begin) / s.duration * S + pi * s.ripple_hz * s.ripple_vpp for s in waveform.segments)
