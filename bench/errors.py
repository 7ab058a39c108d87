"""The three classes of failure, one for each person who must act; a failing ECU is none of them.

SimPy re-raises a copy built from `args`, so every class here is rebuildable from its args: message first, alone.
"""


class BenchError(Exception):
    """Something stops the bench from doing what it was asked."""


class ScenarioError(BenchError):
    """The author of a scenario or a database must act. The message may hold several lines, one a finding."""


class RigError(BenchError):
    """The person at the rack must act: an interface, an instrument, a port or a rig file is not as it should be."""


class BenchBug(BenchError):
    """We must act: the bench broke a promise of its own."""
