"""Frames through three real NATS servers on hosts of their own: each once, in order, whatever is killed or cut."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.line import SHARDS, Line, empty, until
from tests.cluster.servers import Servers

from qingtian.domain.errors import ConfigurationError
from qingtian.telemetry.cluster.forwarder import consumed_position
from qingtian.telemetry.cluster.sharding import mn_of, shard_of, shard_of_segment
from qingtian.telemetry.cluster.stream import StreamPlan, connected, ensure_stream
from qingtian.telemetry.spool.reader import read_all

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def line(servers: Servers, tmp_path: Path) -> Iterator[Line]:
    asyncio.run(empty(servers))
    made = Line(servers, tmp_path, tmp_path.name)
    yield made
    made.close()


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
