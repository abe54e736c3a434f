"""DuckDB SQL of the lake: every read is one of these."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.packs.quality import excluding_spans
from qingtian.telemetry.store.port import ORIGIN_ORDER, VALID_MARK, Cycle
from qingtian.telemetry.store.rows import READ_COLUMNS, SCHEMA, legal_day

TABLE = "lake.main.observation"
_RANK = "CASE origin " + " ".join(f"WHEN '{one.value}' THEN {rank}" for rank, one in enumerate(ORIGIN_ORDER)) + " END"
# One number to sort by: the preferred origin, then the last version.
_BEST = f"{_RANK} * 1000000000::BIGINT - version"
LAST = f"row_number() OVER (PARTITION BY site, pollutant, cycle, period_start ORDER BY {_BEST}) = 1"
LAST_OF_CYCLE = f"row_number() OVER (PARTITION BY site, pollutant, period_start ORDER BY {_BEST}) = 1"
LAST_PER_ORIGIN = (
    "row_number() OVER (PARTITION BY site, pollutant, cycle, origin, period_start ORDER BY version DESC) = 1"
)
_TEXT_OF_QC = "(' ' || coalesce(qc, '') || ' ')"
FEW = 24
US_PER_HOUR = 3_600_000_000
WATER_FLOW = "w00000"  # HJ 525: flow of waste water
WATER_CONCENTRATIONS = ("mg/L", "ug/L", "μg/L", "µg/L")  # what a volume-weighted mean makes sense for


def valid_sql() -> str:
    """What makes a row valid: a value, the mark N, and no cause of doubt that a pack rule of its day excludes."""
    spans = []
    for cause, first, last in excluding_spans():
        until = "" if last is None else f" AND day <= DATE '{last.isoformat()}'"
        spans.append(f"(day >= DATE '{first.isoformat()}'{until} AND contains({_TEXT_OF_QC}, ' {cause} '))")
    excluded = f" AND NOT ({' OR '.join(spans)})" if spans else ""
    return f"(value IS NOT NULL AND mark = '{VALID_MARK}'{excluded})"


@dataclass(slots=True)
class Where:
    """A condition and its parameters."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: str, *values: Any) -> Where:
        """And one more condition."""
        self.parts.append(part)
        self.values.extend(values)
        return self

    @property
    def sql(self) -> str:
        """The WHERE text."""
        return " AND ".join(self.parts)


def days_between(start: datetime, end: datetime) -> tuple[date, date]:
    """First and last legal day of a span that leaves its end out."""
    return legal_day(start), legal_day(max(start, end - timedelta(microseconds=1)))


def period(start: datetime, end: datetime, as_of: datetime | None = None) -> Where:
    """start <= period_start < end, prunable by day; with `as_of` only what had arrived by then."""
    where = Where().add("day BETWEEN ? AND ?", *days_between(start, end))
    where.add("period_start >= ? AND period_start < ?", start, end)
    return where if as_of is None else where.add("received_at <= ?", as_of)


def select_current(where: Where, source: str = TABLE) -> str:
    """Last version of the preferred origin per period."""
    return (
        f"SELECT {READ_COLUMNS} FROM {source} WHERE {where.sql} QUALIFY {LAST_OF_CYCLE} "  # noqa: S608  values are bound
        "ORDER BY site, pollutant, cycle, period_start"
    )


def window_where(
    cycle: Cycle,
    start: datetime,
    end: datetime,
    *,
    sites: Sequence[str] | None,
    pollutants: Sequence[str] | None,
    as_of: datetime | None,
) -> Where:
    """The condition of a window over many sites."""
    where = period(start, end, as_of).add("cycle = ?", cycle.value)
    for column, wanted in (("site", sites), ("pollutant", pollutants)):
        if wanted is not None:
            among(where, column, wanted)
    return where


def among(where: Where, column: str, wanted: Sequence[str]) -> Where:
    """And `column` is one of these: bound one by one, or as one list where they are many.

    For every bound value DuckDB looks four times for a pandas that is not installed (68 us), also within a list: 5,000
    sites took 390 ms, and take 15 ms as one text.
    """
    if len(wanted) > FEW:
        return where.add(f"""{column} IN (SELECT unnest(from_json(?, '["VARCHAR"]')))""", json.dumps(list(wanted)))
    marks = ", ".join("?" * len(wanted)) or "NULL"
    return where.add(f"{column} IN ({marks})", *wanted)


SELECT_VERSIONS = (
    f"SELECT {READ_COLUMNS} FROM {TABLE} WHERE day = ? AND site = ? AND pollutant = ? AND cycle = ? "  # noqa: S608
    "AND period_start = ? ORDER BY received_at, origin, version"
)


def select_known(hidden: str) -> str:
    """Every version under the wanted keys, oldest first, and whether it was withdrawn (`hidden` is SQL)."""
    return (
        "SELECT k.site, k.pollutant, k.cycle, k.origin, epoch_us(k.period_start), value, minimum, maximum, total, "  # noqa: S608
        f"converted, unit, mark, version, frame_hash, {hidden} FROM {TABLE} o JOIN wanted_keys k ON o.site = k.site "
        "AND o.pollutant = k.pollutant AND o.cycle = k.cycle AND o.origin = k.origin "
        "AND o.period_start = k.period_start WHERE o.day BETWEEN ? AND ? ORDER BY version, o.received_at"
    )


def inserted(first: int, last: int) -> str:
    """What was inserted by the snapshots first..last, as a table."""
    return f"ducklake_table_insertions('lake', 'main', 'observation', {int(first)}, {int(last)})"


def of_segments(first: int, behind: int) -> str:
    """The rows whose frames lie in the segments first..behind - 1, as a table; files of others are not opened."""
    return f"(SELECT * FROM {TABLE} WHERE segment >= '{first:012d}' AND segment < '{behind:012d}')"  # noqa: S608


def select_newest(where: Where, source: str = TABLE) -> str:
    """Newest period of every series and origin; the condition's parameters are bound twice.

    The newest start of each series is found by a sum-like pass over five columns; only the rows of that start are read
    whole. Sorting every row of a filled lake would need a disk of its own.
    """
    condition = f"WHERE {where.sql} " if where.parts else ""
    key = "site, pollutant, cycle, origin"
    return (
        f"WITH newest AS (SELECT {key}, max(period_start) AS period_start FROM {source} {condition}GROUP BY ALL) "  # noqa: S608
        f"SELECT {READ_COLUMNS} FROM {source} SEMI JOIN newest USING ({key}, period_start) {condition}"
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY version DESC) = 1"
    )


def select_arrivals(source: str = TABLE) -> str:
    """Newest arrival of device rows per site."""
    return f"SELECT site, epoch_us(max(received_at)) FROM {source} WHERE origin = 'device' GROUP BY site"  # noqa: S608


INSERT_ROWS = f"INSERT INTO {TABLE} SELECT {', '.join(SCHEMA.names)} FROM new_rows"  # noqa: S608
INSERT_PROGRESS = "INSERT INTO lake.main.progress SELECT ?, ?, coalesce(max(seq), 0) + 1 FROM lake.main.progress"
# A gateway's own spool and every shard of a cluster have positions of their own: a segment's name begins with whose.
SELECT_PROGRESS = (
    "SELECT segment, frame_offset FROM lake.main.progress WHERE segment LIKE ? || '%' ORDER BY seq DESC LIMIT 1"
)
TRIM_PROGRESS = (
    "DELETE FROM lake.main.progress WHERE (left(segment, 3), seq) NOT IN "
    "(SELECT (left(segment, 3), max(seq)) FROM lake.main.progress GROUP BY left(segment, 3))"
)


def percentile_where(
    site: str, pollutant: str, cycle: Cycle, *, start: datetime, end: datetime, as_of: datetime | None
) -> Where:
    """The condition of one series."""
    return period(start, end, as_of).add("site = ? AND pollutant = ? AND cycle = ?", site, pollutant, cycle.value)


def select_percentile(where: Where) -> str:
    """Valid values of the preferred rows, lowest first; the interpolation is done exactly outside."""
    return (
        f"SELECT value FROM (SELECT value, mark, qc, day FROM {TABLE} WHERE {where.sql} QUALIFY {LAST_OF_CYCLE}) "  # noqa: S608
        f"WHERE {valid_sql()} ORDER BY value"
    )


def select_tails(where: Where, recent: Sequence[str], recent_s: int) -> str:
    """The end of each series: its newest row, the last run of equal figures, the last run of negative values."""
    figures = "(value, minimum, maximum)"
    wanted = f"pollutant IN ({', '.join('?' * len(recent)) or 'NULL'})"
    where.values.extend(recent)
    return f"""
    WITH current AS (
        SELECT *, value IS NOT NULL AND mark IN ('{VALID_MARK}', '') AS judged,
               value IS NOT NULL AND mark IN ('{VALID_MARK}', '') AND value >= 0 AS positive
        FROM {TABLE} WHERE {where.sql} QUALIFY {LAST_PER_ORIGIN}),
    ends AS (
        SELECT site, pollutant, max(period_start) AS newest,
               arg_max({figures}, period_start) FILTER (judged) AS figures,
               max(period_start) FILTER (judged) AS judged_at, max(period_start) FILTER (positive) AS positive_at
        FROM current GROUP BY site, pollutant),
    changes AS (
        SELECT c.site, c.pollutant, max(c.period_start) AS changed_at
        FROM current c JOIN ends e USING (site, pollutant)
        WHERE c.judged AND {figures.replace("(", "(c.").replace(", ", ", c.")} IS DISTINCT FROM e.figures
        GROUP BY c.site, c.pollutant)
    SELECT {READ_COLUMNS} FROM current JOIN ends USING (site, pollutant)
           LEFT JOIN changes USING (site, pollutant)
    WHERE period_start = newest OR changed_at IS NULL OR period_start >= changed_at
          OR (judged_at > coalesce(positive_at, TIMESTAMPTZ '1970-01-01')
              AND period_start >= coalesce(positive_at, TIMESTAMPTZ '1970-01-01'))
          OR (period_start > newest - INTERVAL '{int(recent_s)} seconds' AND {wanted})
    ORDER BY site, pollutant, period_start"""  # noqa: S608
