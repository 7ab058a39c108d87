"""The rear-view camera: it streams 30 pictures a second from shortly after the key is on."""

from dataclasses import dataclass

from bench.clock.kernel import Behaviour
from bench.ecu.ecu import Ports
from bench.model.instant import MS


@dataclass(frozen=True)
class Parameters:
    """Times in ns, bench defaults by engineering judgement."""

    first_frame: int = 60 * MS
    init: int = 400 * MS
    picture: int = 33_333_333
    latency_ms: int = 60


class Rvc:
    """The camera as the infotainment bus sees it."""

    name = "RVC"

    def __init__(self, parameters: Parameters = Parameters()) -> None:
        self._p = parameters

    def start(self, ports: Ports) -> None:
        """Wait for the key, initialise, stream; a reset ends it with the key."""
        ports.process(self._live(ports))

    def _live(self, ports: Ports) -> Behaviour:
        while ports.read("power_mode") == "OFF":
            yield ports.wait(10 * MS)
        yield ports.wait(self._p.first_frame)
        status = ports.output("INFO", "RVC_Status_01")
        status.set(CamState="INIT", FrameLatency="SNA")
        status.start()
        yield ports.wait(ports.vary(self._p.init))
        began = ports.now

        def report(now: int) -> None:
            if ports.read("power_mode") == "OFF":
                ports.reset(0)
                return
            pictures = (now - began) // self._p.picture
            status.set(CamState="STREAMING", FrameCounter=pictures % 65536, FrameLatency=self._p.latency_ms)

        ports.every(10 * MS, report)
