"""What every SCPI instrument has: its commands by header, identity, status, and who is in control of it.

Sources: IEEE 488.2-1992, chapters 10 (common commands) and 11 (status); SCPI-99 volume 2, chapters 20 (STATus) and 21
(SYSTem); RWLock as in the remote interface chapters of makers' manuals, SCPI-99 has no word for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bench import __version__
from bench.lab.dialect import Device, Dialect, Feature, Later, Row
from bench.lab.headers import Path, spellings, words
from bench.lab.parameters import Count, Limits, Time, Value
from bench.lab.status import OPERATION_COMPLETE, Refused, Register, Status

Answer = bytes | Later | None
Command = Callable[[str, int, bool], Answer]
"""Text of the parameters, the instant, whether an answer lies ready to be read."""


class Front:
    """The SCPI side of one instrument: its commands, status and lock-out. Its dialogues are who talks with it."""

    def __init__(
        self,
        device: Device,
        features: Mapping[str, Feature],
        dialect: Dialect,
        serial: str,
        now: Callable[[], int],
        channel: int = 1,
    ) -> None:
        self.device = device
        self.now = now
        self.status = Status()
        self.state = "LOC"
        self.identity = ",".join((dialect.maker, dialect.model, serial, f"ecubench-{__version__}"))
        self._complete_wanted = False
        self._tell: dict[Path, Command] = {}
        self._ask: dict[Path, Command] = {}
        for pattern, tell, ask in [*_common(self), *(_of_row(features, dialect, row, channel) for row in dialect.rows)]:
            for path in spellings(pattern):
                if tell is not None:
                    self._tell[path] = tell
                if ask is not None:
                    self._ask[path] = ask

    def command(self, path: Path, asks: bool) -> Command:
        """What a header means."""
        found = (self._ask if asks else self._tell).get(path)
        if found is None:
            raise Refused(-113, ":".join(path) + "?" * asks)
        return found

    def refresh(self, at: int) -> None:
        """Bring the status registers up to date."""
        operation, questionable = self.device.conditions(at)
        self.status.operation.update(operation)
        self.status.questionable.update(questionable)
        if self._complete_wanted:
            until = self.device.busy_until(at)
            if until is not None and until <= at:
                self._complete_wanted = False
                self.status.standard.event |= OPERATION_COMPLETE

    def local_key(self) -> bool:
        """Somebody presses the key that takes the instrument back; False under local lock-out."""
        self.state = "RWL" if self.state == "RWL" else "LOC"
        return self.state == "LOC"

    def want_complete(self) -> None:
        """*OPC: set the bit as soon as all is done."""
        self._complete_wanted = True

    def forget(self) -> None:
        """*CLS and *RST: nobody waits for the operation complete bit any more."""
        self._complete_wanted = False


Entry = tuple[str, Command | None, Command | None]


def _of_row(features: Mapping[str, Feature], dialect: Dialect, row: Row, channel: int) -> Entry:
    """The commands of a row of the dialect."""
    try:
        feature = features[row.feature]
    except KeyError:
        raise ValueError(f"{dialect.name}: {row.header} reaches no feature {row.feature!r}") from None
    digits = dialect.digits

    def tell(text: str, at: int, message: bool) -> Answer:
        assert feature.put is not None
        feature.put(row.kind.parse(_without_channel(words(text), channel if row.channel else None), feature.limits), at)
        return None

    def ask(text: str, at: int, message: bool) -> Answer:
        given = _without_channel(words(text), channel if row.channel else None)
        if feature.ask is not None:
            return answer(feature.ask(row.kind.parse(given, feature.limits), at))
        if not given:
            assert feature.get is not None
            return answer(feature.get(at))
        named = feature.limits.word(given[0]) if feature.limits is not None and len(given) == 1 else None
        if named is None:
            raise Refused(-108, given[0])
        return row.kind.text(int(named) if isinstance(row.kind, Time) else named, digits)

    def answer(value: Value | Later) -> Answer:
        if not isinstance(value, Later):
            return row.kind.text(value, digits)
        return Later(value.due, lambda then: row.kind.text(value.value(then), digits))

    return row.header, tell if feature.put else None, ask if feature.get or feature.ask else None


def _without_channel(given: Sequence[str], channel: int | None) -> Sequence[str]:
    """Parameters without the list of channels, which may name the only one that there is."""
    if channel is None or not given or not given[-1].startswith("(@"):
        return given
    if given[-1].replace(" ", "") != f"(@{channel})":
        raise Refused(-222, given[-1])
    return given[:-1]


def _common(front: Front) -> Iterator[Entry]:
    """The commands that every instrument has."""
    status = front.status

    def wait(text: bytes | bool) -> Command:
        def command(given: str, at: int, message: bool) -> Answer:
            _none(given)
            return Later(front.device.busy_until, lambda then: text)

        return command

    def remote(state: str) -> Command:
        return _tells(lambda at: setattr(front, "state", state))

    def reset(at: int) -> None:
        front.forget()
        front.device.reset(at)

    def clear(at: int) -> None:
        front.forget()
        status.clear()

    def preset(at: int) -> None:
        status.operation.enable = status.questionable.enable = 0

    def byte(text: str, at: int, message: bool) -> Answer:
        _none(text)
        return b"%d" % status.byte(message)

    yield "*IDN", None, _asks(lambda at: front.identity)
    yield "*RST", _tells(reset), None
    yield "*CLS", _tells(clear), None
    yield "*TST", None, _asks(lambda at: 0)
    yield "*TRG", _tells(front.device.trigger), None
    yield "*OPC", _tells(lambda at: front.want_complete()), wait(b"1")
    yield "*WAI", wait(False), None
    yield "*ESR", None, _asks(lambda at: status.standard.take())
    yield (
        "*ESE",
        _mask(lambda value: setattr(status.standard, "enable", value), 255),
        _asks(lambda at: status.standard.enable),
    )
    yield "*SRE", _mask(lambda value: setattr(status, "service", value & ~64), 255), _asks(lambda at: status.service)
    yield "*STB", None, byte
    yield "SYSTem:ERRor[:NEXT]", None, _asks(lambda at: status.next_error())
    yield "SYSTem:ERRor:COUNt", None, _asks(lambda at: status.errors)
    yield "SYSTem:VERSion", None, _asks(lambda at: "1999.0")
    yield "SYSTem:REMote", remote("REM"), None
    yield "SYSTem:LOCal", remote("LOC"), None
    yield "SYSTem:RWLock", remote("RWL"), None
    yield "SYSTem:COMMunicate:RLSTate", None, _asks(lambda at: front.state)
    yield "STATus:PRESet", _tells(preset), None
    yield from _register("OPERation", status.operation)
    yield from _register("QUEStionable", status.questionable)


def _register(name: str, register: Register) -> Iterator[Entry]:
    """The commands of one of the two SCPI registers."""
    yield f"STATus:{name}[:EVENt]", None, _asks(lambda at: register.take())
    yield f"STATus:{name}:CONDition", None, _asks(lambda at: register.condition)
    enable = _mask(lambda value: setattr(register, "enable", value), 32767)
    yield f"STATus:{name}:ENABle", enable, _asks(lambda at: register.enable)


def _none(text: str) -> None:
    if text:
        raise Refused(-108, text)


def _asks(answer: Callable[[int], object]) -> Command:
    def ask(text: str, at: int, message: bool) -> Answer:
        _none(text)
        return str(answer(at)).encode()

    return ask


def _tells(act: Callable[[int], object]) -> Command:
    def tell(text: str, at: int, message: bool) -> Answer:
        _none(text)
        act(at)
        return None

    return tell


def _mask(store: Callable[[int], None], highest: int) -> Command:
    def tell(text: str, at: int, message: bool) -> Answer:
        store(int(str(Count().parse(words(text), Limits(0, highest, 0)))))
        return None

    return tell
