"""Making a backup while everything runs.

The order makes it whole: first the snapshot of the database, then the files. A file is written before the row that
names it is committed, and while the lake is held none is taken away, so every row of the snapshot has its file. Files
that came after the snapshot are copied too and harm nobody: the ingest goes on from the place that the snapshot names.
"""

from __future__ import annotations

import hmac
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from typing import BinaryIO, Protocol, cast

from qingtian import __version__
from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.backup.choosing import (
    ARCHIVE_LOCK,
    Chosen,
    archives,
    configuration_files,
    data_files,
    is_mark,
    moved_folders,
)
from qingtian.runtime.backup.dumping import Facts, dump, read_facts, snapshot
from qingtian.runtime.backup.manifest import DATA, DUMP, FileEntry, Manifest
from qingtian.runtime.backup.repository import Repository
from qingtian.runtime.clock import real_now
from qingtian.runtime.holding import hold, hold_file
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import Settings

Progress = Callable[[str, int, int], object]  # stage, bytes done, bytes in all


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


class ContentFiles(Protocol):
    """Files by their SHA-256 in a store that is no part of the data folder."""

    def list(self) -> Iterator[tuple[str, int]]:
        """Every file with its size."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """The file of a hash."""
        ...


def make_backup(
    settings: Settings, repository: Repository, progress: Progress = _quiet, evidence: ContentFiles | None = None
) -> Manifest:
    """Back a deployment up; it may run meanwhile.

    Args:
        settings: the deployment.
        repository: where the backup goes.
        progress: hears of stage, bytes done, bytes in all.
        evidence: the store of evidence files, where it is not in the data folder.
    Raises:
        Conflict: the backups would lie within the data, or another process is at it.
        Unavailable: database or disk refuse; nothing is kept of this backup.
    """
    _refuse_inside(settings, repository)
    repository.prepare()
    started = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(repository.locked())
        stack.enter_context(hold(settings.lake_folder or settings.data_dir / "lake"))
        for archive in archives(settings.data_dir, settings.shards_folder):
            stack.enter_context(hold_file(archive / ARCHIVE_LOCK))
        manifest = _Maker(settings, repository, progress, evidence).make()
        manifest = replace(manifest, seconds=round(time.monotonic() - started, 3))
        repository.add(manifest)
    return manifest


def secret_check(secret_key: str) -> str:
    """Tells whether a `secret_key` is the one of a backup, without giving it away."""
    return hmac.digest(secret_key.encode(), b"qingtian backup: same secret", "sha256").hex()[:32]


def _refuse_inside(settings: Settings, repository: Repository) -> None:
    data = settings.data_dir.resolve()
    target = repository.folder.resolve()
    if target == data or data in target.parents:
        raise Conflict(
            f"{target} lies in the data folder", field="DIR", remedy="give a folder on another disk or machine"
        )


class _Maker:
    """One backup under way."""

    def __init__(
        self, settings: Settings, repository: Repository, progress: Progress, evidence: ContentFiles | None
    ) -> None:
        self._settings, self._repository, self._progress = settings, repository, progress
        self._evidence = evidence
        self._new_bytes = 0
        self._known = self._unchanged()
        self._ends: dict[str, int] = {}

    def make(self) -> Manifest:
        """Dump and copy."""
        settings = self._settings
        url = ensure_postgres(settings)
        with snapshot(url) as (connection, name):
            made_at = real_now().astimezone(UTC)
            facts = read_facts(connection)
            entries = [self._dump(url, name, facts)]
        entries += self._copy([*data_files(settings.data_dir, moved_folders(settings)), *configuration_files(settings)])
        entries += self._fetch({entry.path for entry in entries})
        _refuse_missing(facts, entries)
        return Manifest(
            name=self._fresh_name(f"{made_at:%Y%m%dT%H%M%SZ}"),
            made_at=made_at,
            version=__version__,
            postgres=facts.postgres,
            migrations=facts.migrations,
            tables=facts.tables,
            heads=facts.heads,
            secret_check=secret_check(settings.secret_key),
            data_dir=str(settings.data_dir),
            files=tuple(entries),
            new_bytes=self._new_bytes,
        )

    def _dump(self, url: str, name: str, facts: Facts) -> FileEntry:
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            self._progress("database", min(done, facts.bytes), facts.bytes)

        with dump(url, name) as stream:
            sha256, size, new = self._repository.put(cast("BinaryIO", stream), tell)
        self._new_bytes += size if new else 0
        self._progress("database", facts.bytes, facts.bytes)
        return FileEntry(DUMP, size, sha256)

    def _copy(self, chosen: list[Chosen]) -> list[FileEntry]:
        total = sum(_size(one) for one in chosen)
        entries, done = [], 0
        for one in chosen:
            entry = self._take(one)
            if entry is not None:
                entries.append(entry)
                done += entry.size
                self._progress("files", min(done, total), total)
        self._progress("files", total, total)
        return entries

    def _fetch(self, taken: set[str]) -> list[FileEntry]:
        """Evidence that lies in a store of its own; what the backups hold already is not fetched again."""
        if self._evidence is None:
            return []
        listed = list(self._evidence.list())
        total, done, entries = sum(size for _, size in listed), 0, []
        for sha256, size in listed:
            entry = FileEntry(f"{DATA}evidence/{sha256[:2]}/{sha256}", size, sha256, mode=0o400)
            if entry.path not in taken:
                self._fetch_one(entry)
                entries.append(entry)
            done += size
            self._progress("evidence", done, total)
        return entries

    def _fetch_one(self, entry: FileEntry) -> None:
        assert self._evidence is not None  # noqa: S101  _fetch asked
        if self._repository.holds(entry.sha256, entry.size):
            return
        with self._evidence.open(entry.sha256) as content:
            sha256, size, new = self._repository.put(content)
        if sha256 != entry.sha256:
            raise Unavailable(
                f"the evidence file {entry.sha256} was changed in its store",
                field="evidence_store",
                remedy="take it from an older backup; `qingtian restore` brings it back",
            )
        self._new_bytes += size if new else 0

    def _take(self, one: Chosen) -> FileEntry | None:
        """Store a file; None when it has gone since it was listed (what the lake needs is counted at the end)."""
        try:
            with one.source.open("rb") as file:
                content: BinaryIO = file
                stat = os.fstat(file.fileno())
                size = min(stat.st_size, self._ends.get(one.path, stat.st_size))
                if is_mark(one.path):
                    content = self._noted(one.path, file.read())
                elif size < stat.st_size:
                    content = io.BytesIO(file.read(size))
                entry = FileEntry(one.path, size, "", stat.st_mode & 0o777, stat.st_mtime_ns, stat.st_ino, one.origin)
                held = self._known.get((entry.path, entry.size, entry.mtime_ns, entry.inode))
                if held is not None and self._repository.holds(held, entry.size):
                    return replace(entry, sha256=held)
                sha256, size, new = self._repository.put(content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{one.source} cannot be read: {error}", field="data_dir", remedy="mend it") from error
        self._new_bytes += size if new else 0
        return replace(entry, sha256=sha256, size=size)

    def _noted(self, path: str, mark: bytes) -> BinaryIO:
        """The mark of the archive (segment, offset, ...): the active segment is copied up to it, no further."""
        words = mark.decode("ascii", "replace").split()
        if len(words) > 1 and words[1].isdigit():
            self._ends[f"{path.rsplit('/', 1)[0]}/{words[0]}.seg"] = int(words[1])
        return io.BytesIO(mark)

    def _unchanged(self) -> dict[tuple[str, int, int, int], str]:
        """Files of the last backup, by what tells an unchanged one: they need not be read again."""
        names = self._repository.names()
        files = self._repository.manifest(names[-1]).files if names else ()
        return {(one.path, one.size, one.mtime_ns, one.inode): one.sha256 for one in files if one.mtime_ns}

    def _fresh_name(self, wish: str) -> str:
        taken = set(self._repository.names())
        return next(name for name in (wish, *(f"{wish}-{count}" for count in range(2, 1000))) if name not in taken)


def _size(one: Chosen) -> int:
    try:
        return one.source.stat().st_size
    except FileNotFoundError:
        return 0


def _refuse_missing(facts: Facts, entries: list[FileEntry]) -> None:
    copied = {entry.path.rsplit("/", 1)[-1] for entry in entries if entry.path.startswith(f"{DATA}lake/")}
    missing = sorted(facts.lake_files - copied)
    if missing:
        raise Unavailable(
            f"{len(missing)} files of the lake are missing, such as {missing[0]}",
            field="data_dir",
            remedy="the lake is damaged, or was changed without its lock: see `qingtian check`, then try again",
        )
