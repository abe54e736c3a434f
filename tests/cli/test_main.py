"""The command line: starts fast, explains errors in one line."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import click
import pytest

from qingtian.cli.main import COMMANDS


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qingtian", *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_exists_under_its_name(name: str) -> None:
    command = importlib.import_module(COMMANDS[name][0]).command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def test_help_lists_every_command() -> None:
    shown = run("--help").stdout
    assert all(name in shown for name in COMMANDS)


def test_a_wrong_setting_is_one_line_that_names_the_key() -> None:
    result = run("check", QINGTIAN_WEB_PORT="abc")
    assert result.returncode == 2
    assert "web_port" in result.stderr
    assert "Traceback" not in result.stderr


def test_production_refuses_the_default_secret() -> None:
    for command in ("serve", "up", "check"):
        result = run(command, QINGTIAN_MODE="production", QINGTIAN_HTTPS="true")
        assert result.returncode == 2, result.stderr
        assert "secret_key" in result.stderr


def test_an_unknown_command_is_refused() -> None:
    assert run("dance").returncode == 2


@pytest.mark.parametrize("name", ["hj212", "assess"])
def test_bulk_pipes_start_without_django(name: str) -> None:
    probe = (
        "import sys;from qingtian.cli.main import cli\n"
        f"try: cli(['{name}','--help'])\nexcept SystemExit: pass\n"
        "sys.exit('django' in sys.modules or 'duckdb' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0
