"""Steps that play a profile: it is found, its parameters are taken, and all of its waveform is held against the rig."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import ScenarioError
from bench.model.lab import InstrumentPlan, PlayProfile
from bench.model.waveform import Waveform
from bench.scenario import values
from bench.scenario.findings import Findings, unknown
from bench.scenario.instruments import INTERRUPT, lacks, over_edges, over_waveform
from bench.scenario.node import Node, Scalar, short
from bench.scenario.schema import AT_INSTRUMENT, Fields
from bench.scenario.units import quantity

if TYPE_CHECKING:
    from bench.lab.profile_parameters import Choice, Parameter
    from bench.lab.profiles import Profile

MOST_CYCLES = 10_000
MOST_SEGMENTS = 200_000
"""The longest waveform of a step, in segments; a plan holds all of them."""

ENDINGS = (".yaml", ".yml")
CYCLES = "cycles"


def profile_of(text: str, folder: Path) -> "Profile":
    """The shipped profile of a name, or that of a file beside the scenario. ScenarioError where there is none."""
    # Most scenarios play no profile, and need not pay for what reads one.
    from bench.lab.profiles import names, profile

    if text.endswith(ENDINGS):
        if "\0" in text or Path(text).is_absolute():
            raise ScenarioError(f"'{short(text)}' is no file beside the scenario; expected a path from its folder")
        return profile(folder / text)
    if text not in names():
        raise ScenarioError(f"{unknown('profile', text, names())}; or a file that ends in .yaml beside the scenario")
    return profile(text)


def parameters_of(node: Node | None, folder: Path) -> tuple[str, ...] | None:
    """The keys that the profile of a step takes beside those of every step; None where it cannot be read."""
    if not isinstance(node, Scalar):
        return None
    try:
        found = profile_of(node.text, folder)
    except ScenarioError:
        return None  # told when the step itself is read
    return _keys(found)


def play(plan: InstrumentPlan, found: Fields, folder: Path, findings: Findings) -> PlayProfile | None:
    """The step of a supply that plays a profile; None after what is wrong has been noted."""
    name = values.scalar(found["profile"], "a profile such as iso16750_start", findings)
    if name is None:
        return None
    try:
        profile = profile_of(name.text, folder)
    except ScenarioError as error:
        findings.add(name, short(str(error), 400))
        return None
    if profile.drives != "supply":
        findings.add(name, f"{profile.name} is an offset between two grounds; expected a profile of a supply's voltage")
        return None
    given = _given(profile, found, findings)
    cycles = 1
    if CYCLES in found and CYCLES not in _keys(profile):
        cycles = values.whole(found[CYCLES], CYCLES, 1, MOST_CYCLES, findings) or 0
    if given is None or not cycles:
        return None
    try:
        once = profile.waveform(given)
    except ScenarioError as error:
        findings.add(name, short(str(error), 400))
        return None
    if len(once.segments) * cycles > MOST_SEGMENTS:
        findings.add(found.get(CYCLES, name), f"more than {MOST_SEGMENTS} segments; play it in a phase with 'repeat'")
        return None
    holes = tuple((one.begin, one.duration, one.how) for one in profile.interruptions(given))
    if refusal := _over(plan, once, cycles, holes):
        findings.add(name, f"{profile.name}: {refusal}; change its parameters, or take another rig")
        return None
    every = tuple((number * once.duration + at, lasts, how) for number in range(cycles) for at, lasts, how in holes)
    repeated = ((CYCLES, cycles),) if cycles > 1 else ()
    waveform = Waveform(once.segments * cycles)
    return PlayProfile(plan.name, profile.name, waveform, (*profile.settings(given), *repeated), every)


def _over(plan: InstrumentPlan, once: Waveform, cycles: int, holes: Sequence[tuple[int, int, str]]) -> str:
    """Which limit or edge of the rig a profile breaks. What its interruptions do is not the supply's own slew."""
    for _, lasts, how in holes:
        if refusal := lacks(plan, INTERRUPT, {}) or over_edges(plan, how, lasts):
            return refusal
    begins = [begin for begin, _, _ in holes]  # in the order of time
    ends = [-1, *(begin + lasts for begin, lasts, _ in holes)]
    driven = tuple(part for at, part in once.placed() if at >= ends[bisect_right(begins, at)])
    # Two of them show the step from one cycle to the next.
    return over_waveform(plan, Waveform(driven * min(cycles, 2))) if driven else ""


def _keys(profile: "Profile") -> tuple[str, ...]:
    from bench.lab.profiles import ACCEPT

    return (*(one.name for one in profile.parameters), *(() if profile.confirmed else (ACCEPT,)))


def _given(profile: "Profile", found: Fields, findings: Findings) -> dict[str, float | str] | None:
    """The parameters that a step gives, as texts with their units; None after a finding at each that is wrong."""
    own = {one.name: one for one in profile.parameters}
    before = len(findings.rows)
    given: dict[str, float | str] = {}
    for key in _keys(profile):
        if key not in found or (key in AT_INSTRUMENT["profile"].keys and key not in own):
            continue
        value = values.scalar(found[key], f"a value of {key}", findings)
        if value is None:
            continue
        if key in own and (refusal := _refused(own[key], value.text)):
            findings.add(value, refusal)
        else:
            given[key] = value.text
    return given if len(findings.rows) == before else None


def _refused(one: "Parameter | Choice", text: str) -> str:
    """Why a text is no value of a parameter; empty where it is one."""
    from bench.lab.profile_parameters import Choice

    if isinstance(one, Choice):
        return "" if text in one.options else unknown(one.name, text, one.options)
    number = quantity(text)
    if number is not None and not number.unit and one.unit:
        return f"'{short(text)}' for {one.name} has no unit; it is a {one.kind}; write '{short(text)} {one.unit}'"
    try:
        one.taken(text)
    except ValueError as error:
        return f"{one.name} {short(str(error), 200)}; correct it"
    return ""
