"""Fault confinement: each node's error counters, what state they put it in, and the way back from bus-off.

It counts and tells; when what is on the wire is for `trouble` to say. While all nodes are error-active nothing is
counted: errors come one at a time then, and what was sent well between two of them is looked up in the record.
Source: ISO 11898-1:2015, fault confinement; the names of the counters are the field's own, TEC and REC.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from bench.clock.calendar import FOREVER, Calendar, Call, Phase
from bench.model.layout import BusLayout
from bench.wire.recorder import Recorder
from bench.wire.roster import Roster

PASSIVE_FROM = 128
"""A node with one of its counters at this or above is error-passive."""

OFF_FROM = 256
"""A node whose TEC reaches this is bus-off."""

REC_AFTER_PASSIVE = 119
"""What REC becomes by a frame that an error-passive receiver takes well; the standard allows 119 to 127."""

SEQUENCES, SEQUENCE_BITS = 128, 11
"""A bus-off node is back after so many sequences of so many recessive bits."""

ACTIVE, PASSIVE, OFF, RECOVERING = "error-active", "error-passive", "bus-off", "recovering"


class Node:
    """One node's CAN controller on one bus. It may not start a frame before the instant `held` (ns)."""

    __slots__ = ("asked", "held", "name", "off", "rec", "sequences", "supplied", "tec", "told")

    def __init__(self, name: str) -> None:
        self.name = name
        self.tec = 0
        self.rec = 0
        self.off = False
        self.supplied = True
        self.held = 0
        self.asked: int | None = None
        self.sequences = 0
        self.told = ACTIVE

    @property
    def active(self) -> bool:
        """Whether its error flags are dominant."""
        return self.tec < PASSIVE_FROM and self.rec < PASSIVE_FROM

    @property
    def state(self) -> str:
        """Its state in the words of the trace."""
        if self.off:
            return OFF if self.asked is None else RECOVERING
        return ACTIVE if self.active else PASSIVE


class BusOffListener:
    """An ECU's ear for the bus-off of its own node."""

    __slots__ = ("_cancelled", "call", "live", "node")

    def __init__(self, node: str, call: Call, cancelled: "Callable[[BusOffListener], None]") -> None:
        self.node = node
        self.call = call
        self.live = True
        self._cancelled = cancelled

    def cancel(self) -> None:
        """Do not call any more."""
        if self.live:
            self.live = False
            self._cancelled(self)


class Confinement:
    """The nodes of one bus. `present` are those that hear and acknowledge; who the database does not name only sends.

    `recessive` is the instant from which the bus has been recessive, as far as it is known (ns).
    """

    def __init__(self, layout: BusLayout, calendar: Calendar, recorder: Recorder, roster: Roster, rank: int) -> None:
        self.present: list[Node] = []
        self.recessive = 0
        self.weighs = False
        """Whether some node is not error-active, or nobody is there to acknowledge."""
        self._bus = layout.name
        self._sequence = SEQUENCE_BITS * 1_000_000_000 // layout.bitrate
        self._calendar = calendar
        self._recorder = recorder
        self._roster = roster
        self._rank = rank
        self._nodes = {name: Node(name) for name in layout.nodes}
        self._named = tuple(self._nodes.values())
        self._lane = recorder.lane(rank)
        self._mark = 0
        self._listeners: list[BusOffListener] = []
        self.look()

    def node(self, name: str) -> Node:
        """The node of that name; made where the database does not name it."""
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = Node(name)
        return node

    # ---- who is there -------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Work out anew who is on the bus."""
        self.present = [node for node in self._named if node.supplied and not self._roster.is_off(node.name)]
        alone = bool(self._named) and len(self.present) < 2
        self.weighs = alone or any(node.told != ACTIVE for node in self._nodes.values())

    def supply(self, name: str, on: bool, at: int) -> None:
        """Tell that a node's controller runs from now on, or does not; it starts with its counters at zero."""
        if all(node.name != name for node in self._named):
            return
        node = self.node(name)
        node.supplied = on
        node.tec = node.rec = 0
        node.held = at
        node.asked = None
        if node.off:
            node.off = False
            self._roster.attach(name)
        self._tell(node, at)
        self.look()

    def acknowledged(self, senders: Collection[Node]) -> bool:
        """Whether anybody but the senders hears a frame. A database without nodes does not say who could, so yes."""
        return not self._named or any(node not in senders for node in self.present)

    # ---- counting -----------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Count what went well while nobody looked."""
        begin, self._mark = self._mark, len(self._lane)
        if begin == self._mark or not any(node.tec or node.rec for node in self._nodes.values()):
            return
        slots = self._roster.slots
        # A frame of a slot that has been recorded under this number; every slot has its own.
        names = {slot.number: slot.node for slot in slots}
        sent: Counter[str] = Counter()
        for number, count in self._lane.sent(begin).items():
            sent[names[number]] += count
        total = sum(sent.values())
        for node in self._nodes.values():
            node.tec = max(0, node.tec - sent[node.name])
        for node in self.present:
            node.rec = max(0, node.rec - (total - sent[node.name]))

    def skip(self) -> None:
        """What is in the record has been counted."""
        self._mark = len(self._lane)

    def succeeded(self, senders: Sequence[Node], deaf: Collection[Node], at: int) -> None:
        """A frame went well; `deaf` are those who had lost its beginning."""
        for node in senders:
            if node.tec:
                node.tec -= 1
                self._tell(node, at)
        for node in self.present:
            if node.rec and node not in senders and node not in deaf:
                node.rec = REC_AFTER_PASSIVE if node.rec >= PASSIVE_FROM else node.rec - 1
                self._tell(node, at)

    def failed(self, senders: Sequence[Node], deaf: Collection[Node], at: int) -> None:
        """A frame was destroyed: each sender and receiver found an error."""
        for node in tuple(self.present):
            if node not in senders and node not in deaf:
                node.rec += 1
                self._tell(node, at)
        for node in senders:
            node.tec += 8
            self._tell(node, at)

    def lost(self, node: Node, at: int) -> None:
        """A sender found an error that nobody else noticed."""
        node.tec += 8
        self._tell(node, at)

    def unheard(self, node: Node, at: int, sending: bool) -> int:
        """A node found an error on a bus that stays recessive; gives how many bits of active error flags it tried.

        Each dominant bit of such a flag is one more bit error, with a flag of its own, until the node is error-passive.
        """
        active = node.active
        bits = 0
        if sending:
            node.tec += 8
        else:
            node.rec += 1
        while active:
            active = node.active
            bits += 1
            if sending:
                node.tec += 8
            else:
                node.rec += 8
        self._tell(node, at)
        return bits

    # ---- states -------------------------------------------------------------------------------------------------

    def _tell(self, node: Node, at: int) -> None:
        if not node.name:
            node.tec = node.rec = 0  # the bench's own raw frames: it tries again as long as it takes
        if node.tec >= OFF_FROM and not node.off:
            node.off = True
            node.asked = None
            self._roster.detach(node.name)
            self._told(node, at)
            self._call_for(node, at)
        elif node.state != node.told:
            self._told(node, at)

    def _told(self, node: Node, at: int) -> None:
        node.told = node.state
        self._recorder.occur(at, "error_state", f"{self._bus}.{node.name}", node.told, node.tec)
        self.look()

    # ---- bus-off ------------------------------------------------------------------------------------------------

    def on_bus_off(self, node: str, call: Call) -> BusOffListener:
        """Call when a node goes bus-off, and let the caller ask for its recovery; who has no ear asks at once."""
        listener = BusOffListener(node, call, self._listeners.remove)
        self._listeners.append(listener)
        return listener

    def _call_for(self, node: Node, at: int) -> None:
        listeners = [listener for listener in self._listeners if listener.node == node.name]
        if not listeners:
            self.recover(node.name, at)
        for listener in listeners:

            def call(now: int, listener: BusOffListener = listener) -> None:
                if listener.live:
                    listener.call(now)

            self._calendar.at(at, Phase.FRAME_END, (self._rank,), call)

    def recover(self, name: str, at: int) -> None:
        """Let a bus-off node begin to count recessive bits; harmless where it is not bus-off or has begun."""
        node = self.node(name)
        if node.off and node.asked is None:
            node.asked = at
            node.sequences = 0
            self._told(node, at)

    def dominant(self, begin: int, end: int) -> None:
        """The bus was recessive until `begin`, and is again from `end` on: those who count begin a new sequence."""
        for node in self._nodes.values():
            if node.asked is not None:
                node.sequences += max(0, begin - max(self.recessive, node.asked)) // self._sequence
        self.recessive = end

    def next_recovery(self) -> int:
        """When the next node is back if the bus stays recessive until then; FOREVER when none counts."""
        return min((self._back(node) for node in self._nodes.values()), default=FOREVER)

    def recovered(self, at: int) -> None:
        """Bring back those whose time has come."""
        for node in self._nodes.values():
            if self._back(node) <= at:
                node.off = False
                node.asked = None
                node.tec = node.rec = 0
                self._roster.attach(node.name)
                self._told(node, at)

    def _back(self, node: Node) -> int:
        if node.asked is None:
            return FOREVER
        return max(self.recessive, node.asked) + (SEQUENCES - node.sequences) * self._sequence
