"""`qingtian decide`."""

from __future__ import annotations

from datetime import datetime

import click


@click.command("decide")
@click.argument("table", required=False)
@click.argument("facts", nargs=-1)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the facts; without it the rules without an end.")
@click.option("--region", default="CN", help="GB/T 2260 code.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en")
@click.option("--sheet", is_flag=True, help="Print the rules of the table as CSV.")
def command(
    table: str | None, facts: tuple[str, ...], on: datetime | None, region: str, lang: str, sheet: bool
) -> None:
    """Decide by TABLE on FACTS (name=value ...), with grounds and near misses; without TABLE list the tables.

    Example: qingtian decide black_odour_urban transparency="18 cm" do=3.1 orp=80 nh3_n=4
    """
    from qingtian.domain.decisions import decide, explain, write_sheet
    from qingtian.packs import load_packs
    from qingtian.packs.decisions import decision_table, decision_tables

    packs, day = load_packs(), on.date() if on is not None else None
    if table is None:
        for one in decision_tables(packs, day, region):
            names = " ".join(given.name for given in one.inputs)
            click.echo(f"{one.code:20} {len(one.rows):3} rules, {one.policy:8} {one.title_en}: {names}")
        return
    found = decision_table(packs, table, day, region)
    if sheet:
        click.echo(write_sheet(found), nl=False)
        return
    words = explain(decide(found, _facts(facts)))
    click.echo(words.zh if lang == "zh" else words.en)


def _facts(given: tuple[str, ...]) -> dict[str, str]:
    from qingtian.domain.errors import InvalidInput

    found: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or name in found:
            raise InvalidInput(
                f"{one!r} is no name=value of its own", field=name, remedy='write seats=76 or depth="20 cm"'
            )
        found[name] = value
    return found
