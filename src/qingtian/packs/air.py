"""From pack rows to the tables of an index edition."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from types import MappingProxyType

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.air_tables import AqiTables, Breakpoint, BreakpointTable, Category, Indicator
from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs.schema import EditionRow

EDITIONS = "aqi_editions.json"


def aqi_editions(
    rows: Iterable[EditionRow], corners: tuple[Breakpoint, ...], bands: tuple[Category, ...]
) -> tuple[AqiTables, ...]:
    """Every edition of the index with its tables, reports and categories.

    Raises:
        ConfigurationError: an edition whose parts do not fit together.
    """
    return tuple(_edition(row, corners, bands) for row in rows)


def edition_row(row: EditionRow) -> RuleRow:
    """What an edition is cited by."""
    return RuleRow(**row.model_dump(include=set(RuleRow.__dataclass_fields__)))


def _edition(row: EditionRow, corners: tuple[Breakpoint, ...], bands: tuple[Category, ...]) -> AqiTables:
    tables = _tables(row, [one for one in corners if one.standard == row.standard])
    same = {(one.item, one.period): one.like for one in row.same_table}
    _check_parts(row, tables, same)
    return AqiTables(
        edition=edition_row(row),
        tables=MappingProxyType(tables),
        reports=MappingProxyType(
            {report: tuple(Indicator(**line.model_dump()) for line in lines) for report, lines in row.reports.items()}
        ),
        aliases=MappingProxyType({report: MappingProxyType(names) for report, names in row.aliases.items()}),
        same_table=MappingProxyType(same),
        digits=None if row.digits is None else MappingProxyType(row.digits),
        digits_clause=row.digits_clause,
        missing=row.missing.rule,
        missing_clause=row.missing.clause,
        publish_above=row.missing.publish_above,
        primary_above=row.primary_above,
        primary_clause=row.primary_clause,
        over_limit_above=row.over_limit_above,
        categories=_bands(row, bands),
    )


def _tables(row: EditionRow, corners: list[Breakpoint]) -> dict[tuple[str, str], BreakpointTable]:
    above = {(one.item, one.period): one.index for one in row.above}
    tables = {}
    for key in dict.fromkeys((one.item, one.period) for one in corners):
        points = tuple(sorted((one for one in corners if (one.item, one.period) == key), key=lambda one: one.index))
        rising = [one.concentration for one in points]
        if len(points) < 2 or rising != sorted(set(rising)):
            raise _misfit(row, f"the corners of {key[0]} {key[1]} do not rise")
        ceiling = above.get(key, row.top_index)
        tables[key] = BreakpointTable(*key, points[0].unit, points, ceiling, row.tables_clause)
    return tables


def _bands(row: EditionRow, bands: tuple[Category, ...]) -> tuple[Category, ...]:
    own = sorted((band for band in bands if band.standard == row.standard), key=lambda band: band.minimum)
    joined = all(low.maximum + 1 == high.minimum for low, high in itertools.pairwise(own))
    if not own or not joined:
        raise _misfit(row, "its categories do not join")
    return tuple(own)


def _check_parts(
    row: EditionRow, tables: dict[tuple[str, str], BreakpointTable], same: dict[tuple[str, str], str]
) -> None:
    for report, lines in row.reports.items():
        for line in lines:
            if (line.item, same.get((line.item, line.period), line.period)) not in tables:
                raise _misfit(row, f"the {report} report asks for {line.item} {line.period}, which has no table")
            if row.digits is not None and line.item not in row.digits:
                raise _misfit(row, f"digits has no {line.item}")


def _misfit(row: EditionRow, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{row.row_id}: {why}", field=EDITIONS, remedy="mend the edition, its breakpoints or its categories"
    )
