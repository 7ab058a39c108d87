"""The infotainment unit's supply in numbers. All are bench defaults [B]: a real programme states them per unit.

A warm start (EL-11, level I: 8.0 V - 0.2 V on the line, then 9.5 V with ripple) goes unnoticed; a cold one (II to IV:
6.5 V and less for seconds) shuts the unit down in order, because it draws much and nobody needs it while cranking. A
drop to 4.5 V for 100 ms (EL-07) is bridged: the converter works down to 3.5 V, and the warning waits for longer. The
capacitor bridges 1 ms at full draw (0.1 ms is asked by EL-08), but not 10 ms.
"""

from bench.ecu.electrical import Electrical
from bench.model.instant import MS
from bench.vehicle.input_stage import InputStage

ELECTRICAL = Electrical(
    stage=InputStage(farad=1000e-6, ohm=0.04, drop=0.3),
    draws=(
        ("off", 50e-6),  # leakage and the reset circuit
        ("boot", 2.0),  # all cores and the flash, the display's back light comes on
        ("run", 1.25),
        ("standby", 0.5),  # display off, memory and processor ready to resume in a second
        ("shutdown", 1.0),  # writes to the flash
        ("sleep", 80e-6),  # transceiver in standby and clock: under the target of 100 uA (EL-19)
    ),
    starts_above=7.5,
    dies_below=3.5,
    warns_below=6.5,
)

FLUSH = 100 * MS
"""What an ordered shutdown for want of voltage takes: the open file is closed, nothing else is written."""
