"""`bench profile`: the voltage profiles, their numbers and their pictures."""

import argparse
from pathlib import Path

from bench.errors import ScenarioError
from bench.lab.profiles import Profile, names, profile
from bench.model.instant import show
from bench.report.profile_page import numbers, page, sureness
from bench.report.profile_plot import accepted, plot

MARK = "<!-- What follows is written by: bench profile plot --write docs/profiles -->\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    what.add_parser("list", help="one line for each shipped profile")
    shown = what.add_parser("show", help="the numbers of a profile, each with its source and confidence")
    plotted = what.add_parser("plot", help="the picture of a profile as SVG on standard output, or all into a folder")
    for one in (shown, plotted):
        one.add_argument("name", nargs="?" if one is plotted else None, help="a shipped profile, or the path of a file")
        one.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter, such as level=II"
        )
    plotted.add_argument(
        "--write", type=Path, metavar="DIR", help="write DIR/*.svg and the page DIR.md of all shipped ones"
    )


def run(options: argparse.Namespace) -> int:
    """List, show or plot profiles; ScenarioError for what is no profile or no parameter of it."""
    if options.what == "list":
        for one in (profile(name) for name in names()):
            print(_line(one))
    elif options.what == "show":
        _show(profile(options.name), _given(options.set))
    elif options.write is not None and options.name is None:
        _write(options.write)
    elif options.name is not None and options.write is None:
        print(plot(profile(options.name), _given(options.set)), end="")
    else:
        raise ScenarioError("bench profile plot: expected one of NAME and --write DIR; say which")
    return 0


def _line(one: Profile) -> str:
    waveform = one.waveform(accepted(one))
    low, high = waveform.bounds
    doubt = "" if one.confirmed else "  UNCONFIRMED"
    volts = f"{low:g} to {high:g} V"
    return f"{one.name:32}{show(waveform.duration):>18}  {volts:18}{one.title} ({sureness(one)}){doubt}"


def _show(one: Profile, given: dict[str, str]) -> None:
    own = {**accepted(one), **given}
    waveform = one.waveform(own)
    low, high = waveform.bounds
    print(f"{one.name}: {one.title}\nderived from {one.origin.edition}, {one.origin.source}\n")
    print(numbers(one))
    print("\n".join(f"{name}: {value}" for name, value in one.settings(own)))
    print(f"{show(waveform.duration)}, {low:g} to {high:g} V, steepest {waveform.steepest:g} V/s")
    if doubts := one.doubts(given):
        print(f"to be verified in the standard: {', '.join(doubts)}")


def _given(words: list[str]) -> dict[str, str]:
    given = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ScenarioError(f"--set {word}: no '='; expected NAME=VALUE; write such as --set level=II")
        given[name.strip()] = value.strip()
    return given


def _write(folder: Path) -> None:
    """Write every picture into the folder, and the page of the same name beside it, below what was written by hand."""
    all_of_them = [profile(name) for name in names()]
    path = folder.parent / f"{folder.name}.md"
    try:
        above, mark, _ = path.read_text(encoding="utf-8").partition(MARK) if path.exists() else ("", MARK, "")
        if not mark:
            raise ScenarioError(
                f"{path}: has no line '{MARK.strip()}'; expected it, as what follows is replaced; add it"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for one in all_of_them:
            (folder / f"{one.name}.svg").write_text(plot(one), encoding="utf-8")
        path.write_text(f"{above}{MARK}\n{page(all_of_them, folder.name)}", encoding="utf-8")
    except OSError as error:
        raise ScenarioError(
            f"{error.filename or folder}: cannot be written: {error.strerror}; name another folder"
        ) from error
    print(f"{folder}: {len(all_of_them)} pictures; {path}: the page on them")
