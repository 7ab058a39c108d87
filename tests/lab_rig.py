"""A rig with one instrument of each kind for tests: the shipped one, with tests/wrong/lab.part.yaml as its lab."""

from pathlib import Path

from bench.places import shipped

WRONG = Path(__file__).parent / "wrong"
SCENARIO = (WRONG / "lab.scenario.yaml").read_text("utf-8")
BARE = (shipped("rigs") / "virtual.yaml").read_text("utf-8").partition("\ninstruments:")[0]
"""The shipped rig without its own instruments, which come last."""

RIG = BARE + (WRONG / "lab.part.yaml").read_text("utf-8")
DIP = (WRONG / "dip.yaml").read_text("utf-8")


def changed(text: str, old: str, new: str) -> str:
    """A text in which one thing that stands there once is another."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def laid(folder: Path, rig: str = RIG, scenario: str = SCENARIO, dip: str = DIP) -> tuple[Path, Path]:
    """Rig file, scenario and its profile in a folder; the paths of the first two."""
    (folder / "rig.yaml").write_text(rig, "utf-8")
    (folder / "dip.yaml").write_text(dip, "utf-8")
    (folder / "lab.scenario.yaml").write_text(scenario, "utf-8")
    return folder / "rig.yaml", folder / "lab.scenario.yaml"
