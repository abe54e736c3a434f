"""Gateways with their spools, forwarders and shards on the hosts of the test network."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cluster.part import DEVICES
from tests.cluster.servers import Host, Servers

from qingtian.telemetry.cluster.stream import StreamPlan, connected
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.spool.reader import read_all
from qingtian.telemetry.spool.writer import SpoolWriter

SHARDS = 2
START = datetime(2025, 11, 24, 8, tzinfo=UTC)
PART = Path(__file__).with_name("part.py")


def plain_frame(number: int) -> bytes:
    """A frame that only its number and its device matter of."""
    return f"##0200QN={number:09d};ST=31;CN=2011;MN=QT{number % DEVICES:05d};CP=&&{'x' * 120}&&0000\r\n".encode()


@dataclass
class Line:
    """Gateways with their spools, forwarders and receivers on the hosts of the network."""

    servers: Servers
    folder: Path
    name: str
    writers: dict[str, SpoolWriter] = field(default_factory=dict)
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sent: int = 0
    frame: Callable[[int], bytes] = plain_frame

    def gateway(self, host: str) -> SpoolWriter:
        """The spool of a gateway."""
        if host not in self.writers:
            self.writers[host] = SpoolWriter(self.folder / host, segment_bytes=256 * 1024)
        return self.writers[host]

    def send(self, host: str, frames: int) -> None:
        """Put frames of many devices into a gateway's spool and wait until they are durable."""
        done = threading.Semaphore(0)
        for _ in range(frames):
            number = self.sent
            self.sent += 1
            raw = self.frame(number)
            self.gateway(host).append(
                raw,
                received_at=START + timedelta(days=2, milliseconds=number),
                peer=host,
                done=lambda *_: done.release(),
            )
        for _ in range(frames):
            done.acquire()

    def start(self, what: str, name: str, where: Host, *store: str) -> None:
        """Start a forwarder of a gateway, the receiver of a shard, or a shard that also ingests into a store."""
        folder = self.folder / (name if what == "forward" else f"shard{name}")
        urls = ",".join(self.servers.urls)
        command = (sys.executable, str(PART), what, str(folder), name, str(SHARDS), urls, *store)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.parts[f"{what} {name}"] = where.start(*command, env=environment)

    def kill(self, part: str) -> None:
        """kill -9."""
        process = self.parts.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def received(self) -> list[SpoolRecord]:
        """Every frame that the shards hold."""
        return [record for shard in range(SHARDS) for record in self.shard(shard)]

    def shard(self, number: int) -> list[SpoolRecord]:
        """Every frame of one shard, oldest first."""
        folder = self.folder / f"shard{number}"
        return list(read_all(folder)) if folder.exists() else []

    def close(self) -> None:
        """Stop every part."""
        for part in list(self.parts):
            self.kill(part)
        for writer in self.writers.values():
            writer.close()


async def empty(servers: Servers) -> None:
    """Every test begins with a stream of its own."""
    from nats.errors import Error
    from nats.js.errors import NotFoundError

    plan = StreamPlan(servers.urls, shards=SHARDS, max_bytes=10**9)
    async with connected(plan, "test") as js:
        for _ in range(60):
            try:
                await js.delete_stream(plan.name)
            except NotFoundError:
                return
            except Error:  # the servers have no leader yet
                await asyncio.sleep(0.25)
        pytest.fail("the servers found no leader")


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
