"""Restoring a backup into an empty data folder; nothing has its final name until everything is there."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.backup.dumping import (
    load_dump,
    move_lake,
    read_facts,
    refuse_foreign_tables,
    refuse_older_server,
    snapshot,
)
from qingtian.runtime.backup.making import Progress, secret_check
from qingtian.runtime.backup.manifest import CONFIGURATION, DATA, DUMP, FileEntry, Manifest
from qingtian.runtime.backup.repository import CHUNK, Repository
from qingtian.runtime.durability import sync_folder
from qingtian.runtime.postgres import ensure_postgres, pgdata_path, stop_embedded
from qingtian.runtime.settings import Settings

STAGE = ".restoring"
KEPT_CONFIGURATION = "restored-configuration"
DATABASE_GROWTH = 4  # a compressed dump becomes about so many times its size, indexes included


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore found.

    Args:
        manifest: the backup.
        same_secret: whether the `secret_key` in use is the one of the backup.
        differences: what is not as it was, one line each; empty when everything is.
    """

    manifest: Manifest
    same_secret: bool
    differences: tuple[str, ...]


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def restore_backup(
    settings: Settings,
    repository: Repository,
    name: str = "",
    *,
    known_migrations: Iterable[str],
    progress: Progress = _quiet,
) -> Restored:
    """Bring a backup back; the database is left running.

    Args:
        settings: the deployment to fill; its data folder and database must be empty.
        repository: where the backups lie.
        name: the backup; empty takes the newest.
        known_migrations: `app.name` of every migration that this release has.
        progress: hears of stage, bytes done, bytes in all.
    Raises:
        Conflict: the target is not empty, or the backup comes from a newer release.
        InvalidInput: the backup was changed.
        Unavailable: a file of the backup is missing or damaged, or the disk refuses.
    """
    manifest = repository.manifest(name)
    refuse_newer(manifest, known_migrations)
    refuse_filled(settings.data_dir)
    _refuse_small_disk(settings, manifest)
    if settings.database_url:
        url = ensure_postgres(settings)
        refuse_foreign_tables(url)
        refuse_older_server(url, manifest.postgres)
    _lay_out(settings.data_dir, repository, manifest, progress)
    progress("database", 0, manifest.files[0].size)
    url = ensure_postgres(settings)
    refuse_older_server(url, manifest.postgres)
    load_dump(url, settings.data_dir / STAGE / DUMP)
    move_lake(url, settings.data_dir / "lake")
    progress("database", manifest.files[0].size, manifest.files[0].size)
    differences = _differences(url, manifest)
    shutil.rmtree(settings.data_dir / STAGE)
    sync_folder(settings.data_dir)
    return Restored(manifest, secret_check(settings.secret_key) == manifest.secret_check, differences)


def refuse_newer(manifest: Manifest, known: Iterable[str]) -> None:
    """A release cannot read what a newer one has written.

    Raises:
        Conflict: the backup holds migrations that this release does not know.
    """
    unknown = sorted(set(manifest.migrations) - set(known))
    if unknown:
        raise Conflict(
            f"the backup comes from a newer release ({manifest.version}): {unknown[0]} is not known here",
            field="version",
            remedy="install that release, restore with it",
        )


def refuse_filled(data_dir: Path) -> None:
    """Only an empty folder is filled; what an interrupted restore left is removed.

    Raises:
        Conflict: the folder holds something.
    """
    if not data_dir.exists():
        return
    names = {entry.name for entry in data_dir.iterdir() if not entry.name.endswith(".lock")} - {"lost+found"}
    if STAGE in names:
        _remove_interrupted(data_dir)
    elif names:
        raise Conflict(
            f"{data_dir} is not empty: {', '.join(sorted(names)[:3])}",
            field="data_dir",
            remedy="give an empty data_dir; nothing was changed",
        )


def _remove_interrupted(data_dir: Path) -> None:
    """Everything there comes from a restore that began in an empty folder and did not end."""
    stop_embedded(pgdata_path(data_dir))
    for path in data_dir.iterdir():
        if path.name in ("lost+found", STAGE):
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(data_dir / STAGE)  # last: until then another try knows where it stands


def _refuse_small_disk(settings: Settings, manifest: Manifest) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    dump = manifest.files[0].size
    needed = manifest.size + (0 if settings.database_url else DATABASE_GROWTH * dump)
    free = shutil.disk_usage(settings.data_dir).free
    if free < needed:
        raise Unavailable(
            f"the restore needs about {needed >> 20} MiB, {free >> 20} MiB are free",
            field="data_dir",
            remedy="give a larger disk; nothing was changed",
        )


def _lay_out(data_dir: Path, repository: Repository, manifest: Manifest, progress: Progress) -> None:
    """Write every file, each checked against its hash, first under the stage, then at its place."""
    stage = data_dir / STAGE
    stage.mkdir()
    total, done = manifest.size, 0
    folders: set[Path] = set()
    for entry in manifest.files:
        target = stage / _place(entry)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(repository, entry, target)
        folders.add(target.parent)
        done += entry.size
        progress("files", done, total)
    for folder in folders | {stage}:
        sync_folder(folder)
    for path in sorted(stage.iterdir()):
        if path.name != DUMP:
            os.replace(path, data_dir / path.name)
    sync_folder(data_dir)


def _place(entry: FileEntry) -> str:
    if entry.path.startswith(DATA):
        return entry.path.removeprefix(DATA)
    if entry.path.startswith(CONFIGURATION):
        return f"{KEPT_CONFIGURATION}/{entry.path.removeprefix(CONFIGURATION)}"
    return entry.path


def _write(repository: Repository, entry: FileEntry, target: Path) -> None:
    source, digest = repository.object_path(entry.sha256), hashlib.sha256()
    try:
        with source.open("rb") as reading, target.open("xb") as file:
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        target.chmod(entry.mode)
        if entry.mtime_ns:
            os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))
    except FileNotFoundError as error:
        raise _damaged(entry, "is missing") from error
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error}", field="data_dir", remedy="mend the disk") from error
    if digest.hexdigest() != entry.sha256:
        raise _damaged(entry, "was changed")


def _damaged(entry: FileEntry, what: str) -> Unavailable:
    return Unavailable(
        f"the backup is damaged: {entry.path} {what}",
        field="DIR",
        remedy="restore another backup (`qingtian backup DIR --list`); an empty folder is needed again",
    )


def _differences(url: str, manifest: Manifest) -> tuple[str, ...]:
    """Rows and newest hashes now against those of the snapshot."""
    with snapshot(url) as (connection, _):
        facts = read_facts(connection)
    found = [*_unlike("rows of", manifest.tables, facts.tables), *_unlike("head of", manifest.heads, facts.heads)]
    return tuple(found)


def _unlike(what: str, before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    names = sorted({*before, *now})
    return [
        f"{what} {name}: {before.get(name, 'none')} in the backup, {now.get(name, 'none')} now"
        for name in names
        if before.get(name) != now.get(name)
    ]
