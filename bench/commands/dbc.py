"""`bench dbc`: what a database says and what is wrong with it, and a repaired copy of it."""

import argparse
import sys
from pathlib import Path

from bench.errors import ScenarioError
from bench.model.instant import show
from bench.model.layout import BusLayout
from bench.network.database import content, load
from bench.network.document import document, headline
from bench.network.reader import Mended, Reader
from bench.places import shipped


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("file", nargs="*", type=Path, help="DBC files; the shipped ones if none is named")
    parser.add_argument("--document", action="store_true", help="print the markdown tables that docs/network.md holds")
    parser.add_argument("--repair", type=Path, metavar="OUT", help="write a repaired copy, and tell each change")


def run(options: argparse.Namespace) -> int:
    """Print the databases, or repair one; ScenarioError or exit code 2 if one cannot be used."""
    paths = options.file or sorted(shipped("dbc").glob("*.dbc"))
    if options.document:
        print(document([load(path) for path in paths]), end="")
        return 0
    with Reader() as reader:
        if options.repair is not None:
            return _repair(paths, options.repair, reader)
        return _show(paths, reader)


def summary(bus: BusLayout) -> str:
    """The bus in one line and each of its messages in one."""
    rows = [
        (
            f"0x{message.id:0{8 if message.extended else 3}X}",
            message.name,
            message.sender or "-",
            f"{message.length} B",
            show(message.cycle) if message.cycle else "-",
            message.send_type.value,
            message.protection.profile if message.protection else "-",
            f"{len(message.signals)} signals",
        )
        for message in bus.messages
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return headline(bus) + "\n" + "".join(f"  {line}\n" for line in lines)


def _show(paths: list[Path], reader: Reader) -> int:
    """Each database with what is wrong with it; those that are refused come last, on standard error."""
    refused = []
    for path in paths:
        try:
            bus = load(path, reader=reader)
        except ScenarioError as refusal:
            refused.append(_refused(path, str(refusal), reader))
            continue
        print(summary(bus), end="")
        if changes := _changes(path, reader.repair(str(path), content(path))):
            print(f"wrong with it; 'bench dbc {path} --repair OUT' writes a copy without:\n{changes}", end="")
    if refused:
        print("".join(refused), end="", file=sys.stderr)
    return 2 if refused else 0


def _refused(path: Path, refusal: str, reader: Reader) -> str:
    """Why a database is refused, and what a repair could do for it."""
    try:
        mended = reader.repair(str(path), content(path))
    except ScenarioError:  # it cannot even be read
        return f"{refusal}\n"
    if not mended.changes:
        return f"{refusal}\n"
    after = "after these it loads" if not mended.refusal else f"after these it is still refused: {mended.refusal}"
    return f"{refusal}\n'bench dbc {path} --repair OUT' knows these repairs; {after}:\n{_changes(path, mended)}"


def _repair(paths: list[Path], out: Path, reader: Reader) -> int:
    if len(paths) != 1:
        raise ScenarioError(f"--repair {out}: {len(paths)} databases are named; expected one: name the file to repair")
    path = paths[0]
    if out.exists() and path.exists() and out.samefile(path):
        raise ScenarioError(f"--repair {out}: this is the file itself; expected another one, as the repair is a copy")
    mended = reader.repair(str(path), content(path))
    if mended.refusal:
        made = f"after {_count(mended)}:\n{_changes(path, mended)}" if mended.changes else ""
        raise ScenarioError(f"{mended.refusal}\nno repair is known for this; nothing was written{made and ', ' + made}")
    try:
        out.write_bytes(mended.content)
    except OSError as error:
        raise ScenarioError(f"{out}: cannot be written: {error.strerror}; name another file") from error
    print(f"{_changes(path, mended)}{out}: {_count(mended)}; {headline(load(out, reader=reader))}")
    return 0


def _changes(path: Path, mended: Mended) -> str:
    return "".join(f"  {path}:{change.line}: {change.found}; {change.done}\n" for change in mended.changes)


def _count(mended: Mended) -> str:
    number = len(mended.changes)
    return "nothing to repair" if not number else f"{number} repair{'' if number == 1 else 's'}"
