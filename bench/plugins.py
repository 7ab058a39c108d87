"""What is found by name outside the bench: drivers of others. The only place that imports what a file names."""

from importlib import import_module


def named(module: str, name: str) -> object:
    """An object of a module; ImportError or AttributeError if there is none."""
    found: object = getattr(import_module(module), name)
    return found
