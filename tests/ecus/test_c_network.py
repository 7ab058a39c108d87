"""What the C unit knows of the network: tables against the database, packing and E2E against other libraries."""

import ctypes
from pathlib import Path

import can
import cantools
import e2e
import pytest
from c_database import DATA_IDS, LABELS, MESSAGE, NUMBERS, RECEIVED, SENT, SIGNAL, SIGNALS, Frame
from hypothesis import given
from hypothesis import strategies as st

from bench.model.layout import SendType
from bench.protocol.e2e import Check, State, Status

DATABASE = cantools.database.load_file(Path(__file__).parents[2] / "dbc" / "info.dbc")
PROTECTED = [name for name, numbers in NUMBERS.items() if numbers[-1] != "NONE"]
STATUSES = (
    Status.OK, Status.OKSOMELOST, Status.INITIAL, Status.REPEATED, Status.WRONGSEQUENCE, Status.WRONGCRC,
)  # fmt: skip


def raw_of(signal: cantools.database.can.Signal, pattern: int) -> int:
    """A pattern of bits as the signal's raw value."""
    raw = pattern & (1 << signal.length) - 1
    return raw - (1 << signal.length) if signal.is_signed and raw >> signal.length - 1 else raw


def buffer(data: bytes) -> ctypes.Array:
    return (ctypes.c_uint8 * 64)(*data)


# ---- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MESSAGE)
def test_a_message_is_declared_as_in_the_database(name, info):
    layout = info.message(name)
    protection = layout.protection
    ms = [round(time / 1e6) for time in (layout.cycle, layout.offset, layout.min_delay)]
    attributes = DATABASE.get_message_by_name(name).dbc.attributes
    data_id = attributes["E2EDataId"].value if protection else 0
    delta = protection.max_delta if protection else 2

    assert NUMBERS[name] == [
        layout.id, layout.length, *ms, data_id, delta, protection.profile if protection else "NONE",
    ]  # fmt: skip
    assert layout.fd == (layout.length > 8)
    lists = {row[0]: tuple(int(word, 0) for word in row[1:]) for row in DATA_IDS}
    assert lists.get(name, ()) == (protection.data_ids if protection and protection.profile == "P02" else ())


def test_it_sends_every_cyclic_message_of_its_node_and_hears_what_is_meant_for_it(info):
    cyclic = {one.name for one in info.messages if one.sender == "TCU" and one.send_type is not SendType.EVENT}

    assert {row[0] for row in SENT} == cyclic
    assert all("TCU" in DATABASE.get_message_by_name(row[0]).receivers for row in RECEIVED)


def test_every_signal_that_it_sends_is_in_its_table():
    declared = {
        (name, signal.name)
        for name, *_ in SENT
        for signal in DATABASE.get_message_by_name(name).signals
        if not signal.name.startswith("E2e")
    }

    assert {key for key in SIGNAL if key[0] in {row[0] for row in SENT}} == declared


@pytest.mark.parametrize("row", SIGNALS, ids=lambda row: ".".join(row[:2]))
def test_a_signal_lies_where_the_database_says(row):
    message, name, start, bits, signed, start_value = row[:2] + [int(word, 0) for word in row[2:]]
    signal = DATABASE.get_message_by_name(message).get_signal_by_name(name)

    assert (signal.start, signal.length, signal.is_signed, signal.byte_order) == (start, bits, signed, "little_endian")
    assert raw_of(signal, start_value) == signal.raw_initial or (signal.raw_initial is None and start_value == 0)


@pytest.mark.parametrize(("name", "label", "value"), LABELS)
def test_a_label_has_the_value_of_the_database(name, label, value):
    tables = [signal.choices for message, one in SIGNAL if one == name
              for signal in DATABASE.get_message_by_name(message).signals if signal.name == name]  # fmt: skip

    assert tables and all(str(table[int(value, 0)]) == label for table in tables)


# ---- packing --------------------------------------------------------------------------------------------------------


@given(st.data())
def test_packing_and_unpacking_are_those_of_cantools(core, draw):
    """Any raw values in any order over any earlier content; bits of no signal stay."""
    name = draw.draw(st.sampled_from(list(MESSAGE)))
    message = DATABASE.get_message_by_name(name)
    mine = {signal.name: signal for signal in message.signals if (name, signal.name) in SIGNAL}
    raws = {key: raw_of(signal, draw.draw(st.integers(0, 2**32 - 1))) for key, signal in mine.items()}
    rest = {signal.name: 0 for signal in message.signals if signal.name not in mine}
    data = buffer(bytes(message.length))

    for key in draw.draw(st.permutations(sorted(mine))):
        core.signal_put(data, SIGNAL[name, key], draw.draw(st.integers(0, 2**32 - 1)))
        core.signal_put(data, SIGNAL[name, key], raws[key] & 0xFFFFFFFF)

    assert bytes(data[: message.length]) == message.encode({**rest, **raws}, scaling=False, strict=False)
    core.signal_get.restype = ctypes.c_uint32
    got = {key: raw_of(signal, core.signal_get(data, SIGNAL[name, key])) for key, signal in mine.items()}
    decoded = message.decode(bytes(data[: message.length]), scaling=False, decode_choices=False)
    assert got == {key: decoded[key] for key in mine} == raws


# ---- end to end protection ------------------------------------------------------------------------------------------


def by_the_library(name: str, payload: bytes, counter: int) -> bytes:
    """The same payload protected by autosar-e2e."""
    data_id, profile = NUMBERS[name][5], NUMBERS[name][-1]
    data = bytearray(payload)
    if profile == "P05":
        data[2] = counter
        e2e.p05.e2e_p05_protect(data, data_id, increment_counter=False)
        return bytes(data)
    data[1] = data[1] & 0xF0 | counter
    if profile == "P01":
        e2e.p01.e2e_p01_protect(data, data_id, data_id_mode=e2e.p01.E2E_P01_DATAID_BOTH, increment_counter=False)
    else:
        ids = next(row[1:] for row in DATA_IDS if row[0] == name)
        e2e.p02.e2e_p02_protect(data, bytes(int(one, 0) for one in ids), increment_counter=False)
    return bytes(data)


@given(st.sampled_from(PROTECTED), st.binary(min_size=64, max_size=64), st.integers(0, 255), st.integers(0, 511))
def test_protection_is_that_of_another_library(core, name, content, counter, bit):
    """Byte for byte; the check gives the counter back, and none for a wrong length or one flipped bit of content."""
    length = NUMBERS[name][1]
    counter %= core.e2e_modulo({"P01": 1, "P02": 2, "P05": 3}[NUMBERS[name][-1]])
    data = buffer(content)

    core.e2e_protect(data, MESSAGE[name], counter)

    assert bytes(data[:length]) == by_the_library(name, content[:length], counter)
    assert core.e2e_counter(data, length, MESSAGE[name]) == counter
    assert core.e2e_counter(data, length - 1, MESSAGE[name]) == -1
    bit = 16 + bit % (8 * length - 24) + 8 * (NUMBERS[name][-1] == "P05")
    data[bit // 8] ^= 1 << bit % 8
    assert core.e2e_counter(data, length, MESSAGE[name]) == -1


class Input(ctypes.Structure):
    """`struct e2e_input`."""

    _fields_ = (
        ("timeout", ctypes.c_uint32), ("good_at", ctypes.c_uint32), ("heard_at", ctypes.c_uint32),
        ("counter", ctypes.c_int32), ("message", ctypes.c_uint8), ("bad", ctypes.c_uint8), ("valid", ctypes.c_uint8),
    )  # fmt: skip


frames = st.tuples(st.integers(0, 160), st.one_of(st.none(), st.just(-1), st.integers(0, 15)))
"""ms since the last, and: no frame but a look at the clock, a wrong CRC, or the step of the counter."""


@given(st.sampled_from(["CGW_Crash_01", "CGW_Veh_01"]), st.lists(frames, max_size=40), st.integers(0, 2**32 - 1))
def test_the_check_of_an_input_is_that_of_the_bench(core, name, steps, begin):
    """Two builds of one declared behaviour, on any sequence of frames; the C clock may wrap."""
    modulo = 15 if name == "CGW_Veh_01" else 16
    mine, theirs, now, counter = Input(), Check(modulo, 2, timeout=100), 0, 0
    core.e2e_begin(ctypes.byref(mine), MESSAGE[name], 100, ctypes.c_uint32(begin))

    for wait, step in steps:
        now += wait
        clock = ctypes.c_uint32(begin + now)
        if step is not None:
            counter = (counter + max(step, 0)) % 16  # 15 is no counter in profile 1
            data = buffer(bytes(8))
            core.e2e_protect(data, MESSAGE[name], counter)
            data[0] ^= step < 0
            status = core.e2e_receive(ctypes.byref(mine), data, 8, clock)
            assert STATUSES[status] is theirs.receive(None if step < 0 else counter, now)
        theirs.tick(now)
        assert bool(core.e2e_valid(ctypes.byref(mine), clock)) == (theirs.state is State.VALID)


# ---- SLCAN ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adapter():
    """python-can's slcan interface on a serial line that leads back to itself."""
    with can.Bus(interface="slcan", channel="loop://", sleep_after_open=0, timeout=0) as bus:
        bus.serialPortOrig.reset_input_buffer()
        yield bus


class Port(ctypes.Structure):
    """`struct slcan`, with its channel open."""

    _fields_ = (
        ("open", ctypes.c_uint8), ("spoilt", ctypes.c_uint8), ("length", ctypes.c_uint16),
        ("line", ctypes.c_char * 160),
    )  # fmt: skip


NOTHING, FRAME, DONE, WRONG = range(4)


def told(core: ctypes.CDLL, text: bytes, opened: bool = True) -> tuple[list[int], list[Frame]]:
    """What came out of the port, byte for byte, for this text, and the frames among it."""
    port, frame, events, got = Port(), Frame(), [], []
    core.slcan_begin(ctypes.byref(port))
    port.open = opened
    for byte in text:
        event = core.slcan_byte(ctypes.byref(port), ctypes.c_char(byte), ctypes.byref(frame))
        if event == FRAME:
            got.append(Frame.from_buffer_copy(frame))
        if event != NOTHING:
            events.append(event)
    return events, got


payloads = st.sampled_from([*range(9), 12, 16, 20, 24, 32, 48, 64]).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@given(st.integers(0, 0x7FF), payloads)
def test_frames_go_both_ways_between_the_unit_and_python_can(core, adapter, identifier, data):
    fd = len(data) > 8
    line = ctypes.create_string_buffer(160)

    length = core.slcan_text(ctypes.byref(Frame.of(identifier, data, fd)), line)
    adapter.serialPortOrig.write(line.raw[:length])
    heard = adapter.recv(0)
    adapter.send(heard)
    events, (frame,) = told(core, adapter.serialPortOrig.read(200))

    assert (heard.arbitration_id, bytes(heard.data), heard.is_fd, heard.bitrate_switch) == (identifier, data, fd, fd)
    assert events == [FRAME]
    assert (frame.id, frame.payload, frame.fd) == (identifier, data, fd)


@given(st.binary(max_size=400).map(lambda text: text.replace(b"\r", b"")), payloads)
def test_after_any_line_of_rubbish_the_next_frame_is_read(core, rubbish, data):
    letter, dlc = ("b" if len(data) > 8 else "t"), [*range(9), 12, 16, 20, 24, 32, 48, 64].index(len(data))

    _, frames = told(core, rubbish + b"\r" + f"{letter}123{dlc:X}{data.hex()}\r".encode())

    assert (frames[-1].id, frames[-1].payload) == (0x123, data)


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (b"t1232AB\r", [WRONG]), (b"t123\r", [WRONG]), (b"t1239\r", [WRONG]), (b"tXYZ0\r", [WRONG]),
        (b"t8000\r", [WRONG]),
        (b"b1239" + 11 * b"00" + b"\r", [WRONG]), (b"?\r", [WRONG]), (b"\r", []), (b"T000001230\r", []),
        (b"C\rS6\rY2\rO\rt1230\r", [DONE, DONE, DONE, DONE, FRAME]), (b"C\rt1230\r", [DONE, WRONG]),
    ],
)  # fmt: skip
def test_lines_that_are_no_frame(core, text, events):
    assert told(core, text)[0] == events
