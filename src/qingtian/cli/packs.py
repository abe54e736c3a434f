"""`qingtian packs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.packs.checking import CheckReport
    from qingtian.packs.comparing import RowChange


@click.group("packs")
def command() -> None:
    """Check, list and compare the rule packs."""


@command.command("check")
@click.argument("folder", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(folder: str | None, as_json: bool) -> None:
    """Read every pack: schema, overlaps, gaps; every fault with file, row, column, reason and remedy.

    Without FOLDER the packs in use are checked (settings: pack_folders). FOLDER is a folder of national tables, a
    regional pack (a folder named by a region code), or a folder of regional packs.
    """
    from qingtian.packs.checking import check as check_packs
    from qingtian.packs.comparing import source_of
    from qingtian.packs.rulebook import source_in_use
    from qingtian.runtime.settings import get_settings

    get_settings()
    report = check_packs(source_of(folder) if folder else source_in_use())
    _print_json(report) if as_json else _print_report(report)
    if report.faults:
        raise click.exceptions.Exit(1)


@command.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a changed row.")
def diff(old: str, new: str, as_json: bool) -> None:
    """Compare two packs: rows added, removed, changed, from which day on, and which results that touches.

    OLD and NEW are folders as for `check`, or `release`: the national packs of this release.
    """
    import json

    from qingtian.packs.comparing import compare, source_of
    from qingtian.packs.source import PackSource

    one, other = (PackSource() if place == "release" else source_of(place) for place in (old, new))
    changes = compare(one, other)
    for change in changes:
        click.echo(json.dumps(change.as_json(), ensure_ascii=False) if as_json else _told(change))
    if not as_json:
        _print_summary(changes)


@command.command("list")
@click.option("--match", default="", help="Only rows whose id, source or clause holds this text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def listing(match: str, as_json: bool) -> None:
    """List the rows with source, clause, validity and confidence."""
    import json
    from dataclasses import asdict

    from qingtian.packs import load_packs
    from qingtian.runtime.settings import get_settings

    get_settings()
    for row in load_packs().rows():
        if match not in f"{row.row_id} {row.source} {row.clause}":
            continue
        if as_json:
            click.echo(json.dumps(asdict(row), ensure_ascii=False, default=str))
            continue
        until = row.valid_to or "open"
        click.echo(f"{row.row_id:44} {row.clause:40.40} {row.valid_from}..{until}  {row.confidence}")


def _print_report(report: CheckReport) -> None:
    for file, count in sorted(report.rows.items()):
        click.echo(f"{count:6} {file}")
    for region, count in sorted(report.regional.items()):
        click.echo(f"{count:6} rows of region {region}")
    for row_id, other in report.overrides:
        click.echo(f"       {row_id} overrides {other}")
    for file, found in sorted(report.gaps.items()):
        for gap in found:
            click.echo(f"   gap {file}: {gap.first} to {gap.last} between {gap.before} and {gap.after}")
    for fault in report.faults:
        click.echo(f"fault {fault}", err=True)
    if report.faults:
        click.echo(f"{len(report.faults)} fault(s)", err=True)
        return
    click.echo(f"{report.total} rows read, no overlap, no gap; {report.unverified} of them unverified")


def _print_json(report: CheckReport) -> None:
    import json
    from dataclasses import asdict

    click.echo(json.dumps(asdict(report) | {"total": report.total}, ensure_ascii=False, default=str))


def _told(change: RowChange) -> str:
    until = change.last or "open"
    line = f"{change.what:8} {change.file} {change.row_id} ({change.region}, data of {change.first}..{until})"
    cells = [f"         {name}: {old} -> {new}" for name, (old, new) in change.cells.items()]
    touched = ", ".join(use.en for use in change.touches) or "words only, no result"
    return "\n".join([line, *cells, f"         touches: {touched}"])


def _print_summary(changes: tuple[RowChange, ...]) -> None:
    counts = {what: sum(change.what == what for change in changes) for what in ("added", "removed", "changed")}
    click.echo(", ".join(f"{count} {what}" for what, count in counts.items()))
