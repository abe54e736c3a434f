"""The gateway process: listen, keep sessions in bounds, publish counters, stop without losing a frame."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import clock_path, current_clock, real_now
from qingtian.runtime.heap import keep_heap
from qingtian.runtime.settings import Settings
from qingtian.runtime.timekeeping import ClockWatch
from qingtian.telemetry.counters import counters_path, read_counters, write_counters
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.connections import Connections
from qingtian.telemetry.gateway.counting import GatewayCounters
from qingtian.telemetry.gateway.hooks import FrameListener
from qingtian.telemetry.gateway.intake import Intake
from qingtian.telemetry.gateway.limits import Limit, Limits
from qingtian.telemetry.gateway.listening import PLAIN, TLS, Certificate, handed_over
from qingtian.telemetry.gateway.session import Hold, Session
from qingtian.telemetry.gateway.watching import SyncStopwatch, clock_watch
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.spool.writer import MIB, DiskSegment, SegmentFile, SpoolWriter

MAX_IN_FLIGHT = 64 * MIB
PARTIAL_TIMEOUT_S = 5.0  # protocol reference section 9: an unfinished frame is dropped after 5 s of silence
SWEEP_S = 1.0
REFRESH_S = 3.0
FIRST_TRY_S = 1.0
DRAIN_S = 10.0
BACKLOG = 4096
HANDSHAKE_S = 20.0
OTHER_FILES = 100  # spool, database, listening sockets
MOST_DOUBLES_SHOWN = 100
_log = logging.getLogger(__name__)


class Gateway:
    """An HJ 212 server over one spool.

    Args:
        settings: address, limits, folders.
        directory: who may send.
        now: city time.
        open_segment: opens spool segments (tests give failing ones).
        driver: hears of durable frames and sends commands.
        watch: whether the clock may be believed; None watches the machine's, in a replayed city none.
    """

    def __init__(
        self,
        settings: Settings,
        directory: DeviceDirectory,
        *,
        now: Callable[[], datetime] | None = None,
        open_segment: Callable[[Path], SegmentFile] = DiskSegment,
        driver: FrameListener | None = None,
        watch: ClockWatch | None = None,
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._stopwatch = SyncStopwatch()
        self._directory = directory
        self._now = now or (lambda: current_clock().now())
        self._open_segment = open_segment
        self._driver = driver
        self._servers: list[asyncio.Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._shared: Intake | None = None
        self._certificate: Certificate | None = None
        self._handed: dict[str, socket.socket] = {}
        self.counters = GatewayCounters()
        self.port = 0
        self.tls_port = 0

    @property
    def connections(self) -> Connections:
        """Live connections by MN."""
        assert self._shared is not None  # noqa: S101  after start()
        return self._shared.connections

    async def start(self) -> None:
        """Read the register, open the spool, listen."""
        loop = asyncio.get_running_loop()
        settings = self._settings
        if settings.gateway_tls_port is not None:
            self._certificate = Certificate(settings)
        while not await loop.run_in_executor(None, self._directory.refresh):
            _log.warning("no device register yet: devices are not listened to")
            await asyncio.sleep(FIRST_TRY_S)
        spool = SpoolWriter(
            spool_path(settings.data_dir),
            segment_bytes=settings.spool_segment_mb * MIB,
            commit_delay_s=settings.commit_delay_ms / 1000,
            reserve_bytes=settings.disk_reserve_mb * MIB,
            dispatch=loop.call_soon_threadsafe,
            open_segment=self._stopwatch.around(self._open_segment),
        )
        if self._watch is None and not clock_path(settings.data_dir).exists():
            self._watch = clock_watch(settings, read_counters(counters_path(settings.data_dir, "gateway")))
        self._shared = Intake(
            loop,
            spool,
            self._directory,
            self._now,
            Limits.of(settings),
            max_in_flight=MAX_IN_FLIGHT,
            counters=self.counters,
            listener=self._driver,
            watch=self._watch,
        )
        try:
            await self._listen(self._shared)
        except BaseException:
            for server in self._servers:
                server.close()
            spool.close()
            raise
        if self._driver is not None:
            self._driver.start(loop, self._shared.connections)
        self._tasks = [asyncio.create_task(self._sweep()), asyncio.create_task(self._refresh())]
        self._publish("listening")
        _log.info("HJ 212 gateway listens on %s:%d", settings.gateway_host, self.port)

    def reload_certificate(self) -> bool:
        """Read certificate and key again; open connections keep theirs. False when there is none, or it is unusable."""
        return self._certificate is not None and self._certificate.reload()

    async def stop(self) -> None:
        """Stop listening, store what came, acknowledge it, then close."""
        if not self._servers or self._shared is None:
            return
        if self._driver is not None:
            await self._driver.stop()
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        sessions = list(self._shared.sessions)
        for session in sessions:
            session.hold(Hold.STOP)
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        while any(session.waiting for session in sessions) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for session in sessions:
            session.close()
        while self._shared.sessions and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)  # frames that a closing connection left behind
        await asyncio.get_running_loop().run_in_executor(None, self._shared.spool.close)
        await asyncio.sleep(0)  # the callbacks of the last group
        self._publish("stopped")
        self._servers = []

    async def _listen(self, intake: Intake) -> None:
        settings = self._settings
        self._handed = handed_over()
        self.port = await self._open(lambda: Session(intake), PLAIN, "gateway_port", settings.gateway_port)
        if self._certificate is not None and settings.gateway_tls_port is not None:
            self.tls_port = await self._open(
                lambda: Session(intake, secure=True),
                TLS,
                "gateway_tls_port",
                settings.gateway_tls_port,
                self._certificate.context,
            )

    async def _open(
        self,
        protocol: Callable[[], Session],
        kind: str,
        setting: str,
        port: int,
        context: ssl.SSLContext | None = None,
    ) -> int:
        """Listen; returns the port."""
        host, listener = self._settings.gateway_host, self._handed.get(kind)
        where: dict[str, Any] = {"host": host, "port": port} if listener is None else {"sock": listener}
        if context is not None:
            where |= {"ssl": context, "ssl_handshake_timeout": HANDSHAKE_S}
        try:
            server = await asyncio.get_running_loop().create_server(protocol, backlog=BACKLOG, **where)
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {host}:{port}: {error}",
                field=setting,
                remedy="stop the other program or choose another port",
            ) from error
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._shared is not None  # noqa: S101
        while True:
            await asyncio.sleep(SWEEP_S)
            now = loop.time()
            for session in list(self._shared.sessions):
                if now - session.last_data_at > self._settings.idle_timeout_s:
                    self.counters.idle_closed += 1
                    self.counters.limits_hit[Limit.IDLE.value] += 1
                    session.close()
                else:
                    session.sweep(now, PARTIAL_TIMEOUT_S)
            self._publish("listening")

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await asyncio.get_running_loop().run_in_executor(None, self._directory.refresh)
            if self._certificate is not None:
                self._certificate.reload_when_changed()

    def _publish(self, state: str) -> None:
        values: dict[str, Any] = self.counters.as_dict() | {
            "state": state,
            "pid": os.getpid(),
            "port": self.port,
            "tls_port": self.tls_port,
            "at": real_now().isoformat(),
        }
        if self._shared is not None:
            values |= _spool_figures(self._shared.spool) | _device_figures(self._shared.connections)
        values |= self._stopwatch.figures()
        if self._watch is not None:
            values["clock"] = self._watch.remember() | {"reason": self._watch.reason()}
        if self._driver is not None:
            values["commands"] = dict(self._driver.counters.as_dict())
        try:
            write_counters(counters_path(self._settings.data_dir, "gateway"), values)
        except OSError as error:  # a full disk: the spool says so already
            _log.warning("counters cannot be written: %s", error)


def _spool_figures(spool: SpoolWriter) -> dict[str, Any]:
    return {
        "syncs": spool.syncs,
        "sync_seconds": spool.sync_times.as_dict(),
        "spool_failures": spool.failures,
        "spool_error": spool.last_error,
    }


def _device_figures(connections: Connections) -> dict[str, Any]:
    doubles = list(connections.doubles())
    return {
        "devices": len(connections),
        "doubles": len(doubles),
        "doubled_devices": [
            {
                "mn": double.mn,
                "since": double.first_at.isoformat(),
                "last_at": double.turns[-1].isoformat(),
                "turns": double.count,
                "data_times": dict(double.data_times),
            }
            for double in doubles[:MOST_DOUBLES_SHOWN]
        ],
    }


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on uvloop where it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def allow_files(connections: int) -> None:
    """Raise this process's limit of open files to what the system allows, and say so when it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < wanted:
            _log.warning(
                "the system allows %d open files, max_connections=%d needs %d: raise LimitNOFILE (docs/operators.md)",
                soft,
                connections,
                wanted,
            )


async def serve(settings: Settings, directory: DeviceDirectory, driver: FrameListener | None = None) -> None:
    """Run the gateway until SIGTERM or SIGINT; SIGHUP reads the TLS certificate again."""
    allow_files(settings.max_connections)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    gateway = Gateway(settings, directory, driver=driver)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, gateway.reload_certificate)
    starting = asyncio.ensure_future(gateway.start())
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([starting, waiting], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        return
    await starting
    keep_heap()
    await waiting
    await gateway.stop()
