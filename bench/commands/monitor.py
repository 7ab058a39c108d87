"""`bench monitor`: what goes over a bus or is in a recording, decoded."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError, RigError, ScenarioError

if TYPE_CHECKING:
    from bench.model.layout import BusLayout
    from bench.model.plan import InterfacePlan
    from bench.report.sightings import Sightings
    from bench.wire.recording import Heard

HEARD, SILENT = 0, 1
REFRESH = 250_000_000
"""Between two pictures of the table, ns."""

EXIT_CODES = """\
exit codes:
  0    frames were seen, until Ctrl-C, the end of the file or the end of --for
  1    not one was
  2    wrong input: no such interface, file, database or message; or the interface vanished or the file is damaged
       (what came before is shown)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.epilog = EXIT_CODES
    parser.add_argument("file", nargs="?", type=Path, help="a recording in place of an interface: BLF, ASC, TRC, ...")
    parser.add_argument("--interface", help="python-can's name: socketcan, vector, udp_multicast, virtual, ...")
    parser.add_argument("--channel", default="", help="its channel: can0, 0, ...")
    parser.add_argument("--bitrate", type=int, help="bit/s; default: as in the first database, else 500000")
    parser.add_argument("--data-bitrate", type=int, help="bit/s of CAN FD's data phase")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the interface, by its name"
    )
    parser.add_argument("--listen-only", action="store_true", help="not even acknowledge, where the interface can")
    parser.add_argument("--dbc", action="append", default=[], type=Path, metavar="FILE", help="a database to decode by")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME|ID", help="only these; a name may hold * and ?"
    )
    parser.add_argument("--follow", action="store_true", help="a line per frame instead of a table")
    parser.add_argument("--for", dest="length", default="", metavar="TIME", help="end after so long, such as 5s")


def run(options: argparse.Namespace) -> int:
    """Show it; what was seen before a failure is shown before the failure is told."""
    from bench.network.database import load
    from bench.report.sightings import Known, Sightings, table, tally
    from bench.run.connection import time_of

    if (options.file is None) == (options.interface is None):
        raise RigError("bench monitor takes either a file or --interface; found " + _found(options))
    length = time_of("--for", options.length)
    buses = [load(path) for path in options.dbc]
    sightings = Sightings(Known(buses), options.only)
    failure: BenchError | None = None
    try:
        _watch(options, buses, sightings, length)
    except KeyboardInterrupt:
        pass  # the usual way to end it
    except (RigError, ScenarioError) as error:
        failure = error
    if sightings.seen and not options.follow:
        print("\n".join(table(sightings)))
    if sightings.frames or sightings.others or failure is None:
        print(tally(sightings))
    for remark in sightings.known.remarks:
        print(remark, file=sys.stderr)
    if failure is not None:
        raise failure
    return HEARD if sightings.frames else SILENT


def _watch(options: argparse.Namespace, buses: "list[BusLayout]", sightings: "Sightings", length: int) -> None:
    from bench.report.grid import Screen
    from bench.report.sightings import row, table, tally
    from bench.wire.recording import read

    source: Iterable[Heard | None]
    if options.file is not None:
        source = read(options.file)
    else:
        from bench.wire.listening import listen

        plan, layout = connection(options, buses)
        source = listen(plan, layout, length, REFRESH)
    begun: int | None = None
    screen = Screen(sys.stdout) if options.file is None and not options.follow and sys.stdout.isatty() else None
    try:
        for one in source:
            if one is None:
                if screen is not None:
                    screen.show([tally(sightings), *table(sightings, screen.size().columns)])
                continue
            begun = begun if begun is not None else one.at
            if options.file is not None and length and one.at - begun >= length:
                break
            before = sightings.passed_by
            seen = sightings.take(one)
            if options.follow and sightings.passed_by == before:
                print(row(one, begun, seen, sightings.known), flush=options.file is None)
    finally:
        if screen is not None:
            screen.clear()


def connection(options: argparse.Namespace, buses: "list[BusLayout]") -> "tuple[InterfacePlan, BusLayout]":
    """The interface that the command line names, and a bus without messages at its bit rates."""
    from bench.model.layout import BusLayout
    from bench.run.connection import connected

    bitrate = options.bitrate or (buses[0].bitrate if buses else 500_000)
    data_bitrate = options.data_bitrate or max((bus.data_bitrate for bus in buses), default=0)
    plan = connected(options.interface, options.channel, options.option, options.listen_only, hears_fd=True)
    return plan, BusLayout(f"{plan.interface} {plan.channels[0]}", bitrate, data_bitrate, (), ())


def _found(options: argparse.Namespace) -> str:
    return "both" if options.file is not None else "none"
