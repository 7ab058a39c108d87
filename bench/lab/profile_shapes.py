"""The few shapes that a profile is made of, each with its keys; reading them from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.errors import ScenarioError
from bench.lab.profile_file import Place, Rows, Table, Text, Tree, rows, table, text
from bench.lab.profile_numbers import Number, example, number
from bench.lab.profile_parameters import Choice, Parameter

Known = Sequence[Parameter | Choice]
# Shape -> key -> the kinds it takes. "word" is a choice; "stages" and "segments" are lists.
SHAPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "hold": {"at": ("voltage",), "for": ("time",), "scale": ("number",)},
    "ramp": {"from": ("voltage",), "to": ("voltage",), "within": ("time",), "slope": ("slope",), "scale": ("number",)},
    "ripple": {
        **{"around": ("voltage",), "on": ("voltage",), "vpp": ("voltage",), "for": ("time",)},
        **{"frequency": ("frequency",), "to": ("frequency",), "by": ("share",)},
    },
    "steps": {
        **{"from": ("voltage",), "stages": ("stages",), "for": ("time",), "edge": ("time",)},
        **{"back_to": ("voltage",), "back_for": ("time",)},
    },
    "pulse": {
        **{"from": ("voltage",), "peak": ("voltage",), "rise": ("time",), "width": ("time",), "clamp": ("voltage",)},
    },
    "interruptions": {
        **{"at": ("voltage",), "how": ("word",), "from": ("time",), "stages": ("stages",)},
        **{"open": ("time",), "recovery": ("time",)},
    },
    "repeat": {"times": ("number",), "segments": ("segments",), "between": ("segments",), "period": ("time",)},
}
# The stages of a staircase and of a ladder of durations.
_STAGES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "steps": {"to": ("voltage",), "by": ("voltage", "share")},
    "interruptions": {"to": ("time",), "by": ("time",), "per_decade": ("number",)},
}
# Keys of which exactly one is there; all others are required unless they are in _OPTIONAL.
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "ramp": ("within", "slope"),
    "ripple": ("around", "on"),
    "interruptions": ("open", "recovery"),
    "a stage of interruptions": ("by", "per_decade"),
}
_OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "hold": ("at", "scale"),
    "ramp": ("from", "scale"),
    "ripple": ("to", "by"),
    "steps": ("back_to", "back_for"),
    "pulse": ("clamp",),
    "repeat": ("between", "period"),
}
_TOGETHER: Mapping[str, tuple[str, ...]] = {"ripple": ("to", "by"), "steps": ("back_to", "back_for")}


@dataclass(frozen=True, slots=True)
class Use:
    """A number where it is used: a parameter by its name, or a literal."""

    name: str
    literal: Number | None
    place: Place


@dataclass(frozen=True, slots=True)
class Shape:
    """One entry of a profile's segments, or a stage of one; `between` are the segments between two repetitions."""

    kind: str
    place: Place
    uses: Mapping[str, Use]
    stages: "tuple[Shape, ...]" = ()
    segments: "tuple[Shape, ...]" = ()
    between: "tuple[Shape, ...]" = ()

    def names(self) -> frozenset[str]:
        """The parameters that it and all within it use."""
        within = (*self.stages, *self.segments, *self.between)
        return frozenset(use.name for use in self.uses.values() if use.name).union(*(one.names() for one in within))


def shapes(tree: Tree | None, place: Place, known: Known, what: str = "'segments'") -> tuple[Shape, ...]:
    """The segments that a list in a file holds, each an entry such as `hold: {at: base, for: 1 s}`."""
    return tuple(_shape(row, known) for row in rows(tree, place, what).rows)


def _shape(row: Tree, known: Known) -> Shape:
    one = table(row, row.place, "a segment")
    one.only(tuple(SHAPES), "a segment")
    if len(one.entries) != 1:
        raise one.place.wrong(f"a segment of {len(one.entries)} kinds; expected one of {', '.join(SHAPES)}; split it")
    name, entry = one.entries[0]
    return _filled(name.text, name.place, table(entry, name.place, f"'{name.text}'"), SHAPES[name.text], known)


def _filled(kind: str, place: Place, entry: Table, keys: Mapping[str, tuple[str, ...]], known: Known) -> Shape:
    entry.only(tuple(keys), f"'{kind}'")
    _complete(kind, entry, tuple(keys))
    uses: dict[str, Use] = {}
    lists: dict[str, tuple[Shape, ...]] = {}  # stages, segments, between
    for name, value in entry.entries:
        what = f"'{name.text}' of '{kind}'"
        if keys[name.text] == ("stages",):
            lists["stages"] = _stages(kind, rows(value, name.place, what), known)
        elif keys[name.text] == ("segments",):
            lists[name.text] = shapes(value, name.place, known, what)
        else:
            uses[name.text] = _use(text(value, name.place, what), keys[name.text], known, what)
    return Shape(kind, place, uses, lists.get("stages", ()), lists.get("segments", ()), lists.get("between", ()))


def _stages(kind: str, listed: Rows, known: Known) -> tuple[Shape, ...]:
    what = f"a stage of {kind}"
    tables = [table(row, listed.place, what) for row in listed.rows]
    return tuple(_filled(what, one.place, one, _STAGES[kind], known) for one in tables)


def _complete(kind: str, entry: Table, keys: tuple[str, ...]) -> None:
    either = _ONE_OF.get(kind, ())
    there = [key for key in either if entry.get(key)]
    if either and len(there) != 1:
        found = f"'{kind}' has both '{either[0]}' and '{either[1]}'" if there else f"'{kind}' has none of them"
        raise entry.place.wrong(f"{found}; expected one of '{either[0]}' and '{either[1]}'; say which")
    for key in keys:
        if key not in either and key not in _OPTIONAL.get(kind, ()) and entry.get(key) is None:
            raise entry.place.wrong(f"'{kind}' has no '{key}'; expected it; add it")
    together = _TOGETHER.get(kind, ())
    if len([key for key in together if entry.get(key)]) == 1:
        raise entry.place.wrong(
            f"'{kind}' has one of '{together[0]}' and '{together[1]}'; expected both; add the other"
        )
    if kind == "repeat" and entry.get("between") and entry.get("period"):
        raise entry.place.wrong("'repeat' has both 'between' and 'period'; expected one at most; say which")


def _use(word: Text, kinds: tuple[str, ...], known: Known, what: str) -> Use:
    found = next((one for one in known if one.name == word.text), None)
    literal = None if found else _literal(word, kinds, known, what)
    kind = literal.kind if literal else found.kind if isinstance(found, Parameter) else "word"
    if kind not in kinds:
        expected = " or ".join("a choice" if one == "word" else example(one) for one in kinds)
        raise word.place.wrong(f"{what} is '{word.text}', a {kind}; expected {expected}; correct it")
    return Use("" if literal else word.text, literal, word.place)


def _literal(word: Text, kinds: tuple[str, ...], known: Known, what: str) -> Number:
    try:
        return number(word.text)
    except ValueError as error:
        raise _neither(word, known, what) from error


def _neither(word: Text, known: Known, what: str) -> ScenarioError:
    names = ", ".join(one.name for one in known) or "none"
    found = f"{what} is '{word.text[:40]}', neither a parameter nor a number with a unit"
    return word.place.wrong(f"{found}; the parameters are {names}; correct it or declare the parameter")
