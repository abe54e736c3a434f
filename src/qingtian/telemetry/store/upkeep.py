"""Retention by class of data: whole days of one cycle leave the lake, after what is longer was made of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.rows import TupleRow

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import day_start
from qingtian.runtime.holding import may_change
from qingtian.telemetry.store import side
from qingtian.telemetry.store.port import AppendResult, Cycle, Expired
from qingtian.telemetry.store.queries import TABLE

SHORT = (Cycle.REALTIME, Cycle.MINUTE)  # what hours are made of; hours and longer stay for ever
SELECT_DAYS = f"SELECT day, count(*) FROM {TABLE} WHERE day < ? AND cycle = ? GROUP BY day ORDER BY day LIMIT ?"  # noqa: S608
DELETE_DAY = f"DELETE FROM {TABLE} WHERE day = ? AND cycle = ?"  # noqa: S608
# Deleted rows are struck out in a file beside the data; this writes the data without them.
REWRITE = "CALL ducklake_rewrite_data_files('lake', 'observation', delete_threshold => 0)"


class LakeUpkeep:
    """The part of a store that takes old rows away."""

    _folder: Path
    _lake: duckdb.DuckDBPyConnection
    _lock: threading.RLock
    _side: side.SideTables
    _epoch: int

    def expire(self, cycle: Cycle, before: date, *, days: int = 31) -> Expired:
        """Take rows of a short cycle away, whole days only, oldest first; the hours are made of them first.

        Raises:
            InvalidInput: a cycle that is kept for ever.
        """
        self._refuse_when_read_only()
        if cycle not in SHORT:
            raise InvalidInput(f"{cycle} values are kept for ever", field="cycle", remedy="one of realtime, minute")
        with self._lock, self._side.locked() as connection, may_change(self._folder) as free:
            if not free:  # a backup copies the lake: next time
                return Expired(cycle)
            self._trust_marks(connection)
            found = self._lake.cursor().execute(SELECT_DAYS, [before, cycle.value, days]).fetchall()
            for day, _ in found:
                self.roll_up(Cycle.HOUR, day_start(day), day_start(day, after=1))
            if found:
                gone = [day for day, _ in found]
                self._commit(gone, *([DELETE_DAY, [day, cycle.value]] for day in gone))
                self._commit(gone, [REWRITE, []])
                self._epoch = side.write_state(connection, side.snapshot_of(connection))
            rows = sum(count for _, count in found)
            return Expired(cycle, rows, tuple(day for day, _ in found))

    def _commit(self, days: Sequence[date], *statements: Sequence[Any]) -> None:
        """Run statements as one transaction; what they write is synced before the catalogue names it."""
        cursor = self._lake.cursor()
        cursor.execute("BEGIN")
        try:
            with self._durable(days):
                for sql, values in statements:
                    cursor.execute(sql, values)
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise

    # -- what the writing half gives -----------------------------------------------------------------------------

    def _refuse_when_read_only(self) -> None:
        raise NotImplementedError

    def _trust_marks(self, connection: psycopg.Connection[TupleRow]) -> bool:
        raise NotImplementedError

    def _durable(self, days: Iterable[date]) -> AbstractContextManager[None]:
        raise NotImplementedError

    def roll_up(self, cycle: Cycle, start: datetime, end: datetime) -> AppendResult:
        """Means of the whole periods in [start, end)."""
        raise NotImplementedError
