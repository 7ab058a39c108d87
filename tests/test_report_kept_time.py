"""How a run in real time tells of its lateness: in its folder, on its page, in its margins. Simulated runs do not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_example import example, healthy

from bench.errors import RigError
from bench.model.health import UNDISTURBED, Disturbance, Health, Punctuality, merged
from bench.model.instant import MS, US
from bench.model.run import Run
from bench.model.verdict import Margin
from bench.report.folder import write
from bench.report.kept_time import HEALTH_FILE, MOST_ROWS, in_a_line, tables
from bench.report.record import read_run
from bench.report.robot_pages import write_pages
from bench.report.summary import kept_time, margin

HOSTILE = "*HTML*<script>alert(1)</script> ${x}\n\x1b[31m"
HEALTH = Health(
    (
        Disturbance("late", 2000 * MS, 2120 * MS, late=120 * MS),
        Disturbance("skipped", 2010 * MS, 2020 * MS, "INFO", "CGW_Veh_01", 12 * MS),
        Disturbance("lost", 3000 * MS, 3001 * MS, "INFO", "TCU_Status_01", text="its echo did not come back"),
    ),
    (
        Punctuality("INFO", "CGW_Veh_01", 20 * MS, 250, 249, 1, 0, 40 * US, 400 * US, 9 * MS),
        Punctuality("INFO", "TCU_Status_01", 100 * MS, 50, 49, 0, 1, 30 * US, 300 * US, 2 * MS),
    ),
    (("INFO", 150 * US),),
)


def in_real_time(health: Health = HEALTH, **around: object) -> Run:
    run = healthy()
    return replace(run, surroundings=replace(run.surroundings, pace="wall", **around), health=health)  # type: ignore[arg-type]


def test_the_folder_gives_back_what_the_run_knew(tmp_path):
    run = in_real_time(host=(("scheduler", "SCHED_FIFO 1"),), warnings=("E1: too fine",))
    told = read_run(write(run, tmp_path))

    assert told.health == HEALTH
    assert told.host == (("scheduler", "SCHED_FIFO 1"),)
    assert told.warnings == ("E1: too fine",)
    assert json.loads((told.folder / HEALTH_FILE).read_text())["disturbances"][0]["late"] == 120 * MS


def test_a_run_in_simulated_time_has_nothing_to_tell(tmp_path):
    told = read_run(write(example(), tmp_path))

    assert told.health == UNDISTURBED
    assert not (told.folder / HEALTH_FILE).exists()
    assert (tables(told.health), in_a_line(told.health), kept_time(told)) == ("", "", [])
    assert "uncertainty" not in (told.folder / "run.json").read_text()


def test_health_is_in_no_digest(tmp_path):
    one, other = read_run(write(healthy(), tmp_path / "a")), read_run(write(in_real_time(), tmp_path / "b"))

    assert (one.plan_digest, one.trace_digest) == (other.plan_digest, other.trace_digest)


def test_a_damaged_health_is_a_damaged_record(tmp_path):
    folder = write(in_real_time(), tmp_path)
    for text in ("", "[]", "{}", '{"disturbances": 1}', '{"disturbances": [{"kind": 1}]}'):
        (folder / HEALTH_FILE).write_text(text)
        with pytest.raises(RigError, match="not the record of a run"):
            read_run(folder)


def test_the_tables_show_each_message_and_each_disturbance():
    page = tables(HEALTH)

    for words in (
        "INFO.CGW_Veh_01",
        "20 ms",
        "250",
        "400 us",
        "9 ms",
        "120 ms",
        "2.12 s",
        "its echo did not come back",
    ):
        assert f">{words}<" in page
    assert "stamps are uncertain by 150 us on INFO" in page


def test_of_very_many_the_worst_are_shown():
    many = tuple(replace(HEALTH.punctuality[0], message=f"M{n}", skipped=0, worst=n * MS) for n in range(100))
    page = tables(Health((), many))

    assert "INFO.M99<" in page
    assert "INFO.M80<" in page
    assert "INFO.M79<" not in page
    assert f"{100 - MOST_ROWS} more in {HEALTH_FILE}" in page


def test_nothing_in_them_is_obeyed_by_a_page():
    page = tables(Health((Disturbance("lost", 0, 1, HOSTILE, HOSTILE, text=HOSTILE),), (), ((HOSTILE, 1),)))

    assert "<script" not in page
    assert "*HTML*" not in page


def test_the_terminal_gets_a_line_of_it_and_each_warning(tmp_path):
    rows = kept_time(read_run(write(in_real_time(warnings=("E1: too fine",)), tmp_path)))

    assert rows[0] == "warning: E1: too fine"
    assert rows[1].startswith("real time: 300 releases due, 1 skipped, 1 lost, latest INFO.CGW_Veh_01 by 9 ms")
    assert rows[1].endswith("3 disturbances, the bench 120 ms late at worst")


def test_a_margin_in_time_carries_its_uncertainty():
    assert margin(Margin(time=5 * MS, relative=0.5)) == "5 ms left (50 %)"
    assert margin(Margin(time=5 * MS, relative=0.5, uncertainty=150 * US)) == "5 ms +- 150 us left (50 %)"


parts = st.builds(
    Health,
    st.lists(
        st.builds(Disturbance, st.sampled_from(["late", "lost"]), st.integers(0, 99), st.integers(100, 200)), max_size=4
    ).map(tuple),
    closed=st.booleans(),
)


@given(st.lists(parts, min_size=1, max_size=4))
def test_the_health_of_a_run_is_that_of_all_its_parts(found):
    whole = merged(*found)

    assert sorted(map(str, whole.disturbances)) == sorted(str(one) for part in found for one in part.disturbances)
    assert [one.start for one in whole.disturbances] == sorted(one.start for one in whole.disturbances)
    assert whole.closed is all(part.closed for part in found)


def test_the_page_shows_the_tables_and_warns(tmp_path):
    run = in_real_time(warnings=("E1: too fine",))
    done = [(Path("/project/x.scenario.yaml"), run.plan, read_run(write(run, tmp_path)))]
    write_pages(done, tmp_path)
    text = (tmp_path / "output.xml").read_text("utf-8")

    assert "Lateness of what the bench sent" in text
    assert "Disturbances of the bench" in text
    assert "E1: too fine" in text
    assert f"{HEALTH_FILE}&lt;/a&gt; 300 releases due" in text


def test_the_page_of_a_simulated_run_shows_none_of_it(tmp_path):
    run = healthy()
    write_pages([(Path("/project/x.scenario.yaml"), run.plan, read_run(write(run, tmp_path)))], tmp_path)
    text = (tmp_path / "output.xml").read_text("utf-8")

    assert "Lateness" not in text
    assert "kept time" not in text
