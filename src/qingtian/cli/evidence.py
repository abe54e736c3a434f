"""`qingtian evidence`: check all evidence, move it to another store."""

from __future__ import annotations

import sys

import click

from qingtian.cli.spool import Bar


@click.group("evidence")
def command() -> None:
    """Check evidence, move it to another store."""


@command.command("verify")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def verify_command(quiet: bool) -> None:
    """Check every chain, file, custody log and daily root; names the first of each that is not as it was."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.evidence.models import EvidenceItem
    from qingtian.apps.evidence.queries import verify_evidence
    from qingtian.apps.evidence.roots import verify_roots
    from qingtian.apps.evidence.subjects import Subject, SubjectKind

    pairs = EvidenceItem.objects.order_by("subject_kind", "subject_id").values_list("subject_kind", "subject_id")
    subjects = [Subject(SubjectKind(kind), number) for kind, number in pairs.distinct()]
    bar, bad = Bar("checking", unit_name="subjects", quiet=quiet), []
    for done, subject in enumerate(subjects, start=1):
        report = verify_evidence(SYSTEM_ACTOR, subject)
        if report.first_break is not None:
            broken = next(one for one in report.items if not one.ok)
            bad.append(f"{report.number} item {broken.position}: {broken.reason}")
        if report.custody_break is not None:
            bad.append(f"{report.number} custody entry {report.custody_break}: it was changed")
        bar.show(done, len(subjects))
    bar.end()
    roots = verify_roots()
    if not roots.intact:
        bad.append(f"daily root {roots.broken}: {roots.reason}")
    for line in bad:
        click.echo(line)
    click.echo(f"{len(subjects)} chains, {roots.roots} daily roots: {'intact' if not bad else f'{len(bad)} broken'}")
    sys.exit(1 if bad else 0)


@command.command("move")
@click.option("--from", "source", default="local", show_default=True, help="Store that holds the files: local or s3.")
@click.option("--to", "target", required=True, help="Store that gets them: local or s3.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def move_command(source: str, target: str, quiet: bool) -> None:
    """Copy every file to another store and check it there; nothing is removed.

    Goes on where it stopped when run again. Afterwards set `evidence_store` and restart.
    """
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.evidence.actions.move_evidence import move_evidence
    from qingtian.apps.evidence.content_store import store_named
    from qingtian.domain.errors import InvalidInput
    from qingtian.runtime.clock import current_clock

    if source == target:
        raise InvalidInput("source and target are the same store", field="to", remedy="name two stores")
    stores = store_named(source), store_named(target)
    bar = Bar("copying", unit_name="files", quiet=quiet)
    moved = move_evidence(SYSTEM_ACTOR, current_clock().now(), *stores, progress=bar.show)
    bar.end()
    click.echo(f"{moved.files} files, {moved.copied} copied from {stores[0].place} to {stores[1].place}")
