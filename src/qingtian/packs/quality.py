"""Tables of quality control: what each cause means, limits per pollutant, relations between values."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.quality import Cause, CauseRule, QualityRules, ScreenLimit, ScreenRelation
from qingtian.packs.quality_schema import CauseRow, LimitRow, RelationRow
from qingtian.packs.rulebook import Packs, load_packs
from qingtian.packs.tables import Table, plainly

KEPT = 8  # editions of the rules whose plans are kept ready


def _every_cause(file: str, rows: tuple[CauseRule, ...]) -> None:
    known = {one.cause for one in rows}
    missing = [cause.value for cause in Cause if cause not in known]
    if missing:
        raise ConfigurationError(
            f"no row for {', '.join(missing)}", field=f"{file}:cause", remedy="give every cause its row", file=file
        )


CAUSES: Table[CauseRule] = Table(
    "quality_causes.csv",
    CauseRow,
    plainly(CauseRule),
    lambda row: (row.cause,),
    "quality_rule",
    continuous=True,
    needed=True,
    checks=(_every_cause,),
)
LIMITS: Table[ScreenLimit] = Table(
    "quality_limits.csv",
    LimitRow,
    plainly(ScreenLimit),
    lambda row: (row.rule, row.pollutant, row.medium, row.cycle, row.steps_from, row.factor),
    "quality_rule",
)
RELATIONS: Table[ScreenRelation] = Table(
    "quality_relations.csv",
    RelationRow,
    plainly(ScreenRelation),
    lambda row: (row.relation, row.medium, row.items),
    "quality_rule",
)
TABLES: tuple[Table[Any], ...] = (CAUSES, LIMITS, RELATIONS)


def quality_rules(on: date) -> QualityRules:
    """The quality rules for data of a day; days between two changes of the pack share one object."""
    packs = load_packs()
    begun = [day for day in _changes(packs) if day <= on]
    return _edition(packs, begun[-1] if begun else date.min)


@lru_cache(maxsize=KEPT)
def _changes(packs: Packs) -> tuple[date, ...]:
    """Days on which the rules change, oldest first."""
    rows = [row for table in TABLES for row in packs.of(table)]
    ends = {date.fromordinal(row.valid_to.toordinal() + 1) for row in rows if row.valid_to is not None}
    return tuple(sorted({row.valid_from for row in rows} | ends))


@lru_cache(maxsize=KEPT)
def _edition(packs: Packs, change: date) -> QualityRules:
    return QualityRules(
        causes={row.cause: row for row in packs.in_force(CAUSES, change)},
        limits=packs.in_force(LIMITS, change),
        relations=packs.in_force(RELATIONS, change),
        concentrations=frozenset(one.code for one in packs.pollutants if one.kind == "pollutant"),
    )


def excluding_spans() -> tuple[tuple[str, date, date | None], ...]:
    """(cause, first day, last day) of every rule that keeps a value out of means and judgements."""
    rows = [row for row in load_packs().of(CAUSES) if row.excludes and row.region == "CN"]
    return tuple((row.cause.value, row.valid_from, row.valid_to) for row in rows)
