"""Raw frames are found from any host, in whichever spool they lie."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from tests.telemetry.archives import AT, MNS, frame

from qingtian.domain.errors import NotVisible
from qingtian.runtime.settings import load_settings
from qingtian.telemetry.archive import FrameArchive, archive_of, shard_folder
from qingtian.telemetry.cluster.sharding import first_segment, shard_of, shard_of_segment
from qingtian.telemetry.spool import SpoolRecord, SpoolWriter
from qingtian.telemetry.spool.packing import pack_closed

SHARDS = 4
NAMES = ("QT-1", "QT-2", "QT-3", "QT-4", "QT-5", "QT-6")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six devices of four shards, twelve frames in turns, a minute apart; the second gateway is a minute behind."""
    writers = {
        number: SpoolWriter(
            tmp_path / "shared" / f"{number + 1:03d}", segment_bytes=700, first_segment=first_segment(number)
        )
        for number in range(SHARDS)
    }
    for minute in range(12):
        name = NAMES[minute % len(NAMES)]
        writers[shard_of(name, SHARDS)].append_and_wait(
            frame(name, minute), received_at=AT + timedelta(minutes=minute), peer="10.0.0.1:1"
        )
    for writer in writers.values():
        writer.close()
    return tmp_path


@pytest.fixture
def archive(folder: Path) -> FrameArchive:
    """As a web host sees it, which has no frame on its own disk."""
    settings = load_settings(
        data_dir=folder / "web",
        nats_servers=["nats://127.0.0.1:1"],
        cluster_shards=SHARDS,
        shards_folder=folder / "shared",
    )
    return archive_of(settings)


def minutes(records: list[SpoolRecord]) -> list[int]:
    return [int((one.received_at - AT) / timedelta(minutes=1)) for one in records]


def test_a_frame_is_read_by_the_place_that_its_value_names(archive: FrameArchive) -> None:
    everything = archive.newest(NAMES, limit=100).records
    assert len(everything) == 12
    for record in everything:
        assert shard_of_segment(record.position.segment) is not None
        again = archive.read(record.position.segment, record.position.offset)
        assert again.raw == record.raw and archive.begins(record.position.segment, record.position.offset)


def test_places_of_unknown_shards_or_of_imports_are_told_as_missing(archive: FrameArchive) -> None:
    for segment in ("009000000001", "000000000001", "import-7"):
        with pytest.raises(NotVisible, match="no segment"):
            archive.read(segment, 20)
        assert not archive.begins(segment, 20)


def test_a_frame_is_found_by_its_hash_once_though_a_gateway_has_a_copy(archive: FrameArchive) -> None:
    raw = frame(NAMES[2], 2)
    (found,) = archive.by_hash(hashlib.sha256(raw).hexdigest())
    assert found.raw == raw
    own = SpoolWriter(archive.own)
    own.append_and_wait(raw, received_at=AT + timedelta(minutes=2), peer="10.0.0.1:1")
    other = own.append_and_wait(raw, received_at=AT + timedelta(minutes=77), peer="10.0.0.1:1")
    own.close()
    told = archive.by_hash(hashlib.sha256(raw).hexdigest())
    assert told[0] == found  # the shard's, not the gateway's copy
    assert [one.position for one in told[1:]] == [other]  # not with the shards yet
    assert archive.by_hash("no hash") == []


def test_a_frame_is_found_by_device_and_time(archive: FrameArchive) -> None:
    begin = AT + timedelta(minutes=1)
    assert minutes(archive.by_mn(NAMES[1], begin, AT + timedelta(minutes=7))) == [1]
    assert minutes(archive.by_mn(NAMES[1], begin, AT + timedelta(minutes=8))) == [1, 7]
    assert minutes(archive.by_mn(NAMES[1], begin, AT + timedelta(minutes=8), limit=1)) == [1]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
@pytest.mark.parametrize("packed", [False, True])
def test_the_names_of_a_device_are_one_trail_though_shards_differ(
    archive: FrameArchive, limit: int, packed: bool
) -> None:
    if packed:
        assert sum(pack_closed(one).segments for one in archive.shards if one.exists()) > 2
    names = NAMES[:4]
    assert len({shard_of(name, SHARDS) for name in names}) > 1
    pages, before = [], ()
    while True:
        page = archive.newest(names, limit=limit, before=before)
        assert len(page.records) <= limit
        pages += page.records
        if not page.reached:
            break
        before = page.reached
    assert minutes(pages) == [9, 8, 7, 6, 3, 2, 1, 0]


def test_a_trail_ends_where_it_is_told_to(archive: FrameArchive) -> None:
    found = archive.newest(NAMES, limit=100, since=AT + timedelta(minutes=8))
    assert minutes(found.records) == [11, 10, 9, 8]
    only = archive.newest(NAMES, limit=100, keep=lambda one: one.received_at == AT)
    assert minutes(only.records) == [0]
    assert archive.newest(["", "QT-unknown"], limit=9).records == []


def test_one_machine_looks_into_its_own_spool_alone(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, shards_folder=tmp_path / "shared")
    archive = archive_of(settings)
    assert archive == FrameArchive(tmp_path / "spool")
    writer = SpoolWriter(archive.own)
    places = [writer.append_and_wait(frame(MNS[0], n), received_at=AT, peer="") for n in range(5)]
    writer.close()
    assert archive.folder_of("004000000001") == archive.own  # no shard without a cluster
    first = archive.newest([MNS[0]], limit=3)
    rest = archive.newest([MNS[0]], limit=3, before=first.reached)
    assert [one.position for one in first.records + rest.records] == places[::-1]
    assert rest.reached == ()


def test_shards_lie_in_the_data_folder_unless_the_settings_say_where(tmp_path: Path) -> None:
    assert shard_folder(load_settings(data_dir=tmp_path), 3) == tmp_path / "shards" / "004"
    shared = load_settings(data_dir=tmp_path, shards_folder=Path("/mnt/frames"))
    assert shard_folder(shared, 0) == Path("/mnt/frames/001")
