"""`qingtian up`: web, gateway and worker, supervised in one terminal."""

from __future__ import annotations

import click

from qingtian.runtime.settings import Settings
from qingtian.runtime.supervisor import ChildSpec, Supervisor, qingtian_argv, stop_on_signals


def house_specs(settings: Settings) -> list[ChildSpec]:
    """The processes of one deployment, in start order: gateway first, so that devices wait least."""
    return [
        ChildSpec("gateway", qingtian_argv("gateway"), port=(settings.gateway_host, settings.gateway_port)),
        ChildSpec("worker", qingtian_argv("worker")),
        ChildSpec("web", qingtian_argv("serve"), port=(settings.web_host, settings.web_port)),
    ]


def web_address(settings: Settings) -> str:
    """The address a person opens."""
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104  only compared
    return f"http://{host}:{settings.web_port}/"


@click.command("up")
def command() -> None:
    """Run web, gateway and worker together in this terminal (Ctrl-C stops all)."""
    from qingtian.cli.django import setup_django
    from qingtian.runtime.postgres import stop_postgres
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    run_dir = settings.data_dir / "run"
    supervisor = Supervisor(run_dir, house_specs(settings), say=click.echo)
    supervisor.claim()  # before anything is touched: a second `up` must not stop the first one's database
    stop_on_signals(supervisor)
    setup_django()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    try:
        supervisor.start()
        click.echo(f"Qingtian is up: {web_address(settings)}  (logs in {run_dir}, Ctrl-C stops)")
        supervisor.run()
    finally:
        supervisor.stop()
        stop_postgres(settings)
    click.echo("stopped")
