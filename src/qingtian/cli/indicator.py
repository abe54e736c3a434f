"""`qingtian indicator`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from qingtian.domain.indicators.computing import Result


@click.group("indicator")
def command() -> None:
    """List indicators, check a formula, try one on given inputs, or compute one of the city."""


@command.command("list")
@click.option("--group", default="", help="Only this group.")
def listing(group: str) -> None:
    """Every indicator of the packs with its formula."""
    from qingtian.packs import load_packs
    from qingtian.packs.indicators import indicators

    for one in indicators(load_packs()):
        if group in ("", one.group):
            formula = " ".join(line for line in one.formula.splitlines() if not line.startswith("#"))
            click.echo(f"{one.code:20} {one.unit or 'true/false':8} {one.name_en:44} {formula}")


@command.command("check")
@click.argument("code")
@click.argument("formula", required=False)
@click.option("--unit", help="Unit of the result; that of the indicator if left out.")
def check(code: str, formula: str | None, unit: str | None) -> None:
    """Read and check FORMULA against the inputs of indicator CODE; without FORMULA its own."""
    from qingtian.domain.indicators import FormulaError, compile_formula, show
    from qingtian.packs import load_packs
    from qingtian.packs.indicators import indicator

    row = indicator(load_packs(), code)
    wanted = row.unit if unit is None else unit
    try:
        found = compile_formula(formula or row.formula, row.schema, wanted or None)
    except FormulaError as error:
        click.echo(error.shown(), err=True)
        raise
    reads = ", ".join(name if period == "this" else f"{name} of {period}" for name, period in found.reads)
    click.echo(f"{show(found.tree)}\nunit {wanted or 'true/false'}; reads {reads}")


@command.command("try")
@click.argument("code")
@click.argument("inputs", type=click.File("r", encoding="utf-8"), default="-")
def attempt(code: str, inputs: TextIO) -> None:
    """Compute CODE from a JSON file {"input": value | [rows], "input of last_year": ...}; nothing is kept."""
    from qingtian.domain.indicators.computing import compute
    from qingtian.packs import load_packs
    from qingtian.packs.indicators import indicator
    from qingtian.packs.trying import inputs_of

    row = indicator(load_packs(), code)
    _print(compute(row, inputs_of(row, inputs.read())))


@command.command("compute")
@click.argument("code")
@click.option("--span", type=click.Choice(["day", "month", "quarter", "year", "to_date"]), default="month")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Any day of the period.")
def compute_one(code: str, span: str, day: datetime) -> None:
    """Compute CODE of the city for a period from what the platform knows, and keep the value."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.indicators.actions.compute_indicator import Wish, compute_indicator
    from qingtian.domain.indicators import Span
    from qingtian.packs import load_packs
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings

    wish = Wish(code, Span(span), day.date(), get_settings().city_code)
    row, new = compute_indicator(SYSTEM_ACTOR, current_clock().now(), load_packs(), wish)
    said = f"{row.value} {row.unit}" if row.value else f"no value: {row.reason_en}"
    click.echo(f"{row.code} {row.first}..{row.last}: {said}; coverage {row.coverage or '-'} %; version {row.version}")
    click.echo("new version" if new else "unchanged")


def _print(result: Result) -> None:
    reason = result.reason
    click.echo(f"value     {result.value if result.value is not None else f'none: {reason.en if reason else str()}'}")
    click.echo(f"unit      {result.unit or 'true/false'}")
    if result.met is not None:
        click.echo(f"target    {'met' if result.met else 'not met'}")
    if result.coverage is not None:
        click.echo(f"coverage  {float(result.coverage) * 100:.2f} %")
    for use in result.uses:
        period = "" if use.period == "this" else f" of {use.period}"
        click.echo(f"{use.statistic}({use.table}{period}): {use.used} of {use.rows} rows, {use.filtered} filtered out")
        for row, field in use.excluded:
            click.echo(f"  left out: {row} has no {field}")
