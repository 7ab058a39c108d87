"""What the bench relies on when python-can speaks to a CAN kernel.

can-utils, by the makers of that kernel's CAN, bear witness.
"""

import gc
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from logging import CRITICAL
from pathlib import Path
from threading import Thread
from time import time

import can
import pytest
from can.interfaces.socketcan.constants import CAN_ERR_FLAG
from required import lacking

SOON = 10.0  # seconds; a frame that takes longer is lost, however busy the machine
GONE = r"Network is down|No such device"  # ENETDOWN on the way, ENODEV once it is gone, ENXIO when sending
FD_LENGTHS = (*range(9), 12, 16, 20, 24, 32, 48, 64)

Opened = Callable[..., can.BusABC]


@pytest.fixture
def opened(vcan0: str) -> Iterator[Opened]:
    """Opens sockets on the first interface, or on that named, and closes them."""
    buses: list[can.BusABC] = []

    def one(channel: str = vcan0, **options: object) -> can.BusABC:
        buses.append(can.Bus(interface="socketcan", channel=channel, fd=True, **options))
        return buses[-1]

    yield one
    for bus in buses:
        bus.shutdown()


@pytest.fixture
def witness(vcan0: str) -> Callable[[Callable[[], None], int], list[str]]:
    """Frames as candump writes them, `id#data` or `id##flags data`, while something is done that sends so many."""
    if shutil.which("candump") is None:
        lacking("there is no candump; as root: apt install can-utils")

    def watching(act: Callable[[], None], count: int) -> list[str]:
        before = receivers()
        everything = f"{vcan0},0:0,#1FFFFFFF"  # every frame, every error
        command = ["candump", "-L", "-n", str(count), "-T", str(round(SOON * 1000)), everything]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as candump:
            while receivers() == before:
                assert candump.poll() is None
            act()
            lines = candump.communicate()[0].splitlines()
        return [line.split()[2] for line in lines]

    return watching


def receivers() -> int:
    """How many sockets listen on CAN interfaces."""
    return sum(path.read_text().count("raw\n") for path in Path("/proc/net/can").glob("rcvlist_*"))


def received(bus: can.BusABC, count: int) -> list[can.Message]:
    frames = [bus.recv(SOON) for _ in range(count)]
    assert None not in frames
    return frames


def content(frame: can.Message) -> tuple[object, ...]:
    flags = (frame.is_extended_id, frame.is_fd, frame.bitrate_switch, frame.is_remote_frame, frame.is_error_frame)
    return frame.arbitration_id, *flags, frame.dlc, bytes(frame.data)


def frame(number: int, data: bytes = b"", **kind: object) -> can.Message:
    return can.Message(arbitration_id=number, data=data, **{"is_extended_id": False, **kind})


def test_frames_of_every_kind_and_length_arrive_whole(opened, witness):
    data = bytes(range(64))
    sent = [
        *(frame(0x100 + n, data[:n]) for n in range(9)),
        *(frame(0x200 + n, data[:n], is_fd=True) for n in FD_LENGTHS),
        *(frame(0x300 + n, data[:n], is_fd=True, bitrate_switch=True) for n in FD_LENGTHS),
        frame(0x1ABCDE00, data[:8], is_extended_id=True),
        frame(0x1ABCDE01, data, is_extended_id=True, is_fd=True, bitrate_switch=True),
        can.Message(arbitration_id=0x7FF, is_extended_id=False, is_remote_frame=True, dlc=8),
    ]
    sender, receiver = opened(), opened()

    seen = witness(lambda: [sender.send(one) for one in sent], len(sent))
    arrived = received(receiver, len(sent))

    assert [content(one) for one in arrived] == [content(one) for one in sent]
    # candump's bit 0 is the bit rate switch; bit 2 says only that it is FD, which `##` says already.
    plain = [
        line
        if "##" not in line
        else f"{line.split('##')[0]}##{int(line.split('##')[1][0], 16) & 1}{line.split('##')[1][1:]}"
        for line in seen
    ]
    assert plain == [as_candump(one) for one in sent]


def as_candump(one: can.Message) -> str:
    number = f"{one.arbitration_id:0{8 if one.is_extended_id else 3}X}"
    data = bytes(one.data).hex().upper()
    if one.is_remote_frame:
        return f"{number}#R{one.dlc}"
    return f"{number}##{one.bitrate_switch:d}{data}" if one.is_fd else f"{number}#{data}"


def test_frames_of_another_program_arrive(opened, vcan0):
    bus = opened()
    if shutil.which("cansend") is None:
        lacking("there is no cansend; as root: apt install can-utils")

    for words in ("123#DEADBEEF", "1ABCDE00##1" + "5A" * 64):
        subprocess.run(["cansend", vcan0, words], check=True)

    classic, fd = received(bus, 2)
    assert content(classic) == content(frame(0x123, b"\xde\xad\xbe\xef"))
    assert content(fd) == content(frame(0x1ABCDE00, b"\x5a" * 64, is_extended_id=True, is_fd=True, bitrate_switch=True))


def test_own_frames_come_back_once_where_asked_for_and_in_the_order_of_the_bus(opened):
    echoing, silent = opened(receive_own_messages=True), opened()

    for number in range(100):
        (echoing if number % 2 else silent).send(frame(number))
    silent.send(frame(0x7FE))
    echoing.send(frame(0x7FF))

    assert [one.arbitration_id for one in received(echoing, 102)] == [*range(100), 0x7FE, 0x7FF]
    assert [one.arbitration_id for one in received(silent, 51)] == [*range(1, 100, 2), 0x7FF]
    assert echoing.recv(0) is None and silent.recv(0) is None


def test_a_frame_of_any_program_on_this_machine_counts_as_transmitted(opened):
    """So `is_rx` cannot tell an echo from the frame of a process beside us; only what we know of our own frames can."""
    echoing, other = opened(receive_own_messages=True), opened()

    echoing.send(frame(1))
    other.send(frame(2))

    assert [(one.arbitration_id, one.is_rx) for one in received(echoing, 2)] == [(1, False), (2, False)]


def test_stamps_are_of_the_kernels_clock_and_never_run_backwards(opened):
    echoing = opened(receive_own_messages=True)
    stamps = []

    before = time()
    for number in range(200):
        echoing.send(frame(number))
        stamps += [one.timestamp for one in received(echoing, 1)]
    after = time()

    assert [before, *stamps, after] == sorted([before, *stamps, after])
    assert len(set(stamps)) > 190  # finer than the tick of 10 ms by far


def test_a_stamp_is_of_the_arrival_and_not_of_the_reading(opened):
    sender, receiver = opened(), opened()

    sender.send(frame(1))
    sent = time()
    sender.send(frame(2))

    first, second = received(receiver, 2)
    assert first.timestamp <= sent <= second.timestamp


def test_filters_are_by_id_mask_and_kind_of_id(opened):
    bus = opened(
        can_filters=[
            {"can_id": 0x120, "can_mask": 0x7F0, "extended": False},
            {"can_id": 0x18FF0000, "can_mask": 0x1FFF0000, "extended": True},
        ]
    )
    sender = opened()

    for number in (0x11F, 0x120, 0x12F, 0x130):
        sender.send(frame(number))
        sender.send(frame(number, is_extended_id=True))
    for number in (0x18FF1234, 0x18FE1234):
        sender.send(frame(number, is_extended_id=True))
    sender.send(frame(0x121))  # the last one: what is missing before it does not come

    found = [(one.arbitration_id, one.is_extended_id) for one in received(bus, 4)]
    assert found == [(0x120, False), (0x12F, False), (0x18FF1234, True), (0x121, False)]
    assert bus.recv(0) is None


def test_error_frames_arrive_as_such(opened, witness):
    """A controller reports a fault of the bus so; linux/can/error.h: 0x40 is bus-off."""
    sender, receiver = opened(), opened()

    seen = witness(lambda: sender.send(frame(0x40, bytes(8), is_error_frame=True)), 1)

    (arrived,) = received(receiver, 1)
    assert arrived.is_error_frame and arrived.arbitration_id == 0x40
    assert seen == [f"{CAN_ERR_FLAG | 0x40:08X}#{'00' * 8}"]


def test_an_interface_for_classic_frames_refuses_fd_in_words(opened, own_interface):
    subprocess.run(["ip", "link", "set", own_interface, "down"], check=True)
    subprocess.run(["ip", "link", "set", own_interface, "mtu", "16", "up"], check=True)
    bus = opened(own_interface)

    bus.send(frame(1, bytes(8)))
    with pytest.raises(can.CanOperationError, match="Invalid argument"):
        bus.send(frame(1, bytes(12), is_fd=True))


def test_no_such_interface_is_said_when_it_is_opened(opened, caplog):
    words = ""
    with warnings.catch_warnings(), caplog.at_level(CRITICAL, "can"):  # a logged error would hold the socket
        warnings.simplefilter(
            "ignore", ResourceWarning
        )  # python-can 4.6 leaves the socket that it could not bind unclosed
        try:
            opened("vcan9")
        except OSError as error:
            words = str(error)
        gc.collect()
    assert "No such device" in words


def test_an_interface_that_vanishes_ends_a_waiting_reader_and_every_later_call(opened, own_interface):
    bus = opened(own_interface)
    ended: list[str] = []

    def read() -> None:
        try:
            bus.recv(SOON)
        except can.CanOperationError as error:
            ended.append(str(error))

    reader = Thread(target=read)
    reader.start()
    subprocess.run(["ip", "link", "delete", own_interface], check=True)
    reader.join()

    (words,) = ended
    assert re.search(GONE, words)
    with pytest.raises(can.CanOperationError, match=GONE):
        bus.send(frame(1))


def test_an_interface_of_the_same_name_is_another_one(opened, own_interface):
    """Nothing reconnects by itself: an old socket stays dead."""
    bus = opened(own_interface)
    for words in (["delete", own_interface], ["add", own_interface, "type", "vcan"], ["set", own_interface, "up"]):
        subprocess.run(["ip", "link", *words], check=True)
    opened(own_interface).send(frame(1))

    with pytest.raises(can.CanOperationError, match=GONE):
        bus.recv(SOON)
    assert bus.recv(0) is None
