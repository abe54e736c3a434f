"""Retention of short values, by the settings `store_keep_realtime_days` and `store_keep_minute_days`."""

from __future__ import annotations

from datetime import timedelta

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.record import record, writing
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle, Expired


def expire_rows(context: DutyContext) -> DutyReport:
    """Take whole days away that are past their time, a month of them a run, and say so in the journal."""
    settings, report = get_settings(), DutyReport()
    keep = {Cycle.REALTIME: settings.store_keep_realtime_days, Cycle.MINUTE: settings.store_keep_minute_days}
    for cycle, days in keep.items():
        if not days:
            continue
        before = (context.now - timedelta(days=days)).astimezone(SHANGHAI).date()
        gone = context.store.expire(cycle, before)
        if gone.days:
            _tell(context, gone, days)
            report.notes.append(f"{gone.rows} {cycle} rows of {len(gone.days)} days went")
    return report


def _tell(context: DutyContext, gone: Expired, keep_days: int) -> None:
    payload = {
        "cycle": gone.cycle.value,
        "rows": gone.rows,
        "first_day": gone.days[0].isoformat(),
        "last_day": gone.days[-1].isoformat(),
        "keep_days": keep_days,
    }
    with writing():
        record(SYSTEM_ACTOR, context.now, "store.expired", ("store", gone.cycle.value), payload)
