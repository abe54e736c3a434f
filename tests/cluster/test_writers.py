"""Several shards write one lake: each trusts what it knows of its own devices, and of nothing that others write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.telemetry.conftest import new_database
from tests.telemetry.test_express import AT, STACK, arrived, frame

from qingtian.telemetry.cluster.sharding import first_segment, shard_of, shared_sites
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.ahead import Ahead
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation, Origin

SHARDS, DEVICES = 2, 4


def names_of(shard: int) -> list[str]:
    """Devices that belong to a shard."""
    names = (f"MN{number:022d}" for number in range(1000))
    return [name for name in names if shard_of(name, SHARDS) == shard][:DEVICES]


def profiles() -> dict[str, DeviceProfile]:
    return {
        name: DeviceProfile(name, f"DA{name[-3:]}", medium="flue_gas", minute_interval_s=60)
        for shard in range(SHARDS)
        for name in names_of(shard)
    }


@dataclass
class Shard:
    """A shard without a stream: its spool, its store, its ingest."""

    number: int
    url: str
    home: Path
    devices: dict[str, DeviceProfile] = field(default_factory=profiles)

    def __post_init__(self) -> None:
        self.folder = self.home / f"{self.number + 1:03d}"
        self.start()

    def start(self) -> None:
        """A new process."""
        self.store = DuckLakeStore(self.url, self.home / "lake", shard=self.number)
        self.loop = IngestLoop(self.store, self.folder, StaticDirectory(self.devices), shared=self._shared)

    def _shared(self) -> frozenset[str]:
        self.store.shared_sites = shared_sites(self.devices.values(), SHARDS)
        return self.store.shared_sites

    def kill(self) -> None:
        """Nothing is settled, connections go as they are."""
        self.store._lake.close()
        self.store._side.close()
        self.store._side_reads.close()

    def take(
        self, minutes: Sequence[int], names: Sequence[str] | None = None, *, more: str = "0", calm: bool = True
    ) -> None:
        """Frames of these minutes come, and go into the store; under load nobody settles what waits."""
        writer = SpoolWriter(self.folder, segment_bytes=20_000, first_segment=first_segment(self.number))
        for minute in minutes:
            for name in names or names_of(self.number):
                figures = {code: f"{12 + place + minute % 3 / 10:.2f}{more}" for place, code in enumerate(STACK)}
                raw = frame(name, minute, figures).rstrip()
                writer.append(raw, received_at=arrived(minute), peer="10.0.0.1:1", done=lambda _place, _error: None)
        writer.close()
        self.loop.drain() if calm else self.loop.step()

    def newest(self, name: str) -> int:
        """Minute of the newest value that is shown of a device."""
        (row, *_) = self.store.latest([self.devices[name].site], Cycle.MINUTE, ["a21002"])
        return int((row.period_start - AT) / timedelta(minutes=1))


@pytest.fixture
def shards(tmp_path: Path) -> Iterator[list[Shard]]:
    with new_database() as url:
        made = [Shard(number, url, tmp_path) for number in range(SHARDS)]
        yield made
        for one in made:
            one.store.close()


def test_shards_that_write_in_turns_keep_the_way_of_columns(shards: list[Shard]) -> None:
    for one in shards:
        one.take(range(2))
    for minute in range(2, 9):
        for one in shards:
            one.take([minute])
    assert [one.loop.counters.express for one in shards] == [DEVICES * 7] * SHARDS
    assert [one.loop.counters.duplicate + one.loop.counters.corrected for one in shards] == [0, 0]
    for one in shards:
        one.store.settle()
        assert [one.newest(name) for name in names_of(one.number)] == [8] * DEVICES
    rows = shards[0].store.window(Cycle.MINUTE, AT, arrived(9))
    assert len(rows) == SHARDS * DEVICES * len(STACK) * 9
    assert {row.version for row in rows} == {1}


def test_what_a_killed_shard_had_not_shown_is_shown_by_the_next(
    shards: list[Shard], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = shards
    one.take(range(3))
    monkeypatch.setattr(Ahead, "due", lambda *_: False)
    one.take(range(3, 6), calm=False)
    other.take(range(3))
    assert one.store._ahead.waits and one.newest(names_of(0)[0]) < 5
    one.kill()
    other.take([3])  # another shard does not do it for it
    one.start()
    one.take([6], names_of(0)[:1])
    one.store.settle()
    assert [one.newest(name) for name in names_of(0)] == [6, 5, 5, 5]
    assert one.loop.counters.duplicate == 0
    one.take([5], names_of(0)[1:2])  # the new process knows what the old one wrote
    assert (one.loop.counters.duplicate, one.loop.counters.new) == (len(STACK), len(STACK))


def test_writes_of_a_worker_are_looked_at(shards: list[Shard], tmp_path: Path) -> None:
    one = shards[0]
    one.take(range(2))
    one.take([2])
    site = one.devices[names_of(0)[0]].site
    worker = DuckLakeStore(one.url, tmp_path / "lake")
    late = Observation(
        site, "a21002", Cycle.MINUTE, AT + timedelta(minutes=3), Decimal(9), mark="N", received_at=arrived(4)
    )
    assert late.origin is Origin.DEVICE  # such as a held frame that is taken in after all
    assert worker.append([late]).new == 1
    worker.close()
    assert one.loop.counters.express == DEVICES
    one.take([3])
    assert one.loop.counters.express == DEVICES  # nothing was certain any more
    versions = one.store.versions(site, "a21002", Cycle.MINUTE, AT + timedelta(minutes=3))
    assert sorted((row.version, row.value) for row in versions) == [(1, Decimal(9)), (2, Decimal("13"))]
    one.take([4])
    one.take([5])
    assert one.loop.counters.express >= 2 * DEVICES - 1  # and is again, but perhaps for the site that was corrected


def test_a_site_of_two_shards_is_looked_up_by_both(tmp_path: Path) -> None:
    devices = profiles()
    here, there = names_of(0)[0], names_of(1)[0]
    devices[there] = DeviceProfile(there, devices[here].site, medium="flue_gas", minute_interval_s=60)
    assert shared_sites(devices.values(), SHARDS) == {devices[here].site}
    with new_database() as url:
        shards = [Shard(number, url, tmp_path, devices) for number in range(SHARDS)]
        for minute in range(4):
            for one, more in zip(shards, ("0", "7"), strict=True):
                one.take([minute], more=more)
        versions = shards[0].store.versions(devices[here].site, "a21002", Cycle.MINUTE, AT + timedelta(minutes=3))
        assert [(row.version, row.segment[:3]) for row in versions] == [(1, "001"), (2, "002")]
        alone = shards[1].store.versions(devices[names_of(1)[1]].site, "a21002", Cycle.MINUTE, AT)
        assert [row.version for row in alone] == [1]
        for one in shards:
            one.store.close()


def test_names_of_one_device_may_make_its_site_shared() -> None:
    here, there = names_of(0)[0], names_of(1)[0]
    plain = DeviceProfile(here, "DA1", aliases=(here.lower(),) if shard_of(here.lower(), SHARDS) == 0 else ())
    assert shared_sites([plain, DeviceProfile(there, "DA2")], SHARDS) == frozenset()
    assert shared_sites([DeviceProfile(here, "DA1", aliases=(there,))], SHARDS) == {"DA1"}
    assert shared_sites([DeviceProfile(here, "DA1", aliases=(there,))], 1) == frozenset()
