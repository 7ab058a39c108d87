"""`bench instruments`: which drivers and resources there are, and models of instruments at TCP ports."""

import argparse
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import RigError

if TYPE_CHECKING:
    from bench.lab.scpi import Model
    from bench.lab.server import Server

DESK = (
    ("psu", "supply"), ("dmm", "meter"), ("load", "load"), ("scope", "scope"), ("relay", "relay"), ("gen", "generator"),
)  # fmt: skip
"""What is served where nothing is named, in this order: names and kinds."""

FIRST_PORT = 5025
"""The port by which SCPI over raw sockets is known (IANA: scpi-raw)."""

_PORT = re.compile(r"(\d{1,5})(?:=([a-z]+)(?:/([a-z_]+))?)?", re.ASCII)
_SOCKET = re.compile(r"TCPIP\d*::[^:]+::(\d{1,5})::SOCKET", re.ASCII | re.IGNORECASE)

EXIT_CODES = """\
exit codes:
  0    listed, or served until Ctrl-C or SIGTERM
  2    wrong input: no such rig, kind, dialect or port
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.epilog = EXIT_CODES
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    what.add_parser("list", help="the drivers, and the VISA resources that are found on this host")
    serve = what.add_parser("serve", help="models of instruments as SCPI over TCP, in real time, until Ctrl-C")
    serve.add_argument("--rig", type=Path, metavar="FILE", help="models of the instruments of a rig, at their ports")
    serve.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="N[=KIND[/DIALECT]]",
        help="an instrument at this port, 0 for any that is free, such as 5025=supply/keysight; without kinds: "
        "supply, meter, load, scope, relay, generator in this order; without any: all six from 5025 on",
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen at; default 127.0.0.1")
    serve.add_argument("--seed", type=int, default=0, help="seed of the noise of readings")
    serve.add_argument(
        "--observer", type=int, metavar="N", help="a port that tells as JSON, for each line, what is at the terminals"
    )


def run(options: argparse.Namespace) -> int:
    """List or serve; RigError for what there is not."""
    if options.what == "list":
        _list()
    elif options.rig is not None and options.port:
        raise RigError("bench instruments serve takes --rig or --port; found both; leave one out")
    else:
        _serve(options)
    return 0


def _list() -> None:
    from bench.lab.catalogue import DRIVERS
    from bench.lab.resources import found
    from bench.report.grid import grid
    from bench.report.text import line

    print("drivers")
    kinds = dict.fromkeys(kind for kind, _ in DRIVERS)
    rows = [(f"  {kind}", ", ".join(name for of, name in DRIVERS if of == kind)) for kind in kinds]
    print("\n".join(grid([*rows, ("  any kind", "pymeasure.MAKER.CLASS")])))
    addresses, remarks = found()
    print("resources that pyvisa-py finds (raw sockets are never found; name them)")
    print("\n".join(f"  {line(address, 200)}" for address in addresses) or "  nothing")
    for remark in remarks:
        print(f"  remark: {line(remark, 300)}")


def _serve(options: argparse.Namespace) -> None:
    from bench.lab.server import Server

    told, ports, make = _of_rig(options.rig, options.seed) if options.rig else _of_ports(options.port, options.seed)
    with Server(make, ports, options.host, options.observer) as server:
        before = {number: signal.signal(number, lambda *_: server.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            _tell(server, told)
            server.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _tell(server: "Server", told: Mapping[str, str]) -> None:
    from bench.report.grid import grid

    rows = [(name, told[name], server.address(name)) for name in server.instruments]
    if "observer" in server.ports:
        rows.append(("observer", "what is at the terminals", f"{server.host}:{server.ports['observer']}"))
    print("\n".join(grid(rows)))
    print("serving; Ctrl-C ends", flush=True)


Wanted = tuple[dict[str, str], dict[str, int], "Callable[[Callable[[], int]], Mapping[str, Model]]"]
"""What each instrument is, in words; the ports of those that name one; how they are made for a clock."""


def _of_rig(path: Path, seed: int) -> Wanted:
    from bench.lab.models.desk import of_plan, wire
    from bench.scenario.rigfile import load_rig

    plans = load_rig(path).instruments
    if not plans:
        raise RigError(f"{path}: no instruments; expected some to serve; add them, or name ports with --port")

    def make(now: Callable[[], int]) -> "Mapping[str, Model]":
        models = {plan.name: of_plan(plan, now, seed + place) for place, plan in enumerate(plans)}
        wire(models)
        return models

    ports = {plan.name: int(found[1]) for plan in plans if (found := _SOCKET.fullmatch(plan.resource))}
    return {plan.name: f"{plan.kind}/{plan.driver}" for plan in plans}, ports, make


def _of_ports(given: list[str], seed: int) -> Wanted:
    from bench.lab.models.desk import model, wire

    wanted: dict[str, tuple[int, str, str]] = {}
    for place, text in enumerate(given or [str(FIRST_PORT + n) for n in range(len(DESK))]):
        port, kind, dialect = _read(text)
        name, usual = DESK[place] if place < len(DESK) else ("", "")
        kind = kind or usual
        if not kind:
            raise RigError(f"--port {text}: expected a kind from the seventh on, such as {text}=meter")
        if kind != usual:
            name = kind
        while name in wanted:
            name += "2"
        wanted[name] = port, kind, dialect

    def make(now: Callable[[], int]) -> "Mapping[str, Model]":
        models = {
            name: model(kind, dialect, now, f"SIM-{name}", seed + place)
            for place, (name, (_, kind, dialect)) in enumerate(wanted.items())
        }
        wire(models)
        return models

    told = {name: f"{kind}/{dialect}" for name, (_, kind, dialect) in wanted.items()}
    return told, {name: port for name, (port, _, _) in wanted.items()}, make


def _read(text: str) -> tuple[int, str, str]:
    found = _PORT.fullmatch(text)
    if not found or int(found[1]) > 65_535:
        raise RigError(f"--port {text}: expected a port, 0 to 65535, perhaps with what it is: 5025=supply/keysight")
    return int(found[1]), found[2] or "", found[3] or "generic"
