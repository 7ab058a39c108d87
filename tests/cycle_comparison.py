"""The bench's vehicles and fastsim's on the EPA schedules: stored figures, limits and the table of docs/vehicle.md.

`python tests/cycle_comparison.py` writes the table between its two marks in docs/vehicle.md.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.vehicle.follow import Followed, follow
from bench.vehicle.plant import parameters
from bench.vehicle.schedule import load

DOCUMENT = Path(__file__).parents[1] / "docs" / "vehicle.md"
BEGIN, END = "<!-- comparison begins -->\n", "<!-- comparison ends -->\n"
VEHICLES = {"ice": "Pacifica", "ev": "Zoe"}
CYCLES = ("udds", "hwfet")
J_PER_GALLON = 33.7 * 3.6e6
"""Energy of one US gallon of petrol. Source: EPA, 33.7 kWh."""


@dataclass(frozen=True)
class Figures:
    """What a schedule costs: distance in m, net wheel energy and fuel or battery energy in MJ."""

    distance_m: float
    wheel_mj: float
    source_mj: float


LIMITS = Figures(0.1, 2.0, 5.0)
"""Largest difference in per cent."""

FASTSIM = {
    ("ice", "udds"): Figures(11990.433188724952, 3.379143433651262, 36.595045628560744),
    ("ice", "hwfet"): Figures(16506.817470511123, 7.561015263918999, 35.541967204687250),
    ("ev", "udds"): Figures(11990.433188724952, 2.969645483510753, 5.016172217031007),
    ("ev", "hwfet"): Figures(16506.817470511123, 6.481113465508341, 8.238342521005528),
}
"""What fastsim 3.1.0 gave for its files 2026_Chrysler_Pacifica_Select.yaml and 2022_Renault_Zoe_ZE50_R135.yaml.

Stored by running tests/validation/test_fastsim.py, which holds these numbers against fastsim itself.
"""


@cache
def followed(vehicle: str, cycle: str) -> Followed:
    """The bench's vehicle on the schedule, driven once however many tests ask."""
    return follow(load(cycle), parameters(vehicle))


def own(vehicle: str, cycle: str) -> Figures:
    """What the schedule costs the bench's vehicle."""
    result = followed(vehicle, cycle)
    return Figures(result.distance_m, result.wheel_mj, result.source_mj)


def differences(ours: Figures, theirs: Figures) -> Figures:
    """Ours against theirs in per cent."""
    return Figures(
        100 * (ours.distance_m / theirs.distance_m - 1),
        100 * (ours.wheel_mj / theirs.wheel_mj - 1),
        100 * (ours.source_mj / theirs.source_mj - 1),
    )


def label_mpg(udds_mpg: float, hwfet_mpg: float) -> tuple[float, float]:
    """City and highway figures of the EPA label from those of the two schedules (coefficients from memory)."""
    return 1 / (0.004091 + 1.1601 / udds_mpg), 1 / (0.003191 + 1.2945 / hwfet_mpg)


def miles_per_gallon(figures: Figures) -> float:
    """Miles per US gallon at this fuel energy."""
    return figures.distance_m / 1609.344 / (figures.source_mj * 1e6 / J_PER_GALLON)


def table() -> str:
    """The comparison as Markdown."""
    lines = [
        "| vehicle, schedule | quantity | bench | fastsim 3.1.0 | difference | limit |",
        "|---|---|---|---|---|---|",
    ]
    for vehicle, title in VEHICLES.items():
        for cycle in CYCLES:
            ours, theirs = own(vehicle, cycle), FASTSIM[vehicle, cycle]
            apart = differences(ours, theirs)
            source = "fuel energy" if vehicle == "ice" else "battery energy, net"
            name = f"{title}, {cycle.upper()}"
            lines += [
                f"| {name} | distance | {ours.distance_m / 1000:.3f} km | {theirs.distance_m / 1000:.3f} km | "
                f"{apart.distance_m:+.3f} % | {LIMITS.distance_m} % |",
                f"| {name} | net wheel energy | {ours.wheel_mj:.3f} MJ | {theirs.wheel_mj:.3f} MJ | "
                f"{apart.wheel_mj:+.2f} % | {LIMITS.wheel_mj} % |",
                f"| {name} | {source} | {ours.source_mj:.3f} MJ | {theirs.source_mj:.3f} MJ | "
                f"{apart.source_mj:+.2f} % | {LIMITS.source_mj} % |",
                f"| {name} | trace violations | {len(followed(vehicle, cycle).violations)} | | | 0 |",
            ]
    udds, hwfet = (miles_per_gallon(own("ice", cycle)) for cycle in CYCLES)
    city, highway = label_mpg(udds, hwfet)
    lines += [
        "",
        f"Anchor: the Pacifica's {udds:.1f} mpg (UDDS) and {hwfet:.1f} mpg (HWFET) convert to a label of "
        f"{city:.1f} mpg city and {highway:.1f} mpg highway.",
    ]
    return "\n".join(lines) + "\n"


def written() -> str:
    """The table that stands in docs/vehicle.md."""
    return DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Renew the table in docs/vehicle.md."""
    head, begin, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(head + begin + table() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    write()
