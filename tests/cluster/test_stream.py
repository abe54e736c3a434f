"""Frames through three real NATS servers on hosts of their own: each once, in order, whatever is killed or cut."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cluster.servers import Host, Servers

from qingtian.domain.errors import ConfigurationError
from qingtian.telemetry.cluster.forwarder import consumed_position
from qingtian.telemetry.cluster.sharding import mn_of, shard_of, shard_of_segment
from qingtian.telemetry.cluster.stream import StreamPlan, connected, ensure_stream
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.spool.reader import read_all
from qingtian.telemetry.spool.writer import SpoolWriter

pytestmark = pytest.mark.timeout(180)
SHARDS = 2
DEVICES = 40
START = datetime(2025, 11, 24, 8, tzinfo=UTC)
PART = Path(__file__).with_name("part.py")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers.start()
    yield started
    started.stop()


@dataclass
class Line:
    """Gateways with their spools, forwarders and receivers on the hosts of the network."""

    servers: Servers
    folder: Path
    name: str
    writers: dict[str, SpoolWriter] = field(default_factory=dict)
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sent: int = 0

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
            raw = f"##0200QN={number:09d};ST=31;CN=2011;MN=QT{number % DEVICES:05d};CP=&&{'x' * 120}&&0000\r\n".encode()
            self.gateway(host).append(
                raw, received_at=START + timedelta(milliseconds=number), peer=host, done=lambda *_: done.release()
            )
        for _ in range(frames):
            done.acquire()

    def start(self, what: str, name: str, where: Host) -> None:
        """Start a forwarder of a gateway, or the receiver of a shard."""
        folder = self.folder / (name if what == "forward" else f"shard{name}")
        command = (sys.executable, str(PART), what, str(folder), name, str(SHARDS), ",".join(self.servers.urls))
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


@pytest.fixture
def line(servers: Servers, tmp_path: Path) -> Iterator[Line]:
    asyncio.run(empty(servers))
    made = Line(servers, tmp_path, tmp_path.name)
    yield made
    made.close()


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


def assert_each_once_and_in_order(line: Line) -> None:
    numbers = Counter(int(record.raw[9:18]) for record in line.received())
    assert sorted(numbers) == list(range(line.sent)), "a frame is lost"
    assert max(numbers.values()) == 1, "a frame is doubled"
    for shard in range(SHARDS):
        seen: dict[tuple[str, str], int] = defaultdict(lambda: -1)
        for record in line.shard(shard):
            mn, number = mn_of(record.raw), int(record.raw[9:18])
            way = (mn, record.peer)  # what a device sends by one gateway
            assert shard_of(mn, SHARDS) == shard == shard_of_segment(record.position.segment)
            assert number > seen[way], "a device's frames changed places"
            seen[way] = number


def leader(servers: Servers) -> int:
    """Number of the server that leads the stream."""

    async def ask() -> str:
        plan = StreamPlan(servers.urls, shards=SHARDS)
        async with connected(plan, "test") as js:
            info = await js.stream_info(plan.name)
            assert info.cluster is not None
            return str(info.cluster.leader)

    return int(asyncio.run(ask()).removeprefix("n"))


def begin(line: Line) -> None:
    """Two gateways and two shards at work on the three hosts."""
    hosts = line.servers.network.hosts
    for number in range(SHARDS):
        line.start("receive", str(number), hosts[number])
    line.send("gw-a", 200)
    line.send("gw-b", 200)
    line.start("forward", "gw-a", hosts[1])
    line.start("forward", "gw-b", hosts[2])
    until(lambda: len(line.received()) >= 400, "nothing flows")


def finish(line: Line) -> None:
    until(lambda: len(line.received()) >= line.sent, f"only {len(line.received())} of {line.sent} frames came through")
    assert_each_once_and_in_order(line)


def test_frames_of_two_gateways_reach_their_shards_once_and_in_order(line: Line) -> None:
    begin(line)
    for _ in range(5):
        line.send("gw-a", 500)
        line.send("gw-b", 500)
    finish(line)


def test_a_spool_may_be_trimmed_only_behind_what_the_shards_hold(line: Line) -> None:
    line.start("forward", "gw-a", line.servers.network.hosts[1])
    line.send("gw-a", 300)
    until(
        lambda: (
            b'"end": null' in (line.folder / "gw-a" / "forwarded").read_bytes()
            if (line.folder / "gw-a" / "forwarded").exists()
            else False
        ),
        "nothing was published",
    )
    time.sleep(0.5)
    assert consumed_position(line.folder / "gw-a") is None
    for number in range(SHARDS):
        line.start("receive", str(number), line.servers.network.hosts[number])
    last = list(read_all(line.folder / "gw-a"))[-1]
    until(
        lambda: (held := consumed_position(line.folder / "gw-a")) is not None and held.offset >= last.next_offset,
        "the shards hold everything, and the gateway does not know",
    )
    assert len(line.received()) == 300


def test_the_leader_is_killed_while_frames_flow(line: Line) -> None:
    begin(line)
    first = leader(line.servers)
    for turn in range(6):
        line.send("gw-a", 300)
        line.send("gw-b", 300)
        if turn == 2:
            line.servers.kill(first)
    until(lambda: len(line.received()) >= line.sent, "two of three servers do not go on")
    line.servers.start_one(first)
    line.servers.wait()
    line.send("gw-a", 300)
    finish(line)


def test_the_cable_of_the_leader_is_cut_and_mended(line: Line) -> None:
    begin(line)
    host = line.servers.network.hosts[leader(line.servers)]
    host.cut()
    for _ in range(4):
        line.send("gw-a", 200)
        line.send("gw-b", 200)
    time.sleep(2)
    host.mend()
    finish(line)


def test_forwarders_and_receivers_are_killed_at_any_moment(line: Line) -> None:
    begin(line)
    chance = random.Random(212)
    hosts = line.servers.network.hosts
    for _ in range(12):
        line.send(chance.choice(("gw-a", "gw-b")), 250)
        part = chance.choice(("forward gw-a", "forward gw-b", "receive 0", "receive 1"))
        time.sleep(chance.uniform(0, 0.4))
        line.kill(part)
        what, name = part.split()
        line.start(what, name, chance.choice(hosts))
    finish(line)


def test_a_stream_of_other_shards_is_refused_with_the_remedy(servers: Servers, line: Line) -> None:
    async def attempt() -> None:
        async with connected(StreamPlan(servers.urls, shards=SHARDS, max_bytes=10**9), "test") as js:
            await ensure_stream(js, StreamPlan(servers.urls, shards=SHARDS, max_bytes=10**9))
            await ensure_stream(js, StreamPlan(servers.urls, shards=SHARDS + 1, max_bytes=10**9))

    with pytest.raises(ConfigurationError, match="was made for 2 shards, not 3") as refused:
        asyncio.run(attempt())
    assert refused.value.field == "cluster_shards"
