"""`qingtian check`."""

from __future__ import annotations

import json
import sys

import click

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(as_json: bool) -> None:
    """Check configuration, storage, fonts, clock and disk; says what is wrong and how to mend it."""
    from dataclasses import asdict

    from qingtian.runtime.health import Level, run_checks
    from qingtian.runtime.postgres import pgdata_path, stop_postgres
    from qingtian.runtime.postgres_pid import server_runs
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    was_running = server_runs(pgdata_path(settings.data_dir))
    checks = run_checks(settings)
    if not was_running:
        stop_postgres(settings)
    for check in checks:
        if as_json:
            click.echo(json.dumps(asdict(check), ensure_ascii=False))
            continue
        remedy = f"\n          -> {check.remedy}" if check.remedy else ""
        click.echo(f"{MARKS[check.level]} {check.name:14} {check.detail}{remedy}")
    if any(check.level is Level.ERROR for check in checks):
        sys.exit(1)
