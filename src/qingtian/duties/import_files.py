"""Carrying imports out: some thousand values at a time, so that one can be stopped, killed and taken up anywhere.

A batch is stored first and noted second. What a kill leaves between the two is stored again on the way back, which
changes nothing in the store; how many of those values are this import's own is then asked of the store.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.imports.actions import keep_progress as keep
from qingtian.apps.imports.actions.run_import import mapping_of
from qingtian.apps.imports.models import DataImport
from qingtian.apps.imports.queries import original
from qingtian.apps.imports.sites import importer, known_sites
from qingtian.apps.imports.states import OPEN, Carrier, ImportState
from qingtian.domain.errors import QingtianError, Unavailable
from qingtian.telemetry.importers.reading import BATCH_VALUES, Batch, FileReader
from qingtian.telemetry.importers.screening import NOTHING_STORED, CountingScreen
from qingtian.telemetry.store.forecasts import ForecastStore
from qingtian.telemetry.store.port import Observation, Origin, Store

LOCK_CLASS = 5010_214  # first half of the advisory locks of imports; the second is the import
INSTANT = timedelta(microseconds=1)
Progress = Callable[[DataImport], None]
Now = Callable[[], datetime]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """Where values go.

    Args:
        values: the telemetry store.
        forecasts: opens the forecasts when the first import needs them.
    """

    values: Store
    forecasts: Callable[[], ForecastStore]


@dataclass(frozen=True, slots=True)
class Pace:
    """How an import is carried out.

    Args:
        now: city time, aware.
        batch: values of one batch.
        until: monotonic time at which to stop for now; None goes on to the end.
        progress: told after each batch.
    """

    now: Now
    batch: int = BATCH_VALUES
    until: float | None = None
    progress: Progress | None = None

    @property
    def over(self) -> bool:
        """Whether it is time to stop for now."""
        return self.until is not None and time.monotonic() >= self.until


def carry_imports(stores: Stores, pace: Pace) -> int:
    """Go on with what the worker has to carry out, oldest first; returns how many were worked on."""
    worked = 0
    for row in DataImport.objects.filter(state__in=OPEN, carrier=Carrier.WORKER).order_by("id"):
        if pace.over:
            break
        carry_out(row, stores, pace)
        worked += 1
    return worked


def carry_out(row: DataImport, stores: Stores, pace: Pace) -> DataImport:
    """Do what is left of a dry run, an import or a withdrawal; left alone while another process is at it."""
    with _alone(row.pk) as free:
        if not free:
            return row
        row.refresh_from_db()
        try:
            _work(row, stores, pace)
        except Unavailable as error:
            _log.warning("%s waits: %s", row.number, error)  # tried again by the next round
            if row.carrier == Carrier.COMMAND:
                raise
        except QingtianError as error:
            keep.fail_import(row.pk, pace.now(), str(error))
        row.refresh_from_db()
        return row


def _work(row: DataImport, stores: Stores, pace: Pace) -> None:
    if row.state == ImportState.CHECKING:
        _check(row, pace)
    elif row.state == ImportState.IMPORTING:
        _import(row, stores, pace)
    elif row.state == ImportState.WITHDRAWING:
        _withdraw(row, stores, pace)


def _check(row: DataImport, pace: Pace) -> None:
    """A dry run begins again after an interruption: it stores nothing, so there is nothing to go on from."""
    who = importer(row.asked_by)
    keep.restart_check(row.pk)
    reader, screen = _reader(row, who, pace.now())
    doubts: Counter[str] = Counter()
    for batch in reader.batches(original(row), size=pace.batch):
        screen.marked(batch.values, NOTHING_STORED)
        doubts.update(screen.taken())
        if not keep.keep_check(row.pk, batch.last_line, reader.tally.rows, batch.issues):
            return
        _tell(row, pace)
    keep.finish_check(row.pk, pace.now(), reader.tally.as_json(), doubts)


def _import(row: DataImport, stores: Stores, pace: Pace) -> None:
    assert row.received_at is not None  # noqa: S101  the verb that starts an import sets it
    reader, screen = _reader(row, importer(row.asked_by), row.received_at)
    stored, unsure = row.line_done, row.pending_line > row.line_done
    for batch in reader.batches(original(row), size=pace.batch):
        if batch.last_line <= stored and batch.rows:
            continue  # read again only for what the whole file tells
        _leave_out(batch, stored)
        if batch.rows:
            if not keep.begin_batch(row.pk, max(batch.last_line, row.pending_line)):
                return
            counts = _store(row, stores, batch, screen, unsure=unsure, after=stored)
            unsure = unsure and batch.last_line < row.pending_line
            if not keep.keep_batch(row.pk, batch.last_line, reader.tally.rows, counts, batch.issues, screen.taken()):
                return
            stored = batch.last_line
            _tell(row, pace)
        if pace.over:
            return
    keep.finish_import(row.pk, pace.now(), reader.tally.as_json())


def _withdraw(row: DataImport, stores: Stores, pace: Pace) -> None:
    assert row.withdrawn_at is not None  # noqa: S101  the verb that asks for it sets it
    touched = stores.values.withdraw(row.segment, row.withdrawn_at)
    forecasts = stores.forecasts().withdraw(row.segment, row.withdrawn_at) if row.kind == "forecast" else 0
    own = sum(one.rows for one in touched) + forecasts
    hidden = {  # a withdrawal that was broken off before it was noted finds nothing more to hide
        "values": own or sum(row.counts.get(name, 0) for name in ("new", "corrected")),
        "series": len(touched),
        "first": min(one.first for one in touched).isoformat() if touched else row.report.get("first"),
        "last": max(one.last for one in touched).isoformat() if touched else row.report.get("last"),
    }
    keep.finish_withdrawal(row.pk, pace.now(), hidden)


def _reader(row: DataImport, who: Actor, received_at: datetime) -> tuple[FileReader, CountingScreen]:
    mapping = mapping_of(row)
    sites = known_sites(who, mapping.kind)
    return FileReader(mapping, sites, received_at, row.segment), CountingScreen(sites)


def _leave_out(batch: Batch, stored: int) -> None:
    """Take out what is in the store already: batches may be cut elsewhere after an interruption."""
    if stored:
        batch.values = [one for one in batch.values if one.frame_offset > stored]
        batch.forecasts = [one for one in batch.forecasts if one.frame_offset > stored]
        batch.issues = [one for one in batch.issues if one.line > stored or not one.line]


def _store(
    row: DataImport, stores: Stores, batch: Batch, screen: CountingScreen, *, unsure: bool, after: int
) -> dict[str, int]:
    counts: Counter[str] = Counter()
    if batch.values:
        result = stores.values.append(batch.values, screen=screen)
        counts.update(new=result.new, corrected=result.corrected, duplicate=result.duplicate)
        if unsure and result.duplicate:
            counts = _own(row, stores.values, batch.values)
    if batch.forecasts:
        told = stores.forecasts().append(batch.forecasts)
        own = stores.forecasts().count(row.segment, after, batch.last_line) if unsure else told.new + told.corrected
        counts.update(new=own - told.corrected, corrected=told.corrected, duplicate=len(batch.forecasts) - own)
    return dict(counts)


def _own(row: DataImport, store: Store, values: Sequence[Observation]) -> Counter[str]:
    """What of a batch that was stored twice this import brought, told by its provenance."""
    keys = {(one.site, one.pollutant, one.period_start, one.frame_offset) for one in values}
    first, last = min(one.period_start for one in values), max(one.period_start for one in values)
    sites = sorted({one.site for one in values})
    rows = store.window(values[0].cycle, first, last + INSTANT, sites=sites, origin=Origin.import_)
    mine = [
        one
        for one in rows
        if one.segment == row.segment and (one.site, one.pollutant, one.period_start, one.frame_offset) in keys
    ]
    new = sum(one.version == 1 for one in mine)
    return Counter(new=new, corrected=len(mine) - new, duplicate=len(values) - len(mine))


def _tell(row: DataImport, pace: Pace) -> None:
    if pace.progress is not None:
        row.refresh_from_db()
        pace.progress(row)


@contextmanager
def _alone(row_id: int) -> Iterator[bool]:
    """A session lock of PostgreSQL: it goes with the connection, whatever happens to the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, row_id])
        free = bool(cursor.fetchone()[0])
    try:
        yield free
    finally:
        if free and not connection.needs_rollback and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, row_id])
