"""`qingtian health`: how the running deployment is, in the words of the health page; needs no web server."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.interfaces.health.state import Item
    from qingtian.runtime.settings import Settings

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


@click.command("health")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the words.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(lang: str, as_json: bool) -> None:
    """Tell how each part of the running deployment is and what to do; exit code 1 when something is broken.

    Starts nothing, and answers without the database. `qingtian check` looks at the installation.
    """
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    _set_up(settings)
    from qingtian.interfaces.health.gathering import look
    from qingtian.interfaces.health.state import items, worst
    from qingtian.runtime.health import Level

    found = items(look(settings))
    for item in found:
        click.echo(json.dumps(_row(item), ensure_ascii=False) if as_json else _line(item, lang))
    sys.exit(1 if worst(found) is Level.ERROR else 0)


def _set_up(settings: Settings) -> None:
    """Django on the database of the deployment where that answers, else on none."""
    import django

    from qingtian.domain.errors import Unavailable
    from qingtian.runtime.postgres import pgdata_path
    from qingtian.runtime.postgres_pid import server_runs

    runs = settings.database_url or server_runs(pgdata_path(settings.data_dir))
    os.environ["DJANGO_SETTINGS_MODULE"] = (
        "qingtian.runtime.django_settings" if runs else "qingtian.runtime.django_base"
    )
    try:
        django.setup()
    except Unavailable:
        os.environ["DJANGO_SETTINGS_MODULE"] = "qingtian.runtime.django_base"
        django.setup()


def _row(item: Item) -> dict[str, str]:
    return {
        "code": item.code,
        "state": item.state,
        "level": item.level.value,
        "text_zh": item.line("zh"),
        "text_en": item.line("en"),
        "remedy_zh": item.said.remedy_zh,
        "remedy_en": item.said.remedy_en,
    }


def _line(item: Item, lang: str) -> str:
    from qingtian.interfaces.health.words import PARTS

    remedy = getattr(item.said, f"remedy_{lang}")
    title = getattr(PARTS[item.code], lang)
    return f"{MARKS[item.level]} {title}: {item.line(lang)}" + (f"\n          -> {remedy}" if remedy else "")
