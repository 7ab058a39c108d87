"""A whole message from a VISA resource in bounded time, however slowly its bytes come.

The read of pyvisa-py's sockets looks at its time-out only when nothing comes, so a line that gives a byte now and then
keeps it for as long as it likes. So a socket is read in small bites: the first byte is waited for, and whatever comes
after it is taken in pieces that cannot last.
"""

from collections.abc import Callable
from typing import Any

from bench.lab.exchange import Garbled, ended
from bench.model.instant import MS

CHUNK = 65_536
BITE_TIMEOUT = 2
"""The time-out (ms) of a bite: pyvisa-py then looks at the socket for 1 ms, its shortest, before each byte or piece."""


def read_message(visa: Any, until: int, timeout: int, now: Callable[[], int]) -> bytes:
    """The next message, up to its line feed or to what its interface marks as the end.

    Garbled if it is not whole at `until`; VISA's errors pass through. `timeout` is the longest that one read may take;
    all times in ns.
    """
    from pyvisa.constants import StatusCode

    socket = visa.resource_class == "SOCKET"
    framed = not socket and not str(visa.resource_name).startswith("ASRL")
    bite = max(1, min(4096, timeout // MS // 4))
    message = bytearray()
    with visa.ignore_warning(StatusCode.success_max_count_read, StatusCode.success_device_not_present):
        while not ended(message):
            left = until - now()
            if left <= 0:
                raise Garbled(f"{len(message)} bytes and no end of the message; expected its line feed")
            if socket and message:
                message += _bite(visa, bite)
                continue
            visa.timeout = max(min(left, timeout) // MS, 1)
            data, status = visa.visalib.read(visa.session, 1 if socket else CHUNK)
            message += data
            if framed and status == StatusCode.success:
                break
    return bytes(message)


def _bite(visa: Any, size: int) -> bytes:
    """What is there of a message that has begun; nothing if nothing comes at once."""
    from pyvisa.constants import StatusCode
    from pyvisa.errors import VisaIOError

    visa.timeout = BITE_TIMEOUT
    try:
        data, _ = visa.visalib.read(visa.session, size)
    except VisaIOError as fault:
        if fault.error_code != StatusCode.error_timeout:
            raise
        return b""
    return bytes(data)


def visa_errors() -> tuple[type[Exception], ...]:
    """What VISA libraries raise; pyvisa-py also lets errors of the system through."""
    from pyvisa.errors import Error

    return (Error, OSError)
