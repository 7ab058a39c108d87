"""The same scenario and seed give the same trace: whatever the hash seed, whatever else the machine does."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest
from busy_scenario import written

from bench.campaign.plans import plans
from bench.model.trace import Trace
from bench.run.execute import execute

PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path
from bench.campaign.plans import plans
from bench.run.execute import execute
(plan,) = plans([Path(sys.argv[1])])
runs = [execute(replace(plan, jitter=jitter)) for jitter in (False, True)]
print(json.dumps([[run.plan.digest(), run.trace.digest(), len(run.trace.frames), run.outcome.word] for run in runs]))
"""
BUSY_LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"
"""Ends by itself, should the test be killed."""


@contextmanager
def load():
    """One process for each core that does nothing but compute."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY_LOOP]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def processes(file, hash_seeds):
    """What a new process with each of the hash seeds finds, two at a time."""
    found = []
    for first in range(0, len(hash_seeds), 2):
        pair = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, file], stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
            )
            for seed in hash_seeds[first : first + 2]
        ]  # fmt: skip
        for process in pair:
            said, _ = process.communicate()
            assert process.returncode == 0
            found.append(json.loads(said))
    return found


def test_twenty_processes_give_the_same_digests_half_of_them_under_load(tmp_path):
    """Plan and trace, without and with jitter."""
    file = written(tmp_path)

    calm = processes(file, range(10))
    with load():
        loaded = processes(file, range(10, 20))

    assert len(calm + loaded) == 20
    assert all(one == calm[0] for one in calm + loaded), Counter(map(str, calm + loaded))
    (plain, jittered) = calm[0]
    assert plain[1] != jittered[1]
    assert plain[2] > 2000


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The busy scenario."""
    (found,) = plans([written(tmp_path_factory.mktemp("busy"))])
    return found


@pytest.fixture(scope="module")
def run(plan):
    """It, executed."""
    return execute(plan)


def test_a_second_run_in_the_same_process_gives_the_same_trace(plan, run):
    assert execute(plan).trace.digest() == run.trace.digest()


def test_the_seed_alone_changes_nothing_without_jitter(plan, run):
    assert execute(replace(plan, seed=plan.seed + 1)).trace.digest() == run.trace.digest()


def test_each_seed_has_a_trace_of_its_own_under_jitter(plan):
    digests = [execute(replace(plan, seed=seed, jitter=True)).trace.digest() for seed in range(5)]

    assert len(set(digests)) == 5


def test_the_scenario_that_is_compared_has_a_bit_of_everything(run):
    """Else equal digests would say little."""
    kinds = {occurrence.what for occurrence in run.trace.occurrences}
    senders = {message.sender for message in run.plan.messages()}

    assert {0, 1} == set(run.trace.frames.bus)
    assert len(set(run.trace.frames.message) - {-1}) >= 30
    assert -1 in set(run.trace.frames.message)
    assert len(run.trace.samples.at) > 300
    assert len(run.trace.samples.names) >= 3
    assert {"phase_starts", "phase_ends", "step_starts", "step_ends", "fault_starts", "fault_ends", "port"} <= kinds
    assert {"IVI", "TCU", "CGW", "RVC", "ESC"} <= senders


def changed(column, change):
    """A copy of an array with its last element changed."""
    copy = column[:]
    copy[-1] = change(copy[-1])
    return copy


def one_changes(trace: Trace):
    """Traces that differ from this one in one place of one stream each."""
    frames, samples, occurrences = trace.frames, trace.samples, trace.occurrences
    for name in ("end", "start", "release", "bus", "message", "id", "flags"):
        column = changed(getattr(frames, name), lambda value: value ^ 1)
        yield f"frames.{name}", replace(trace, frames=replace(frames, **{name: column}))
    data = [*frames.data[:-1], bytes([frames.data[-1][0] ^ 1]) + frames.data[-1][1:]]
    yield "frames.data", replace(trace, frames=replace(frames, data=data))
    yield "samples.at", replace(trace, samples=replace(samples, at=changed(samples.at, lambda at: at + 1)))
    yield "samples.names", replace(trace, samples=replace(samples, names=("other", *samples.names[1:])))
    yield "samples.units", replace(trace, samples=replace(samples, units=("other", *samples.units[1:])))
    row = (*samples.rows[-1][:-1], "other")
    yield "samples.rows", replace(trace, samples=replace(samples, rows=[*samples.rows[:-1], row]))
    last = occurrences[-1]
    for name, value in {"at": last.at + 1, "what": "note", "name": "x", "text": "x", "number": last.number + 1}.items():
        fresh = (*occurrences[:-1], replace(last, **{name: value}))
        yield f"occurrences.{name}", replace(trace, occurrences=fresh)
    yield "occurrences, order", replace(trace, occurrences=occurrences[::-1])
    yield "closed_at", replace(trace, closed_at=trace.closed_at + 1)
    yield "complete", replace(trace, complete=False)


def test_the_digest_covers_every_column_of_every_stream(run):
    digest = run.trace.digest()

    assert [where for where, trace in one_changes(run.trace) if trace.digest() == digest] == []
