"""The rules of the pack, as the tests of the detectors use them; figures that a test relies on are pinned here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from qingtian.domain.detection import DetectionRule, Sample
from qingtian.packs.detection import detection_rules

T0 = datetime(2025, 11, 24, tzinfo=timezone(timedelta(hours=8)))
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def rule(code: str, **parameters: str) -> DetectionRule:
    """A rule of the national pack, with some parameters replaced."""
    known = detection_rules(date(2025, 11, 24))[code]
    return replace(known, parameters={**known.parameters, **parameters})


def samples(values: list[Any], *, step: timedelta = HOUR, start: datetime = T0, valid: bool = True) -> list[Sample]:
    """Consecutive samples; None is a missing value."""
    return [
        Sample(start + index * step, None if value is None else Decimal(str(value)), valid)
        for index, value in enumerate(values)
    ]
