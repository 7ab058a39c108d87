"""The figures of the bench, on demand or a slice of them: what scenarios catch, and that healthy ECUs raise no alarm.

`tox run -e campaign` takes its time; `tox run -e campaign -- --slice` is what `.ci/run` calls. Both print the figures.
"""

from pathlib import Path

from bench.__main__ import main

STORED = Path(__file__).parents[2] / "docs" / "strength.md"


def test_each_defect_turns_the_scenario_meant_for_it_to_fail(whole, capfd, tmp_path):
    fresh = tmp_path / "strength.md"
    with capfd.disabled():
        code = main(["campaign", "strength", *(["--write", str(fresh)] if whole else ["--meant", "--first"])])

    assert code == 0
    if whole:
        assert STORED.read_text() == fresh.read_text(), (
            "write it anew: bench campaign strength --write docs/strength.md"
        )


def test_healthy_ecus_raise_no_alarm_under_any_seed(whole, capfd):
    with capfd.disabled():
        code = main(["campaign", "seeds", *([] if whole else ["--seeds", "3", "--long-seeds", "1"])])

    assert code == 0
