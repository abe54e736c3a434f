"""`qingtian report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

LANGUAGES = click.Choice(["zh", "en"])


@click.group("report")
def command() -> None:
    """Make reports, print them, print an issue again and compare, try Word templates."""


@command.command("kinds")
def kinds() -> None:
    """Kinds of reports, and when the duty makes each next."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.reports.schedule import next_report
    from qingtian.packs.reports import report_kinds
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings

    now, city = current_clock().now(), get_settings().city_code
    for one in report_kinds().values():
        following = next_report(one, now, city)
        told = f"next {following[0]} at {following[1]:%Y-%m-%d %H:%M}" if following else "when asked for"
        click.echo(f"{one.kind:12} {one.label_zh:12} {told}")


@command.command("make")
@click.argument("kind")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Any day of the period.")
@click.option("--case", default="", help="Number of the case, for reports on a case.")
@click.option("--enterprise", default="", help="Code, for reports on an enterprise.")
@click.option("--language", type=LANGUAGES, default="zh", show_default=True)
def make(kind: str, day: datetime | None, case: str, enterprise: str, language: str) -> None:
    """Take the snapshot of a report of KIND; prints its number."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.reports.actions.make_report import make_report
    from qingtian.apps.reports.states import Language
    from qingtian.runtime.clock import current_clock

    row = make_report(
        SYSTEM_ACTOR,
        current_clock().now(),
        kind,
        day=day.date() if day else None,
        case=case,
        enterprise=enterprise,
        language=Language(language),
    )
    click.echo(f"{row.number} {row.title_zh} sha256 {row.snapshot_hash}")


@command.command("print")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=LANGUAGES, help="That of the report if left out.")
def print_one(number: str, file: Path, language: str | None) -> None:
    """Write report NUMBER to FILE (.pdf or .docx): as it was issued, or as a draft."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.reports.queries import issued_file, visible_report
    from qingtian.apps.reports.states import Language, ReportFormat
    from qingtian.domain.errors import InvalidInput
    from qingtian.interfaces.printing.reports import print_report

    form = file.suffix.removeprefix(".").lower()
    if form not in set(ReportFormat):
        raise InvalidInput(f"{file.name} is no PDF and no Word file", field="file", remedy="end it in .pdf or .docx")
    row = visible_report(SYSTEM_ACTOR, number)
    kept = issued_file(row, ReportFormat(form))
    if kept is not None and language in (None, row.language):
        file.write_bytes(bytes(kept.content))
        click.echo(f"{file}: as issued, sha256 {kept.sha256}")
        return
    chosen = Language(language) if language else None
    made = print_report(
        row, ReportFormat(form), language=chosen, issue_number=row.issue_number, issued_at=row.issued_at
    )
    file.write_bytes(made.content)
    click.echo(f"{file}: {len(made.content)} bytes" + (f", {made.pages} pages" if made.pages else ""))


@command.command("verify")
@click.argument("number")
def verify(number: str) -> None:
    """Print issue NUMBER again and compare it byte for byte with what was issued; exit code 1 when it differs."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.reports.composing import fingerprint
    from qingtian.apps.reports.queries import visible_report
    from qingtian.domain.errors import Conflict
    from qingtian.interfaces.printing.reports import printed_with, remake

    row = visible_report(SYSTEM_ACTOR, number)
    files = remake(row)
    if not files:
        raise Conflict(f"{number} was not issued", field="number", remedy="only issues are kept to compare with")
    same = fingerprint(row.snapshot) == row.snapshot_hash
    click.echo(f"snapshot {row.snapshot_hash} {'same' if same else 'DIFFERS'}")
    for one in files:
        click.echo(f"{one.format:8} {one.kept} {'same' if one.same else f'DIFFERS: now {one.made}'}")
    if row.printed_with != printed_with():
        click.echo(f"printed with {row.printed_with}; now {printed_with()}")
    if not (same and all(one.same for one in files)):
        raise click.exceptions.Exit(1)


@command.command("template")
@click.argument("kind")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--house", is_flag=True, help="Write the template that comes with the product to FILE, to begin with.")
def template(kind: str, file: Path, house: bool) -> None:
    """Dry run of Word template FILE for KIND: tags that nothing fills, values left out; exit code 1 on faults."""
    from qingtian.interfaces.printing.trial import dry_run
    from qingtian.interfaces.printing.word import HOUSE_TEMPLATE
    from qingtian.packs.reports import report_kind

    row = report_kind(kind)
    if house:
        file.write_bytes(HOUSE_TEMPLATE.read_bytes())
        click.echo(f"{file}: change it in Word or WPS, try it, hand it in at /desk/reports/templates")
        return
    found = dry_run(file.read_bytes(), row.sections)
    for one in found["unknown"]:
        click.echo(f"unknown {one['tag']} ({one['place']}): {one['why_en']}")
    for name in found["unused"]:
        click.echo(f"unused  {name}")
    click.echo(f"{found['tags']} tags, {len(found['unknown'])} faults, {len(found['unused'])} values left out")
    if found["unknown"]:
        raise click.exceptions.Exit(1)
