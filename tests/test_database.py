"""The shipped databases keep their contract, and the door to cantools gives a layout or one named error."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from cantools.database import load_file
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.__main__ import main
from bench.errors import ScenarioError
from bench.model.instant import MS
from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout
from bench.network import database
from bench.network.document import document
from bench.network.reader import Reader

READER = Reader()
"""One child process for the hundreds of files here."""


def load(path: Path, bus: str | None = None) -> BusLayout:
    return database.load(path, bus, READER)


@pytest.fixture(scope="module", autouse=True)
def one_reader():
    yield
    READER.close()


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Each file is read anew, and the user's cache is left alone."""
    monkeypatch.setenv("BENCH_CACHE", "")


ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared"
FILES = {"PT": ROOT / "dbc" / "pt.dbc", "INFO": ROOT / "dbc" / "info.dbc"}
BUSES = {name: database.load(path) for name, path in FILES.items()}
MESSAGES = [message for bus in BUSES.values() for message in bus.messages]
SIGNALS = [(message, signal) for message in MESSAGES for signal in message.signals]

CONTRACT = """\
PowerMode: 0 OFF 1 ACC 2 RUN 3 CRANK 4 POST_RUN 7 SNA
SelectedGear: 0 P 1 R 2 N 3 D 4 L 7 SNA
VehSpeedQual: 0 INVALID 1 DEGRADED 2 VALID 3 SNA
CrashDetected: 0 NO 1 YES 2 FAULT 3 SNA
CrashType: 0 NONE 1 FRONT 2 REAR 3 LEFT 4 RIGHT 5 ROLLOVER
EngineState: 0 STOPPED 1 CRANKING 2 IDLE 3 RUNNING 4 STOPSTART 7 SNA
ContactorState: 0 OPEN 1 PRECHARGE 2 CLOSED 3 FAULT
DcdcMode: 0 STANDBY 1 BUCK 2 FAULT 3 DERATED
PlugState: 0 UNPLUGGED 1 PLUGGED 2 LOCKED 3 FAULT
ChargeState: 0 IDLE 1 CHARGING 2 COMPLETE 3 SCHEDULED 4 FAULT
EpbState: 0 RELEASED 1 APPLIED 2 APPLYING 3 RELEASING 4 FAULT
CruiseState: 0 OFF 1 STANDBY 2 ACTIVE 3 FAULT
IviState: 0 OFF 1 BOOT 2 EARLY_RVC 3 HMI_READY 4 STANDBY 5 SHUTDOWN 6 UPDATE 7 FAULT
DisplaySource: 0 NONE 1 HOME 2 RVC 3 NAV 4 MEDIA 5 PHONE 6 SAFE
AudioSource: 0 NONE 1 RADIO 2 BT 3 USB 4 PHONE 5 ECALL
VideoLock: 0 FREE 1 LOCKED
CamState: 0 OFF 1 INIT 2 STREAMING 3 FROZEN 4 FAULT
NadState: 0 OFF 1 BOOT 2 SEARCH 3 REGISTERED 4 ROAMING 5 DENIED 6 FAULT
Rat: 0 NONE 1 GSM 2 UMTS 3 LTE 4 NR
FixType: 0 NONE 1 TIME 2 2D 3 3D 4 DR
EcallState: 0 IDLE 1 TRIGGERED 2 DIALLING 3 MSD_SENDING 4 MSD_ACKED 5 VOICE 6 REDIAL 7 CALLBACK_WAIT 8 FAILED 9 TEST
EcallTrigger: 0 NONE 1 MANUAL 2 AUTO 3 TEST
SosTelltale: 0 OFF 1 GREEN 2 RED 3 FLASH
RemoteCmd: 0 NONE 1 LOCK 2 UNLOCK 3 PRECOND_ON 4 PRECOND_OFF 5 HORN_LIGHTS 6 REMOTE_START 7 REMOTE_STOP \
8 CHARGE_START 9 CHARGE_STOP
RemoteResult: 0 IDLE 1 ACCEPTED 2 IN_PROGRESS 3 DONE 4 REJECTED_STATE 5 REJECTED_AUTH 6 REJECTED_REPLAY 7 TIMEOUT
CloudState: 0 OFFLINE 1 CONNECTING 2 ONLINE 3 BACKOFF 4 AUTH_FAIL 5 PRIVACY
OtaState: 0 IDLE 1 DOWNLOADING 2 VERIFYING 3 WAIT_CONSENT 4 INSTALLING 5 ACTIVATING 6 DONE 7 ROLLBACK 8 FAILED
Consent: 0 NONE 1 ACCEPT 2 DEFER 3 REJECT
LoadShedLevel: 0 NONE 1 COMFORT 2 INFOTAINMENT 3 ALL
Locks: 0 UNLOCKED 1 LOCKED 2 DEADLOCKED 3 SNA
TimeQual: 0 NONE 1 RTC 2 GNSS 3 NETWORK
"""
LABELS = dict(line.split(": ") for line in CONTRACT.splitlines())

MINIMAL = """\
VERSION ""
NS_ :
BS_:
BU_: A B
BO_ 256 One: 8 A
 SG_ X : 0|8@1+ (0.5,-10) [-10|117.5] "km/h" B
 SG_ Y : 23|16@0- (1,0) [0|0] "" B,A

BO_ 512 Two: 8 Vector__XXX
 SG_ Z : 0|32@1- (1,0) [0|0] "" Vector__XXX

"""
E2E = """\
BA_DEF_ BO_ "E2EProfile" ENUM "NONE","P01","P02","P05","P07";
BA_DEF_ BO_ "E2EDataId" HEX 0 65535;
BA_DEF_ BO_ "E2EDataIdList" STRING ;
BA_DEF_ SG_ "GenSigStartValue" FLOAT 0 100000;
BA_DEF_DEF_ "E2EProfile" "NONE";
BA_DEF_DEF_ "E2EDataId" 0;
BA_DEF_DEF_ "E2EDataIdList" "";
BA_DEF_DEF_ "GenSigStartValue" 0;
"""


def written(folder: Path, text: str, name: str = "some.dbc") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def bits_of(signal: SignalLayout) -> set[int]:
    """The bits that a signal occupies, counted as byte * 8 + bit; written from the DBC convention alone."""
    if signal.little_endian:
        return set(range(signal.start, signal.start + signal.length))
    bits, at = set(), signal.start
    for _ in range(signal.length):
        bits.add(at)
        at = at + 15 if at % 8 == 0 else at - 1
    return bits


# ------------------------------------------------------------------------------------------- the shipped databases


@pytest.mark.parametrize("bus", FILES)
def test_cantools_takes_the_shipped_databases_strictly(bus: str) -> None:
    database = load_file(FILES[bus], strict=True)

    assert [(m.frame_id, m.name, len(m.signals)) for m in sorted(database.messages, key=lambda m: m.frame_id)] == [
        (m.id, m.name, len(m.signals)) for m in BUSES[bus].messages
    ]


def test_size_and_rates_of_the_buses() -> None:
    """21 + 25 messages; both are CAN FD with 500 kbit/s and 2 Mbit/s."""
    sizes = {name: (len(bus.messages), bus.bitrate, bus.data_bitrate) for name, bus in BUSES.items()}

    assert sizes == {"PT": (21, 500_000, 2_000_000), "INFO": (25, 500_000, 2_000_000)}


def test_each_message_and_bus_says_where_it_comes_from() -> None:
    for path in FILES.values():
        database = load_file(path)
        assert all("Authored for the ecubench reference network" in (m.comment or "") for m in database.messages)


@pytest.mark.parametrize("name", LABELS)
def test_value_tables_are_the_contract(name: str) -> None:
    """Scenarios use these labels by name, so each table holds exactly the agreed values."""
    found = [signal for _, signal in SIGNALS if signal.name in (name, f"{name}Echo")]

    assert found
    for signal in found:
        assert " ".join(f"{raw} {label}" for raw, label in signal.labels) == LABELS[name]


def test_one_bit_signals_are_off_or_on() -> None:
    found = {signal.name: signal.labels for _, signal in SIGNALS if signal.length == 1 and signal.name not in LABELS}

    assert len(found) > 15
    assert set(found.values()) == {((0, "OFF"), (1, "ON"))}


def test_speeds_are_hundredths_of_km_per_hour_and_know_sna() -> None:
    speeds = [signal for _, signal in SIGNALS if signal.unit == "km/h"]

    assert {s.name for s in speeds} >= {"VehicleSpeed", "GnssSpeed", "SpeedShown", "WhlSpdRR", "AvgSpeed"}
    for signal in speeds:
        assert (signal.length, signal.signed, signal.factor, signal.offset) == (16, False, 0.01, 0)
        assert signal.labels == ((0xFFFF, "SNA"),)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.path)
def test_signals_fit_their_message_and_never_overlap(message: MessageLayout) -> None:
    groups = {mux_id for signal in message.signals for mux_id in signal.mux_ids} or {0}
    for group in groups:
        present = [bits_of(s) for s in message.signals if not s.mux_ids or group in s.mux_ids]
        assert len(set().union(*present)) == sum(map(len, present))
        assert max(set().union(*present)) < 8 * message.length


@pytest.mark.parametrize("message", [m for m in MESSAGES if m.protection], ids=lambda message: message.path)
def test_protected_messages_begin_with_their_header(message: MessageLayout) -> None:
    """P01, P02: CRC in byte 0, counter in the low nibble of byte 1; P05: CRC16 in bytes 0 and 1, counter in byte 2."""
    assert message.protection
    crc, counter = message.signal("E2eCrc"), message.signal("E2eCounter")
    expected = ((0, 16), (16, 8)) if message.protection.profile == "P05" else ((0, 8), (8, 4))

    assert ((crc.start, crc.length), (counter.start, counter.length)) == expected
    assert counter.maximum == message.protection.modulo - 1
    assert message.protection.max_delta == 2


def test_data_ids_follow_the_documented_formula() -> None:
    for message in MESSAGES:
        if message.protection:
            data_id = {"PT": 1, "INFO": 3}[message.bus] << 12 | message.id
            several = tuple(data_id * (2 * i + 1) % 251 for i in range(16))
            assert message.protection.data_ids == (several if message.protection.profile == "P02" else (data_id,))


def test_no_counter_lets_a_p02_message_pass_as_another() -> None:
    lists = [m.protection.data_ids for m in MESSAGES if m.protection and m.protection.profile == "P02"]

    assert len(lists) == 7
    for at in range(16):
        assert len({each[at] for each in lists}) == len(lists)


def test_frames_above_eight_bytes_are_fd_with_bit_rate_switch() -> None:
    assert {(m.length > 8, m.fd, m.brs) for m in MESSAGES} == {(True, True, True), (False, False, False)}


def test_minimum_delays() -> None:
    """0 for crash, 5 ms for power mode, 20 ms for every other message that can be an event."""
    for message in MESSAGES:
        if message.send_type is not SendType.CYCLIC:
            expected = 0 if "Crash" in message.name else 5 if "PowerMode" in message.name else 20
            assert message.min_delay == expected * MS, message.path


@pytest.mark.parametrize("bus", BUSES)
def test_no_two_cyclic_messages_of_a_bus_are_due_in_one_millisecond(bus: str) -> None:
    due = [
        at
        for message in BUSES[bus].messages
        if message.cycle and message.send_type is not SendType.EVENT
        for at in range(message.offset // MS, 1000, message.cycle // MS)
    ]

    assert len(due) == len(set(due))
    assert all(message.offset < 100 * MS for message in BUSES[bus].messages)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.path)
def test_ranges_and_start_values_can_be_sent(message: MessageLayout) -> None:
    """A range fits the bits and ends on raw values; a start or substitute value is in the range or has a label."""
    for signal in message.signals:
        assert signal.minimum is not None and signal.maximum is not None and signal.minimum < signal.maximum
        ends = [(end - signal.offset) / signal.factor for end in (signal.minimum, signal.maximum)]
        low, high = map(round, ends)
        assert ends == pytest.approx([low, high], abs=1e-6)
        values = {low, high, signal.start_raw, signal.substitute_raw or 0, *dict(signal.labels)}
        floor = -(1 << signal.length - 1) if signal.signed else 0
        assert values <= set(dict(signal.labels)) | {raw for raw in values if low <= raw <= high}
        assert all(floor <= raw < floor + (1 << signal.length) for raw in values)


def test_multiplexed_cells_are_eight_groups_of_three() -> None:
    message = BUSES["PT"].message("BMS_Cells_01")
    groups = {s.name: (s.mux, s.mux_ids) for s in message.signals if not s.is_multiplexer}

    assert groups == {f"CellV_{cell:02d}": ("CellGroup", (cell // 3,)) for cell in range(24)}
    assert [s.name for s in message.signals if s.is_multiplexer] == ["CellGroup"]


def test_substitutes_say_not_available() -> None:
    """A receiver that lost its input must not go on with the last value of speed, gear, power mode or crash."""
    for path in (
        "CGW_Veh_01.VehicleSpeed",
        "CGW_Veh_01.SelectedGear",
        "CGW_PowerMode_01.PowerMode",
        "CGW_Crash_01.CrashDetected",
    ):
        message, name = path.split(".")
        signal = BUSES["INFO"].message(message).signal(name)
        assert signal.substitute_raw is not None
        assert dict(signal.labels)[signal.substitute_raw] == "SNA"


# ------------------------------------------------------------------------------------- documentation and the contract


def test_the_documentation_is_that_of_the_databases() -> None:
    """Otherwise: bench dbc --document, between the two marks."""
    text = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    generated = text.split("<!-- generated -->\n")[1].split("<!-- end of the generated part -->")[0]

    assert generated == document([BUSES["INFO"], BUSES["PT"]])


def network() -> str:
    path = SHARED / "domain" / "network.md"
    if not path.exists():
        pytest.skip("the description of the whole vehicle network is not beside this checkout")
    return path.read_text(encoding="utf-8")


def test_messages_agree_with_the_vehicle_network() -> None:
    rows = re.findall(
        r"^\| (PT|INFO) \| 0x(\w+) \| (\w+) \| (\w+) \| (\S+) \| (\S+) \| (\d+) \| (\S+) \| (.+) \|$", network(), re.M
    )
    assert len(rows) == len(MESSAGES) == 46
    for bus, number, name, sender, receivers, cycle, length, protection, signals in rows:
        message = BUSES[bus].message(name)
        found = (message.id, message.sender, set(message.receivers), message.length)
        assert found == (int(number, 16), sender, set(receivers.split(",")), int(length)), name
        assert message.cycle == (0 if cycle == "evt" else int(cycle.removesuffix("+evt")) * MS)
        if protection != "NM":
            assert message.send_type == ("cyclic+event" if "+" in cycle else "event" if cycle == "evt" else "cyclic")
        assert (message.protection.profile if message.protection else "") == protection * protection.startswith("P")
        if protection == "SecOC":
            tail = [(s.start, s.length) for s in message.signals if s.name.startswith("SecOc")]
            assert tail == [(8 * message.length - 32, 8), (8 * message.length - 24, 24)]
        named = {part.split("(")[0] for part in signals.split(", ") if part[0].isupper()}
        assert named <= {signal.name for signal in message.signals}


def test_labels_agree_with_the_vehicle_network() -> None:
    described = dict(re.findall(r"^\| (\w+\*?) \| (0 [A-Z].*?) \|$", network(), re.M))

    assert {name: described["Lock*" if name == "Locks" else name] for name in LABELS} == LABELS


def test_vss_paths_agree_with_the_vehicle_network() -> None:
    described = dict(re.findall(r"^\| ((?:PT|INFO)\.\w+\.\w+) \| (Vehicle\.\S+) \|$", network(), re.M))

    assert {f"{m.path}.{s.name}": s.vss for m, s in SIGNALS if s.vss} == described


# --------------------------------------------------------------------------------------------- other people's databases


def test_a_file_without_attributes_has_the_defaults(tmp_path: Path) -> None:
    bus = load(written(tmp_path, MINIMAL))

    assert (bus.name, bus.bitrate, bus.data_bitrate, bus.nodes) == ("SOME", 500_000, 0, ("A", "B"))
    assert bus.message("One") == MessageLayout(
        bus="SOME",
        name="One",
        id=256,
        length=8,
        sender="A",
        receivers=("A", "B"),
        signals=(
            SignalLayout("X", 0, 8, factor=0.5, offset=-10, minimum=-10, maximum=117.5, unit="km/h"),
            SignalLayout("Y", 23, 16, little_endian=False, signed=True),
        ),
    )
    assert bus.message("Two").sender == "" and bus.message("Two").receivers == ()


def test_the_bus_is_named_by_the_caller_then_by_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL + 'BA_DEF_ "DBName" STRING ;\nBA_DEF_DEF_ "DBName" "";\nBA_ "DBName" "BODY";\n')

    assert load(path).name == "BODY"
    assert load(path, "PT").name == load(path, "PT").message("One").bus == "PT"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("FixedPeriodic", SendType.CYCLIC),
        ("Cyclic", SendType.CYCLIC),
        ("NoMsgSendType", SendType.CYCLIC),
        ("Event", SendType.EVENT),
        ("OnChange", SendType.EVENT),
        ("spontaneous", SendType.EVENT),
        ("EventPeriodic", SendType.CYCLIC_EVENT),
        ("cyclicAndSpontaneous", SendType.CYCLIC_EVENT),
    ],
)
def test_send_types_of_other_makers(tmp_path: Path, word: str, expected: SendType) -> None:
    attributes = f'BA_DEF_ BO_ "GenMsgSendType" ENUM "other","{word}";\nBA_DEF_DEF_ "GenMsgSendType" "other";\n'
    bus = load(written(tmp_path, MINIMAL + attributes + 'BA_ "GenMsgSendType" BO_ 256 1;\n'))

    assert bus.message("One").send_type is expected


def test_extended_ids_float_signals_and_long_messages(tmp_path: Path) -> None:
    more = f'BO_ {0x98DAF110} Ext: 24 A\n SG_ F : 0|32@1- (1,0) [0|0] "" B\n\nSIG_VALTYPE_ {0x98DAF110} F : 1;\n'
    bus = load(written(tmp_path, MINIMAL + more))
    message = bus.message("Ext")

    assert (message.id, message.extended, message.fd, message.brs) == (0x18DAF110, True, True, False)
    assert message.signal("F").is_float
    assert bus.data_bitrate == 2_000_000


def test_multiplexers_within_multiplexers(tmp_path: Path) -> None:
    """Extended multiplexing: Inner selects only while Outer is 1 to 2, and itself selects Leaf."""
    more = """\
BO_ 768 Mux: 8 A
 SG_ Outer M : 0|8@1+ (1,0) [0|255] "" B
 SG_ Inner m1M : 8|8@1+ (1,0) [0|255] "" B
 SG_ Leaf m7 : 16|8@1+ (1,0) [0|255] "" B

SG_MUL_VAL_ 768 Inner Outer 1-2;
SG_MUL_VAL_ 768 Leaf Inner 7-7;
"""
    signals = load(written(tmp_path, MINIMAL + more)).message("Mux").signals

    found = {s.name: (s.is_multiplexer, s.mux, s.mux_ids) for s in signals}
    assert found == {"Outer": (True, None, ()), "Inner": (True, "Outer", (1, 2)), "Leaf": (False, "Inner", (7,))}


def test_a_protected_message_of_a_user(tmp_path: Path) -> None:
    header = MINIMAL.replace(" SG_ X : 0|8@1+", ' SG_ E2eCrc : 0|8@1+ (1,0) [0|255] "" B\n SG_ X : 32|8@1+')
    bus = load(written(tmp_path, header + E2E + 'BA_ "E2EProfile" BO_ 256 1;\nBA_ "E2EDataId" BO_ 256 4660;\n'))

    assert bus.message("One").protection == Protection("P01", (0x1234,), 2)


@pytest.mark.parametrize(
    ("name", "messages", "signals", "words"),
    [
        ("chrysler_pacifica_2017_hybrid_private_fusion", 31, 122, ""),
        ("opel_omega_2001", 11, 38, ""),
        ("ford_lincoln_base_pt", 331, 2150, ""),
        ("vw_mlb", 145, 1442, ""),
        ("chrysler_cusw", 0, 0, "is more than 11 bits in message BSM_LEFT"),
        ("fca_giorgio", 0, 0, "is more than 11 bits in message CAM_UNKNOWN_6"),
        ("psa_aee2010_r3", 0, 0, "Invalid syntax at line 165, column 6"),
    ],
)
def test_real_databases_load_or_are_refused_in_the_words_of_cantools(
    name: str, messages: int, signals: int, words: str
) -> None:
    path = SHARED / "data" / "dbc" / f"{name}.dbc"
    if not path.exists():
        pytest.skip("the collection of real databases is not beside this checkout")
    if words:
        with pytest.raises(ScenarioError, match=rf"^{re.escape(str(path))}:\d+.*{words}") as refused:
            load(path)
        assert "\n" not in str(refused.value)
    else:
        bus = load(path)
        assert (len(bus.messages), sum(len(m.signals) for m in bus.messages)) == (messages, signals)


def test_a_real_database_with_cycles_and_tables() -> None:
    path = SHARED / "data" / "dbc" / "ford_lincoln_base_pt.dbc"
    if not path.exists():
        pytest.skip("the collection of real databases is not beside this checkout")
    bus = load(path)

    declared = re.findall(
        r'^BA_ "GenMsgCycleTime" BO_ (\d+) ([1-9]\d*);', path.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {m.id: m.cycle for m in bus.messages if m.cycle} == {int(number): int(ms) * MS for number, ms in declared}
    assert {m.send_type for m in bus.messages} == set(SendType)
    assert sum(bool(s.labels) for m in bus.messages for s in m.signals) == len(re.findall("\nVAL_ ", path.read_text()))


# ------------------------------------------------------------------------------------------------------------ bad files


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        pytest.param(lambda t: "", "the file is empty", id="empty"),
        pytest.param(lambda t: t.replace("BS_:", "BS_\0"), "the file is binary", id="binary"),
        pytest.param(lambda t: "scenario: not_a_database\n", "some.dbc:1:1: cantools refuses", id="something else"),
        pytest.param(lambda t: t.split("BO_ ")[0], "holds no message", id="no message"),
        pytest.param(
            lambda t: t.replace("BO_ 512", "BO_ 256"), "some.dbc:9: message Two has the id 0x100 that line 5", id="id"
        ),
        pytest.param(
            lambda t: t.replace("512 Two", "512 One"), "some.dbc:9: message One has the name One that", id="name"
        ),
        pytest.param(
            lambda t: t.replace("One: 8", "One: 65"), "some.dbc:5: message One: 65 bytes is not", id="too long"
        ),
        pytest.param(lambda t: t.replace("One: 8", "One: 10"), "some.dbc:5: message One: 10 bytes is not", id="no DLC"),
        pytest.param(lambda t: t.replace("BO_ 256", "BO_ 4096"), "some.dbc:5: cantools refuses", id="12-bit id"),
        pytest.param(
            lambda t: t.replace("23|16", "7|16"), "signals Y and X are overlapping in message One", id="overlap"
        ),
        pytest.param(lambda t: t.replace("23|16", "63|16"), "Y does not fit in message One", id="beyond the end"),
        pytest.param(
            lambda t: t + 'VAL_ 256 Gone 0 "OFF" ;\n', "unused VAL_ entries in DBC: VAL_ 256 Gone", id="label"
        ),
        pytest.param(lambda t: t + 'BA_ "Nobody" BO_ 256 1;\n', "'Nobody' is used but not defined", id="attribute"),
        pytest.param(
            lambda t: t.replace("8 A\n SG_ X : ", "8 A\n SG_ X ; "), "some.dbc:6:8: cantools refuses", id="syntax"
        ),
        pytest.param(lambda t: t + E2E + 'BA_ "E2EProfile" BO_ 512 4;\n', "E2EProfile 'P07' is unknown", id="profile"),
        pytest.param(lambda t: t + E2E + 'BA_ "E2EProfile" BO_ 512 1;\n', "E2EDataId is None", id="no Data ID"),
        pytest.param(lambda t: t + E2E + 'BA_ "E2EProfile" BO_ 512 2;\n', "E2EDataIdList is ''", id="no list"),
        pytest.param(
            lambda t: t + E2E + 'BA_ "E2EProfile" BO_ 512 3;\nBA_ "E2EDataId" BO_ 512 7;\n',
            "signal Z lies in the P05 header",
            id="payload in the header",
        ),
        pytest.param(
            lambda t: t + E2E + 'BA_ "GenSigStartValue" SG_ 256 X 256;\n', "X is 256.0; expected a raw", id="start"
        ),
    ],
)
def test_bad_files_end_in_one_error_with_place_and_remedy(tmp_path: Path, change, finding: str) -> None:
    path = written(tmp_path, change(MINIMAL))

    with pytest.raises(ScenarioError, match=re.escape(finding)) as refused:
        load(path)
    assert str(refused.value).startswith(str(path))
    assert ";" in str(refused.value)


def test_all_findings_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL.replace("One: 8", "One: 9") + E2E + 'BA_ "E2EProfile" BO_ 512 4;\n')

    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert [line.split(": ")[:2] for line in str(refused.value).splitlines()] == [
        [f"{path}:5", "message One"],
        [f"{path}:9", "message Two"],
    ]


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.dbc", tmp_path):
        with pytest.raises(ScenarioError, match=r"cannot be read: .*; expected a DBC file"):
            load(path)


TEXT = FILES["INFO"].read_text(encoding="utf-8")
BEGIN, END = TEXT.index("BO_ "), TEXT.index("\nCM_ ")
MID_LINE = [at for at in range(BEGIN + 1, END, (END - BEGIN) // 200) if TEXT[at - 1] != "\n"]
LINE_ENDS = [found.end() for found in re.finditer("\n", TEXT)][:-1]


@pytest.mark.parametrize("at", MID_LINE)
def test_a_database_cut_inside_a_message_is_refused(tmp_path: Path, at: int) -> None:
    with pytest.raises(ScenarioError, match=r"some\.dbc:\d+"):
        load(written(tmp_path, TEXT[:at]))


@pytest.mark.parametrize("at", [at for at in LINE_ENDS if at <= END] + LINE_ENDS[-40::8])
def test_a_database_cut_between_two_lines_is_refused_by_its_own_counts(tmp_path: Path, at: int) -> None:
    """cantools takes such a file; what is missing is told by the counts in VERSION."""
    with pytest.raises(ScenarioError, match=r"VERSION promises 25 messages|before any signal|holds no message|refuses"):
        load(written(tmp_path, TEXT[:at]))


@pytest.mark.parametrize("at", MID_LINE[::3])
def test_a_cut_in_mid_line_is_refused_without_any_counts(tmp_path: Path, at: int) -> None:
    shortened = re.sub(r'VERSION ".*"', 'VERSION ""', TEXT[:at])

    with pytest.raises(ScenarioError):
        load(written(tmp_path, shortened))


@settings(max_examples=60, deadline=None)
@given(
    at=st.integers(0, len(TEXT)),
    length=st.integers(0, 40),
    instead=st.one_of(st.binary(max_size=12), st.text('0123456789 "|@+-,;:()[]\nBOSG_AV', max_size=12).map(str.encode)),
)
def test_a_damaged_database_never_ends_otherwise(tmp_path_factory, at: int, length: int, instead: bytes) -> None:
    path = tmp_path_factory.mktemp("damaged") / "some.dbc"
    path.write_bytes(TEXT.encode()[:at] + instead + TEXT.encode()[at + length :])
    try:
        assert isinstance(load(path), BusLayout)
    except ScenarioError as refused:
        assert str(refused).startswith(str(path))


# ------------------------------------------------------------------------------------------------------- the command


def test_the_verb_prints_each_message_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dbc", str(FILES["INFO"])]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].startswith("INFO: 500 kbit/s, data 2000 kbit/s; 25 messages, 138 signals; nodes CGW")
    assert len(lines) == 26
    assert all(earlier < later for earlier, later in pairwise(lines[1:]))


def test_the_verb_documents_the_shipped_databases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dbc", "--document"]) == 0

    assert capsys.readouterr().out == document([BUSES["INFO"], BUSES["PT"]])


def test_the_verb_refuses_a_cut_database_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dbc", str(written(tmp_path, TEXT[: (BEGIN + END) // 2]))]) == 2
    told = capsys.readouterr()

    assert told.out == ""
    assert "some.dbc:" in told.err and "Traceback" not in told.err


def test_text_from_a_database_cannot_break_a_table(tmp_path: Path) -> None:
    hostile = MINIMAL.replace('"km/h"', '"|<script>\x1b[31m"')
    text = document([load(written(tmp_path, hostile))])

    assert "<script>" not in text and "\x1b" not in text
    assert "&#124;&lt;script>?[31m" in text
