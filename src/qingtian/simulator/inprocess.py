"""A device inside a test or another program: connected, watched, told what to do."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from types import TracebackType

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import real_now
from qingtian.simulator.device import Device
from qingtian.simulator.fleet import Fleet, Line
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import TimeBase

POLL_S = 0.005


class _Watched(Fleet):
    """A fleet that keeps what was said and heard."""

    said_bytes: bytearray
    heard_bytes: bytearray

    def heard(self, line: Line, data: bytes) -> None:
        """Keep it."""
        self.heard_bytes += data

    def said(self, line: Line, data: bytes) -> None:
        """Keep it."""
        self.said_bytes += data


class SimulatedDevice:
    """One device over real TCP.

    Args:
        settings: what it is (see `simulated_device`).
        port: where the host listens.
        host: its address.
        base: how simulated time runs; the machine's time by default.
        tls: context, when the host speaks TLS.

    ```python
    async with SimulatedDevice(simulated_device(built_in_profile("flue_gas")), port) as sim:
        sim.speak("clock")                      # 1013
        await sim.until(lambda: sim.stats.acked >= 1)
        sim.device.clock, sim.device.password, sim.device.writer.mn, sim.sent, sim.heard
    ```
    """

    def __init__(
        self,
        settings: DeviceSettings,
        port: int,
        host: str = "127.0.0.1",
        *,
        base: TimeBase | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        base = base or TimeBase(real_now().timestamp(), time.monotonic())
        self._fleet = _Watched([settings], host, port, base=base, tls=tls)
        self._fleet.said_bytes, self._fleet.heard_bytes = bytearray(), bytearray()

    @property
    def device(self) -> Device:
        """The machine: clock, cycles, password, writer.mn, writer.key, parameters, outbox."""
        return self._fleet.devices[0]

    @property
    def stats(self) -> Stats:
        """What it counted."""
        return self._fleet.stats

    @property
    def sent(self) -> bytes:
        """Every byte that it wrote."""
        return bytes(self._fleet.said_bytes)

    @property
    def heard(self) -> bytes:
        """Every byte that came from the host."""
        return bytes(self._fleet.heard_bytes)

    async def start(self, timeout_s: float = 5.0) -> None:
        """Connect, and wait until the line stands.

        Raises:
            Unavailable: it does not.
        """
        await self._fleet.start()
        await self.until(lambda: self.device.online, timeout_s, what="the line")

    async def stop(self) -> None:
        """Hang up for good."""
        await self._fleet.stop()

    async def __aenter__(self) -> SimulatedDevice:
        """Connect."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up for good."""
        await self.stop()

    def speak(self, *names: str) -> None:
        """Let it say something now: see `Device.speak`."""
        now = time.monotonic()
        for name in names:
            self.device.speak(name, now)
        self._settle(now)

    def write(self, *frames: bytes) -> None:
        """Let it write any bytes."""
        now = time.monotonic()
        for frame in frames:
            self.device.write(frame, now)
        self._settle(now)

    def hang_up(self) -> None:
        """Break the line; it calls again at once."""
        self.device.hang_up = True
        self._settle(time.monotonic())

    async def until(self, holds: Callable[[], bool], timeout_s: float = 5.0, what: str = "the condition") -> None:
        """Wait for something.

        Raises:
            Unavailable: it did not come in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise Unavailable(f"{what} did not come within {timeout_s} s: {self.stats.line()}") from error

    def _settle(self, now: float) -> None:
        self._fleet.settle(self._fleet.lines[0], now)
