"""The door to python-can: which interfaces there are, opening one, and what its messages and failures mean."""

import errno
import inspect
import logging
import warnings
from collections.abc import Callable, Iterator

import can
from can.interfaces import BACKENDS

from bench.errors import BenchBug, RigError
from bench.model.layout import BusLayout
from bench.model.plan import InterfacePlan
from bench.model.trace import BRS, EXTENDED, FD, REMOTE

Message = can.Message
"""What goes through a port, either way."""


class Outgoing(can.Message):
    """A message to send, which can be copied in a third of the time: `virtual` copies it for each receiver."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> can.Message:
        """What a receiver may keep and change."""
        copy = can.Message.__new__(can.Message)
        copy.timestamp = self.timestamp
        copy.arbitration_id = self.arbitration_id
        copy.is_extended_id = self.is_extended_id
        copy.is_remote_frame = self.is_remote_frame
        copy.is_error_frame = self.is_error_frame
        copy.channel = self.channel
        copy.is_fd = self.is_fd
        copy.is_rx = self.is_rx
        copy.bitrate_switch = self.bitrate_switch
        copy.error_state_indicator = self.error_state_indicator
        copy.data = bytearray(self.data)
        copy.dlc = self.dlc
        return copy


Failure = (can.CanError, OSError, ValueError)
"""What python-can raises when an interface fails. Some let the operating system's own errors through."""

ECHO = "receive_own_messages"
HOST_STAMPED = ("virtual",)
"""Interfaces whose echo would say nothing: `send` puts the frame into the receivers' queues before it returns."""

LOOPS_BACK = ("udp_multicast",)
"""Interfaces that give own frames back unasked, and unmarked."""

CLOCK = 80_000_000
SAMPLE_POINTS = (80.0, 80.0)
"""Clock in Hz and sample points in % where an interface wants bit timings and the rig file says nothing else."""

_FULL = (errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM)
_GONE = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO, errno.EBADF, errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET)

# Classes and details of an error message. Source: Linux, include/uapi/linux/can/error.h.
_ARBITRATION_LOST, _CONTROLLER, _PROTOCOL, _NO_ACK, _BUS_OFF, _RESTARTED = 0x02, 0x04, 0x08, 0x20, 0x40, 0x100
_PROTOCOL_CAUSES = ((0x04, "stuff"), (0x02, "form"), (0x01 | 0x08 | 0x10, "bit"))
_IN_CRC = (0x08, 0x18)
_PASSIVE, _ACTIVE = 0x10 | 0x20, 0x40


class Port:
    """An open interface. `echoes` says whether own frames come back."""

    def __init__(self, bus: can.BusABC, name: str, echoes: bool) -> None:
        self.name = name
        self.echoes = echoes
        self.ends: tuple[Port, ...] = (self,)
        self.send = bus.send
        self.recv = bus.recv
        self._bus = bus

    def close(self) -> None:
        """Close it; harmless when it is closed already. What a vanished interface raises here says nothing new."""
        try:
            self._bus.shutdown()
        except Failure as failure:
            logging.getLogger(__name__).debug("%s: %s", self.name, failure)


def interfaces() -> tuple[str, ...]:
    """The interfaces that this python-can knows, with those of installed plug-ins."""
    return tuple(sorted(BACKENDS))


def options(interface: str) -> tuple[str, ...]:
    """The options that an interface declares. RigError when it cannot be loaded on this host."""
    found = (name for how in _makings(interface) for name in _declared(how))
    return tuple(dict.fromkeys(name for name in found if name not in ("channel", "can_filters")))


def is_option(interface: str, name: str) -> bool:
    """Whether an interface takes an option: one that it declares, or that it picks out of the rest by its name."""
    if name in options(interface):
        return True
    return any(name in inspect.unwrap(how).__code__.co_consts for how in _makings(interface))


def _makings(interface: str) -> Iterator[Callable[..., object]]:
    """The functions that make a bus of that interface, its own first."""
    for kind in inspect.getmro(_class_of(interface)):
        how = vars(kind).get("__init__")
        if inspect.isfunction(how):
            yield how


def _declared(how: Callable[..., object]) -> Iterator[str]:
    for parameter in list(inspect.signature(how).parameters.values())[1:]:
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield parameter.name


def _class_of(interface: str) -> type[can.BusABC]:
    if interface not in BACKENDS:
        raise RigError(f"python-can has no interface '{interface}'; it has {', '.join(interfaces())}")
    quieten()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return can.interface._get_class_for_interface(interface)
    except can.CanInterfaceNotImplementedError as failure:
        raise RigError(f"the interface '{interface}' cannot be used on this host: {failure}") from failure


def quieten() -> None:
    """Keep what python-can logs from standard error where nobody asked for it."""
    log = logging.getLogger("can")
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def open_port(plan: InterfacePlan, layout: BusLayout, channel: str | None = None) -> Port:
    """Open the interface of a bus, on its channel or on one of its two. RigError says why it cannot be."""
    known = options(plan.interface)
    chosen = plan.channels[0] if channel is None else channel
    name = f"{plan.interface} {chosen}"
    given = _given(plan, layout, known)
    echoes = plan.interface in LOOPS_BACK or bool(given.get(ECHO))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bus = can.Bus(
                interface=plan.interface,
                channel=int(chosen) if chosen.isdecimal() else chosen,
                ignore_config=True,
                **given,  # type: ignore[arg-type]  # python-can types them per interface
            )
    # Drivers that refuse an option, lack a library or a function, or meet a closed peer say so in these ways.
    except (*Failure, TypeError, NotImplementedError, ImportError, AttributeError, EOFError) as failure:
        raise RigError(
            f"{plan.bus}: the interface {name} cannot be opened ({type(failure).__name__}: {failure}); "
            "connect it and set it up, or correct the rig file"
        ) from failure
    return Port(bus, name, echoes)


def _given(plan: InterfacePlan, layout: BusLayout, known: tuple[str, ...]) -> dict[str, object]:
    """Bit rates as the interface wants them, the echo where it has one, and then what the rig file says."""
    given: dict[str, object] = {}
    fd = layout.data_bitrate > 0
    timing: dict[str, object] = {}
    for key, value in plan.options:
        head, dot, rest = key.partition(".")
        if dot and head == "timing":
            timing[rest] = value
        else:
            given[key] = value
    if "bitrate" in known:
        given.setdefault("bitrate", layout.bitrate)
    if fd and "fd" in known:
        given.setdefault("fd", True)
    if fd and "data_bitrate" in known:
        given.setdefault("data_bitrate", layout.data_bitrate)
    if "timing" in known and (timing or (fd and "data_bitrate" not in known and "bitrate" in known)):
        given["timing"] = _timing(timing, layout, plan)
        given.pop("bitrate", None)
    alone = len(plan.channels) == 1
    if ECHO in known and plan.interface not in (*HOST_STAMPED, *LOOPS_BACK) and not plan.listen_only and alone:
        given.setdefault(ECHO, True)
    if plan.listen_only and "listen_only" in known:
        given["listen_only"] = True
    return given


def _timing(chosen: dict[str, object], layout: BusLayout, plan: InterfacePlan) -> object:
    clock = int(str(chosen.get("f_clock", CLOCK)))
    nominal, data = (
        float(str(chosen.get(key, default)))
        for key, default in zip(("nom_sample_point", "data_sample_point"), SAMPLE_POINTS, strict=True)
    )
    try:
        if not layout.data_bitrate:
            return can.BitTiming.from_sample_point(clock, layout.bitrate, nominal)
        return can.BitTimingFd.from_sample_point(clock, layout.bitrate, nominal, layout.data_bitrate, data)
    except ValueError as failure:
        raise RigError(f"{plan.bus}: no bit timing of {plan.interface} for its rates: {failure}") from failure


# ---- messages ---------------------------------------------------------------------------------------------------


def outgoing(identifier: int, flags: int, data: bytes) -> Message:
    """A message to send. Its `data` may be replaced by other bytes of the same length and sent again."""
    message = Outgoing(
        arbitration_id=identifier,
        is_extended_id=bool(flags & EXTENDED),
        is_fd=bool(flags & FD),
        bitrate_switch=bool(flags & BRS),
        is_remote_frame=bool(flags & REMOTE),
        dlc=len(data),
        data=data,
        is_rx=False,
    )
    if not flags & REMOTE:
        message.data = data  # type: ignore[assignment]  # bytes serve as well, and no interface keeps them
    return message


def flags_of(message: Message) -> int:
    """The flags of a message as a trace has them."""
    return (
        EXTENDED * message.is_extended_id
        | FD * message.is_fd
        | BRS * (message.bitrate_switch and message.is_fd)
        | REMOTE * message.is_remote_frame
    )


def error_of(message: Message) -> tuple[str, str]:
    """What an error message tells, as (occurrence, text); see `Occurrence`. Without details the text is empty."""
    kind, detail = message.arbitration_id, bytes(message.data).ljust(8, b"\0")
    if kind & _BUS_OFF:
        return "error_state", "bus-off"
    if kind & _RESTARTED:
        return "error_state", "error-active"
    if kind & _CONTROLLER and detail[1] & (_PASSIVE | _ACTIVE):
        return "error_state", "error-passive" if detail[1] & _PASSIVE else "error-active"
    if kind & _PROTOCOL:
        if detail[3] in _IN_CRC:
            return "error_frame", "crc"
        return "error_frame", next((text for bits, text in _PROTOCOL_CAUSES if detail[2] & bits), "")
    return "error_frame", "acknowledgement" if kind & _NO_ACK else ""


# ---- failures ---------------------------------------------------------------------------------------------------


def is_full(failure: BaseException) -> bool:
    """Whether a send failed because the interface has no room at present, so that it is worth another try."""
    if (code := _code(failure)) in _FULL:
        return True
    told = str(failure).casefold()
    return code not in _GONE and any(word in told for word in ("full", "no buffer", "timeout", "timed out"))


def is_gone(failure: BaseException) -> bool:
    """Whether a failure says that the interface is not there any more."""
    return _code(failure) in _GONE or "closed" in str(failure).casefold()


def _code(failure: BaseException) -> int | None:
    """The operating system's number of a failure, its own or that of its cause."""
    seen: BaseException | None = failure
    while seen is not None:
        for code in (getattr(seen, "error_code", None), getattr(seen, "errno", None)):
            if isinstance(code, int):
                return code
        seen = seen.__cause__ or seen.__context__
    return None


def sole(plan: InterfacePlan) -> str:
    """The one channel of an interface that has one."""
    if len(plan.channels) != 1:
        raise BenchBug(f"{plan.bus} has {len(plan.channels)} channels where one was expected")
    return plan.channels[0]
