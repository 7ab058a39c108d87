"""The SCPI front: spellings, parameters, errors, status and the exchange of messages, on the model of a supply."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.lab.headers import header, spellings
from bench.lab.models import meter_dialects, supply_dialects
from bench.lab.models.meter import Meter
from bench.lab.models.supply import Supply
from bench.lab.parameters import Limits, nanoseconds, number
from bench.lab.scpi import Dialogue, at_the_panel
from bench.lab.status import ERRORS
from bench.model.instant import MS, S

SUPPLIES = [(Supply, name, row) for name, one in supply_dialects.DIALECTS.items() for row in one.rows]
METERS = [(Meter, name, row) for name, one in meter_dialects.DIALECTS.items() for row in one.rows]


class Bench:
    """A model with a clock that is moved by hand."""

    def __init__(self, make=Supply, dialect="generic"):
        self.now = 0
        self.model = make(lambda: self.now, dialect)

    def ask(self, line):
        """Write, go where the answer is, read it."""
        self.model.write(line)
        while not (answer := self.model.read()):
            due = self.model._dialogue.due()
            assert due is not None, f"no answer will come to {line!r}"
            self.now = max(self.now, due)
        return answer.decode().rstrip("\n")

    def errors(self):
        """All errors in the queue, by their numbers."""
        found = []
        while (one := self.ask("SYST:ERR?")) != '0,"No error"':
            found.append(int(one.partition(",")[0]))
        return found


@pytest.fixture
def bench():
    return Bench()


@st.composite
def written(draw, pattern):
    """A header as somebody may write it: optional nodes in or out, short or long, in any case. Made by hand."""
    nodes = []
    for optional, word in re.findall(r"(\[?):?(\*?[A-Za-z]+):?\]?", pattern):
        if optional and draw(st.booleans()):
            continue
        short = re.sub("[a-z]", "", word)
        spelled = draw(st.sampled_from([word, short]))
        nodes.append("".join(draw(st.sampled_from([c.upper(), c.lower()])) for c in spelled))
    nodes = nodes or [re.findall("[A-Z]+", pattern)[0]]
    return draw(st.sampled_from(["", ":"])) + ":".join(nodes)


@given(st.data())
def test_short_long_optional_and_case_are_one_header(data):
    make, dialect, row = data.draw(st.sampled_from(SUPPLIES + METERS))
    front = make(lambda: 0, dialect).front
    asks = any(front._ask.get(path) for path in spellings(row.header))
    plain = re.sub(r"[\[\]]", "", row.header).strip(":")

    path, _, _ = header(data.draw(written(row.header)), ())

    assert front.command(path, asks) is front.command(header(plain, ())[0], asks)


def test_no_dialect_has_two_features_under_one_header():
    for dialect in (*supply_dialects.DIALECTS.values(), *meter_dialects.DIALECTS.values()):
        seen = {}
        for row in dialect.rows:
            for path in spellings(row.header):
                assert seen.setdefault(path, row.feature) == row.feature, (dialect.name, path)


@given(st.text(max_size=60))
def test_any_text_is_survived_and_the_instrument_still_answers(text):
    bench = Bench()

    bench.model.write(text)
    bench.now = 1000 * S

    bench.model._dialogue.clear()
    assert bench.ask("*IDN?").startswith("ecubench,")


@given(st.text(st.characters(exclude_characters=";\"'()", exclude_categories=["Cs"]), max_size=40))
def test_a_line_that_is_no_command_leaves_exactly_one_error(rest):
    """What begins with no mnemonic of ours is a command error, whatever comes after it."""
    bench = Bench()

    bench.model.write("QX" + rest.replace("\n", "").replace("\r", "") + ";VOLT 5")

    assert len(found := bench.errors()) == 1
    assert -200 < found[0] <= -100
    assert bench.ask("VOLT?") == "0.000000E+00"  # the rest of the line goes with it


@given(st.integers(-400_000, 400_000))
def test_a_number_means_the_same_in_any_unit_and_form(microvolts):
    forms = [
        f"{microvolts}E-6",
        f"{microvolts} uV",
        f"{microvolts / 1000}mV",
        f"{microvolts / 1e6:.6f}",
        f"{microvolts}E-9 KV",
    ]

    assert len({number(form, "V", None) for form in forms}) == 1


@given(st.integers(0, 10**13))
def test_a_duration_is_read_to_the_nanosecond(ns):
    whole, rest = divmod(ns, S)

    assert nanoseconds(f"{whole}.{rest:09d}", None) == ns
    assert nanoseconds(f"{ns} ns", None) == ns


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("VOLT", -109),
        ("VOLT 1,2", -108),
        ("VOLT 5 A", -131),
        ("VOLT five", -104),
        ("VOLT 5x5", -121),
        ("VOLT 61", -222),
        ("VOLT -0.001", -222),
        ("VOLT:MODE BANANA", -224),
        ("VOLTS 5", -113),
        ("VOLT2 5", -114),
        ("MEAS:VOLT 5", -113),
        ("OUTPUTPROTECTION ON", -112),
        ("VOLT 'five", -151),
        ("VOLT (@1", -170),
        ("VOLT 5,,6", -102),
        ("5", -101),
        ("VOLT: 5", -102),
        ("*RST 1", -108),
        ("*TRG", -211),
        ("*ESE 256", -222),
        ("VOLT? 3", -108),
        ("VOLT 1e999", -222),
        ("IN\u00e9T", -101),
    ],
)
def test_each_mistake_has_its_number(bench, line, code):
    bench.model.write(line)

    assert bench.errors() == [code]


def test_min_max_and_def_are_told_and_taken(bench):
    assert (bench.ask("VOLT? MAX"), bench.ask("VOLT? MINimum")) == ("6.000000E+01", "0.000000E+00")

    bench.model.write("CURR MIN")

    assert bench.ask("CURR?;:CURR? DEF") == "0.000000E+00;5.000000E+01"
    assert Limits(1, 2, 3).word("UP") is None


def test_a_unit_goes_on_where_the_one_before_it_was(bench):
    """SCPI-99 volume 1, 6.2.4: a colon leads back to the root, a common command leads nowhere."""
    assert bench.ask("VOLT:PROT 20;*CLS;PROT:STAT OFF;:VOLT:PROT?;PROT:STAT?") == "2.000000E+01;0"
    assert bench.errors() == []


def test_after_an_execution_error_the_line_goes_on_and_after_a_command_error_it_does_not(bench):
    bench.model.write("VOLT 99;CURR 3")
    bench.model.write("VOLTS 9;CURR 4")

    assert bench.errors() == [-222, -113]
    assert bench.ask("CURR?") == "3.000000E+00"


def test_a_full_queue_says_so_in_its_last_place(bench):
    for _ in range(30):
        bench.model.write("NONSENSE")

    assert bench.ask("SYST:ERR:COUN?") == "20"
    assert bench.errors() == [-113] * 19 + [-350]


def test_no_error_has_words_that_would_break_its_answer(bench):
    bench.model.write('NON"SENSE\x01"')

    assert re.fullmatch(r'-\d+,"[^"]*"', bench.ask("SYST:ERR?"))
    assert all(-500 < code <= 0 and len(words) < 60 for code, words in ERRORS.items())


def test_the_event_register_tells_the_class_of_an_error_once(bench):
    assert bench.ask("*ESR?") == "128"  # switched on
    bench.model.write("NONSENSE")
    bench.model.write("VOLT 99")

    assert [bench.ask("*ESR?"), bench.ask("*ESR?")] == ["48", "0"]


def test_the_status_byte_sums_up_what_its_masks_let_through(bench):
    assert bench.ask("*ESR?;*ESE 32;*SRE 32;*STB?") == "128;0"

    bench.model.write("NONSENSE")

    assert bench.ask("*STB?") == str(4 + 32 + 64)
    bench.model.write("*CLS")
    assert bench.ask("*ESE?;*SRE?;*STB?") == "32;32;0"


def test_an_answer_that_nobody_read_is_lost_and_told(bench):
    bench.model.write("VOLT 7")
    bench.model.write("VOLT?")

    assert bench.ask("CURR?") == "5.000000E+01"
    assert bench.errors() == [-410]


def test_a_measurement_that_is_interrupted_keeps_nothing_waiting(bench):
    """Switching off must not wait for a reading that nobody wants any more."""
    bench.model.write("VOLT 12;:OUTP ON")
    bench.model.write("MEAS:VOLT?;:CURR 5")
    bench.model.write("OUTP OFF")

    assert bench.model.output(0) == 0.0
    assert bench.ask("CURR?") == "5.000000E+00"
    assert bench.errors() == [-410]


def test_reading_without_a_question_is_a_query_error(bench):
    assert bench.model.read() == b""

    assert bench.errors() == [-420]


def test_without_message_exchange_lines_queue_up(bench):
    """As on a raw socket: what was asked is answered in order, however late it is read."""
    talk = Dialogue(bench.model.front, exchange=False)
    talk.write("VOLT 3;VOLT?")
    talk.write("MEAS:VOLT?")
    talk.write("CURR 2;CURR?")

    assert list(talk.output) == [b"3.000000E+00\n"]
    bench.now = talk.due()
    talk.advance()
    assert [line[-13:] for line in talk.output][2] == b"2.000000E+00\n"
    assert bench.errors() == []


def test_waiting_holds_up_what_follows_until_the_very_instant(bench):
    """*WAI: the second voltage is set when the first edge has ended, however late somebody looks."""
    bench.model.write("VOLT:SLEW 1000;:OUTP ON")
    bench.model.write("VOLT 10;*WAI;VOLT 20")

    bench.now = 1 * S
    bench.model._dialogue.advance()

    assert bench.model.recorded(0, 30 * MS).value(10 * MS) == pytest.approx(10)
    assert bench.model.recorded(0, 30 * MS).value(15 * MS) == pytest.approx(15)


def test_operation_complete_comes_with_the_end_of_the_edge(bench):
    bench.model.write("*CLS;VOLT:SLEW 1000;:OUTP ON;VOLT 10;*OPC")

    seen = []
    for bench.now in (0, 10 * MS - 1, 10 * MS):
        seen.append(bench.ask("*ESR?"))

    assert seen == ["0", "0", "1"]
    bench.model.write("VOLT 0")
    assert (bench.ask("*OPC?"), bench.now) == ("1", 20 * MS)


def test_the_operation_register_latches_what_begins(bench):
    bench.ask("STAT:OPER?;*ESR?")
    bench.model.write("STAT:OPER:ENAB 256;*SRE 128;:VOLT 5;:OUTP ON")

    assert bench.ask("*STB?") == str(128 + 64)
    assert int(bench.ask("STAT:OPER:EVEN?")) & 256
    assert bench.ask("*STB?") == "0"


def test_local_lock_out_leaves_the_front_panel_dead(bench):
    front = bench.model.front
    assert at_the_panel(front, "VOLT 1")
    bench.ask("*IDN?")  # a remote line takes control
    assert not at_the_panel(front, "VOLT 2")
    assert front.local_key()
    assert at_the_panel(front, "VOLT 3")

    bench.model.write("SYST:RWL")

    assert not front.local_key()
    assert not at_the_panel(front, "VOLT 4")
    assert bench.ask("SYST:COMM:RLST?;:VOLT?") == "RWL;3.000000E+00"
    bench.model.write("SYST:LOC")
    assert at_the_panel(front, "VOLT 5")


def test_reset_brings_back_what_a_new_one_has(bench):
    new = bench.ask("VOLT?;CURR?;:OUTP?;VOLT:PROT?;SLEW?;:LIST:VOLT?")
    bench.model.write("VOLT 9;CURR 1;:OUTP ON;VOLT:PROT 12;SLEW 5;:LIST:VOLT 1,2")

    bench.model.write("*RST")

    assert bench.ask("VOLT?;CURR?;:OUTP?;VOLT:PROT?;SLEW?;:LIST:VOLT?") == new


def test_answers_of_a_line_come_as_one_in_order(bench):
    bench.model.write("VOLT 1;CURR 2")

    assert bench.ask("VOLT?;CURR?;*OPC?;:OUTP?") == "1.000000E+00;2.000000E+00;1;0"


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
def test_settings_are_read_back_as_they_were_written(microvolts):
    bench = Bench()
    answers = [bench.ask(f"VOLT {one}E-6;VOLT?") for one in microvolts]

    assert [round(float(answer) * 1e6) for answer in answers] == microvolts
    assert all(a == b for (a, b), (m, n) in zip(pairwise(answers), pairwise(microvolts), strict=True) if m == n)
