"""What a bus is, whatever it is made of: the same play on each kind, judged by what was recorded."""

from collections import Counter
from itertools import pairwise

import pytest
from lines import KINDS, REAL
from lone_bus import Seen, counter, crc_right
from networks import PROTECTIONS
from play import MESSAGES, OTHERS, QUIET, Play, played

from bench.model.instant import MS
from bench.model.trace import BRS, EXTENDED, FD, REMOTE
from bench.network.timing import frame_timer
from bench.wire.slot import arbitration_key

LAYOUTS = {one.name: one for one in MESSAGES}
CYCLIC = [one for one in MESSAGES if one.cycle]


@pytest.fixture(scope="module", params=KINDS)
def play(request: pytest.FixtureRequest) -> Play:
    """The play on one kind of bus."""
    return played(request.param)


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest) -> Play:
    """The play on one kind of bus that others are on too."""
    return played(request.param)


def due(name: str, begin: int = 0, until: int = QUIET) -> list[int]:
    """The instants at which a message is due from its start at `begin` on."""
    one = LAYOUTS[name]
    return list(range(begin + one.offset, until, one.cycle))


def kept(play: Play, name: str, expected: list[int]) -> None:
    """Each release that was due is there, but for those that were skipped because the host stood still."""
    skipped = {one.start for one in play.bench.health.disturbances if one.kind == "skipped" and one.message == name}
    assert [one.release for one in play.of(name)] == [at for at in expected if at not in skipped]


# ---- sending --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["First", "Second", "Third", "P01", "P02", "P05", "Large", "Pulled", "Changed"])
def test_every_release_of_a_grid_goes_out(play: Play, name: str) -> None:
    """At the instants that cycle and offset say, and at no others."""
    expected = [at for at in due(name) if name != "Pulled" or not 100 * MS <= at < 200 * MS]

    kept(play, name, expected)


def test_a_grid_ends_and_begins_anew(play: Play) -> None:
    """Nothing after the stop; the offset counts from the new start."""
    kept(play, "Stopped", [*due("Stopped", until=100 * MS), *due("Stopped", 200 * MS)])


def test_at_one_instant_the_lower_id_goes_first(play: Play) -> None:
    """Frames of one release instant end in the order of arbitration, but for those that a late one before put off."""
    by_release: dict[int, list[Seen]] = {}
    for name in ("First", "Second", "Third"):
        free = 0
        for one in play.of(name):
            if one.release >= free:
                by_release.setdefault(one.release, []).append(one)
            free = one.end + LAYOUTS[name].cycle // 2 + 1 * MS
    for frames in by_release.values():
        ordered = sorted(frames, key=lambda one: arbitration_key(one.id, one.name == "Third"))
        assert [one.end for one in ordered] == sorted(one.end for one in frames)


def test_a_change_goes_out_once_it_is_made_and_changes_nothing_else(play: Play) -> None:
    """The old content before it, the new one after it; all other messages say what they always say."""
    assert {one.number for one in play.of("Changed", until=200 * MS)} == {1}
    assert {one.number for one in play.of("Changed", since=208 * MS)} == {2}
    for name in ("First", "Second", "Third", "Large", "Pulled", "Stopped", "P01", "P02", "P05"):
        assert {one.number for one in play.of(name)} == {0}


@pytest.mark.parametrize("name", ["P01", "P02", "P05", "Held"])
def test_counter_and_crc_are_right_in_every_frame(play: Play, name: str) -> None:
    """The counter counts frames without a gap, also where releases were skipped or made by the bench."""
    protection = PROTECTIONS["P01" if name == "Held" else name]
    frames = play.of(name)

    assert all(crc_right(protection, one.data) for one in frames)
    assert [counter(protection, one.data) for one in frames] == [n % protection.modulo for n in range(len(frames))]


def test_events_keep_their_minimum_delay(play: Play) -> None:
    """Three requests within it are one frame at once and one when it is over."""
    first, second = (one.release for one in play.of("Event"))

    assert first == 100 * MS
    assert second - first >= LAYOUTS["Event"].min_delay


def test_a_slot_that_was_taken_over_sends_what_the_bench_says_and_when(play: Play) -> None:
    """Three frames at the bench's instants with its content; the sender's own before and after."""
    held = play.of("Held", 100 * MS, 200 * MS)

    assert [(one.release, one.number) for one in held] == [(at * MS, 77) for at in (110, 130, 150)]
    assert {one.number for one in (*play.of("Held", until=100 * MS), *play.of("Held", 200 * MS))} == {0}


def test_a_fault_lies_on_its_message_for_its_time(play: Play) -> None:
    """Nothing, then other bytes, then as before."""
    assert play.of("Faulty", 100 * MS, 200 * MS) == []
    assert {one.data for one in play.of("Faulty", 200 * MS, 300 * MS)} == {b"\xff" * 8}
    assert {one.data for one in (*play.of("Faulty", until=100 * MS), *play.of("Faulty", 300 * MS))} == {bytes(8)}


def test_a_frame_is_as_long_as_its_bits(play: Play) -> None:
    """Start and end are as far apart as the frame of that very content needs."""
    for one in play.frames:
        if one.name in LAYOUTS and one.name != "Other":
            of = LAYOUTS[one.name]
            timer = frame_timer(of.id, of.extended, of.fd, of.brs, of.length, 500_000, 2_000_000)
            assert one.end - one.start == timer(one.data)


def test_no_two_frames_of_a_message_are_closer_than_half_its_cycle(play: Play) -> None:
    """Whatever the host did."""
    for one in CYCLIC:
        if one.name not in ("Held", "Stopped"):
            ends = [frame.end for frame in play.of(one.name)]
            assert all(after - before >= one.cycle // 2 for before, after in pairwise(ends)), one.name


def test_the_record_is_in_the_order_of_ends(play: Play) -> None:
    """Also where stamps come late."""
    ends = list(play.trace.frames.end)

    assert ends == sorted(ends)


def test_format_and_id_are_recorded(play: Play) -> None:
    """Classic, FD with bit-rate switch, 64 bytes, 29 bits, and frames of ids that no database has."""
    flags = {(one, flag) for one, flag in zip(play.trace.frames.id, play.trace.frames.flags, strict=True)}

    assert {(0x010, 0), (0x18DA0110, EXTENDED), (0x030, FD | BRS), (0x022, FD | BRS)} <= flags
    assert {(0x7E0, 0), (0x1ABCDEF0, EXTENDED), (0x7E1, FD | BRS), (0x7E2, FD), (0x7E3, 0)} <= flags
    assert {len(one.data) for one in play.of("Large")} == {64}


def test_raw_frames_go_out_as_often_as_they_were_asked_for(play: Play) -> None:
    """Each of them twice, with its bytes; the number of the message where its id is known, else none."""
    rows = Counter((one.id, one.data, one.name) for one in play.frames if one.id in (0x7E0, 0x7E1, 0x7E2, 0x7E3))

    assert rows == {
        (0x7E0, b"\x01\x02", ""): 2,
        (0x7E1, bytes(range(48)), ""): 2,
        (0x7E2, bytes(12), ""): 2,
        (0x7E3, b"", ""): 2,
    }
    assert [one.data for one in play.frames if one.name == "Other"].count(b"\x09\x09") == 2


# ---- listening ------------------------------------------------------------------------------------------------------


def test_a_latched_message_is_heard_whole_and_not_before_it_ends(play: Play) -> None:
    """Every frame once, in order, with its end; none from the future."""
    frames = play.of("P01")

    assert [(end, data) for _, end, data in play.latched] == [(one.end, one.data) for one in frames]
    assert all(end <= now for now, end, _ in play.latched)


def test_a_node_that_is_pulled_off_neither_sends_nor_hears(play: Play) -> None:
    """It misses what ends meanwhile, and hears again afterwards."""
    away = [end for _, end, _ in play.deaf if 101 * MS <= end < 199 * MS]

    assert play.of("Pulled", 100 * MS, 200 * MS) == []
    assert away == []
    assert {data for _, end, data in play.deaf if end >= 230 * MS} == {one.data for one in play.of("P01", 230 * MS)}


def test_a_reaction_comes_its_latency_after_each_frame(play: Play) -> None:
    """Once for each, never too early; as many answers as frames, in their order."""
    frames = play.of("P02")

    assert [end for _, end, _ in play.reacted] == [one.end for one in frames]
    assert all(now >= end + 3 * MS for now, end, _ in play.reacted)
    numbers = [one.number for one in play.of("Answer")]
    if play.bench.kind == "simulated":
        assert all(now == end + 3 * MS for now, end, _ in play.reacted)
        assert numbers == list(range(1, len(frames) + 1))
    assert len(numbers) == len(frames)
    # Only where the host stood still, so that two are due at once, may both say what was answered last.
    called = [now for now, _, _ in play.reacted]
    for place, number in enumerate(numbers):
        assert number == place + 1 or (number == place + 2 and called[place + 1] - called[place] < 1 * MS)


def test_a_live_listener_is_called_for_each_frame(play: Play) -> None:
    """With its end and its payload, and not before it."""
    assert [(end, data) for _, end, data in play.lived] == [(one.end, one.data) for one in play.of("P05")]
    assert all(now >= end for now, end, _ in play.lived)


# ---- with others on the bus -----------------------------------------------------------------------------------------


def test_others_hear_every_frame_that_was_recorded(real: Play) -> None:
    """As many, with the same id and bytes, each message in the same order: nothing is lost and nothing made up."""
    f = real.trace.frames
    ours = [
        (identifier, bool(flag & EXTENDED), bytes(len(data)) if flag & REMOTE else data)
        for identifier, flag, data in zip(f.id, f.flags, f.data, strict=True)
        if identifier not in (0x7F0, 0x1F0, 0x7F1, 0x7F2)
    ]
    theirs = [
        (one.arbitration_id, one.is_extended_id, bytes(one.dlc) if one.is_remote_frame else bytes(one.data))
        for one in real.others
        if one.arbitration_id not in (0x7F0, 0x1F0, 0x7F1, 0x7F2)
    ]
    own = Counter(
        (one.arbitration_id, one.is_extended_id, bytes(one.data)) for one in OTHERS if not one.is_remote_frame
    )
    unheard = Counter(ours) - Counter(theirs) - own

    # A remote frame is recorded with its id alone.
    assert {key for key in unheard if key[0] != 0x7E4} == set()
    for name in ("P01", "P02", "P05", "Changed", "Faulty"):
        of = LAYOUTS[name]
        assert [one.data for one in real.of(name)] == [bytes(m.data) for m in real.others if m.arbitration_id == of.id]


def test_what_others_send_is_recorded_as_it_is(real: Play) -> None:
    """Known and unknown ids, a length that the database does not say, 29 bits, FD, a remote frame."""
    f = real.trace.frames
    rows = {
        (identifier, flag, data, message >= 0)
        for identifier, flag, data, message in zip(f.id, f.flags, f.data, f.message, strict=True)
    }

    assert {
        (0x0A0, 0, bytes(range(8)), True),
        (0x0A0, 0, b"\x01\x02\x03", True),
        (0x7F0, 0, b"\x05", False),
        (0x1F0, EXTENDED, b"\x06", False),
        (0x7F1, FD | BRS, bytes(64), False),
        (0x7F2, REMOTE, b"", False),
    } <= rows


def test_what_others_send_is_heard(real: Play) -> None:
    """By whoever listens to a message of that id, in the order in which it came, after it ended."""
    heard = [data for _, _, data in real.raw if data in (bytes(range(8)), b"\x01\x02\x03")]

    assert heard == [bytes(range(8)), b"\x01\x02\x03"]
    assert all(end <= now for now, end, _ in real.raw)


def test_the_accounts_are_complete(real: Play) -> None:
    """Of each cyclic message: what was due was sent, skipped or lost, and what was sent is in the record."""
    for one in real.bench.health.punctuality:
        if one.message in ("First", "P01", "P02", "P05", "Large"):
            assert one.due == len(due(one.message)) == one.sent + one.skipped + one.lost
            assert one.sent == len(real.of(one.message))
    assert len(real.bench.health.punctuality) >= 5
    assert real.bench.health.uncertainty[0][1] > 0
