"""An ECU that is a program of its own: started before the run, watched while it goes on, ended with it.

What it says on standard output and standard error is kept. That it ends by itself breaks the run: the bench cannot
know whether the ECU crashed or the program was never fit to run, so it is no verdict on the ECU.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from bench.clock.calendar import Phase
from bench.clock.kernel import Kernel
from bench.errors import RigError
from bench.model.health import Health
from bench.model.instant import MS
from bench.model.plan import EcuPlan

LOOK_EVERY = 100 * MS
"""How often the bench looks whether the program still runs, ns."""

GRACE = 2.0
"""Seconds between being asked to end and being ended."""

KEPT = 64 * 1024
"""Bytes of its output that are kept, the last ones."""


class ProcessEcu:
    """One program. `begin` at the run's first instant, `close` after its last one, whatever happened.

    `words` is the last of what it said, once it was closed.
    """

    def __init__(self, ecu: EcuPlan, kernel: Kernel) -> None:
        self.name = ecu.name
        self.words = ""
        self._command = ecu.command
        self._kernel = kernel
        # A file and not a pipe: nobody need read while the program writes, and it never blocks.
        self._output = TemporaryFile()  # noqa: SIM115  # closed by `close`
        try:
            self._process = subprocess.Popen(
                found(ecu.command, Path(ecu.place)),
                cwd=ecu.place or None,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C ends the bench, and the bench ends the program
            )
        except OSError as failure:
            self._output.close()
            raise RigError(
                f"{ecu.name}: the program '{ecu.command[0]}' cannot be started ({failure.strerror or failure}); "
                "build or install it, or correct 'process' in the rig file"
            ) from failure

    @property
    def pid(self) -> int:
        """The number of the process, which is that of its group too."""
        return self._process.pid

    def begin(self) -> None:
        """Watch it from now on."""
        self._kernel.calendar.every(int(self._kernel.now), LOOK_EVERY, Phase.SCENARIO, (3,), self._look)

    def check(self) -> None:
        """RigError if it has ended by itself."""
        code = self._process.poll()
        if code is None:
            return
        how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        said = self.said().strip().splitlines()
        raise RigError(
            f"{self.name}: its program '{' '.join(self._command)}' {how} before the run was over; "
            f"its last words: {said[-1] if said else 'none'}"
        )

    def _look(self, _: int) -> None:
        self.check()

    def close(self) -> None:
        """Ask the program to end, and end it when it does not; its children are ended with it."""
        if self._output.closed:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self.words = self.said()
        self._output.close()

    def _signal(self, what: signal.Signals) -> None:
        # The group is of our making, so its number is the program's own, and is not given away before it is waited for.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, what)

    def said(self) -> str:
        """The last of what it has written."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), KEPT, max(0, size - KEPT)).decode("utf-8", "replace")

    def health(self, _: int) -> Health:
        """A program is no part of the bench's own health."""
        return Health()


def found(command: Sequence[str], place: Path) -> list[str]:
    """A command whose program, where it is given with a folder, is looked for from `place` on."""
    first = Path(command[0])
    if len(first.parts) > 1 and not first.is_absolute():
        first = place / first
        return [str(first), *command[1:]]
    return list(command)
