"""The page on voltage profiles: every number with its edition, its source and how sure it is."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.lab.profile_parameters import CONFIDENCE, Choice, Demand, Figure, Origin, Parameter
from bench.lab.profiles import Profile
from bench.model.instant import show
from bench.report.profile_plot import accepted

_HEAD = "| number | default | range | confidence | edition, source or reason | note |\n|---|---|---|---|---|---|\n"


def page(profiles: Sequence[Profile], folder: str) -> str:
    """The page in markdown; `folder` is where the pictures lie, as seen from the page."""
    words = "".join(f"- **{word}**: {meaning}.\n" for word, meaning in CONFIDENCE.items())
    rows = "".join(f"{_row(profile)}\n" for profile in profiles)
    table = f"| profile | what | derived from | takes | V | how sure |\n|---|---|---|---|---|---|\n{rows}"
    sections = "\n".join(_section(profile, folder) for profile in profiles)
    return f"## How sure a number is\n\n{words}\n## All profiles\n\n{table}\n{sections}"


def numbers(profile: Profile) -> str:
    """The table of a profile's numbers, in markdown."""
    rows = (f"| {' | '.join(cells)} |\n" for one in (*profile.parameters, *profile.demands) for cells in _cells(one))
    return _HEAD + "".join(rows)


def sureness(profile: Profile) -> str:
    """How many of a profile's numbers are how sure: "found 9, default 1"."""
    counted = Counter(origin.confidence for one in profile.parameters for origin in _origins(one))
    return ", ".join(f"{word} {counted[word]}" for word in CONFIDENCE if counted[word])


def _row(profile: Profile) -> str:
    waveform = profile.waveform(accepted(profile))
    low, high = waveform.bounds
    cells = (
        f"[{profile.name}](#{profile.name})",
        profile.title,
        profile.origin.edition,
        show(waveform.duration),
        f"{low:g} to {high:g}",
        sureness(profile) + ("" if profile.confirmed else "; **unconfirmed**"),
    )
    return f"| {' | '.join(cells)} |"


def _section(profile: Profile, folder: str) -> str:
    notes = ""
    if not profile.confirmed:
        notes += "**Unconfirmed**: it is refused unless `unsure: accept` is said with it.\n\n"
    if profile.drives == "offset":
        notes += "This voltage is an offset between two lines, not what a supply feeds the vehicle with.\n\n"
    if interruptions := profile.interruptions(accepted(profile)):
        notes += f"{len(interruptions)} interruptions, drawn as 0 V.\n\n"
    picture = f"![{profile.title}]({folder}/{profile.name}.svg)"
    return f"## {profile.name}\n\n{profile.title}.\n\n{notes}{picture}\n\n{numbers(profile)}"


def _cells(one: Parameter | Choice | Demand) -> Iterator[tuple[str, ...]]:
    """The rows of a number: one, or one for each origin that its defaults have."""
    match one:
        case Choice():
            yield f"`{one.name}`", one.default, ", ".join(one.options), *_origin(one.origin), one.note
        case Demand():
            value = one.figure.value
            yield f"{one.name.replace('_', ' ')} (demand)", str(value), "", *_origin(one.figure.origin), one.note
        case Parameter():
            groups: dict[Origin, list[Figure]] = {}
            for figure in one.figures:
                groups.setdefault(figure.origin, []).append(figure)
            for origin, figures in groups.items():
                default = ", ".join(f"{f.option}: {f.value}" if f.option else str(f.value) for f in figures)
                yield f"`{one.name}`", default, f"{one.low} to {one.high}", *_origin(origin), one.note


def _origin(origin: Origin) -> tuple[str, str]:
    return origin.confidence, ", ".join(filter(None, (origin.edition, origin.source)))


def _origins(one: Parameter | Choice) -> list[Origin]:
    return [figure.origin for figure in one.figures] if isinstance(one, Parameter) else [one.origin]
