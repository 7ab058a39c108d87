"""`bench defects`: the switches that make a virtual ECU misbehave, one a line."""

import argparse

from bench.run.defects import catalogue, of_supplies


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes: nothing."""


def run(options: argparse.Namespace) -> int:
    """Print id, summary and strengths of each defect, separated by tabs; strengths in brackets still pass."""
    for defect in (*catalogue(), *of_supplies()):
        strengths = [*defect.fails, *(f"({strength})" for strength in defect.passes)]
        print(defect.id, defect.summary, " ".join(f"@{strength}" for strength in strengths), sep="\t")
    return 0
