"""`qingtian openapi`."""

from __future__ import annotations

import click


@click.command("openapi")
def command() -> None:
    """Print the API contract (OpenAPI 3.1) as JSON; needs no database."""
    from qingtian.interfaces.api.contract import main

    main()
