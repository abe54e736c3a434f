"""The fleet: one TCP client per device, with acks, time-outs and resends as HJ 212 has them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from qingtian.demo.stream import Sending

OVER_TIME_S = 10.0  # default OverTime of HJ 212-2017
RE_COUNT = 3  # default ReCount
RECONNECT_S = (0.5, 1.0, 2.0, 5.0)
QN = re.compile(rb"QN=(\d{17})")
ACK = b"CN=9014"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class FleetCounters:
    """What the fleet has done since its start."""

    sent: int = 0
    resent: int = 0
    duplicates: int = 0
    acked: int = 0
    given_up: int = 0
    reconnects: int = 0


class DeviceLink:
    """The connection of one device; frames that were not acknowledged are kept and sent again."""

    def __init__(self, mn: str, host: str, port: int, counters: FleetCounters, *, over_time_s: float) -> None:
        self._mn, self._host, self._port = mn, host, port
        self._counters = counters
        self._over_time_s = over_time_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._waiting: dict[bytes, asyncio.Future[None]] = {}
        self._dialling = asyncio.Lock()

    async def send(self, sendings: Iterable[Sending]) -> None:
        """Send frames in order and return when each that wants an ack has one.

        No ack within OverTime: the same bytes again, ReCount times; then the line is opened anew and the frames
        are sent from the logger's memory, without an end: a frame is given up only when the task is cancelled.
        """
        pending: list[Sending] = []
        await self._connected()
        for sending in sendings:
            pending.append(sending)
            await self._write(sending)
            for _ in range(sending.copies - 1):
                self._counters.duplicates += 1
                await self._write(sending)
        await self._await_acks([one for one in pending if one.ack])

    async def close(self) -> None:
        """Hang up."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    async def _await_acks(self, pending: list[Sending]) -> None:
        tries = 0
        while missing := [one for one in pending if not self._future(one).done()]:
            await self._wait_for([self._future(one) for one in missing])
            again = [one for one in missing if not self._future(one).done()]
            if not again:
                break
            tries += 1
            if tries % (RE_COUNT + 1) == 0:
                await self.close()
            await self._connected()
            for one in again:
                self._counters.resent += 1
                await self._write(one)
        for one in pending:
            self._waiting.pop(_qn(one.frame), None)
            self._counters.acked += 1

    async def _wait_for(self, futures: list[asyncio.Future[None]]) -> None:
        """Wait for every ack, but no longer than OverTime, nor on a line that broke."""
        acks = asyncio.gather(*futures)
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(asyncio.shield(acks))]
        if self._listener is not None:
            waits.append(self._listener)  # type: ignore[arg-type]
        await asyncio.wait(waits, timeout=self._over_time_s, return_when=asyncio.FIRST_COMPLETED)
        waits[0].cancel()

    def _future(self, sending: Sending) -> asyncio.Future[None]:
        return self._waiting[_qn(sending.frame)]

    async def _write(self, sending: Sending) -> None:
        if sending.ack:
            self._waiting.setdefault(_qn(sending.frame), asyncio.get_running_loop().create_future())
        self._counters.sent += 1
        assert self._writer is not None  # noqa: S101  _connected was awaited
        with contextlib.suppress(OSError):  # a broken line shows as a missing ack
            self._writer.write(sending.frame)
            await self._writer.drain()

    async def _connected(self) -> None:
        async with self._dialling:
            await self._dial()

    async def _dial(self) -> None:
        for attempt in range(1_000_000):
            if self._writer is not None and not self._writer.is_closing():
                return
            try:
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
            except OSError as error:
                if attempt == 0:
                    _log.info("%s cannot connect: %s", self._mn, error)
                await asyncio.sleep(RECONNECT_S[min(attempt, len(RECONNECT_S) - 1)])
            else:
                self._counters.reconnects += attempt > 0
                self._listener = asyncio.create_task(self._listen(self._reader, self._writer))

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                if ACK in line and (found := QN.search(line)):
                    future = self._waiting.get(found.group(1))
                    if future is not None and not future.done():
                        future.set_result(None)
        writer.close()  # the host hung up: the next write opens a new line


def _qn(frame: bytes) -> bytes:
    found = QN.search(frame)
    return found.group(1) if found else frame


class Fleet:
    """Every device of the city."""

    def __init__(self, host: str, port: int, *, over_time_s: float = OVER_TIME_S) -> None:
        self._host, self._port, self._over_time_s = host, port, over_time_s
        self._links: dict[str, DeviceLink] = {}
        self.counters = FleetCounters()

    async def send(self, sendings: Iterable[Sending]) -> None:
        """Send a batch, each device in its own order, and wait for every ack."""
        by_device: dict[str, list[Sending]] = {}
        for sending in sendings:
            by_device.setdefault(sending.mn, []).append(sending)
        await asyncio.gather(*(self._link(mn).send(batch) for mn, batch in by_device.items()))

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(link.close() for link in self._links.values()))

    def _link(self, mn: str) -> DeviceLink:
        if mn not in self._links:
            self._links[mn] = DeviceLink(mn, self._host, self._port, self.counters, over_time_s=self._over_time_s)
        return self._links[mn]
