"""Power supplies on TCP, written for these tests alone: they share no code with the bench, its models or its drivers.

`python supplies_process.py N` prints the ports of N supplies and, last, a port where others ask and act as at the rack:
    look NAME            -> JSON: what the terminals do now, and every change of them since the last `fresh`
    fresh NAME           a supply as from the box, its output off
    front NAME VOLTS     its output switched on at the front
    mute NAME, unmute    it takes commands and says nothing (what was asked meanwhile is answered afterwards)
    stuck NAME S         the connection that asks next waits so long for its answer; others are served
    dead NAME, undead    it does nothing that it is told
    clip NAME            its OVP cannot be set
A supply is called by its number. Instants are the host's monotonic clock, ns, which all processes share.
"""

import asyncio
import json
import sys
from contextlib import suppress
from time import monotonic_ns

S = 1_000_000_000
LIMIT = 1 << 20


class Supply:
    """What is at the terminals. A watchdog that expired has switched off at its instant, not when somebody looks."""

    def __init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        self.volts, self.amperes, self.ovp, self.ocp, self.slew = 0.0, 1.0, 66.0, 11.0, 1e6
        self.watchdog, self.on, self.heard, self.stuck, self.mute = 0.0, False, monotonic_ns(), 0.0, False
        self.dead = self.clip = False
        self.mode, self.listed, self.dwells, self.mark = "FIX", "0", "0", 0
        self.changes: list[tuple[int, bool, float]] = [(monotonic_ns(), False, 0.0)]
        self.lines: list[str] = []

    def settle(self) -> None:
        if self.on and self.watchdog and monotonic_ns() > self.heard + self.watchdog * S:
            self.on = False
            self.note(self.heard + int(self.watchdog * S))

    def note(self, at: int = 0) -> None:
        if (self.on, self.volts) != self.changes[-1][1:]:
            self.changes.append((at or monotonic_ns(), self.on, self.volts))

    def message(self, text: str) -> str:
        """Carry out one message of units; the answers between semicolons."""
        self.settle()
        self.heard = monotonic_ns()
        answers = [answer for unit in text.split(";") if (answer := self.unit(unit.strip().removeprefix(":")))]
        return ";".join(answers)

    def unit(self, unit: str) -> str:
        header, _, value = unit.partition(" ")
        self.lines.append(unit)
        match header.upper():
            case "*IDN?":
                return f"Bench Test,Supply,{id(self)},1.0"
            case "*ESE":
                self.mark = int(value)
            case "*ESE?":
                return str(self.mark)
            case "*ESR?":
                return "0"
            case "SYST:ERR?":
                return '0,"No error"'
            case "OUTP":
                self.on = value.upper() in ("1", "ON")
                if self.volts > self.ovp:
                    self.on = False
                self.note()
            case "VOLT":
                self.volts = float(value)
                if self.on:
                    self.note()
            case "CURR":
                self.amperes = float(value)
            case "VOLT:PROT":
                self.ovp = self.ovp if self.clip else float(value)
            case "CURR:PROT":
                self.ocp = float(value)
            case "VOLT:SLEW":
                self.slew = float(value)
            case "SYST:WDOG":
                self.watchdog = float(value)
            case "VOLT:MODE":
                self.mode = value
            case "LIST:VOLT":
                self.listed = value
            case "LIST:DWEL":
                self.dwells = value
            case _:
                return self.query(header.upper())
        return ""

    def query(self, header: str) -> str:
        found: dict[str, object] = {
            "OUTP?": int(self.on), "VOLT?": self.volts, "CURR?": self.amperes, "VOLT:PROT?": self.ovp,
            "CURR:PROT?": self.ocp, "VOLT:SLEW?": self.slew, "SYST:WDOG?": self.watchdog, "LIST:COUN?": 1,
            "MEAS:VOLT?": self.volts if self.on else 0.0, "MEAS:CURR?": 0.5 if self.on else 0.0,
            "VOLT:MODE?": self.mode, "LIST:VOLT?": self.listed, "LIST:DWEL?": self.dwells,
            "VOLT:PROT:TRIP?": 0, "CURR:PROT:TRIP?": 0,
        }  # fmt: skip
        return str(found[header]) if header in found else ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                while self.dead:
                    await asyncio.sleep(0.01)
                answer = self.message(line.decode())
                wait, self.stuck = self.stuck, 0.0
                if wait:
                    await asyncio.sleep(wait)
                while self.mute:
                    await asyncio.sleep(0.01)
                if answer:
                    writer.write(answer.encode() + b"\n")
                    await writer.drain()
        writer.close()


async def act(supplies: list[Supply], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What somebody at the rack sees and does."""
    with suppress(ConnectionError):
        while line := await reader.readline():
            verb, number, *rest = line.decode().split()
            one = supplies[int(number)]
            one.settle()
            match verb:
                case "fresh":
                    one.fresh()
                case "front":
                    one.volts, one.on = float(rest[0]), True
                    one.note()
                case "mute" | "unmute":
                    one.mute = verb == "mute"
                case "dead" | "undead":
                    one.dead = verb == "dead"
                case "clip":
                    one.clip = True
                case "stuck":
                    one.stuck = float(rest[0])
            told = {name: getattr(one, name) for name in ("on", "volts", "amperes", "ovp", "ocp", "slew", "watchdog")}
            told |= {"changes": one.changes, "lines": one.lines[-400:], "at": monotonic_ns()}
            writer.write(json.dumps(told).encode() + b"\n")
            await writer.drain()
    writer.close()


async def main() -> None:
    supplies = [Supply() for _ in range(int(sys.argv[1]))]
    servers = [await asyncio.start_server(one.serve, "127.0.0.1", 0, limit=LIMIT) for one in supplies]
    rack = await asyncio.start_server(lambda reader, writer: act(supplies, reader, writer), "127.0.0.1", 0, limit=LIMIT)
    ports = [one.sockets[0].getsockname()[1] for one in (*servers, rack)]
    sys.stdout.write(" ".join(map(str, ports)) + "\n")
    sys.stdout.flush()
    # Whoever started it holds its standard input; when that is closed it ends.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
