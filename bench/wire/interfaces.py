"""Which of python-can's interfaces this host can open, and why not the others. Nothing is opened to find out."""

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from bench.errors import RigError
from bench.wire.port import interfaces, options
from bench.wire.remarks import remarks

UNASKED = ("socketcand", "virtual")
"""Interfaces that are not asked for channels: one would wait for a network for seconds, the other makes some up."""

CHANNELS = {"virtual": "channel-0", "udp_multicast": "ff15:7079:7468:6f6e:6465:6d6f:6d63:6173"}
"""Interfaces without hardware, with the channel that python-can takes where none is named."""

NEEDS = {"udp_multicast": "msgpack", "slcan": "serial", "serial": "serial", "robotell": "serial"}
"""Packages that an interface asks for only when it is opened."""


@dataclass(frozen=True)
class Interface:
    """One of python-can's interfaces: why it cannot be opened here, a doubt, and the channels that it finds by itself.

    A `doubt` is what its driver remarked while it was loaded, which may or may not be in the way.
    """

    name: str
    obstacle: str = ""
    doubt: str = ""
    channels: tuple[str, ...] = ()


def survey() -> tuple[Interface, ...]:
    """Every interface, in the order of their names."""
    return tuple(examined(name) for name in interfaces())


def examined(name: str) -> Interface:
    """One interface. RigError if python-can has none of that name."""
    if name not in interfaces():
        options(name)  # says so
    with _quiet() as said:
        try:
            options(name)
        except RigError as error:
            return Interface(name, str(error.__cause__ or error).rpartition(f"interface '{name}': ")[2])
        if name == "socketcan" and not kernel_has_can():
            return Interface(name, "this kernel has no CAN sockets; as root: modprobe can_raw vcan")
        package = NEEDS.get(name)
        if package and find_spec(package) is None:
            return Interface(name, f"needs the package {package}; pip install {package}")
        channels = () if name in UNASKED else _channels(name)
    return Interface(name, "", said[0] if said else "", channels)


def kernel_has_can() -> bool:
    """Whether a CAN socket can be had at all."""
    try:
        with socket.socket(socket.PF_CAN, socket.SOCK_RAW, socket.CAN_RAW):
            return True
    except (OSError, AttributeError):
        return False


def _channels(name: str) -> tuple[str, ...]:
    import can

    try:
        return tuple(str(one.get("channel", "")) for one in can.detect_available_configs(interfaces=[name]))
    except Exception:  # noqa: BLE001  # drivers fail in any way there is, and then there is no channel to name
        return ()


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Drivers that warn and log while they are loaded do it into a list."""
    with remarks() as said, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield said
