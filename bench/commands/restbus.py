"""`bench restbus`: the rest of the bus, from any database, until Ctrl-C."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import RigError, ScenarioError

if TYPE_CHECKING:
    from bench.model.layout import BusLayout
    from bench.report.grid import Screen
    from bench.run.restbus import Kept, Restbus

HELD, MISSED = 0, 1
REFRESH = 500_000_000
"""Between two pictures of the table, ns."""

IN_SUMMARY = 10
"""Messages in the summary: those that were not held, then those that were latest."""

EXIT_CODES = """\
exit codes:
  0    every cycle was held, until Ctrl-C or the end of --for
  1    one was not: releases were skipped, or frames lost
  2    wrong input: no such interface, node, message, signal or value, or the database cannot be used;
       or the interface vanished (the summary is printed first)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.epilog = EXIT_CODES
    parser.add_argument("file", type=Path, help="the database, a DBC file")
    parser.add_argument("--interface", required=True, help="python-can's name: socketcan, vector, virtual, ...")
    parser.add_argument("--channel", default="", help="its channel: can0, 0, ...")
    parser.add_argument("--bitrate", type=int, help="bit/s; default: as in the database, else 500000")
    parser.add_argument("--data-bitrate", type=int, help="bit/s of CAN FD's data phase; default: as in the database")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the interface, by its name"
    )
    parser.add_argument(
        "--except", dest="excepted", action="append", default=[], metavar="NODE", help="a node that is there for real"
    )
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="MSG.SIG=VALUE", help="not the start value"
    )
    parser.add_argument("--cycle-default", default="", metavar="TIME", help="for messages without a cycle: 100ms")
    parser.add_argument("--for", dest="length", default="", metavar="TIME", help="end after so long, such as 5s")
    parser.add_argument("--repair", action="store_true", help="use a damaged database after a repair that is listed")


def run(options: argparse.Namespace) -> int:
    """Keep it, show how it is kept, and sum up; nothing is sent before all of the input is found right."""
    from bench.report.grid import Screen
    from bench.report.rates import head, summary
    from bench.run.connection import connected, time_of
    from bench.run.rest import rest_of
    from bench.run.restbus import opened

    length = time_of("--for", options.length)
    rest = rest_of(
        layout_of(options), options.excepted, options.settings, time_of("--cycle-default", options.cycle_default)
    )
    plan = connected(options.interface, options.channel, options.option)
    lines = head(rest, f"{plan.interface} {plan.channels[0]}")
    if not rest.sent:
        raise ScenarioError("\n".join([f"{options.file}: nothing is to be sent", *lines[1:]]))
    with opened(rest, plan) as restbus:
        screen = Screen(sys.stdout) if sys.stdout.isatty() else None
        try:
            _keep(restbus, length, screen, lines)
        except KeyboardInterrupt:
            pass  # the usual way to end it
        finally:
            if screen is not None:
                screen.clear()
            kept = restbus.kept(IN_SUMMARY, latest_first=True)
            print("\n".join([*lines, *summary(kept)]), flush=True)
    return code_of(kept)


def _keep(restbus: "Restbus", length: int, screen: "Screen | None", lines: list[str]) -> None:
    from bench.report.rates import picture

    left = length
    while left > 0 or not length:
        step = min(REFRESH, left) if length else REFRESH
        restbus.run(step)
        left -= step
        if screen is None:
            restbus.take()
        else:
            room = max(screen.size().lines - len(lines) - 4, 1)
            screen.show([*lines, *picture(restbus.kept(room))])


def code_of(kept: "Kept") -> int:
    """What it says of the cycles."""
    return MISSED if kept.missed else HELD


def layout_of(options: argparse.Namespace) -> "BusLayout":
    """The bus of the database, at the bit rates of the command line."""
    from dataclasses import replace

    from bench.network.database import load

    layout = mended(options.file) if options.repair else load(options.file)
    for name, value in (("--bitrate", options.bitrate), ("--data-bitrate", options.data_bitrate)):
        if value is not None and value <= 0:
            raise RigError(f"{name} {value}: expected bit/s, such as 500000")
    return replace(
        layout,
        bitrate=options.bitrate or layout.bitrate,
        data_bitrate=options.data_bitrate or layout.data_bitrate,
    )


def mended(path: Path) -> "BusLayout":
    """The bus of a database after its repair; what was changed goes to standard error, the file stays as it is."""
    from bench.network import plain
    from bench.network.database import content
    from bench.network.reader import Reader

    with Reader() as reader:
        repair = reader.repair(str(path), content(path))
        for change in repair.changes:
            print(f"{path}:{change.line}: {change.found}; {change.done}", file=sys.stderr)
        if repair.refusal:
            raise ScenarioError(f"{repair.refusal}\nno repair is known for this; nothing was sent")
        return plain.unpacked(reader.layout(str(path), repair.content), "", path.stem.upper())
