"""SQL of statistics over many series: percentiles, exceedances, means by place. Values are exact to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from qingtian.telemetry.store import queries
from qingtian.telemetry.store.percentile import between
from qingtian.telemetry.store.port import Bound, Place, PlaceSummary, SeriesExceedances
from qingtian.telemetry.store.rolling import half_even_sql
from qingtian.telemetry.store.rows import DECIMAL, exact, time_of

BOUND_SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("pollutant", pa.string()),
        ("bound", DECIMAL),
        ("below", pa.bool_()),
        ("converted", pa.bool_()),
    ]
)
# No more than the figures are made of.
_READ = "day, site, pollutant, period_start, value, converted, unit, mark, qc"
PLACE_SCHEMA = pa.schema([("site", pa.string()), ("region", pa.string())])


def select_ordered(where: queries.Where, fractions: Sequence[Decimal]) -> str:
    """Per series the neighbours of every percentile among its valid values, lowest first."""
    picks = ", ".join(
        f"ordered[{1 + step} + floor({fraction:f}::DECIMAL(18,12) * (n - 1))::BIGINT]"
        for fraction in fractions
        for step in (0, 1)
    )
    return f"""
    WITH {_shown(where)}
    SELECT site, pollutant, n, {picks} FROM (
        SELECT site, pollutant, count(*) AS n, list_sort(list(value)) AS ordered FROM shown
        WHERE {queries.valid_sql()} GROUP BY site, pollutant)
    ORDER BY site, pollutant"""  # noqa: S608


def _shown(where: queries.Where) -> str:
    """Table `shown`: of every period the last version of the preferred origin.

    A series of one origin that was never corrected has one row a period: only the others are ordered to find theirs.
    """
    return f"""
    every AS NOT MATERIALIZED (SELECT {_READ}, origin, version FROM {queries.TABLE} WHERE {where.sql}),
    plain AS (
        SELECT site, pollutant FROM every GROUP BY site, pollutant
        HAVING min(origin) = max(origin) AND max(version) = 1),
    shown AS (
        SELECT {_READ} FROM every SEMI JOIN plain USING (site, pollutant)
        UNION ALL
        SELECT {_READ} FROM every ANTI JOIN plain USING (site, pollutant) QUALIFY {queries.LAST_OF_CYCLE})"""  # noqa: S608


def percentiles_of(row: Sequence[Any], fractions: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The percentiles of one series from a row of `select_ordered`."""
    count, picks = int(row[2]), row[3:]
    return tuple(between(picks[2 * n], picks[2 * n + 1], count, fraction) for n, fraction in enumerate(fractions))


def bound_table(bounds: Sequence[Bound]) -> pa.Table:
    """Bounds to join with."""
    return pa.table(
        {
            "site": [one.site for one in bounds],
            "pollutant": [one.pollutant for one in bounds],
            "bound": [exact(one.bound) for one in bounds],
            "below": [one.below for one in bounds],
            "converted": [one.converted for one in bounds],
        },
        schema=BOUND_SCHEMA,
    )


def place_table(places: Mapping[str, Place]) -> pa.Table:
    """Regions to join with."""
    regions = [place.region for place in places.values()]
    return pa.table({"site": list(places), "region": regions}, schema=PLACE_SCHEMA)


def select_exceedances(where: queries.Where, top: int) -> str:
    """The series that stand worst: most periods beyond their bound, then farthest beyond it."""
    beyond = "CASE WHEN below THEN figure < bound ELSE figure > bound END"
    return f"""
    WITH {_shown(where)},
    judged AS (
        SELECT s.site, s.pollutant, s.period_start, s.unit, b.bound, b.below,
               CASE WHEN b.converted THEN s.converted ELSE s.value END AS figure
        FROM shown s JOIN bounds b ON b.site = s.site AND b.pollutant = s.pollutant WHERE {queries.valid_sql()})
    SELECT site, pollutant, any_value(bound), any_value(below), any_value(unit), count(*) FILTER ({beyond}) AS times,
           count(*) AS judged, CASE WHEN any_value(below) THEN min(figure) ELSE max(figure) END AS worst,
           epoch_us(CASE WHEN any_value(below) THEN arg_min(period_start, figure)
                         ELSE arg_max(period_start, figure) END),
           epoch_us(min(period_start) FILTER ({beyond})), epoch_us(max(period_start) FILTER ({beyond}))
    FROM judged WHERE figure IS NOT NULL GROUP BY site, pollutant HAVING times > 0
    ORDER BY times DESC, abs(worst - any_value(bound)) / greatest(abs(any_value(bound)), 0.000001) DESC, site, pollutant
    LIMIT {int(top)}"""  # noqa: S608


def exceedances_of(row: Sequence[Any], places: Mapping[str, Place]) -> SeriesExceedances:
    """One line of the list, with the name of its place."""
    site, pollutant, bound, below, unit, times, judged, worst, worst_us, first_us, last_us = row
    return SeriesExceedances(
        site,
        pollutant,
        places.get(site, Place(site, "")),
        bound,
        below,
        unit,
        times,
        judged,
        worst,
        time_of(worst_us),
        time_of(first_us),
        time_of(last_us),
    )


def select_by_place(where: queries.Where) -> str:
    """Mean of the means of the sites of each region: every site counts alike, however many values it has."""
    micros = "(value::DECIMAL(38,6) * 1000000)::HUGEINT"
    return f"""
    WITH {_shown(where)},
    sites AS (
        SELECT p.region, s.site, s.pollutant, s.unit, count(*) AS n,
               {half_even_sql(f"sum({micros})", "count(*)")} AS mean, min(value) AS least, max(value) AS most
        FROM shown s JOIN places p ON p.site = s.site WHERE {queries.valid_sql()}
        GROUP BY p.region, s.site, s.pollutant, s.unit)
    SELECT region, pollutant, unit, count(*), sum(n),
           (({half_even_sql("sum(mean)", "count(*)")})::DECIMAL(38,0) * 0.000001)::DECIMAL(20,6),
           min(least), max(most), arg_max(site, most)
    FROM sites GROUP BY region, pollutant, unit ORDER BY region, pollutant, unit"""  # noqa: S608


def place_summary(row: Sequence[Any]) -> PlaceSummary:
    """One region and pollutant from a row of `select_by_place`."""
    region, pollutant, unit, sites, values, mean, least, most, highest = row
    return PlaceSummary(region, pollutant, unit, int(sites), int(values), mean, least, most, highest)
