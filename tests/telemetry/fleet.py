"""Devices that speak HJ 212-2017 over real TCP, remember what was acknowledged and send again what was not."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qingtian.domain.hj212 import FrameOk, Framer, build_frame, decode

PASSWORD = "123456"


def minute_frame(
    mn: str, at: datetime, values: dict[str, str], *, flag: int = 5, cn: str = "2051", pw: str = PASSWORD
) -> bytes:
    """A minute frame as a device sends it, CR LF included."""
    attribute = "Rtd" if cn == "2011" else "Avg"
    items = ";".join(f"{code}-{attribute}={value},{code}-Flag=N" for code, value in values.items())
    return build_frame(
        qn=f"{at:%Y%m%d%H%M%S}000",
        st="31",
        cn=cn,
        pw=pw,
        mn=mn,
        flag=flag,
        cp=f"DataTime={at:%Y%m%d%H%M%S};{items}",
    )


def frame_hash(frame: bytes) -> str:
    """The hash under which the spool and the store know a frame (line end left out)."""
    return hashlib.sha256(frame.rstrip(b"\r\n")).hexdigest()


@dataclass(slots=True)
class Device:
    """One device with its connection.

    Args:
        mn: identity.
        port: gateway on 127.0.0.1.
        started_at: DataTime of its first frame; each next frame is a minute later.
        ack_timeout_s: after that it connects again and sends the same bytes.
    """

    mn: str
    port: int
    started_at: datetime
    ack_timeout_s: float = 2.0
    acked: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    resent: int = 0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def run(self, stop: asyncio.Event, pause_s: float = 0.0) -> None:
        """Send frame after frame, each until it is acknowledged."""
        number = 0
        while not stop.is_set():
            frame = self.frame(number)
            if await self.deliver(frame, stop):
                self.acked[frame_hash(frame)] = frame
                number += 1
            if pause_s:
                await asyncio.sleep(pause_s)
        await self.disconnect()

    def frame(self, number: int) -> bytes:
        """The n-th frame: three pollutants, values that no other frame of this device has."""
        at = self.started_at + timedelta(minutes=number)
        return minute_frame(self.mn, at, {"a21026": f"{number}.125", "a21002": f"{number}.5", "a34013": f"{number}"})

    async def deliver(self, frame: bytes, stop: asyncio.Event) -> bool:
        """Send until acknowledged; False when told to stop before that."""
        tries = 0
        while not stop.is_set():
            tries += 1
            self.resent += tries > 1
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                if await self._attempt(frame):
                    self.sent += 1
                    return True
            await self.disconnect()
            await asyncio.sleep(0.05)
        return False

    async def disconnect(self) -> None:
        """Drop the connection."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def _attempt(self, frame: bytes) -> bool:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self._reader is not None
        self._writer.write(frame)
        wanted = decode(frame).qn
        framer = Framer()
        async with asyncio.timeout(self.ack_timeout_s):
            while True:
                data = await self._reader.read(4096)
                if not data:
                    return False
                for event in framer.feed(data):
                    if isinstance(event, FrameOk):
                        answer = decode(event.raw)
                        if answer.cn == "9014" and answer.qn == wanted:
                            return True
