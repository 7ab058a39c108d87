"""How a restbus is kept, as a table that is drawn again and again, and as the summary at its end."""

from collections.abc import Sequence

from bench.model.health import Punctuality
from bench.model.instant import S, show
from bench.report.grid import grid
from bench.report.text import line
from bench.run.rest import NO_CYCLE, Rest
from bench.run.restbus import Kept
from bench.scenario.findings import listed

HEADER = ("id", "message", "cycle", "frames/s", "sent", "p50", "p99", "worst", "skipped", "lost")
FLUSH = "  rrrrrrrr"


def head(rest: Rest, place: str) -> list[str]:
    """What is sent where, and what is not."""
    layout = rest.layout
    data = f", data {layout.data_bitrate // 1000} kbit/s" if layout.data_bitrate else ""
    rates = f"{layout.bitrate // 1000} kbit/s{data}"
    lines = [
        f"{line(layout.name, 80)} on {line(place, 80)}, {rates}: {_count(len(rest.sent), 'message')} of "
        f"{len(layout.messages)}, {rest.frames_per_second:.0f} frames/s, load {rest.load:.1%} by their bits"
    ]
    reasons: dict[str, list[str]] = {}
    for name, reason in rest.left_out:
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        told = "they have no cycle; give one with --cycle-default" if reason == NO_CYCLE else reason
        lines.append(f"left out, {told}: {len(names)} ({line(listed(names, 6), 400)})")
    if rest.load > 1:
        lines.append(
            f"a bus of {rates} cannot carry this; leave nodes out with --except, or take a higher --bitrate "
            "or a longer --cycle-default"
        )
    return lines


def picture(kept: Kept) -> list[str]:
    """The table as it is drawn again and again."""
    hidden = kept.messages - len(kept.rows)
    return [
        f"{show(kept.elapsed // S * S)}: {kept.sent} sent, load {kept.load_lately:.1%}, {_totals(kept)}",
        *grid([HEADER, *(_row(*row) for row in kept.rows)], FLUSH),
        *([f"\N{HORIZONTAL ELLIPSIS} and {_count(hidden, 'message')} more"] if hidden else []),
    ]


def summary(kept: Kept) -> list[str]:
    """What to say at the end: a verdict, totals, and the messages that are worth a look, as many as there are rows."""
    verdict = f"{kept.missed} of {kept.messages} cycles not held" if kept.missed else "every cycle was held"
    seconds = kept.elapsed / S
    lines = [
        f"{verdict}: {kept.sent} frames in {seconds:.1f} s ({kept.sent / seconds if seconds else 0:.0f} frames/s), "
        f"load {kept.load:.1%}, {_totals(kept)}",
        "not held, then the latest:" if kept.missed else "the latest:",
    ]
    shown = [(number, figures.sent / seconds if seconds else 0.0, figures) for number, _, figures in kept.rows]
    lines += grid([HEADER, *(_row(*row) for row in shown)], FLUSH)
    if kept.doubled:
        lines.append(
            f"sent by somebody else too: {line(listed(kept.doubled, 6), 400)}; leave the node that is there out "
            "with --except"
        )
    return lines


def _row(number: int, rate: float, figures: Punctuality) -> Sequence[str]:
    return (
        f"0x{number:03X}", line(figures.message, 60), show(figures.cycle), f"{rate:.1f}", str(figures.sent),
        _ms(figures.p50), _ms(figures.p99), _ms(figures.worst), str(figures.skipped), str(figures.lost),
    )  # fmt: skip


def _totals(kept: Kept) -> str:
    others = f", {kept.foreign} frames of others" if kept.foreign else ""
    return (
        f"late p50 {_ms(kept.p50)}, p99 {_ms(kept.p99)}, worst {_ms(kept.worst)}, "
        f"{kept.skipped} skipped, {kept.lost} lost{others}"
    )


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.2f} ms"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
