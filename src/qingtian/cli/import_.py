"""`qingtian import`: take over the values of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qingtian.apps.imports.models import DataImport
    from qingtian.duties.import_files import Stores
    from qingtian.telemetry.importers.mapping import FileMapping

WIDTH = 30


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--mapping", "mapping_name", metavar="NAME|FILE.toml", help="How the file is read.  [default: guessed]")
@click.option("--site", help="Code of the site, for a file of one site.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be taken over.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to a CSV file.")
@click.option("--resume", metavar="NUMBER", help="Go on with an import that was stopped, such as I-2026-000001.")
@click.option("--withdraw", metavar="NUMBER", help="Take an import back; needs --reason.")
@click.option("--reason", default="", help="Why it is taken back.")
@click.option("--list", "listed", is_flag=True, help="List the imports.")
@click.option("--mappings", is_flag=True, help="List the mappings.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    file: Path | None,
    mapping_name: str | None,
    site: str | None,
    dry_run: bool,
    errors: Path | None,
    resume: str | None,
    withdraw: str | None,
    reason: str,
    listed: bool,
    mappings: bool,
    as_json: bool,
) -> None:
    """Import values from CSV (also .gz), XLSX or Parquet.

    The whole file is tried first; a file that proves wrong as mapped is refused with its cause. Ctrl-C stops after the
    batch it is at; --resume goes on.
    """
    from qingtian.cli.django import setup_django

    setup_django()
    if mappings:
        _list_mappings()
    elif listed:
        _list_imports()
    elif withdraw:
        _print(_withdraw(withdraw, reason), as_json=as_json, errors=errors)
    elif resume:
        _print(_resume(resume, quiet=as_json), as_json=as_json, errors=errors)
    elif file is not None:
        _print(_import(file, mapping_name, site, dry_run=dry_run, quiet=as_json), as_json=as_json, errors=errors)
    else:
        raise click.UsageError("name a file, or --resume, --withdraw, --list or --mappings")


def _import(file: Path, name: str | None, site: str | None, *, dry_run: bool, quiet: bool) -> DataImport:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.actions.run_import import check_import, start_import
    from qingtian.apps.imports.actions.upload_file import upload_file
    from qingtian.apps.imports.states import Carrier
    from qingtian.runtime.clock import current_clock

    now = current_clock().now()
    with file.open("rb") as content:
        row = upload_file(SYSTEM_ACTOR, now, content, file.name)
    mapping = _mapping(row, name, site)
    row = check_import(SYSTEM_ACTOR, now, row.number, mapping, carrier=Carrier.COMMAND)
    row = _carry_out(row, "trying", quiet=quiet)
    if dry_run or row.state != "checked" or row.refused:
        return row
    row = start_import(SYSTEM_ACTOR, current_clock().now(), row.number, carrier=Carrier.COMMAND)
    return _carry_out(row, "importing", quiet=quiet)


def _mapping(row: DataImport, name: str | None, site: str | None) -> FileMapping:
    import tomllib

    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.queries import guessed, mapping_named
    from qingtian.telemetry.importers.mapping import read_mapping

    if name is None:
        found = guessed(SYSTEM_ACTOR, row)
        click.echo(f"mapping {found.why_en}", err=True)
        plain: dict[str, Any] = dict(found.mapping)
    elif name.endswith(".toml"):
        plain = tomllib.loads(Path(name).read_text("utf-8"))
    else:
        plain = mapping_named(SYSTEM_ACTOR, name).model_dump(mode="json")
    if site:
        plain["site"] = {"constant": site}
    return read_mapping(plain)


def _resume(number: str, *, quiet: bool) -> DataImport:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.actions.run_import import resume_import
    from qingtian.apps.imports.queries import visible_import
    from qingtian.apps.imports.states import OPEN, Carrier
    from qingtian.runtime.clock import current_clock

    row = visible_import(SYSTEM_ACTOR, number)
    if not (row.state in OPEN and row.carrier == Carrier.COMMAND):  # a killed command leaves it open
        row = resume_import(SYSTEM_ACTOR, current_clock().now(), number, carrier=Carrier.COMMAND)
    return _carry_out(row, "resuming", quiet=quiet)


def _withdraw(number: str, reason: str) -> DataImport:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.actions.run_import import withdraw_import
    from qingtian.apps.imports.queries import repeated_by, visible_import
    from qingtian.apps.imports.states import Carrier
    from qingtian.runtime.clock import current_clock

    for later in repeated_by(visible_import(SYSTEM_ACTOR, number)):
        click.echo(f"{later.number} repeats values of it: import {later.file_name} again afterwards", err=True)
    row = withdraw_import(SYSTEM_ACTOR, current_clock().now(), number, reason, carrier=Carrier.COMMAND)
    return _carry_out(row, "withdrawing", quiet=True)


def _carry_out(row: DataImport, word: str, *, quiet: bool) -> DataImport:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.actions.run_import import cancel_import
    from qingtian.duties.import_files import Pace, carry_out
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.store import open_store

    store = open_store(get_settings())
    try:
        pace = Pace(lambda: current_clock().now(), progress=None if quiet else lambda at: _show(at, word))
        return carry_out(row, _stores(store), pace)
    except KeyboardInterrupt:
        click.echo(f"\nstopped; qingtian import --resume {row.number} goes on", err=True)
        return cancel_import(SYSTEM_ACTOR, current_clock().now(), row.number)
    finally:
        store.close()
        if not quiet:
            click.echo("", err=True)


def _stores(store: Any) -> Stores:
    from functools import lru_cache

    from qingtian.duties.import_files import Stores
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.store.forecasts import open_forecasts

    return Stores(store, lru_cache(maxsize=1)(lambda: open_forecasts(get_settings())))


def _show(row: DataImport, word: str) -> None:
    total = max(row.rows_total, row.rows_done, 1)
    done = row.rows_done * WIDTH // total
    bar = f"[{'#' * done}{' ' * (WIDTH - done)}]"
    click.echo(f"\r{row.number} {word} {bar} {row.rows_done} of about {total} rows", nl=False, err=True)


def _print(row: DataImport, *, as_json: bool, errors: Path | None) -> None:
    import json
    import sys

    from qingtian.telemetry.importers.causes import WORDS, Found

    found = row.report or row.trial
    if errors is not None:
        _write_errors(row, errors)
    if as_json:
        names = ("number", "state", "trial", "report", "counts", "doubts", "error")
        shown = {name: getattr(row, name) for name in names}
        click.echo(json.dumps(shown | {"hidden": row.hidden}, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{row.number} {row.state}: {found.get('rows', 0)} rows, {found.get('values', 0)} values")
        if row.counts:
            click.echo("  ".join(f"{name} {count}" for name, count in row.counts.items()))
        for name, count in found.get("causes", {}).items():
            said = WORDS[Found(name)]
            click.echo(f"{said.weight.value:5} {count:8}  {said.en} ({said.remedy_en})")
        if row.hidden:
            click.echo(f"hidden: {row.hidden['values']} values")
        if row.error:
            click.echo(f"error {row.error}", err=True)
    if row.state == "failed" or row.refused:
        sys.exit(2)


def _write_errors(row: DataImport, path: Path) -> None:
    import csv

    from qingtian.apps.imports.queries import issues
    from qingtian.telemetry.importers.causes import WORDS, Found

    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "cause", "what", "field", "text", "site"])
        for one in issues(row).iterator():
            words = WORDS[Found(one.cause)]
            writer.writerow([one.line, one.cause, words.en, one.field, one.text, one.site])


def _list_mappings() -> None:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.queries import every_mapping

    for mapping, saved in every_mapping(SYSTEM_ACTOR):
        origin = f"saved v{saved.version} by {saved.saved_by}" if saved else "built in"
        click.echo(f"{mapping.name:28} {mapping.kind.value:9} {mapping.cycle.value:10} {origin}: {mapping.title_en}")


def _list_imports() -> None:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.imports.queries import imports

    for row in imports(SYSTEM_ACTOR)[:200]:
        counts = " ".join(f"{name} {count}" for name, count in row.counts.items())
        click.echo(f"{row.number} {row.state:11} {row.mapping_name:24} {row.file_name}  {counts}".rstrip())
