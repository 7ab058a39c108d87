"""The rule of the unknown: who answers for it when nothing can be said.

Unknown is the fault of a device under test that sends the signal, and nobody's proof where anybody else does.
"""

from dataclasses import replace

from bench.judge.conditions import Stretch
from bench.judge.finding import NO_MARGIN, Finding
from bench.judge.signals import Track, View
from bench.judge.words import records, shown
from bench.model.expression import UNKNOWN, Known, Reference
from bench.model.instant import show
from bench.model.verdict import Margin, Outcome


def doubt(view: View, stretch: Stretch, length: int) -> Finding:
    """What a stretch over which nothing can be said means, in a window of `length` ns.

    FAIL if a device under test sends what is missing: it owes a cyclic signal always, and one sent on an event from
    the first event on. NONE if nothing of it was ever seen, which is not exercised. Else INCONCLUSIVE.
    """
    answers = [(_outcome(view.track(reference)), reference) for reference in stretch.undecided]
    if not answers:
        return Finding(Outcome.INCONCLUSIVE, "the condition has no value", seen="no value", at=stretch.start)
    outcome, reference = max(answers, key=lambda answer: answer[0])
    track = view.track(reference)
    proof = _proof(view, reference, stretch.start)
    lasting = stretch.end - stretch.start
    return Finding(
        outcome,
        f"{_state(track, stretch.start, proof)}, for {show(lasting)}; {_owner(track)}",
        seen=f"{track.name} {_seen(track.value(stretch.start))} from {show(stretch.start)}",
        margin=Margin(time=-lasting, relative=-lasting / length) if outcome is Outcome.FAIL else NO_MARGIN,
        at=stretch.start,
        proof=proof,
        observer=track.sender,
    )


def doubts(view: View, found: list[Stretch], length: int) -> list[Finding]:
    """The findings of all stretches over which nothing can be said: of each outcome the first, with the time of all."""
    worst: dict[Outcome, Finding] = {}
    for stretch in found:
        if stretch.truth is not None:
            continue
        finding = doubt(view, stretch, length)
        before = worst.get(finding.outcome)
        if before is None:
            worst[finding.outcome] = finding
        elif before.margin.time is not None:
            time = before.margin.time - (stretch.end - stretch.start)
            worst[finding.outcome] = replace(before, margin=Margin(time=time, relative=time / length))
    return list(worst.values())


def _outcome(track: Track) -> Outcome:
    if track.dut and (track.owed or track.seen):
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if track.seen else Outcome.NONE


def _proof(view: View, reference: Reference, at: int) -> tuple[int, ...]:
    number = view.record(reference, at)
    return () if number is None else (number,)


def _seen(value: Known) -> str:
    return "unknown" if value is UNKNOWN else f"said {shown(value)}"


def _state(track: Track, at: int, proof: tuple[int, ...]) -> str:
    value = track.value(at)
    if value is not UNKNOWN:
        return f"{track.name} said {shown(value)}, which cannot be compared, from {show(at)} ({records(proof)})"
    if not track.seen:
        return f"{track.name} was never seen"
    if not proof:
        return f"{track.name} was unknown from {show(at)}, before its first valid {track.source}"
    return f"{track.name} was unknown from {show(at)}, too long after its last valid word ({records(proof)})"


def _owner(track: Track) -> str:
    if track.sender == "model":
        return "the plant records it"
    if track.source == "reading":
        return f"the bench measures it with {track.sender}"
    return f"{track.sender} sends it{' and is under test' if track.dut else ''}"
