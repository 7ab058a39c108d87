"""The numbers of a profile: each with its unit, its range, and where it comes from and how sure that is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from bench.lab.profile_file import Place, Table, Text, Tree, one_of, rows, table, text
from bench.lab.profile_numbers import Number, example, number

CONFIDENCE = {
    "found": "found in a public source",
    "sure": "a well-known published value, not read in the standard",
    "default": "the bench's own choice, where a programme has a requirement of its maker",
    "unsure": "to be verified in the standard before anything is called conformity",
}
# A step of a scenario takes a profile's parameters beside these words of its own.
_TAKEN = {
    *("id", "instrument", "profile", "set", "measure", "interrupt", "at", "after", "when", "for", "every", "count"),
    *("as", "allow", "unsure"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a number comes from: the edition, the clause or kind of source, and the word of CONFIDENCE for it.

    `edition` is empty where no standard has the number: a default of the bench, whose `source` is the reason for it.
    """

    edition: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its origin; `option` is the choice for which it holds, "" if for all."""

    value: Number
    origin: Origin
    option: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a user may override within [low, high]. Its defaults are one, or one for each option of `by`."""

    name: str
    figures: tuple[Figure, ...]
    low: Number
    high: Number
    place: Place
    by: str = ""
    note: str = ""

    @property
    def kind(self) -> str:
        """What it measures, such as voltage or time."""
        return self.low.kind

    @property
    def unit(self) -> str:
        """The unit of a plain figure that is given for it."""
        return self.figures[0].value.unit

    def default(self, chosen: Mapping[str, str]) -> Number:
        """Its default where these options are chosen."""
        return next(figure.value for figure in self.figures if figure.option == (chosen[self.by] if self.by else ""))

    def taken(self, given: float | str) -> Number:
        """The number that a user gives, as a text with a unit or as a figure in this parameter's unit.

        ValueError when it is none, of another kind or out of range.
        """
        if isinstance(given, str):
            try:
                value = number(given)
            except ValueError as error:
                found = f"is '{given[:40]}', no number with a known unit"
                raise ValueError(f"{found}; expected {example(self.kind)}") from error
            if value.kind == "number" and self.kind != "number":
                value = self.figures[0].value.of(value.written)
        elif isinstance(given, bool) or not isfinite(given):
            raise ValueError(f"is {given}; expected {example(self.kind)}")
        else:
            value = self.figures[0].value.of(given)
        if value.kind != self.kind:
            raise ValueError(f"is {value}, a {value.kind}; expected {example(self.kind)}")
        if not self.low.value <= value.value <= self.high.value:
            raise ValueError(f"is {value}; expected {self.low} to {self.high}")
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """A word out of a few, such as a level, on which defaults of numbers may depend."""

    name: str
    options: tuple[str, ...]
    default: str
    origin: Origin
    place: Place
    note: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """A number that the waveform does not show and the set-up must keep: a tolerance, a source's resistance."""

    name: str
    figure: Figure
    note: str = ""


def parameters(tree: Tree | None, place: Place, profile: Origin) -> tuple[Parameter | Choice, ...]:
    """The parameters of a profile, in the order of the file; `profile` gives edition and source where one has none."""
    named = [(_name(name), name, entry) for name, entry in table(tree, place, "'parameters'").entries]
    tables = [(key, name, table(entry, name.place, f"'{key}'")) for key, name, entry in named]
    choices = {key: _choice(key, name.place, one, profile) for key, name, one in tables if one.get("choices")}
    return tuple(
        choices[key] if key in choices else _parameter(key, name, one, choices, profile) for key, name, one in tables
    )


def demands(tree: Tree | None, place: Place, profile: Origin) -> tuple[Demand, ...]:
    """What else a profile demands of the set-up."""
    found = []
    for name, entry in table(tree, place, "'demands'").entries if tree else ():
        key = _name(name)
        one = table(entry, name.place, f"'{key}'")
        one.only(("value", "edition", "source", "confidence", "note"), f"demand '{key}'")
        figure = Figure(_number(one.get("value"), one.place, f"'value' of '{key}'"), _origin(one, key, "", profile))
        found.append(Demand(key, figure, _note(one)))
    return tuple(found)


def _choice(key: str, place: Place, one: Table, profile: Origin) -> Choice:
    one.only(("choices", "default", "edition", "source", "confidence", "note"), f"choice '{key}'")
    listed = rows(one.get("choices"), one.place, f"'choices' of '{key}'")
    options = tuple(text(row, listed.place, f"an option of '{key}'").text for row in listed.rows)
    if len(set(options)) < len(options):
        raise listed.place.wrong(f"'choices' of '{key}' names an option twice; expected each once; delete one")
    default = one_of(one.get("default"), one.place, f"'default' of '{key}'", options)
    return Choice(key, options, default, _origin(one, key, "", profile), place, _note(one))


def _parameter(key: str, name: Text, one: Table, choices: Mapping[str, Choice], profile: Origin) -> Parameter:
    one.only(("default", "by", "range", "edition", "source", "confidence", "note"), f"parameter '{key}'")
    default, what = one.get("default"), f"'default' of '{key}'"
    by = one_of(one.get("by"), one.place, f"'by' of '{key}'", tuple(choices)) if one.get("by") else ""
    if by:
        listed = table(default, one.place, what)
        listed.only(choices[by].options, what)
        values = [(o, _number(listed.get(o), listed.place, f"{what} for '{o}'")) for o in choices[by].options]
    else:
        values = [("", _number(default, one.place, what))]
    figures = tuple(Figure(value, _origin(one, key, option, profile), option) for option, value in values)
    limits = rows(one.get("range"), one.place, f"'range' of '{key}'")
    if len(limits.rows) != 2:
        raise limits.place.wrong(f"'range' of '{key}' has {len(limits.rows)} entries; expected [lowest, highest]")
    low, high = (_number(row, limits.place, f"'range' of '{key}'") for row in limits.rows)
    kinds = [*dict.fromkeys(value.kind for value in (figures[0].value, low, high, *(f.value for f in figures)))]
    if len(kinds) > 1:
        raise name.place.wrong(f"'{key}' is given as {' and as '.join(kinds)}; expected one kind; correct the units")
    for figure in figures:
        if not low.value <= figure.value.value <= high.value:
            found = f"'default' of '{key}' is {figure.value}, outside its range"
            raise name.place.wrong(f"{found}; expected {low} to {high}; correct one of them")
    return Parameter(key, figures, low, high, name.place, by, _note(one))


def _origin(one: Table, key: str, option: str, profile: Origin) -> Origin:
    """The origin of a number; source and confidence may be a mapping with one for each option."""
    given = {}
    for word in ("edition", "source", "confidence"):
        entry = one.get(word)
        if option and isinstance(entry, Table):
            entry = table(entry, one.place, word).get(option)
        given[word] = entry
    what = f"'confidence' of '{key}'" + (f" for '{option}'" if option else "")
    confidence = one_of(given["confidence"], one.place, what, tuple(CONFIDENCE))
    if confidence == "default" and given["source"] is None:
        raise one.place.wrong(f"'{key}' is a default without 'source'; expected the reason for it; add it")
    edition = "" if confidence == "default" else profile.edition  # the bench's own choice is in no edition
    if given["edition"]:
        edition = text(given["edition"], one.place, "'edition'").text
    source = text(given["source"], one.place, "'source'").text if given["source"] else profile.source
    return Origin(edition, source, confidence)


def _name(name: Text) -> str:
    if not _NAME.fullmatch(name.text) or name.text in _TAKEN:
        found = "is a word of a scenario's step" if name.text in _TAKEN else "is no name of a number"
        raise name.place.wrong(f"'{name.text[:40]}' {found}; expected small letters, digits and '_'; rename it")
    return name.text


def _number(tree: Tree | None, place: Place, what: str) -> Number:
    written = text(tree, place, what)
    try:
        return number(written.text)
    except ValueError as error:
        raise written.place.wrong(f"{what}: {error}") from error


def _note(one: Table) -> str:
    return text(one.get("note"), one.place, "'note'").text if one.get("note") else ""
