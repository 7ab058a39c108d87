"""The folder of a run is written whole or not at all, and says all that a page needs."""

import hashlib
import json
import os
from dataclasses import replace

import pytest
from report_example import example, healthy, judged, plan, recorded

from bench.errors import BenchBug, RigError
from bench.model.expression import Compare, Constant
from bench.model.instant import S
from bench.model.stimulus import Phase
from bench.model.trace import Occurrence
from bench.model.verdict import Outcome
from bench.report.finished import finished
from bench.report.folder import name, write
from bench.report.record import read_run, source_version
from bench.report.tracefile import read_trace


def test_the_record_tells_the_run(tmp_path):
    run = example()

    told = read_run(write(run, tmp_path))

    assert told.folder == tmp_path / "tcu_example"
    assert (told.scenario, told.title, told.seed) == ("tcu_example", "Telematics unit keeps its registration", 4711)
    assert (told.plan_digest, told.trace_digest) == (run.plan.digest(), run.trace.digest())
    assert told.verdicts == run.verdicts
    assert told.outcome is run.outcome is Outcome.FAIL
    assert (told.simulated, told.wall) == (20 * S, run.surroundings.wall)
    assert [(phase.name, phase.start, phase.end) for phase in told.phases] == [
        ("start", 0, 4 * S),
        ("call", 4 * S, 16 * S),
        ("recover", 16 * S, 20 * S),
    ]
    assert told.versions == (*run.surroundings.versions, source_version())
    assert told.buses[0]["frames"] == len(run.trace.frames)


def test_the_trace_and_the_plan_of_the_folder_have_the_digests_of_the_record(tmp_path):
    folder = write(example(), tmp_path)
    told = read_run(folder)

    assert read_trace(folder / "trace.zip").digest() == told.trace_digest
    assert hashlib.sha256((folder / "plan.json").read_bytes()).hexdigest() == told.plan_digest


def test_two_writings_differ_in_nothing(tmp_path):
    contents = []
    for out in ("one", "two"):
        folder = write(example(), tmp_path / out)
        contents.append({file.relative_to(folder): file.read_bytes() for file in sorted(folder.rglob("*.*"))})

    assert contents[0] == contents[1]


def test_verdicts_that_are_no_pass_have_a_picture(tmp_path):
    told = read_run(write(example(), tmp_path))

    assert [verdict.id for verdict in told.verdicts if told.picture(verdict)] == ["E1", "E2", "E3", "E4", "E7"]
    assert told.picture(told.verdicts[0]) == tmp_path / "tcu_example" / "plots" / "E1.svg"
    assert all(told.picture(v).is_file() for v in told.verdicts if told.picture(v))
    assert (told.folder / "overview.svg").is_file()


def test_an_expired_phase_has_a_verdict_and_a_picture_of_its_own(tmp_path):
    trace = recorded()
    condition = Compare("==", plan().expectations[0].check.condition.left, Constant("ROAMING"))
    phases = (Phase("E5", None, condition, 4 * S), *plan().phases[1:])  # named as an expectation is
    happened = (
        Occurrence(0, "phase_starts", "E5"),
        Occurrence(4 * S, "phase_expires", "E5"),
        *(one for one in trace.occurrences if one.name != "start"),
    )
    told = read_run(write(judged(plan(phases=phases), replace(trace, occurrences=happened)), tmp_path))

    assert told.verdict("E5").outcome is Outcome.PASS
    assert told.expired("E5").outcome is Outcome.FAIL
    assert told.expired("call") is None
    assert told.picture(told.expired("E5")).name == "phase_E5.svg"


def test_a_new_run_takes_the_place_of_the_old_one(tmp_path):
    write(example(), tmp_path)
    (tmp_path / "tcu_example" / "stale.txt").write_text("of the old run")
    write(healthy(), tmp_path)

    assert read_run(tmp_path / "tcu_example").outcome is Outcome.PASS
    assert [entry.name for entry in tmp_path.iterdir()] == ["tcu_example"]
    assert not (tmp_path / "tcu_example" / "stale.txt").exists()


def test_a_run_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path):
    write(example(), tmp_path)
    before = {file: file.read_bytes() for file in sorted(tmp_path.rglob("*.*")) if file.is_file()}
    unwritable = healthy()
    unwritable = replace(unwritable, verdicts=(replace(unwritable.verdicts[0], why=b"no text"),))  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        write(unwritable, tmp_path)

    assert {file: file.read_bytes() for file in sorted(tmp_path.rglob("*.*")) if file.is_file()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["tcu_example"]


def test_an_output_folder_that_is_a_file_is_told_with_the_remedy(tmp_path):
    (tmp_path / "reports").write_text("")

    with pytest.raises(RigError, match=r"cannot be written .* choose a folder with --out"):
        write(example(), tmp_path / "reports")


@pytest.mark.parametrize("identifier", ["", ".", "..", "../x", "a/b", "a b", "-x", "x\n", "é", "a" * 101, "log.html"])
def test_only_an_identifier_names_a_folder(tmp_path, identifier):
    with pytest.raises(BenchBug, match="cannot name a folder"):
        name(identifier)
    with pytest.raises(BenchBug, match="cannot name a folder"):
        write(healthy(scenario=identifier), tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 99}', "{" * 100_000, "\x00"])
def test_a_record_that_is_none_is_refused(tmp_path, content):
    folder = write(example(), tmp_path)
    (folder / "run.json").write_text(content)

    with pytest.raises(RigError, match=r"not the record of a run .* run the scenario again"):
        read_run(folder)


def test_the_record_of_a_broken_run_tells_what_broke(tmp_path):
    told = read_run(write(judged(plan(), replace(recorded(), complete=False), broken="KeyError: 7"), tmp_path))

    assert told.outcome is Outcome.ERROR
    assert told.broken == "KeyError: 7"


class TestReuse:
    """Only a finished run of exactly this plan by exactly this bench is reused."""

    @pytest.fixture
    def versions(self):
        from bench.run.execute import versions

        return versions()

    def test_the_run_of_the_plan_is_found(self, tmp_path, versions):
        run = judged(plan(), recorded(), versions=versions)
        write(run, tmp_path)

        assert finished(run.plan, tmp_path) == read_run(tmp_path / "tcu_example")

    def test_the_run_of_another_plan_is_not(self, tmp_path, versions):
        write(judged(plan(), recorded(), versions=versions), tmp_path)

        assert finished(plan(seed=1), tmp_path) is None
        assert finished(plan(defects=("IVI.M01",)), tmp_path) is None

    def test_a_run_by_other_versions_is_not(self, tmp_path, versions):
        write(judged(plan(), recorded(), versions=(("simpy", "0.1"), *versions)), tmp_path)

        assert finished(plan(), tmp_path) is None

    def test_a_run_by_other_code_is_not(self, tmp_path, versions):
        folder = write(judged(plan(), recorded(), versions=versions), tmp_path)
        told = json.loads((folder / "run.json").read_text())
        told["surroundings"]["versions"]["source"] = "0123456789abcdef"
        (folder / "run.json").write_text(json.dumps(told))

        assert finished(plan(), tmp_path) is None

    @pytest.mark.parametrize("cut", [{"interrupted": True}, {"broken": "KeyError: 7"}])
    def test_a_run_that_did_not_end_is_not(self, tmp_path, versions, cut):
        write(judged(plan(), replace(recorded(), complete=False), versions=versions, **cut), tmp_path)

        assert finished(plan(), tmp_path) is None

    def test_a_run_without_its_trace_is_not(self, tmp_path, versions):
        folder = write(judged(plan(), recorded(), versions=versions), tmp_path)
        os.remove(folder / "trace.zip")

        assert finished(plan(), tmp_path) is None

    def test_where_nothing_was_written_nothing_is_found(self, tmp_path):
        assert finished(plan(), tmp_path / "none") is None
