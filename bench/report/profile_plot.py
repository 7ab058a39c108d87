"""The picture of a voltage profile: a lane for each option, a stretch of it large, and the whole."""

from collections.abc import Iterator, Mapping

from bench.lab.profile_parameters import Choice, Parameter
from bench.lab.profiles import ACCEPT, Profile
from bench.model.instant import S, show
from bench.model.waveform import Segment, Waveform
from bench.report.lanes import LINE, axis, name
from bench.report.svg import GRID, LEFT, MUTED, RIGHT, WIDTH, Canvas, scale

BAND = "#9dbce8"
_SAMPLES = 24  # points for a period of ripple, where one is wide enough to be seen
_PERIOD_PX = 5.0

Given = Mapping[str, float | str]


def accepted(profile: Profile) -> dict[str, float | str]:
    """The parameters with which a profile can be shown: its unconfirmed numbers are marked, not hidden."""
    return {} if profile.confirmed else {ACCEPT: "accept"}


def plot(profile: Profile, given: Given | None = None) -> str:
    """A profile as SVG; with no parameters given, each option of the choice that its numbers depend on has a lane."""
    own = {**accepted(profile), **(given or {})}
    whole = profile.waveform(own)
    lanes = dict(_lanes(profile, own)) if not given else {"": whole}
    doubt = "" if profile.confirmed else ", UNCONFIRMED"
    canvas = Canvas(0, 1)
    canvas.text(16, 24, profile.title, size=14, bold=True)
    canvas.text(16, 42, f"{profile.name}, derived from {profile.origin.edition}{doubt}", fill=MUTED)
    canvas.y = 58
    if profile.detail is None:
        _panel(canvas, lanes, (0, max(lane.duration for lane in lanes.values())), profile.drives)
    else:
        _panel(canvas, lanes, profile.detail, profile.drives)
        canvas.text(LEFT, canvas.y + 16, f"the whole of it: {show(whole.duration)}", fill=MUTED)
        canvas.y += 24
        _panel(canvas, {"": whole}, (0, whole.duration), profile.drives)
    return canvas.document(f"{profile.name}: {profile.title}")


def _lanes(profile: Profile, own: Given) -> Iterator[tuple[str, Waveform]]:
    """The words beside each lane and its waveform."""
    deciding = {one.by for one in profile.parameters if isinstance(one, Parameter)}
    choice = next((one for one in profile.parameters if isinstance(one, Choice) and one.name in deciding), None)
    if choice is None:
        yield "", profile.waveform(own)
        return
    for option in choice.options:
        yield f"{choice.name} {option}", profile.waveform({**own, choice.name: option})


def _panel(canvas: Canvas, lanes: Mapping[str, Waveform], span: tuple[int, int], drives: str) -> None:
    """Lanes over a time axis of their own, below what the canvas already has."""
    part = Canvas(*span, y=canvas.y)
    for words, waveform in lanes.items():
        _lane(part, words or drives, waveform, 76 if len(lanes) > 1 else 130)
    axis(part, canvas.y)
    canvas.parts += part.parts
    canvas.y = part.y


def _lane(canvas: Canvas, words: str, waveform: Waveform, height: float) -> None:
    least, most = waveform.bounds
    room = max(0.05 * (most - least), 0.25)
    low, high = least - room, most + room
    top, bottom = canvas.y, canvas.y + height
    name(canvas, words, "V", height)
    canvas.box(LEFT, top, WIDTH - LEFT - RIGHT, height, "#ffffff", more=f' stroke="{GRID}"')

    def y(volts: float) -> float:
        return bottom - (volts - low) / (high - low) * height

    for value in scale(low, high):
        canvas.line(LEFT, y(value), WIDTH - RIGHT, y(value), GRID)
        canvas.text(LEFT - 5, y(value) + 3.5, f"{value:.6g}", size=9.5, fill=MUTED, anchor="end")
    points: list[tuple[float, float]] = []
    bands: list[tuple[float, float, float, float]] = []  # left, right, upper, lower; neighbours of one level are one
    for begin, segment in waveform.placed():
        first, last = max(begin, canvas.begin), min(begin + segment.duration, canvas.end)
        if first >= last:
            continue
        if _too_fine(canvas, segment, last - first):
            half = segment.ripple_vpp / 2  # a ripple stands on a level line
            band = (canvas.x(last), y(segment.begin + half), y(segment.begin - half))
            left = bands.pop()[0] if bands and bands[-1][1:] == (canvas.x(first), *band[1:]) else canvas.x(first)
            bands.append((left, *band))
            canvas.path(_thinned(points), LINE)
            points = []
            continue
        points += [(canvas.x(at), y(segment.value(at - begin))) for at in _instants(segment, first, last)]
    canvas.path(_thinned(points), LINE)
    for left, right, upper, lower in bands:
        canvas.box(left, upper, right - left, lower - upper, BAND)
    canvas.y += height + 10


def _too_fine(canvas: Canvas, segment: Segment, lasts: int) -> bool:
    """Whether the periods of a ripple are too narrow to be drawn one by one."""
    width = (WIDTH - LEFT - RIGHT) * S / (canvas.end - canvas.begin)
    return segment.ripple_vpp > 0 and lasts * segment.ripple_hz > S and width < _PERIOD_PX * segment.ripple_hz


def _instants(segment: Segment, first: int, last: int) -> list[int]:
    """Where to sample a segment: at its ends, and along its ripple."""
    if not segment.ripple_vpp:
        return [first, last]
    count = max(1, round((last - first) * segment.ripple_hz * _SAMPLES / S))
    return [first + (last - first) * place // count for place in range(count + 1)]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that can be told apart at a tenth of a pixel, and of those on one level only the outer two."""
    kept: list[tuple[float, float]] = []
    for x, y in ((round(x, 1), round(y, 1)) for x, y in points):
        if kept and kept[-1] == (x, y):
            continue
        if len(kept) > 1 and kept[-2][1] == kept[-1][1] == y:
            kept.pop()
        kept.append((x, y))
    return kept
