"""Keeping the lake tidy: catalogue rows to Parquet, small files merged, old snapshots and files dropped."""

from __future__ import annotations

from pathlib import Path

import duckdb

from qingtian.telemetry.store.lake import names_in, sync_new_files
from qingtian.telemetry.store.port import CompactReport
from qingtian.telemetry.store.queries import TRIM_PROGRESS

# A reader holds a snapshot for one query; nothing younger than this is taken away from it.
KEEP_FOR = "INTERVAL '10 minutes'"
# A file that no snapshot names after so long was left behind by a killed writer.
ORPHAN_AFTER = "INTERVAL '1 hour'"


def compact_lake(cursor: duckdb.DuckDBPyConnection, folder: Path) -> CompactReport:
    """Flush, merge, expire, clean; files are synced before the catalogue names them."""
    before = _file_count(cursor)
    flushed = _synced(
        cursor, folder, f"{TRIM_PROGRESS}; CALL ducklake_flush_inlined_data('lake', table_name => 'observation')"
    )
    _synced(cursor, folder, "CALL ducklake_merge_adjacent_files('lake', 'observation')")
    cursor.execute(f"CALL ducklake_expire_snapshots('lake', older_than => now() - {KEEP_FOR})")
    cursor.execute(f"CALL ducklake_cleanup_old_files('lake', older_than => now() - {KEEP_FOR})")
    cursor.execute(f"CALL ducklake_delete_orphaned_files('lake', older_than => now() - {ORPHAN_AFTER})")
    return CompactReport(rows_flushed=flushed, files_before=before, files_after=_file_count(cursor))


def _synced(cursor: duckdb.DuckDBPyConnection, folder: Path, sql: str) -> int:
    before = names_in(_partitions(folder))
    cursor.execute("BEGIN")
    try:
        rows = cursor.execute(sql).fetchall()
        sync_new_files(_partitions(folder), before)
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    return sum(int(row[2]) for row in rows if len(row) > 2)


def _partitions(folder: Path) -> list[Path]:
    table = folder / "main" / "observation"
    return [path for path in table.iterdir() if path.is_dir()] if table.is_dir() else []


def _file_count(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.execute("SELECT count(*) FROM ducklake_list_files('lake', 'observation')").fetchone()
    return int(row[0]) if row else 0
