"""`bench monitor`: files of every kind and a live bus, decoded or raw; nothing is lost in silence, nothing obeyed."""

import re
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import can
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.__main__ import main
from bench.errors import BenchError
from bench.model.frame import Frame
from bench.model.instant import MS, S
from bench.model.layout import BusLayout, MessageLayout, SignalLayout
from bench.model.plan import InterfacePlan
from bench.network.codec import codec
from bench.network.database import load
from bench.report.sightings import Known, Sightings, row, table, tally
from bench.report.text import BREAK
from bench.wire.listening import listen
from bench.wire.recording import Heard, read

ROOT = Path(__file__).parents[1]
INFO = ROOT / "dbc" / "info.dbc"
LAYOUT = load(INFO)
STATUS = LAYOUT.message("TCU_Status_01")
KINDS = ["asc", "blf", "csv", "db", "log", "trc"]
EPOCH = 1_700_000_000

PLAIN = BusLayout("B", 500_000, 0, (), ())


def status(state: str) -> bytes:
    return codec(STATUS).encode({"NadState": state})


def recording(folder: Path, kind: str) -> Path:
    """Ten frames of the TCU's status at 100 ms, and one frame in between that nobody knows."""
    path = folder / f"drive.{kind}"
    with can.Logger(path) as log:
        for turn in range(10):
            data = status("REGISTERED" if turn >= 5 else "SEARCH")
            log.on_message_received(
                can.Message(
                    timestamp=EPOCH + turn / 10, arbitration_id=STATUS.id, is_extended_id=False, data=data, channel=0
                )
            )
            if turn == 4:
                log.on_message_received(
                    can.Message(timestamp=EPOCH + 0.45, arbitration_id=0x1ABCDEF0, data=b"\x01\x02", channel=0)
                )
    return path


@pytest.fixture
def monitor(capsys):
    def run(*words: str | Path) -> tuple[int, str, str]:
        code = main(["monitor", *map(str, words)])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_of_any_kind_is_decoded_and_nothing_of_it_is_lost(monitor, tmp_path, kind):
    code, said, errors = monitor(recording(tmp_path, kind), "--dbc", INFO)

    assert (code, errors) == (0, "")
    (known,) = [line.split() for line in said.splitlines() if "TCU_Status_01" in line]
    assert known[known.index("TCU_Status_01") + 1 :][:5] == ["10", "100", "ms", "100", "ms"]
    assert "    NadState 'REGISTERED'" in said
    assert re.search(r"0x1ABCDEF0 +1 +2 +01 02", said)
    assert said.splitlines()[-1] == "11 frames of 2 ids in 900 ms"


def test_a_recording_is_followed_frame_by_frame(monitor, tmp_path):
    _, said, _ = monitor(recording(tmp_path, "blf"), "--dbc", INFO, "--follow")

    lines = said.splitlines()
    assert len(lines) == 12
    assert lines[0].split()[:5] == ["0.000000", "0", "0x324", "TCU_Status_01", f"[{STATUS.length}]"]
    assert "NadState 'SEARCH'" in lines[0]
    assert lines[5].split() == ["0.450000", "0", "0x1ABCDEF0", "-", "[2]", "01", "02"]


@pytest.mark.parametrize(
    ("only", "frames"), [("TCU_Status_01", 10), ("TCU_*", 10), ("0x324", 10), ("804", 10), ("0x1ABCDEF0", 1)]
)
def test_only_some_are_shown_by_name_or_id_and_the_others_counted(monitor, tmp_path, only, frames):
    code, said, _ = monitor(recording(tmp_path, "blf"), "--dbc", INFO, "--only", only)

    assert code == 0
    assert said.splitlines()[-1].startswith(f"{frames} frames of 1 ids")
    assert said.endswith(f"{11 - frames} frames not asked for\n")


def test_a_recording_can_be_shown_in_part(monitor, tmp_path):
    _, said, _ = monitor(recording(tmp_path, "blf"), "--for", "0.4 s")

    assert said.splitlines()[-1] == "4 frames of 1 ids in 300 ms"


def test_nothing_seen_is_not_success(monitor, tmp_path):
    code, said, _ = monitor(recording(tmp_path, "blf"), "--only", "0x7FF")

    assert code == 1
    assert said == "0 frames of 0 ids in 0 s, 11 frames not asked for\n"


def test_what_came_before_the_damage_is_shown_and_then_the_damage(monitor, tmp_path):
    path = recording(tmp_path, "log")
    path.write_text(path.read_text() + "(1700000001.000000) can0 32X#00\n")
    code, said, errors = monitor(path)

    assert code == 2
    assert "11 frames of 2 ids" in said
    assert errors.startswith(f"{path}: damaged after 11 frames: ")
    assert len(errors.splitlines()) == 1


def test_lines_that_a_reader_leaves_out_are_counted(monitor, tmp_path):
    path = recording(tmp_path, "trc")
    lines = path.read_text().splitlines()
    lines[-1] = lines[-1][:20]
    path.write_text("\n".join(lines))
    code, said, errors = monitor(path)

    assert (code, errors) == (0, "")
    assert said.splitlines()[-1].endswith("1 unreadable")


def test_error_frames_are_counted(monitor, tmp_path):
    path = tmp_path / "errors.blf"
    with can.Logger(path) as log:
        for turn in range(2):
            log.on_message_received(can.Message(timestamp=EPOCH + turn, is_error_frame=True, channel=0))

    assert monitor(path)[:2] == (1, "0 frames of 0 ids in 1 s, 2 error frames\n")


WRONG = [
    ((), "takes either a file or --interface; found none"),
    (("{blf}", "--interface", "virtual"), "takes either a file or --interface; found both"),
    (("{none}",), "none.blf: no such file"),
    (("{odd}",), "odd.xyz: no reader for this kind of file; expected one of .asc, .blf"),
    (("{empty}",), "empty.blf: damaged after 0 frames"),
    (("{blf}", "--only", "TCU_Statsu_01", "--dbc", str(INFO)), "did you mean 'TCU_Status_01'?"),
    (("{blf}", "--only", "TCU_Status_01"), "a name needs --dbc"),
    (("{blf}", "--dbc", "{odd}"), "odd.xyz"),
    (("{blf}", "--for", "3"), "--for: '3' is not a duration"),
    (("--interface", "virtul"), "did you mean 'virtual'?"),
    (("--interface", "slcan"), "--channel is missing: slcan needs one"),
    (("--interface", "slcan", "--channel", "/dev/null/none"), "cannot be opened"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_wrong_input_is_one_error_with_what_to_do(monitor, tmp_path, words, told):
    places = {name: str(tmp_path / f"{name}.{kind}") for name, kind in
              {"none": "blf", "odd": "xyz", "empty": "blf"}.items()}  # fmt: skip
    for name in ("odd", "empty"):
        Path(places[name]).touch()
    places["blf"] = str(recording(tmp_path, "blf"))

    code, said, errors = monitor(*(word.format(**places) for word in words))

    assert (code, said) == (2, "")
    assert told in errors
    assert len(errors.splitlines()) == 1


def test_a_recording_that_needs_a_package_says_which(monitor, tmp_path):
    pytest.importorskip("can")
    try:
        import asammdf  # noqa: F401

        pytest.skip("asammdf is installed")
    except ImportError:
        (tmp_path / "a.mf4").touch()
    code, _, errors = monitor(tmp_path / "a.mf4")

    assert code == 2
    assert "needs the package asammdf" in errors


def test_a_live_bus_is_listened_to_until_the_time_is_over(monitor, request):
    """Somebody sends all the while; what is sent before the monitor listens is nobody's business."""
    enough = Event()

    def send() -> None:
        with can.Bus(interface="virtual", channel=request.node.name) as bus:
            while not enough.wait(0.002):
                bus.send(can.Message(arbitration_id=STATUS.id, is_extended_id=False, data=status("DENIED")))

    sender = Thread(target=send)
    sender.start()
    try:
        words = ["--interface", "virtual", "--channel", request.node.name, "--dbc", INFO, "--for", "0.4 s"]
        code, said, errors = monitor(*words)
    finally:
        enough.set()
        sender.join()

    assert (code, errors) == (0, "")
    assert "NadState 'DENIED'" in said
    assert re.search(r"^\d+ frames of 1 ids", said.splitlines()[-1])


@pytest.mark.parametrize(
    "plan",
    [
        InterfacePlan("B", "virtual", ("listening",)),
        InterfacePlan("B", "udp_multicast", ("ff11:6563:7562:656e:6368::2",), (("hop_limit", 0),)),
    ],
    ids=lambda plan: plan.interface,
)
def test_what_is_sent_is_heard_and_silence_is_told(plan):
    if plan.interface == "udp_multicast":
        pytest.importorskip("msgpack")
    frame = Frame(0x1ABCDEF0, bytes(range(8)), extended=True)
    heard = listen(plan, PLAIN, 0, 1 * MS)
    try:
        assert next(heard) is None  # it has opened the interface and hears nothing
    except Exception as error:
        if plan.interface == "udp_multicast" and "Address family" in str(error):
            pytest.skip(f"this host has no IPv6: {error}")
        raise
    with can.Bus(interface=plan.interface, channel=plan.channels[0], **dict(plan.options)) as bus:
        bus.send(can.Message(arbitration_id=frame.id, data=frame.data))
        first = next(one for one in heard if one is not None)
    heard.close()

    assert first.frame == frame


# ---- what is made of it -----------------------------------------------------------------------------------------


HOSTILE = "\x1b[2J\x1b]0;title\x07\r\n*HTML*<b>"


def seen(*frames: tuple[int, Frame], known: Known | None = None, only: tuple[str, ...] = ()) -> Sightings:
    sightings = Sightings(known or Known(), only)
    for at, frame in frames:
        sightings.take(Heard(at, "", frame))
    return sightings


@given(st.lists(st.tuples(st.integers(1, 10 * S), st.integers(1, 3)), min_size=1, max_size=50))
def test_count_period_and_longest_gap_are_those_of_the_stamps(steps):
    at, frames, stamps = 0, [], {}
    for step, identifier in steps:
        at += step
        frames.append((at, Frame(identifier)))
        stamps.setdefault(identifier, []).append(at)
    found = seen(*frames).seen

    for identifier, ats in stamps.items():
        one = found["", identifier, False]
        assert (one.count, one.first, one.last) == (len(ats), ats[0], ats[-1])
        assert one.longest == max((b - a for a, b in pairwise(ats)), default=0)


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_changed_bytes_are_marked(before, after):
    (one,) = seen((0, Frame(1, before)), (1, Frame(1, after))).seen.values()

    assert one.changed == {n for n, byte in enumerate(after) if before[n : n + 1] != bytes((byte,))}


def test_a_standard_and_an_extended_id_of_one_number_are_two():
    assert len(seen((0, Frame(1)), (1, Frame(1, extended=True))).seen) == 2


MUX = MessageLayout(
    "B", "M", 1, 2, "ONE",
    signals=(
        SignalLayout("Which", 0, 8, is_multiplexer=True),
        SignalLayout("Two", 8, 8, mux="Which", mux_ids=(2,), unit="V"),
        SignalLayout("Three", 8, 8, mux="Which", mux_ids=(3,), unit="A"),
    ),
)  # fmt: skip


def test_of_a_multiplexed_message_each_part_keeps_what_it_said_last():
    known = Known([BusLayout("B", 500_000, 0, (), (MUX,))])
    found = seen((0, Frame(1, b"\x02\x07")), (1, Frame(1, b"\x03\x09")), known=known)

    assert table(found)[2:] == ["    Which 3", "    Two 7 V", "    Three 9 A"]
    assert table(found, columns=80)[2:] == ["    Which 3   Two 7 V   Three 9 A"]


def test_text_from_outside_is_not_obeyed():
    signal = SignalLayout("S", 0, 8, unit=HOSTILE, labels=((1, HOSTILE),))
    hostile = MessageLayout("B", f"M{HOSTILE}", 1, 1, "ONE", signals=(signal,))
    twin = MessageLayout(f"C{HOSTILE}", "N", 1, 1, "ONE")
    known = Known([BusLayout("B", 500_000, 0, (), (hostile,)), BusLayout("C", 500_000, 0, (), (twin,))])
    found = Sightings(known)
    rows = []
    for at, data in enumerate((b"\x01", b"\x02")):
        one = Heard(at, HOSTILE, Frame(1, data))
        rows.append(row(one, 0, found.take(one), known))
    odd = Heard(2, HOSTILE, None, f"no frame: {HOSTILE}")
    rows.append(row(odd, 0, found.take(odd), known))

    for line in [*rows, *table(found), tally(found), *known.remarks]:
        assert line.replace(BREAK, "").isprintable()


def test_two_databases_that_disagree_on_an_id_are_told():
    one, other = (
        BusLayout(name, 500_000, 0, (), (MessageLayout(name, f"M{name}", 0x10, 1, ""),)) for name in ("A", "B")
    )

    assert Known([one, other]).remarks == ["0x010 is A.MA and B.MB; read as the first"]
    assert Known([one, one]).remarks == []


def test_a_short_or_long_or_remote_frame_is_shown_as_far_as_it_goes():
    known = Known([BusLayout("B", 500_000, 0, (), (MUX,))])

    assert known.read(Frame(1, b"\x02")) == {"Which": 2}
    assert known.read(Frame(1, b"\x02\x07\x09")) == {"Which": 2, "Two": 7}
    assert known.read(Frame(1, b"\x02\x07", remote=True)) == {}


PLACE = st.floats(0, 1, exclude_max=True)
"""A place in a file, as a share of its length: that of an ASC file depends on the date."""


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(wrong=st.lists(st.tuples(PLACE, st.integers(0, 255)), min_size=1, max_size=5), end=PLACE | st.just(1))
def test_a_damaged_recording_ends_with_a_named_error_or_with_its_frames(kind, wrong, end, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / f"drive.{kind}"
    whole = bytearray(recording(path.parent, kind).read_bytes())
    for place, byte in wrong:
        whole[int(place * len(whole))] = byte
    path.write_bytes(whole[: int(end * len(whole))])

    try:
        assert len(list(read(path))) <= 30
    except BenchError as error:
        assert str(path) in str(error)


def test_a_recording_of_an_unknown_version_is_not_said_to_lack_a_package(tmp_path, capsys):
    path = tmp_path / "drive.trc"
    path.write_text(";$FILEVERSION=9.9\n;$STARTTIME=43008.9\n;\n      1)         1.0 1     Rx        0100 -  1    00\n")

    assert main(["monitor", str(path)]) == 2
    told = capsys.readouterr().err
    assert str(path) in told
    assert "asammdf" not in told
