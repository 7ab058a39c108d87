"""The garbage collector, held back while many small lasting objects are made.

A run makes frames by the hundred thousand and hardly any cycles; looking through them again and again cost a quarter
of the time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """No automatic collection inside; afterwards as before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
