"""Repairs of messages: duplicates, lengths, signals that lie outside, share bits or are multiplexed by nobody."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from bench.model.frame import FD_LENGTHS
from bench.network.repair.ids import EXTENDED
from bench.network.repair.references import taken_out
from bench.network.repair.statements import Change, Repaired, Statement, joined, without

_HEAD = re.compile(r"(\s*BO_\s+(\d+)\s+)(\w+)(\s*:\s*)(\d{1,12})(.*)\Z", re.DOTALL)
_SIGNAL = re.compile(
    r"(\s*SG_\s+)(\w+)(\s+M|\s+m(\d{1,9})M?)?(\s*:\s*)(\d{1,9})\s*\|\s*(\d{1,9})\s*@\s*(\d+)\s*[+-]\s*\(\s*([^,\s]+)\s*,(.*)\Z",
    re.DOTALL,
)
_INDEPENDENT = "VECTOR__INDEPENDENT_SIG_MSG"


@dataclass(frozen=True, slots=True)
class Field:
    """A signal of a message: the place of its statement, its bits, and what selects it."""

    at: int
    name: str
    start: int
    length: int
    little: bool
    mark: str
    factor: str

    @property
    def bits(self) -> frozenset[int]:
        """The bits it occupies, as byte * 8 + bit. Source: DBC convention, start of Motorola signals at the MSB."""
        if self.little:
            return frozenset(range(self.start, self.start + self.length))
        return frozenset(_place(self.start // 8 * 8 + 7 - self.start % 8 + step) for step in range(self.length))


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its signals, and the place of its head among the statements."""

    at: int
    number: int
    name: str
    length: int
    fields: tuple[Field, ...]


def _place(sequential: int) -> int:
    return sequential // 8 * 8 + 7 - sequential % 8


def read(statements: list[Statement]) -> list[Message]:
    """The messages of a file whose statements are whole."""
    found: list[Message] = []
    fields: list[Field] = []
    for at, statement in enumerate(statements):
        if statement.keyword == "BO_" and (head := _HEAD.match(statement.text)):
            fields = []
            found.append(Message(at, int(head[2]), head[3], int(head[5]), ()))
        elif statement.keyword == "SG_" and found and (one := _SIGNAL.match(statement.text)):
            fields.append(Field(at, one[2], int(one[6]), int(one[7]), one[8] == "1", (one[3] or "").strip(), one[9]))
            last = found[-1]
            found[-1] = Message(last.at, last.number, last.name, last.length, tuple(fields))
    return [message for message in found if message.name != _INDEPENDENT]


def twins(statements: list[Statement]) -> Repaired:
    """The second message of an id is taken out; a second message or signal of a name gets another one."""
    changes: list[Change] = []
    gone: set[int] = set()
    ids: dict[int, int] = {}
    names: set[str] = set()
    mended = list(statements)
    for message in read(statements):
        line = statements[message.at].line
        if message.number in ids:
            found = f"message {message.name} has the id {message.number} that line {ids[message.number]} has already"
            changes.append(Change(line, found, "taken out with its signals"))
            gone |= {message.at, *(field.at for field in message.fields)}
            continue
        ids[message.number] = line
        name = message.name
        if name in names:
            name = _unused(f"{name}_{message.number & ~EXTENDED:X}", names)
            changes.append(Change(line, f"a second message is named {message.name}", f"renamed to {name}"))
            mended[message.at] = _with(mended[message.at], _HEAD, name)
        names.add(name)
        _rename_fields(message, mended, changes)
    return without(mended, gone), changes


def _rename_fields(message: Message, mended: list[Statement], changes: list[Change]) -> None:
    taken: set[str] = set()
    for field in message.fields:
        name = field.name
        if name in taken:
            name = _unused(name, taken | {other.name for other in message.fields})
            changes.append(
                Change(mended[field.at].line, f"a second signal is named {field.name}", f"renamed to {name}")
            )
            mended[field.at] = _with(mended[field.at], _SIGNAL, name)
        taken.add(name)


def lengths(statements: list[Statement]) -> Repaired:
    """A length that no frame has becomes the next one that a frame has; a message beyond all of them is taken out."""
    changes: list[Change] = []
    gone: set[int] = set()
    ids: set[int] = set()
    mended = list(statements)
    for message in read(statements):
        if message.length in FD_LENGTHS:
            continue
        line, what = statements[message.at].line, f"message {message.name} has {message.length} bytes, as no frame has"
        longer = next((length for length in FD_LENGTHS if length > message.length), None)
        if longer is None:
            changes.append(Change(line, what, "taken out with its signals"))
            gone |= {message.at, *(field.at for field in message.fields)}
            ids.add(message.number)
        else:
            changes.append(Change(line, what, f"it has {longer}"))
            head = _HEAD.match(mended[message.at].text)
            assert head
            mended[message.at] = mended[message.at].saying(f"{head[1]}{head[3]}{head[4]}{longer}{head[6]}")
    kept = without(mended, gone)
    return (taken_out(kept, set(), ids) if ids else kept), changes


def outside(statements: list[Statement]) -> Repaired:
    """Signals of no bits, of more than 64, or beyond the end of their message are taken out."""

    def wrong(message: Message) -> list[tuple[Field, str]]:
        found = []
        for field in message.fields:
            if not 1 <= field.length <= 64:
                found.append((field, f"has {field.length} bits"))
            elif field.start >= 8 * message.length or max(field.bits) >= 8 * message.length:
                found.append((field, f"reaches beyond the {message.length} bytes of {message.name}"))
        return found

    return _emptied(statements, wrong)


def overlaps(statements: list[Statement]) -> Repaired:
    """Of signals that share bits and can be present together, the one that collides most is taken out, and so on."""
    ranges = _ranges(joined(one for one in statements if one.keyword == "SG_MUL_VAL_"))

    def wrong(message: Message) -> list[tuple[Field, str]]:
        chains = {field.name: _selected(message, field, ranges) for field in message.fields}
        bits = {field.name: field.bits for field in message.fields}
        pairs = [
            (one, other)
            for one, other in combinations(message.fields, 2)
            if bits[one.name] & bits[other.name] and not _apart(chains[one.name], chains[other.name])
        ]
        found = []
        while pairs:
            involved = [field for pair in pairs for field in pair]
            worst = max(involved, key=lambda field: (not field.mark.endswith("M"), involved.count(field), field.at))
            others = [one.name if other is worst else other.name for one, other in pairs if worst in (one, other)]
            found.append((worst, f"shares bits with {', '.join(others[:3])} in {message.name}"))
            pairs = [pair for pair in pairs if worst not in pair]
        return found

    return _emptied(statements, wrong)


def multiplexing(statements: list[Statement]) -> Repaired:
    """The mark of a multiplexed signal is taken away where its message has no multiplexer."""
    changes = []
    mended = list(statements)
    for message in read(statements):
        if any(field.mark.endswith("M") for field in message.fields):
            continue
        for field in message.fields:
            if field.mark:
                found = f"signal {field.name} is multiplexed ({field.mark}), and {message.name} has no multiplexer"
                changes.append(Change(mended[field.at].line, found, "always present"))
                mended[field.at] = _with(mended[field.at], _SIGNAL, field.name, mark="")
    return mended, changes


def factors(statements: list[Statement]) -> Repaired:
    """A factor of 0, with which no value could be told, becomes 1."""
    changes = []
    mended = list(statements)
    for message in read(statements):
        for field in message.fields:
            try:
                zero = not float(field.factor)
            except ValueError:
                zero = False
            if zero:
                one = _SIGNAL.match(mended[field.at].text)
                assert one
                text = mended[field.at].text
                changes.append(Change(mended[field.at].line, f"signal {field.name} has the factor 0", "it has 1"))
                mended[field.at] = mended[field.at].saying(text[: one.start(9)] + "1" + text[one.end(9) :])
    return mended, changes


Chain = dict[str, frozenset[int]]
_Ranges = dict[tuple[int, str], tuple[str, frozenset[int]]]


def _ranges(text: str) -> _Ranges:
    """What SG_MUL_VAL_ says: (id, signal) -> (its multiplexer, the values that select it)."""
    found: _Ranges = {}
    for one in re.finditer(r"SG_MUL_VAL_\s+(\d+)\s+(\w+)\s+(\w+)\s+([^;]*);", text):
        values: set[int] = set()
        for low, high in re.findall(r"(\d{1,9})\s*-\s*(\d{1,9})", one[4]):
            values.update(range(int(low), min(int(high), int(low) + 4096) + 1))
        found[int(one[1]), one[2]] = (one[3], frozenset(values))
    return found


def _selected(message: Message, field: Field, ranges: _Ranges) -> Chain:
    """The multiplexers that select a signal, each with the values under which it is present."""
    marks = {one.name: one.mark for one in message.fields}
    top = next((one.name for one in message.fields if one.mark == "M"), "")
    chain: Chain = {}
    name = field.name
    while name and marks.get(name, "").startswith("m") and len(chain) < len(marks):
        own = frozenset((int(re.sub(r"\D", "", marks[name])),))
        above, values = ranges.get((message.number, name), (top, own))
        if above in chain or not above:
            break
        chain[above] = values
        name = above
    return chain


def _apart(one: Chain, other: Chain) -> bool:
    return any(not one[name] & other[name] for name in one.keys() & other.keys())


def _emptied(statements: list[Statement], wrong: Callable[[Message], list[tuple[Field, str]]]) -> Repaired:
    """The statements without the signals that are wrong, and without what is said about those."""
    changes = []
    gone: set[int] = set()
    names: set[tuple[int, str]] = set()
    for message in read(statements):
        for field, what in wrong(message):
            changes.append(Change(statements[field.at].line, f"signal {field.name} {what}", "taken out"))
            gone.add(field.at)
            names.add((message.number, field.name))
    kept = without(statements, gone)
    return (taken_out(kept, names, set()) if names else kept), changes


def _with(statement: Statement, pattern: re.Pattern[str], name: str, mark: str | None = None) -> Statement:
    """The statement with another name, and another multiplexing mark where one is given."""
    found = pattern.match(statement.text)
    assert found
    rest = statement.text[found.end(2 if pattern is _SIGNAL else 3) :]
    if mark is not None:
        rest = mark + rest[len(found[3] or "") :]
    return statement.saying(statement.text[: found.start(2 if pattern is _SIGNAL else 3)] + name + rest)


def _unused(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
