"""Shards on several hosts write into one store: every acknowledged frame is one value there, whatever is killed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cluster.line import SHARDS, START, Line, empty, until
from tests.cluster.part import DEVICES
from tests.cluster.servers import Servers
from tests.telemetry.fleet import minute_frame

from qingtian.telemetry.cluster.sharding import shard_of, shard_of_segment
from qingtian.telemetry.spool.reader import read_frame
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation

pytestmark = pytest.mark.timeout(240)


def frame(number: int) -> bytes:
    """The next minute of one of forty devices; its value is its number."""
    at = START + timedelta(hours=8, minutes=number // DEVICES)  # DataTime is local
    return minute_frame(f"QT{number % DEVICES:05d}", at, {"a21026": str(number)})


@pytest.fixture
def line(servers: Servers, tmp_path: Path) -> Iterator[Line]:
    asyncio.run(empty(servers))
    made = Line(servers, tmp_path, tmp_path.name, frame=frame)
    yield made
    made.close()


def values(store: DuckLakeStore) -> list[Observation]:
    return store.window(Cycle.MINUTE, START - timedelta(days=1), START + timedelta(days=9))


def test_two_shards_fill_one_store_while_everything_is_killed(line: Line, database_url: str, tmp_path: Path) -> None:
    hosts, lake = line.servers.network.hosts, str(tmp_path / "lake")
    store = DuckLakeStore(database_url, tmp_path / "lake")
    for number in range(SHARDS):
        line.start("shard", str(number), hosts[number], database_url, lake)
    for number, gateway in enumerate(("gw-a", "gw-b")):
        line.start("forward", gateway, hosts[number])
    chance = random.Random(212)
    for turn in range(8):
        line.send(chance.choice(("gw-a", "gw-b")), 400)
        time.sleep(chance.uniform(0.1, 0.6))
        part = chance.choice(tuple(line.parts))
        what, name = part.split()
        line.kill(part)
        line.start(what, name, chance.choice(hosts), *((database_url, lake) if what == "shard" else ()))
        if turn == 4:
            line.servers.kill(0)
        if turn == 6:
            line.servers.start_one(0)
    until(lambda: len(values(store)) >= line.sent, f"not all of {line.sent} values arrived", 120)
    found = values(store)
    assert sorted(int(one.value) for one in found) == list(range(line.sent))  # none lost, none doubled
    assert {one.version for one in found} == {1}
    for one in found[:: max(1, len(found) // 50)]:
        shard = shard_of_segment(one.segment)
        assert shard == shard_of(one.site.replace("S", "QT", 1), SHARDS)
        kept = read_frame(line.folder / f"shard{shard}", one.segment, one.frame_offset)
        assert kept.sha256 == one.frame_hash  # the raw frame behind a value is found by its place
    store.close()
