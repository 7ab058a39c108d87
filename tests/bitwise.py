"""CAN controllers bit by bit, kept as the oracle of errors: each node a small machine that drives and samples the bus.

Classic frames with base ids only. Of the bench it uses nothing; bits come from wire_oracle.py. A bus is the AND of what
its nodes drive, after that a fault may invert the bit or hold it recessive. One step is one bit.
Source: ISO 11898-1:2015, medium access control, error signalling, fault confinement.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from wire_oracle import CRC15, classic, number, remainder


@dataclass
class Frame:
    """One mailbox entry; released at the beginning of a bit."""

    name: str
    identifier: int
    data: bytes
    released: int


class NotModelled(Exception):
    """What these controllers do not know how to take."""


class Receiver:
    """Takes in one frame bit by bit, from SOF to the end of EOF. `feed` says "", "error" or "done"."""

    def __init__(self) -> None:
        self.raw: list[int] = []
        self.bits: list[int] = []
        self.run, self.value = 0, -1
        self.tail = -1
        self.good = False

    def acknowledges(self) -> bool:
        """Whether the coming bit is the ACK slot and the CRC was right."""
        return self.tail == 1 and self.good

    def feed(self, bit: int) -> str:
        if self.tail >= 0:
            return self._tail(bit)
        if self.run == 5:
            if bit == self.value:
                return "error"
            self.run, self.value = 1, bit
        else:
            self.run = self.run + 1 if bit == self.value else 1
            self.value = bit
            self.bits.append(bit)
        if len(self.bits) >= 19 and self.run < 5:
            length = min(8, int("".join(map(str, self.bits[15:19])), 2))
            if len(self.bits) == 19 + 8 * length + 15:
                self.tail = 0
                self.good = number(remainder(self.bits[:-15], *CRC15), 15) == self.bits[-15:]
        return ""

    def _tail(self, bit: int) -> str:
        """CRC delimiter, ACK slot, ACK delimiter, seven bits of EOF."""
        place = self.tail
        self.tail += 1
        if place == 1:
            return ""
        if not bit and place < 9:
            return "error"
        if place == 2 and not self.good:
            return "error"
        return "done" if place == 9 else ""


@dataclass
class Controller:
    """One node. `log` gets (bit at whose end it happened, kind, text, TEC)."""

    name: str
    log: Callable[..., None]
    tec: int = 0
    rec: int = 0
    state: str = "idle"
    box: list[Frame] = field(default_factory=list)
    told: str = "error-active"

    def __post_init__(self) -> None:
        self.frame: Frame | None = None
        self.sent: list[int] = []
        self.place = 0
        self.receiver = Receiver()
        self.count = self.equal = self.last = 0
        self.active_flag = True
        self.transmitted = False
        self.exempt = False
        self.sequences = self.recessive = 0

    @property
    def passive(self) -> bool:
        return self.tec > 127 or self.rec > 127

    # ---- driving ------------------------------------------------------------------------------------------------

    def drive(self, bit: int) -> int:
        """What it puts on the bus in this bit; it may start a frame."""
        if self.state == "idle":
            ready = [frame for frame in self.box if frame.released <= bit]
            if ready:
                self.frame = min(ready, key=lambda frame: frame.identifier)
                wire = list(classic(self.frame.identifier, self.frame.data).bits[:-3])
                wire[-9] = 1
                self.sent, self.place, self.state = wire, 0, "send"
                self.start, self.receiver, self.transmitted = bit, Receiver(), True
        if self.state == "send":
            return self.sent[self.place]
        if self.state == "receive" and self.receiver.acknowledges():
            return 0
        return 0 if self.state == "flag" and self.active_flag else 1

    # ---- sampling -----------------------------------------------------------------------------------------------

    def sample(self, level: int, bit: int) -> None:
        """What it makes of the bus at the end of this bit."""
        getattr(self, f"_{self.state}")(level, bit)
        if self.tec > 255 and self.state not in ("off",):
            self.state = "off"
            self.sequences = self.recessive = 0
            self._tell(bit, "bus-off")
            self._tell(bit, "recovering")
            self.box.clear()
        elif self.state != "off":
            self._tell(bit, "error-passive" if self.passive else "error-active")

    def _tell(self, bit: int, state: str) -> None:
        if state != self.told:
            self.told = state
            self.log(bit, "state", self.name, state, self.tec)

    def _idle(self, level: int, bit: int) -> None:
        if not level:
            self.state, self.receiver, self.transmitted = "receive", Receiver(), False
            self.receiver.feed(level)

    def _suspend(self, level: int, bit: int) -> None:
        self._idle(level, bit)
        self.count += 1
        if self.state == "suspend" and self.count == 8:
            self.state = "idle"

    def _send(self, level: int, bit: int) -> None:
        own, place = self.sent[self.place], self.place
        self.receiver.feed(level)
        self.place += 1
        if place == len(self.sent) - 9:  # ACK slot
            if level:
                self._sending_failed("acknowledgement", bit)
            return
        if own != level:
            if own and len(self.receiver.bits) <= 13 and place:  # in id and RTR another one was dominant
                self.state, self.transmitted = "receive", False
            else:
                self._sending_failed("bit", bit)
        elif self.place == len(self.sent):
            self.tec = max(0, self.tec - 1)
            self.box.remove(self.frame)
            self.log(bit, "sent", self.name, self.frame, self.start)
            self._intermission_begins()

    def _sending_failed(self, cause: str, bit: int) -> None:
        self.exempt = cause == "acknowledgement" and self.passive
        flag_active = not self.passive
        if not self.exempt:
            self.tec += 8
        self.log(bit, "error", self.name, cause, self.tec, self.frame)
        self._flag_begins(flag_active)

    def _receive(self, level: int, bit: int) -> None:
        missed = level and self.receiver.acknowledges()  # its own dominant bit, which is nowhere to be seen
        found = self.receiver.feed(level)
        if found == "done":
            self.rec = 119 if self.rec > 127 else max(0, self.rec - 1)
            self._intermission_begins()
        elif found == "error" or missed:
            flag_active = not self.passive
            self.rec += 1
            self.exempt = False
            self._flag_begins(flag_active)

    def _flag_begins(self, active: bool) -> None:
        self.state, self.active_flag, self.count, self.equal, self.last = "flag", active, 0, 0, -1

    def _flag(self, level: int, bit: int) -> None:
        self.count += 1
        self.equal = self.equal + 1 if level == self.last else 1
        self.last = level
        if self.active_flag and level:
            flag_active = not self.passive
            self._punish()
            self._flag_begins(flag_active)
            return
        if not self.active_flag and self.exempt and not level:
            self.exempt = False
            self.tec += 8
        if (self.count if self.active_flag else self.equal) == 6:
            self.state, self.count, self.dominant = "wait", 0, 0

    def _punish(self) -> None:
        if self.transmitted:
            self.tec += 8
        else:
            self.rec += 8

    def _wait(self, level: int, bit: int) -> None:
        """After the flag: until the first recessive bit, which is the first of the delimiter."""
        if level:
            self.state, self.count = "delimiter", 1
            return
        self.dominant += 1
        if (self.dominant == 1 and not self.transmitted) or self.dominant % 8 == 0:
            self._punish()

    def _delimiter(self, level: int, bit: int) -> None:
        if not level:
            raise NotModelled("a dominant bit in an error delimiter")
        self.count += 1
        if self.count == 8:
            self._intermission_begins()

    def _intermission_begins(self) -> None:
        self.state, self.count = "intermission", 0

    def _intermission(self, level: int, bit: int) -> None:
        if not level:
            raise NotModelled("an overload frame")
        self.count += 1
        if self.count == 3:
            self.state, self.count = ("suspend", 0) if self.passive and self.transmitted else ("idle", 0)

    def _off(self, level: int, bit: int) -> None:
        self.recessive = self.recessive + 1 if level else 0
        if self.recessive == 11:
            self.recessive = 0
            self.sequences += 1
        if self.sequences == 128:
            self.tec = self.rec = 0
            self.state = "idle"
            self._tell(bit, "error-active")


@dataclass
class Faults:
    """`spoils(controller, start)` asks whether a frame is destroyed at its first bit after the DLC.

    `shorts` are bits [begin, end) in which the bus stays recessive.
    """

    spoils: Callable[[Controller, int], bool] = lambda controller, start: False
    shorts: tuple[tuple[int, int], ...] = ()


def play(controllers: list[Controller], faults: Faults, releases: dict[int, list[tuple[Controller, Frame]]], end: int):
    """Run so many bits. A newer frame of the same name replaces one that waits; one on the wire goes on meanwhile."""
    for bit in range(end):
        for controller, frame in releases.get(bit, ()):
            if controller.state != "off":
                controller.box = [
                    old for old in controller.box
                    if old.name != frame.name or (controller.state == "send" and old is controller.frame)
                ] + [frame]  # fmt: skip
        driven = [controller.drive(bit) for controller in controllers]
        level = min(driven)
        sending = [one for one in controllers if one.state == "send" and one.place == payload_place(one.frame)]
        if any(faults.spoils(controller, controller.start) for controller in sending):
            level = 1 - level
        if any(begin <= bit < stop for begin, stop in faults.shorts):
            level = 1
        for controller in controllers:
            controller.sample(level, bit)
            if controller.state != "send" and controller.frame is not None:
                give_up_old(controller)


def give_up_old(controller: Controller) -> None:
    """What failed while a newer one came is not sent again."""
    frame, box = controller.frame, controller.box
    if frame in box and any(one.name == frame.name and one is not frame for one in box):
        box.remove(frame)
    controller.frame = None


def payload_place(frame: Frame) -> int:
    """Where in the stuffed stream the first bit after the DLC stands."""
    wire = classic(frame.identifier, frame.data).bits
    run, value, seen, place = 0, -1, 0, 0
    while seen < 20:
        bit = wire[place]
        if run == 5:
            run, value = 1, bit
        else:
            run = run + 1 if bit == value else 1
            value = bit
            seen += 1
        place += 1
    return place - 1
