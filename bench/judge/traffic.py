"""Checks of frames as such: alive counter, checksum, silence."""

from bisect import bisect_left
from collections.abc import Iterator

from bench.judge.finding import Finding, decisive, never_exercised
from bench.judge.signals import View, wire_length
from bench.judge.windows import Window
from bench.judge.words import records
from bench.model.check import Counter, Crc, Silent
from bench.model.instant import show
from bench.model.layout import MessageLayout
from bench.model.verdict import Outcome
from bench.network.protection import counter_of


def counter(check: Counter, view: View, windows: tuple[Window, ...]) -> Finding:
    """The alive counter goes up by one, modulo its range, from each frame in a window to the next.

    Frames with a wrong CRC are read too: a sender that corrupts a frame goes on counting.
    """
    return decisive([_counter(check, view, windows, *message) for message in check.messages] or [_nothing()])


def _counter(check: Counter, view: View, windows: tuple[Window, ...], bus: str, message: str) -> Finding:
    layout, rows, data = view.layout(bus, message), view.rows(bus, message), view.trace.frames.data
    observer, number = view.sender(layout), view.trace.number_of_frame
    if layout.protection is None:
        return never_exercised(f"{message} has no alive counter: the database declares no protection", observer)
    modulo, length = check.modulo or layout.protection.modulo, wire_length(layout)
    steps, wrong = 0, []
    for part in _parts(view, rows, windows):
        before: tuple[int, int] | None = None
        for row in part:
            if len(data[row]) != length:
                continue  # a frame of another length is a matter for `crc`; where its counter stands nobody can say
            count = counter_of(layout.protection, data[row])
            if before is not None:
                steps += 1
                if count != (before[0] + 1) % modulo:
                    wrong.append((before, (count, row)))
            before = count, row
    if not steps:
        return never_exercised(f"fewer than two frames of {message} ended in a window", observer)
    if not wrong:
        return Finding(Outcome.PASS, f"{message} counted right in {steps} steps", observer=observer)
    (last, last_row), (count, row) = wrong[0]
    at, proof = view.trace.frames.end[row], (number(last_row), number(row))
    why = f"{message} counted {count} after {last} at {show(at)}; expected {(last + 1) % modulo}"
    why = f"{why} ({records(proof)}); {len(wrong)} of {steps} steps were wrong"
    return Finding(Outcome.FAIL, why, f"counter {count} after {last}", at=at, proof=proof, observer=observer)


def crc(check: Crc, view: View, windows: tuple[Window, ...]) -> Finding:
    """The checksum is right in every frame that ended in a window; a frame of a wrong length has none."""
    return decisive([_crc(view, windows, *message) for message in check.messages] or [_nothing()])


def _crc(view: View, windows: tuple[Window, ...], bus: str, message: str) -> Finding:
    layout, rows = view.layout(bus, message), view.rows(bus, message)
    observer, number = view.sender(layout), view.trace.number_of_frame
    if layout.protection is None:
        return never_exercised(f"{message} has no checksum: the database declares no protection", observer)
    alive = dict(zip(rows, view.alive(view.numbers[bus, message]), strict=True))
    judged = [row for part in _parts(view, rows, windows) for row in part]
    if not judged:
        return never_exercised(f"no frame of {message} ended in a window", observer)
    wrong = [row for row in judged if alive[row] is None]
    if not wrong:
        return Finding(Outcome.PASS, f"{message} had the right CRC in {len(judged)} frames", observer=observer)
    at, proof, data = view.trace.frames.end[wrong[0]], tuple(map(number, wrong[:4])), view.trace.frames.data[wrong[0]]
    what = "a wrong CRC" if len(data) == wire_length(layout) else f"{len(data)} bytes instead of {wire_length(layout)}"
    why = f"{message} had {what} at {show(at)} ({records(proof[:1])}); {len(wrong)} of {len(judged)} frames were wrong"
    return Finding(Outcome.FAIL, why, f"{what}: {data.hex(' ')}", at=at, proof=proof, observer=observer)


def _parts(view: View, rows: list[int], windows: tuple[Window, ...]) -> Iterator[list[int]]:
    """The rows that ended in each piece of the windows."""
    ends = [view.trace.frames.end[row] for row in rows]
    for window in windows:
        for start, end in window.pieces:
            yield rows[bisect_left(ends, start) : bisect_left(ends, end)]


def _nothing() -> Finding:
    return never_exercised("no message matches")


def silent(check: Silent, view: View, windows: tuple[Window, ...]) -> Finding:
    """No frame starts in the windows. One that was on the wire already when a window began is no breach of it."""
    frames = view.trace.frames
    pieces = [piece for window in windows for piece in window.pieces]
    loud = [row for row in _rows(check, view) if any(start <= frames.start[row] < end for start, end in pieces)]
    who = check.message or check.node or check.bus
    if not loud:
        total = sum(window.length for window in windows)
        return Finding(Outcome.PASS, f"{who} sent nothing in {show(total)}", observer="bench")
    first, number = loud[0], view.trace.number_of_frame
    at, proof = frames.start[first], tuple(map(number, loud[:4]))
    message = frames.message[first]
    what = view.layouts[message].name if message >= 0 else f"id {frames.id[first]:#x}"
    counted = f"{len(loud)} frames in the window"
    why = f"{who} was not silent: {what} began at {show(at)} ({records(proof[:1])}); {counted}"
    return Finding(Outcome.FAIL, why, f"{what} at {show(at)}", at=at, proof=proof, observer="bench")


def _rows(check: Silent, view: View) -> list[int]:
    """The rows of what must be silent, in the order of the trace; `message` is a name or "bus.name"."""
    frames = view.trace.frames
    if not check.message and not check.node:
        wanted = [bus.name for bus in view.plan.buses].index(check.bus)
        return [row for row, bus in enumerate(frames.bus) if bus == wanted]
    numbers = [number for number, layout in enumerate(view.layouts) if silenced(check, layout)]
    return sorted(row for number in numbers for row in view.trace.rows_by_message.get(number, []))


def silenced(check: Silent, layout: MessageLayout) -> bool:
    """Whether a message is one of those that must be silent."""
    return (
        (not check.bus or layout.bus == check.bus)
        and (not check.node or layout.sender == check.node)
        and (not check.message or check.message in (layout.name, layout.path))
    )
