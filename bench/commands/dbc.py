"""`bench dbc`: what a database says, as a summary for people or as the tables of the documentation."""

import argparse
from pathlib import Path

from bench.model.instant import show
from bench.model.layout import BusLayout
from bench.network.database import load
from bench.network.document import document, headline
from bench.places import shipped


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("file", nargs="*", type=Path, help="DBC files; the shipped ones if none is named")
    parser.add_argument("--document", action="store_true", help="print the markdown tables that docs/network.md holds")


def run(options: argparse.Namespace) -> int:
    """Print the databases; ScenarioError if one cannot be used."""
    buses = [load(path) for path in options.file or sorted(shipped("dbc").glob("*.dbc"))]
    print(document(buses) if options.document else "\n".join(summary(bus) for bus in buses), end="")
    return 0


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
