"""The unit as a Linux process and as firmware, each met by python-can alone: it wakes, sends, checks and calls.

What is asserted does not depend on how fast this machine is.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import can
import pytest
from real_unit import CAN, PROCESS, QEMU, running

from bench.network.codec import codec
from bench.network.protection import checker, protector

SOON = 10.0
"""Seconds without a frame after which a unit that is awake counts as dead."""

AWAKE = "CGW_Body_01"
"""A message that the unit does not read; its frames keep the bus awake."""


# `python -m tests.socketcan.uml` runs this under a kernel that has CAN interfaces.
KERNEL_HAS_CAN = Path("/sys/class/net/vcan1").exists()


@pytest.fixture(params=["process", "firmware", *(["socketcan"] if KERNEL_HAS_CAN else [])])
def platform(request):
    """How the unit is started, and where its builds are."""
    if request.param == "socketcan":
        return CAN, request.getfixturevalue("processes")
    if request.param == "process":
        return PROCESS, request.getfixturevalue("processes")
    return QEMU, request.getfixturevalue("firmware")


class Talk:
    """The gateway's part of the conversation."""

    def __init__(self, bus: can.BusABC, info) -> None:
        self._bus, self._info = bus, info
        self._names = {message.id: message.name for message in info.messages}
        self._crashes = 0
        body = info.message(AWAKE)
        bus.send_periodic(can.Message(arbitration_id=body.id, data=bytes(8), is_extended_id=False), 0.05)

    def crash(self, broken: bool = False) -> None:
        """One report of a crash."""
        layout = self._info.message("CGW_Crash_01")
        code = codec(layout)
        start = dict(zip(code.names, code.start, strict=True))
        data = protector(layout.protection, 8)(code.pack([*{**start, "CrashDetected": "YES"}.values()]), self._crashes)
        self._crashes += 1
        data = bytes([data[0] ^ broken]) + data[1:]
        self._bus.send(can.Message(arbitration_id=layout.id, data=data, is_extended_id=False))

    def frames(self, name: str) -> Iterator[tuple[can.Message, dict]]:
        """Frames of a message as they come, with their content."""
        code = codec(self._info.message(name))
        while frame := self._bus.recv(SOON):
            if self._names[frame.arbitration_id] == name:
                yield frame, {signal: code.reader(signal)(bytes(frame.data)) for signal in code.names}
        raise AssertionError(f"nothing for {SOON} s")

    def until(self, name: str, **values: str) -> None:
        """Read on until a message says this."""
        next(content for _, content in self.frames(name) if values.items() <= content.items())

    def states(self, count: int) -> list[str]:
        """EcallState in the next frames."""
        frames = self.frames("TCU_eCall_01")
        return [next(frames)[1]["EcallState"] for _ in range(count)]

    def counters(self, name: str, until: str) -> list[int | None]:
        """The alive counters of a message until it says this EcallState, None for a wrong CRC."""
        check, found = checker(self._info.message(name).protection, self._info.message(name).length), []
        for frame, content in self.frames(name):
            found.append(check(bytes(frame.data)))
            if content["EcallState"] == until:
                return found
        raise AssertionError


def test_it_sends_all_its_messages_as_the_database_has_them(platform, info):
    command, builds = platform
    with running(command, builds / "telematics") as bus:
        Talk(bus, info)
        seen: dict[int, can.Message] = {}
        while len(seen) < 6 and (frame := bus.recv(SOON)):
            if frame.arbitration_id != info.message(AWAKE).id:  # a CAN socket hears those of its neighbours
                seen[frame.arbitration_id] = frame

    layouts = {message.id: message for message in info.messages}
    assert {layouts[one].name for one in seen} == {
        "TCU_Status_01", "TCU_Gnss_01", "TCU_Gnss_02", "TCU_eCall_01", "TCU_Cloud_01", "TCU_Ota_01",
    }  # fmt: skip
    for identifier, frame in seen.items():
        layout = layouts[identifier]
        assert (len(frame.data), frame.is_fd, frame.bitrate_switch) == (layout.length, layout.fd, layout.fd)


def test_healthy_it_ignores_a_broken_report_and_answers_three_right_ones(platform, info):
    command, builds = platform
    with running(command, builds / "telematics") as bus:
        talk = Talk(bus, info)
        talk.until("TCU_Status_01", NadState="SEARCH")
        talk.crash(broken=True)
        assert set(talk.states(5)) == {"IDLE"}
        for _ in range(3):
            talk.crash()
        counters = talk.counters("TCU_eCall_01", until="MSD_SENDING")

    assert counters == [(counters[0] + step) % 16 for step in range(len(counters))]


def test_with_the_crash_unchecked_one_broken_report_is_enough(platform, info):
    command, builds = platform
    with running(command, builds / "telematics-unchecked_crash") as bus:
        talk = Talk(bus, info)
        talk.until("TCU_Status_01", NadState="SEARCH")
        talk.crash(broken=True)

        talk.until("TCU_eCall_01", EcallState="TRIGGERED")


def test_with_the_counter_stuck_an_event_repeats_it(platform, info):
    command, builds = platform
    with running(command, builds / "telematics-stuck_counter") as bus:
        talk = Talk(bus, info)
        talk.until("TCU_Status_01", NadState="SEARCH")
        for _ in range(3):
            talk.crash()
        counters = talk.counters("TCU_eCall_01", until="DIALLING")

    assert None not in counters
    assert any(one == after for one, after in pairwise(counters))
