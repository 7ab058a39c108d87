"""A database is read once and kept: what the cache gives is what reading gives, and a bad cache is none."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchBug, ScenarioError
from bench.model.layout import BusLayout, MessageLayout, Protection, SendType, SignalLayout
from bench.network import cache
from bench.network.database import content, load
from bench.network.parsing import parsed
from bench.network.plain import packed, unpacked
from bench.network.reader import Limits, Reader

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "dbc").glob("*.dbc"))
LARGE = ROOT.parent / "shared" / "data" / "dbc" / "ford_lincoln_base_pt.dbc"


@pytest.fixture(scope="module")
def reader():
    with Reader() as reader:
        yield reader


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


class NoReader(Reader):
    """Stands where nothing may be read."""

    def layout(self, file: str, content: bytes) -> bytes:
        raise BenchBug(f"{file} was read")


# --------------------------------------------------------------------------------------------------- rows and layouts

names = st.text(min_size=1, max_size=8)
numbers = st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False)
signals = st.builds(
    SignalLayout,
    name=names,
    start=st.integers(0, 511),
    length=st.integers(1, 64),
    little_endian=st.booleans(),
    signed=st.booleans(),
    is_float=st.booleans(),
    factor=numbers,
    offset=numbers,
    minimum=st.none() | numbers,
    maximum=st.none() | numbers,
    unit=names,
    labels=st.lists(st.tuples(st.integers(), names), max_size=3).map(tuple),
    start_raw=st.integers(),
    substitute_raw=st.none() | st.integers(),
    is_multiplexer=st.booleans(),
    mux=st.none() | names,
    mux_ids=st.lists(st.integers(), max_size=3).map(tuple),
    vss=st.none() | names,
)
protections = st.builds(Protection, st.sampled_from(("P01", "P02", "P05")), st.tuples(st.integers()), st.integers())
messages = st.builds(
    MessageLayout,
    bus=st.just("BUS"),
    name=names,
    id=st.integers(0, 0x1FFF_FFFF),
    length=st.integers(0, 64),
    sender=names,
    receivers=st.lists(names, max_size=2).map(tuple),
    extended=st.booleans(),
    fd=st.booleans(),
    brs=st.booleans(),
    cycle=st.integers(0),
    offset=st.integers(0),
    send_type=st.sampled_from(SendType),
    min_delay=st.integers(0),
    max_age=st.integers(0),
    protection=st.none() | protections,
    signals=st.lists(signals, max_size=2).map(tuple),
)
buses = st.builds(
    BusLayout,
    st.just("BUS"),
    st.integers(1),
    st.integers(0),
    st.tuples(names),
    st.lists(messages, max_size=2).map(tuple),
)


@given(buses)
def test_a_bus_comes_back_from_its_bytes(bus):
    assert unpacked(packed(bus), "", "") == bus


@given(signals)
def test_a_signal_that_comes_back_is_frozen_and_of_its_class(signal):
    bus = BusLayout("B", 1, 0, (), (MessageLayout("B", "M", 1, 8, "A", signals=(signal,)),))
    back = unpacked(packed(bus), "", "").messages[0].signals[0]

    assert type(back) is SignalLayout and hash(back) == hash(signal)
    assert [type(getattr(back, field.name)) for field in fields(signal)] == [
        type(getattr(signal, field.name)) for field in fields(signal)
    ]
    with pytest.raises(AttributeError):
        back.name = "other"


# ----------------------------------------------------------------------------------------------------------- the cache


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_kept_or_read_or_parsed_here_it_is_the_same(folder, reader, path):
    read = load(path, reader=reader)
    kept = load(path, reader=NoReader())

    assert read == kept == unpacked(packed(parsed(str(path), path.read_bytes())), "", path.stem.upper())
    assert load(path, "OTHER", NoReader()).messages[0].bus == "OTHER"


def test_the_content_is_what_counts_and_not_the_name(folder, reader, tmp_path):
    copy = tmp_path / "copy.dbc"
    copy.write_bytes(SHIPPED[0].read_bytes())
    bus = load(SHIPPED[0], reader=reader)

    assert load(copy, reader=NoReader()) == bus
    copy.write_bytes(SHIPPED[0].read_bytes() + b"\n")
    with pytest.raises(BenchBug, match="was read"):
        load(copy, reader=NoReader())


def test_a_bus_without_a_name_of_its_own_is_named_by_each_file(folder, reader, tmp_path):
    for name in ("one", "two"):
        path = tmp_path / f"{name}.dbc"
        path.write_text("BU_: A\nBO_ 1 M: 8 A\n\n")
        assert load(path, reader=reader).name == name.upper()


def test_refusals_are_not_kept(folder, reader, tmp_path):
    path = tmp_path / "a.dbc"
    path.write_text("BU_: A\nBO_ 1 M: 9 A\n\n")
    for _ in range(2):
        with pytest.raises(ScenarioError, match="9 bytes is not a length"):
            load(path, reader=reader)

    assert not folder.exists()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda held: held[:-1], id="cut"),
        pytest.param(lambda held: held[:100] + bytes([held[100] ^ 1]) + held[101:], id="a bit"),
        pytest.param(lambda held: b"", id="empty"),
        pytest.param(lambda held: held + b"\0", id="longer"),
        pytest.param(lambda held: b"x" + held[1:], id="not ours"),
    ],
)
def test_a_damaged_entry_is_made_anew(folder, reader, damage):
    bus = load(SHIPPED[0], reader=reader)
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))

    assert load(SHIPPED[0], reader=reader) == bus
    assert entry.read_bytes() == whole


def test_an_entry_under_another_key_is_not_taken(folder, reader):
    load(SHIPPED[0], reader=reader)
    (entry,) = folder.iterdir()
    other = cache.key(SHIPPED[1].read_bytes())
    entry.rename(folder / f"{other}.layout")

    assert cache.found(other) is None


def test_what_others_can_write_is_not_believed(folder, reader):
    load(SHIPPED[0], reader=reader)
    folder.chmod(0o777)

    with pytest.raises(BenchBug, match="was read"):
        load(SHIPPED[0], reader=NoReader())


def test_a_link_in_place_of_an_entry_is_not_followed(folder, reader, tmp_path):
    load(SHIPPED[0], reader=reader)
    (entry,) = folder.iterdir()
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")

    assert cache.found(cache.key(SHIPPED[0].read_bytes())) is None


def test_no_folder_for_a_cache_costs_nothing_but_time(tmp_path, monkeypatch, reader):
    (tmp_path / "file").write_text("")
    for place in ("", str(tmp_path / "file"), str(tmp_path / "file" / "below"), "/proc/nowhere"):
        monkeypatch.setenv("BENCH_CACHE", place)
        assert load(SHIPPED[0], reader=reader).messages


def test_the_users_cache_folder_is_where_the_desktop_says(tmp_path, monkeypatch, reader):
    monkeypatch.delenv("BENCH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load(SHIPPED[0], reader=reader)

    (entry,) = (tmp_path / "ecubench" / "dbc").iterdir()
    assert entry.suffix == ".layout" and entry.stat().st_mode & 0o077 == 0


def test_the_oldest_entries_go(folder):
    for number in range(205):
        cache.keep(f"{number:064}", b"body")
        os.utime(folder / f"{number:064}.layout", ns=(number, number))

    cache.keep("f" * 64, b"body")
    left = sorted(entry.name for entry in folder.iterdir())
    assert len(left) == 200 and left[0] == f"{6:064}.layout" and cache.found("f" * 64) == b"body"


def test_writers_at_one_time_leave_a_whole_entry(folder):
    """Four processes put the same key many times while this one reads: it finds nothing or all of it."""
    program = (
        "import sys; from bench.network import cache\n"
        "for number in range(60): cache.keep('k' * 64, bytes([number]) * 200_000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(4)]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        body = cache.found("k" * 64)
        if body is not None:
            assert len(body) == 200_000 and len(set(body)) == 1
            seen.add(body[0])

    assert [writer.returncode for writer in writers] == [0] * 4
    assert seen and [entry.name for entry in folder.iterdir()] == [f"{'k' * 64}.layout"]


# ----------------------------------------------------------------------------------------------- what a start imports


def test_a_kept_database_needs_neither_cantools_nor_a_child(folder, reader):
    for path in SHIPPED:
        load(path, reader=reader)
    program = (
        "import sys; from pathlib import Path; from bench.network.database import load\n"
        "for path in sys.argv[1:]: load(Path(path))\n"
        "print({'cantools', 'subprocess', 'tempfile', 'can', 'multiprocessing'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, *map(str, SHIPPED)], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert found.stdout == "set()\n"


def test_check_finds_the_same_with_and_without_a_cache(folder):
    command = [
        sys.executable,
        "-m",
        "bench",
        "check",
        *map(str, sorted((ROOT / "scenarios").rglob("*.scenario.yaml"))[:2]),
    ]
    cold, warm = (subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT) for _ in range(2))
    without = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "BENCH_CACHE": ""}
    )

    assert cold.stdout == warm.stdout == without.stdout
    assert len(list(folder.iterdir())) == 2


# ----------------------------------------------------------------------------------------------------------- the child


def test_a_large_real_database_loads_within_its_limits(folder, reader):
    if not LARGE.exists():
        pytest.skip("the collection of real databases is not beside this checkout")
    bus = load(LARGE, reader=reader)

    assert sum(len(message.signals) for message in bus.messages) == 2150
    assert load(LARGE, reader=NoReader()) == bus


def test_limits_grow_with_the_file():
    small, large = Limits.of(b""), Limits.of(bytes(1 << 20))

    assert small.seconds < large.seconds < small.seconds + 10
    assert small.memory < large.memory <= 1 << 30


def test_a_reader_may_be_closed_at_any_time(tmp_path):
    reader = Reader()
    reader.close()
    first = reader.layout("pt.dbc", content(SHIPPED[0]))
    reader.close()
    reader.close()
    second = reader.layout("pt.dbc", content(SHIPPED[0]))
    reader.close()

    assert first == second


def test_a_child_that_is_killed_is_replaced(reader):
    first = reader.layout("a.dbc", content(SHIPPED[0]))
    assert reader._child
    reader._child.kill()
    reader._child.wait()

    assert reader.layout("a.dbc", content(SHIPPED[0])) == first


def test_no_child_is_left_behind(reader):
    with Reader() as own:
        own.layout("a.dbc", content(SHIPPED[0]))
        assert own._child
        number = own._child.pid

    assert not Path(f"/proc/{number}").exists()
