"""The gateway process: listen, keep sessions in bounds, publish counters, stop without losing a frame."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import current_clock, real_now
from qingtian.runtime.settings import Settings
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.counting import GatewayCounters
from qingtian.telemetry.gateway.session import Session, Shared
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.spool.writer import MIB, DiskSegment, SegmentFile, SpoolWriter

MAX_IN_FLIGHT = 64 * MIB
PARTIAL_TIMEOUT_S = 5.0  # protocol reference section 9: an unfinished frame is dropped after 5 s of silence
SWEEP_S = 1.0
REFRESH_S = 3.0
FIRST_TRY_S = 1.0
DRAIN_S = 10.0
BACKLOG = 4096
_log = logging.getLogger(__name__)


class Gateway:
    """An HJ 212 server over one spool.

    Args:
        settings: address, limits, folders.
        directory: who may send.
        now: city time.
        open_segment: opens spool segments (tests give failing ones).
    """

    def __init__(
        self,
        settings: Settings,
        directory: DeviceDirectory,
        *,
        now: Callable[[], datetime] | None = None,
        open_segment: Callable[[Path], SegmentFile] = DiskSegment,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._now = now or (lambda: current_clock().now())
        self._open_segment = open_segment
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._shared: Shared | None = None
        self.counters = GatewayCounters()
        self.port = 0

    async def start(self) -> None:
        """Read the register, open the spool, listen."""
        loop = asyncio.get_running_loop()
        while not await loop.run_in_executor(None, self._directory.refresh):
            _log.warning("no device register yet: devices are not listened to")
            await asyncio.sleep(FIRST_TRY_S)
        settings = self._settings
        spool = SpoolWriter(
            spool_path(settings.data_dir),
            segment_bytes=settings.spool_segment_mb * MIB,
            commit_delay_s=settings.commit_delay_ms / 1000,
            reserve_bytes=settings.disk_reserve_mb * MIB,
            dispatch=loop.call_soon_threadsafe,
            open_segment=self._open_segment,
        )
        self._shared = Shared(spool, self._directory, self._now, self.counters, settings.max_connections, MAX_IN_FLIGHT)
        shared = self._shared
        try:
            self._server = await loop.create_server(
                lambda: Session(shared), settings.gateway_host, settings.gateway_port, backlog=BACKLOG
            )
        except OSError as error:
            spool.close()
            raise Unavailable(
                f"cannot listen on {settings.gateway_host}:{settings.gateway_port}: {error}",
                field="gateway_port",
                remedy="stop the other program or choose another port",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        self._tasks = [asyncio.create_task(self._sweep()), asyncio.create_task(self._refresh())]
        self._publish("listening")
        _log.info("HJ 212 gateway listens on %s:%d", settings.gateway_host, self.port)

    async def stop(self) -> None:
        """Stop listening, store what came, acknowledge it, then close."""
        if self._server is None or self._shared is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        sessions = list(self._shared.sessions)
        for session in sessions:
            session.pause()
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        while any(session.waiting for session in sessions) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for session in sessions:
            session.close()
        while self._shared.sessions and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.get_running_loop().run_in_executor(None, self._shared.spool.close)
        await asyncio.sleep(0)  # the callbacks of the last group
        self._publish("stopped")
        self._server = None

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            now = asyncio.get_running_loop().time()
            assert self._shared is not None  # noqa: S101
            for session in list(self._shared.sessions):
                silent = now - session.last_data_at
                if silent > self._settings.idle_timeout_s:
                    self.counters.idle_closed += 1
                    session.close()
                elif silent > PARTIAL_TIMEOUT_S:
                    session.flush_partial()
            self._publish("listening")

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await asyncio.get_running_loop().run_in_executor(None, self._directory.refresh)

    def _publish(self, state: str) -> None:
        spool = self._shared.spool if self._shared is not None else None
        values: dict[str, Any] = self.counters.as_dict() | {
            "state": state,
            "pid": os.getpid(),
            "port": self.port,
            "at": real_now().isoformat(),
            "syncs": spool.syncs if spool else 0,
            "spool_failures": spool.failures if spool else 0,
            "spool_error": spool.last_error if spool else "",
        }
        try:
            write_counters(counters_path(self._settings.data_dir, "gateway"), values)
        except OSError as error:  # a full disk: the spool says so already
            _log.warning("counters cannot be written: %s", error)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on uvloop where it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


async def serve(settings: Settings, directory: DeviceDirectory) -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(settings, directory)
    starting = asyncio.ensure_future(gateway.start())
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([starting, waiting], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        return
    await starting
    await waiting
    await gateway.stop()
