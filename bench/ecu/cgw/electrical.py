"""The gateway's supply in numbers. All are bench defaults [B]: a real programme states them per unit.

A crash report passes through it, so it outlasts all cranks of EL-11 as the telematics unit does, by an ideal diode and
a converter that works down to 2.4 V. The capacitor bridges 1 ms (0.1 ms is asked by EL-08), but not 10 ms.
"""

from bench.ecu.electrical import Electrical
from bench.vehicle.input_stage import InputStage

ELECTRICAL = Electrical(
    stage=InputStage(farad=100e-6, ohm=0.1, drop=0.1),
    draws=(
        ("off", 30e-6),  # leakage and the reset circuit
        ("boot", 0.15),
        ("run", 0.12),
        ("sleep", 60e-6),  # transceivers in standby: under the target of 100 uA (EL-19)
    ),
    starts_above=6.0,
    dies_below=2.4,
    warns_below=3.3,
)
