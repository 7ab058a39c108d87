"""A trace file holds the whole trace, in bytes that depend on nothing else and that anyone can read."""

import json
import zipfile
from array import array

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_example import recorded

from bench.errors import RigError
from bench.model.trace import Frames, Occurrence, Samples, Trace
from bench.report.tracefile import read_trace, write_trace

instants = st.integers(0, 2**62)
words = st.text(max_size=6)
values = st.floats() | st.integers(-(2**70), 2**70) | st.booleans() | words
COLUMNS = {
    "floats": st.floats(), "integers": st.integers(-(2**63), 2**63 - 1), "truths": st.booleans(), "mixtures": values
}  # fmt: skip


@st.composite
def traces(draw):
    """Any trace, of any types that its types allow."""
    count = draw(st.integers(0, 5))

    def column(code, elements):
        return array(code, draw(st.lists(elements, min_size=count, max_size=count)))

    frames = Frames(
        column("q", instants), column("q", instants), column("Q", instants), column("B", st.integers(0, 3)),
        column("h", st.integers(-1, 300)), column("L", st.integers(0, 0x1FFFFFFF)), column("b", st.integers(0, 15)),
        draw(st.lists(st.binary(max_size=64), min_size=count, max_size=count)),
    )  # fmt: skip
    rows, kinds = draw(st.integers(0, 4)), draw(st.lists(st.sampled_from(sorted(COLUMNS)), max_size=4))
    columns = [draw(st.lists(COLUMNS[kind], min_size=rows, max_size=rows)) for kind in kinds]
    samples = Samples(
        tuple(f"model.{place}" for place, _ in enumerate(kinds)),
        tuple(draw(words) for _ in kinds),
        array("q", draw(st.lists(instants, min_size=rows, max_size=rows))),
        list(zip(*columns, strict=True)) if columns else [()] * rows,
    )
    happened = st.builds(Occurrence, instants, words, words, words, st.integers(0, 9))
    return Trace(frames, samples, tuple(draw(st.lists(happened, max_size=3))), draw(instants), draw(st.booleans()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traces())
def test_what_is_read_back_has_the_same_digest(tmp_path, trace):
    write_trace(trace, tmp_path / "trace.zip")

    assert read_trace(tmp_path / "trace.zip").digest() == trace.digest()


def test_equal_traces_give_equal_bytes(tmp_path):
    for name in ("one", "two"):
        write_trace(recorded(), tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_file_is_read_with_numpy_as_the_documentation_says(tmp_path):
    trace = recorded()
    write_trace(trace, tmp_path / "trace.zip")

    with zipfile.ZipFile(tmp_path / "trace.zip") as file:
        header = json.loads(file.read("header.json"))
        ends = numpy.frombuffer(file.read("frames/end"), header["frames"]["columns"]["end"])
        lengths = numpy.frombuffer(file.read("frames/length"), "u1")
        begins = numpy.concatenate([[0], numpy.cumsum(lengths, dtype="i8")])
        data = file.read("frames/data")
        place = [column["name"] for column in header["samples"]["columns"]].index("model.speed")
        speeds = numpy.frombuffer(file.read(f"samples/{place}"), "<f8")
        happened = [json.loads(line) for line in file.read("occurrences.jsonl").splitlines()]

    assert ends.tolist() == trace.frames.end.tolist()
    assert [data[begins[row] : begins[row + 1]] for row in range(len(ends))] == list(trace.frames.data)
    assert speeds.tolist() == [row[0] for row in trace.samples.rows]
    assert happened[0] == [0, "phase_starts", "start", "", 0]
    assert header["digest"] == trace.digest()


@pytest.fixture
def written(tmp_path):
    write_trace(recorded(), tmp_path / "trace.zip")
    return tmp_path / "trace.zip"


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(written, share):
    content = written.read_bytes()
    written.write_bytes(content[: int(share * len(content))])

    with pytest.raises(RigError, match="not a readable trace"):
        read_trace(written)


def test_no_flipped_bit_goes_unnoticed(written):
    """Each flip is refused or, in bytes that carry no content (dates, flags of the container), changes nothing."""
    content, digest = written.read_bytes(), recorded().digest()
    refused = 0
    for place in range(0, len(content), max(1, len(content) // 300)):
        written.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        try:
            assert read_trace(written).digest() == digest
        except RigError:
            refused += 1

    assert refused > 200


def test_a_trace_that_was_edited_is_refused(written):
    with zipfile.ZipFile(written) as file:
        entries = {entry: file.read(entry) for entry in file.namelist()}
    entries["frames/data"] = bytes(len(entries["frames/data"]))
    with zipfile.ZipFile(written, "w") as file:
        for entry, content in entries.items():
            file.writestr(entry, content)

    with pytest.raises(RigError, match="does not match its own digest"):
        read_trace(written)


def test_a_file_that_is_not_there_is_told_with_the_remedy(tmp_path):
    with pytest.raises(RigError, match=r"none.zip: not a readable trace .* run the scenario again"):
        read_trace(tmp_path / "none.zip")
