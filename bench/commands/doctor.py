"""`bench doctor`: what this host can do for the bench, and what is in the way of what it is asked for."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import RigError

if TYPE_CHECKING:
    from bench.model.layout import BusLayout
    from bench.model.plan import InterfacePlan
    from bench.run.checkup import Section

HEALTHY, WRONG = 0, 1

EXIT_CODES = """\
exit codes:
  0    all that was asked for by --interface or --rig is there; what else is missing is only told
  1    something of it is not: an interface does not open, its clock jumps, a program is missing, a cycle is too short
  2    wrong input: no such interface, option or rig file
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.epilog = EXIT_CODES
    parser.add_argument("--interface", help="python-can's name of an interface to try: socketcan, vector, ...")
    parser.add_argument("--channel", default="", help="its channel: can0, 0, ...")
    parser.add_argument("--bitrate", type=int, default=500_000, help="bit/s; default: %(default)s")
    parser.add_argument("--data-bitrate", type=int, default=0, help="bit/s of CAN FD's data phase")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the interface, by its name"
    )
    parser.add_argument("--rig", type=Path, metavar="FILE", help="try all interfaces and programs of a rig file")
    parser.add_argument(
        "--send",
        metavar="ID",
        help="measure clocks by 50 frames of this id on each named interface, also on real buses",
    )
    parser.add_argument("--json", action="store_true", help="the same for programs; figures in ns")


def run(options: argparse.Namespace) -> int:
    """Look, and tell section by section."""
    from bench.run.checkup import checkup, healthy
    from bench.scenario.rigfile import load_rig

    identifier = _identifier(options.send)
    named = _named(options)
    rig = load_rig(options.rig) if options.rig is not None else None
    if identifier is not None and named is None and rig is None:
        raise RigError(f"--send {options.send}: found no interface to send on; add --interface or --rig")
    sections: list[Section] = []
    for section in checkup(named, rig, identifier):
        sections.append(section)
        if not options.json:
            print(told(section), flush=True)
    if options.json:
        print(as_json(sections, healthy(sections)))
    return HEALTHY if healthy(sections) else WRONG


def told(section: "Section") -> str:
    """A section as a table."""
    from bench.report.grid import grid
    from bench.report.text import line

    title, findings = section
    rows = [(f"  {line(one.name, 60)}", one.state, line(one.text, 300)) for one in findings]
    return "\n".join([line(title, 80), *(grid(rows) if rows else ["  nothing"])])


def as_json(sections: "list[Section]", healthy: bool) -> str:
    """All sections as JSON."""
    import json

    told = {
        title: [
            {"name": one.name, "state": one.state, "text": one.text, "figures_ns": dict(one.figures)}
            for one in findings
        ]
        for title, findings in sections
    }
    return json.dumps({"healthy": healthy, "sections": told}, indent=2)


def _named(options: argparse.Namespace) -> "tuple[InterfacePlan, BusLayout] | None":
    from bench.model.layout import BusLayout
    from bench.run.connection import connected

    if options.interface is None:
        return None
    plan = connected(options.interface, options.channel, options.option)
    return plan, BusLayout(plan.bus, options.bitrate, options.data_bitrate, (), ())


def _identifier(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        identifier = int(text, 0)
    except ValueError as error:
        raise RigError(f"--send {text}: expected an id, such as 0x7F0") from error
    if not 0 <= identifier <= 0x1FFF_FFFF:
        raise RigError(f"--send {text}: an id has at most 29 bits; expected 0 to 0x1FFFFFFF")
    return identifier
