"""The telematics unit's supply in numbers. All are bench defaults [B]: a real programme states them per unit.

An emergency call must outlast the crank, cold and with an aged battery too (EL-11, level III: 3.0 V - 0.2 V on the
line). So the unit has a transistor as an ideal diode and a converter that works down to 2.4 V; only the start asks for
more. The capacitor bridges 1 ms in a call, but not the 10 ms which is the next decade of EL-08.
"""

from dataclasses import dataclass

from bench.ecu.electrical import Electrical
from bench.model.instant import MS
from bench.vehicle.input_stage import InputStage

PAGING_EVERY = 1280 * MS
"""Paging cycle asleep (LTE, DRX of 128 frames; derived from 3GPP TS 36.304)."""

PAGING_FOR = 20 * MS
"""How long the receiver is on for it: wake-up, synchronisation and one paging occasion."""

ELECTRICAL = Electrical(
    stage=InputStage(farad=330e-6, ohm=0.05, drop=0.1),
    draws=(
        ("off", 50e-6),  # leakage and the reset circuit
        ("boot", 0.35),  # memories are filled, the modem starts
        ("run", 0.25),  # registered, with a packet now and then
        ("call", 0.4),  # the transmitter is on: mean over its bursts
        ("sleep", 0.9e-3),  # the modem keeps time and memory
        ("paging", 0.06),  # receiver on: 20 ms of 1.28 s, so 0.92 mA more on average and 1.8 mA in all (EL-19: 3 mA)
    ),
    starts_above=6.0,
    dies_below=2.4,
    # 3.3 V lies below the ripple of level III; its 3.0 V last far less than the warning.
    warns_below=3.3,
)

FLUSH = 120 * MS
"""What an ordered shutdown takes: stop the modem, write the buffers' index; longer than the cycle of the status."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Inner voltages, V, and a time, ns, at which single functions act.

    Below `modem_below` the modem drops a call: nowhere, for it hangs on the same converter. The trouble code for
    over-voltage is set above `over_voltage` for `over_voltage_for`, and healed below `healed` (EL-02).
    """

    modem_below: float = 0.0
    over_voltage: float = 16.0
    over_voltage_for: int = 500 * MS
    healed: float = 15.5
