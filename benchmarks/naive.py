"""The restbus as one would first write it: a SimPy process per message, cantools each cycle, python-can `virtual`."""

import can
import simpy

MS = 1_000_000


def run(database, values_of, changing: int, end: int) -> list[tuple[int, bytes]]:
    """Every frame of the database at its cycle until `end` ns of simulated time: (id, payload) as received."""
    env = simpy.Environment()
    sender = can.Bus(interface="virtual", channel="naive", receive_own_messages=False)
    receiver = can.Bus(interface="virtual", channel="naive")
    received = []

    def cyclic(number, message):
        yield env.timeout(message.dbc.attributes["GenMsgStartDelayTime"].value * MS if number // 3 % 10 else 0)
        while True:
            turn = env.now // (10 * MS) if number < changing else 0
            values = dict(zip((s.name for s in message.signals), values_of(number, turn), strict=True))
            data = message.encode(values)
            sender.send(can.Message(arbitration_id=message.frame_id, data=data, is_extended_id=False))
            got = receiver.recv(0)
            received.append((got.arbitration_id, bytes(got.data)))
            yield env.timeout(message.cycle_time * MS)

    for number, message in enumerate(sorted(database.messages, key=lambda m: m.name)):
        env.process(cyclic(number, message))
    env.run(until=end)
    sender.shutdown()
    receiver.shutdown()
    return received
