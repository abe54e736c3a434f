"""`qingtian restore`: bring a backup back, or try whether it would come back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.runtime.backup.restoring import Restored
    from qingtian.runtime.settings import Settings


@click.command("restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", default="", help="The backup to bring back.  [default: the newest]")
@click.option("--drill", is_flag=True, help="Restore into a temporary folder, compare, remove it again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path, name: str, drill: bool, as_json: bool) -> None:
    """Bring a backup in DIR back into the empty data folder (and the empty database) of this deployment.

    Every file is checked against its hash, and rows and chains against what they were. A backup of an older release is
    brought to this one; a backup of a newer release is refused.
    """
    from qingtian.runtime.settings import get_settings, load_settings

    if not drill:
        _restore(get_settings(), folder, name, as_json=as_json)
        return
    where = Path(tempfile.mkdtemp(prefix="qt-drill-", dir=os.environ.get("QINGTIAN_DRILL_DIR")))
    try:
        settings = load_settings(data_dir=where / "var", database_url="")
        _restore(settings, folder, name, as_json=as_json, drill=True)
    finally:
        shutil.rmtree(where, ignore_errors=True)


def _restore(settings: Settings, folder: Path, name: str, *, as_json: bool, drill: bool = False) -> None:
    from qingtian.cli.backup import StageBar
    from qingtian.runtime.backup import Repository, restore_backup
    from qingtian.runtime.postgres import stop_postgres
    from qingtian.runtime.settings import EvidenceStore

    bar = StageBar(hidden=as_json)
    try:
        known = known_migrations()
        found = restore_backup(settings, Repository(folder), name, known_migrations=known, progress=bar)
        bar.finish()
        if settings.evidence_store is not EvidenceStore.LOCAL and not drill:
            _give_back(settings)
        missing = sorted(set(known) - set(found.manifest.migrations))
        if missing:
            _upgrade(settings)
    finally:
        bar.finish()
        stop_postgres(settings)
    _tell(settings, found, len(missing), as_json=as_json)


def _give_back(settings: Settings) -> None:
    """Evidence goes back to the store that the settings name; the same bytes again change nothing there."""
    from qingtian.apps.evidence.content_store import content_store

    store = content_store()
    for path in sorted((settings.data_dir / "evidence").glob("[0-9a-f][0-9a-f]/*")):
        with path.open("rb") as content:
            store.put(content)


def known_migrations() -> list[str]:
    """Every migration of this release, as `app.name`; needs no database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "qingtian.runtime.django_base"
    import django
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    if not apps.ready:
        django.setup()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [f"{app}.{name}" for app, name in loader.disk_migrations or ()]


def _upgrade(settings: Settings) -> None:
    """Bring the database to this release, in a process that has the whole of Django."""
    from qingtian.domain.errors import Unavailable
    from qingtian.runtime.supervisor import qingtian_argv

    environment = {**os.environ, "QINGTIAN_DATA_DIR": str(settings.data_dir)}
    environment["QINGTIAN_DATABASE_URL"] = settings.database_url
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(qingtian_argv("migrate"), env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(
            f"the restored database cannot be brought to this release: {done.stderr.strip()[-500:]}",
            field="database",
            remedy="everything is restored; mend what it names and run `qingtian migrate`",
        )


def _tell(settings: Settings, found: Restored, upgraded: int, *, as_json: bool) -> None:
    manifest = found.manifest
    if as_json:
        told = {
            "name": manifest.name,
            "files": len(manifest.files),
            "bytes": manifest.size,
            "tables": dict(manifest.tables),
            "heads": dict(manifest.heads),
            "differences": found.differences,
            "same_secret": found.same_secret,
            "migrations_applied": upgraded,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _say(settings, found, upgraded)
    sys.exit(1 if found.differences else 0)


def _say(settings: Settings, found: Restored, upgraded: int) -> None:
    manifest = found.manifest
    rows = sum(manifest.tables.values())
    click.echo(f"backup {manifest.name} is back in {settings.data_dir}: {len(manifest.files)} files, {rows} rows")
    for name, head in sorted(manifest.heads.items()):
        click.echo(f"  {name:9} {head}")
    if upgraded:
        click.echo(f"  brought from release {manifest.version} to this one: {upgraded} migrations")
    for line in found.differences:
        click.echo(f"DIFFERENT: {line}", err=True)
    if not found.same_secret:
        click.echo(
            "note: secret_key is not the one of the backup, so device passwords and keys stay closed: take it from "
            f"{settings.data_dir / 'restored-configuration'} or from where you keep it",
            err=True,
        )
