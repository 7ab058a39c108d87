"""Voltage profiles of the automotive standards as data: the shipped ones by name, a user's own by its path."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bench.errors import ScenarioError
from bench.lab.profile_drawing import Drawing, Interruption
from bench.lab.profile_file import Place, Table, one_of, read, rows, text
from bench.lab.profile_numbers import Number, nanoseconds, number
from bench.lab.profile_parameters import Choice, Demand, Origin, Parameter, demands, parameters
from bench.lab.profile_shapes import Shape, shapes
from bench.model.waveform import Waveform

_FOLDER = Path(__file__).parent / "profiles"
_KEYS = (
    *("profile", "title", "edition", "source", "drives", "confirmed", "detail", "parameters", "demands", "segments"),
)
Given = Mapping[str, float | str]
ACCEPT = "unsure"
"""The parameter of a profile that is not confirmed, which its user must set to "accept"."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as its file describes it. All its numbers but literals in `segments` are parameters.

    `drives` says what the voltage is: "supply", or "offset" between two grounds, which no supply of a vehicle may play.
    A profile that is not `confirmed` is refused unless its user accepts that. `detail` is the stretch (ns) that a
    picture shows large, if any.
    """

    name: str
    title: str
    origin: Origin
    place: Place
    drives: str
    confirmed: bool
    detail: tuple[int, int] | None
    parameters: tuple[Parameter | Choice, ...]
    demands: tuple[Demand, ...]
    segments: tuple[Shape, ...]

    def waveform(self, given: Given | None = None) -> Waveform:
        """The voltage over time with these parameters; figures are in each parameter's own unit, texts carry theirs.

        An interruption is drawn as 0 V, which is what `to_ground` is. ScenarioError for a parameter that is unknown,
        no number or out of range, for numbers that do not fit together, and for a profile that must be accepted first.
        """
        return Waveform(tuple(self._drawing(given or {}).segments))

    def interruptions(self, given: Given | None = None) -> tuple[Interruption, ...]:
        """Where the waveform is interrupted, for hardware that does so faster than a supply follows a voltage."""
        return tuple(self._drawing(given or {}).interruptions)

    def settings(self, given: Given | None = None) -> tuple[tuple[str, str], ...]:
        """Every parameter with the value that holds, as text, in the order of the file; for the record of a run."""
        accepted = () if self.confirmed else ((ACCEPT, "accept"),)
        return tuple((name, str(value)) for name, value in self._values(given or {}).items()) + accepted

    def doubts(self, given: Given | None = None) -> tuple[str, ...]:
        """The parameters whose value is a default that is to be verified in the standard."""
        given = given or {}
        chosen = self._chosen(given)
        return tuple(
            one.name
            for one in self.parameters
            if isinstance(one, Parameter) and one.name not in given
            for figure in one.figures
            if figure.origin.confidence == "unsure" and figure.option == chosen.get(one.by, "")
        )

    def _drawing(self, given: Given) -> Drawing:
        drawing = Drawing(self._values(given))
        drawing.draw(self.segments)
        if not drawing.segments:
            raise self.place.wrong(f"'{self.name}' takes no time; expected a voltage over time; lengthen a segment")
        return drawing

    def _chosen(self, given: Given) -> dict[str, str]:
        """The option of each choice."""
        chosen: dict[str, str] = {}
        for one in self.parameters:
            if isinstance(one, Choice):
                word = given.get(one.name, one.default)
                option = f"{word:g}" if isinstance(word, float) else str(word)
                if option not in one.options:
                    raise self._refused(one.name, f"is '{option[:40]}'; expected one of {', '.join(one.options)}")
                chosen[one.name] = option
        return chosen

    def _values(self, given: Given) -> dict[str, Number | str]:
        known = {one.name: one for one in self.parameters}
        if not self.confirmed and given.get(ACCEPT) != "accept":
            raise self._refused(
                ACCEPT, "is not 'accept', and these numbers are unconfirmed; say 'unsure: accept' to use them"
            )
        for name in given:
            if name not in known and (self.confirmed or name != ACCEPT):
                close = get_close_matches(name, known, 1)
                ask = f"; did you mean '{close[0]}'?" if close else "; take one of them"
                raise self._refused(name, f"is unknown; expected one of {', '.join(known)}{ask}")
        chosen = self._chosen(given)
        values: dict[str, Number | str] = {}
        for name, one in known.items():
            if isinstance(one, Choice):
                values[name] = chosen[name]
            elif name in given:
                try:
                    values[name] = one.taken(given[name])
                except ValueError as error:
                    raise self._refused(name, f"{error}; correct it") from error
            else:
                values[name] = one.default(chosen)
        return values

    def _refused(self, name: str, what: str) -> ScenarioError:
        return ScenarioError(f"profile '{self.name}': parameter '{name[:40]}' {what}")


def names() -> tuple[str, ...]:
    """The names of the shipped profiles, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def profile(name: str | Path) -> Profile:
    """A shipped profile by its name, or a user's own by the path of its file (a text with a '/' or '.yaml' is one).

    ScenarioError for an unknown name and for a file that is no profile.
    """
    if isinstance(name, Path) or "/" in name or name.endswith((".yaml", ".yml")):
        return _profile(read(Path(name)))
    if name not in names():
        close = get_close_matches(name, names(), 1)
        ask = f"did you mean '{close[0]}'?" if close else f"they are {', '.join(names())}"
        raise ScenarioError(
            f"no profile '{name[:80]}'; expected one of `bench profile list` or the path of a file; {ask}"
        )
    return _profile(read(_FOLDER / f"{name}.yaml"))


def _profile(tree: Table) -> Profile:
    place = tree.place
    tree.only(_KEYS, "a profile")
    words = {key: text(tree.get(key), place, f"'{key}'").text for key in ("profile", "title", "edition", "source")}
    origin = Origin(words["edition"], words["source"], "")
    drives = one_of(tree.get("drives"), place, "'drives'", ("supply", "offset")) if tree.get("drives") else "supply"
    confirmed = one_of(tree.get("confirmed"), place, "'confirmed'", ("yes", "no")) if tree.get("confirmed") else "yes"
    known = parameters(tree.get("parameters"), place, origin)
    segments = shapes(tree.get("segments"), place, known)
    used = frozenset[str]().union(*(shape.names() for shape in segments))
    used |= {one.by for one in known if isinstance(one, Parameter)}
    for one in known:
        if one.name not in used:
            raise one.place.wrong(
                f"'{one.name}' is used by no segment; expected a use; delete it or move it to 'demands'"
            )
    return Profile(
        name=words["profile"],
        title=words["title"],
        origin=origin,
        place=place,
        drives=drives,
        confirmed=confirmed == "yes",
        detail=_detail(tree),
        parameters=known,
        demands=demands(tree.get("demands"), place, origin),
        segments=segments,
    )


def _detail(tree: Table) -> tuple[int, int] | None:
    """The stretch that a picture shows large: [begin, end)."""
    if tree.get("detail") is None:
        return None
    listed = rows(tree.get("detail"), tree.place, "'detail'")
    words = [text(row, listed.place, "'detail'") for row in listed.rows]
    try:
        begin, end = (number(word.text) for word in words)
    except ValueError as error:
        raise listed.place.wrong("'detail' is not two durations; expected such as [0 s, 13 s]; correct it") from error
    if begin.kind != "time" or end.kind != "time" or not 0 <= begin.value < end.value:
        raise listed.place.wrong("'detail' is no stretch of time; expected such as [0 s, 13 s]; correct it")
    return nanoseconds(begin.value), nanoseconds(end.value)
