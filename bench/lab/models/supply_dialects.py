"""How families of supplies are spoken to: header -> feature.

Sources of the headers: generic: SCPI-99 volume 2, SOURce, OUTPut, MEASure and LIST subsystems (SYSTem:WDOG is ours);
Keysight N6700 series programming guide, chapters on the OUTPut, SOURce (LIST), TRIGger and INITiate commands;
Rohde & Schwarz HMP series user manual and NGP800 series user manual, chapters on remote control commands.
"""

from bench.lab.dialect import Dialect, Row
from bench.lab.parameters import Count, Kind, Nothing, Number, Numbers, Switch, Time, Times, Word

_V, _A, _ON = Number("V"), Number("A"), Switch()
_MODE = Word("FIXed", "LIST")
_LEVEL = "[:LEVel][:IMMediate][:AMPLitude]"


def _on_channel(*rows: tuple[str, str, Kind]) -> tuple[Row, ...]:
    """Rows whose commands may name the output, `(@1)`."""
    return tuple(Row(pattern, feature, kind, channel=True) for pattern, feature, kind in rows)


GENERIC = Dialect(
    "supply/generic",
    "ecubench",
    "supply-generic",
    (
        Row(f"[SOURce:]VOLTage{_LEVEL}", "voltage", _V),
        Row(f"[SOURce:]CURRent{_LEVEL}", "current", _A),
        Row("OUTPut[:STATe]", "output", _ON),
        Row("MEASure[:SCALar]:VOLTage[:DC]", "measured_volts", _V),
        Row("MEASure[:SCALar]:CURRent[:DC]", "measured_amperes", _A),
        Row("MEASure[:SCALar]:POWer[:DC]", "measured_watts", Number("W")),
        Row("[SOURce:]VOLTage:PROTection[:LEVel]", "ovp", _V),
        Row("[SOURce:]VOLTage:PROTection:STATe", "ovp_on", _ON),
        Row("[SOURce:]VOLTage:PROTection:TRIPped", "ovp_tripped", _ON),
        Row("[SOURce:]CURRent:PROTection[:LEVel]", "ocp", _A),
        Row("[SOURce:]CURRent:PROTection:STATe", "ocp_on", _ON),
        Row("[SOURce:]CURRent:PROTection:DELay", "ocp_delay", Time()),
        Row("[SOURce:]CURRent:PROTection:TRIPped", "ocp_tripped", _ON),
        Row("OUTPut:PROTection:CLEar", "clear", Nothing()),
        Row("[SOURce:]VOLTage:SLEW", "slew", Number("V/S")),
        Row("[SOURce:]VOLTage:MODE", "mode", _MODE),
        Row("[SOURce:]LIST:VOLTage", "list_volts", Numbers("V")),
        Row("[SOURce:]LIST:VOLTage:POINts", "list_points", Count()),
        Row("[SOURce:]LIST:DWELl", "list_dwell", Times()),
        Row("[SOURce:]LIST:COUNt", "list_count", Number()),
        Row("TRIGger:SOURce", "source", Word("BUS", "IMMediate")),
        Row("INITiate[:IMMediate]", "initiate", Nothing()),
        Row("ABORt", "abort", Nothing()),
        Row("SYSTem:WDOG", "watchdog", Time()),
        Row("SYSTem:WDOG:TRIPped", "watchdog_tripped", _ON),
    ),
)

KEYSIGHT = Dialect(
    "supply/keysight",
    "Keysight Technologies",
    "N6705C",
    (
        *_on_channel(
            (f"[SOURce:]VOLTage{_LEVEL}", "voltage", _V),
            (f"[SOURce:]CURRent{_LEVEL}", "current", _A),
            ("OUTPut[:STATe]", "output", _ON),
            ("MEASure[:SCALar]:VOLTage[:DC]", "measured_volts", _V),
            ("MEASure[:SCALar]:CURRent[:DC]", "measured_amperes", _A),
            ("MEASure[:SCALar]:POWer[:DC]", "measured_watts", Number("W")),
            ("[SOURce:]VOLTage:PROTection[:LEVel]", "ovp", _V),
            ("[SOURce:]VOLTage:PROTection:TRIPped", "ovp_tripped", _ON),
            ("[SOURce:]CURRent:PROTection:STATe", "ocp_on", _ON),
            ("[SOURce:]CURRent:PROTection:TRIPped", "ocp_tripped", _ON),
            ("OUTPut:PROTection:DELay[:TIME]", "ocp_delay", Time()),
            ("OUTPut:PROTection:CLEar", "clear", Nothing()),
            ("[SOURce:]VOLTage:SLEW[:IMMediate]", "slew", Number("V/S")),
            ("[SOURce:]VOLTage:MODE", "mode", _MODE),
            ("[SOURce:]LIST:VOLTage[:LEVel]", "list_volts", Numbers("V")),
            ("[SOURce:]LIST:VOLTage:POINts", "list_points", Count()),
            ("[SOURce:]LIST:DWELl", "list_dwell", Times()),
            ("[SOURce:]LIST:COUNt", "list_count", Number()),
            ("[SOURce:]LIST:TERMinate:LAST", "keep_last", _ON),
            ("TRIGger[:TRANsient]:SOURce", "source", Word("BUS", "IMMediate")),
            ("INITiate[:IMMediate][:TRANsient]", "initiate", Nothing()),
            ("ABORt[:TRANsient]", "abort", Nothing()),
        ),
        Row("OUTPut:PROTection:WDOG[:STATe]", "watchdog_on", _ON),
        Row("OUTPut:PROTection:WDOG:DELay", "watchdog_delay", Time()),
    ),
    digits="+.6E",
)

ROHDE_SCHWARZ = Dialect(
    "supply/rohde_schwarz",
    "ROHDE&SCHWARZ",
    "HMP4040",
    (
        Row("INSTrument:NSELect", "channel", Count()),
        Row("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]", "voltage", _V),
        Row("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]", "current", _A),
        Row("OUTPut[:STATe]", "output", _ON),
        Row("OUTPut:SELect", "selected", _ON),
        Row("OUTPut:GENeral", "master", _ON),
        Row("MEASure[:SCALar][:VOLTage][:DC]", "measured_volts", _V),
        Row("MEASure[:SCALar]:CURRent[:DC]", "measured_amperes", _A),
        Row("MEASure[:SCALar]:POWer", "measured_watts", Number("W")),
        Row("[SOURce:]VOLTage:PROTection:LEVel", "ovp", _V),
        Row("[SOURce:]VOLTage:PROTection[:STATe]", "ovp_on", _ON),
        Row("[SOURce:]VOLTage:PROTection:TRIPped", "ovp_tripped", _ON),
        Row("[SOURce:]VOLTage:PROTection:CLEar", "clear", Nothing()),
        Row("FUSE[:STATe]", "ocp_on", _ON),
        Row("FUSE:DELay", "ocp_delay", Time()),
        Row("FUSE:TRIPped", "ocp_tripped", _ON),
        Row("ARBitrary:DATA", "program", Numbers()),
        Row("ARBitrary:REPetitions", "repetitions", Number()),
        Row("ARBitrary:TRANsfer", "transfer", Count()),
        Row("ARBitrary:STARt", "start", Count()),
        Row("ARBitrary:STOP", "stop", Count()),
        Row("ARBitrary:BEHavior:END", "hold", Word("OFF", "HOLD")),
    ),
    digits=".4f",
)

DIALECTS = {dialect.name.partition("/")[2]: dialect for dialect in (GENERIC, KEYSIGHT, ROHDE_SCHWARZ)}
