"""The drill: back up while everything runs, restore on an empty folder, and get the same hashes and the same answers."""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.ops.house import CATCH_UP, House, until
from tests.telemetry.fleet import Device

from qingtian.domain.errors import Conflict, InvalidInput, Unavailable
from qingtian.runtime.backup import Manifest, Repository, make_backup, restore_backup
from qingtian.runtime.clock import real_now
from qingtian.runtime.postgres import DATABASE, ensure_postgres, pgdata_path
from qingtian.telemetry.spool import SpoolWriter, spool_path

DEVICES = 6


@dataclass
class Drill:
    """A city that was backed up twice: while frames came in, and when all was quiet."""

    city: House
    repository: Repository
    online: Manifest
    quiet: Manifest
    acked_before: set[str]
    acked: set[str]
    answers: dict[str, Any]
    progress: list[tuple[str, int, int]] = field(default_factory=list)

    def restored(self, folder: Path, name: str) -> House:
        """Another deployment, filled from a backup."""
        house = House(folder)
        found = restore_backup(house.settings, self.repository, name, known_migrations=self.quiet.migrations)
        assert found.differences == ()
        assert found.same_secret
        return house


@pytest.fixture(scope="module")
def drill(module_folder: Path) -> Iterator[Drill]:
    city = House(module_folder / "city")
    city.prepare(DEVICES)
    city.start("gateway")
    city.start("worker")
    try:
        made = asyncio.run(_live(city, Repository(module_folder / "backups")))
        until(lambda: city.counters("worker").get("lag_bytes") == 0, "the end of the backlog")
        city.stop()
    finally:
        city.kill()
    online, before, acked, progress = made
    city.script(CATCH_UP)
    repository = Repository(module_folder / "backups")
    quiet = make_backup(city.settings, repository)
    yield Drill(city, repository, online, quiet, before, acked, city.answers(), progress)


async def _live(city: House, repository: Repository) -> tuple[Manifest, set[str], set[str], list[tuple[str, int, int]]]:
    """Devices send all the time; in the middle of it a backup is made."""
    started = real_now().replace(second=0, microsecond=0) - timedelta(days=2)
    devices = [Device(f"MN{number:022d}", city.port, started) for number in range(DEVICES)]
    stop, progress = asyncio.Event(), []  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(device.run(stop, pause_s=0.01)) for device in devices]
    while sum(len(device.acked) for device in devices) < 200:
        await asyncio.sleep(0.05)
    before = {sha for device in devices for sha in device.acked}
    manifest = await asyncio.to_thread(make_backup, city.settings, repository, lambda *step: progress.append(step))
    during = sum(len(device.acked) for device in devices)
    assert during > len(before)  # nobody waited for the backup
    while sum(len(device.acked) for device in devices) < during + 100:
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*tasks)
    return manifest, before, {sha for device in devices for sha in device.acked}, progress


def test_a_restore_gives_the_same_hashes_and_the_same_answers(drill: Drill, own_folder: Path) -> None:
    house = drill.restored(own_folder / "new", drill.quiet.name)
    assert house.answers() == drill.answers
    assert set(drill.answers["frames"]) == drill.acked
    assert drill.answers["spool"][0] and drill.answers["journal"][0]
    assert len(drill.answers["values"]) == 3 * len(drill.acked)
    assert all(name == digest for name, digest in drill.answers["evidence"].items())
    assert len(drill.answers["evidence"]) == 25


def test_a_backup_of_a_running_city_holds_all_that_was_acknowledged_before(drill: Drill, own_folder: Path) -> None:
    house = drill.restored(own_folder / "new", drill.online.name)
    SpoolWriter(spool_path(house.data)).close()  # a gateway starts: what lies behind the last mark becomes readable
    assert int(house.script(CATCH_UP)) > 0  # what the snapshot had not seen yet comes out of the archive
    caught_up = house.answers()
    assert caught_up["spool"][0]
    assert drill.acked_before <= set(caught_up["frames"]) <= drill.acked
    assert {row[2] for row in caught_up["values"].values()} == set(caught_up["frames"])
    assert len(caught_up["values"]) == 3 * len(caught_up["frames"])
    now = drill.answers["values"]
    assert all(now[key] == row for key, row in caught_up["values"].items())


def test_the_progress_reaches_its_end_in_each_stage(drill: Drill) -> None:
    stages = {stage: (done, total) for stage, done, total in drill.progress}
    assert set(stages) == {"database", "files"}
    assert all(done == total > 0 for done, total in stages.values())
    for name in stages:
        done = [step for stage, step, _ in drill.progress if stage == name]
        assert done == sorted(done)


def test_the_second_backup_stores_only_what_is_new(drill: Drill) -> None:
    known = {entry.sha256 for entry in drill.online.files}
    again = [entry for entry in drill.quiet.files if entry.path.startswith("data/evidence/")]
    assert len(again) == 25 and all(entry.sha256 in known for entry in again)
    fresh = {entry.sha256: entry.size for entry in drill.quiet.files if entry.sha256 not in known}
    assert drill.quiet.new_bytes == sum(fresh.values())
    third = make_backup(drill.city.settings, drill.repository)
    data = {entry.path: entry.sha256 for entry in third.under("data/")}
    assert data == {entry.path: entry.sha256 for entry in drill.quiet.under("data/")}
    assert third.new_bytes == third.files[0].size  # the dump alone
    assert drill.repository.verify(third) == []


def test_an_interrupted_restore_is_begun_again_and_a_filled_folder_is_refused(drill: Drill, own_folder: Path) -> None:
    house = House(own_folder / "new")
    stage = house.data / ".restoring" / "evidence"
    stage.mkdir(parents=True)
    (stage / "half").write_bytes(b"half a file")
    (house.data / "spool").mkdir()
    known = drill.quiet.migrations
    assert restore_backup(house.settings, drill.repository, known_migrations=known).differences == ()
    assert not (house.data / ".restoring").exists()
    assert not list(house.data.rglob("half"))
    with pytest.raises(Conflict, match="not empty") as caught:
        restore_backup(house.settings, drill.repository, known_migrations=known)
    assert caught.value.field == "data_dir" and caught.value.remedy


def test_a_backup_of_a_newer_release_is_refused_before_anything_is_written(drill: Drill, own_folder: Path) -> None:
    house = House(own_folder / "new")
    with pytest.raises(Conflict, match="newer release") as caught:
        restore_backup(house.settings, drill.repository, known_migrations=drill.quiet.migrations[1:])
    assert drill.quiet.migrations[0] in caught.value.message
    assert not house.data.exists()


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_damaged_backup_says_which_file_and_fills_nothing(drill: Drill, own_folder: Path, harm: str) -> None:
    copy = Repository(shutil.copytree(drill.repository.folder, own_folder / "backups"))
    entry = next(entry for entry in drill.quiet.files if entry.path.startswith("data/lake/"))
    path = copy.object_path(entry.sha256)
    path.chmod(0o600)
    if harm == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    (problem,) = copy.verify(drill.quiet)
    assert problem.startswith(entry.path) and harm in problem
    house = House(own_folder / "new")
    with pytest.raises(Unavailable, match="damaged") as caught:
        restore_backup(house.settings, copy, drill.quiet.name, known_migrations=drill.quiet.migrations)
    assert entry.path in caught.value.message
    assert not pgdata_path(house.data).exists() and not (house.data / "lake").exists()
    assert not [path for path in house.data.iterdir() if path.name not in (".restoring",)]


def test_a_changed_manifest_is_noticed(drill: Drill, own_folder: Path) -> None:
    copy = Repository(shutil.copytree(drill.repository.folder, own_folder / "backups"))
    path = copy.folder / "backups" / f"{drill.quiet.name}.manifest"
    path.write_bytes(path.read_bytes().replace(b'"size": ', b'"size":  ', 1))
    with pytest.raises(InvalidInput, match="was changed"):
        copy.manifest(drill.quiet.name)


def test_a_city_on_an_own_server_comes_back_into_an_empty_database_only(drill: Drill, own_folder: Path) -> None:
    with psycopg.connect(ensure_postgres(drill.city.settings), autocommit=True) as connection:
        connection.execute("CREATE DATABASE other ENCODING 'UTF8' TEMPLATE template0")
    url = ensure_postgres(drill.city.settings).replace(f"/{DATABASE}?", "/other?")
    house = House(own_folder / "new", database_url=url)
    name, known = drill.quiet.name, drill.quiet.migrations
    assert restore_backup(house.settings, drill.repository, name, known_migrations=known).differences == ()
    assert not pgdata_path(house.data).exists()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT count(*) FROM registry_registryobject").fetchone()
    assert rows == (2 * DEVICES,)
    shutil.rmtree(house.data)
    with pytest.raises(Conflict, match="the database is not empty"):
        restore_backup(house.settings, drill.repository, known_migrations=known)


class Elsewhere:
    """A store of evidence that is no folder of the data."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.asked = files, list[str]()

    def list(self) -> Iterator[tuple[str, int]]:
        yield from ((sha256, len(content)) for sha256, content in sorted(self.files.items()))

    def open(self, sha256: str) -> io.BytesIO:
        self.asked.append(sha256)
        return io.BytesIO(self.files[sha256])


def test_evidence_that_lies_elsewhere_is_fetched_once_and_comes_back_as_files(drill: Drill, own_folder: Path) -> None:
    contents = [b"photo %d" % number for number in range(3)]
    store = Elsewhere({hashlib.sha256(content).hexdigest(): content for content in contents})
    made = make_backup(drill.city.settings, drill.repository, evidence=store)
    assert sorted(store.asked) == sorted(store.files)
    store.asked.clear()
    make_backup(drill.city.settings, drill.repository, evidence=store)
    assert store.asked == []
    house = House(own_folder / "new")
    restore_backup(house.settings, drill.repository, made.name, known_migrations=made.migrations)
    for sha256, content in store.files.items():
        assert (house.data / "evidence" / sha256[:2] / sha256).read_bytes() == content
    store.files["0" * 64] = b"not what its name says"
    with pytest.raises(Unavailable, match="was changed in its store"):
        make_backup(drill.city.settings, drill.repository, evidence=store)
