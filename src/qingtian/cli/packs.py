"""`qingtian packs`."""

from __future__ import annotations

import click


@click.group("packs")
def command() -> None:
    """Check and list the rule packs."""


@command.command("check")
def check() -> None:
    """Read every pack: schema, overlaps, gaps; says how many rows are verified and how many are not."""
    from collections import Counter

    from qingtian.packs import load_packs

    rows = load_packs().rows()
    unverified = sum(1 for row in rows if "verified" not in row.confidence)
    for kind, count in sorted(Counter(type(row).__name__ for row in rows).items()):
        click.echo(f"{count:6} {kind}")
    click.echo(f"{len(rows)} rows read, no overlap, no gap; {unverified} of them unverified")


@command.command("list")
@click.option("--match", default="", help="Only rows whose id, source or clause holds this text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def listing(match: str, as_json: bool) -> None:
    """List the rows with source, clause, validity and confidence."""
    import json
    from dataclasses import asdict

    from qingtian.packs import load_packs

    for row in load_packs().rows():
        if match not in f"{row.row_id} {row.source} {row.clause}":
            continue
        if as_json:
            click.echo(json.dumps(asdict(row), ensure_ascii=False, default=str))
            continue
        until = row.valid_to or "open"
        click.echo(f"{row.row_id:44} {row.clause:40.40} {row.valid_from}..{until}  {row.confidence}")
