"""The kinds of lane that a picture is made of: a scale, states, frames, bars."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeGuard

from bench.model.expression import UNKNOWN, Known
from bench.report.series import Series
from bench.report.subjects import Subject
from bench.report.svg import GRID, INK, LEFT, MUTED, RIGHT, WIDTH, Canvas, fitted, scale, seconds, ticks

LINE, BESIDE, BAND, LIMIT = "#1d5fbf", "#e08a00", "#fbe7c2", "#c2410c"
HATCHED = "url(#unknown)"
STATES = ("#dbeafe", "#d6f0dd", "#fdecc8", "#eadcfb", "#fbdcdc", "#d3f0f2", "#ecebe4", "#f9d9ee", "#e2eebf", "#d9dffb")
GAP = 12


def name(canvas: Canvas, words: str, unit: str, height: float) -> None:
    """The name of a lane at its left: what belongs to it in grey, the thing itself below in ink."""
    of, _, thing = words.rpartition(".")
    middle = canvas.y + height / 2
    if of:
        canvas.text(LEFT - 44, middle - 3, fitted(of, LEFT - 54, 9.5), size=9.5, fill=MUTED, anchor="end")
    unit_words = f" [{unit}]" if unit else ""
    words = fitted(thing + unit_words, LEFT - 54, 11)
    canvas.text(LEFT - 44, middle + (10 if of else 4), words, anchor="end", bold=True)


def states(canvas: Canvas, shown: Series, height: float = 24) -> None:
    """A lane of coloured stretches, one a state; unknown is hatched and what changes too fast to see is grey."""
    name(canvas, shown.name, shown.unit, height)
    canvas.box(LEFT, canvas.y, WIDTH - LEFT - RIGHT, height, HATCHED)
    order = list(dict.fromkeys([*shown.labels, *(_state(value) for value in shown.values if value is not UNKNOWN)]))
    blur: list[float] = []
    for begin, end, value in _stretches(canvas, shown):
        x, width = canvas.x(begin), canvas.x(end) - canvas.x(begin)
        if width < 0.8:
            blur = [blur[0] if blur and x - blur[1] < 1 else x, x + width]
            canvas.box(blur[0], canvas.y, max(0.8, blur[1] - blur[0]), height, "#aab4c0")
            continue
        words = _state(value)
        canvas.box(x, canvas.y, width, height, STATES[order.index(words) % len(STATES)], hint=words)
        if short := fitted(words, width - 6, 10.5):
            canvas.text(x + 4, canvas.y + height / 2 + 4, short, size=10.5)
    canvas.y += height + GAP


def numbers(canvas: Canvas, shown: Series, subject: Subject, beside: Series | None, height: float = 112) -> None:
    """A lane with a scale: the signal as steps, its limits and tolerance, and perhaps what it has to follow."""
    if beside is not None:
        _legend(canvas, ((shown.name, LINE), (beside.name, BESIDE)))
    name(canvas, shown.name, shown.unit, height)
    low, high = _range(shown, subject, beside)
    top, bottom = canvas.y, canvas.y + height

    def y(value: float) -> float:
        return bottom - (min(high, max(low, value)) - low) / (high - low) * height

    runs = list(_runs(canvas, shown))
    canvas.box(LEFT, top, WIDTH - LEFT - RIGHT, height, HATCHED, more=f' stroke="{GRID}"')
    for run in runs:
        canvas.box(run[0][0], top, run[-1][0] - run[0][0], height, "#ffffff")
    if subject.band:
        upper, lower = y(subject.band[1]), y(subject.band[0])
        canvas.box(LEFT, upper, WIDTH - LEFT - RIGHT, lower - upper, BAND)
    for value in scale(low, high):
        canvas.line(LEFT, y(value), WIDTH - RIGHT, y(value), GRID)
        canvas.text(LEFT - 5, y(value) + 3.5, f"{value:.6g}", size=9.5, fill=MUTED, anchor="end")
    if beside is not None:
        for run in _runs(canvas, beside):
            steps = _stepped(run, y)
            above = [(x, y(value + subject.tolerance)) for x, value in _corners(run)]
            below = [(x, y(value - subject.tolerance)) for x, value in _corners(run)]
            canvas.area([*above, *reversed(below)], BAND)
            canvas.path(steps, BESIDE)
    for limit in subject.limits:
        canvas.line(LEFT, y(limit), WIDTH - RIGHT, y(limit), LIMIT, dash="6 4")
        words = f"{limit:.6g} {shown.unit}".strip()
        canvas.text(WIDTH - RIGHT - 4, y(limit) - 4, words, size=9.5, fill=LIMIT, anchor="end")
    for run in runs:
        canvas.path(_stepped(run, y), LINE)
    canvas.y += height + GAP


def marks(canvas: Canvas, words: str, instants: Sequence[int], height: float = 22) -> None:
    """A lane with a stroke for each instant (frames of a message, as on a logic analyser)."""
    name(canvas, words, "", height)
    canvas.box(LEFT, canvas.y, WIDTH - LEFT - RIGHT, height, "#f6f8fa")
    for x in sorted({round(canvas.x(at), 0) for at in instants}):
        canvas.line(x, canvas.y + 3, x, canvas.y + height - 3, LINE, width=1.2)
    canvas.y += height + GAP


Bar = tuple[int, int, str]


def bars(canvas: Canvas, words: str, spans: Sequence[Bar], fills: Sequence[str], height: float = 20) -> None:
    """A lane of named bars: phases, faults."""
    name(canvas, words, "", height)
    for place, (begin, end, label) in enumerate(spans):
        if end < canvas.begin or begin >= canvas.end:
            continue
        x, width = canvas.x(begin), max(1.5, canvas.x(end) - canvas.x(begin))
        canvas.box(x, canvas.y, width, height, fills[place % len(fills)], hint=label)
        if short := fitted(label, width - 6, 10.5):
            canvas.text(x + 4, canvas.y + height / 2 + 4, short, size=10.5)
    canvas.y += height + GAP / 2


def axis(canvas: Canvas, top: float) -> None:
    """The time axis below the lanes, with faint lines up through them."""
    instants, step = ticks(canvas.begin, canvas.end)
    grid = Canvas(canvas.begin, canvas.end)
    for at in instants:
        grid.line(canvas.x(at), top, canvas.x(at), canvas.y, GRID)
        canvas.text(canvas.x(at), canvas.y + 13, seconds(at, step), size=10, fill=MUTED, anchor="middle")
    canvas.parts[:0] = grid.parts  # behind everything
    canvas.line(LEFT, canvas.y, WIDTH - RIGHT, canvas.y, MUTED)
    canvas.text(LEFT - 44, canvas.y + 13, "time [s]", size=10, fill=MUTED, anchor="end")
    canvas.y += 20


def _stretches(canvas: Canvas, shown: Series) -> Iterator[tuple[int, int, Known]]:
    """(begin, end, value) of each run of equal values, inside the axis."""
    begin: int | None = None
    value: Known = UNKNOWN
    for at, new in zip(shown.at, shown.values, strict=True):
        if begin is None or new != value:
            if begin is not None and at > canvas.begin and value is not UNKNOWN:
                yield max(begin, canvas.begin), at, value
            begin, value = at, new
    if begin is not None and value is not UNKNOWN and begin < canvas.end:
        yield max(begin, canvas.begin), canvas.end, value


def _runs(canvas: Canvas, shown: Series) -> Iterator[list[tuple[float, float]]]:
    """The stretches over which a number is known, as (x, value); at most four points a pixel column."""
    run: list[tuple[float, float]] = []
    for at, value in zip(shown.at, shown.values, strict=True):
        x = canvas.x(at)
        if not is_number(value):
            if run:
                yield [*_thinned(run), (x, run[-1][1])]
            run = []
        else:
            run.append((x, float(value)))
    if run:
        yield [*_thinned(run), (canvas.x(canvas.end), run[-1][1])]


def _thinned(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """First, lowest, highest and last of each pixel column, so that a peak of one sample stays visible."""
    if len(run) < 2 * (WIDTH - LEFT - RIGHT):
        return run
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in run:
        columns.setdefault(int(point[0]), []).append(point)
    kept: list[tuple[float, float]] = []
    for points in columns.values():
        picked = {0, len(points) - 1}
        picked.add(min(range(len(points)), key=lambda i, points=points: points[i][1]))  # type: ignore[misc]
        picked.add(max(range(len(points)), key=lambda i, points=points: points[i][1]))  # type: ignore[misc]
        kept += (points[i] for i in sorted(picked))
    return kept


def _corners(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
    corners = run[:1]
    for (_, before), (x, value) in pairwise(run):
        corners += [(x, before), (x, value)] if value != before else [(x, value)]
    return corners


def _stepped(run: list[tuple[float, float]], y: Callable[[float], float]) -> list[tuple[float, float]]:
    return [(x, y(value)) for x, value in _corners(run)]


def _range(shown: Series, subject: Subject, beside: Series | None) -> tuple[float, float]:
    values = [float(value) for value in shown.values if is_number(value)]
    values += subject.limits
    values += subject.band or ()
    if beside is not None:
        values += (float(value) for value in beside.values if is_number(value))
    low, high = min(values, default=0.0), max(values, default=1.0)
    space = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return (low if low == 0 else low - space), high + space


def _legend(canvas: Canvas, entries: Sequence[tuple[str, str]]) -> None:
    x = LEFT + 1.0
    for words, colour in entries:
        canvas.line(x, canvas.y + 10, x + 16, canvas.y + 10, colour, width=2)
        canvas.text(x + 21, canvas.y + 13.5, words, size=10, fill=INK)
        x += 36 + 6.2 * len(words)
    canvas.y += 18


def is_number(value: Known) -> TypeGuard[float]:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _state(value: Known) -> str:
    return "unknown" if value is UNKNOWN else f"{value:g}" if isinstance(value, float) else str(value)
