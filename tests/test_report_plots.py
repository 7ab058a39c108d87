"""Pictures show what decided a verdict, are the same for the same run, and are XML whatever they have to say."""

import re
from array import array
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from report_example import EXPECTATIONS, PHASES, STATUS, example, judged, plan, recorded
from test_report_text import HOSTILE

from bench.judge.signals import View
from bench.model.check import Counter, Crc, Received, Sequence, SequenceStep, Silent, Statistic, Stays
from bench.model.instant import MS, S
from bench.model.trace import Samples
from bench.model.verdict import Outcome
from bench.report.plots import overview, picture
from bench.report.series import frames_of, gaps_of, message_of_record, record_at, series
from bench.report.svg import scale, seconds, ticks


def texts(svg: str) -> list[str]:
    """What a picture says, in its order."""
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def drawn(run, identifier: str) -> str:
    expectation = next(one for one in run.plan.expectations if one.id == identifier)
    verdict = next(one for one in run.verdicts if one.id == identifier)
    return picture(View(run.plan, run.trace), expectation, verdict)


def test_the_picture_of_a_late_answer_shows_both_signals_the_limit_and_by_how_much():
    said = texts(drawn(example(), "E2"))

    assert said[:2] == ["FAIL", "E2: the camera picture is there in time"]
    assert {"gear", "View", "OFF", "REAR", "14.000 s, 600 ms beyond"} <= set(said)


def test_the_picture_of_an_unknown_signal_hatches_what_nobody_said():
    assert drawn(example(), "E1").count("url(#unknown)") == 1
    assert "17.203 s, 700 ms beyond" in texts(drawn(example(), "E1"))


def test_the_picture_of_a_missing_frame_shows_frames_gap_and_fault():
    said = texts(drawn(example(), "E4"))

    assert {"TCU_Status_01", "gap [ms]", "100 ms", "F1", "17.903 s, 890 ms beyond"} <= set(said)


def test_what_the_check_does_not_look_at_is_veiled():
    assert drawn(example(), "E3").count("fill-opacity") == 1  # from the end of the call on
    assert drawn(example(), "E4").count("fill-opacity") == 0  # it looks at the whole run


def test_the_overview_names_phases_faults_signals_and_verdicts():
    run = example()
    said = texts(overview(View(run.plan, run.trace), run.verdicts))

    assert said[:2] == ["FAIL", "Telematics unit keeps its registration"]
    assert {"start", "call", "recover", "F1", "speed [km/h]", "NadState", "View", "SEARCHING"} <= set(said)
    assert {verdict.id for verdict in run.verdicts} <= set(said)


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_word_is_only_text(word):
    phases = tuple(replace(phase, name=word) if phase.name == "start" else phase for phase in PHASES)
    labels = ((0, "OFF"), (1, "SEARCHING"), (2, "REGISTERED"), (3, word))
    signals = (replace(STATUS.signals[0], name="NadState", labels=labels), *STATUS.signals[1:])
    bus = replace(plan().buses[0], messages=(plan().buses[0].messages[0], replace(STATUS, signals=signals)))
    expectations = tuple(replace(one, say=word, text=word) for one in EXPECTATIONS)
    run = judged(plan(title=word, phases=phases, buses=(bus,), expectations=expectations), recorded())
    verdicts = tuple(replace(one, why=word, expected=word) for one in run.verdicts)

    pages = [overview(View(run.plan, run.trace), verdicts)]
    pages += [picture(View(run.plan, run.trace), *pair) for pair in zip(expectations, verdicts, strict=True)]

    for page in pages:
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(page).iter()}
        assert tags <= {"svg", "title", "defs", "pattern", "rect", "line", "text", "polyline", "polygon"}
        assert not re.search(r"<[^>]*\son\w+=", page)


OTHERS = {
    "stays": Stays(EXPECTATIONS[0].check.condition),
    "counter": Counter((("INFO", "TCU_Status_01"),)),
    "crc": Crc((("INFO", "TCU_Status_01"),)),
    "sequence": Sequence(EXPECTATIONS[0].check.condition.left, (SequenceStep("REGISTERED", 2 * S),)),
    "silent node": Silent(node="TCU"),
    "silent bus": Silent(bus="INFO"),
    "silent message": Silent(message="TCU_Status_01", bus="INFO"),
    "mean": Statistic(EXPECTATIONS[2].check.reference, "mean", 0, 1),
    "count": Statistic(Received("INFO", "TCU_Status_01"), "count", 0, 1),
}


@pytest.mark.parametrize("check", list(OTHERS.values()), ids=list(OTHERS))
def test_every_kind_of_check_has_a_picture(check):
    expectation = replace(EXPECTATIONS[0], check=check)
    verdict = replace(example().verdicts[0], at=17 * S, proof=(0, 1, 10**9))

    assert "17.000 s" in " ".join(texts(picture(View(plan(), recorded()), expectation, verdict)))


def test_a_peak_of_one_sample_in_a_long_run_is_still_seen():
    trace = recorded()
    rows = [(30.0 if row != 77_777 else 99.0,) for row in range(100_000)]
    long = Samples(("model.speed",), ("km/h",), array("q", range(0, 1000 * S, 10 * MS)), rows)
    run = replace(example(), trace=replace(trace, samples=long, closed_at=1000 * S), verdicts=())

    svg = overview(View(run.plan, run.trace), ())
    lines = [
        way.get("points").split() for way in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}polyline")
    ]
    heights = [float(point.split(",")[1]) for point in max(lines, key=len)]

    assert len(svg) < 200_000
    assert heights.count(min(heights)) <= 2
    assert max(heights) - min(heights) > 30


def test_an_empty_trace_has_an_overview():
    empty = replace(recorded(), samples=Samples((), (), array("q"), []), occurrences=(), closed_at=0)
    run = judged(plan(expectations=()), empty)

    assert texts(overview(View(run.plan, run.trace), run.verdicts))[0] == "NONE"


def test_a_series_begins_with_what_held_before_its_stretch():
    view = View(plan(), recorded())

    state = series(view, EXPECTATIONS[0].check.condition.left, 2950 * MS, 3050 * MS)

    assert (list(state.at), list(state.values)) == ([2903 * MS, 3003 * MS], ["SEARCHING", "REGISTERED"])
    assert state.labels == ("OFF", "SEARCHING", "REGISTERED", "ROAMING")
    assert not state.is_number


def test_frames_and_gaps_of_a_message_in_a_stretch():
    view, status = View(plan(), recorded()), Received("INFO", "TCU_Status_01")

    assert frames_of(view, status, 16_950 * MS, 18_050 * MS) == [17_903 * MS, 18_003 * MS]
    assert list(gaps_of(view, status, 16_950 * MS, 18_050 * MS).values) == [1000.0, 100.0]


def test_a_record_number_leads_to_its_instant_and_message():
    trace = recorded()
    view = View(plan(), trace)
    frame, sample, other = trace.number_of_frame(5), trace.number_of_sample(500), trace.number_of_occurrence(7)

    assert record_at(trace, frame) == trace.frames.end[5]
    assert record_at(trace, sample) == 5 * S
    assert record_at(trace, other) == 17 * S
    assert record_at(trace, 10**9) is None
    assert message_of_record(view, frame) == Received("INFO", "TCU_Status_01")
    assert message_of_record(view, sample) is None


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-120, -76.8), (0, 0.003), (12.2, 14.9), (-3, 1500), (5, 5)])
def test_a_scale_has_a_few_numbers_all_inside(low, high):
    numbers = scale(low, high)

    assert 1 <= len(numbers) <= 6
    assert all(low - 1e-9 <= number <= high + 1e-9 for number in numbers)


@pytest.mark.parametrize("span", [3, 10 * MS, 700 * MS, 20 * S, 1369 * S, 10**14])
def test_a_time_axis_has_a_few_round_instants_that_read_differently(span):
    instants, step = ticks(7, 7 + span)

    assert 1 <= len(instants) <= 10
    assert len({seconds(at, step) for at in instants}) == len(instants)


def test_outcomes_have_the_colour_of_what_they_mean():
    run = example()
    view, verdict = View(run.plan, run.trace), run.verdicts[0]
    pages = [picture(view, EXPECTATIONS[0], replace(verdict, outcome=outcome)) for outcome in Outcome]

    assert len({re.search(r'<rect x="16.0" y="12.0"[^>]*fill="([^"]*)"', page)[1] for page in pages}) == 5
