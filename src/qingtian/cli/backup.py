"""`qingtian backup`: make, list, verify and thin out backups."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qingtian.apps.evidence.storage.port import ContentStore
    from qingtian.runtime.backup import Manifest, Repository
    from qingtian.runtime.settings import Settings

MIB = 1024 * 1024


@click.command("backup")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), required=False)
@click.option("--list", "listed", is_flag=True, help="List the backups in DIR.")
@click.option("--verify", "verified", is_flag=True, help="Read every byte of a backup again (see --name).")
@click.option("--name", default="", help="With --verify: the backup; the newest by default.")
@click.option("--keep", type=click.IntRange(1), help="Afterwards remove all but so many newest backups.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path | None, listed: bool, verified: bool, name: str, keep: int | None, as_json: bool) -> None:
    """Back everything up into DIR while it runs: database, lake, raw frames, evidence, configuration and keys.

    Files that a backup in DIR holds already are not stored twice. DIR holds secrets: keep it private. Without DIR the
    setting backup_folder is used.
    """
    from qingtian.runtime.backup import Repository
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    repository = Repository(folder or _configured(settings))
    if listed:
        _list(repository, as_json=as_json)
    elif verified:
        _verify(repository, name, as_json=as_json)
    else:
        _make(settings, repository, keep, as_json=as_json)


def _configured(settings: Settings) -> Path:
    from qingtian.domain.errors import InvalidInput

    if settings.backup_folder is None:
        raise InvalidInput(
            "where the backup shall go is not known", field="DIR", remedy="give DIR or set backup_folder"
        )
    return settings.backup_folder


def _make(settings: Settings, repository: Repository, keep: int | None, *, as_json: bool) -> None:
    from qingtian.domain.errors import QingtianError
    from qingtian.runtime.backup.making import make_backup
    from qingtian.runtime.backup.record import read_record, write_record
    from qingtian.runtime.clock import real_now

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside: leave nothing half done
    before = replace(read_record(settings.data_dir), tried_at=real_now(), running=0)
    bar = StageBar(hidden=as_json)
    try:
        with suppress(OSError):
            write_record(settings.data_dir, replace(before, running=os.getpid()))
        with _left_as_found(settings):
            manifest = make_backup(settings, repository, bar, _elsewhere(settings))
            gone = repository.prune(keep) if keep else []
    except (QingtianError, KeyboardInterrupt) as error:
        bar.finish()
        reason = str(error) if isinstance(error, QingtianError) else "it was cancelled"
        with suppress(OSError):
            write_record(settings.data_dir, replace(before, error=reason))
        if isinstance(error, KeyboardInterrupt):
            click.echo("cancelled: nothing is kept of this backup", err=True)
            sys.exit(130)
        raise
    bar.finish()
    write_record(
        settings.data_dir,
        replace(
            before,
            name=manifest.name,
            made_at=manifest.made_at,
            folder=str(repository.folder),
            bytes=manifest.size,
            new_bytes=manifest.new_bytes,
            seconds=manifest.seconds,
            error="",
        ),
    )
    _tell(settings, repository, manifest, gone, as_json=as_json)


def _elsewhere(settings: Settings) -> ContentStore | None:
    """The store of evidence, where it is not in the data folder."""
    from qingtian.apps.evidence.content_store import content_store
    from qingtian.runtime.settings import EvidenceStore

    return None if settings.evidence_store is EvidenceStore.LOCAL else content_store()


def _tell(settings: Settings, repository: Repository, manifest: Manifest, gone: list[str], *, as_json: bool) -> None:
    same_disk = settings.data_dir.stat().st_dev == repository.folder.stat().st_dev
    if as_json:
        click.echo(json.dumps(_row(manifest) | {"removed": gone, "same_disk": same_disk}, ensure_ascii=False))
        return
    click.echo(
        f"backup {manifest.name}: {len(manifest.files)} files, {_mib(manifest.size)}, "
        f"{_mib(manifest.new_bytes)} of it new, {manifest.seconds:.1f} s"
    )
    for name in gone:
        click.echo(f"removed the old backup {name}")
    if same_disk:
        click.echo("note: the backup lies on the disk of the data; copy it to another machine", err=True)


def _list(repository: Repository, *, as_json: bool) -> None:
    from qingtian.runtime.clock import SHANGHAI

    for name in repository.names():
        manifest = repository.manifest(name)
        if as_json:
            click.echo(json.dumps(_row(manifest), ensure_ascii=False))
            continue
        click.echo(
            f"{name}  {manifest.made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}  {len(manifest.files):6} files  "
            f"{_mib(manifest.size):>12}  new {_mib(manifest.new_bytes):>12}  release {manifest.version}"
        )


def _verify(repository: Repository, name: str, *, as_json: bool) -> None:
    manifest = repository.manifest(name)
    bar, done = StageBar(hidden=as_json), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        bar("verify", done, manifest.size)

    problems = repository.verify(manifest, tell)
    bar.finish()
    if as_json:
        click.echo(json.dumps(_row(manifest) | {"problems": problems}, ensure_ascii=False))
    else:
        for line in problems:
            click.echo(line)
        whole = "whole" if not problems else f"DAMAGED in {len(problems)} files: take another backup"
        click.echo(f"backup {manifest.name} is {whole} ({len(manifest.files)} files, {_mib(manifest.size)})")
    sys.exit(1 if problems else 0)


def _row(manifest: Manifest) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.version,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "new_bytes": manifest.new_bytes,
        "seconds": manifest.seconds,
        "heads": dict(manifest.heads),
    }


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"


class _left_as_found:  # noqa: N801  used like a function
    """Stop the embedded database again when it did not run before."""

    def __init__(self, settings: Settings) -> None:
        from qingtian.runtime.postgres import pgdata_path
        from qingtian.runtime.postgres_pid import server_runs

        self._settings = settings
        self._ran = server_runs(pgdata_path(settings.data_dir))

    def __enter__(self) -> None:
        """Nothing to do yet."""

    def __exit__(self, *_: object) -> None:
        """Leave the database as it was."""
        from qingtian.runtime.postgres import stop_postgres

        if not self._ran:
            stop_postgres(self._settings)


class StageBar:
    """A progress bar for each stage; on a pipe only the labels are printed."""

    def __init__(self, *, hidden: bool = False) -> None:
        self._hidden = hidden
        self._stage = ""
        self._bar: Any = None
        self._done = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """A stage has come so far."""
        if self._hidden:
            return
        if stage != self._stage:
            self.finish()
            self._stage, self._done = stage, 0
            self._bar = click.progressbar(length=max(total, 1), label=f"{stage:9}", file=sys.stderr)
            self._bar.render_progress()
        self._bar.update(done - self._done)
        self._done = done

    def finish(self) -> None:
        """End the line of the bar."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
            self._stage = ""
