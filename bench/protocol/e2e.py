"""The receiving side of AUTOSAR E2E for one message: which frames may be used, and whether the message is alive.

Source: AUTOSAR E2E Protocol Specification: check status of profiles 1, 2 and 5, and the E2E state machine, simplified:
the window is a run of bad or of good frames, and the greatest allowed counter step does not grow while frames fail.
"""

from enum import StrEnum


class Status(StrEnum):
    """What one frame, or its absence, amounts to."""

    OK = "ok"
    OKSOMELOST = "ok some lost"
    INITIAL = "initial"
    SYNC = "sync"
    REPEATED = "repeated"
    WRONGSEQUENCE = "wrong sequence"
    WRONGCRC = "wrong crc"
    NONEWDATA = "no new data"
    TIMEOUT = "timeout"


class State(StrEnum):
    """Whether the message's last used content still counts. NODATA: nothing has been used yet, start values hold."""

    NODATA = "no data"
    VALID = "valid"
    INVALID = "invalid"


GOOD = (Status.OK, Status.OKSOMELOST, Status.INITIAL)


class Check:
    """The check of one received message. All instants and times in ns.

    `modulo`: values of the alive counter. `max_delta`: greatest counter step that is accepted. `timeout`: time without
    a good frame after which the message is INVALID, counted from `since` before the first one; 0 means never.
    `bad_to_invalid` bad frames on end make it INVALID, `good_to_valid` good ones VALID (again). After WRONGSEQUENCE
    `sync_frames` frames that are in sequence are SYNC, that is not good, before the next is OK; the counter is followed
    from the latest frame with the right CRC, so with the default of 0 the next in sequence is OK.

    Read `status`, `usable`, `state` and `entered` (instant at which `state` began, also when it was found out later)
    after each call. Only the content of a `usable` frame may be consumed.
    """

    __slots__ = (
        "_bad", "_counter", "_good", "_good_at", "_heard_at", "_sync", "_waiting", "bad_to_invalid", "entered",
        "good_to_valid", "max_delta", "modulo", "state", "status", "sync_frames", "timeout", "usable",
    )  # fmt: skip

    def __init__(
        self, modulo: int, max_delta: int = 2, *, timeout: int = 0, since: int = 0, bad_to_invalid: int = 3,
        good_to_valid: int = 1, sync_frames: int = 0,
    ) -> None:  # fmt: skip
        if not 1 <= max_delta < modulo:
            raise ValueError(f"the greatest counter step is {max_delta}; with modulo {modulo} take 1..{modulo - 1}")
        self.modulo = modulo
        self.max_delta = max_delta
        self.timeout = timeout
        self.bad_to_invalid = bad_to_invalid
        self.good_to_valid = good_to_valid
        self.sync_frames = sync_frames
        self.status = Status.NONEWDATA
        self.state = State.NODATA
        self.entered = since
        self.usable = False
        self._counter: int | None = None
        self._sync = self._bad = self._good = 0
        self._good_at = self._heard_at = since
        self._waiting = timeout > 0

    def receive(self, counter: int | None, now: int) -> Status:
        """Take a frame that ended at `now`: its alive counter, or None if its CRC is wrong.

        A frame at the very deadline is in time. One after it finds the time-out done, even if nobody called `tick`.
        """
        if self._waiting and now > self._good_at + self.timeout:
            self._time_out()
        self.status = self._judged(counter, now)
        if self.status in GOOD:
            self._bad = 0
            self._good += 1
            self._good_at = now
            self._waiting = self.timeout > 0
            if self._good >= self.good_to_valid:
                self._enter(State.VALID, now)
        else:
            self._good = 0
            self._bad += 1
            if self._bad >= self.bad_to_invalid:
                self._enter(State.INVALID, now)
        self.usable = self.status in GOOD and self.state is State.VALID
        return self.status

    def deadline(self) -> int | None:
        """The instant at which `tick` will find a time-out if no good frame comes; None while there is none to come."""
        return self._good_at + self.timeout if self._waiting else None

    def tick(self, now: int) -> Status:
        """Look at the clock, once all frames up to `now` have been received: TIMEOUT when the deadline has come."""
        self.usable = False
        self.status = Status.NONEWDATA
        if self._waiting and now >= self._good_at + self.timeout:
            self._time_out()
        return self.status

    def _time_out(self) -> None:
        self._waiting = False
        self._good = 0
        self.status = Status.TIMEOUT
        self._enter(State.INVALID, self._good_at + self.timeout)

    def _enter(self, state: State, at: int) -> None:
        if self.state is not state:
            self.state, self.entered = state, at

    def _judged(self, counter: int | None, now: int) -> Status:
        if counter is None:
            return Status.WRONGCRC
        if counter >= self.modulo:  # such as 15 in P01: no sender counts like that, so there is nothing to follow
            return Status.WRONGSEQUENCE
        # A sender that has been silent for a whole time-out may have started anew, so its sequence begins again. One
        # that keeps repeating a frame has not been silent.
        silent = self.timeout > 0 and now - self._heard_at > self.timeout
        last, self._counter, self._heard_at = self._counter, counter, now
        if last is None or silent:
            self._sync = 0
            return Status.INITIAL
        delta = (counter - last) % self.modulo
        if delta == 0:
            return Status.REPEATED
        if delta > self.max_delta:
            self._sync = self.sync_frames
            return Status.WRONGSEQUENCE
        if self._sync:
            self._sync -= 1
            return Status.SYNC
        return Status.OK if delta == 1 else Status.OKSOMELOST
