"""A broken database becomes one that loads strictly, each change told with its line; a sound one is not touched."""

from pathlib import Path

import pytest
from cantools.database import load_string
from hypothesis import given
from hypothesis import strategies as st

from bench.__main__ import main
from bench.errors import ScenarioError
from bench.network.database import load
from bench.network.parsing import parsed
from bench.network.reader import Reader
from bench.network.repair.repair import repaired
from bench.network.repair.statements import joined, split

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data" / "dbc"
SOUND = """\
VERSION "1"

NS_ :
\tNS_DESC_
\tCM_

BS_:

BU_: A B

BO_ 256 One: 8 A
 SG_ X : 0|8@1+ (0.5,-10) [-10|117.5] "km/h" B
 SG_ Y : 23|16@0- (1,0) [0|0] "" B,A

BO_ 512 Two: 8 B
 SG_ Mode M : 0|8@1+ (1,0) [0|255] "" A
 SG_ P m0 : 8|8@1+ (1,0) [0|255] "" A
 SG_ Q m1 : 8|8@1+ (1,0) [0|255] "" A

CM_ SG_ 256 X "speed; \\"true\\"
BO_ 1 is not here";
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "Kind" ENUM "fast","slow";
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "Kind" "fast";
BA_ "GenMsgCycleTime" BO_ 256 20;
VAL_ 256 X 0 "OFF" 255 "SNA" ;
"""
# Name: what becomes of which text of the sound file; the line, what is wrong and what is done, by their words.
BROKEN = {
    "29 bits without the flag": ("512", "103596083", 15, "no flag of an extended frame", "2251079731"),
    "hexadecimal id": ("256", "0x100", 11, "hexadecimal", "written as 256"),
    "negative id": ("BO_ 512", "BO_ -1743773697", 15, "negative", "2551193599"),
    "name begins with a digit": (" X ", " 0_X ", 12, "'0_X' is no name", "_0_X"),
    "name with a blank": ("SG_ Y", "SG_ Y Z", 13, "'Y Z' is no name", "Y_Z"),
    "name is a keyword": (" X ", " FILTER ", 12, "'FILTER' is no name", "FILTER_"),
    "message named by a digit": ("One", "1st", 11, "'1st' is no name of a message", "_1st"),
    "node named by a digit": ("BU_: A B", "BU_: A B 4WD", 9, "'4WD' is no name of a node", "_4WD"),
    "unused value table": ("VAL_ 256 X", "VAL_ 256 Gone", 27, "which is not there", "taken out: VAL_"),
    "value table of no message": ("VAL_ 256 X", "VAL_ 9 X", 27, "message 9, which is not there", "taken out"),
    "no semicolon": ("65535;", "65535", 22, "no semicolon", "added"),
    "a semicolon too many": ("One: 8 A", "One: 8 A;", 11, "too many", "taken out"),
    "same id": ("BO_ 512 Two", "BO_ 256 Two", 15, "has the id 256 that line 11", "taken out with its signals"),
    "same name": ("512 Two", "512 One", 15, "a second message is named One", "One_200"),
    "same name of a signal": ("SG_ Y", "SG_ X", 13, "a second signal", "X_2"),
    "beyond the message": ("One: 8", "One: 3", 13, "Y reaches beyond the 3 bytes", "taken out"),
    "no bits": ("23|16", "23|0", 13, "has 0 bits", "taken out"),
    "no length of a frame": ("Two: 8", "Two: 9", 15, "has 9 bytes", "it has 12"),
    "longer than any frame": ("Two: 8", "Two: 1785", 15, "has 1785 bytes", "taken out"),
    "overlap": ("23|16", "7|16", 13, "Y shares bits with X", "taken out"),
    "overlap of multiplexed ones": ("Q m1", "Q m0", 18, "Q shares bits with P", "taken out"),
    "no multiplexer": ("Mode M :", "Mode :", 17, "has no multiplexer", "always present"),
    "factor of 0": ("(0.5,-10)", "(0,-10)", 12, "factor 0", "it has 1"),
    "quotes in a comment": ('"speed;', '"the "speed";', 20, "quotes inside", "apostrophes"),
    "comment is not closed": ('is not here";', "is not here", 20, "not closed", "closed"),
    "backslash at the end": ('is not here"', 'is not here\\"', 20, "backslash", "taken out"),
    "node is not declared": ("BU_: A B", "BU_: A", 12, "node B is used and not declared", "added to BU_"),
    "no nodes at all": ("BU_: A B\n", "\n", 11, "node A is used and not declared", "added to BU_"),
    "node is declared twice": ("BU_: A B", "BU_: A, B A", 9, "declared twice", "taken out"),
    "no receiver": ('"km/h" B', '"km/h"', 12, "no receivers", "Vector__XXX"),
    "receivers without commas": ("B,A", "B A", 13, "written in another way", "B,A"),
    "no sender": ("One: 8 A", "One: 8", 11, "no sender", "Vector__XXX"),
    "attribute is not defined": (
        'BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;\n',
        "",
        25,
        "GenMsgCycleTime is used and not defined",
        "defined as INT",
    ),
    "label in place of number": ('256 20;', '256 20;\nBA_ "Kind" BO_ 256 "slow";', 27, "the label 'slow'", "1"),
    "label of no number": ('256 20;', '256 20;\nBA_ "Kind" BO_ 256 2;', 27, "'2' is no value of Kind", "taken out"),
    "bit timing": ("BS_:", "BS_: 500: 1,2", 7, "bit timing", "BS_:"),
    "not a statement": ("BO_ 512", "## second part\nBO_ 512", 15, "no statement: ## second", "taken out"),
    "statement of other tools": ("BU_: A B", "BU_: A B\nCAT_DEF_ 1 Other;", 10, "cannot be read", "taken out"),
    "signal that cannot be read": ("(1,0) [0|0]", "(1;0)", 13, "cannot be read", "taken out"),
    "signal before any message": ("BU_: A B", "BU_: A B\n SG_ X : 0|8@1+ (1,0) [0|0] \"\" B", 10, "without", "out"),
    "NUL": ("(1,0) [0|0]", "(1,0)\0[0|0]", 13, "control characters", "taken out"),
    "no line end": ('VAL_ 256 X 0 "OFF" 255 "SNA" ;\n', "BO_ 3 Last: 8 A", 27, "does not end", "ended"),
    "CR alone": ("\n", "\r", 1, "CR alone", "end with LF"),
}  # fmt: skip

LOADS_ALL_THE_SAME = {
    *("negative id", "name with a blank", "node is not declared", "no nodes at all", "label of no number"),
    "CR alone",
}


def text_of(old: str, new: str) -> str:
    assert SOUND.count(old) >= 1
    return SOUND.replace(old, new)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_loads_after_one_told_repair(name):
    old, new, line, found, done = BROKEN[name]
    broken = text_of(old, new).encode()
    if name not in LOADS_ALL_THE_SAME:
        with pytest.raises(ScenarioError):
            parsed("some.dbc", broken)

    repair = repaired(broken)

    assert parsed("some.dbc", repair.content).messages
    load_string(repair.content.decode(), "dbc", strict=True)  # whoever else reads it takes it too
    told = [(change.line, change.found, change.done) for change in repair.changes]
    assert any(at == line and found in what and done in how for at, what, how in told), told
    assert len(told) <= 3


@pytest.mark.parametrize("name", BROKEN)
def test_a_repair_is_whole_after_one_time(name):
    once = repaired(text_of(*BROKEN[name][:2]).encode()).content

    again = repaired(once)
    assert again.content == once and again.changes == ()


def test_a_sound_file_comes_out_byte_for_byte():
    for content in (
        SOUND.encode(),
        SOUND.replace("\n", "\r\n").encode(),
        SOUND.replace("speed", "Öl").encode("cp1252"),
    ):
        repair = repaired(content)
        assert repair.content == content and repair.changes == ()


@pytest.mark.parametrize("path", [*sorted((ROOT / "dbc").glob("*.dbc")), ROOT / "benchmarks" / "load.dbc"])
def test_the_projects_own_databases_need_no_repair(path):
    assert repaired(path.read_bytes()).content == path.read_bytes()


def test_what_is_said_of_a_renamed_signal_goes_with_it():
    bus = parsed("a", repaired(text_of(" X ", " 0_X ").encode()).content)

    assert bus.message("One").signal("_0_X").labels == ((0, "OFF"), (255, "SNA"))


def test_what_is_said_of_a_renumbered_message_goes_with_it():
    bus = parsed("a", repaired(text_of("256", "103596083").encode()).content)
    one = bus.message("One")

    assert (one.id, one.extended, one.cycle) == (103596083, True, 20_000_000)
    assert one.signal("X").labels == ((0, "OFF"), (255, "SNA"))


def test_what_is_said_of_a_signal_that_goes_goes_too():
    broken = text_of("0|8@1+ (0.5", "80|8@1+ (0.5")
    content = repaired(broken.encode()).content.decode()

    assert "VAL_" not in content and "CM_ SG_" not in content and "GenMsgCycleTime" in content


def test_a_mark_and_mixed_encodings_become_one():
    marked = b"\xef\xbb\xbf" + SOUND.encode()
    mixed = SOUND.encode().replace(b'"km/h"', '"°C"'.encode()).replace(b"true", "wäre".encode("cp1252") + b"\x81")

    assert repaired(marked).content == SOUND.encode()
    assert repaired("\ufeff".encode("utf-16-le") + SOUND.encode("utf-16-le")).content == SOUND.encode()
    repair = repaired(mixed)
    assert parsed("a", repair.content).message("One").signal("X").unit == "°C"
    assert "wäre" in repair.content.decode() and repair.changes[0].line == 20


def test_a_file_that_loads_keeps_its_unusual_ways():
    """Two statements in a line, a message within a comment, indented keywords: odd, and nobody's business."""
    odd = 'BU_: A B BO_ 256 One: 8 A SG_ X : 0|8@1+ (1,0) [0|0] "" B\n\n  CM_ "BO_ 1 X: 8 A\nBO_ 2 Y: 8 A\n";\n'
    assert parsed("a", odd.encode()).messages

    assert repaired(odd.encode(), loads=True).content == odd.encode()


@given(st.text('0123456789 "|@+-,;:()[]\r\n\t\\BOSG_AVLCM', max_size=200))
def test_statements_joined_are_the_text(text):
    assert joined(split(text)) == text


@given(st.integers(0, len(SOUND)), st.integers(0, 20), st.text('0123456789 "|@+-,;:()[]\n\\BOSG_AVLCM', max_size=8))
def test_any_damage_is_repaired_or_left_and_never_breaks(at, length, instead):
    damaged = SOUND[:at] + instead + SOUND[at + length :]

    repair = repaired(damaged.encode())
    assert all(1 <= change.line <= damaged.count("\n") + 1 for change in repair.changes)


# ------------------------------------------------------------------------------------------------------ real databases


@pytest.mark.parametrize(
    ("name", "messages", "signals", "changes"),
    [
        ("chrysler_cusw", 26, 97, 2),
        ("chrysler_pacifica_2017_hybrid_private_fusion", 31, 122, 0),
        ("fca_giorgio", 37, 155, 8),
        ("ford_lincoln_base_pt", 331, 2150, 2),
        ("opel_omega_2001", 11, 38, 0),
        ("psa_aee2010_r3", 107, 429, 17),  # 106 signals belong to no message, and one overlaps
        ("vw_mlb", 145, 1442, 13),
    ],
)
def test_each_real_database_loads_strictly_or_after_its_repairs(
    tmp_path, name, messages, signals, changes, monkeypatch
):
    path = REAL / f"{name}.dbc"
    if not path.exists():
        pytest.skip("the collection of real databases is not beside this checkout")
    monkeypatch.setenv("BENCH_CACHE", "")
    with Reader() as reader:
        mended = reader.repair(str(path), path.read_bytes())
        (tmp_path / "mended.dbc").write_bytes(mended.content)
        bus = load(tmp_path / "mended.dbc", reader=reader)

    assert mended.refusal == ""
    assert len(mended.changes) == changes
    assert (mended.content == path.read_bytes()) is (changes == 0)
    assert (len(bus.messages), sum(len(message.signals) for message in bus.messages)) == (messages, signals)


# ------------------------------------------------------------------------------------------------------------ the verb


def bench_dbc(*words: object) -> int:
    return main(["dbc", *map(str, words)])


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.dbc"
    path.write_text(text_of("512", "103596083"))
    return path


def test_the_verb_says_what_is_wrong_and_what_a_repair_would_do(broken, capsys):
    assert bench_dbc(broken) == 2
    told = capsys.readouterr()

    assert told.out == ""
    lines = told.err.splitlines()
    assert lines[0].startswith(f"{broken}:15: cantools refuses the database")
    assert lines[1] == f"'bench dbc {broken} --repair OUT' knows these repairs; after these it loads:"
    assert lines[2].startswith(f"  {broken}:15: id 103596083 (0x62cc033) has more than 11 bits")


def test_the_verb_writes_a_copy_that_loads(broken, tmp_path, capsys):
    out = tmp_path / "out.dbc"

    assert bench_dbc(broken, "--repair", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("written as 2251079731")
    assert lines[1].startswith(f"{out}: 1 repair; OUT: 500 kbit/s; 2 messages, 5 signals")
    assert load(out).messages


def test_the_verb_shows_what_it_would_add_to_a_database_that_loads(tmp_path, capsys):
    path = tmp_path / "a.dbc"
    path.write_text(text_of("BU_: A B", "BU_: A"))

    assert bench_dbc(path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A: 500 kbit/s; 2 messages")
    assert lines[-1] == f"  {path}:12: node B is used and not declared; added to BU_"


def test_a_sound_file_is_copied_as_it_is(tmp_path, capsys):
    path, out = tmp_path / "a.dbc", tmp_path / "out.dbc"
    path.write_text(SOUND)

    assert bench_dbc(path, "--repair", out) == 0
    assert out.read_bytes() == path.read_bytes()
    assert "nothing to repair" in capsys.readouterr().out


def test_what_cannot_be_repaired_writes_nothing(tmp_path, capsys):
    path, out = tmp_path / "a.dbc", tmp_path / "out.dbc"
    path.write_text("scenario: not_a_database\n")

    assert bench_dbc(path, "--repair", out) == 2
    assert not out.exists()
    assert "no repair is known for this; nothing was written" in capsys.readouterr().err


def test_a_repair_never_writes_over_its_own_file(broken, capsys):
    before = broken.read_bytes()

    assert bench_dbc(broken, "--repair", broken) == 2
    assert broken.read_bytes() == before
    assert bench_dbc("--repair", broken) == 2
    assert "2 databases are named; expected one" in capsys.readouterr().err


def test_one_bad_database_does_not_hide_the_others(broken, capsys):
    assert bench_dbc(broken, ROOT / "dbc" / "pt.dbc") == 2
    told = capsys.readouterr()

    assert told.out.startswith("PT: 500 kbit/s")
    assert "cantools refuses" in told.err
