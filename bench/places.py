"""Where the data that is shipped with the bench lies: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path
from typing import Literal

from bench.errors import BenchBug

Kind = Literal["dbc", "rigs", "scenarios"]


def shipped(kind: Kind) -> Path:
    """The folder of the shipped databases, rig files or scenarios.

    The three are siblings in either place, so a path such as `../dbc/info.dbc` holds in both.
    Raises BenchBug where the installation has lost them.
    """
    package = Path(__file__).resolve().parent
    # The wheel is asked first: beside an installed package there may be a stranger's folder of the same name.
    for place in (package / "_data" / kind, package.parent / kind):
        if place.is_dir():
            return place
    raise BenchBug(f"{kind}/ is neither in {package / '_data'} nor in {package.parent}; install the bench again")
