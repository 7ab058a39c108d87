"""A conversation with one instrument: what is believed, what is refused, and what a call may cost."""

import socket
import threading
from contextlib import contextmanager

import pytest
import pyvisa
from hypothesis import given
from hypothesis import strategies as st
from scripted_instrument import IDENTITY, Instrument, address, serving

from bench.errors import RigError
from bench.lab.exchange import Broken, Garbled, Question, Stale, ended, next_mark, queries, split
from bench.lab.session import Refused, Session, Stranger
from bench.model.instant import MS, S

TIMEOUT = 500 * MS


@pytest.fixture(scope="module")
def resources():
    """PyVISA over sockets."""
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


@pytest.fixture
def instrument():
    """A supply of which little is asked."""
    return Instrument(
        {"VOLT": "12.5", "CURR": "1"}, {"NEXT?": iter(map(str, range(99))).__next__}, {"DATA?": bytes(range(256))}
    )


@pytest.fixture
def session(resources, instrument):
    """A session with it."""
    with serving(instrument) as port:
        one = Session(resources, address(port), "psu", TIMEOUT)
        yield one
        one.close()


# ---- what is believed -----------------------------------------------------------------------------------------------


def test_an_answer_is_that_of_its_query(session):
    assert session.query("VOLT?") == "12.5"
    assert session.query("CURR?") == "1"


def test_a_line_is_carried_out_and_its_effect_read_in_one_message(session, instrument):
    assert session.change("VOLT 9", "VOLT?") == "9"
    assert instrument.settings["VOLT"] == "9"


def test_a_block_keeps_all_its_bytes(session):
    """Line feeds, semicolons and number signs within it are data."""
    assert session.query_block("DATA?") == bytes(range(256))


def test_the_identity_has_four_fields(session):
    assert str(session.identity) == IDENTITY
    assert session.identity.serial == "SN-17"


def test_what_is_asked_now_can_be_fetched_later(session):
    session.ask("VOLT?", "CURR?")

    assert session.answer() == (b"12.5", b"1")


def test_what_is_asked_in_between_does_not_lose_the_answer(session):
    session.ask("VOLT?")
    assert session.query("CURR?") == "1"

    assert session.answer() == (b"12.5",)


def test_an_answer_is_given_once(session):
    session.ask("VOLT?")
    session.answer()

    with pytest.raises(RigError, match="psu: nothing was asked"):
        session.answer()


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_an_answer_that_is_not_the_same_twice_is_refused(session):
    """A garbled digit is a number too; it is not the same number twice."""
    with pytest.raises(RigError, match="'NEXT\\?' was answered by '0' and then by '1'; expected the same twice"):
        session.query("NEXT?")


def test_an_error_of_the_instrument_is_told_in_its_own_words(session):
    with pytest.raises(Refused, match=r'psu: .VOLTS 3. ended with -113,"Undefined header"'):
        session.write("VOLTS 3")


def test_after_a_refusal_the_conversation_goes_on(session):
    with pytest.raises(Refused):
        session.query("NOTHING?")

    assert session.query("VOLT?") == "12.5"
    assert session.errors() == ()


def test_an_instrument_that_was_switched_off_and_on_is_refused_once(session, instrument):
    session.query("VOLT?")
    instrument.power_cycle()

    with pytest.raises(Refused, match="switched off and on meanwhile; its settings are lost"):
        session.query("VOLT?")
    assert session.query("VOLT?") == "12.5"


def test_another_instrument_at_the_same_address_is_a_stranger(session, instrument):
    session.query("VOLT?")
    session.close()
    instrument.identity = IDENTITY.replace("17", "18")

    for _ in range(2):
        with pytest.raises(Stranger, match=r"now says that it is Acme,Model 1,SN-18,1.0; expected Acme,Model 1,SN-17"):
            session.query("VOLT?")


def test_a_message_that_would_not_fit_is_refused_unsent(session, instrument):
    with pytest.raises(ValueError, match="expected 49152 at most; send less"):
        session.write("VOLT " + ",".join(["1"] * 30_000))


def test_nobody_at_the_address_is_told_as_that(resources):
    with serving(Instrument({})) as port:
        pass  # a port that was free a moment ago

    with pytest.raises(RigError, match=rf"psu: .* TCPIP0::127.0.0.1::{port}::SOCKET .*; expected"):
        Session(resources, address(port), "psu", TIMEOUT).query("VOLT?")


# ---- in bounded time ------------------------------------------------------------------------------------------------


class Counted:
    """A clock that tells how often it was asked, so that a test can see a bound without measuring the machine."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.time = 0

    def __call__(self) -> int:
        self.time += self.step
        return self.time


@contextmanager
def silent():
    """A port that takes everything and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                lines.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)
        for line in lines:
            line.close()


def test_silence_is_given_up_and_told(resources):
    with (
        silent() as port,
        pytest.raises(RigError, match=r"psu: '\*IDN\?' had no valid answer .* expected one within 60 ms"),
    ):
        Session(resources, address(port), "psu", 60 * MS).identity


def test_time_is_up_when_the_clock_says_so(resources, instrument):
    """The bound is that of the clock, whatever the library thinks of its own time-out."""
    with serving(instrument) as port:
        session = Session(resources, address(port), "psu", 1 * S, now=Counted(700 * MS))
        with pytest.raises(RigError, match="no end of the message"):
            session.query("VOLT?")
        session.close()


def test_three_hundred_openings_leave_nothing_behind(resources, instrument):
    """A session that is closed frees its socket."""
    with serving(instrument) as port:
        session = Session(resources, address(port), "psu", TIMEOUT)
        for _ in range(300):
            assert session.query("VOLT?") == "12.5"
            session.close()


# ---- instruments that take one unit at a time -----------------------------------------------------------------------


def test_without_compound_messages_a_query_is_asked_twice(resources):
    instrument = Instrument({"VOLT": "12.5"}, {"NEXT?": iter("0123").__next__}, compound=False)
    with serving(instrument) as port:
        session = Session(resources, address(port), "psu", TIMEOUT, compound=False)
        assert session.change("VOLT 9", "VOLT?") == "9"
        assert str(session.identity) == IDENTITY
        with pytest.raises(RigError, match="expected the same twice"):
            session.query("NEXT?")
        session.close()


def test_files_of_pyvisa_sim_are_instruments_too(tmp_path):
    """Canned answers, as PyVISA-sim has them, with units one by one."""
    (tmp_path / "one.yaml").write_text(
        """
spec: "1.1"
devices:
  psu:
    eom:
      TCPIP INSTR: {q: "\\n", r: "\\n"}
    error: ERROR
    dialogues:
      - {q: "*IDN?", r: "Acme,Canned,SN-1,1"}
    properties:
      voltage:
        default: 1.0
        getter: {q: "VOLT?", r: "{:.3f}"}
        setter: {q: "VOLT {:.3f}"}
        specs: {min: 0, max: 30, type: float}
resources:
  TCPIP0::psu::INSTR:
    device: psu
"""
    )
    resources = pyvisa.ResourceManager(f"{tmp_path / 'one.yaml'}@sim")
    session = Session(resources, "TCPIP0::psu::INSTR", "psu", TIMEOUT, compound=False)

    assert session.identity.model == "Canned"
    assert session.change("VOLT 9.500", "VOLT?") == "9.500"
    session.close()
    resources.close()


# ---- the bytes of an exchange ---------------------------------------------------------------------------------------


def test_a_question_stands_between_two_marks():
    question = Question(("VOLT 5", "VOLT?"), 90)

    assert question.message == "*ESE 90;*ESE?;:VOLT 5;:VOLT?;*ESR?;*ESE?"
    assert question.fields(b"90;5.0;0;90\n").parts == (b"5.0",)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"1;5.0;0;1\n", Stale),
        (b"\n", Stale),
        (b"90;5.0;0;91\n", Garbled),
        (b"90;5.0;0\n", Broken),
        (b"90\n", Broken),
        (b"90;5;0;0;90\n", Garbled),
        (b"90;5.0;256;90\n", Garbled),
        (b"90;5.0;x;90\n", Garbled),
    ],
)
def test_what_is_no_answer_to_a_question_is_not_taken_for_one(answer, error):
    with pytest.raises(error):
        Question(("VOLT?",), 90).fields(answer)


def test_marks_do_not_come_again_for_long():
    seen, mark = [], 0
    for _ in range(255):
        mark = next_mark(mark)
        seen.append(mark)

    assert len(set(seen)) >= 254
    assert 0 not in seen


def test_question_marks_in_texts_ask_nothing():
    assert queries('DISP:TEXT "ready?"') == 0
    assert queries("INST:NSEL 1;:MEAS:VOLT?;:MEAS:CURR?") == 2


parts = st.one_of(
    st.from_regex(r"[0-9A-Z.+-]{0,12}", fullmatch=True).map(str.encode),
    st.from_regex(r'-[0-9]{3},"[ !#-~]{0,20}"', fullmatch=True).map(str.encode),
    st.binary(min_size=0, max_size=300),
)


def wired(part: bytes) -> bytes:
    """A part as it stands on the line: as it is, or as a block."""
    quoted = part.count(b'"') == 2
    plain = part.isascii() and part.decode().isprintable() and not part.startswith(b"#")
    if plain and (quoted or not any(mark in part for mark in b';"')):
        return part.strip()
    return b"#%d%d" % (len(str(len(part))), len(part)) + part


@given(st.lists(parts, min_size=1, max_size=6))
def test_an_answer_falls_into_the_parts_that_it_was_made_of(given):
    line = b";".join(wired(part) for part in given) + b"\n"
    whole = [part if wired(part).startswith(b"#") else part.strip() for part in given]

    assert list(split(line)) == whole
    assert ended(line)
    assert not any(ended(line[:end]) for end in range(len(line)))


@given(st.binary(max_size=80), st.integers(1, 255))
def test_any_bytes_are_an_answer_or_a_named_error(data, mark):
    ended(data)
    try:
        Question(("VOLT?", "VOLT?"), mark).fields(data)
    except (Stale, Garbled):
        return
