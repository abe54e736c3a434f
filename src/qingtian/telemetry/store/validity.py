"""Validity rules taken from the rule packs by the date of the data: of a period, and of a doubted value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

MINUTE_S = 60
WHOLE_HOUR_S = 3600
FEBRUARY = 2
INSUFFICIENT_MARK = "D"  # HJ 212-2017 appendix C: too few normal values make the period abnormal
# What the pack counts in a period that is made of shorter ones; a rule that counts anything else (the ozone windows of
# a day) asks for a statistic that is no mean: the judgements make it, no roll-up does.
COUNTED = {"day": "valid hours", "month": "valid days", "year": "valid days"}
PERCENT = "percent of discharging hours"
NO_SITES = "period_mark"


@lru_cache(maxsize=1024)
def min_valid_seconds(day: date) -> int:
    """Valid seconds that make an hour of a CEMS valid (HJ 76-2017 annex B in the pack: 45 minutes).

    Args:
        day: date of the data. Before the first rule only a whole hour counts as valid.
    """
    from qingtian.packs import load_packs

    try:
        return int(load_packs().validity_rule("cems", "hour", day).minimum) * MINUTE_S
    except InvalidInput:
        return WHOLE_HOUR_S


@dataclass(frozen=True, slots=True)
class Need:
    """How much of a period must be valid; where no rule says so, all of it.

    Args:
        kind: what the pack's rule applies to: cems, water_outlet, air_station.
        pollutant: its code; empty for every other one.
        minimum: fewest valid parts, or percent of what is due.
        skip: the standard asks for another statistic than a mean.
    """

    kind: str
    pollutant: str
    minimum: int
    percent: bool = False
    skip: bool = False


@lru_cache(maxsize=4096)
def needs_of(period: str, day: date) -> tuple[Need, ...]:
    """The rules for one period, by the packs in force on its first day.

    Args:
        period: day, month or year.
    """
    return tuple(_needs(period, day))


def _needs(period: str, day: date) -> Iterator[Need]:
    from qingtian.packs import load_packs

    packs = load_packs()
    for row in packs.validity:
        if row.period != period or row.applies_to == NO_SITES or not row.in_force(day):
            continue
        fewest = row.minimum
        if period == "month" and day.month == FEBRUARY and row.minimum_february is not None:
            fewest = row.minimum_february
        percent = row.counts == PERCENT
        skip = not percent and row.counts != COUNTED[period]
        for item in row.items:
            # An item that no code stands for cannot come in a frame or an import either.
            codes = [""] if item == "all" else [one.code for one in packs.pollutants if one.symbol == item]
            for code in codes:
                yield Need(row.applies_to, code, fewest, percent, skip)


def excludes(causes: Iterable[str], at: datetime) -> bool:
    """Whether one of the causes keeps a value out of means and judgements, by the pack rows of its day."""
    from qingtian.packs.quality import quality_rules

    return not quality_rules(at.astimezone(SHANGHAI).date()).excluding.isdisjoint(causes)
