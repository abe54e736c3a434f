"""The embedded engine passes the contract, and survives what only it can suffer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row
from tests.telemetry.store_contract import StoreContract, values

from qingtian.domain.errors import NotPermitted, Unavailable
from qingtian.runtime.postgres import ensure_embedded, pgdata_path
from qingtian.telemetry.store import ducklake, lake, side
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, SpoolPosition

Opener = Callable[..., DuckLakeStore]


@pytest.fixture
def open_lake(database_url: str, tmp_path: Path) -> Iterator[Opener]:
    opened: list[DuckLakeStore] = []

    def open_one(**options: bool) -> DuckLakeStore:
        opened.append(DuckLakeStore(database_url, tmp_path / "lake", **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def store(open_lake: Opener) -> DuckLakeStore:
    return open_lake()


class TestDuckLakeKeepsTheContract(StoreContract):
    """Every test of the contract on DuckLake."""

    @pytest.fixture
    def store(self, empty_store: DuckLakeStore) -> DuckLakeStore:
        return empty_store


def big(count: int = 600, **changes: object) -> list[object]:
    return [row(index, T0 + index * MINUTE, **changes) for index in range(count)]  # type: ignore[arg-type]


def test_a_read_only_store_sees_new_rows_at_once_and_refuses_writes(store: DuckLakeStore, open_lake: Opener) -> None:
    reader = open_lake(read_only=True)
    assert reader.latest() == []
    store.append([row(1)], progress=SpoolPosition("000000000001", 77))
    assert values(reader.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [1]
    assert reader.progress() == SpoolPosition("000000000001", 77)
    store.append(big(600, site="S2"))
    store.compact()
    assert len(reader.window(Cycle.MINUTE, T0, T0 + DAY)) == 601
    for write in (lambda: reader.append([row(2)]), reader.compact, lambda: reader.roll_up_hours(T0, T0 + HOUR)):
        with pytest.raises(NotPermitted):
            write()


def test_a_reader_may_be_the_first_to_open_a_lake(open_lake: Opener) -> None:
    assert open_lake(read_only=True).latest() == []
    assert open_lake().append([row(1)]) == AppendResult(new=1)


def test_rows_and_progress_outlive_the_process(store: DuckLakeStore, open_lake: Opener) -> None:
    store.append(minutes([1, 2]), progress=SpoolPosition("000000000003", 9))
    store.close()
    again = open_lake()
    assert again.progress() == SpoolPosition("000000000003", 9)
    assert again.append(minutes([1, 2])) == AppendResult(duplicate=2)


def test_two_writers_see_each_others_rows(store: DuckLakeStore, open_lake: Opener) -> None:
    other = open_lake()
    store.append(minutes([1, 2, 3]))
    assert other.append(minutes([1, 2, 3])) == AppendResult(duplicate=3)
    assert other.append([row(9)]) == AppendResult(corrected=1)
    assert store.append([row(9)]) == AppendResult(duplicate=1)
    other.compact()
    assert store.append([row(4, T0 + 3 * MINUTE)]) == AppendResult(new=1)


def test_a_crash_between_the_lake_and_the_side_tables_is_healed(
    store: DuckLakeStore, open_lake: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(minutes([1]))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(side, "upsert_latest", crash)
        with pytest.raises(KeyboardInterrupt):
            store.append(minutes([1, 2, 3]), progress=SpoolPosition("000000000001", 400))
    store.close()
    again = open_lake()
    assert again.progress() == SpoolPosition("000000000001", 400)
    assert again.append(minutes([1, 2, 3])) == AppendResult(duplicate=3)
    assert values(again.latest()) == [3]


def test_a_crash_before_the_commit_leaves_nothing_behind(
    store: DuckLakeStore, open_lake: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lake, "sync_new_files", crash)
        with pytest.raises(KeyboardInterrupt):
            store.append(big(), progress=SpoolPosition("000000000001", 400))
    assert store.progress() is None
    assert store.append(big()) == AppendResult(new=600)
    assert open_lake().append(big()) == AppendResult(duplicate=600)


def test_the_last_commit_of_a_killed_writer_may_land_late(
    store: DuckLakeStore, open_lake: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL may finish the commit of a dead client; its lock is gone by then and the next writer is at work."""
    store.append(minutes([1]))
    dead = open_lake()
    dead.latest()
    decide = ducklake.decide

    def late_commit(batch: list[Observation], known: object) -> object:
        monkeypatch.setattr(ducklake, "decide", decide)
        with dead._transaction() as cursor:
            dead._insert(cursor, minutes([1, 2, 3])[1:], SpoolPosition("000000000001", 90))
        return decide(batch, known)  # type: ignore[arg-type]

    monkeypatch.setattr(ducklake, "decide", late_commit)
    with pytest.raises(Unavailable):
        store.append(minutes([1, 2, 3]), progress=SpoolPosition("000000000001", 90))
    assert store.append(minutes([1, 2, 3]), progress=SpoolPosition("000000000001", 90)) == AppendResult(duplicate=3)
    assert len(store.window(Cycle.MINUTE, T0, T0 + HOUR)) == 3


def test_latest_is_rebuilt_when_it_was_lost(store: DuckLakeStore, open_lake: Opener, database_url: str) -> None:
    store.append([*minutes([1, 2, 3]), row(8, site="S2")])
    store.close()
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE telemetry.latest, telemetry.state, telemetry.last_seen")
    again = open_lake()
    again.append([], progress=SpoolPosition("000000000001", 1))
    assert values(again.latest()) == [3, 8]
    assert again.last_seen() == {"S1": T0 + 3 * MINUTE, "S2": T0 + MINUTE}


def test_small_batches_stay_in_the_catalogue_until_compaction(store: DuckLakeStore, tmp_path: Path) -> None:
    for index in range(5):
        store.append([row(index, T0 + index * MINUTE)])
    assert list(tmp_path.rglob("*.parquet")) == []
    report = store.compact()
    assert (report.rows_flushed, report.files_after) == (5, 1)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_compaction_merges_the_files_of_a_day(store: DuckLakeStore) -> None:
    for number in range(4):
        store.append(big(300, site=f"S{number}"))
    report = store.compact()
    assert report.files_before == 4
    assert report.files_after == 1


def test_files_that_a_killed_writer_left_behind_are_removed(store: DuckLakeStore, tmp_path: Path) -> None:
    store.append(big())
    store.compact()
    (live,) = tmp_path.rglob("*.parquet")
    orphans = [live.with_name(f"ducklake-{number}.parquet") for number in range(2)]
    for path in (live, *orphans):
        if path != live:
            path.write_bytes(live.read_bytes())
        if path != orphans[1]:  # the second one may belong to a writer that is at work
            os.utime(path, (1_600_000_000, 1_600_000_000))
    store.compact()
    assert set(tmp_path.rglob("*.parquet")) == {live, orphans[1]}
    assert len(store.window(Cycle.MINUTE, T0, T0 + DAY)) == 600


def test_parquet_files_are_synced_before_the_commit(
    store: DuckLakeStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synced: list[str] = []
    real = os.fsync

    def watch(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(lake.os, "fsync", watch)
    store.append(big())
    files = {str(path) for path in tmp_path.rglob("*.parquet")}
    assert len(files) == 1
    assert files <= set(synced)
    assert str(lake.partition_folder(tmp_path / "lake", T0.date())) in synced


def test_lost_database_connections_are_opened_again(store: DuckLakeStore, database_url: str) -> None:
    store.append(minutes([1, 2]))
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]

    def cut_all() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )

    cut_all()
    assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [1, 2]
    cut_all()
    for attempt in range(3):  # the ingest loop tries the same batch again
        try:
            result = store.append(minutes([1, 2, 3]), progress=SpoolPosition("000000000001", 5))
            break
        except Unavailable:
            assert attempt < 2
    assert result == AppendResult(new=1, duplicate=2)
    cut_all()
    assert eventually(lambda: values(store.latest())) == [3]


def eventually(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Unavailable:
        return ask()


@pytest.mark.slow
def test_the_embedded_database_is_started_again_after_kill_9(own_folder: Path) -> None:
    pgdata = pgdata_path(own_folder)
    store = DuckLakeStore(ensure_embedded(pgdata), own_folder / "lake", revive=lambda: ensure_embedded(pgdata))
    try:
        store.append(minutes([1, 2]), progress=SpoolPosition("000000000001", 5))
        os.kill(int((pgdata / "postmaster.pid").read_text("utf-8").split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 60
        result = None
        while result is None:
            try:
                result = store.append(minutes([1, 2, 3]), progress=SpoolPosition("000000000001", 9))
            except Unavailable:
                assert time.monotonic() < deadline
        assert result == AppendResult(new=1, duplicate=2)
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [1, 2, 3]
        assert values(store.latest()) == [3]
    finally:
        store.close()


def test_a_writer_waits_for_the_one_before_it(store: DuckLakeStore, database_url: str) -> None:
    appended = threading.Event()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [side.WRITER_LOCK])
        thread = threading.Thread(target=lambda: (store.append([row(1)]), appended.set()))
        thread.start()
        assert not appended.wait(0.3)
        connection.execute("SELECT pg_advisory_unlock(%s)", [side.WRITER_LOCK])
    assert appended.wait(10)
    thread.join(10)


def test_the_signature_check_stays_on_and_nothing_is_downloaded() -> None:
    connection = lake.connect()
    settings = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    connection.close()
    assert settings["allow_unsigned_extensions"] == "false"
    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
