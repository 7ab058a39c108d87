"""`bench restbus`: what is on the bus while it runs, what it says of itself, and how it ends."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_bus import counter, crc_right

from bench.__main__ import main
from bench.commands.restbus import code_of
from bench.model.health import Punctuality
from bench.model.instant import MS, US
from bench.network.database import load
from bench.report.grid import Screen, cut, grid
from bench.report.rates import picture, summary
from bench.run.restbus import FINE, Kept, share

ROOT = Path(__file__).parents[1]
INFO = ROOT / "dbc" / "info.dbc"
LAYOUT = load(INFO)

ROW = (0x123, 100.0, Punctuality("B", "Fast", 10 * MS, 500, 498, 1, 1, 40 * US, 90 * US, 5 * MS))
GOOD = (0x124, 50.0, Punctuality("B", "Slow", 20 * MS, 250, 250, 0, 0, 40 * US, 90 * US, 100 * US))


def kept(*rows, missed=0, skipped=0, lost=0, foreign=0, doubled=()):
    sent = sum(figures.sent for _, _, figures in rows)
    return Kept(
        5_000 * MS, 2, missed, sent, skipped, lost, 40 * US, 90 * US, 5 * MS, 0.5, 0.55, foreign, doubled, rows
    )  # fmt: skip


@pytest.fixture
def ear(request):
    """A second node on the channel of the test."""
    with can.Bus(interface="virtual", channel=request.node.name) as bus:
        yield bus


@pytest.fixture
def restbus(request, capsys):
    """The verb on the channel of the test, until it has ended."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["restbus", str(INFO), "--interface", "virtual", "--channel", request.node.name, *words])
        return code, *capsys.readouterr()

    return run


def heard(bus: can.BusABC) -> list[can.Message]:
    found = []
    while (one := bus.recv(timeout=0)) is not None:
        found.append(one)
    return found


def test_the_rest_of_the_bus_is_sent_with_right_counters_and_crcs(ear, restbus):
    code, said, _ = restbus("--except", "TCU", "--for", "1 s")

    frames = heard(ear)
    messages = {one.id: one for one in LAYOUT.messages}
    expected = {one.id for one in LAYOUT.messages if one.cycle and one.sender != "TCU" and one.cycle <= 200 * MS}
    assert expected <= {one.arbitration_id for one in frames}
    assert "TCU" not in {messages[one.arbitration_id].sender for one in frames}
    for message in messages.values():
        mine = [bytes(one.data) for one in frames if one.arbitration_id == message.id]
        if message.protection is not None:
            numbers = [counter(message.protection, data) for data in mine]
            assert numbers == [turn % message.protection.modulo for turn in range(len(mine))]
            assert all(crc_right(message.protection, data) for data in mine)
    # It counts what is there, and its exit code says what it says.
    sent = int(re.search(r"(\d+) frames in", said)[1])
    assert sent == len(frames)
    assert code == (0 if "every cycle was held" in said else 1)


def test_what_is_set_is_what_is_sent(ear, restbus):
    restbus("--set", "TCU_Status_01.NadState=REGISTERED", "--set", "TCU_Status_01.BackupBatt=55", "--for", "0.2 s")

    layout = LAYOUT.message("TCU_Status_01")
    from bench.network.codec import codec

    (values, *_) = [codec(layout).decode(bytes(one.data)) for one in heard(ear) if one.arbitration_id == layout.id]
    assert (values["NadState"], values["BackupBatt"]) == ("REGISTERED", 55)


def test_it_names_what_it_leaves_out_and_what_to_do_about_it(restbus):
    _, said, errors = restbus("--for", "0.1 s", "--except", "AMP")

    assert "left out, they have no cycle; give one with --cycle-default: " in said
    assert "left out, node AMP is excepted: " in said
    assert errors == ""


def test_one_who_sends_the_same_is_found_out(request, ear, restbus):
    twin = LAYOUT.message("CGW_Veh_01")
    with can.ThreadSafeBus(interface="virtual", channel=request.node.name) as other:
        frame = can.Message(arbitration_id=twin.id, is_extended_id=False, data=bytes(twin.length), is_fd=twin.fd)
        task = other.send_periodic(frame, 0.01)
        _, said, _ = restbus("--for", "0.5 s")
        task.stop()

    assert re.search(r"\d+ frames of others", said)
    assert "sent by somebody else too: CGW_Veh_01; leave the node that is there out with --except" in said


WRONG = [
    (["--for", "5"], "--for: '5' is not a duration"),
    (["--for", "0 s"], "expected more than nothing"),
    (["--cycle-default", "fast"], "--cycle-default: 'fast' is not a duration"),
    (["--except", "TCX"], "did you mean 'TCU'?"),
    (["--bitrate", "-1"], "--bitrate -1: expected bit/s"),
    (["--option", "rx_queue=1"], "no option 'rx_queue' of virtual"),
    (["--option", "nothing"], "expected NAME=VALUE"),
    (["--interface", "virtul"], "no interface 'virtul'; did you mean 'virtual'?"),
    (["--interface", "socketcan", "--channel", ""], "--channel is missing: socketcan needs one"),
    (
        ["--except", "CGW", "--except", "IVI", "--except", "TCU", "--except", "AMP", "--except", "RVC"],
        "nothing is to be",
    ),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_wrong_input_is_told_in_one_error_and_nothing_is_sent(ear, restbus, words, told):
    code, said, errors = restbus(*words)

    assert (code, said) == (2, "")
    assert told in errors
    assert "Traceback" not in errors
    assert heard(ear) == []


def test_a_database_that_cannot_be_used_is_one_error(tmp_path, capsys):
    broken = tmp_path / "broken.dbc"
    broken.write_text('VERSION ""\nBS_:\nBU_: A\nBO_ 1 M: 8 A\n SG_ S : 0|9@1+\n')

    assert main(["restbus", str(broken), "--interface", "virtual"]) == 2
    assert str(broken) in capsys.readouterr().err


def test_a_damaged_database_is_used_after_a_repair_that_is_listed(tmp_path, capsys, request):
    damaged = tmp_path / "damaged.dbc"
    damaged.write_text('VERSION ""\nBS_:\nBU_: A\nBO_ 419360819 M: 8 A\n SG_ S : 0|8@1+ (1,0) [0|255] "" A\n')
    words = ["restbus", str(damaged), "--interface", "virtual", "--channel", request.node.name]
    words += ["--cycle-default", "100 ms", "--for", "0.5 s"]
    refused = main(words), capsys.readouterr().err
    with can.Bus(interface="virtual", channel=request.node.name) as bus:
        main([*words, "--repair"])
        frames = heard(bus)

    assert refused[0] == 2
    assert f"{damaged}:4: " in capsys.readouterr().err
    assert {(one.arbitration_id, one.is_extended_id) for one in frames} == {(419360819, True)}


def test_the_exit_code_says_whether_all_cycles_were_held():
    assert code_of(kept(GOOD)) == 0
    assert code_of(kept(ROW, missed=1, skipped=1)) == 1


def test_the_summary_begins_with_a_verdict_and_shows_who_was_not_held():
    good = summary(kept(GOOD))
    poor = summary(kept(ROW, GOOD, missed=1, skipped=1, lost=1, foreign=3, doubled=("Fast",)))

    assert good[0].startswith("every cycle was held: 250 frames in 5.0 s (50 frames/s), load 50.0%")
    assert poor[0].startswith("1 of 2 cycles not held: ")
    assert "1 skipped, 1 lost, 3 frames of others" in poor[0]
    assert " ".join(poor[3].split()) == "0x123 Fast 10 ms 99.6 498 0.04 ms 0.09 ms 5.00 ms 1 1"
    assert "somebody else too: Fast" in poor[-1]


def test_a_picture_has_as_many_rows_as_it_was_given_and_counts_the_others():
    lines = picture(kept(ROW, missed=1, skipped=1))

    assert "load 55.0%" in lines[0]
    assert lines[2].startswith("0x123")
    assert lines[-1] == "\N{HORIZONTAL ELLIPSIS} and 1 message more"


@given(st.lists(st.integers(0, 20 * MS), min_size=1, max_size=200), st.integers(1, 100))
def test_a_share_of_the_latenesses_is_right_to_within_a_class(latenesses, percent):
    classes: dict[int, int] = {}
    for one in latenesses:
        classes[one // FINE] = classes.get(one // FINE, 0) + 1
    exact = sorted(latenesses)[-(-percent * len(latenesses) // 100) - 1]

    assert 0 < share(classes, len(latenesses), percent) - exact <= FINE


class TestOnATerminal:
    """Lines that are drawn anew in their place."""

    def test_columns_are_aligned_and_wide_letters_take_two(self):
        assert grid([["a", "1"], ["bcd", "22"]], " r") == ["a     1", "bcd  22"]
        assert cut("x" * 20, 10) == "x" * 9 + "\N{HORIZONTAL ELLIPSIS}"
        assert cut("漢" * 6, 10) == "漢" * 4 + "\N{HORIZONTAL ELLIPSIS}"
        assert cut("short", 10) == "short"

    def test_a_second_picture_goes_over_the_first_and_both_can_be_taken_away(self):
        stream = StringIO()
        screen = Screen(stream)
        screen.show(["one", "two"])
        screen.show(["three"])
        screen.clear()

        assert stream.getvalue() == "one\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[2A\rthree\x1b[K\n\x1b[J\x1b[1A\r\x1b[J"

    def test_what_does_not_fit_is_counted(self):
        stream = StringIO()
        Screen(stream).show([str(number) for number in range(100)])

        assert stream.getvalue().count("\n") == 39
        assert "\N{HORIZONTAL ELLIPSIS} and 62 lines more" in stream.getvalue()

    def test_the_table_is_live_and_ctrl_c_ends_it_with_the_summary(self):
        terminal, end = os.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "bench", "restbus", str(INFO), "--interface", "virtual"], cwd=ROOT,
            stdout=end, stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"},
        ) as process:  # fmt: skip
            os.close(end)
            shown = b""
            with contextlib.suppress(OSError):  # EIO: the bench has left the terminal
                while b"1 s: " not in shown:
                    shown += os.read(terminal, 4096)
                process.send_signal(signal.SIGINT)
                while some := os.read(terminal, 4096):
                    shown += some
            errors = process.stderr.read()
        os.close(terminal)

        assert errors == b""
        assert b"\x1b[K" in shown
        assert process.returncode in (0, 1)
        assert (b"every cycle was held" if process.returncode == 0 else b"cycles not held") in shown
