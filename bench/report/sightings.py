"""What a monitor has seen: of each id the last frame, how often and how regularly, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bench.errors import ScenarioError
from bench.model.frame import Frame
from bench.model.instant import MS, show
from bench.model.layout import BusLayout, MessageLayout
from bench.network.codec import Codec, codec
from bench.network.field import Value
from bench.report.grid import grid
from bench.report.text import line
from bench.scenario.findings import unknown
from bench.wire.recording import Heard

HEADER = ("channel", "id", "message", "count", "period", "longest", "bytes", "data")
FLUSH = "   rrrr"


class Known:
    """The messages that some databases know, by id; where two know an id, the first counts and `remarks` tells."""

    def __init__(self, buses: Sequence[BusLayout] = ()) -> None:
        self.remarks: list[str] = []
        self._messages: dict[tuple[int, bool], MessageLayout] = {}
        self._codecs: dict[tuple[int, bool], Codec | None] = {}
        self._units: dict[tuple[int, bool], dict[str, tuple[str, str]]] = {}
        for message in (message for bus in buses for message in bus.messages):
            first = self._messages.setdefault((message.id, message.extended), message)
            if first is not message and first.name != message.name:
                words = (
                    f"{identifier(message.id, message.extended)} is {first.path} and {message.path}; read as the first"
                )
                self.remarks.append(line(words))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all messages."""
        return tuple(message.name for message in self._messages.values())

    def message(self, frame: Frame) -> MessageLayout | None:
        """The message of a frame."""
        return self._messages.get((frame.id, frame.extended))

    def read(self, frame: Frame) -> dict[str, Value]:
        """What a frame says, by signal; nothing if nobody knows."""
        key = frame.id, frame.extended
        if key not in self._codecs:
            self._codecs[key] = self._codec(key)
        code = self._codecs[key]
        return code.decode(frame.data) if code is not None and not frame.remote else {}

    def words(self, frame: Frame, values: dict[str, Value]) -> list[str]:
        """Values as text, "Speed 12.5 km/h", safe to print."""
        key = frame.id, frame.extended
        if key not in self._units:
            message = self._messages[key]
            self._units[key] = {one.name: (line(one.name, 80), line(one.unit, 20)) for one in message.signals}
        words = []
        for name, value in values.items():
            plain, unit = self._units[key][name]
            text = f"'{line(value, 80)}'" if isinstance(value, str) else f"{value:.10g} {unit}".rstrip()
            words.append(f"{plain} {text}")
        return words

    def _codec(self, key: tuple[int, bool]) -> Codec | None:
        message = self._messages.get(key)
        if message is None:
            return None
        try:
            return codec(message)
        except ValueError as error:
            self.remarks.append(line(f"{message.path} is shown raw: {error}"))
            return None


@dataclass(slots=True)
class Sighting:
    """What was seen of one id on one channel. Times in ns; `longest` is the longest time between two frames."""

    frame: Frame
    first: int
    last: int
    count: int = 1
    longest: int = 0
    changed: frozenset[int] = frozenset()
    values: dict[str, Value] = field(default_factory=dict)


class Sightings:
    """All that was seen. `only` are names (may hold * and ?) and ids ("0x1A", "26"); nothing means everything.

    ScenarioError when a name of `only` is in no database.
    """

    def __init__(self, known: Known, only: Sequence[str] = ()) -> None:
        self.known = known
        self.seen: dict[tuple[str, int, bool], Sighting] = {}
        self.frames = self.passed_by = 0
        self.others: dict[str, int] = {}
        """How often something came that is no frame, by what it was."""
        self.first = self.last = 0
        self._ids = {identity for one in only if (identity := _number(one)) is not None}
        self._names = [one for one in only if _number(one) is None]
        for pattern in self._names:
            if not any(fnmatchcase(name, pattern) for name in known.names):
                where = "; a name needs --dbc" if not known.names else ""
                raise ScenarioError("--only: " + unknown("message", pattern, known.names) + where)
        self._wanted: dict[tuple[int, bool], bool] = {}

    def take(self, heard: Heard) -> Sighting | None:
        """Take one thing in; gives the sighting if it was a frame that is asked for."""
        if not self.frames and not self.others:
            self.first = heard.at
        self.last = max(self.last, heard.at)
        frame = heard.frame
        if frame is None:
            kind = heard.text if heard.text == "error frame" else "unreadable"
            self.others[kind] = self.others.get(kind, 0) + 1
            return None
        if not self._is_wanted(frame):
            self.passed_by += 1
            return None
        self.frames += 1
        key = heard.channel, frame.id, frame.extended
        values = self.known.read(frame)
        one = self.seen.get(key)
        if one is None:
            one = self.seen[key] = Sighting(frame, heard.at, heard.at, values=values)
            return one
        one.longest = max(one.longest, heard.at - one.last)
        one.changed = _changed(one.frame.data, frame.data)
        one.frame, one.last = frame, heard.at
        one.count += 1
        one.values.update(values)  # of a multiplexed message each part keeps what it said last
        return one

    def _is_wanted(self, frame: Frame) -> bool:
        if not self._ids and not self._names:
            return True
        key = frame.id, frame.extended
        if key not in self._wanted:
            message = self.known.message(frame)
            name = message.name if message else ""
            self._wanted[key] = frame.id in self._ids or any(fnmatchcase(name, one) for one in self._names)
        return self._wanted[key]


def table(sightings: Sightings, columns: int = 0) -> list[str]:
    """A line for each id, and under it what it says; `columns` 0 puts each signal on a line of its own."""
    known = sightings.known
    ordered = sorted(sightings.seen.items(), key=lambda item: (item[0][0], item[0][2], item[0][1]))
    rows: list[tuple[str, ...]] = [HEADER]
    said: list[list[str]] = []
    for (channel, number, extended), one in ordered:
        message = known.message(one.frame)
        period = show(_coarse((one.last - one.first) // (one.count - 1))) if one.count > 1 else ""
        rows.append(
            (
                line(channel, 20), identifier(number, extended), line(message.name, 60) if message else "",
                str(one.count), period, show(_coarse(one.longest)) if one.count > 1 else "",
                str(len(one.frame.data)), payload(one.frame, one.changed),
            )
        )  # fmt: skip
        said.append(known.words(one.frame, one.values) if one.values else [])
    lines = grid(rows, FLUSH)
    shown = lines[:1]
    for text, words in zip(lines[1:], said, strict=True):
        shown += [text, *_packed(words, columns)]
    return shown


def row(heard: Heard, since: int, one: Sighting | None, known: Known) -> str:
    """One thing heard as one line, with its time since the first one."""
    begin = f"{(heard.at - since) / 1e9:12.6f}  {line(heard.channel, 20):6}"
    if one is None or heard.frame is None:
        return f"{begin}  {line(heard.text, 200)}"
    frame = heard.frame
    message = known.message(frame)
    name = line(message.name, 60) if message else "-"
    says = "  ".join(known.words(frame, known.read(frame))) if message else ""
    size = f"[{len(frame.data)}]"
    head = f"{begin}  {identifier(frame.id, frame.extended):>10}  {name}  {size}{payload(frame, one.changed)}"
    return f"{head}  {says}".rstrip()


def tally(sightings: Sightings) -> str:
    """All of it in one sentence."""
    span = max(sightings.last - sightings.first, 0)
    parts = [f"{sightings.frames} frames of {len(sightings.seen)} ids in {show(_coarse(span))}"]
    parts += [
        f"{count} {what}{'s' if what == 'error frame' and count > 1 else ''}"
        for what, count in sightings.others.items()
    ]
    if sightings.passed_by:
        parts.append(f"{sightings.passed_by} frames not asked for")
    return ", ".join(parts)


def identifier(number: int, extended: bool) -> str:
    """An id as everybody writes it, three digits or eight."""
    return f"0x{number:0{8 if extended else 3}X}"


def payload(frame: Frame, changed: frozenset[int] = frozenset()) -> str:
    """The bytes in hexadecimal, each that changed with a > before it."""
    if frame.remote:
        return " remote"
    return "".join(f"{'>' if place in changed else ' '}{byte:02X}" for place, byte in enumerate(frame.data))


def _changed(before: bytes, after: bytes) -> frozenset[int]:
    both = min(len(before), len(after))
    differ = {place for place in range(both) if before[place] != after[place]}
    return frozenset(differ | set(range(both, len(after))))


def _packed(words: Sequence[str], columns: int) -> list[str]:
    """Words in as few lines as the columns allow, indented."""
    lines: list[str] = []
    for word in words:
        if lines and columns and len(lines[-1]) + 3 + len(word) <= columns:
            lines[-1] += "   " + word
        else:
            lines.append("    " + word)
    return lines


def _coarse(ns: int) -> int:
    """Down to microseconds, or to hundredths of a millisecond where it is more than that many."""
    step = MS // 100 if ns >= MS else 1000
    return round(ns / step) * step


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None
