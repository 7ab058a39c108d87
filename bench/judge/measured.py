"""Verdicts on what instruments measured: a limit nearer than the uncertainty of the readings cannot be decided."""

from dataclasses import replace

from bench.judge.finding import Finding
from bench.judge.signals import View
from bench.judge.words import shown
from bench.model.check import Check
from bench.model.expression import InstrumentRef
from bench.model.plan import reads
from bench.model.verdict import Outcome


def measured(view: View, check: Check, finding: Finding) -> Finding:
    """The finding, inconclusive where its margin in value lies within what its readings are uncertain by.

    Of each quantity that the check reads the most uncertain reading counts, and those of several add up: no more is
    known of how they go together.
    """
    room = finding.margin.value
    named = list(dict.fromkeys(one for one in reads(check) if isinstance(one, InstrumentRef)))
    if not named or room is None or finding.outcome not in (Outcome.PASS, Outcome.FAIL):
        return finding
    size = sum(_uncertainty(view, one) for one in named)
    if abs(room) >= size:
        return finding
    unit = finding.margin.unit
    doubt = f"the limit is {shown(abs(room), unit)} away and the readings are uncertain by {shown(size, unit)}"
    return replace(
        finding, outcome=Outcome.INCONCLUSIVE, why=f"{doubt}: {finding.why}", seen=finding.seen or "too near the limit"
    )


def _uncertainty(view: View, reference: InstrumentRef) -> float:
    found = (
        reading.uncertainty
        for reading in view.trace.readings
        if (reading.instrument, reading.quantity) == (reference.name, reference.quantity)
    )
    return max(found, default=0.0)
