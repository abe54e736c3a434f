"""How old data are, and whether that is too old by the rule on silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.domain.detection.silence import allowance
from qingtian.packs import load_packs

HOUR = timedelta(hours=1)
LATE_STREAM = "late_stream"


def age_minutes(period_end: datetime, now: datetime) -> int:
    """City minutes since the end of a period; never below zero."""
    return max(0, int((now - period_end) / timedelta(minutes=1)))


def station_is_stale(heard: datetime | None, now: datetime) -> bool:
    """Whether an hourly station has been silent for longer than the detection rule allows.

    Args:
        heard: arrival of its newest hour; None when nothing ever came.
        now: city time.
    """
    if heard is None:
        return True
    rule = load_packs().detection_rules(now.date()).get(LATE_STREAM)
    return rule is None or now - heard > allowance(rule, HOUR, station=True)
