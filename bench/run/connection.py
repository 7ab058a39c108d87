"""An interface as it is named on a command line, checked against what python-can offers on this host."""

from collections.abc import Sequence

from bench.errors import RigError
from bench.model.expression import Value
from bench.model.instant import duration
from bench.model.plan import InterfacePlan
from bench.scenario.findings import unknown
from bench.wire.interfaces import CHANNELS, examined
from bench.wire.port import interfaces, options


def connected(
    interface: str, channel: str = "", settings: Sequence[str] = (), listen_only: bool = False, hears_fd: bool = False
) -> InterfacePlan:
    """The interface with its channel and options, "NAME=VALUE" each by python-can's own names; nothing is opened.

    `hears_fd`: take in FD frames too, where an interface wants to be asked for that. RigError says what is wrong with
    any of it, and what there is.
    """
    if interface not in interfaces():
        raise RigError(f"--interface: python-can has {unknown('interface', interface, interfaces())}")
    known = options(interface)
    chosen: dict[str, Value] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise RigError(f"--option {setting}: expected NAME=VALUE")
        if name.partition(".")[0] not in (*known, "timing"):
            raise RigError(f"--option {setting}: " + unknown("option", name, known, f" of {interface}"))
        chosen[name] = _value(text)
    if hears_fd and "fd" in known and interface == "socketcan":
        chosen.setdefault("fd", True)
    return InterfacePlan("--interface", interface, (channel or _usual(interface),), tuple(chosen.items()), listen_only)


def _usual(interface: str) -> str:
    """The channel of an interface that has one of its own; RigError with those that it finds otherwise."""
    if interface in CHANNELS:
        return CHANNELS[interface]
    found = examined(interface).channels
    there = f"here it finds {', '.join(found)}" if found else "it finds none by itself"
    raise RigError(
        f"--channel is missing: {interface} needs one, {there}; add for example --channel {(*found, 'can0')[0]}"
    )


def _value(text: str) -> Value:
    """A number or truth value where the text is one."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (lambda: int(text, 0), lambda: float(text)):
        try:
            return kind()
        except ValueError:
            continue
    return text


def time_of(name: str, text: str) -> int:
    """A duration of the command line in ns; 0 where there is none. RigError says what one looks like."""
    if not text:
        return 0
    try:
        length = duration(text)
    except ValueError as error:
        raise RigError(f"{name}: {error}") from error
    if length <= 0:
        raise RigError(f"{name} {text}: expected more than nothing")
    return length
