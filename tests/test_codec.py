"""The generated codec agrees with cantools, an independent oracle, on real databases and on random layouts."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pytest
from cantools.database import Message, Signal, UnsupportedDatabaseFormatError, load_file
from cantools.database.conversion import BaseConversion
from cantools.database.errors import DecodeError, EncodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ScenarioError
from bench.model.frame import FD_LENGTHS
from bench.model.layout import MessageLayout, SignalLayout
from bench.network.codec import Codec, Value, codec
from bench.network.database import load
from bench.network.packer import packer

SHARED = Path(__file__).parents[2] / "shared" / "data" / "dbc"
OWN = Path(__file__).parents[1] / "dbc"

MESSAGES = {
    "chrysler_pacifica_2017_hybrid_private_fusion": 31,
    "ford_lincoln_base_pt": 331,
    "opel_omega_2001": 11,
    "vw_mlb": 145,
}
REFUSED = {
    "chrysler_cusw": "Standard frame id 0x62cc033 is more than 11 bits in message BSM_LEFT",
    "fca_giorgio": "Standard frame id 0x1e36001e is more than 11 bits in message CAM_UNKNOWN_6",
    "psa_aee2010_r3": 'Invalid syntax at line 165, column 6: " SG_ >>!<<0_COUNTER : 35|4@0+',
}
ROUNDS = 4

shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="no collection of real databases beside the project")


@cache
def pairs(path: Path) -> tuple[tuple[MessageLayout, Message], ...]:
    """Each message of a database as our layout and as cantools' own object."""
    messages = load_file(path, encoding="utf-8").messages
    theirs = {(message.frame_id, message.is_extended_frame): message for message in messages}
    ours = load(path).messages
    assert len(ours) == len(theirs)
    return tuple((layout, theirs[layout.id, layout.extended]) for layout in ours)


def unlabelled(layout: MessageLayout) -> MessageLayout:
    """The same message without value tables."""
    return replace(layout, signals=tuple(replace(signal, labels=()) for signal in layout.signals))


def unlimited(layout: MessageLayout) -> MessageLayout:
    """The same message with nothing but its bits to limit a value, as cantools sees it when it is not strict."""
    free = (replace(signal, minimum=None, maximum=None) for signal in unlabelled(layout).signals)
    return replace(layout, signals=tuple(free))


def exact(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as text, so that 1 differs from 1.0 and 0.0 from -0.0; labels of cantools become plain strings."""
    return {name: repr(value) if isinstance(value, int | float) else str(value) for name, value in values.items()}


def assert_decodes_alike(layout: MessageLayout, message: Message, data: bytes) -> None:
    ours = codec(layout)
    try:
        raw = message.decode(data, decode_choices=False, scaling=False)
    except DecodeError:  # cantools refuses a multiplexer value that selects nothing; we give what is there
        assert set(ours.decode(data)) == {signal.name for signal in layout.signals if signal.mux is None}
        return
    assert exact(ours.decode_raw(data)) == exact(raw)
    assert exact(ours.decode(data)) == exact(message.decode(data, decode_choices=True))
    assert exact(codec(unlabelled(layout)).decode(data)) == exact(message.decode(data, decode_choices=False))


def outcome(encode: Any, values: Mapping[str, Value], **options: bool) -> bytes | None:
    """The payload, or None if the values are refused."""
    try:
        payload: bytes = encode(dict(values), **options)
    except (EncodeError, ValueError, OverflowError, KeyError):
        return None
    return payload


def assert_encodes_alike(layout: MessageLayout, message: Message, values: Mapping[str, Value]) -> bool:
    """Both pack the same or both refuse. Gives whether they packed."""
    ours, theirs = outcome(codec(layout).encode, values), outcome(message.encode, values)
    if theirs is None and ours is not None:
        # Only we know start values, and what the database starts with may be sent though it is out of range.
        starts = {signal.name: signal.start_raw for signal in layout.signals}
        assert any(codec(layout).to_raw(name, value) == starts[name] for name, value in values.items())
        theirs = outcome(message.encode, values, strict=False)
    assert ours == theirs, values
    return ours is not None


def sendable(layout: MessageLayout, data: bytes, chance: random.Random) -> dict[str, Value]:
    """Values that a payload means: labels and numbers, many a little off, a few far out.

    A label that stands for two raw values goes as a number: which one it means depends on the order in the file.
    """
    labelled, numbers = codec(layout).decode(data), codec(unlabelled(layout)).decode(data)
    values: dict[str, Value] = {}
    for name, number in numbers.items():
        signal = layout.signal(name)
        assert not isinstance(number, str)
        ambiguous = Counter(label for _, label in signal.labels)[str(labelled[name])] > 1
        if isinstance(labelled[name], str) and not ambiguous and chance.random() < 0.5:
            values[name] = labelled[name]
        elif signal.is_multiplexer or chance.random() < 0.4:  # cantools cuts a multiplexer's fraction off
            values[name] = number
        else:
            values[name] = number + chance.choice((-0.5, -0.25, 0.3, 0.5, 0.5000001)) * signal.factor
        if not signal.is_multiplexer and chance.random() < 0.02:
            values[name] = number + chance.choice((-1, 1)) * signal.factor * 2**signal.length
    return values


@shared_data
def test_the_number_of_real_messages_compared_is_known() -> None:
    """518 messages of the collection load; the other files are refused, with cantools' own reason."""
    assert sorted(path.stem for path in SHARED.glob("*.dbc")) == sorted({**MESSAGES, **REFUSED})
    counts = {name: len(pairs(SHARED / f"{name}.dbc")) for name in MESSAGES}
    assert counts == MESSAGES
    assert sum(counts.values()) == 518


@shared_data
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_database_is_refused_with_the_words_of_cantools(name: str) -> None:
    with pytest.raises(UnsupportedDatabaseFormatError) as theirs:
        load_file(SHARED / f"{name}.dbc")
    with pytest.raises(ScenarioError) as ours:
        load(SHARED / f"{name}.dbc")

    assert REFUSED[name] in str(theirs.value)
    assert REFUSED[name] in str(ours.value)


@shared_data
@pytest.mark.parametrize("name", MESSAGES)
def test_real_messages_decode_as_in_cantools(name: str) -> None:
    chance = random.Random(name)
    for layout, message in pairs(SHARED / f"{name}.dbc"):
        for _ in range(ROUNDS):
            assert_decodes_alike(layout, message, chance.randbytes(layout.length))


@shared_data
@pytest.mark.parametrize("name", MESSAGES)
def test_real_messages_encode_as_in_cantools(name: str) -> None:
    """Each message is packed from values that its bits can hold; in strict mode both refuse the same."""
    chance, packed = random.Random(name), Counter[str]()
    for layout, message in pairs(SHARED / f"{name}.dbc"):
        for _ in range(ROUNDS):
            data = chance.randbytes(layout.length)
            assert_encodes_alike(layout, message, sendable(layout, data, chance))
            held = codec(unlimited(layout)).decode(data)
            theirs = outcome(message.encode, held, strict=False)
            if theirs is not None:  # None: the multiplexer selects nothing
                assert codec(unlimited(layout)).encode(held) == theirs
                packed[message.name] += 1
    assert len(packed) == MESSAGES[name]


@pytest.mark.parametrize("name", ["pt", "info"])
def test_own_messages_are_coded_as_in_cantools(name: str) -> None:
    chance = random.Random(name)
    for layout, message in pairs(OWN / f"{name}.dbc"):
        for _ in range(ROUNDS * 5):
            data = chance.randbytes(layout.length)
            assert_decodes_alike(layout, message, data)
            assert_encodes_alike(layout, message, sendable(layout, data, chance))


@pytest.mark.parametrize("name", ["pt", "info"])
def test_values_in_range_are_packed_without_the_plain_form(name: str) -> None:
    """The generated code itself decides all that is usual; it does not hide behind the slow way."""

    def slow(values: object) -> bytes:
        raise AssertionError(f"left for {values}")

    chance = random.Random(name)
    for layout, _ in pairs(OWN / f"{name}.dbc"):
        code = codec(layout)
        pack, encode = (packer(code.fields, layout.length, slow, by_name=by_name) for by_name in (False, True))
        for _ in range(ROUNDS):
            values = {**code.start_by_name, **code.decode(chance.randbytes(layout.length))}
            usual = {name: value for name, value in values.items() if sent(code, name, value)}
            row = {**code.start_by_name, **usual}
            assert pack(tuple(row.values())) == encode(row) == code.encode(row)


def sent(code: Codec, name: str, value: Value) -> bool:
    """Whether the value may be sent."""
    try:
        code.to_raw(name, value)
    except ValueError:
        return False
    return True


# --- random layouts, which have what the files lack: floats, long signals, both byte orders, any factor ---------------


@st.composite
def layouts(draw: st.DrawFn) -> MessageLayout:
    """A message whose bytes are cut into blocks of one byte order, each holding signals and gaps."""
    length = draw(st.sampled_from((8, *FD_LENGTHS[:12], 64)))
    signals: list[SignalLayout] = []
    byte = 0
    while byte < length:
        block = draw(st.integers(1, min(9, length - byte)))
        little = draw(st.booleans())
        position = 0
        while position < 8 * block:
            bits = draw(st.one_of(st.integers(1, 12), st.integers(1, 64), st.sampled_from((16, 32, 64))))
            if bits <= 8 * block - position and draw(st.integers(0, 4)):
                start = 8 * byte + position
                start = start if little else start // 8 * 8 + 7 - start % 8
                signals.append(draw(signal_layouts(f"S{len(signals)}", start, bits, little)))
            position += bits
        byte += block
    return MessageLayout("B", "M", 1, length, "A", fd=True, signals=tuple(signals))


FACTORS: tuple[float, ...] = (1, 1, 1.0, 2, -1, 3, 0.1, 0.25, -0.5, 1e-05, 0.0078125, 1.7)
OFFSETS: tuple[float, ...] = (0, 0, 0.0, -40, 100, 0.5, -273.15, 1e6)


@st.composite
def signal_layouts(draw: st.DrawFn, name: str, start: int, bits: int, little: bool) -> SignalLayout:
    is_float = bits in (16, 32, 64) and draw(st.booleans())
    signed = draw(st.booleans())
    raws = st.integers(-(1 << bits - 1), (1 << bits - 1) - 1) if signed else st.integers(0, (1 << bits) - 1)
    labels = {} if is_float else draw(st.dictionaries(raws, st.just(""), max_size=4))
    return SignalLayout(
        name=name,
        start=start,
        length=bits,
        little_endian=little,
        signed=signed,
        is_float=is_float,
        factor=draw(st.sampled_from(FACTORS)),
        offset=draw(st.sampled_from(OFFSETS)),
        labels=tuple((raw, f"L{raw}") for raw in sorted(labels)),
    )


def oracle(layout: MessageLayout) -> Message:
    """The message as cantools' own object, not by way of a file."""
    signals = [
        Signal(
            name=signal.name,
            start=signal.start,
            length=signal.length,
            byte_order="little_endian" if signal.little_endian else "big_endian",
            is_signed=signal.signed,
            conversion=BaseConversion.factory(
                signal.factor, signal.offset, dict(signal.labels) or None, signal.is_float
            ),
            minimum=signal.minimum,
            maximum=signal.maximum,
            is_multiplexer=signal.is_multiplexer,
            multiplexer_ids=list(signal.mux_ids) or None,
            multiplexer_signal=signal.mux,
        )
        for signal in layout.signals
    ]
    return Message(layout.id, layout.name, layout.length, signals, is_fd=layout.fd)


def own_bits(signal: SignalLayout) -> set[int]:
    """The bits of a signal in DBC counting, walked one by one from its start."""
    bits, bit = set(), signal.start
    for _ in range(signal.length):
        bits.add(bit)
        if signal.little_endian:
            bit += 1
        else:
            bit = bit - 1 if bit % 8 else bit + 15
    return bits


def ones(data: bytes) -> set[int]:
    return {8 * i + bit for i, byte in enumerate(data) for bit in range(8) if byte >> bit & 1}


@settings(max_examples=30)
@given(layouts(), st.data())
def test_any_layout_is_coded_as_in_cantools(layout: MessageLayout, data: st.DataObject) -> None:
    message = oracle(layout)
    payload = data.draw(st.binary(min_size=layout.length, max_size=layout.length))
    assert_decodes_alike(layout, message, payload)
    chance = random.Random(payload)
    assert_encodes_alike(layout, message, codec(layout).decode(payload))
    finite = replace(layout, signals=tuple(signal for signal in layout.signals if not signal.is_float))
    assert_encodes_alike(finite, oracle(finite), sendable(finite, payload, chance))


@settings(max_examples=30)
@given(layouts(), st.data())
def test_what_is_encoded_is_decoded_again(layout: MessageLayout, data: st.DataObject) -> None:
    """decode(encode(x)) == x, but for floats of a factor, whose last digit may go, and integers beyond a float."""
    clear = [
        replace(signal, factor=1, offset=0) if signal.is_float or signal.length > 50 else signal
        for signal in layout.signals
    ]
    code = codec(replace(layout, signals=tuple(clear)))
    values = code.decode(data.draw(st.binary(min_size=layout.length, max_size=layout.length)))
    assert exact(code.decode(code.encode(values))) == exact(values)


@settings(max_examples=30)
@given(layouts().filter(lambda layout: bool(layout.signals)), st.data())
def test_a_signal_touches_only_its_own_bits(layout: MessageLayout, data: st.DataObject) -> None:
    code = codec(layout)
    payload = data.draw(st.binary(min_size=layout.length, max_size=layout.length))
    signal = data.draw(st.sampled_from(layout.signals))
    raw = data.draw(st.floats(width=16, allow_nan=False)) if signal.is_float else code.decode_raw(payload)[signal.name]
    before = code.pack(code.start)

    after = code.encode({signal.name: code.to_physical(signal.name, raw)})

    everyone = set().union(*(own_bits(signal) for signal in layout.signals))
    assert ones(before) <= everyone
    assert ones(before) ^ ones(after) <= own_bits(signal)


@settings(max_examples=30)
@given(layouts(), st.data())
def test_a_reader_gives_what_decode_gives_whatever_the_length(layout: MessageLayout, data: st.DataObject) -> None:
    code, message = codec(layout), oracle(layout)
    payload = data.draw(st.binary(max_size=64))
    decoded, raw = code.decode(payload), code.decode_raw(payload)

    assert exact({name: value for name in code.names if (value := code.reader(name)(payload)) is not None}) == exact(
        {name: decoded[name] for name in code.names if name in decoded}
    )
    assert all(repr(code.raw_reader(name)(payload)) == repr(raw.get(name)) for name in code.names)
    assert exact(raw) == exact(
        message.decode(payload, decode_choices=False, scaling=False, allow_truncated=True, allow_excess=True)
    )


# --- multiplexing -----------------------------------------------------------------------------------------------------


def plain(name: str, start: int, length: int, **more: Any) -> SignalLayout:
    return SignalLayout(name, start, length, **more)


CHAIN = MessageLayout(
    "B",
    "Chain",
    1,
    8,
    "A",
    signals=(
        plain("Deep", 16, 12, mux="Inner", mux_ids=(2, 5), factor=0.5),
        plain("Also", 23, 12, mux="Inner", mux_ids=(5, 6), little_endian=False, start_raw=3),
        plain("Outer", 0, 4, is_multiplexer=True),
        plain("Inner", 4, 4, is_multiplexer=True, mux="Outer", mux_ids=(1, 3), signed=True, start_raw=2),
        plain("Flat", 16, 16, mux="Outer", mux_ids=(0,), signed=True),
        plain("Always", 56, 8, labels=((255, "SNA"),), maximum=200),
    ),
)
APART = replace(CHAIN, signals=(replace(CHAIN.signals[0], mux_ids=(2,)), *CHAIN.signals[1:]))
"""As CHAIN, but Deep and Also never at once, so that cantools accepts that they share bits."""


@settings(max_examples=30)
@given(st.binary(min_size=8, max_size=8), st.sampled_from((0, 1, 3, 4)), st.sampled_from((0, 2, 5, 6)))
def test_a_multiplexer_below_a_multiplexer_is_coded_as_in_cantools(noise: bytes, outer: int, inner: int) -> None:
    payload = bytes((outer | inner << 4, *noise[1:]))
    code, message = codec(APART), oracle(APART)
    try:
        raw = message.decode(payload, decode_choices=False, scaling=False)
    except DecodeError:  # the inner or the outer one selects nothing
        assert set(code.decode(payload)) == {"Outer", "Always"} | ({"Inner"} if outer in (1, 3) else set())
        assert all((code.reader(name)(payload) is None) == (name not in code.decode(payload)) for name in code.names)
        with pytest.raises(ValueError, match=r"B\.Chain\.(Outer|Inner): \d selects no signals; raw values that do: "):
            code.encode({"Outer": outer, "Inner": inner})
        return
    assert exact(code.decode_raw(payload)) == exact(raw)
    assert {name: code.reader(name)(payload) for name in code.names} == {
        name: code.decode(payload).get(name) for name in code.names
    }
    values = code.decode(payload)
    assert outcome(code.encode, values) == outcome(message.encode, values)


def test_what_is_not_selected_is_neither_packed_nor_looked_at() -> None:
    values: dict[str, Value] = {"Outer": 0, "Flat": -1, "Deep": 10**9, "Also": "no such label"}
    assert codec(APART).encode(values) == bytes((0, 0, 255, 255, 0, 0, 0, 0))


def test_without_its_multiplexer_a_signal_is_not_there() -> None:
    """The signal itself is in the short payload, but nothing says that it is what its bits mean."""
    signals = (plain("Page", 8, 8, is_multiplexer=True), plain("Word", 0, 8, mux="Page", mux_ids=(0,)))
    code = codec(MessageLayout("B", "M", 1, 2, "A", signals=signals))
    assert code.decode(b"\7\0") == {"Page": 0, "Word": 7}
    assert code.decode(b"\7") == {} == oracle(code.layout).decode(b"\7", allow_truncated=True)
    assert code.reader("Word")(b"\7") is None


def test_a_multiplexer_in_a_circle_is_refused() -> None:
    circle = replace(CHAIN, signals=(plain("A", 0, 4, mux="B", mux_ids=(1,)), plain("B", 4, 4, mux="A", mux_ids=(1,))))
    with pytest.raises(ValueError, match="no multiplexer leads to A \\(multiplexer B\\), B \\(multiplexer A\\)"):
        codec(circle)


# --- limits, labels, odd input ----------------------------------------------------------------------------------------

SPEED = plain("Speed", 0, 16, factor=0.01, maximum=300, minimum=0, unit="km/h", labels=((0xFFFF, "SNA"),))
GEAR = plain("Gear", 16, 3, labels=((0, "P"), (1, "R"), (9, "TOO_GREAT")), start_raw=1)
TEMP = plain("Temp", 24, 8, offset=-40, minimum=-30, maximum=100)
RATIO = plain("Ratio", 32, 32, is_float=True)
CAR = MessageLayout("B", "Car", 1, 8, "A", signals=(SPEED, GEAR, TEMP, RATIO))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Speed", 300.02, "B.Car.Speed: 300.02 is outside 0 .. 300 km/h; labels: SNA"),
        ("Speed", -0.02, "B.Car.Speed: -0.02 is outside 0 .. 300 km/h; labels: SNA"),
        ("Speed", float("nan"), "B.Car.Speed: nan is outside 0 .. 300 km/h; labels: SNA"),
        pytest.param("Temp", 10**400, f"B.Car.Temp: {10**400} is outside -30 .. 100", id="whole and huge"),
        pytest.param("Speed", 10**400, f"B.Car.Speed: {10**400} is outside 0 .. 300 km/h; labels: SNA", id="huge"),
        ("Speed", float("-inf"), "B.Car.Speed: -inf is outside 0 .. 300 km/h; labels: SNA"),
        ("Temp", float("inf"), "B.Car.Temp: inf is outside -30 .. 100"),
        ("Speed", "FAST", "B.Car.Speed: no label 'FAST'; labels: SNA"),
        ("Speed", None, "B.Car.Speed: None is neither a number nor a label"),
        ("Gear", 8, "B.Car.Gear: 8 is outside 0 .. 7; labels: P, R, TOO_GREAT"),
        ("Gear", "TOO_GREAT", "B.Car.Gear: label 'TOO_GREAT' means raw 9, but the bits hold 0 .. 7"),
        ("Temp", "COLD", "B.Car.Temp: no label 'COLD'; labels: none, so give a number"),
        ("Temp", 101, "B.Car.Temp: 101 is outside -30 .. 100"),
        ("Ratio", 1e39, "B.Car.Ratio: 1e+39 is too great for a 32-bit float"),
        ("Spead", 1, "B.Car has no signal 'Spead'; its signals: Speed, Gear, Temp, Ratio"),
    ],
)
def test_a_refusal_names_signal_value_and_what_is_allowed(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError) as refused:
        codec(CAR).encode({name: value})
    assert str(refused.value) == words


@pytest.mark.parametrize("values", [(), (1, 2, 3), (1, 2, 3, 4, 5)])
def test_a_wrong_number_of_values_is_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=f"B.Car has 4 signals, but {len(values)} values were given"):
        codec(CAR).pack(values)


def test_a_labelled_raw_value_may_lie_outside_the_limits() -> None:
    """Not available is sent as 0xFFFF although the speed ends at 300 km/h."""
    code = codec(CAR)
    assert code.encode({"Speed": "SNA"})[:2] == code.encode({"Speed": 655.35})[:2] == b"\xff\xff"
    assert code.decode(b"\xff\xff" + bytes(6))["Speed"] == "SNA"


def test_the_start_value_may_lie_outside_the_limits() -> None:
    """Raw 0 is -40 degrees, below the minimum of -30, yet it is what the database starts with."""
    code = codec(CAR)
    assert code.start == (0.0, "R", -40, 0.0)
    assert code.encode({}) == bytes((0, 0, 1, 0, 0, 0, 0, 0))
    with pytest.raises(ValueError, match="Temp: -39 is outside"):
        code.encode({"Temp": -39})


def test_single_conversions_go_both_ways() -> None:
    code = codec(CAR)
    assert [code.to_raw("Speed", "SNA"), code.to_raw("Speed", 12.34), code.to_raw("Temp", 20)] == [0xFFFF, 1234, 60]
    assert [code.to_physical("Gear", 1), code.to_physical("Gear", 5), code.to_physical("Temp", 60)] == ["R", 5, 20]


def test_a_number_of_another_library_is_refused_rather_than_packed_wrong() -> None:
    """A 32-bit float keeps too few bits for the arithmetic of the packer; a 64-bit one is a float."""
    free = MessageLayout("B", "M", 1, 4, "A", signals=(replace(SPEED, labels=()), replace(TEMP, start=16, factor=0.5)))
    assert codec(free).pack(tuple(numpy.float64([12.34, 20]))) == codec(free).pack((12.34, 20))
    with pytest.raises(ValueError, match="neither a number nor a label"):
        codec(free).pack(tuple(numpy.float32([12.34, 20])))


def test_zero_has_no_sign_under_a_negative_factor() -> None:
    for length in (8, 16):
        layout = MessageLayout("B", "M", 1, 2, "A", signals=(plain("S", 0, length, factor=-0.5),))
        assert exact(codec(layout).decode(b"\0\0")) == exact(oracle(layout).decode(b"\0\0")) == {"S": "0.0"}


def test_messages_without_signals_or_without_bytes_exist() -> None:
    for length in (0, 3):
        code = codec(MessageLayout("B", "M", 1, length, "A"))
        assert code.pack(()) == code.encode({}) == bytes(length) == oracle(code.layout).encode({})
        assert code.decode(bytes(length)) == code.decode(b"\1\2\3\4\5") == code.decode(b"") == {}


def test_names_and_labels_of_a_database_are_data_not_code() -> None:
    hostile = "x': [][0], 'y"
    signals = (plain(hostile, 0, 4, labels=((0, "'+[][0]+'"),)), plain("0_COUNTER", 4, 4), plain("class", 8, 8))
    code = codec(MessageLayout("B", "M", 1, 2, "A", signals=signals))
    assert code.decode(b"\x50\7") == {hostile: "'+[][0]+'", "0_COUNTER": 5, "class": 7}
    assert code.encode({hostile: "'+[][0]+'", "0_COUNTER": 5, "class": 7}) == b"\x50\7"
    assert code.reader(hostile)(b"\0\0") == "'+[][0]+'"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (plain("S", 60, 5), r"B.M.S \(start 60, 5 bits\) does not fit 8 bytes"),
        (plain("S", 56, 9, little_endian=False), r"B.M.S \(start 56, 9 bits\) does not fit 8 bytes"),
        (plain("S", 0, 0), r"B.M.S \(start 0, 0 bits\) does not fit 8 bytes"),
        (plain("S", 0, 8, factor=0), "B.M.S has factor 0 and offset 0"),
        (plain("S", 0, 8, offset=float("nan")), "B.M.S has factor 1 and offset nan"),
        (plain("S", 0, 24, is_float=True), "B.M.S is a float of 24 bits; IEEE 754 lengths are 16, 32, 64"),
        (plain("S", 0, 8, start_raw=256), "B.M.S starts at raw 256, outside its 0 .. 255"),
        (plain("S", 0, 32, is_float=True, is_multiplexer=True, labels=((1, "A"),)), "is a float and a multiplexer"),
    ],
)
def test_a_signal_that_cannot_be_coded_is_refused_at_once(wrong: SignalLayout, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        codec(MessageLayout("B", "M", 1, 8, "A", signals=(wrong,)))


def test_two_signals_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two signals named 'S'"):
        codec(MessageLayout("B", "M", 1, 8, "A", signals=(plain("S", 0, 1), plain("S", 1, 1))))
