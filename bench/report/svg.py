"""Drawing in SVG: a canvas of lanes over one time axis.

The same input gives the same bytes, and every text is escaped here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor

from bench.model.instant import MS, US, S
from bench.report.text import markup

WIDTH, LEFT, RIGHT = 1000, 206, 24
INK, MUTED, GRID = "#1f2933", "#66727f", "#e3e8ee"
_FONT = "'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif"
_HATCH = (
    '<defs><pattern id="unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#f4f5f7"/>'
    '<line x1="0" y1="0" x2="0" y2="6" stroke="#c3cad3" stroke-width="2"/></pattern></defs>'
)
_STEPS = tuple(digit * 10**power for power in range(20) for digit in (1, 2, 5))


@dataclass(slots=True)
class Canvas:
    """A picture that grows downward. [begin, end) in ns is what the time axis spans."""

    begin: int
    end: int
    y: float = 0
    parts: list[str] = field(default_factory=list)

    def x(self, at: int) -> float:
        """Where an instant stands, in pixels; instants beyond the axis stand at its ends."""
        share = (at - self.begin) / max(1, self.end - self.begin)
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 11,
        fill: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """One line of text with its base line at `y`."""
        weight = ' font-weight="600"' if bold else ""
        look = f'font-size="{size:g}" fill="{fill}" text-anchor="{anchor}"{weight}'
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {look}>{markup(words)}</text>')

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, *, more: str = "", hint: str = ""
    ) -> None:
        """A rectangle; `more` are attributes of our own, `hint` is shown when pointed at."""
        shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}" fill="{fill}"{more}'
        self.parts.append(f"{shape}><title>{markup(hint)}</title></rect>" if hint else f"{shape}/>")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1, dash: str = ""
    ) -> None:
        """A straight line."""
        look = f'stroke="{stroke}" stroke-width="{width:g}"' + (f' stroke-dasharray="{dash}"' if dash else "")
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>')

    def path(self, points: Sequence[tuple[float, float]], stroke: str, *, width: float = 1.6) -> None:
        """A line through points."""
        if points:
            way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            look = f'fill="none" stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round"'
            self.parts.append(f'<polyline points="{way}" {look}/>')

    def area(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """A filled polygon."""
        if points:
            way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            self.parts.append(f'<polygon points="{way}" fill="{fill}"/>')

    def document(self, title: str) -> str:
        """The whole picture as an SVG file that needs nothing else."""
        height = self.y + 8
        size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}" role="img">\n'
            f"<title>{markup(title)}</title>\n{_HATCH}\n"
            f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n"
        )


def fitted(words: str, width: float, size: float = 11) -> str:
    """The words, cut with an ellipsis so that they fit into so many pixels (by the font's mean width)."""
    most = int(width / (0.65 * size))
    return words if len(words) <= most else words[: most - 1] + "…" if most > 1 else ""


def wrapped(words: str, width: float, size: float, most: int) -> list[str]:
    """The words in at most so many lines of that width."""
    lines: list[str] = []
    room = int(width / (0.56 * size))
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1 :] = [" ".join(lines[most - 1 :])]
    return [one if len(one) <= room else one[: room - 1] + "…" for one in lines]


def ticks(begin: int, end: int, most: int = 9) -> tuple[list[int], int]:
    """Round instants inside [begin, end], and their distance: 1, 2 or 5 times a power of ten ns."""
    step = next(step for step in _STEPS if (end - begin) / step <= most)
    first = -(-begin // step) * step
    return list(range(first, end + 1, step)), step


def seconds(at: int, step: int) -> str:
    """An instant in seconds with the digits that steps of that size need."""
    digits = 0 if step >= S else 1 if step >= 100 * MS else 3 if step >= MS else 6 if step >= US else 9
    return f"{at / S:.{digits}f}"


def scale(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers inside [low, high], at most about so many."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** (len(f"{int(span)}") - 1) if span >= 1 else 10.0 ** -len(f"{1 / span:.0f}")
    step = next(step for step in (power * m for m in (0.1, 0.2, 0.5, 1, 2, 5, 10)) if span / step <= most)
    return [place * step for place in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
