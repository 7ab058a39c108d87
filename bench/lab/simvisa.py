"""A VISA library whose instruments are models in this process: for pyvisa.ResourceManager, as an instance.

Time is that of a clock given to it, in ns; nothing here sleeps or looks at the host's. A session speaks as one over
LAN, USB or GPIB does: messages with an end, device clear, serial poll, -410 for an answer that nobody fetched.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pyvisa
from pyvisa import constants, errors, highlevel, rname
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.typing import VISARMSession, VISASession
from pyvisa.util import LibraryPath

from bench.lab.scpi import Dialogue, Model
from bench.model.instant import MS

TIMEOUT = 2000
"""A session's time-out as it is opened, ms (VISA library specification, VI_ATTR_TMO_VALUE)."""

WITHOUT_END = 86_400_000
"""What VI_TMO_INFINITE comes to, ms: a day."""


class Clock(Protocol):
    """The time that instruments live on."""

    def now(self) -> int:
        """The present instant."""

    def wait_until(self, at: int) -> None:
        """Let it become that instant, or come back earlier if that cannot be: then it is a time-out."""


class Standing:
    """A clock that only others move, such as a run's kernel: an answer that is not there yet is a time-out."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now

    def wait_until(self, at: int) -> None:
        """Time does not pass for waiting."""


class Skipping:
    """A clock that stands at the instant last waited for: waiting takes no time of the host."""

    def __init__(self) -> None:
        self._now = 0

    def now(self) -> int:
        """The present instant."""
        return self._now

    def wait_until(self, at: int) -> None:
        """Go there at once."""
        self._now = max(self._now, at)


class _Opened:
    """A session: its talk with a model, what of an answer was not read yet, and its VISA attributes."""

    def __init__(self, name: str, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.input = bytearray()
        self.rest = b""
        self.attributes: dict[int, Any] = {
            ResourceAttribute.timeout_value: TIMEOUT,
            ResourceAttribute.termchar: ord("\n"),
            ResourceAttribute.termchar_enabled: constants.VI_FALSE,
            ResourceAttribute.send_end_enabled: constants.VI_TRUE,
            ResourceAttribute.resource_name: name,
            ResourceAttribute.resource_class: "INSTR",
            ResourceAttribute.interface_type: constants.InterfaceType.tcpip,
            ResourceAttribute.interface_number: 0,
            ResourceAttribute.resource_lock_state: constants.AccessModes.no_lock,
            ResourceAttribute.resource_manufacturer_name: "ecubench",
        }

    @property
    def timeout(self) -> int:
        """The time-out in ns."""
        ms = int(self.attributes[ResourceAttribute.timeout_value])
        return min(ms, WITHOUT_END) * MS


def address(name: str) -> str:
    """The VISA address of an instrument of that name."""
    return f"SIM::{name}::INSTR"


class SimVisa(highlevel.VisaLibraryBase):
    """A VISA library of one run. Each instance is one of its own, however many there are in the process."""

    def __new__(cls, instruments: Mapping[str, Model], clock: Clock) -> "SimVisa":
        # PyVISA keeps libraries by path as long as they live; the number of an object that lives as long is free.
        token = object()
        library = super().__new__(cls, LibraryPath(f"ecubench-{id(token):x}", "made by the bench"))
        assert isinstance(library, SimVisa)
        library._token = token
        return library

    def __init__(self, instruments: Mapping[str, Model], clock: Clock) -> None:
        self._token: object
        self._clock = clock
        self._models = {address(name).upper(): (address(name), model) for name, model in instruments.items()}
        self._sessions: dict[int, _Opened] = {}
        self._last = 0

    # ---- resources --------------------------------------------------------------------------------------------------

    def open_default_resource_manager(self) -> tuple[VISARMSession, StatusCode]:
        """A session for the resource manager."""
        session = VISARMSession(self._next())
        return session, self.handle_return_value(session, StatusCode.success)

    def list_resources(self, session: VISARMSession, query: str = "?*::INSTR") -> tuple[str, ...]:
        """The addresses that match a VISA expression."""
        return rname.filter([name for name, _ in self._models.values()], query)

    def parse_resource(self, session: VISARMSession, resource_name: str) -> tuple[highlevel.ResourceInfo, StatusCode]:
        """What an address means."""
        return self.parse_resource_extended(session, resource_name)

    def parse_resource_extended(
        self, session: VISARMSession, resource_name: str
    ) -> tuple[highlevel.ResourceInfo, StatusCode]:
        """What an address means: an instrument with messages, as on a LAN."""
        name, _ = self._found(resource_name)
        return highlevel.ResourceInfo(constants.InterfaceType.tcpip, 0, "INSTR", name, None), StatusCode.success

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: int = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Begin to talk with an instrument; several may."""
        name, model = self._found(resource_name)
        opened = VISASession(self._next())
        self._sessions[opened] = _Opened(name, Dialogue(model.front))
        return opened, self.handle_return_value(opened, StatusCode.success)

    def close(self, session: Any) -> StatusCode:
        """End a session, or that of the resource manager."""
        self._sessions.pop(session, None)
        return StatusCode.success

    # ---- messages ---------------------------------------------------------------------------------------------------

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Give the instrument bytes; a line feed, or the end of them, makes a message of what came."""
        opened = self._opened(session)
        opened.input += data
        if data.endswith(b"\n") or opened.attributes[ResourceAttribute.send_end_enabled]:
            lines = bytes(opened.input).decode("latin-1").split("\n")
            opened.input.clear()
            if opened.rest:
                opened.rest = b""
                opened.dialogue.front.status.push(-410)
            for line in lines:
                if line.strip():
                    opened.dialogue.write(line)
        return len(data), self.handle_return_value(session, StatusCode.success)

    def read(self, session: VISASession, count: int) -> tuple[bytes, StatusCode]:
        """Up to `count` bytes of the answer; VI_ERROR_TMO if it is not there when the clock has gone so far."""
        opened = self._opened(session)
        if not opened.rest:
            opened.rest = self._answer(opened)
        if not opened.rest:
            self.handle_return_value(session, StatusCode.error_timeout)
        ends, status = len(opened.rest), StatusCode.success
        if opened.attributes[ResourceAttribute.termchar_enabled]:
            found = opened.rest.find(bytes([opened.attributes[ResourceAttribute.termchar]]))
            if found >= 0:
                ends, status = found + 1, StatusCode.success_termination_character_read
        if ends > count:
            ends, status = count, StatusCode.success_max_count_read
        data, opened.rest = opened.rest[:ends], opened.rest[ends:]
        return data, self.handle_return_value(session, status)

    def clear(self, session: VISASession) -> StatusCode:
        """Device clear: what was written and not carried out, and what was not read, is forgotten."""
        opened = self._opened(session)
        opened.input.clear()
        opened.rest = b""
        opened.dialogue.clear()
        return self.handle_return_value(session, StatusCode.success)

    def read_stb(self, session: VISASession) -> tuple[int, StatusCode]:
        """Serial poll: the status byte, without a message."""
        opened = self._opened(session)
        opened.dialogue.advance()
        front = opened.dialogue.front
        front.refresh(self._clock.now())
        byte = front.status.byte(bool(opened.dialogue.output or opened.rest))
        return byte, self.handle_return_value(session, StatusCode.success)

    def assert_trigger(self, session: VISASession, protocol: constants.TriggerProtocol) -> StatusCode:
        """Group execute trigger, which is *TRG."""
        self._opened(session).dialogue.write("*TRG")
        return self.handle_return_value(session, StatusCode.success)

    def flush(self, session: VISASession, mask: constants.BufferOperation) -> StatusCode:
        """Drop what was not read."""
        opened = self._opened(session)
        opened.rest = b""
        opened.dialogue.output.clear()
        return self.handle_return_value(session, StatusCode.success)

    # ---- attributes and events --------------------------------------------------------------------------------------

    def get_attribute(self, session: Any, attribute: Any) -> tuple[Any, StatusCode]:
        """The state of an attribute."""
        attributes = self._opened(session).attributes
        if attribute not in attributes:
            self.handle_return_value(session, StatusCode.error_nonsupported_attribute)
        return attributes[attribute], self.handle_return_value(session, StatusCode.success)

    def set_attribute(self, session: Any, attribute: Any, attribute_state: Any) -> StatusCode:
        """Set an attribute; those that mean nothing here are kept."""
        self._opened(session).attributes[attribute] = attribute_state
        return self.handle_return_value(session, StatusCode.success)

    def disable_event(self, session: Any, event_type: Any, mechanism: Any) -> StatusCode:
        """There are no events."""
        return StatusCode.success

    def discard_events(self, session: Any, event_type: Any, mechanism: Any) -> StatusCode:
        """There are no events."""
        return StatusCode.success

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _answer(self, opened: _Opened) -> bytes:
        """The next answer, after the clock has gone where it is given, or to the time-out."""
        dialogue, limit = opened.dialogue, self._clock.now() + opened.timeout
        while not (answer := dialogue.read()) and dialogue.expected:
            due, now = dialogue.due(), self._clock.now()
            if now >= limit:
                break
            self._clock.wait_until(limit if due is None else min(due, limit))
            if self._clock.now() <= now:
                break
        return answer

    def _opened(self, session: int) -> _Opened:
        found = self._sessions.get(session)
        if found is None:
            raise errors.VisaIOError(StatusCode.error_invalid_object)
        return found

    def _found(self, resource_name: str) -> tuple[str, Model]:
        found = self._models.get(resource_name.upper())
        if found is None:
            raise errors.VisaIOError(StatusCode.error_resource_not_found)
        return found

    def _next(self) -> int:
        self._last += 1
        return self._last


def resource_manager(instruments: Mapping[str, Model], clock: Clock) -> pyvisa.ResourceManager:
    """PyVISA's resource manager for models, by a library of their own. Close it after use."""
    return pyvisa.ResourceManager(SimVisa(instruments, clock))
