"""The page on profiles and its pictures are what the data gives, and its example is a profile."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands.profile import MARK
from bench.lab.profiles import names, profile
from bench.report.profile_page import page
from bench.report.profile_plot import plot

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "profiles.md").read_text("utf-8")


def test_the_page_is_that_of_the_data():
    """`bench profile plot --write docs/profiles` writes it anew."""
    assert PAGE.partition(MARK)[2] == "\n" + page([profile(name) for name in names()], "profiles")


def test_there_is_a_picture_of_each_profile_and_no_other():
    assert sorted(path.name for path in (DOCS / "profiles").iterdir()) == [f"{name}.svg" for name in names()]


@pytest.mark.parametrize("name", names())
def test_a_picture_is_that_of_the_data(name):
    assert (DOCS / "profiles" / f"{name}.svg").read_text("utf-8") == plot(profile(name))


def test_the_example_of_the_page_is_a_profile(tmp_path):
    path = tmp_path / "our_crank.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.S)[1], "utf-8")

    assert profile(path).waveform({"temperature": "cold"}).bounds == (4.25, 12)


def test_every_shape_is_on_the_page():
    from bench.lab.profile_shapes import SHAPES

    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", PAGE.partition(MARK)[0], re.M)
    assert [name for name, _, _ in rows] == list(SHAPES)
    for name, keys, words in rows:
        assert set(SHAPES[name]) <= {*re.findall(r"`(\w+)`", keys + words), "scale"}


def test_list_names_every_profile_and_marks_the_unconfirmed(capsys):
    assert main(["profile", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line.split()[0] for line in lines] == list(names())
    assert [line.split()[0] for line in lines if "UNCONFIRMED" in line] == ["lv124_e11_cold_severe"]


def test_show_gives_the_values_that_hold(capsys):
    assert main(["profile", "show", "iso16750_start", "--set", "level=III", "--set", "cycles=1"]) == 0
    shown = capsys.readouterr().out

    assert "us1: 3 V\n" in shown and "cycles: 1\n" in shown
    assert "to be verified in the standard: ripple_vpp" in shown


def test_plot_draws_one_with_parameters(capsys):
    assert main(["profile", "plot", "iso16750_start", "--set", "level=III"]) == 0

    assert ET.fromstring(capsys.readouterr().out).tag.endswith("svg")


def test_plot_writes_pictures_and_keeps_what_was_written_above(tmp_path, capsys):
    (tmp_path / "waves.md").write_text(f"# By hand\n{MARK}old\n")

    assert main(["profile", "plot", "--write", str(tmp_path / "waves")]) == 0
    text = (tmp_path / "waves.md").read_text("utf-8")
    assert text.startswith(f"# By hand\n{MARK}\n## ") and "waves/lv124_e05.svg" in text and "old\n" not in text
    assert len(list((tmp_path / "waves").glob("*.svg"))) == len(names())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "iso16750_strat"], "did you mean 'iso16750_start'"),
        (["show", "iso16750_start", "--set", "level"], "--set level: no '='"),
        (["plot"], "expected one of NAME and --write DIR"),
        (["plot", "lv124_e05", "--write", "x"], "expected one of NAME and --write DIR"),
    ],
)
def test_a_wrong_use_is_told(words, told, capsys):
    assert main(["profile", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_page_without_the_mark_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "waves.md").write_text("mine\n")

    assert main(["profile", "plot", "--write", str(tmp_path / "waves")]) == 2
    assert (tmp_path / "waves.md").read_text() == "mine\n" and "has no line" in capsys.readouterr().err
