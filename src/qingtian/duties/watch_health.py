"""Measures the disk every hour, so that its growth is known."""

from __future__ import annotations

from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.clock import real_now
from qingtian.runtime.disk_forecast import add_sample
from qingtian.runtime.settings import get_settings


def watch_health(context: DutyContext) -> DutyReport:
    """Add a sample of free and used space; by machine time, for a disk does not fill in replayed time."""
    measured = add_sample(get_settings(), real_now())
    return DutyReport(judged=int(measured))
