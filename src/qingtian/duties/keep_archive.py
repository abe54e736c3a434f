"""Retention of raw frames and of rejected ones, by the settings `spool_keep_days` and `reject_keep_days`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.apps.evidence.models import EvidenceItem
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.cluster.forwarder import consumed_position
from qingtian.telemetry.spool import spool_path
from qingtian.telemetry.spool.retention import Trimmed, trim
from qingtian.telemetry.store.port import SpoolPosition, Store


def keep_archive(context: DutyContext) -> DutyReport:
    """Drop what is past its time; a second run finds nothing left to drop."""
    settings, report = get_settings(), DutyReport()
    if settings.spool_keep_days:
        done = trim_frames(settings.data_dir, context.now, context.store, keep_days=settings.spool_keep_days)
        report.notes.append(
            f"{done.frames} raw frames older than {settings.spool_keep_days} days went,"
            f" {done.kept} stay in {len(done.thinned)} segments, {len(done.waiting)} segments wait for the store"
        )
    if settings.reject_keep_days:
        before = context.now - timedelta(days=settings.reject_keep_days)
        report.notes.append(f"{context.store.rejects.drop_before(before)} lines of the reject journal went")
    return report


def trim_frames(
    data_dir: Path,
    now: datetime,
    store: Store,
    *,
    keep_days: int,
    dry: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Trimmed:
    """Drop raw frames that are past their time, durable in the store, and no evidence."""
    return trim(
        spool_path(data_dir),
        now,
        keep_days=keep_days,
        stored=kept_elsewhere(data_dir, store),
        linked=frames_of_evidence,
        dry=dry,
        progress=progress,
    )


def kept_elsewhere(data_dir: Path, store: Store) -> SpoolPosition | None:
    """Before which place everything of this host's spool is durable in the store, or, in a cluster, with the shards.

    The store knows one position of gateways' spools, and in a cluster each gateway has places of its own.
    """
    if get_settings().nats_servers:
        return consumed_position(spool_path(data_dir))
    return store.durable_progress()


def frames_of_evidence() -> frozenset[str]:
    """SHA-256 of the raw frames that items of evidence were frozen from."""
    hashes = EvidenceItem.objects.filter(record__frame_hash__isnull=False).values_list("record__frame_hash", flat=True)
    return frozenset(filter(None, hashes))
