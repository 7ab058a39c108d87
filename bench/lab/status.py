"""What an instrument remembers about itself: its error queue and its status registers.

Sources: IEEE 488.2-1992, chapter 11 (status byte, standard event register); SCPI-99 volume 1, chapter 9 (operation and
questionable status) and volume 2, chapter 21 (numbers and words of errors, the queue).
"""

from collections import deque

ERRORS = {
    0: "No error",
    -100: "Command error",
    -101: "Invalid character",
    -102: "Syntax error",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -121: "Invalid character in number",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -151: "Invalid string data",
    -170: "Expression error",
    -200: "Execution error",
    -203: "Command protected",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -214: "Trigger deadlock",
    -221: "Settings conflict",
    -222: "Data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -226: "Lists not same length",
    -230: "Data corrupt or stale",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
}

OPERATION_COMPLETE, QUERY_ERROR, DEVICE_ERROR, EXECUTION_ERROR, COMMAND_ERROR, POWER_ON = 1, 4, 8, 16, 32, 128
"""Bits of the standard event register."""

ERROR_AVAILABLE, QUESTIONABLE, MESSAGE_AVAILABLE, EVENT_SUMMARY, MASTER_SUMMARY, OPERATION = 4, 8, 16, 32, 64, 128
"""Bits of the status byte."""


class Refused(Exception):
    """An instrument does not do what it was told: the number of the error, and what it was about."""

    def __init__(self, code: int, about: str = "") -> None:
        super().__init__(code, about)
        self.code = code
        self.about = about


class Register:
    """A status register with its condition, the events (bits that have become 1 since it was read) and their mask."""

    def __init__(self) -> None:
        self.condition = 0
        self.event = 0
        self.enable = 0

    def update(self, condition: int) -> None:
        """Take over what is the case now."""
        self.event |= condition & ~self.condition
        self.condition = condition

    def take(self) -> int:
        """The events, which are forgotten by that."""
        event, self.event = self.event, 0
        return event

    @property
    def summary(self) -> bool:
        """Whether an event is there that was asked for."""
        return bool(self.event & self.enable)


class Status:
    """Error queue, standard event register and the two SCPI registers of one instrument."""

    def __init__(self, room: int = 20) -> None:
        self._room = room
        self._errors: deque[str] = deque()
        self.standard = Register()
        self.standard.event = POWER_ON
        self.service = 0
        self.operation = Register()
        self.questionable = Register()

    @property
    def errors(self) -> int:
        """How many errors wait in the queue."""
        return len(self._errors)

    def push(self, code: int, about: str = "") -> None:
        """Queue an error and set its class in the standard event register; a full queue says so in its last place."""
        self.standard.event |= _class_of(code)
        if len(self._errors) >= self._room:
            self._errors[-1] = _told(-350, "")
        else:
            self._errors.append(_told(code, about))

    def next_error(self) -> str:
        """The oldest error, taken out of the queue; error 0 if there is none."""
        return self._errors.popleft() if self._errors else _told(0, "")

    def clear(self) -> None:
        """Empty queue and events; masks stay (*CLS)."""
        self._errors.clear()
        self.standard.event = self.operation.event = self.questionable.event = 0

    def byte(self, message: bool) -> int:
        """The status byte; `message` says whether an answer can be read."""
        byte = (
            ERROR_AVAILABLE * bool(self._errors)
            | QUESTIONABLE * self.questionable.summary
            | MESSAGE_AVAILABLE * message
            | EVENT_SUMMARY * self.standard.summary
            | OPERATION * self.operation.summary
        )
        return byte | MASTER_SUMMARY * bool(byte & self.service)


def _told(code: int, about: str) -> str:
    """An error as SYSTem:ERRor? tells it: at most 255 characters in quotes, none of which is a quote."""
    words = ERRORS[code] + (f"; {about}" if about else "")
    shown = "".join(c if " " <= c <= "~" and c != '"' else "?" for c in words)[:200]
    return f'{code},"{shown}"'


def _class_of(code: int) -> int:
    """The bit of the standard event register that an error of this number sets."""
    return {1: COMMAND_ERROR, 2: EXECUTION_ERROR, 3: DEVICE_ERROR, 4: QUERY_ERROR}.get(-code // 100, DEVICE_ERROR)
