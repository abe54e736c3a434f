"""The devices of one process on the network: one heap of timers, one protocol object per line."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import heapq
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import cast

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.domain.hj212 import FrameOk, Framer, decode
from qingtian.simulator.chance import uniform
from qingtian.simulator.device import Device
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import TimeBase

NEVER = float("inf")
DIALLERS = 64
DIAL_TIMEOUT_S = 10.0
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
PORTS_PER_ADDRESS = 25_000  # Linux gives 28,232 to one address by default
BIND_ADDRESS_NO_PORT = 24  # Linux: choose the port at connect time, so that it may be shared between peers
SPARE_FILES = 100


class Line(asyncio.Protocol):
    """One connection, of one device or of a forwarder with several.

    Args:
        fleet: whose line it is.
        devices: who speaks on it.
        number: its place in the fleet.
    """

    __slots__ = ("_fleet", "_framer", "_stopped", "attempts", "devices", "dial_at", "number", "scheduled", "transport")

    def __init__(self, fleet: Fleet, devices: tuple[Device, ...], number: int) -> None:
        self._fleet = fleet
        self._framer: Framer | None = None
        self._stopped = False
        self.devices = devices
        self.number = number
        self.transport: asyncio.Transport | None = None
        self.attempts = 0
        self.dial_at = 0.0
        self.scheduled = NEVER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line stands."""
        self.transport = cast("asyncio.Transport", transport)
        self.attempts, self.dial_at = 0, NEVER
        self._framer = Framer() if len(self.devices) > 1 else None
        self._fleet.stats.connected += 1
        self._fleet.stats.connections += 1
        now = time.monotonic()
        for device in self.devices:
            device.connect(now)
        self._fleet.settle(self, now)

    def data_received(self, data: bytes) -> None:
        """Bytes of the host."""
        now = time.monotonic()
        if self._framer is None:
            self._fleet.heard(self, data)
            self.devices[0].receive(data, now)
        else:
            self._route(self._framer, data, now)
        self._fleet.settle(self, now)

    def _route(self, framer: Framer, data: bytes, now: float) -> None:
        by_mn = {device.writer.mn: device for device in self.devices}
        for event in framer.feed(data):
            if isinstance(event, FrameOk):
                by_mn.get(decode(event.raw).mn, self.devices[0]).receive(event.raw + b"\r\n", now)

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone; it is dialled again unless the fleet stops."""
        self.transport = None
        self._fleet.stats.connected -= 1
        self._fleet.stats.lost += not self._fleet.stopping
        now = time.monotonic()
        for device in self.devices:
            device.disconnect(now)
        self.dial_again(now)

    def dial_again(self, now: float) -> None:
        """When the next attempt is due: at once after the first loss, later and later after failures."""
        pause = 0.0
        if self.attempts:
            longest = BACKOFF_S[min(self.attempts, len(BACKOFF_S)) - 1]
            pause = longest * (0.5 + 0.5 * uniform(self.number, self.attempts))
        away = max(device.stay_away_until for device in self.devices)
        self.dial_at = NEVER if self._fleet.stopping else max(now + pause, away)
        self._fleet.schedule(self, now)

    def pump(self) -> None:
        """Write what the devices have to say."""
        transport = self.transport
        for device in self.devices:
            for data in device.take():
                if transport is not None and not transport.is_closing():
                    self._fleet.said(self, data)
                    transport.write(data)

    @property
    def next_at(self) -> float:
        """When something is due here."""
        return min(self.dial_at, *[device.next_at for device in self.devices])


class Fleet:
    """Simulated devices that talk to one host.

    Args:
        settings: the devices.
        host: name or address.
        port: TCP port.
        base: how simulated time runs.
        tls: context, when the host speaks TLS.
        sources: local addresses to call from, in turn; empty lets the system choose.
        ramp: connections opened per second at most; 0 = no limit.
        forward: devices that share a line.
        stats: counts.
    """

    def __init__(
        self,
        settings: Sequence[DeviceSettings],
        host: str,
        port: int,
        *,
        base: TimeBase,
        tls: ssl.SSLContext | None = None,
        sources: Sequence[str] = (),
        ramp: float = 0.0,
        forward: int = 1,
        stats: Stats | None = None,
    ) -> None:
        self.stats = stats or Stats()
        self.stopping = False
        self._host, self._port, self._tls = host, port, tls
        self._ramp = ramp
        now = time.monotonic()
        self.devices = [Device(one, base, now, self.stats) for one in settings]
        self.lines = [
            Line(self, tuple(self.devices[at : at + forward]), at // forward)
            for at in range(0, len(self.devices), forward)
        ]
        self._sources = check_sources(sources, host, len(self.lines))
        self._heap: list[tuple[float, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._to_dial: asyncio.Queue[Line] = asyncio.Queue()
        self._dialled_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the lines; returns at once, lines are opened in the background and again whenever they break."""
        now = time.monotonic()
        for line in self.lines:
            line.dial_at = now
            self.schedule(line, now)
        self._tasks = [asyncio.create_task(self._dialler()) for _ in range(min(DIALLERS, len(self.lines)))]

    async def stop(self) -> None:
        """Hang up everywhere."""
        self.stopping = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self.lines:
            if line.transport is not None:
                line.transport.close()
        for _ in range(200):
            if not self.stats.connected:
                return
            await asyncio.sleep(0.01)
        for line in self.lines:
            if line.transport is not None:
                line.transport.abort()
        await asyncio.sleep(0)

    def heard(self, line: Line, data: bytes) -> None:
        """Bytes of the host came (a hook for those who want to see them)."""

    def said(self, line: Line, data: bytes) -> None:
        """Bytes go to the host (a hook for those who want to see them)."""

    def settle(self, line: Line, now: float) -> None:
        """After anything happened on a line: write, hang up when wanted, set the timer."""
        line.pump()
        if line.transport is not None and any(device.hang_up for device in line.devices):
            line.transport.close()
        self.schedule(line, now)

    def schedule(self, line: Line, now: float) -> None:
        """Wake up when a line has something due."""
        at = line.next_at
        if at < line.scheduled and at != NEVER:
            line.scheduled = at
            heapq.heappush(self._heap, (at, line.number))
            if at < self._timer_at:
                self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_at = self._heap[0][0] if self._heap else NEVER
        if self._heap and not self.stopping:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, self._timer_at - now), self._wake)

    def _wake(self) -> None:
        now = time.monotonic()
        self._timer_at = NEVER
        while self._heap and self._heap[0][0] <= now:
            at, number = heapq.heappop(self._heap)
            line = self.lines[number]
            if at == line.scheduled:
                line.scheduled = NEVER
                self._run(line, now)
        self._set_timer(now)

    def _run(self, line: Line, now: float) -> None:
        for device in line.devices:
            if device.next_at <= now:
                device.advance(now)
        if line.dial_at <= now:
            line.dial_at = NEVER
            self._to_dial.put_nowait(line)
        self.settle(line, now)

    async def _dialler(self) -> None:
        while True:
            line = await self._to_dial.get()
            await self._pace()
            try:
                await self.dial(line)
            except (OSError, TimeoutError):
                self.stats.refused += 1
                line.attempts += 1
                line.dial_again(time.monotonic())

    async def _pace(self) -> None:
        if self._ramp:
            now = time.monotonic()
            self._dialled_at = max(now, self._dialled_at + 1.0 / self._ramp)
            await asyncio.sleep(self._dialled_at - now)

    async def dial(self, line: Line) -> None:
        """Open a line once.

        Raises:
            OSError, TimeoutError: it cannot be opened.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DIAL_TIMEOUT_S):
            hostname = self._host if self._tls is not None else None
            if not self._sources:
                await loop.create_connection(
                    lambda: line, self._host, self._port, ssl=self._tls, server_hostname=hostname
                )
                return
            sock = bound_socket(self._sources[line.number % len(self._sources)])
            try:
                await loop.sock_connect(sock, (self._host, self._port))
                await loop.create_connection(lambda: line, sock=sock, ssl=self._tls, server_hostname=hostname)
            except BaseException:
                sock.close()
                raise


async def probe(host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
    """Try the host once, so that a wrong address is said in one sentence.

    Raises:
        Unavailable: nothing listens there, or it is not what we expect; with the remedy.
    """
    try:
        async with asyncio.timeout(DIAL_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
    except ssl.SSLError as error:
        raise Unavailable(
            f"{host}:{port} does not speak TLS with us: {error.reason or error}",
            field="tls",
            remedy="leave --tls out, or give the certificate of its authority with --ca",
        ) from error
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"cannot connect to {host}:{port}: {_told(error)}",
            field="host",
            remedy="start the gateway (qingtian gateway), or correct --host and --port",
        ) from error
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


def _told(error: BaseException) -> str:
    if isinstance(error, TimeoutError) or not str(error):
        return f"no answer within {DIAL_TIMEOUT_S:.0f} s"
    return str(error)


def check_sources(sources: Iterable[str], host: str, lines: int) -> tuple[str, ...]:
    """Local addresses to call from: those given, or several of the loopback when one has too few ports.

    Raises:
        InvalidInput: no such address, or too few of them.

    >>> check_sources([], "127.0.0.1", 100), check_sources([], "127.0.0.1", 60_000)
    ((), ('127.0.0.1', '127.0.0.2', '127.0.0.3'))
    """
    chosen = tuple(sources)
    for source in chosen:
        try:
            ip_address(source)
        except ValueError as error:
            raise InvalidInput(f"{source!r} is no address", field="source", remedy="give an own IP address") from error
    needed = -(-lines // PORTS_PER_ADDRESS)
    if not chosen and needed > 1 and host.startswith(("127.", "localhost")):
        return tuple(f"127.0.0.{1 + index}" for index in range(needed))
    if needed > max(1, len(chosen)):
        raise InvalidInput(
            f"{lines} connections need {needed} local addresses: one has about {PORTS_PER_ADDRESS} free ports",
            field="source",
            remedy="give --source once for each local address",
        )
    return chosen


def bound_socket(source: str) -> socket.socket:
    """A socket that calls from an address of ours.

    Raises:
        Unavailable: the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
    try:
        sock.bind((source, 0))
    except OSError as error:
        sock.close()
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        raise Unavailable(
            f"{source} is no address of this machine", field="source", remedy="give one that `ip address` shows"
        ) from error
    return sock


def allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as needed.

    Raises:
        Unavailable: the system does not allow so many connections in one process.
    """
    import resource

    needed = wanted + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(needed, hard)))
        except (ValueError, OSError) as error:
            raise Unavailable(
                f"{wanted} connections need {needed} open files, this process may have {hard}",
                field="devices",
                remedy="raise the limit (ulimit -n), or run several simulators with --first",
            ) from error
