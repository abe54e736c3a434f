"""Upkeep of the telemetry store."""

from __future__ import annotations

from qingtian.duties.duty import DutyContext, DutyReport


def compact_store(context: DutyContext) -> DutyReport:
    """Merge small files and drop what no reader needs."""
    done = context.store.compact()
    return DutyReport(notes=[f"{done.rows_flushed} rows flushed, files {done.files_before} -> {done.files_after}"])
