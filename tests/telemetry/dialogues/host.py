"""A host for tests: the real gateway and driver on a real port, with commands from memory instead of the database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from qingtian.domain.hj212 import Edition, WireSettings
from qingtian.domain.hj212.catalogue import find_command
from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.dialogues import FINAL, Phase, QnClock, Span, stamp
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.simulator import SimulatedDevice, Split, Trouble, built_in_profile, simulated_device
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.commands import Ordered, Report
from qingtian.telemetry.gateway.driving import DialogueDriver
from qingtian.telemetry.gateway.server import Gateway

PASSWORD = "123456"
PATIENCE_S = 20.0


class MemoryPort:
    """Commands and reports in memory; can be away for a while like a database."""

    def __init__(self) -> None:
        self.waiting: list[Ordered] = []
        self.under_way: list[Ordered] = []
        self.reports: list[Report] = []
        self.away = False
        self.closed = False
        self._lock = threading.Lock()
        self._numbers = QnClock()
        self._keys = 0

    def order(self, profile: DeviceProfile, cn: str, params: dict[str, Any] | None = None, **more: Any) -> int:
        """Put a command into the queue; returns its key."""
        params = dict(params or {})
        spec = find_command(profile.wire.edition, cn)
        if cn == "1012":
            params.setdefault("SystemTime", stamp(real_now()))
        span = Span(params["BeginTime"], params["EndTime"]) if "BeginTime" in params else None
        with self._lock:
            self._keys += 1
            fields: dict[str, Any] = {
                "key": self._keys,
                "mn": profile.mn,
                "device": profile.mn,
                "cn": cn,
                "qn": self._numbers.draw(real_now()),
                "params": params,
                "st": "31",
                "notice": spec is not None and spec.down is Kind.NOTICE,
                "span": span,
                "any_qn": spec is not None and spec.reads,
            }
            self.waiting.append(Ordered(**(fields | more)))
            return self._keys

    def resume(self) -> Sequence[Ordered]:
        self._answer()
        return [replace(one, attempts=max(1, one.attempts)) for one in self.under_way]

    def take(self, ready: Callable[[str], bool], limit: int) -> Sequence[Ordered]:
        self._answer()
        with self._lock:
            busy = {one.mn for one in self.under_way}
            taken = []
            for one in list(self.waiting):
                if one.mn not in busy and ready(one.mn):
                    busy.add(one.mn)
                    self.waiting.remove(one)
                    self.under_way.append(one)
                    taken.append(one)
            return taken

    def report(self, reports: Sequence[Report]) -> None:
        self._answer()
        with self._lock:
            self.reports.extend(reports)
            ended = {one.key for one in reports if one.phase in FINAL}
            self.under_way = [one for one in self.under_way if one.key not in ended]

    def close(self) -> None:
        self.closed = True

    def of(self, key: int | None) -> list[Report]:
        """What was told of a command (or, for None, of messages)."""
        return [one for one in self.reports if one.key == key]

    def happenings(self, key: int | None) -> list[str]:
        """The same, in words."""
        return [str(one.happening) for one in self.of(key)]

    def end_of(self, key: int) -> Report | None:
        """The report of the end."""
        return next((one for one in self.of(key) if one.phase in FINAL), None)

    def _answer(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")


class Host:
    """What a test speaks to."""

    def __init__(self, gateway: Gateway, driver: DialogueDriver, port: MemoryPort) -> None:
        self.gateway, self.driver, self.port = gateway, driver, port

    async def until(self, what: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(patience_s):
            while not what():
                await asyncio.sleep(0.01)

    async def end(self, key: int) -> Report:
        """The end of a command."""
        await self.until(lambda: self.port.end_of(key))
        found = self.port.end_of(key)
        assert found is not None
        return found

    async def ask(self, profile: DeviceProfile, cn: str, params: dict[str, Any] | None = None, **more: Any) -> Report:
        """Order a command and wait for its end."""
        return await self.end(self.port.order(profile, cn, params, **more))


@asynccontextmanager
async def host(folder: Path, *profiles: DeviceProfile, port: MemoryPort | None = None) -> AsyncIterator[Host]:
    """The gateway with its driver, listening."""
    commands = port or MemoryPort()
    directory = StaticDirectory({one.mn: one for one in profiles})
    settings = Settings(data_dir=folder, gateway_port=0, disk_reserve_mb=1, commit_delay_ms=1)
    driver = DialogueDriver(commands, directory, now=real_now, poll_s=0.02)
    gateway = Gateway(settings, directory, now=real_now, driver=driver)
    await gateway.start()
    try:
        yield Host(gateway, driver, commands)
    finally:
        await gateway.stop()


def device(
    edition: Edition = Edition.E2017,
    *,
    profile: str = "flue_gas",
    trouble: Trouble | None = None,
    overtime_s: int = 8,  # a busy machine is no lost frame
    resends: int = 3,
    key: bytes = b"",
    **more: Any,
) -> tuple[Any, DeviceProfile]:
    """Settings of a simulated device that only answers, and how the register knows it."""
    settings = simulated_device(
        built_in_profile(profile),
        edition=edition,
        password=PASSWORD,
        encrypted=bool(key),
        sm4_key=key,
        seed=7,
        split=Split.WHOLE,
        action_s=0.05,
        trouble=trouble or Trouble(),
        **more,
    )
    settings = replace(settings, wire=replace(settings.wire, overtime_s=1))
    known = DeviceProfile(
        mn=settings.mn,
        site="DA001",
        edition=int(edition.value),
        password=PASSWORD,
        sm4_key=key.hex(),
        overtime_s=overtime_s,
        resends=resends,
    )
    return settings, known


@asynccontextmanager
async def speaking(folder: Path, edition: Edition = Edition.E2017, **more: Any) -> AsyncIterator[tuple[Host, Any, Any]]:
    """A host and one device that is connected and known to it."""
    settings, profile = device(edition, **more)
    async with host(folder, profile) as here, SimulatedDevice(settings, here.gateway.port) as sim:
        sim.speak("heartbeat")  # a device speaks first: the host knows its line from then on
        await here.until(lambda: here.gateway.connections.has(profile.mn))
        yield here, sim, profile


def phase_of(report: Report) -> Phase | None:
    return report.phase


__all__ = ["Host", "MemoryPort", "WireSettings", "device", "host", "phase_of", "speaking"]
