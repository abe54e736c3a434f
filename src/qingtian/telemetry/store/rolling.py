"""Roll-ups as one SQL statement per stretch: hour from minutes, day from hours, month and year from days.

The engine adds, divides, marks and versions the rows itself, so that a day of a whole city never passes through Python.
Sums are whole numbers of millionths and are divided once, half to even at the sixth place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import queries
from qingtian.telemetry.store.periods import next_period, periods
from qingtian.telemetry.store.port import VALID_MARK, Cycle
from qingtian.telemetry.store.rows import READ_COLUMNS, SCHEMA, TIME, legal_day
from qingtian.telemetry.store.validity import INSUFFICIENT_MARK, MINUTE_S, Need
from qingtian.telemetry.store.withdrawals import Hidden

HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """How one cycle is made of another.

    Args:
        sources: shorter cycles, the preferred one first, with the seconds that a row stands for that states none.
        unit_s: what `have` and `due` count, s: minutes of an hour, hours of a day, days of a month or year.
        stretch: longest span that one statement works on.
        own: only rows that devices sent are rolled up (else whatever is shown).
    """

    sources: Mapping[Cycle, int]
    unit_s: int
    stretch: timedelta
    own: bool = False


STEPS: Mapping[Cycle, Step] = {
    Cycle.HOUR: Step({Cycle.MINUTE: 60, Cycle.REALTIME: 60}, MINUTE_S, timedelta(days=1), own=True),
    Cycle.DAY: Step({Cycle.HOUR: HOUR_S, Cycle.FOUR_HOUR: 4 * HOUR_S}, HOUR_S, timedelta(days=31)),
    Cycle.MONTH: Step({Cycle.DAY: DAY_S}, DAY_S, timedelta(days=366)),
    Cycle.YEAR: Step({Cycle.DAY: DAY_S}, DAY_S, timedelta(days=366)),
}
_BUCKET = {
    Cycle.HOUR: f"epoch_us(period_start) // {queries.US_PER_HOUR}",
    Cycle.DAY: "day",
    Cycle.MONTH: "date_trunc('month', day)::DATE",
    Cycle.YEAR: "date_trunc('year', day)::DATE",
}
NEED_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("pollutant", pa.string()),
        ("bucket", pa.int64()),
        ("need_s", pa.int64()),
        ("percent", pa.bool_()),
        ("skip", pa.bool_()),
    ]
)
MEDIA_SCHEMA = pa.schema([("site", pa.string()), ("kind", pa.string())])
DISCHARGING = "water_outlet"  # whose hours without flow do not count (the pack's `percent of discharging hours`)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and its parameters."""

    sql: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Rolling:
    """One stretch of periods to roll up; see `Store.roll_up`."""

    cycle: Cycle
    starts: Sequence[datetime]
    media: Mapping[str, str]
    sites: Sequence[str] | None
    withdrawn_at: datetime | None

    def statement(self, hidden: Hidden) -> Statement:
        """What fills the table `rolled`."""
        source, target = self._where(), self._where().add("cycle = ?", self.cycle.value)
        source.add(f"cycle IN ({', '.join(repr(one.value) for one in STEPS[self.cycle].sources)})")
        if STEPS[self.cycle].own:
            source.add("origin = 'device'")
        hidden.leave_out(source)
        withdrawn = self.withdrawn_at is not None
        sql = make_rolled(self.cycle, source.sql, target.sql, withdrawn=withdrawn)
        return Statement(sql, [*source.values, *target.values, *([self.withdrawn_at] * 2 if withdrawn else ())])

    def _where(self) -> queries.Where:
        where = queries.period(self.starts[0], next_period(self.cycle, self.starts[-1]))
        if self.sites is not None:
            queries.among(where, "site", self.sites)
        return where


def stretches(cycle: Cycle, start: datetime, end: datetime) -> Iterator[list[datetime]]:
    """The whole periods inside [start, end), in groups that one statement works on."""
    group: list[datetime] = []
    for at in periods(cycle, start, end):
        if group and next_period(cycle, at) - group[0] > STEPS[cycle].stretch:
            yield group
            group = []
        group.append(at)
    if group:
        yield group


def bucket_table(cycle: Cycle, starts: Sequence[datetime]) -> pa.Table:
    """The periods of a stretch: number, start, day, length in seconds."""
    lengths = [int((next_period(cycle, at) - at).total_seconds()) for at in starts]
    return pa.table(
        {
            "bucket": pa.array([_bucket(cycle, at) for at in starts], pa.int64()),
            "period_start": pa.array(starts, TIME),
            "day": pa.array([legal_day(at) for at in starts], pa.date32()),
            "period_s": pa.array(lengths, pa.int32()),
        }
    )


def need_table(cycle: Cycle, needs: Mapping[datetime, Sequence[Need]]) -> pa.Table:
    """How much must be valid, by period, kind of site and pollutant (empty: every other one)."""
    unit = STEPS[cycle].unit_s
    rows = [(one, _bucket(cycle, at)) for at, group in needs.items() for one in group]
    return pa.table(
        {
            "kind": [one.kind for one, _ in rows],
            "pollutant": [one.pollutant for one, _ in rows],
            "bucket": [bucket for _, bucket in rows],
            "need_s": [one.minimum if one.percent else one.minimum * unit for one, _ in rows],
            "percent": [one.percent for one, _ in rows],
            "skip": [one.skip for one, _ in rows],
        },
        schema=NEED_SCHEMA,
    )


def media_table(media: Mapping[str, str]) -> pa.Table:
    """Kind of each site."""
    return pa.table({"site": list(media), "kind": list(media.values())}, schema=MEDIA_SCHEMA)


def _bucket(cycle: Cycle, start: datetime) -> int:
    if cycle is Cycle.HOUR:
        return int(start.timestamp()) // HOUR_S
    return (legal_day(start) - date(1970, 1, 1)).days


def make_rolled(cycle: Cycle, source: str, target: str, *, withdrawn: bool) -> str:
    """SQL that fills the temporary table `rolled` with the new versions of a stretch.

    Tables `buckets`, `needs` and `media` are registered; the parameters are those of source, target, and with
    `withdrawn` the time of the withdrawal twice.

    Args:
        source: condition of the rows that are rolled up.
        target: condition of the rows of that cycle.
        withdrawn: inputs were taken back: what has none left becomes void, and changes are known from then on.
    """
    return (
        f"CREATE OR REPLACE TEMP TABLE rolled AS WITH {_sums(cycle, source)}, {_means(cycle)}, "
        f"{_present(target)} {_versions(withdrawn=withdrawn)}"
    )


def select_arrived(cycle: Cycle, where: queries.Where) -> str:
    """Sites and numbers of the periods that the rows of a condition belong to."""
    step = STEPS[cycle]
    device = " AND origin = 'device'" if step.own else ""
    sources = f"cycle IN ({', '.join(repr(one.value) for one in step.sources)}){device}"
    mine = f"(cycle = '{cycle.value}' AND origin <> 'rollup')"
    return (
        f"SELECT site, {_number(_BUCKET[cycle], cycle)} AS bucket, epoch_us(max(received_at)) "  # noqa: S608
        f"FROM {queries.TABLE} WHERE {where.sql} AND ({sources} OR {mine}) GROUP BY ALL ORDER BY bucket, site"
    )


def period_start(cycle: Cycle, bucket: int) -> datetime:
    """Start of the period of a number."""
    if cycle is Cycle.HOUR:
        return datetime.fromtimestamp(bucket * HOUR_S, SHANGHAI)
    day = date(1970, 1, 1) + timedelta(days=bucket)
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _sums(cycle: Cycle, source: str) -> str:
    units = ", ".join(repr(unit) for unit in queries.WATER_CONCENTRATIONS)
    concentration = f"counts AND unit IN ({units})"
    return f"""{_current(cycle, source)},
    flow AS (
        SELECT site, cycle, period_start, bucket, weight, value AS rate FROM current
        WHERE pollutant = '{queries.WATER_FLOW}' AND good AND value >= 0),
    discharge AS (
        SELECT f.site, f.bucket, coalesce(sum(f.weight) FILTER (f.rate > 0), 0) AS flowing_s
        FROM flow f JOIN media m ON m.site = f.site AND m.kind = '{DISCHARGING}'
        WHERE {"false" if STEPS[cycle].own else "true"} GROUP BY f.site, f.bucket),
    weighed AS (
        SELECT c.*, f.rate, d.flowing_s,
               good AND (d.flowing_s IS NULL OR c.pollutant = '{queries.WATER_FLOW}' OR coalesce(f.rate, 0) > 0)
                   AS counts
        FROM current c LEFT JOIN flow f ON f.site = c.site AND f.cycle = c.cycle AND f.period_start = c.period_start
        LEFT JOIN discharge d ON d.site = c.site AND d.bucket = c.bucket),
    sums AS (
        SELECT site, pollutant, cycle, bucket, any_value(rank) AS rank,
               coalesce(sum(weight) FILTER (counts), 0)::BIGINT AS valid_s,
               {_whole("sum(value * weight) FILTER (counts)")} AS weighted,
               coalesce(sum(weight) FILTER (counts AND converted IS NOT NULL), 0)::BIGINT AS converted_s,
               {_whole("sum(converted * weight) FILTER (counts AND converted IS NOT NULL)")} AS converted_weighted,
               min(coalesce(minimum, value)) FILTER (counts) AS minimum,
               max(coalesce(maximum, value)) FILTER (counts) AS maximum,
               sum(total) FILTER (counts) AS total, max(unit) AS unit, bool_or(simulated) AS simulated,
               max(received_at) AS received_at,
               coalesce(sum(weight) FILTER (rate IS NOT NULL AND {concentration}), 0)::BIGINT AS flow_s,
               {_whole(f"sum(rate * weight) FILTER ({concentration})")} AS volume,
               sum({_micros("value")} * {_micros("rate")} * weight) FILTER (rate IS NOT NULL AND {concentration})
                   AS volume_weighted,
               string_agg(qc, ' ') FILTER (counts AND qc <> '') AS doubts, max(flowing_s) AS flowing_s
        FROM weighed GROUP BY site, pollutant, cycle, bucket
        QUALIFY row_number() OVER (PARTITION BY site, pollutant, bucket ORDER BY any_value(rank)) = 1)"""  # noqa: S608


# What a roll-up reads: the hash of the frame and its place would be the dearest columns and say nothing here.
_READ = (
    "day, site, pollutant, cycle, period_start, value, minimum, maximum, total, converted, unit, mark, origin, "
    "simulated, received_at, version, period_s, qc"
)


def _current(cycle: Cycle, source: str) -> str:
    """The rows that count: of device rows the last version, else what is shown; coarse ones where no fine ones are."""
    valid, step = queries.valid_sql(), STEPS[cycle]
    usual = " ".join(f"WHEN '{one.value}' THEN {seconds}" for one, seconds in step.sources.items())
    rank = " ".join(f"WHEN '{one.value}' THEN {number}" for number, one in enumerate(step.sources))
    length = f"CASE cycle {usual} END"
    weight = f"CASE WHEN period_s > 0 THEN period_s ELSE {length} END" if step.own else length
    number = _number(_BUCKET[cycle], cycle)
    fields = f"{_READ}, {weight} AS weight, {number} AS bucket, {valid} AS good, CASE cycle {rank} END AS rank"
    rows = f"SELECT {fields} FROM {queries.TABLE} WHERE {source}"  # noqa: S608
    if not step.own:
        return f"current AS ({rows} QUALIFY {queries.LAST})"
    # Few rows are ever corrected: those alone decide which rows are not the last version of theirs.
    key = "site, pollutant, cycle, period_start"
    newer = " AND ".join(f"n.{name} = c.{name}" for name in key.split(", ")) + " AND n.version > c.version"
    finest = next(iter(step.sources)).value
    return f"""
    every AS NOT MATERIALIZED ({rows}),
    corrected AS (SELECT {key}, version FROM every WHERE version > 1),
    fine AS (SELECT DISTINCT site, pollutant, bucket FROM every WHERE cycle = '{finest}'),
    current AS (
        SELECT * FROM every c WHERE cycle = '{finest}' AND NOT EXISTS (SELECT 1 FROM corrected n WHERE {newer})
        UNION ALL
        SELECT * FROM every c ANTI JOIN fine USING (site, pollutant, bucket)
        WHERE cycle <> '{finest}' AND NOT EXISTS (SELECT 1 FROM corrected n WHERE {newer}))"""  # noqa: S608


def _means(cycle: Cycle) -> str:
    unit = STEPS[cycle].unit_s
    whole = f"s.flowing_s IS NULL OR s.pollutant = '{queries.WATER_FLOW}'"
    due = f"CASE WHEN {whole} THEN b.period_s ELSE s.flowing_s END"
    mean = (
        f"CASE WHEN volume > 0 AND flow_s = valid_s THEN {half_even_sql('volume_weighted', 'volume')} "
        f"WHEN valid_s > 0 THEN {half_even_sql('weighted', 'valid_s')} END"
    )
    need = (
        "CASE WHEN coalesce(n.percent, a.percent) THEN ceil(due_s * coalesce(n.need_s, a.need_s) / 100.0) "
        "ELSE coalesce(n.need_s, a.need_s, due_s) END"
    )
    return f"""
    means AS (
        SELECT b.day, s.site, s.pollutant, '{cycle.value}' AS cycle, b.period_start, {_decimal(mean)} AS value,
               s.minimum, s.maximum, CASE WHEN s.cycle <> 'realtime' THEN s.total::DECIMAL(20,6) END AS total,
               {_decimal(f"CASE WHEN converted_s > 0 THEN {half_even_sql('converted_weighted', 'converted_s')} END")}
                   AS converted,
               s.unit, CASE WHEN valid_s > 0 AND valid_s >= {need} THEN '{VALID_MARK}' ELSE '{INSUFFICIENT_MARK}' END
                   AS mark,
               s.simulated, s.received_at, b.period_s,
               coalesce(array_to_string(list_sort(list_distinct(string_split(doubts, ' '))), ' '), '') AS qc,
               (valid_s // {unit})::INTEGER AS have, (due_s // {unit})::INTEGER AS due
        FROM (SELECT s.*, {due} AS due_s FROM sums s JOIN buckets b USING (bucket)) s
        JOIN buckets b USING (bucket) LEFT JOIN media m ON m.site = s.site
        LEFT JOIN needs n ON n.kind = coalesce(m.kind, '') AND n.pollutant = s.pollutant AND n.bucket = s.bucket
        LEFT JOIN needs a ON a.kind = coalesce(m.kind, '') AND a.pollutant = '' AND a.bucket = s.bucket
        WHERE NOT coalesce(n.skip, a.skip, false))"""  # noqa: S608


def _present(target: str) -> str:
    figures = ", ".join(("day", *_FIGURES, "version", "received_at", "simulated", "period_s", "have", "due"))
    return f"""
    there AS (SELECT * FROM {queries.TABLE} WHERE {target}),
    own AS (SELECT DISTINCT site, pollutant, period_start FROM there WHERE origin = 'device'),
    held AS (
        SELECT site, pollutant, period_start, {figures} FROM there WHERE origin = 'rollup'
        QUALIFY row_number() OVER (PARTITION BY site, pollutant, period_start ORDER BY version DESC) = 1)"""  # noqa: S608


_FIGURES = ("value", "minimum", "maximum", "total", "converted", "unit", "mark")


def _versions(*, withdrawn: bool) -> str:
    same = " AND ".join(f"h.{name} IS NOT DISTINCT FROM r.{name}" for name in _FIGURES)
    # Rows of an older release tell no counts: that alone makes no new version.
    same += " AND (h.have IS NULL OR (h.have = r.have AND h.due = r.due))"
    known = "CASE WHEN h.version IS NULL THEN r.received_at ELSE greatest(r.received_at, ?::TIMESTAMPTZ) END"
    columns = {name: f"r.{name}" for name in SCHEMA.names} | {
        "origin": "'rollup'",
        "frame_hash": "''",
        "segment": "''",
        "frame_offset": "0",
        "received_at": known if withdrawn else "r.received_at",
        "version": "coalesce(h.version, 0) + 1",
        "sampled_at": "NULL::TIMESTAMPTZ",
        "qc_facts": "''",
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    rolled = f"""
    SELECT {listed}, h.version IS NOT NULL AND {same} AS same FROM means r
    ANTI JOIN own USING (site, pollutant, period_start)
    LEFT JOIN held h ON h.site = r.site AND h.pollutant = r.pollutant AND h.period_start = r.period_start"""  # noqa: S608
    return rolled + (f" UNION ALL {_voids(columns)}" if withdrawn else "")


def _voids(columns: Mapping[str, str]) -> str:
    void = {name: f"h.{name}" for name in columns} | {
        "cycle": "(SELECT any_value(cycle) FROM there)",
        "value": "NULL::DECIMAL(20,6)",
        "minimum": "NULL::DECIMAL(20,6)",
        "maximum": "NULL::DECIMAL(20,6)",
        "total": "NULL::DECIMAL(20,6)",
        "converted": "NULL::DECIMAL(20,6)",
        "mark": f"'{INSUFFICIENT_MARK}'",
        "origin": "'rollup'",
        "frame_hash": "''",
        "segment": "''",
        "frame_offset": "0",
        "received_at": "greatest(h.received_at, ?::TIMESTAMPTZ)",
        "version": "h.version + 1",
        "sampled_at": "NULL::TIMESTAMPTZ",
        "qc": "''",
        "qc_facts": "''",
        "have": "0",
    }
    listed = ", ".join(f"{void[name]} AS {name}" for name in SCHEMA.names)
    return f"""
    SELECT {listed}, false AS same FROM held h ANTI JOIN means r USING (site, pollutant, period_start)
    WHERE h.value IS NOT NULL"""  # noqa: S608


def _number(bucket: str, cycle: Cycle) -> str:
    return f"({bucket})" if cycle is Cycle.HOUR else f"({bucket} - DATE '1970-01-01')::BIGINT"


def _whole(total: str) -> str:
    """A sum with six decimals as a whole number of millionths."""
    return f"(({total})::DECIMAL(38,6) * 1000000)::HUGEINT"


def _micros(column: str) -> str:
    return f"({column}::DECIMAL(38,6) * 1000000)::HUGEINT"


def half_even_sql(above: str, below: str) -> str:
    """Quotient of two whole numbers, the lower one positive, rounded half to even."""
    size, rest = f"(abs({above}) // ({below}))", f"(abs({above}) % ({below}))"
    up = f"CASE WHEN 2 * {rest} > ({below}) OR (2 * {rest} = ({below}) AND {size} % 2 = 1) THEN 1 ELSE 0 END"
    return f"sign({above}) * ({size} + {up})"


def _decimal(micros: str) -> str:
    return f"(({micros})::DECIMAL(38,0) * 0.000001)::DECIMAL(20,6)"


COUNT_ROLLED = (
    "SELECT count(*) FILTER (NOT same AND version = 1), count(*) FILTER (same), "
    "count(*) FILTER (NOT same AND version > 1) FROM rolled"
)
INSERT_ROLLED = f"INSERT INTO {queries.TABLE} SELECT {', '.join(SCHEMA.names)} FROM rolled WHERE NOT same"  # noqa: S608
SELECT_NEWEST_ROLLED = (
    f"SELECT {READ_COLUMNS} FROM rolled WHERE NOT same "  # noqa: S608
    "QUALIFY row_number() OVER (PARTITION BY site, pollutant, cycle ORDER BY period_start DESC) = 1"
)
SELECT_ROLLED_DAYS = "SELECT DISTINCT day FROM rolled WHERE NOT same"
