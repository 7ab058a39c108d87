"""A user's own profile: what it may hold, and that each thing which is wrong with it is told once, with its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.lab.profiles import names, profile
from bench.model.instant import MS, S

GOOD = """\
profile: ours
title: A dip of ours
edition: Platform 3
source: page 12
parameters:
  kind: {choices: [warm, cold], default: warm, confidence: found}
  base: {default: 12 V, range: [9 V, 14 V], confidence: found}
  dip:
    by: kind
    default: {warm: 8 V, cold: 4 V}
    range: [3 V, 12 V]
    confidence: {warm: found, cold: unsure}
  edge: {default: 5 ms, range: [0 ms, 1 s], confidence: default, source: no faster supply}
  n: {default: 2, range: [1, 9], confidence: sure}
demands:
  resistance: {value: 20 mOhm, confidence: found}
segments:
  - repeat:
      times: n
      segments:
        - ramp: {from: base, to: dip, within: edge}
        - hold: {for: 100 ms}
        - ramp: {to: base, slope: 2 V/ms}
      between: [hold: {for: 1 s}]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "ours.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_is_used_by_its_path(written):
    path = written(GOOD)
    one = profile(str(path))
    shape = one.waveform({"kind": "cold", "n": 1})

    assert (one.name, one.title, one.confirmed, one.drives) == ("ours", "A dip of ours", True, "supply")
    assert [shape.value(at * MS) for at in (0, 5, 105, 107, 109)] == [12, 4, 4, 8, 12]
    assert one.waveform().duration == 2 * (5 + 100 + 2) * MS + S
    assert (one.doubts(), one.doubts({"kind": "cold"})) == ((), ("dip",))
    assert profile(path).waveform() == one.waveform()


WRONG = {
    "not there": (None, 1, "cannot be read (No such file or directory); expected a profile in YAML; correct the path"),
    "empty": ("", 1, "is empty or no mapping; expected 'profile: a_name'"),
    "a list": ("- 1\n", 1, "is empty or no mapping"),
    "binary": (b"profile: \xff\n", 1, "cannot be read ('utf-8' codec"),
    "too large": ("#" * 70_000, 1, "is larger than 64 KiB; expected a profile; shorten it"),
    "broken YAML": ("profile: [a\n", 2, "not YAML:"),
    "a control character": ("profile: a\x01\n", 1, "not YAML:"),
    "an alias": ("profile: &a ours\ntitle: *a\n", 1, "an anchor ('&a'); expected plain data; delete it"),
    "a tag": ("profile: !!python/name:os.system x\n", 1, "a tag ('tag:yaml.org,2002:python/name:os.system')"),
    "deep": ("profile: " + "[" * 40 + "]" * 40, 1, "nested deeper than 16"),
    "two documents": ("profile: a\n---\nprofile: b\n", 2, "a second document; expected one profile in a file"),
    "a key twice": ("profile: a\nprofile: b\n", 2, "the key 'profile' again, first in line 1"),
    "a list as a key": ("[a, b]: c\n", 1, "a list or mapping as a key; expected a word before the ':'"),
}
# What is written in place of which words of GOOD -> line and what is told.
CHANGED = {
    "no title": ("title: A dip of ours\n", "", 1, "'title' is missing; expected a word or a number; add it"),
    "an empty edition": ("edition: Platform 3", "edition:", 3, "'edition' is empty; expected a word"),
    "an unknown key": (
        "source: page 12",
        "sauce: page 12",
        4,
        "no key 'sauce'; expected one of profile, .*did you mean 'source'",
    ),
    "a wrong word": (
        "source: page 12",
        "source: page 12\ndrives: car",
        5,
        "'drives' is 'car'; expected one of supply, offset",
    ),
    "no default": ("{default: 12 V, range", "{range", 7, "'default' of 'base' is missing"),
    "no range": (", range: [9 V, 14 V]", "", 7, "'range' of 'base' is missing; expected a list"),
    "a range of three": (
        "[9 V, 14 V]",
        "[9 V, 12 V, 14 V]",
        7,
        "'range' of 'base' has 3 entries; expected [lowest, highest]",
    ),
    "no confidence": ("[9 V, 14 V], confidence: found", "[9 V, 14 V]", 7, "'confidence' of 'base' is missing"),
    "an unknown confidence": (
        "14 V], confidence: found",
        "14 V], confidence: high",
        7,
        "is 'high'; expected one of found, sure",
    ),
    "an unsourced default": (
        ", source: no faster supply",
        "",
        13,
        "'edge' is a default without 'source'; expected the reason",
    ),
    "a number that is none": ("default: 12 V", "default: twelve", 7, "'default' of 'base': 'twelve' is not a number"),
    "an unknown unit": ("default: 12 V", "default: 12 volt", 7, "has the unknown unit 'volt'; the units are %, V"),
    "mixed units": ("[9 V, 14 V]", "[9 s, 14 V]", 7, "'base' is given as voltage and as time; expected one kind"),
    "outside the range": (
        "default: 12 V",
        "default: 20 V",
        7,
        "'default' of 'base' is 20 V, outside its range; expected 9 V to 14 V",
    ),
    "a range turned round": ("[9 V, 14 V]", "[14 V, 9 V]", 7, "'default' of 'base' is 12 V, outside its range"),
    "an option missing": ("{warm: 8 V, cold: 4 V}", "{warm: 8 V}", 10, "'default' of 'dip' for 'cold' is missing"),
    "an unknown option": ("cold: 4 V}", "cold: 4 V, hot: 9 V}", 10, "has no key 'hot'; expected one of warm, cold"),
    "a number as a choice": ("by: kind", "by: base", 9, "'by' of 'dip' is 'base'; expected kind"),
    "a default that is no option": (
        "default: warm",
        "default: hot",
        6,
        "'default' of 'kind' is 'hot'; expected one of warm, cold",
    ),
    "an option twice": ("[warm, cold]", "[warm, cold, warm]", 6, "'choices' of 'kind' names an option twice"),
    "a name that a step takes": (
        "  n: {",
        "  at: {",
        14,
        "'at' is a word of a scenario's step; expected small letters",
    ),
    "a name that is none": ("  n: {", "  N 1: {", 14, "'N 1' is no name of a number; expected small letters"),
    "an unused parameter": ("times: n", "times: 2", 14, "'n' is used by no segment; expected a use"),
    "a demand without a value": ("{value: 20 mOhm, ", "{", 16, "'value' of 'resistance' is missing"),
    "no segments": (
        GOOD[GOOD.index("segments:") :],
        "",
        1,
        "'segments' is missing; expected a list with at least one entry",
    ),
    "an unknown segment": ("- hold:", "- wait:", 22, "no key 'wait'; expected one of hold, ramp, ripple, steps, pulse"),
    "two segments in one": (
        "- hold: {for: 100 ms}",
        "- {hold: {for: 1 s}, ramp: {to: dip, within: edge}}",
        22,
        "a segment of 2 kinds",
    ),
    "a segment that is a word": ("- hold: {for: 100 ms}", "- hold", 22, "a segment is a word; expected a mapping"),
    "an unknown key in a segment": (
        "{for: 100 ms}",
        "{fro: 100 ms}",
        22,
        "'hold' has no key 'fro'.*did you mean 'for'",
    ),
    "a key missing": ("- hold: {for: 100 ms}", "- hold: {at: dip}", 22, "'hold' has no 'for'; expected it; add it"),
    "a time for a voltage": (
        "to: dip",
        "to: edge",
        21,
        "'to' of 'ramp' is 'edge', a time; expected a voltage such as '12.5 V'",
    ),
    "an unknown parameter": (
        "to: dip",
        "to: deep",
        21,
        "is 'deep', neither a parameter nor a number with a unit; the parameters are kind",
    ),
    "a choice for a number": ("to: dip", "to: kind", 21, "'to' of 'ramp' is 'kind', a word; expected a voltage"),
    "both of two": (
        "within: edge",
        "within: edge, slope: 1 V/s",
        21,
        "'ramp' has both 'within' and 'slope'; expected one",
    ),
    "none of two": (", within: edge", "", 21, "'ramp' has none of them; expected one of 'within' and 'slope'"),
    "both pauses": ("times: n", "times: n\n      period: 5 s", 19, "'repeat' has both 'between' and 'period'"),
    "code": ("default: 12 V", "default: __import__('os')", 7, "is not a number; write one such as"),
    "arithmetic": ("for: 100 ms", "for: 2 * edge", 22, "'2 * edge', neither a parameter nor a number"),
    "a stretch of one end": ("source: page 12", "source: page 12\ndetail: [0 s]", 5, "'detail' is not two durations"),
    "a stretch turned round": (
        "source: page 12",
        "source: page 12\ndetail: [2 s, 1 s]",
        5,
        "'detail' is no stretch of time",
    ),
}
# What cannot be drawn: told when it is.
UNDRAWN = {
    "no beginning": (
        "from: base, to: dip, within: edge",
        "to: dip, within: edge",
        21,
        "does not say where it begins; expected 'from'",
    ),
    "a slope of nothing": ("slope: 2 V/ms", "slope: 0 V/ms", 23, "'slope' is 0 or less"),
    "a time that goes back": ("for: 100 ms", "for: -1 ms", 22, "'for' is less than 0 s; expected a duration"),
    "half a time": (
        "default: 2, range: [1, 9]",
        "default: 1.5, range: [1, 9]",
        18,
        "'times' is 1.5; expected a whole number",
    ),
    "more than the bench holds": (
        "default: 2, range: [1, 9]",
        "default: 90000, range: [1, 90000]",
        21,
        "more than 100000 segments",
    ),
    "longer than the bench runs": ("for: 100 ms", "for: 900 h", 22, "takes longer than 1000 h; expected less"),
    "steps of nothing": (
        "- hold: {for: 100 ms}",
        "- steps: {from: 9 V, stages: [{to: 1 V, by: 0 V}], for: 1 s, edge: 1 ms}",
        22,
        "a step is 0 or less",
    ),
    "a flat pulse": (
        "- hold: {for: 100 ms}",
        "- pulse: {from: 9 V, peak: 9 V, rise: 1 ms, width: 9 ms}",
        22,
        "the pulse has no height or no fall",
    ),
    "a sweep that stands": (
        "- hold: {for: 100 ms}",
        "- ripple: {on: dip, vpp: 1 V, frequency: 0 Hz, to: 9 Hz, by: 1 %, for: 1 s}",
        22,
        "'frequency' or 'by' is 0 or less",
    ),
    "a scale of nothing": ("for: 100 ms", "for: 100 ms, scale: 0", 22, "'scale' is 0 or less"),
}


def told(path):
    """What one file is refused with: the line and the words, after it was made sure that there is one message."""
    with pytest.raises(ScenarioError) as refusal:
        one = profile(path)
        one.waveform()
    words = str(refusal.value)
    assert words.count("\n") == 0 and words.startswith(f"{path}:")
    line, _column, rest = words.removeprefix(f"{path}:").split(":", 2)
    return int(line), rest.strip()


def check(path, line, words):
    found, rest = told(path)
    pattern = ".*".join(re.escape(part) for part in words.split(".*"))
    assert found == line and re.search(pattern, rest), (found, rest)
    assert ";" in rest, "what is expected, and what to do"


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_plain_data_is_told_once(case, written, tmp_path):
    text, line, words = WRONG[case]
    check(tmp_path / "none.yaml" if text is None else written(text), line, words)


@pytest.mark.parametrize("case", {**CHANGED, **UNDRAWN})
def test_what_is_wrong_in_a_profile_is_told_once_with_its_place(case, written):
    old, new, line, words = {**CHANGED, **UNDRAWN}[case]
    assert GOOD.count(old) == 1

    check(written(GOOD.replace(old, new)), line, words)


@pytest.mark.parametrize("missing", ["by", "to"])
def test_keys_that_belong_together_come_together(missing, written):
    keys = {"to": "to: 9 Hz", "by": "by: 1 %"}
    ripple = f"- ripple: {{on: dip, vpp: 1 V, frequency: 1 Hz, for: 1 s, {keys['to' if missing == 'by' else 'by']}}}"

    check(
        written(GOOD.replace("- hold: {for: 100 ms}", ripple)), 22, "'ripple' has one of 'to' and 'by'; expected both"
    )


def test_a_profile_that_takes_no_time_is_told(written):
    text = GOOD[: GOOD.index("parameters:")] + "parameters: {n: {default: 1 V, range: [0 V, 9 V], confidence: found}}\n"

    check(
        written(text + "segments: [hold: {at: n, for: 0 s}]\n"), 1, "'ours' takes no time; expected a voltage over time"
    )


SHIPPED = [(profile(name).place.file, name) for name in names()]


@given(st.sampled_from(SHIPPED), st.data())
def test_no_damaged_file_does_more_than_be_refused(tmp_path_factory, file, data):
    """A byte gone, changed or doubled anywhere gives a profile or one error with a place, never anything else."""
    with open(file[0], "rb") as stream:
        content = stream.read()
    at = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 30))
    put = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from([b"", b"}", b"- ", b"0", b": "])))
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_bytes(content[:at] + put + content[at + length :])
    try:
        one = profile(path)
        one.waveform({} if one.confirmed else {"unsure": "accept"})
    except ScenarioError as error:
        assert str(error).startswith((f"{path}:", "profile '"))  # the latter: 'confirmed' was damaged
