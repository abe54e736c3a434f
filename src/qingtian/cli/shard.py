"""`qingtian shard`."""

from __future__ import annotations

import click


@click.command("shard")
@click.argument("number", type=click.IntRange(0, 899))
def command(number: int) -> None:
    """Receive the frames of shard NUMBER from the stream, keep them and take them into the store, until stopped."""
    import logging

    from qingtian.cli.django import setup_django
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    setup_django()
    from qingtian.duties.shard import run_shard

    run_shard(settings, number)
