"""Text from outside is shown as it is and obeyed by no page."""

from unicodedata import bidirectional, category
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from robot.model import Tags
from robot.utils import html_escape, html_format
from robot.variables import Variables

from bench.report.text import documentation, exact, line, markup, setting, tag

DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
HOSTILE = (
    "<script>alert(1)</script>",
    "*HTML*<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${x} @{y} &{z} %{HOME} ${{1 + 1}}",
    r"C:\new\${x}\\",
    "javascript://%0aalert(1)",
    "[javascript:alert(1)|click] [x|http://h/y.png]",
    "http://h/y.png",
    "]]> &amp; --> \x00\x1b[31m\u202eevil\ud800",
    "| a | b |",
    "robot:skip",
)
# What an attacker writes is made of these pieces; plain random text would hardly ever hit one.
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=4).map("".join)


@given(texts)
def test_a_line_is_one_line_without_control_or_direction_characters(text):
    shown = line(text)

    assert len(shown.splitlines()) <= 1
    assert not any(category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert not any(bidirectional(character) in DIRECTIONS for character in shown)


@given(texts)
def test_robot_makes_neither_link_nor_html_of_a_line(text):
    shown = line(text)

    assert not shown.startswith("*HTML*")
    assert "<" not in html_escape(shown)


@given(texts)
def test_robot_makes_neither_link_nor_picture_of_documentation(text):
    shown = html_format(documentation(text))

    assert "<a" not in shown
    assert "<img" not in shown
    assert "<script" not in shown


@given(texts)
def test_a_setting_comes_out_of_variable_replacement_as_the_line(text):
    assert Variables().replace_string(setting(text)) == line(text)


@given(st.text())
def test_an_exact_text_comes_out_of_variable_replacement_unchanged(text):
    assert Variables().replace_string(exact(text)) == text


@given(texts)
def test_markup_is_the_line_as_xml_text_and_attribute(text):
    element = ElementTree.fromstring(f'<a b="{markup(text)}">{markup(text)}</a>')

    assert (element.text or "") == line(text)
    assert element.get("b") == line(text)


ORDERS = ("robot:skip", "ROBOT:Skip", "robot : skip", "r_o_b_o_t:exclude", "robot:exit-on-failure", "-tag")


@pytest.mark.parametrize("text", ORDERS)
def test_no_tag_of_a_scenario_is_an_order_to_robot(text):
    tags = Tags([tag(text)])

    assert len(tags) == 1
    assert not any(tags.robot(order) for order in ("skip", "exclude", "exit-on-failure"))


def test_an_ordinary_text_is_left_alone():
    text = "Télématique: 12 °C, 50 % — [ok] *bold* _x_"

    assert line(text) == setting(text) == documentation(text) == text
    assert tag("TCU-REQ-112") == "TCU-REQ-112"


def test_a_long_text_is_cut_visibly():
    assert line("x" * 50, 10) == "xxxxxxxxx…"
