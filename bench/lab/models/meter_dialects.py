"""How families of multimeters are spoken to: header -> feature.

Sources of the headers: generic: SCPI-99 volume 2, MEASurement instructions, TRIGger and INITiate subsystems; Keysight
Truevolt series (34465A) operating and service guide, SCPI programming reference; Rohde & Schwarz HMC8012 SCPI
programmers manual, chapters on measurement and SENSe commands.
"""

from collections.abc import Iterator

from bench.lab.dialect import Dialect, Row
from bench.lab.parameters import Choice, Count, Nothing, Number, Numbers, Word

FUNCTIONS = {"VOLT": "VOLTage[:DC]", "CURR": "CURRent[:DC]", "RES": "RESistance"}


def _plain() -> Iterator[Row]:
    for function, header in FUNCTIONS.items():
        yield Row(f"CONFigure[:SCALar]:{header}", f"configure {function}", Choice())
        yield Row(f"MEASure[:SCALar]:{header}", f"measure {function}", Numbers())
    yield Row("INITiate[:IMMediate]", "initiate", Nothing())
    yield Row("ABORt", "abort", Nothing())
    yield Row("FETCh", "fetch", Numbers())
    yield Row("READ", "read", Numbers())


def _truevolt() -> Iterator[Row]:
    yield from _plain()
    for function, header in FUNCTIONS.items():
        yield Row(f"[SENSe:]{header}:NPLCycles", f"cycles {function}", Number())
        yield Row(f"[SENSe:]{header}:RANGe[:UPPer]", f"range {function}", Number())
    yield Row("SAMPle:COUNt", "samples", Count())
    yield Row("TRIGger:SOURce", "source", Word("IMMediate", "BUS"))


def _hmc() -> Iterator[Row]:
    yield from _plain()
    for function, header in FUNCTIONS.items():
        yield Row(f"[SENSe:]{header}:ADCRate", f"speed {function}", Word("SLOW", "MEDium", "FAST"))
        yield Row(f"[SENSe:]{header}:RANGe[:UPPer]", f"range {function}", Number())


GENERIC = Dialect("meter/generic", "ecubench", "meter-generic", tuple(_plain()), ".7E")
KEYSIGHT = Dialect("meter/keysight", "Keysight Technologies", "34465A", tuple(_truevolt()), "+.8E")
ROHDE_SCHWARZ = Dialect("meter/rohde_schwarz", "ROHDE&SCHWARZ", "HMC8012", tuple(_hmc()), ".7E")
DIALECTS = {dialect.name.partition("/")[2]: dialect for dialect in (GENERIC, KEYSIGHT, ROHDE_SCHWARZ)}
