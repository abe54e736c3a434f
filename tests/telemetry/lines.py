"""Connections of devices for tests of the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.domain.hj212 import FrameOk, Framer, decode
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.server import Gateway


def make_settings(folder: Path, **changes: Any) -> Settings:
    fields = {"data_dir": folder, "gateway_port": 0, "disk_reserve_mb": 1, "commit_delay_ms": 1}
    return Settings(**(fields | changes))


@contextlib.asynccontextmanager
async def running(
    folder: Path, directory: DeviceDirectory, now: Callable[[], datetime], driver: Any = None, **changes: Any
) -> AsyncIterator[Gateway]:
    gateway = Gateway(make_settings(folder, **changes), directory, now=now, driver=driver)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@contextlib.asynccontextmanager
async def connected(
    port: int, source: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(source, 0), ssl=tls, server_hostname="localhost" if tls else None
    )
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


async def answers(reader: asyncio.StreamReader, count: int, timeout_s: float = 20.0) -> list[Any]:
    """The next `count` answers; anything that is no whole frame fails the test."""
    found: list[Any] = []
    framer = Framer()
    async with asyncio.timeout(timeout_s):
        while len(found) < count:
            data = await reader.read(65536)
            assert data, f"closed after {len(found)} of {count} answers"
            for event in framer.feed(data):
                assert isinstance(event, FrameOk)
                found.append(decode(event.raw))
    return found


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)
