"""The command line as a table of verbs; a verb's module is imported when that verb is used, and only then."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from bench import __version__
from bench.errors import BenchBug, RigError, ScenarioError

if TYPE_CHECKING:

    class Verb(Protocol):
        """What a module in commands/ offers."""

        def arguments(self, parser: argparse.ArgumentParser) -> None: ...
        def run(self, options: argparse.Namespace) -> int: ...


# Verb -> what it does, in a few words. The words stand here so that `bench --help` imports no verb.
VERBS = {
    "run": "run scenarios and report on them",
    "check": "read and resolve scenarios without running them",
    "defects": "list the defect switches of the virtual ECUs",
    "campaign": "measure what the scenarios catch, and that healthy ECUs raise no alarm",
    "dbc": "show what a database says",
    "restbus": "be the rest of the bus, from any database, on any interface",
    "monitor": "show what goes over a bus or is in a recording, decoded",
    "profile": "list, show and plot the voltage profiles of the standards",
    "instruments": "list drivers and resources, or serve models of instruments over TCP",
    "doctor": "tell what this host can do: timer, interfaces, time stamps, instruments, packages",
}

EXIT_CODES = """\
exit codes:
  0    all passed
  1    something failed
  2    usage, scenario, database or rig error: somebody outside the bench must act
  3    nothing failed, but something was never exercised or is inconclusive
  4    the bench itself broke
  130  interrupted; what was recorded is kept
  141  whoever read the output closed it
"""
USAGE, BROKE, INTERRUPTED, OUTPUT_CLOSED = 2, 4, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and give its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _carried_out(words)
        sys.stdout.flush()  # here, so that a closed pipe is met inside this try
        return code
    except (ScenarioError, RigError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes once more on its way out; give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED
    except Exception as error:  # noqa: BLE001 (the last door: whatever arrives here is ours to mend, and says so)
        return _broke(error)


def _carried_out(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Hardware-in-the-loop scenarios in simulated time.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ecubench {__version__}")
    if not words:
        parser_with_verbs(parser)
        parser.print_help(sys.stderr)
        return USAGE
    wanted = next((word for word in words if not word.startswith("-")), None)
    verbs = parser_with_verbs(parser)
    if wanted not in VERBS:
        parser.parse_args(words)  # prints help, version or the usage error, and leaves
        parser.error("name a verb")
    verb = cast("Verb", import_module(f"bench.commands.{wanted}"))
    verb.arguments(verbs[wanted])
    return verb.run(parser.parse_args(words))


def parser_with_verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Add all verbs to the parser, none with its arguments yet."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    return {
        name: verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for name, summary in VERBS.items()
    }


def _broke(error: Exception) -> int:
    import traceback

    traceback.print_exception(error)
    kind = "" if isinstance(error, BenchBug) else f"{type(error).__name__}: "
    print(f"bench broke: {kind}{error}; a fault of the bench: please report it with the lines above", file=sys.stderr)
    return BROKE


if __name__ == "__main__":
    sys.exit(main())
