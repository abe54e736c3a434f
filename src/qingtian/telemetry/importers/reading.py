"""From rows of text to values: one reader for one file, its mapping and its register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from qingtian.domain.errors import InvalidInput
from qingtian.domain.quality import Cause, Doubt, causes_of, pack_doubts
from qingtian.packs import load_packs
from qingtian.telemetry.importers.causes import Found, Issue
from qingtian.telemetry.importers.cells import Cell, CellReader, placeholders_of
from qingtian.telemetry.importers.mapping import FileMapping, Item, ValueColumn
from qingtian.telemetry.importers.register import KnownSites, SiteEntry
from qingtian.telemetry.importers.stamps import TimeReader
from qingtian.telemetry.importers.tables import SourceRow, open_table
from qingtian.telemetry.importers.tally import Tally
from qingtian.telemetry.importers.traps import Seen, TrapWatch
from qingtian.telemetry.importers.units import Conversion, conversion
from qingtian.telemetry.store.forecasts import ForecastValue
from qingtian.telemetry.store.periods import LEGAL, next_period, period_of
from qingtian.telemetry.store.port import Cycle, Observation, Origin

MOST_REMEMBERED = 3_000_000  # rows that repeats are looked for in
BATCH_VALUES = 50_000


OZONE_DAY = CellReader(Item.model_validate({"pollutant": "a05024", "unit": "ug/m3"}))


@dataclass(slots=True)
class Batch:
    """Rows of a file that came together.

    Args:
        values, forecasts: what they became.
        issues: what was found in them.
        last_line: line of the last row; 0 when there was none.
        rows: how many rows.
    """

    values: list[Observation] = field(default_factory=list)
    forecasts: list[ForecastValue] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    last_line: int = 0
    rows: int = 0

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values) + len(self.forecasts)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row belongs: site, start of its period, when it was issued and by which model."""

    site: SiteEntry
    start: datetime
    end: datetime
    issued_at: datetime | None = None
    model: str = ""


class FileReader:
    """Reads the rows of one file.

    Args:
        mapping: what its columns are.
        sites: where may be written.
        received_at: when the city comes to know it, aware.
        segment: provenance of every value, such as `import:I-2025-000001`.
    """

    def __init__(self, mapping: FileMapping, sites: KnownSites, received_at: datetime, segment: str = "") -> None:
        self.mapping, self.tally = mapping, Tally()
        self._sites, self._received_at, self._segment = sites, received_at, segment
        self._times = TimeReader(mapping.time)
        self._traps = TrapWatch(mapping)
        self._cells = {id(item): self._reader(item) for item in self._items()}
        self._marks = frozenset(row.mark for row in load_packs().marks) | {""}
        self._remembered: dict[tuple[str, ...] | tuple[str, datetime, str], int] = {}
        self._delay = None if mapping.release_delay_min is None else timedelta(minutes=mapping.release_delay_min)
        self._made_times = False

    def batches(self, path: Path, *, size: int = BATCH_VALUES) -> Iterator[Batch]:
        """The values of a file, some thousands at a time; the tally is whole after the last.

        Raises:
            InvalidInput: the file cannot be read, or lacks a column of the mapping.
        """
        table = open_table(path, self.mapping.layout)
        self.require_columns(table.columns)
        batch = Batch()
        for row in table.rows:
            self.add(row, batch)
            if batch.size >= size or batch.rows >= size:
                yield batch
                batch = Batch()
        self.finish()
        yield batch

    def add(self, row: SourceRow, batch: Batch) -> None:
        """Read one row into a batch."""
        batch.rows += 1
        batch.last_line = row.line
        self.tally.rows += 1
        for issue in self._read(row, batch):
            self.tally.note(issue)
            batch.issues.append(issue)

    def require_columns(self, columns: tuple[str, ...]) -> None:
        """Refuse a file that lacks a column of the mapping.

        Raises:
            InvalidInput: names the first.
        """
        missing = [name for name in self.mapping.needed_columns if name not in columns]
        if missing:
            raise InvalidInput(
                f"the file has no column {missing[0]!r}",
                field=missing[0],
                remedy=f"map to one of {', '.join(columns[:40])}",
                missing=missing,
            )

    def finish(self) -> None:
        """Tell what only the whole file can: after the last row."""
        self._traps.finish(self.tally)

    # -- inside --------------------------------------------------------------------------------------------------

    def _items(self) -> Iterable[Item]:
        return self.mapping.columns if self.mapping.long is None else self.mapping.long.items.values()

    def _reader(self, item: Item) -> CellReader:
        words, numbers = placeholders_of(self.mapping.nothing)
        return CellReader(item, self._conversion(item, item.unit), words, numbers)

    def _conversion(self, item: Item, unit: str) -> Conversion:
        wanted = self.mapping.unit_of(item)
        return conversion(unit or wanted, wanted, self.mapping.seconds)

    def _read(self, row: SourceRow, batch: Batch) -> Iterator[Issue]:
        if row.cut:
            yield Issue(Found.ROW_CUT, row.line, next(reversed(list(row.cells)), ""))
            return
        if row.beyond:
            yield Issue(Found.ROW_LONG, row.line, text=row.beyond[0])
            return
        place = self._place(row)
        if isinstance(place, Issue):
            yield place
            return
        again = self._seen_before(row, place)
        if again is not None:
            yield again
            if again.cause is not Found.REPEATS_NOT_SOUGHT:
                return
        if self.mapping.long is None:
            yield from self._wide(row, place, batch)
        else:
            yield from self._long(row, place, batch)

    def _place(self, row: SourceRow) -> _Place | Issue:
        site = self._site(row)
        if isinstance(site, Issue):
            return site
        written = self._written(row)
        stamp = self._stamp(row, written)
        if stamp is None:
            return Issue(Found.BAD_TIME, row.line, self._time_field, written, site.code)
        if self._traps.turns_back(site.code, self._times.as_written(stamp)):
            return Issue(Found.TIME_TURNS_BACK, row.line, self._time_field, written, site.code)
        issued, lead = self._issued(row, stamp)
        if issued is None and self.mapping.forecast is not None:
            return Issue(Found.BAD_TIME, row.line, "issued_at", written, site.code)
        start, end = self._period(stamp + lead)
        place = _Place(site, start, end, issued, self._model(row))
        wrong = self._wrong_time(place)
        return place if wrong is None else Issue(wrong, row.line, self._time_field, written, site.code)

    def _wrong_time(self, place: _Place) -> Found | None:
        cycle = self.mapping.cycle
        if cycle in LEGAL and period_of(cycle, place.start) != place.start:
            return Found.OFF_GRID
        if cycle is Cycle.MINUTE and _seconds_of_day(place.start) % self.mapping.seconds:
            return Found.OFF_GRID
        if place.issued_at is not None:
            if place.issued_at > self._received_at:
                return Found.FUTURE_TIME
            return Found.ISSUED_AFTER_VALID if place.issued_at > place.end else None
        return Found.FUTURE_TIME if place.end > self._received_at else None

    @property
    def _time_field(self) -> str:
        return self.mapping.time.columns[0] if self.mapping.time.columns else "time"

    def _site(self, row: SourceRow) -> SiteEntry | Issue:
        spec = self.mapping.site
        parts = [row.cells[name].strip() for name in spec.columns]
        name = spec.constant or (spec.joiner.join(parts) if all(parts) else "")
        if not name:
            return Issue(Found.NO_SITE, row.line, spec.columns[0] if spec.columns else "site")
        code = spec.codes.get(name, name)
        found = self._sites.get(code)
        where = spec.columns[0] if spec.columns else "site"
        if found is None:
            return Issue(Found.UNKNOWN_SITE, row.line, where, name, code)
        return found if found.allowed else Issue(Found.SITE_OUT_OF_SCOPE, row.line, where, name, code)

    def _written(self, row: SourceRow) -> str:
        return " ".join(row.cells[name].strip() for name in self.mapping.time.columns)

    def _stamp(self, row: SourceRow, written: str) -> datetime | None:
        sequence = self.mapping.time.sequence
        if sequence is None:
            return self._times.read(written)
        if not self._made_times:
            self._made_times = True
            self.tally.note(Issue(Found.TIMES_MADE, row.line, "time", sequence.first.isoformat()))
        number = row.cells[sequence.column].strip() if sequence.column else str(self.tally.rows - 1)
        if not number.isascii() or not number.isdigit() or len(number) > 12:
            return None
        return sequence.first + int(number) * timedelta(seconds=sequence.step_s)

    def _issued(self, row: SourceRow, stamp: datetime) -> tuple[datetime | None, timedelta]:
        spec = self.mapping.forecast
        if spec is None:
            return None, timedelta(0)
        if spec.issued_columns:
            return self._times.read(" ".join(row.cells[name].strip() for name in spec.issued_columns)), timedelta(0)
        hours = row.cells[spec.lead_hours_column].strip()
        try:
            lead = timedelta(hours=float(Decimal(hours)))
        except (ArithmeticError, ValueError, OverflowError):
            return None, timedelta(0)
        return stamp, lead

    def _model(self, row: SourceRow) -> str:
        spec = self.mapping.forecast
        return "" if spec is None else spec.model or row.cells[spec.model_column].strip()

    def _period(self, stamp: datetime) -> tuple[datetime, datetime]:
        length = timedelta(seconds=self.mapping.seconds)
        if self.mapping.time.stamp == "end":
            return stamp - length, stamp
        if self.mapping.cycle in LEGAL and not self.mapping.period_s:
            return stamp, next_period(self.mapping.cycle, stamp)
        return stamp, stamp + length

    def _seen_before(self, row: SourceRow, place: _Place) -> Issue | None:
        long = self.mapping.long
        item = row.cells[long.item_column].strip() if long is not None else ""
        key = (place.site.code, place.start, f"{item}|{place.issued_at}|{place.model}")
        content = hash(tuple(row.cells[name] for name in self.mapping.needed_columns))
        held = self._remembered.get(key)
        if held is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                told = self.tally.causes[Found.REPEATS_NOT_SOUGHT.value]
                return None if told else Issue(Found.REPEATS_NOT_SOUGHT, row.line)
            self._remembered[key] = content
            return None
        cause = Found.REPEATED_ROW if held == content else Found.CONFLICTING_ROWS
        return Issue(cause, row.line, text=f"{place.start.isoformat()} {item}".strip(), site=place.site.code)

    def _wide(self, row: SourceRow, place: _Place, batch: Batch) -> Iterator[Issue]:
        raw: dict[str, Decimal] = {}
        codes: list[str] = []
        sha256 = row.sha256
        for column in self.mapping.columns:
            cell = self._cells[id(column)].read(row.cells[column.column])
            if cell.found is not None:
                yield Issue(cell.found, row.line, column.column, row.cells[column.column].strip()[:80], place.site.code)
            if cell.value is None or cell.raw is None:
                continue
            mark = self._mark(row, column.mark_column)
            if mark not in self._marks:
                yield Issue(Found.BAD_MARK, row.line, column.mark_column, mark, place.site.code)
                continue
            raw[column.pollutant] = cell.raw
            codes.append(column.pollutant)
            extremes = self._other(row, column, column.minimum_column), self._other(row, column, column.maximum_column)
            self._keep(batch, place, column, cell, mark, row.line, sha256, extremes)
        self.tally.count(place.site.code, place.start, codes)
        yield from self._traps.see(
            Seen(row.line, place.site.code, place.start, raw, self._ozone_day(row) if raw else None)
        )

    def _long(self, row: SourceRow, place: _Place, batch: Batch) -> Iterator[Issue]:
        long = self.mapping.long
        assert long is not None  # noqa: S101  the caller looked
        name = row.cells[long.item_column].strip()
        item = long.items.get(name)
        if item is None:
            yield Issue(Found.UNKNOWN_ITEM, row.line, long.item_column, name, place.site.code)
            return
        own = row.cells[long.unit_column].strip() if long.unit_column else ""
        try:
            turned = self._conversion(item, own) if own else None
        except InvalidInput:
            yield Issue(Found.UNKNOWN_UNIT, row.line, long.unit_column, own, place.site.code)
            return
        limit = row.cells[long.detection_limit_column] if long.detection_limit_column else ""
        text = row.cells[long.value_column]
        cell = self._cells[id(item)].read(text, limit, turned)
        if cell.found is not None:
            yield Issue(cell.found, row.line, long.value_column, text.strip()[:80], place.site.code)
        if cell.value is None or cell.raw is None:
            yield from self._traps.see(Seen(row.line, place.site.code, place.start, {}))
            return
        mark = self._mark(row, long.mark_column)
        if mark not in self._marks:
            yield Issue(Found.BAD_MARK, row.line, long.mark_column, mark, place.site.code)
            return
        self._keep(batch, place, item, cell, mark, row.line, row.sha256, (None, None))
        self.tally.count(place.site.code, place.start, [item.pollutant])
        yield from self._traps.see(Seen(row.line, place.site.code, place.start, {item.pollutant: cell.raw}))

    def _mark(self, row: SourceRow, column: str) -> str:
        return row.cells[column].strip().upper() if column else self.mapping.mark

    def _other(self, row: SourceRow, column: ValueColumn, name: str) -> Decimal | None:
        return self._cells[id(column)].read(row.cells[name]).value if name else None

    def _ozone_day(self, row: SourceRow) -> Decimal | None:
        name = self.mapping.ozone_day_column
        if not name or not (text := row.cells.get(name, "").strip()):
            return None
        return OZONE_DAY.read(text).raw

    def _keep(
        self,
        batch: Batch,
        place: _Place,
        item: Item,
        cell: Cell,
        mark: str,
        line: int,
        sha256: str,
        extremes: tuple[Decimal | None, Decimal | None],
    ) -> None:
        assert cell.value is not None  # noqa: S101  the caller looked
        unit, received_at = self.mapping.unit_of(item), self._known_at(place)
        simulated = self.mapping.simulated or place.site.simulated
        if place.issued_at is not None:
            batch.forecasts.append(
                ForecastValue(
                    place.site.code,
                    item.pollutant,
                    place.model,
                    place.issued_at,
                    place.start,
                    cell.value,
                    unit,
                    self.mapping.seconds,
                    simulated,
                    self._segment,
                    line,
                    sha256,
                    received_at=received_at,
                )
            )
            return
        doubts = _below(cell, unit) if cell.below else ()
        lowest, highest = (Decimal(0), cell.value) if cell.below else extremes
        batch.values.append(
            Observation(
                place.site.code,
                item.pollutant,
                self.mapping.cycle,
                place.start,
                cell.value,
                lowest,
                highest,
                cell.raw if item.amount else None,
                unit=unit,
                mark=mark,
                origin=Origin.import_,
                simulated=simulated,
                frame_hash=sha256,
                segment=self._segment,
                frame_offset=line,
                received_at=received_at,
                period_s=self.mapping.seconds,
                sampled_at=place.start if self.mapping.cycle is Cycle.SAMPLE else None,
                qc=causes_of(doubts),
                qc_facts=pack_doubts(doubts),
            )
        )

    def _known_at(self, place: _Place) -> datetime:
        if self._delay is None:
            return self._received_at
        return min(self._received_at, (place.issued_at or place.end) + self._delay)


def _below(cell: Cell, unit: str) -> tuple[Doubt, ...]:
    return (Doubt(Cause.BELOW_DETECTION, "", {"limit": f"{cell.value} {unit}".strip()}),)


def _seconds_of_day(at: datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
