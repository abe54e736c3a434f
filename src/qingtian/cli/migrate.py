"""`qingtian migrate`."""

from __future__ import annotations

import click


@click.command("migrate")
def command() -> None:
    """Bring the database to this version."""
    from qingtian.cli.django import setup_django

    setup_django()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
    click.echo("database is up to date")
