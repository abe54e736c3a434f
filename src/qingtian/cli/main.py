"""The command `qingtian`: each subcommand lives in a file of its own and is imported when used."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from qingtian import __version__
from qingtian.domain.errors import QingtianError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("qingtian.cli.demo", "Start the living city: real air hours, simulated enterprises."),
    "up": ("qingtian.cli.up", "Run web, gateway and worker together in this terminal."),
    "serve": ("qingtian.cli.serve", "Run the web server."),
    "gateway": ("qingtian.cli.gateway", "Run the HJ 212 gateway."),
    "worker": ("qingtian.cli.worker", "Run ingest, duties and jobs."),
    "forward": ("qingtian.cli.forward", "Pass the frames of this gateway on to the cluster."),
    "shard": ("qingtian.cli.shard", "Receive and ingest the frames of one shard of the cluster."),
    "migrate": ("qingtian.cli.migrate", "Bring the database to this version."),
    "backup": ("qingtian.cli.backup", "Back everything up while it runs; list and verify backups."),
    "restore": ("qingtian.cli.restore", "Bring a backup back into an empty folder, or drill it."),
    "health": ("qingtian.cli.health", "Tell how the running deployment is and what to do."),
    "check": ("qingtian.cli.check", "Check configuration, storage, fonts, clock and disk."),
    "hj212": ("qingtian.cli.hj212", "Tools for HJ 212 frames."),
    "assess": ("qingtian.cli.assess", "Judge values in bulk (JSON lines)."),
    "recompute": ("qingtian.cli.recompute", "Judge stored periods again, by what was known and in force when."),
    "replay": ("qingtian.cli.replay", "Write the replayed fleet's frames to a file or an address."),
    "simulate": ("qingtian.cli.simulate", "Simulate HJ 212 devices, one or 20,000, with trouble on order."),
    "register": ("qingtian.cli.register", "Register enterprises, outlets, stations and devices from a file."),
    "import": ("qingtian.cli.import_", "Import values from files, try first, take back."),
    "spool": ("qingtian.cli.spool", "Look into the archive of raw frames."),
    "evidence": ("qingtian.cli.evidence", "Check evidence, move it to another store."),
    "indicator": ("qingtian.cli.indicator", "List, check, try and compute indicators."),
    "report": ("qingtian.cli.report", "Make, print and verify reports; try Word templates."),
    "decide": ("qingtian.cli.decide", "Decide by a table, with the grounds."),
    "packs": ("qingtian.cli.packs", "Check and list the rule packs."),
    "user": ("qingtian.cli.user", "Create a user or set roles and password."),
    "openapi": ("qingtian.cli.openapi", "Print the API contract."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the subcommands, main ones first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101  a broken command module is our own bug
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; an error of ours is one line with its remedy, never a traceback."""
        try:
            return super().main(*args, **kwargs)
        except QingtianError as error:
            click.echo(f"error [{error.code}] {error}", err=True)
            sys.exit(2)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qingtian")
def cli() -> None:
    """Qingtian (青天): open city eco-environment governance."""
