"""`qingtian recompute`: judge stored periods again."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.apps.judgements.actions.ask_recomputation import Asked
    from qingtian.apps.judgements.recomputation import Recomputation

WIDTH = 30
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("recompute")
@click.option("--from", "first", type=DAY, help="First legal day (Beijing).")
@click.option("--to", "last", type=DAY, help="Last legal day, included.  [default: the first]")
@click.option("--as-known", type=click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
              help="Only what was known then (Beijing).  [default: everything]")  # fmt: skip
@click.option("--rules-on", type=DAY, help="By the rules in force on this day.  [default: the day of the data]")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option("--resume", metavar="NUMBER", help="Take up a recomputation that was stopped, such as R-2025-000001.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    first: datetime | None,
    last: datetime | None,
    as_known: datetime | None,
    rules_on: datetime | None,
    dry_run: bool,
    resume: str | None,
    as_json: bool,
) -> None:
    """Judge stored periods again: air hours, outlet hours and days.

    Without --as-known and --rules-on, changed answers become the current ones (a changed permit or pack judges old
    hours); the former versions stay. With either, the answers are kept beside the current ones. What changed, and
    which findings and cases it touches, is listed. Ctrl-C stops after the day it is at; --resume goes on.
    """
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.judgements.actions.ask_recomputation import ask_recomputation, resume_recomputation
    from qingtian.apps.judgements.recomputation import Carrier
    from qingtian.runtime.clock import current_clock

    at = current_clock().now()
    if resume:
        run = resume_recomputation(SYSTEM_ACTOR, at, resume, carrier=Carrier.COMMAND)
    else:
        asked = _asked(first, last, as_known, rules_on, dry_run=dry_run)
        run = ask_recomputation(SYSTEM_ACTOR, at, asked, carrier=Carrier.COMMAND)
    done = _carry_out(run, quiet=as_json)
    _print(done, as_json=as_json)


def _asked(
    first: datetime | None,
    last: datetime | None,
    as_known: datetime | None,
    rules_on: datetime | None,
    *,
    dry_run: bool,
) -> Asked:
    from qingtian.apps.judgements.actions.ask_recomputation import Asked
    from qingtian.runtime.clock import SHANGHAI

    if first is None:
        raise click.UsageError("say the first day: --from YYYY-MM-DD")
    return Asked(
        first.date(),
        (last or first).date(),
        as_known=None if as_known is None else as_known.replace(tzinfo=SHANGHAI),
        rules_on=_day(rules_on),
        dry_run=dry_run,
    )


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _carry_out(run: Recomputation, *, quiet: bool) -> Recomputation:
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.judgements.actions.ask_recomputation import cancel_recomputation
    from qingtian.duties.recompute import carry_out
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.store import open_store

    store = open_store(get_settings(), read_only=True)
    try:
        return carry_out(run, store, current_clock().now(), progress=None if quiet else _show)
    except KeyboardInterrupt:
        click.echo(f"stopped; qingtian recompute --resume {run.number} goes on", err=True)
        return cancel_recomputation(SYSTEM_ACTOR, current_clock().now(), run.number)
    finally:
        store.close()


def _show(run: Recomputation) -> None:
    done = run.days_done * WIDTH // run.days
    bar = f"[{'#' * done}{' ' * (WIDTH - done)}]"
    end = "\n" if run.days_done == run.days else ""
    click.echo(f"\r{run.number} {bar} {run.days_done} of {run.days} days{end}", nl=False, err=True)


def _print(run: Recomputation, *, as_json: bool) -> None:
    import json

    from qingtian.apps.judgements.recomputed import told

    result = told(run)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        return
    counts = result["counts"]
    click.echo(f"{run.number} ({run.mode}) {run.state}: {run.days_done} of {run.days} days")
    click.echo("  ".join(f"{name} {count}" for name, count in counts.items()) or "nothing to judge")
    for finding in result["findings"]:
        click.echo(
            f"finding {finding['number']} {finding['object']} {finding['parameter']}: {finding['periods']} period(s), "
            f"{finding['no_longer_over']} not over any more"
        )
    for case in result["cases"]:
        click.echo(f"case {case['number']} {case['state']}: {case['title']}")
    if run.error:
        click.echo(f"error {run.error}", err=True)
