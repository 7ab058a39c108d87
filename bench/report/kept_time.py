"""How well the bench kept time in a run with a real clock: its file in the run's folder, and its table on the page."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.model.health import UNDISTURBED, Disturbance, Health, Punctuality
from bench.model.instant import show
from bench.report.text import line, markup

HEALTH_FILE = "health.json"
MOST_ROWS = 20
"""Messages and disturbances shown on the page, the worst ones; all of them stand in the file."""

Rows = list[tuple[str, ...]]


def write_health(health: Health, folder: Path) -> None:
    """Write `health.json`; of a run in simulated time there is nothing to tell, so none is written."""
    if health.told:
        (folder / HEALTH_FILE).write_text(json.dumps(asdict(health), indent=1) + "\n", "utf-8")


def read_health(folder: Path) -> Health:
    """The health that a folder tells; without the file that of a run in simulated time. As json for a wrong file."""
    file = folder / HEALTH_FILE
    if not file.is_file():
        return UNDISTURBED
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return Health(
        tuple(Disturbance(**one) for one in told["disturbances"]),
        tuple(Punctuality(**one) for one in told["punctuality"]),
        tuple((str(bus), int(size)) for bus, size in told["uncertainty"]),
        bool(told["closed"]),
    )


def in_a_line(health: Health) -> str:
    """Lateness, losses and stalls of a whole run in a few words; empty for a run in simulated time."""
    if not health.told:
        return ""
    parts = []
    if health.punctuality:
        worst = max(health.punctuality, key=lambda one: one.worst)
        due, skipped, lost = (sum(column) for column in zip(*map(_counts, health.punctuality), strict=True))
        parts.append(f"{due} releases due, {skipped} skipped, {lost} lost")
        parts.append(f"latest {worst.bus}.{worst.message} by {show(worst.worst)}")
    late = [one.late for one in health.disturbances if one.kind == "late"]
    parts.append(f"{len(health.disturbances)} disturbances")
    if late:
        parts.append(f"the bench {show(max(late))} late at worst")
    return line(", ".join(parts))


def tables(health: Health) -> str:
    """The lateness of each cyclic message and the disturbances as HTML; empty for a run in simulated time."""
    if not health.told:
        return ""
    return _messages(health) + _disturbances(health)


def _messages(health: Health) -> str:
    if not health.punctuality:
        return ""
    worst = sorted(health.punctuality, key=lambda one: (-one.lost - one.skipped, -one.worst, one.bus, one.message))
    rows: Rows = [
        (
            f"{one.bus}.{one.message}", show(one.cycle), str(one.due), str(one.sent), str(one.skipped), str(one.lost),
            show(one.p50), show(one.p99), show(one.worst),
        )
        for one in worst[:MOST_ROWS]
    ]  # fmt: skip
    head = ("message", "cycle", "due", "sent", "skipped", "lost", "late p50", "p99", "max")
    return _table("Lateness of what the bench sent", head, rows, len(worst) - len(rows))


def _disturbances(health: Health) -> str:
    found = health.disturbances
    gravest = sorted(found, key=lambda one: (-one.late, one.start - one.end, one.start))[:MOST_ROWS]
    rows: Rows = [
        (
            one.kind, show(one.start), show(one.end), ".".join(part for part in (one.bus, one.message) if part),
            show(one.late) if one.late else "", one.text,
        )
        for one in sorted(gravest, key=lambda one: (one.start, one.end))
    ]  # fmt: skip
    said = "Disturbances of the bench" if rows else "The bench was not disturbed"
    if health.closed and rows:
        said += "; everything was simulated, so they moved nothing that is judged"
    if health.uncertainty:
        said += "; stamps are uncertain by " + ", ".join(f"{show(size)} on {bus}" for bus, size in health.uncertainty)
    head: tuple[str, ...] = ("kind", "from", "to", "of", "late", "") if rows else ()
    return _table(said, head, rows, len(found) - len(rows))


def _table(title: str, head: tuple[str, ...], rows: Rows, left_out: int) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        told = "".join(f'<{tag} style="padding-right:1em;text-align:left">{markup(cell)}</{tag}>' for cell in cells)
        return f"<tr>{told}</tr>"

    more = f"<p>{left_out} more in {HEALTH_FILE}</p>" if left_out else ""
    body = "".join(row(cells, "td") for cells in rows)
    return f"<p>{markup(title)}</p><table>{row(head, 'th') if head else ''}{body}</table>{more}"


def _counts(one: Punctuality) -> tuple[int, int, int]:
    return one.due, one.skipped, one.lost
