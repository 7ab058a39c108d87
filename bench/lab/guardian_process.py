"""What the guardian's process does: it serves the bench as long as that lives, and then switches everything off.

The bench is gone when its end of the socket is closed or its process has ended; it hangs when no beat came for a
second while something was switched on. Each of these, a signal, energy that is used up and a fault in here lead to the
same end, `switched_off`.
"""

import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock as Mutex

from bench.clock.pace import Stopwatch
from bench.errors import RigError, ScenarioError
from bench.lab.custody import Custody, Opener
from bench.lab.drivers.instrument import Instrument
from bench.lab.framing import Frames, Message, framed, plan_heard, waveform_heard
from bench.lab.lock import Lock, instrument
from bench.lab.ward import Done, Ward, in_order, switched_off
from bench.model.instant import MS, S, show
from bench.model.lab import InstrumentPlan

SILENCE = 1 * S
"""Without a beat for so long the bench hangs, ns. The outputs are then off half a second later at the latest."""

TICK = 50 * MS
"""How often energy, watchdogs and the last beat are looked at, ns."""

PETS = 4
"""How often within its time a watchdog is shown that somebody is there."""


def serve() -> None:
    """Serve the bench whose socket is standard input; arguments: its process number, its command, the VISA library."""
    connection = socket.socket(fileno=os.dup(0))
    number, command, library = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    watch = Watch(connection, number, command, _catalogue(library))
    still_on = watch.run()
    # Threads may wait for instruments that never answer; nothing of them is worth waiting for now.
    os._exit(1 if still_on else 0)


def _catalogue(library: str) -> Opener:
    from pyvisa import ResourceManager

    from bench.lab.catalogue import open_instrument

    try:
        resources = ResourceManager(library)
    except (ValueError, OSError) as failure:
        words = (
            f"the VISA library '{library}' cannot be used ({failure}); expected @py, @ivi or a path such as "
            "file.yaml@sim; install it, or name another"
        )

        def refuse(plan: InstrumentPlan) -> Instrument:
            raise RigError(f"{plan.name}: {words}")

        return refuse
    return lambda plan: open_instrument(plan, resources, plan.resource)


class Watch:
    """The bench on one side, its instruments in custody on the other. `run` until the end of either."""

    def __init__(self, connection: socket.socket, bench: int, command: str, opener: Opener) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._holder = f"{command} (process {bench}; this is its guardian)"
        self._opener = opener
        self._wards: dict[str, Ward] = {}
        self._locks: dict[str, Lock] = {}
        self._frames = Frames()
        self._outgoing = bytearray()
        self._answers = Mutex()
        self._clock = Stopwatch()
        self._beaten = 0
        self._live = False
        self._petted: dict[str, int] = {}
        self._signalled = ""
        self._reason = ""
        self._last: Message | None = None
        self._selector = selectors.DefaultSelector()
        self._wakes, self._woken = socket.socketpair()
        for one in (self._wakes, self._woken):
            one.setblocking(False)
        self._selector.register(self._connection, selectors.EVENT_READ)
        self._selector.register(self._wakes, selectors.EVENT_READ)
        # The socket may have been inherited by a child of the bench, and stay open when the bench is gone.
        self._bench = -1
        try:
            self._bench = os.pidfd_open(bench)
            self._selector.register(self._bench, selectors.EVENT_READ)
        except ProcessLookupError:
            self._reason = "the bench is gone"
        except (AttributeError, OSError):
            pass  # a kernel before 5.3: there is the socket, and the beats
        self._queue({"beat": True})  # from now on there is somebody who can be asked

    def run(self) -> list[str]:
        """Serve, switch off, and tell what may still be on."""
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, self._signal)
        try:
            while not self._reason:
                self._turn()
        except Exception as failure:  # noqa: BLE001  # a fault in here ends the run, and must not leave an output on
            self._reason = f"the guardian broke: {type(failure).__name__}: {failure}"
        finally:
            still_on = switched_off(list(self._wards.values()), self._clock)
        self._tell(still_on)
        return still_on

    # ---- serving ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        ready = {key.fd for key, _ in self._selector.select(TICK / S)}
        if self._bench in ready:
            self._reason = "the bench is gone"
        if self._wakes.fileno() in ready:
            with suppress(BlockingIOError):
                self._wakes.recv(4096)
        if self._connection.fileno() in ready:
            self._hear()
        self._say()
        now = self._clock.elapsed()
        silent = now - self._beaten
        if self._live and silent > SILENCE and not self._reason:
            self._reason = f"the bench gave no sign of life for {show(silent // MS * MS)}; allowed is {show(SILENCE)}"
        self._reason = self._reason or self._signalled or self._look(now)

    def _look(self, now: int) -> str:
        """See to accounts and watchdogs; why everything is to be switched off, "" if nothing is."""
        for name, ward in self._wards.items():
            if overdrawn := ward.custody.overdrawn:
                return overdrawn
            if name in self._petted and now - self._petted[name] > ward.plan.watchdog // PETS:
                self._petted[name] = now
                ward.ask(ward.custody.pet, partial(self._pet_done, name))
        return ""

    def _pet_done(self, name: str, _: object, failure: BaseException | None) -> None:
        if failure is not None and not self._wards[name].custody.ending:
            self._signalled = str(failure)
            self._wake()

    def _hear(self) -> None:
        try:
            data = self._connection.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            self._reason = self._reason or "the bench is gone"
        for message in self._frames.receive(data):
            if message["beat"]:
                self._beaten = self._clock.elapsed()
            if message["do"] == "beat":
                self._queue({"beat": True})
            elif not self._reason:
                self._serve(message)

    def _serve(self, message: Message) -> None:
        done = partial(self._answer, message["id"])
        try:
            match message["do"]:
                case "open":
                    self._open(message, done)
                case "end":
                    self._reason, self._last = "the bench has ended", message
                case "off" if not message["instrument"]:
                    self._all_off(done)
                case _:
                    ward = self._wards[message["instrument"]]
                    self._live = self._live or message["do"] in _STIRRING
                    ward.ask(partial(_JOBS[message["do"]], ward.custody, message), done)
        except (RigError, ValueError, KeyError) as failure:
            done(None, failure)

    def _open(self, message: Message, done: Done) -> None:
        plan = plan_heard(message["plan"])
        before = self._wards.get(plan.name)
        if before is not None and before.custody.opened:
            raise RigError(f"{plan.name} is open already; expected one instrument of a name; name the other otherwise")
        if before is not None:
            self._locks.pop(plan.name).release()
        self._locks[plan.name] = Lock(instrument(plan.resource), self._holder)
        ward = self._wards[plan.name] = Ward(plan, self._opener)

        def opened(_: object, failure: BaseException | None) -> None:
            if failure is None and plan.watchdog:
                self._petted[plan.name] = self._clock.elapsed()
            done(
                None if failure else {"identity": list(ward.custody.identity), "remarks": ward.custody.remarks}, failure
            )

        ward.ask(ward.custody.open, opened)

    def _all_off(self, done: Done) -> None:
        """Switch all off in order and stay: each place waits for the one before it."""
        places = in_order([ward for ward in self._wards.values() if ward.custody.opened])
        failures: list[str] = []

        def next_place() -> None:
            if not places:
                done(None, RigError("\n".join(failures)) if failures else None)
                return
            waiting = places.pop(0)
            left = [len(waiting)]

            def one_off(_: object, failure: BaseException | None) -> None:
                failures.extend([] if failure is None else [str(failure)])
                with self._answers:
                    left[0] -= 1
                    last = not left[0]
                if last:
                    next_place()

            for ward in waiting:
                ward.ask(ward.custody.off, one_off)

        next_place()

    def _answer(self, number: int, result: object, failure: BaseException | None) -> None:
        """An answer for the bench; instruments' threads call it."""
        message: Message = {"id": number, "result": result}
        if failure is not None:
            known = isinstance(failure, RigError | ScenarioError | ValueError)
            words = str(failure) if known else f"{type(failure).__name__}: {failure}"
            message = {"id": number, "error": type(failure).__name__, "words": words}
        try:
            self._queue(message)
        except (TypeError, ValueError) as error:
            self._queue({"id": number, "error": "BenchBug", "words": f"an answer that cannot be told: {error}"})
        self._wake()

    def _queue(self, message: Message) -> None:
        data = framed(message)
        with self._answers:
            self._outgoing += data

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            self._woken.send(b"w")

    def _say(self) -> None:
        with self._answers, suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self._outgoing:
                del self._outgoing[: self._connection.send(self._outgoing)]

    def _signal(self, number: int, _: object) -> None:
        self._signalled = f"the guardian was asked to end by signal {signal.Signals(number).name}"

    def _tell(self, still_on: Sequence[str]) -> None:
        """Say why it ended, to the bench if it is there, and to whoever reads the terminal if it did not ask for it."""
        words = f"{self._reason}; "
        words += f"may still be on: {', '.join(still_on)}; switch off by hand" if still_on else "all outputs are off"
        remarks = [
            remark for ward in self._wards.values() if not ward.is_off.is_set() for remark in ward.custody.remarks
        ]
        with suppress(OSError, ValueError):
            self._connection.settimeout(0.2)
            self._queue({"ended": words, "still_on": list(still_on), "remarks": remarks})
            self._connection.sendall(self._outgoing)
        if self._last is None or still_on:
            with suppress(OSError, ValueError):
                sys.stderr.write("\n".join([f"guardian: {words}", *remarks]) + "\n")
                sys.stderr.flush()


_STIRRING = ("set", "trigger", "play", "arm")
"""What may bring something about that has to be switched off."""

_JOBS: Mapping[str, Callable[[Custody, Message], object]] = {
    "set": lambda held, told: held.set([(name, value) for name, value in told["settings"]]),
    "get": lambda held, told: held.get(told["attribute"]),
    "begin": lambda held, told: held.begin(told["quantity"]),
    "fetch": lambda held, told: held.fetch(told["quantity"]),
    "duration": lambda held, told: held.duration(told["quantity"]),
    "play": lambda held, told: held.play(waveform_heard(told["waveform"])),
    "arm": lambda held, _: held.arm(),
    "trigger": lambda held, _: held.trigger(),
    "errors": lambda held, _: held.errors(),
    "off": lambda held, _: held.off(),
}
