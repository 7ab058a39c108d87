"""The bench runs a scenario in real time against the unit in C, as a process and as firmware, healthy and defective."""

from collections.abc import Callable
from pathlib import Path

import pytest
from real_unit import free_port

from bench.model.verdict import Outcome
from bench.run.execute import execute
from bench.scenario.resolve import resolve
from bench.scenario.rigfile import load_rig

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "ecus" / "short_call.scenario.yaml"

RUNS = 6
"""Where this machine stood still, what that touched is inconclusive, and there is another run. A fail is final."""

MEANT = {"unchecked_crash": "bad_crc_calls_nobody", "stuck_counter": "counters"}
"""The check that is meant for each defect."""


@pytest.fixture(params=["process", "firmware"])
def rig(request, tmp_path):
    """The shipped rig file of a platform, for one of its builds and with a port of its own."""
    process = request.param == "process"
    builds = request.getfixturevalue("processes" if process else "firmware")
    name, port = ("ecu-process", "29536") if process else ("ecu-qemu", "29537")
    text = (ROOT / "rigs" / f"{name}.yaml").read_text("utf-8").replace("dbc/", f"{ROOT}/dbc/")

    def written(defect: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        build = f"{builds}/telematics-{defect}" if defect else f"{builds}/telematics"
        path.write_text(text.replace("ecus/build/telematics", build).replace(port, str(free_port())), "utf-8")
        return path

    return written


def runs(rig, defect: str, enough: Callable[[dict[str, Outcome]], bool]) -> dict[str, Outcome]:
    """Outcome by check over as many runs as it takes: the worst there was, but for inconclusive ones the best."""
    found: dict[str, Outcome] = {}
    for _ in range(RUNS):
        done = execute(resolve(SCENARIO, load_rig(rig(defect))))
        assert done.outcome is not Outcome.ERROR, done.surroundings.broken
        for verdict in done.verdicts:
            before = found.get(verdict.id, Outcome.INCONCLUSIVE)
            decided = [one for one in (before, verdict.outcome) if one is not Outcome.INCONCLUSIVE]
            found[verdict.id] = max(decided, default=Outcome.INCONCLUSIVE)
        if enough(found):
            break
    return found


def test_the_healthy_build_passes(rig):
    found = runs(rig, "", lambda found: Outcome.INCONCLUSIVE not in found.values())

    assert [(name, outcome) for name, outcome in found.items() if outcome is not Outcome.PASS] == []


@pytest.mark.parametrize("defect", MEANT)
def test_a_defect_fails_on_the_check_that_is_meant_for_it(rig, defect):
    found = runs(rig, defect, lambda found: found[MEANT[defect]] is not Outcome.INCONCLUSIVE)

    failed = [name for name, outcome in found.items() if outcome is Outcome.FAIL]
    assert MEANT[defect] in failed
    if defect == "stuck_counter":
        assert [name for name in failed if not name.endswith("cycle")] == ["counters"]


def test_the_virtual_unit_passes_the_same_scenario_in_simulated_time():
    assert execute(resolve(SCENARIO, load_rig())).outcome is Outcome.PASS
    assert execute(resolve(SCENARIO, load_rig(), defects=("TCU.M20",))).outcome is Outcome.FAIL
